use super::{error::SweepError, sample, values::Values};
use crate::matrix::{text_label, unique_names};
use indexmap::{IndexMap, IndexSet};

/// What all `--set` of a command line ask for: one experiment, or one for each combination of their values.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// By name, in the order of the command line.
    values: IndexMap<String, Values>,
}

/// One combination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Combination {
    /// Pairs for [`crate::load()`].
    pub set: Vec<(String, String)>,
    /// What tells it from the others, fit for a file name: `lr=0.1,seed=1`. `None` for the only one of a command
    /// line without several values.
    pub label: Option<String>,
}

/// More combinations than that are taken for a mistake.
const MOST_COMBINATIONS: usize = 1_000;
/// So many draws in a row may repeat earlier ones before a sample counts as complete.
const MOST_REPETITIONS: u64 = 100_000;

impl Sweep {
    /// Reads the pairs of `--set NAME=VALUES`; of several with one name the last counts. VALUES is one value,
    /// several with commas between them (`0.1,0.05`, `[16,32],[32,64]`), whole numbers with both ends included
    /// (`1..3`), or a range to draw from (`log(1e-3,1e-1)`, `uniform(0,1)`, `int(1,8)`). A comma within
    /// brackets or quotes parts nothing.
    ///
    /// # Errors
    /// The first value that cannot be read.
    pub fn read(set: &[(String, String)]) -> Result<Self, SweepError> {
        let mut values = IndexMap::new();
        for (name, text) in set {
            let name = name.strip_prefix("params.").unwrap_or(name);
            values.insert(name.to_owned(), Values::read(name, text)?);
        }
        Ok(Self { values })
    }

    /// Whether there is one experiment only.
    pub fn is_single(&self) -> bool {
        self.values.values().all(|values| matches!(values, Values::One(_)))
    }

    /// Every combination; the first name changes slowest.
    ///
    /// # Errors
    /// When a range has to be drawn from, or there are too many.
    pub fn all(&self) -> Result<Vec<Combination>, SweepError> {
        let Some(count) = self.count() else {
            return Err(SweepError::new(
                "a range of `--set` needs `--sample N`, which says how many values to draw",
                "or list the values: `--set lr=0.1,0.05`",
            ));
        };
        check_count(count)?;
        let mut rows: Vec<Vec<String>> = vec![Vec::new()];
        for values in self.values.values() {
            let listed = match values {
                Values::Listed(listed) => listed.as_slice(),
                Values::One(value) => std::slice::from_ref(value),
                Values::Drawn(_) => &[],
            };
            let with = |row: &Vec<String>, value: &String| row.iter().chain([value]).cloned().collect();
            rows = rows.iter().flat_map(|row| listed.iter().map(|value| with(row, value))).collect();
        }
        Ok(self.combinations(rows))
    }

    /// `count` combinations drawn at random, each once: the same for the same seed, and with a larger count the
    /// same and more. All of them if there are no more than `count`.
    ///
    /// # Errors
    /// When `count` is too large.
    pub fn sample(&self, count: usize, seed: u64) -> Result<Vec<Combination>, SweepError> {
        if self.count().is_some_and(|all| all <= count) {
            return self.all();
        }
        check_count(count)?;
        let mut rows = IndexSet::new();
        let (mut draw, mut repetitions) = (0, 0);
        while rows.len() < count && repetitions < MOST_REPETITIONS {
            let drawn = self.values.iter().map(|(name, values)| values.at(sample::share(seed, name, draw)));
            repetitions = if rows.insert(drawn.collect::<Vec<_>>()) { 0 } else { repetitions + 1 };
            draw += 1;
        }
        Ok(self.combinations(rows.into_iter().collect()))
    }

    /// How many combinations there are; `None` if there is no end of them.
    fn count(&self) -> Option<usize> {
        self.values.values().try_fold(1_usize, |count, values| Some(count.saturating_mul(values.count()?)))
    }

    fn combinations(&self, rows: Vec<Vec<String>>) -> Vec<Combination> {
        let labels = unique_names(rows.iter().map(|row| self.label(row)));
        let combination = |(row, label): (Vec<String>, String)| Combination {
            set: self.values.keys().cloned().zip(row).collect(),
            label: (!self.is_single()).then_some(label),
        };
        rows.into_iter().zip(labels).map(combination).collect()
    }

    /// Names in alphabetical order, so that a folder's name does not depend on the order of the command line.
    fn label(&self, row: &[String]) -> String {
        let named = self.values.iter().zip(row).filter(|((_, values), _)| !matches!(values, Values::One(_)));
        let short = |name: &str| name.strip_prefix("stages.").unwrap_or(name).to_owned();
        let mut parts: Vec<String> =
            named.map(|((name, _), value)| format!("{}={}", short(name), text_label(value))).collect();
        parts.sort();
        parts.join(",")
    }
}

fn check_count(count: usize) -> Result<(), SweepError> {
    if count <= MOST_COMBINATIONS {
        return Ok(());
    }
    let message = format!("`--set` makes {count} combinations, and a sweep has at most {MOST_COMBINATIONS}");
    Err(SweepError::new(message, "`--sample N` draws some of them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(set: &[(&str, &str)]) -> Sweep {
        let set: Vec<_> = set.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        Sweep::read(&set).unwrap()
    }

    fn labels(combinations: Vec<Combination>) -> Vec<String> {
        combinations.into_iter().map(|combination| combination.label.unwrap()).collect()
    }

    #[test]
    fn every_combination_has_a_label_of_its_own() {
        let sweep = sweep(&[("seed", "1..2"), ("epochs", "3"), ("params.lr", "0.1,0.05")]);
        let all = sweep.all().unwrap();
        assert_eq!(
            labels(all.clone()),
            ["lr=0.1,seed=1", "lr=0.05,seed=1", "lr=0.1,seed=2", "lr=0.05,seed=2"]
        );
        let pairs = [("seed", "1"), ("epochs", "3"), ("lr", "0.05")];
        assert_eq!(all[1].set, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn one_value_each_is_no_sweep() {
        let single = sweep(&[("lr", "0.1,0.2"), ("filters", "[16,32]"), ("lr", "0.1")]);
        assert!(single.is_single());
        let all = single.all().unwrap();
        assert_eq!((all.len(), &all[0].label), (1, &None));
        assert_eq!(sweep(&[]).all().unwrap()[0].set, []);
    }

    #[test]
    fn values_that_look_alike_in_a_file_name_are_told_apart() {
        assert_eq!(labels(sweep(&[("x", "[1,2],1-2")]).all().unwrap()), ["x=1-2", "x=1-2~2"]);
        assert_eq!(labels(sweep(&[("stages.a.lr", "1,2")]).all().unwrap()), ["a.lr=1", "a.lr=2"]);
    }

    #[test]
    fn samples_are_repeatable_distinct_and_grow() {
        let sweep = sweep(&[("lr", "log(1e-3,1e-1)"), ("seed", "1..3")]);
        let some = sweep.sample(5, 1).unwrap();
        assert_eq!(some, sweep.sample(8, 1).unwrap()[..5]);
        assert_ne!(some, sweep.sample(5, 2).unwrap());
        let distinct: IndexSet<_> = some.iter().map(|combination| &combination.set).collect();
        assert_eq!(distinct.len(), 5);
        for combination in &some {
            let lr: f64 = combination.set[0].1.parse().unwrap();
            assert!((1e-3..=1e-1).contains(&lr));
        }
    }

    #[test]
    fn a_sample_of_a_grid_has_each_combination_once() {
        let grid = sweep(&[("a", "1..3"), ("b", "1..3")]);
        let mut eight = labels(grid.sample(8, 0).unwrap());
        eight.sort();
        eight.dedup();
        assert_eq!(eight.len(), 8);
        assert_eq!(grid.sample(9, 0), grid.all());
        assert_eq!(grid.sample(100, 0), grid.all());
    }

    #[test]
    fn too_much_and_too_little_are_refused() {
        assert!(sweep(&[("lr", "uniform(0,1)")]).all().unwrap_err().message.contains("--sample N"));
        let large = sweep(&[("a", "1..100"), ("b", "1..100")]);
        assert!(large.all().unwrap_err().message.contains("10000 combinations"));
        assert_eq!(large.sample(3, 0).unwrap().len(), 3);
    }
}
