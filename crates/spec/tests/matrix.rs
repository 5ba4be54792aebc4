//! Cells of a matrix, and who refers to which.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::json;
use support::{input, names, output, parse, pipeline, stage};

const TRAIN: &str = r#"
    [stages.train]
    kind = "train"
    train = "train.h5"
    epochs = 1
    lr = "${matrix.lr}"
    seed = "${matrix.seed}"
    model = { stages = [1], filters = [8, 8] }
    matrix = { seed = [1, 2], lr = [0.1, 0.05] }
"#;

#[test]
fn a_grid_makes_a_cell_of_each_combination() {
    let pipeline = pipeline(TRAIN);
    let expected =
        ["train@lr=0.1,seed=1", "train@lr=0.1,seed=2", "train@lr=0.05,seed=1", "train@lr=0.05,seed=2"];
    assert_eq!(names(&pipeline), expected);
    let cell = stage(&pipeline, "train@lr=0.05,seed=2");
    assert_eq!(cell.base, "train");
    assert_eq!(serde_json::to_value(&cell.cell).unwrap(), json!({ "lr": 0.05, "seed": 2 }));
    assert_eq!((&cell.params["lr"], &cell.params["seed"]), (&json!(0.05), &json!(2)));
}

#[test]
fn include_lists_cells_one_by_one() {
    let pipeline = pipeline(
        r#"
        [params]
        lr = 0.5
        [stages.a]
        kind = "command"
        run = "x ${matrix.lr} ${matrix.model.l2}"
        matrix = { include = [{ lr = "${params.lr}", model = { l2 = 1 } }, { model = { l2 = 2 }, lr = 1 }] }
        "#,
    );
    assert_eq!(names(&pipeline).len(), 2);
    assert_eq!(
        serde_json::to_value(&pipeline.stages[1].params).unwrap(),
        json!({ "matrix.lr": 1, "matrix.model.l2": 2 })
    );
}

#[test]
fn a_grid_and_include_add_up() {
    let pipeline = pipeline(
        "[stages.a]\nkind = 'command'\nrun = 'x ${matrix.a}'\nmatrix = { a = [1, 2], include = [{ a = 5 }] }",
    );
    assert_eq!(names(&pipeline), ["a@a=1", "a@a=2", "a@a=5"]);
}

#[test]
fn the_same_keys_mean_the_matching_cell() {
    let text = format!(
        r#"{TRAIN}
        [stages.rank]
        kind = "evaluate"
        weights = "${{stages.train.weights}}"
        dataset = "test.h5"
        matrix = {{ lr = [0.05], seed = [2, 1] }}
        "#
    );
    let pipeline = pipeline(&text);
    let rank = stage(&pipeline, "rank@lr=0.05,seed=2");
    assert_eq!(input(rank, "weights"), ([output("train@lr=0.05,seed=2", "weights")].as_slice(), false));
}

#[test]
fn missing_keys_collect() {
    let text = format!(
        r#"{TRAIN}
        [stages.seeds]
        kind = "command"
        run = "mean ${{stages.train.metrics}}"
        matrix = {{ lr = [0.05], other = ["x"] }}

        [stages.all]
        kind = "command"
        run = "mean ${{inputs.metrics}}"
        inputs = {{ metrics = "${{stages.train.metrics}}" }}
        after = ["seeds"]
        "#
    );
    let pipeline = pipeline(&text);
    let seeds = stage(&pipeline, "seeds@lr=0.05,other=x");
    let expected = [output("train@lr=0.05,seed=1", "metrics"), output("train@lr=0.05,seed=2", "metrics")];
    assert_eq!(input(seeds, "run.1"), (expected.as_slice(), true));
    let all = stage(&pipeline, "all");
    assert_eq!(input(all, "metrics").0.len(), 4);
    assert!(input(all, "metrics").1);
    assert_eq!(all.after, ["seeds@lr=0.05,other=x"]);
}

#[test]
fn a_built_in_kind_refuses_a_list() {
    let text = format!(
        "{TRAIN}\n[stages.rank]\nkind = 'evaluate'\nweights = '${{stages.train.weights}}'\ndataset = 'test.h5'\n"
    );
    let text = format!(
        "{text}[stages.on]\nkind = 'train'\ntrain = 'train.h5'\ninit = '${{stages.train.weights}}'\nepochs = 1\nlr = 0.1\nmodel = {{ stages = [1], filters = [8, 8] }}\n"
    );
    let errors = parse(&text, &[]).unwrap_err().to_string();
    assert!(!errors.contains("evaluate"), "the weights of an evaluation may be a list: {errors}");
    assert!(errors.contains("`init` of a stage of kind `train` is one file, not a list"), "{errors}");
    assert!(errors.contains("give this stage the same one"), "{errors}");
}

#[test]
fn collecting_over_one_cell_still_makes_a_list() {
    let pipeline = pipeline(
        r#"
        [stages.a]
        kind = "command"
        run = "make ${outputs.x} ${matrix.k}"
        outputs = { x = "x" }
        matrix = { k = [1] }

        [stages.b]
        kind = "command"
        run = "cat ${stages.a.x} ${stages.a@k=1.x}"
        "#,
    );
    let b = stage(&pipeline, "b");
    let only = output("a@k=1", "x");
    assert_eq!(input(b, "run.1"), ([only.clone()].as_slice(), true));
    assert_eq!(input(b, "run.2"), ([only].as_slice(), false));
}

#[test]
fn after_follows_the_matching_cells() {
    let text = |matrix: &str| {
        format!(
            "[stages.a]\nkind = 'command'\nrun = 'x ${{matrix.k}} ${{matrix.l}}'\nmatrix = {{ k = [1, 2], l = [3, 4] }}\n\
             [stages.b]\nkind = 'command'\nrun = 'y'\nafter = ['a']\nmatrix = {matrix}"
        )
    };
    let pipeline = pipeline(&text("{ k = [2] }"));
    assert_eq!(stage(&pipeline, "b@k=2").after, ["a@k=2,l=3", "a@k=2,l=4"]);
}

#[test]
fn values_that_look_alike_get_names_of_their_own() {
    let pipeline = pipeline(
        r#"
        [stages.a]
        kind = "command"
        run = "x ${matrix.k}"
        matrix = { k = [1, 1.0, "1", "../a b/c", "../a/b c"] }
        "#,
    );
    assert_eq!(names(&pipeline), ["a@k=1", "a@k=1.0", "a@k=1~2", "a@k=..-a-b-c", "a@k=..-a-b-c~2"]);
}

#[test]
fn numbers_match_by_value_and_type() {
    let text = "[stages.a]\nkind = 'command'\nrun = 'x ${matrix.k}'\noutputs = { o = 'o' }\nmatrix = { k = [1] }\n\
                [stages.b]\nkind = 'command'\nrun = 'cat ${stages.a.o}'\nmatrix = { k = [1.0] }";
    assert_eq!(support::messages(text), ["stage `a` has no cell with k=1.0"]);
}
