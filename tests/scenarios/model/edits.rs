use super::{
    reference::Reference,
    world::{CONTENTS, Stage, WORDS, World},
};
use proptest::{prelude::*, sample::Index};
use serde_json::Value;
use std::fs;
use testkit::Project;

/// What a person may do between two runs.
#[derive(Debug, Clone)]
pub enum Edit {
    Source(usize, usize),
    Touch(usize),
    Weather(usize),
    Word(Index, usize),
    Keep(Index, usize),
    ReadSource(Index, usize),
    Need(Index, Index),
    Output(Index),
    Always(Index),
    Add(Index),
    Remove(Index),
    Rename(Index),
    Layout,
    DeleteResult(Index),
    SpoilResult(Index),
    DeleteObject(Index),
    LoseRecord(Index),
    Collect,
    Force(Option<Index>),
    Undo(Index),
}

pub fn edit() -> impl Strategy<Value = Edit> {
    let stage = || any::<Index>();
    let content = || 0..CONTENTS.len();
    prop_oneof![
        3 => (0..3_usize, content()).prop_map(|(source, content)| Edit::Source(source, content)),
        1 => (0..3_usize).prop_map(Edit::Touch),
        1 => content().prop_map(Edit::Weather),
        3 => (stage(), 0..WORDS.len()).prop_map(|(stage, word)| Edit::Word(stage, word)),
        2 => (stage(), prop::sample::select(vec![0, 4, 9, 99])).prop_map(|(stage, keep)| Edit::Keep(stage, keep)),
        1 => (stage(), 0..3_usize).prop_map(|(stage, source)| Edit::ReadSource(stage, source)),
        2 => (stage(), stage()).prop_map(|(stage, other)| Edit::Need(stage, other)),
        1 => stage().prop_map(Edit::Output),
        1 => stage().prop_map(Edit::Always),
        1 => stage().prop_map(Edit::Add),
        1 => stage().prop_map(Edit::Remove),
        1 => stage().prop_map(Edit::Rename),
        1 => Just(Edit::Layout),
        2 => stage().prop_map(Edit::DeleteResult),
        1 => stage().prop_map(Edit::SpoilResult),
        2 => stage().prop_map(Edit::DeleteObject),
        1 => stage().prop_map(Edit::LoseRecord),
        1 => Just(Edit::Collect),
        2 => prop::option::weighted(0.8, stage()).prop_map(Edit::Force),
        3 => stage().prop_map(Edit::Undo),
    ]
}

impl Edit {
    /// Edits what a person writes. What makes no sense here changes nothing.
    pub fn change(&self, world: &mut World, past: &[World]) {
        match self {
            Self::Source(source, content) => world.sources[*source] = *content,
            Self::Weather(content) => world.weather = *content,
            Self::Word(stage, word) => stage.get_mut(&mut world.stages).word = *word,
            Self::Keep(stage, keep) => stage.get_mut(&mut world.stages).keep = *keep,
            Self::ReadSource(stage, source) => toggle(&mut stage.get_mut(&mut world.stages).sources, *source),
            Self::Need(stage, other) => {
                let position = stage.index(world.stages.len());
                if position > 0 {
                    let needed = world.stages[other.index(position)].id;
                    toggle(&mut world.stages[position].needs, needed);
                }
            }
            Self::Output(stage) => flip(&mut stage.get_mut(&mut world.stages).has_more),
            Self::Always(stage) => flip(&mut stage.get_mut(&mut world.stages).always),
            Self::Add(needed) => {
                let id = world.stages.iter().map(|stage| stage.id).max().unwrap_or(0) + 1;
                let needs = [needed.get(&world.stages).id].into();
                let stage =
                    Stage { id, name: format!("s{id}"), needs, draws: false, ..world.stages[0].clone() };
                world.stages.push(stage);
            }
            Self::Remove(stage) if world.stages.len() > 2 => {
                let removed = world.stages.remove(stage.index(world.stages.len())).id;
                for stage in &mut world.stages {
                    stage.needs.remove(&removed);
                }
            }
            Self::Rename(stage) => stage.get_mut(&mut world.stages).name.push('x'),
            Self::Layout => flip(&mut world.other_layout),
            Self::Undo(steps) => *world = steps.get(past).clone(),
            _ => {}
        }
    }

    /// Does what is not written in any file of a person's: to results and to the store.
    pub fn disturb(&self, world: &World, project: &Project, reference: &mut Reference) {
        match self {
            Self::Touch(source) => {
                project.file(&format!("source-{source}"), CONTENTS[world.sources[*source]]);
            }
            Self::DeleteResult(stage) => {
                let name = &stage.get(&world.stages).name;
                let _ = fs::remove_file(project.path(&format!("results/p/{name}/o.txt")));
                reference.results.remove(&(name.clone(), "o.txt".to_owned()));
            }
            Self::SpoilResult(stage) => {
                let name = &stage.get(&world.stages).name;
                if let Some(result) = reference.results.get_mut(&(name.clone(), "o.txt".to_owned())) {
                    result.push('!');
                    project.file(&format!("results/p/{name}/o.txt"), &*result);
                }
            }
            Self::DeleteObject(stage) => {
                let latest = reference.latest.get(&stage.get(&world.stages).name);
                if let Some(files) = latest.and_then(|key| reference.actions.get(key)) {
                    reference.objects.remove(&files["o.txt"]);
                    let digest = store::Digest::of(files["o.txt"].as_bytes()).to_hex();
                    let object = format!(".pipeline/objects/{}/{}", &digest[..2], &digest[2..]);
                    let _ = fs::remove_file(project.path(&object));
                }
            }
            Self::LoseRecord(stage) => {
                let name = &stage.get(&world.stages).name;
                if let Some(key) = reference.latest.get(name) {
                    reference.actions.remove(key);
                    let latest: Value =
                        serde_json::from_str(&project.read(".pipeline/latest/p.json")).unwrap();
                    let key = latest["stages"][name].as_str().unwrap();
                    let _ = fs::remove_file(project.path(&format!(".pipeline/actions/{key}.json")));
                }
            }
            Self::Collect => {
                let said = project.pipeline_with(&["gc", "--dry-run", "--json"]).ok().json();
                let done = project.pipeline_with(&["gc", "--json"]).ok().json();
                assert_eq!(said["removed"], done["removed"], "the dry run listed something else");
                reference.collect();
            }
            _ => {}
        }
    }
}

fn flip(value: &mut bool) {
    *value = !*value;
}

fn toggle(set: &mut std::collections::BTreeSet<usize>, value: usize) {
    if !set.remove(&value) {
        set.insert(value);
    }
}
