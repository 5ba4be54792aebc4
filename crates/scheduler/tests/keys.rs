//! What is in a key and what is not: two stages have the same key exactly when they say the same.

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use scheduler::{PlanOptions, plan};
use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};
use store::{Digest, Store};

/// How a value may be written, and which value it is.
const VALUES: &[(&str, usize)] = &[
    ("1", 0),
    ("0x1", 0),
    ("1.0", 1),
    ("1.00", 1),
    ("\"1\"", 2),
    ("'1'", 2),
    ("\"\\u0031\"", 2),
    ("true", 3),
    ("\"true\"", 4),
    ("\"\"", 5),
    ("-1", 6),
    ("10", 7),
    ("1e1", 8),
    ("\"1.0\"", 9),
];

/// The sources of the project, and their contents.
const SOURCES: &[(&str, &str)] = &[("a", "one"), ("b", "two"), ("folder/a", "one"), ("folder/c", "")];

/// What decides a command's result, by numbers that stand for names.
#[derive(Debug, Clone)]
struct Stage {
    /// A place in [`VALUES`] by parameter.
    params: BTreeMap<usize, usize>,
    /// A place in [`SOURCES`] by input.
    inputs: BTreeMap<usize, usize>,
    /// A file by output.
    outputs: BTreeMap<usize, usize>,
    /// Whether an environment variable that is set counts.
    env: bool,
    shell: bool,
}

/// What decides nothing.
#[derive(Debug, Clone)]
struct Layout {
    name: String,
    order: Vec<usize>,
    blank: String,
    space: String,
    extra: Vec<&'static str>,
}

fn stage() -> impl Strategy<Value = Stage> {
    let named = |values: usize| prop::collection::btree_map(0..3_usize, 0..values, 0..3);
    (named(VALUES.len()), named(SOURCES.len()), named(2), any::<bool>(), any::<bool>())
        .prop_map(|(params, inputs, outputs, env, shell)| Stage { params, inputs, outputs, env, shell })
}

/// A stage, and one that differs in one thing or in nothing.
fn two_stages() -> impl Strategy<Value = (Stage, Stage)> {
    (stage(), stage(), 0..6_usize).prop_map(|(one, other, what)| {
        let mut two = one.clone();
        match what {
            0 => two.params = other.params,
            1 => two.inputs = other.inputs,
            2 => two.outputs = other.outputs,
            3 => two.env = other.env,
            4 => two.shell = other.shell,
            _ => two.params.values_mut().for_each(|value| *value = same_value(*value)),
        }
        (one, two)
    })
}

/// The last way to write the same value.
fn same_value(value: usize) -> usize {
    VALUES.iter().rposition(|(_, identity)| *identity == VALUES[value].1).unwrap()
}

fn layout() -> impl Strategy<Value = Layout> {
    let extra = prop::sample::subsequence(
        vec![
            "description = \"x\"",
            "resources = { cpus = 1 }",
            "retries = 3",
            "timeout = \"1h\"",
            "mutex = \"m\"",
            "cache = true",
        ],
        0..6,
    );
    let order = Just((0..32).collect::<Vec<usize>>()).prop_shuffle();
    ("[a-z]{1,8}", order, "(\n|#[ -~äß]*\n){0,3}", " {1,4}", extra)
        .prop_map(|(name, order, blank, space, extra)| Layout { name, order, blank, space, extra })
}

impl Stage {
    /// What it says, however it is written.
    fn meaning(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let values: Vec<_> = self.params.iter().map(|(name, value)| (*name, VALUES[*value].1)).collect();
        let contents: Vec<_> = self.inputs.iter().map(|(name, source)| (*name, SOURCES[*source].1)).collect();
        (values, contents, self.outputs.clone(), self.env, self.shell)
    }

    fn toml(&self, layout: &Layout) -> String {
        let mut lines = vec![
            "kind = \"command\"".to_owned(),
            self.run(layout),
            table(
                "inputs",
                layout,
                self.inputs.iter().map(|(name, at)| (format!("i{name}"), SOURCES[*at].0)),
            ),
            table(
                "outputs",
                layout,
                self.outputs.iter().map(|(name, file)| (format!("o{name}"), FILES[*name][*file])),
            ),
            format!("shell = {}", self.shell),
            format!("env = [{}]", if self.env { "\"PATH\"" } else { "" }),
        ];
        lines.extend(layout.extra.iter().map(|line| (*line).to_owned()));
        let params = self.params.iter().map(|(name, value)| format!("p{name} = {}", VALUES[*value].0));
        let sections = vec![
            format!("[params]\nunused = {}\n{}", layout.order[0], layout.written(params.collect())),
            format!("[stages.{}]\n{}", layout.name, layout.written(lines)),
        ];
        layout.shuffled(sections).join(&layout.blank)
    }

    /// Spaces between arguments count in a script for a shell only.
    fn run(&self, layout: &Layout) -> String {
        let words = (self.params.keys().map(|name| format!("${{params.p{name}}}")))
            .chain(self.inputs.keys().map(|name| format!("${{inputs.i{name}}}")))
            .chain(self.outputs.keys().map(|name| format!("${{outputs.o{name}}}")));
        let space = if self.shell { " " } else { &layout.space };
        format!("run = \"true{}\"", words.map(|word| format!("{space}{word}")).collect::<String>())
    }
}

/// Two files for each output.
const FILES: [[&str; 2]; 3] = [["a", "b"], ["c", "d"], ["e", "deep/e"]];

fn table<'a>(field: &str, layout: &Layout, entries: impl Iterator<Item = (String, &'a str)>) -> String {
    let entries = entries.map(|(name, value)| format!("{name} = \"{value}\"")).collect();
    format!("{field} = {{ {} }}", layout.shuffled(entries).join(", "))
}

impl Layout {
    fn shuffled(&self, items: Vec<String>) -> Vec<String> {
        let mut numbered: Vec<_> = items.into_iter().zip(&self.order).collect();
        numbered.sort_by_key(|(_, number)| **number);
        numbered.into_iter().map(|(item, _)| item).collect()
    }

    fn written(&self, lines: Vec<String>) -> String {
        let spaced = |line: String| line.replacen(" = ", &format!("{space}={space}", space = self.space), 1);
        self.shuffled(lines).into_iter().map(|line| format!("{}{}\n", self.blank, spaced(line))).collect()
    }
}

static PROJECT: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("folder")).unwrap();
    for (path, content) in SOURCES {
        fs::write(folder.path().join(path), content).unwrap();
    }
    folder
});

fn key(root: &Path, text: &str) -> Digest {
    let pipeline = spec::parse(text, &root.join("pipelines/any.toml"), root, &[]);
    let pipeline = pipeline.unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    let store = Store::open(root).unwrap();
    plan(&pipeline, &store, &PlanOptions::default()).unwrap().stages[0].key.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn two_stages_have_one_key_exactly_if_they_say_the_same(
        (one, two) in two_stages(),
        (first, second) in (layout(), layout()),
    ) {
        let root = PROJECT.path();
        let (of_one, of_two) = (one.toml(&first), two.toml(&second));
        let is_same = key(root, &of_one) == key(root, &of_two);
        prop_assert_eq!(is_same, one.meaning() == two.meaning(), "\n{}\n{}", of_one, of_two);
    }
}
