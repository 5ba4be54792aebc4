//! What must run and why, worked out from contents alone: no digests, no files, no clock. It knows nothing of how the
//! runner does it.

use super::world::{CONTENTS, Stage, WORDS, World};
use std::collections::{BTreeMap, BTreeSet};

/// What decides what a stage yields.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    run: String,
    word: (String, &'static str),
    inputs: BTreeMap<String, String>,
    outputs: BTreeMap<&'static str, &'static str>,
}

/// What a plan says of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    pub verdict: &'static str,
    pub restore: bool,
    /// Each as what and whose, sorted.
    pub reasons: Vec<(String, String)>,
}

/// Stages that run though nothing asks for it.
pub enum Forced<'a> {
    Nothing,
    Everything,
    Stage(&'a str),
}

/// What the runner should know.
#[derive(Default)]
pub struct Reference {
    /// The files of each key that was ever executed.
    pub actions: BTreeMap<Key, BTreeMap<String, String>>,
    /// Contents that the store holds.
    pub objects: BTreeSet<String>,
    /// What lies in the results, by stage and file.
    pub results: BTreeMap<(String, String), String>,
    /// The key that each stage last had.
    pub latest: BTreeMap<String, Key>,
}

type Known = BTreeMap<usize, BTreeMap<String, String>>;

impl Reference {
    pub fn plan(&self, world: &World, forced: &Forced) -> BTreeMap<String, Planned> {
        let mut known = Known::new();
        let mut plan = BTreeMap::new();
        for stage in &world.stages {
            let planned = self.judge(world, stage, forced, &known);
            if planned.verdict == "fresh" {
                known.insert(stage.id, self.actions[&key(world, stage, &known).unwrap()].clone());
            }
            plan.insert(stage.name.clone(), planned);
        }
        plan
    }

    /// Runs what the plan says, and of what it leaves open what then turns out to be stale. Returns the outcomes.
    pub fn run(&mut self, world: &World, forced: &Forced) -> BTreeMap<String, String> {
        let plan = self.plan(world, forced);
        let mut known = Known::new();
        let mut latest = BTreeMap::new();
        let mut outcomes = BTreeMap::new();
        for stage in &world.stages {
            let planned = match &plan[&stage.name] {
                planned if planned.verdict != "pending" => planned.clone(),
                _ => self.judge(world, stage, forced, &known),
            };
            let key = key(world, stage, &known).unwrap();
            if planned.verdict == "stale" {
                let files = yielded(world, stage, &key);
                self.objects.extend(files.values().cloned());
                self.actions.insert(key.clone(), files);
            }
            let files = self.actions[&key].clone();
            for (file, content) in &files {
                self.results.insert((stage.name.clone(), file.clone()), content.clone());
            }
            known.insert(stage.id, files);
            latest.insert(stage.name.clone(), key);
            let outcome = match (planned.verdict, planned.restore) {
                ("stale", _) => "executed",
                (_, true) => "restored",
                _ => "fresh",
            };
            outcomes.insert(stage.name.clone(), outcome.to_owned());
        }
        let is_on_record = latest.iter().all(|(name, key)| self.latest.get(name) == Some(key));
        if !is_on_record || outcomes.values().any(|outcome| outcome != "fresh") {
            self.latest = latest;
        }
        outcomes
    }

    /// Forgets what no stage last had.
    pub fn collect(&mut self) {
        let kept: BTreeSet<&Key> = self.latest.values().collect();
        self.actions.retain(|key, _| kept.contains(key));
        let needed: BTreeSet<&String> = self.actions.values().flat_map(BTreeMap::values).collect();
        self.objects.retain(|object| needed.contains(object));
    }

    fn judge(&self, world: &World, stage: &Stage, forced: &Forced, known: &Known) -> Planned {
        let stale = |reasons| Planned { verdict: "stale", restore: false, reasons };
        let Some(key) = key(world, stage, known) else { return self.pending(world, stage, known) };
        let is_forced = match forced {
            Forced::Nothing => false,
            Forced::Everything => true,
            Forced::Stage(name) => *name == stage.name,
        };
        let judged = self.judge_unforced(stage, &key);
        if !is_forced {
            return judged;
        }
        let mut reasons = judged.reasons;
        reasons.push(said("forced", ""));
        reasons.sort();
        stale(reasons)
    }

    fn judge_unforced(&self, stage: &Stage, key: &Key) -> Planned {
        let stale = |reasons| Planned { verdict: "stale", restore: false, reasons };
        if stage.always {
            return stale(vec![said("always", "")]);
        }
        let Some(files) = self.actions.get(key) else {
            return stale(match self.latest.get(&stage.name) {
                Some(latest) if latest == key => vec![said("cache-missing", "")],
                _ => self.reasons(stage, key, &[]),
            });
        };
        let is_in_place = |(file, content): (&String, &String)| {
            self.results.get(&(stage.name.clone(), file.clone())) == Some(content)
        };
        match files.iter().all(is_in_place) {
            false if !files.values().all(|content| self.objects.contains(content)) => {
                stale(vec![said("cache-missing", "")])
            }
            in_place => Planned { verdict: "fresh", restore: !in_place, reasons: Vec::new() },
        }
    }

    fn pending(&self, world: &World, stage: &Stage, known: &Known) -> Planned {
        let open: Vec<&usize> = stage.needs.iter().filter(|id| !known.contains_key(id)).collect();
        let open_names: Vec<String> = open.iter().map(|id| format!("n{id}")).collect();
        let mut reasons = self.reasons(stage, &key_as_far(world, stage, known), &open_names);
        reasons.extend(open.iter().map(|id| said("upstream-stale", &world.stage(**id).unwrap().name)));
        reasons.sort();
        Planned { verdict: "pending", restore: false, reasons }
    }

    fn reasons(&self, stage: &Stage, key: &Key, open: &[String]) -> Vec<(String, String)> {
        let latest = self.latest.get(&stage.name).filter(|latest| self.actions.contains_key(latest));
        let Some(old) = latest else { return vec![said("never-run", "")] };
        let mut reasons = Vec::new();
        if old.run != key.run {
            reasons.push(said("command-changed", ""));
        }
        match (&old.word, &key.word) {
            (old, new) if old == new => {}
            (old, new) if old.0 == new.0 => reasons.push(said("param-changed", &new.0)),
            (old, new) => reasons.extend([said("param-removed", &old.0), said("param-added", &new.0)]),
        }
        compare("input", &old.inputs, &key.inputs, open, &mut reasons);
        compare("output", &old.outputs, &key.outputs, &[], &mut reasons);
        reasons.sort();
        reasons
    }
}

fn compare<K: Ord + ToString, V: PartialEq>(
    what: &str,
    old: &BTreeMap<K, V>,
    new: &BTreeMap<K, V>,
    open: &[String],
    reasons: &mut Vec<(String, String)>,
) {
    for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(name))) {
        let how = match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) if old == new => continue,
            (Some(_), Some(_)) => "changed",
            (None, _) => "added",
            (_, None) => "removed",
        };
        if !open.contains(&name.to_string()) {
            reasons.push(said(&format!("{what}-{how}"), &name.to_string()));
        }
    }
}

fn said(reason: &str, whose: &str) -> (String, String) {
    (reason.to_owned(), whose.to_owned())
}

/// The key, if all that the stage needs is known.
fn key(world: &World, stage: &Stage, known: &Known) -> Option<Key> {
    stage.needs.iter().all(|id| known.contains_key(id)).then(|| key_as_far(world, stage, known))
}

fn key_as_far(world: &World, stage: &Stage, known: &Known) -> Key {
    let sources = stage
        .sources
        .iter()
        .map(|source| (format!("a{source}"), CONTENTS[world.sources[*source]].to_owned()));
    let needs = stage.needs.iter().map(|id| {
        let content = known.get(id).map(|files| files["o.txt"].clone());
        (format!("n{id}"), content.unwrap_or_default())
    });
    Key {
        run: stage.run(),
        word: (stage.param(), WORDS[stage.word]),
        inputs: sources.chain(needs).collect(),
        outputs: stage.outputs().into_iter().collect(),
    }
}

/// What the stage's command writes.
fn yielded(world: &World, stage: &Stage, key: &Key) -> BTreeMap<String, String> {
    let word = WORDS[stage.word].trim_matches('"');
    let read: String = stage.inputs().iter().map(|name| key.inputs[name].as_str()).collect();
    let kept = &read[..stage.keep.min(read.len())];
    let drawn = if stage.draws { CONTENTS[world.weather] } else { "" };
    let contents = [format!("s{} {word}\n{kept}{drawn}", stage.id), format!("s{} more {word}\n", stage.id)];
    stage.outputs().iter().zip(contents).map(|((_, file), content)| ((*file).to_owned(), content)).collect()
}
