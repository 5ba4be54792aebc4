//! What is wrong with a `dvc.yaml` is said with file, line and column, all at once.
#![allow(clippy::unwrap_used, missing_docs)]

use import::import;
use proptest::prelude::*;
use std::fs;

const GOOD: &str = "\
vars:
  - name: x
stages:
  a:
    cmd: touch ${name}.txt ${lr}
    deps: [in.txt]
    params: [lr, train.seed]
    outs:
      - ${name}.txt:
          cache: false
  b:
    foreach: [1, 2]
    do:
      cmd: cat x.txt > b${item}.txt
      deps: [x.txt]
      outs: [\"b${item}.txt\"]
  c:
    matrix: {k: [p, q]}
    cmd:
      - echo ${item.k} > c-${item.k}.txt
    outs: [\"c-${item.k}.txt\"]
";

const PARAMS: &str = "lr: 0.1\ntrain:\n  seed: 1\n";

/// The errors of a project as `line:column message`, or the text that it makes.
fn outcome(dvc: &str, params: &str) -> Result<String, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("dvc.yaml"), dvc).unwrap();
    fs::write(root.join("params.yaml"), params).unwrap();
    let imported = import(&root.join("dvc.yaml"), &root.join("pipelines/p.toml"), root);
    imported.map(|imported| imported.text).map_err(|errors| {
        errors.iter().map(|error| format!("{}:{} {}", error.line, error.column, error.message)).collect()
    })
}

#[test]
fn errors_have_places() {
    assert!(outcome(GOOD, PARAMS).is_ok(), "{:?}", outcome(GOOD, PARAMS));
    for (from, to, expected) in [
        ("${lr}", "${rate}", "5:10 `${rate}` is not known"),
        ("params: [lr,", "params: [rate,", "7:14 `params.yaml` has no `rate`"),
        ("deps: [in.txt]", "deps: in.txt", "6:11 `deps`: expected a list, found a string"),
        ("deps: [in.txt]", "deps: [in.txt", "not YAML"),
        ("foreach: [1, 2]", "foreach: 1", "12:14 `foreach`: expected a list or a mapping, found a number"),
        ("[p, q]", "p", "18:17 `matrix`: expected a list for `k`, found a string"),
        ("      cmd: cat", "      run: cat", "11:3 stage `b` has no `cmd`"),
        ("  b:\n", "  a:\n", "11:3 the key `a` is here twice"),
        ("${name}.txt ${lr}", "${name[}", "5:10 `${name[}` cannot be understood"),
        ("[\"b${item}.txt\"]", "[x.txt]", "is an output of"),
        ("  - name: x", "  - gone.yaml", "2:5 `vars` names `gone.yaml`, which does not exist"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let errors = outcome(&GOOD.replace(from, to), PARAMS).unwrap_err();
        assert!(errors.iter().any(|error| error.contains(expected)), "{from} → {to}: {errors:?}");
    }
    assert_eq!(outcome("", "").unwrap_err().len(), 1);
    assert!(outcome(GOOD, "lr: [").unwrap_err()[0].contains("not YAML"));
}

#[test]
fn aliases_that_double_each_other_are_refused() {
    let mut text = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..40 {
        text += &format!("a{level}: &a{level} [*a{}, *a{}]\n", level - 1, level - 1);
    }
    assert!(outcome(&text, "").unwrap_err()[0].contains("more than"));
    assert!(outcome(&"[".repeat(10_000), "").is_err());
}

/// Pieces that mean something, and some that do not.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~\n]{0,6}",
        prop::sample::select(vec![
            "${",
            "}",
            "\\${",
            "[",
            "]",
            "{",
            ": ",
            "- ",
            "\n",
            "  ",
            "'",
            "\"",
            "&a ",
            "*a",
            "<<: ",
            "!!str ",
            "|\n",
            "..",
            "/",
            "~",
            "null",
            "${item}",
            "${key}",
            "${item.k}",
            "\u{E000}",
            "\u{E001}",
            "$",
            "foreach:",
            "matrix:",
            "outs:",
            "- x.txt\n",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_file_never_panics(edits in prop::collection::vec((0..GOOD.len(), 0_usize..12, piece()), 1..5)) {
        let mut text = GOOD.to_owned();
        for (at, length, piece) in edits {
            let start = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let end = (start..=(start + length).min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            text.replace_range(start..end, &piece);
        }
        let _ = outcome(&text, PARAMS);
    }

    #[test]
    fn arbitrary_text_never_panics(dvc in "\\PC{0,60}", params in "\\PC{0,60}") {
        let _ = outcome(&dvc, &params);
        let _ = outcome(GOOD, &params);
    }
}
