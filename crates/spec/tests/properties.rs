//! What holds for any file.

#![allow(clippy::unwrap_used)]

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use spec::Pipeline;
use support::{parse, pipeline, stage};

const VALID: &str = include_str!("properties.toml");

/// A value, and how it is written in TOML.
fn value() -> impl Strategy<Value = (Value, String)> {
    let written = |value: Value| (value.clone(), value.to_string());
    let text = any::<String>().prop_map(|text| (json!(text), toml_string(&text)));
    let leaf = prop_oneof![
        any::<i64>().prop_map(|number| json!(number)).prop_map(written),
        any::<f64>()
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(|number| (json!(number), format!("{number:?}"))),
        any::<bool>().prop_map(|value| json!(value)).prop_map(written),
        text.prop_filter("no reference", |(value, _)| !value.as_str().unwrap().contains('$')),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(|items| {
            let (values, texts): (Vec<_>, Vec<_>) = items.into_iter().unzip();
            (json!(values), format!("[{}]", texts.join(", ")))
        });
        let table = prop::collection::btree_map("[a-z]{1,4}", inner, 0..4).prop_map(|entries| {
            let texts: Vec<_> = entries.iter().map(|(key, (_, text))| format!("{key} = {text}")).collect();
            let values = entries.iter().map(|(key, (value, _))| (key.clone(), value.clone()));
            (Value::Object(values.collect()), format!("{{ {} }}", texts.join(", ")))
        });
        prop_oneof![list, table]
    })
}

fn toml_string(text: &str) -> String {
    let escape = |character: char| format!("\\U{:08X}", u32::from(character));
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

/// The pipeline as far as it does not depend on the order or layout of the file.
fn content(mut pipeline: Pipeline) -> Pipeline {
    pipeline.stages.sort_by(|left, right| left.name.cmp(&right.name));
    pipeline.metrics.sort_by(|left, right| left.name.cmp(&right.name));
    pipeline.missing_sources.clear();
    pipeline.texts.clear();
    pipeline
}

/// The sections of the file, each a heading with its lines, in another order and with lines in another order.
fn shuffled() -> impl Strategy<Value = String> {
    let mut sections: Vec<Vec<String>> = Vec::new();
    for line in VALID.lines().filter(|line| !line.is_empty()) {
        if line.starts_with('[') {
            sections.push(Vec::new());
        }
        if let Some(section) = sections.last_mut() {
            section.push(line.to_owned());
        }
    }
    let section = |lines: Vec<String>| {
        let (heading, lines) =
            lines.split_first().map(|(first, rest)| (first.clone(), rest.to_vec())).unwrap();
        let lines = Just(lines).prop_shuffle();
        (lines, prop::collection::vec("( |\t|\n|#[ -~äß→]*\n)*", 32)).prop_map(move |(lines, blanks)| {
            let lines = lines.iter().zip(blanks).map(|(line, blank)| format!("{blank}{}\n", spread(line)));
            format!("{heading} # heading\n{}", lines.collect::<String>())
        })
    };
    let sections: Vec<_> = sections.into_iter().map(section).collect();
    sections.prop_flat_map(|sections| Just(sections).prop_shuffle()).prop_map(|sections| sections.join("\n"))
}

/// Wider spaces around the `=` after the key.
fn spread(line: &str) -> String {
    line.replacen(" = ", "\t =  ", 1)
}

proptest! {
    #[test]
    fn values_come_through_references_unchanged((value, text) in value()) {
        let text = format!(
            "[params]\na = {text}\nb = '${{params.a}}'\n\
             [stages.s]\nkind = 'command'\nrun = 'true'\nmatrix = {{ include = [{{ k = '${{params.b}}' }}] }}"
        );
        let pipeline = pipeline(&text);
        prop_assert_eq!(&pipeline.params["b"], &value);
        prop_assert_eq!(pipeline.params["b"].to_string(), value.to_string());
        prop_assert_eq!(&pipeline.stages[0].cell["k"], &value);
    }

    #[test]
    fn overrides_are_read_like_the_file((value, text) in value()) {
        let pipeline = support::pipeline_with("[params]\na = 1\n[stages]", &[("a", &text)]);
        prop_assert_eq!(&pipeline.params["a"], &value);
        prop_assert_eq!(&pipeline.overrides["a"], &value);
    }

    #[test]
    fn interpolation_joins_texts(first in "[^$]*", second in "[^$]*") {
        let params = format!("a = {}\nb = {}", toml_string(&first), toml_string(&second));
        let text = format!(
            "[params]\n{params}\nc = '<${{params.a}}|${{params.b}}>'\n\
             [stages.s]\nkind = 'command'\nrun = 'x ${{params.c}}'"
        );
        let pipeline = pipeline(&text);
        prop_assert_eq!(&stage(&pipeline, "s").params["c"], &json!(format!("<{first}|{second}>")));
    }

    #[test]
    fn order_comments_and_layout_do_not_matter(text in shuffled()) {
        let expected = content(pipeline(VALID));
        let found = parse(&text, &[]);
        prop_assert!(found.is_ok(), "{}\n{text}", found.unwrap_err());
        prop_assert_eq!(content(found.unwrap()), expected);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn pieces_of_the_language_are_read_without_a_panic(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)
    ) {
        check(&pieces.concat());
    }

    #[test]
    fn a_damaged_file_is_read_without_a_panic(
        at in any::<prop::sample::Index>(),
        length in 0_usize..12,
        inserted in prop_oneof![any::<String>(), prop::sample::select(PIECES).prop_map(str::to_owned)],
    ) {
        let mut characters: Vec<char> = VALID.chars().collect();
        let start = at.index(characters.len());
        let end = (start + length).min(characters.len());
        characters.splice(start..end, inserted.chars());
        check(&characters.into_iter().collect::<String>());
    }
}

const PIECES: &[&str] = &[
    "[stages.a]\n",
    "[stages.b]\n",
    "[params]\n",
    "[metrics]\n",
    "[[references]]\n",
    "kind = ",
    "\"command\"",
    "\"train\"",
    "run = ",
    "'x ${inputs.a} ${stages.a.b} ${params.a} ${matrix.a}'",
    "inputs = ",
    "outputs = ",
    "matrix = ",
    "after = ",
    "{ a = ",
    " }",
    "[",
    "]",
    ", ",
    "1",
    "0.5",
    "true",
    "'a'",
    "'${stages.a.b}'",
    "'${params.a}'",
    "'${'",
    "\"$$\"",
    "'${stages.b@a=1.b}/c'",
    "'..'",
    "a = ",
    "b.c = ",
    "\n",
    "name = ",
    "model = ",
    "timeout = ",
    "'2h'",
    "[1, 2]",
    "{}",
];

/// Reads a text that may be wrong in any way. Its errors must have a place, and must be rendered.
fn check(text: &str) {
    match parse(text, &[("a", text), (text, "1")]) {
        Ok(_) => {}
        Err(errors) => {
            assert!(errors.count() > 0);
            let lines = text.lines().count().max(1) + 1;
            for error in &errors {
                assert!(error.line >= 1 && error.column >= 1 && error.line <= lines, "{error:?}");
                assert!(error.to_string().contains('^'));
            }
            for error in errors.iter().filter(|error| error.file != "--set") {
                let line = text.lines().nth(error.line - 1).unwrap_or_default();
                assert!(error.column <= line.chars().count() + 1, "{error:?}");
            }
            let places: Vec<_> = errors.iter().filter(|error| error.file != "--set").collect();
            assert!(places.is_sorted_by_key(|error| (error.line, error.column)));
        }
    }
}

#[test]
fn deep_nesting_is_refused_without_exhausting_the_stack() {
    for depth in [50, 500, 5_000, 100_000] {
        check(&format!("x = {}1{}", "[".repeat(depth), "]".repeat(depth)));
        check(&format!("x = {}1{}", "{a=".repeat(depth), "}".repeat(depth)));
        check(&format!("[{}]", vec!["a"; depth].join(".")));
        check(&format!("params.{} = 1", vec!["a"; depth].join(".")));
    }
}
