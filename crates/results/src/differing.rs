use crate::experiment::Experiment;
use indexmap::{IndexMap, IndexSet};
use serde_json::Value;
use std::collections::BTreeSet;

/// Settings that always say the same, each where it is known: one column.
struct Group<'a> {
    names: Vec<&'a String>,
    /// By experiment.
    values: Vec<Option<&'a Value>>,
}

/// The settings that are not the same everywhere, in the order of the stages. Several that change together and
/// alike, such as a parameter and the field that refers to it, come as one.
pub(crate) fn differing(experiments: &[Experiment]) -> Vec<Vec<String>> {
    let names: IndexSet<&String> =
        experiments.iter().flat_map(|experiment| experiment.settings.keys()).collect();
    let mut groups: Vec<Group> = Vec::new();
    for name in names.into_iter().filter(|name| differs(name, experiments)) {
        let values: Vec<Option<&Value>> = experiments.iter().map(|e| e.settings.get(name)).collect();
        match groups.iter_mut().find(|group| group.says_the_same(name, &values)) {
            Some(group) => group.join(name, &values),
            None => groups.push(Group { names: vec![name], values }),
        }
    }
    join_namesakes(groups).into_iter().map(|group| group.names.into_iter().cloned().collect()).collect()
}

/// A stage's setting differs if experiments with that stage differ in it. Parameters and matrix keys mean
/// something within their pipeline only: they differ if they do so in one.
fn differs(name: &str, experiments: &[Experiment]) -> bool {
    let stage = name.split('.').next().unwrap_or(name);
    let of_pipeline = matches!(stage, "params" | "matrix");
    let mut seen: IndexMap<&str, Option<&Value>> = IndexMap::new();
    let applies = |e: &&Experiment| of_pipeline || e.stages.contains(stage);
    experiments.iter().filter(applies).any(|experiment| {
        let scope = if of_pipeline { experiment.pipeline.as_str() } else { "" };
        let value = experiment.settings.get(name);
        *seen.entry(scope).or_insert(value) != value
    })
}

/// What is called `seed` in one pipeline's matrix and in another's training is one column, unless an experiment has
/// two settings of that name, so that there would be a choice.
fn join_namesakes(groups: Vec<Group>) -> Vec<Group> {
    let is_clear = |group: &Group| {
        let namesakes: Vec<&Group> = groups.iter().filter(|other| other.is_namesake_of(group)).collect();
        let mut pairs =
            namesakes.iter().enumerate().flat_map(|(at, a)| namesakes[..at].iter().map(move |b| (a, b)));
        pairs.all(|(a, b)| a.shares_no_row_with(b))
    };
    let clear: Vec<bool> = groups.iter().map(is_clear).collect();
    let mut joined: Vec<Group> = Vec::new();
    for (group, is_clear) in groups.into_iter().zip(clear) {
        let fits = |known: &&mut Group| known.is_namesake_of(&group) && known.shares_no_row_with(&group);
        match joined.iter_mut().find(fits).filter(|_| is_clear) {
            Some(known) => group.names.iter().for_each(|name| known.join(name, &group.values)),
            None => joined.push(group),
        }
    }
    joined
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

impl<'a> Group<'a> {
    fn is_namesake_of(&self, other: &Self) -> bool {
        self.names.iter().any(|name| other.names.iter().any(|known| last(known) == last(name)))
    }

    fn shares_no_row_with(&self, other: &Self) -> bool {
        self.values.iter().zip(&other.values).all(|(a, b)| a.is_none() || b.is_none())
    }

    /// Whether the values agree where both are known. Where one says more than the other, that they agree must
    /// not be chance: both are called the same, or take several values.
    fn says_the_same(&self, name: &str, values: &[Option<&Value>]) -> bool {
        if self.values == values {
            return true;
        }
        let both = self.values.iter().zip(values).filter_map(|(a, b)| Some(((*a)?, (*b)?)));
        let shared: Vec<(&Value, &Value)> = both.collect();
        let agree = !shared.is_empty() && shared.iter().all(|(a, b)| a == b);
        let is_namesake = self.names.iter().any(|known| last(known) == last(name));
        let varies = shared.iter().map(|(a, _)| a.to_string()).collect::<BTreeSet<_>>().len() > 1;
        let says_no_more = self.values.iter().zip(values).all(|(a, b)| a.is_some() || b.is_none());
        agree && (is_namesake || varies && says_no_more)
    }

    fn join(&mut self, name: &'a String, values: &[Option<&'a Value>]) {
        self.names.push(name);
        for (known, value) in self.values.iter_mut().zip(values) {
            *known = known.or(*value);
        }
    }
}
