//! The commands and their exit codes, and `command` stages.

use crate::{chain, project};

#[test]
fn metrics_of_a_command_reach_the_table() {
    let project = project();
    project.pipeline(
        r#"
        [params]
        score = 0.25
        [stages.measure]
        kind = "command"
        run = "sh -c 'echo {\"score\": $1, \"nested\": {\"n\": 3}} > $2' - ${params.score} ${outputs.metrics}"
        outputs = { metrics = "metrics.json" }
        [metrics]
        "measure.score" = { goal = "max", label = "score" }
        "#,
    );
    project.edit(
        "pipelines/p.toml",
        r#"echo {\"score\": $1, \"nested\": {\"n\": 3}}"#,
        r#"printf \"{\\\"score\\\": %s}\" $1"#,
    );
    project.run(&[]).ok();
    project.run(&["--set", "score=0.75"]).ok();
    let table = project.pipeline_with(&["compare", "--format", "json"]).ok().json();
    assert_eq!(table["rows"].as_array().unwrap().len(), 2, "{table}");
    let text = table.to_string();
    assert!(text.contains("0.25") && text.contains("0.75"), "{text}");
    assert!(project.read("results/table.csv").contains("0.75"));
}

#[test]
fn metrics_that_are_not_numbers_fail_the_stage() {
    let project = project();
    project.pipeline(
        r#"
        [stages.measure]
        kind = "command"
        run = "sh -c 'echo [1] > $1' - ${outputs.metrics}"
        outputs = { metrics = "metrics.json" }
        "#,
    );
    assert!(project.run(&[]).expect_code(1).stdout.contains("is not a JSON object"));
    project.edit("pipelines/p.toml", "echo [1]", r#"echo {\"loss\": NaN}"#);
    project.edit("pipelines/p.toml", r#"{\"loss\""#, r#"{\\\"loss\\\""#);
    let failed = project.pipeline_with(&["run", "pipelines/p.toml"]).expect_code(1).stderr;
    assert!(failed.contains("`metrics` holds NaN") && failed.contains("json.dump"), "{failed}");
}

#[test]
fn a_folder_can_be_an_output_and_an_input() {
    let project = project();
    project.file("in/a.txt", "a").file("in/deep/b.txt", "b").pipeline(
        r#"
        [stages.pack]
        kind = "command"
        run = "cp -r ${inputs.folder} ${outputs.folder}"
        inputs = { folder = "in" }
        outputs = { folder = "out" }
        [stages.list]
        kind = "command"
        run = "sh -c 'cd $1/ && find . -type f | sort > $2' - ${inputs.folder} ${outputs.list}"
        inputs = { folder = "${stages.pack.folder}" }
        outputs = { list = "list.txt" }
        "#,
    );
    project.run(&[]).ok();
    assert_eq!(project.read("results/p/list/list.txt"), "./a.txt\n./deep/b.txt\n");
    assert_eq!(project.read("results/p/pack/out/deep/b.txt"), "b");
    project.file("in/deep/b.txt", "B");
    assert_eq!(project.run(&[]).ok().executed(), ["list", "pack"]);
    assert_eq!(project.read("results/p/pack/out/deep/b.txt"), "B");
}

#[test]
fn a_command_that_is_not_there_is_named() {
    let project = project();
    project
        .pipeline("[stages.s]\nkind = \"command\"\nrun = \"no-such-program-here\"\noutputs = { o = \"o\" }");
    let run = project.run(&[]).expect_code(1);
    assert!(run.stdout.contains("no-such-program-here"), "{}", run.stdout);
}

#[test]
fn a_stage_on_demand_runs_only_for_another_one_or_by_name() {
    let project = project();
    project.file("mine.txt", "mine");
    project.pipeline(
        r#"
        [params]
        data = "${stages.get.data}"
        [stages.get]
        kind = "command"
        run = "sh -c 'echo got > $1' - ${outputs.data}"
        outputs = { data = "data.txt" }
        on_demand = true
        [stages.use]
        kind = "command"
        run = "cp ${inputs.data} ${outputs.copy}"
        inputs = { data = "${params.data}" }
        outputs = { copy = "copy.txt" }
        "#,
    );
    let mine = ["--set", "data=mine.txt"];
    let plan = project.pipeline_with(&["plan", "pipelines/p.toml", "--json", mine[0], mine[1]]).ok().json();
    assert_eq!(plan["stages"].as_array().unwrap().len(), 1, "{plan}");
    assert_eq!(project.run(&mine).ok().executed(), ["use"]);
    assert_eq!(project.read("results/p/use/copy.txt"), "mine");
    assert!(!project.path("results/p/get").exists());
    assert_eq!(project.run(&["--stage", "get", mine[0], mine[1]]).ok().executed(), ["get"]);
    assert_eq!(project.run(&[]).ok().executed(), ["use"]);
    assert_eq!(project.read("results/p/use/copy.txt"), "got\n");
}

#[test]
fn a_change_of_an_included_file_is_a_change() {
    let project = project();
    let stage = "[params]\nword = 'one'\n[stages.s]\nkind = 'command'\nrun = 'echo ${params.word}'";
    project.file("pipelines/common/base.toml", stage);
    project.pipeline("include = 'pipelines/common/base.toml'");
    assert_eq!(project.run(&[]).ok().executed(), ["s"]);
    assert!(project.run(&[]).ok().executed().is_empty());
    project.edit("pipelines/common/base.toml", "one", "two");
    assert_eq!(project.run(&[]).ok().executed(), ["s"]);
}

#[test]
fn a_broken_file_shows_where() {
    let project = chain();
    project.edit("pipelines/p.toml", "${stages.first.copy}", "${stages.frist.copy}");
    let ran = project.pipeline_with(&["run", "pipelines/p.toml"]).expect_code(2);
    assert!(
        ran.stderr.contains("p.toml:15:") && ran.stderr.contains("first") && ran.stderr.contains('^'),
        "{}",
        ran.stderr
    );
    let error = project.run(&[]).expect_code(2).json();
    assert_eq!(error["error"]["line"], 15, "{error}");
}

#[test]
fn a_missing_source_is_refused_by_run_and_planned_all_the_same() {
    let project = chain();
    std::fs::remove_file(project.path("other.txt")).unwrap();
    let refused = project.pipeline_with(&["run", "pipelines/p.toml"]).expect_code(2);
    assert!(refused.stderr.contains("other.txt"), "{}", refused.stderr);
    project.pipeline_with(&["plan", "pipelines/p.toml"]).ok();
}

#[test]
fn a_matrix_runs_each_cell_once_and_is_collected() {
    let project = project();
    project.pipeline(
        r#"
        [stages.draw]
        kind    = "command"
        matrix  = { size = [1, 2], seed = [7, 8] }
        run     = "sh -c 'echo $1-$2 > $3' - ${matrix.size} ${matrix.seed} ${outputs.o}"
        outputs = { o = "o.txt" }
        [stages.double]
        kind    = "command"
        matrix  = { size = [1, 2], seed = [7, 8] }
        run     = "sh -c 'cat $1 $1 > $2' - ${inputs.i} ${outputs.o}"
        inputs  = { i = "${stages.draw.o}" }
        outputs = { o = "o.txt" }
        [stages.all]
        kind    = "command"
        run     = "sh -c 'out=$1; shift; cat $@ > $out' - ${outputs.o} ${inputs.parts}"
        inputs  = { parts = "${stages.double.o}" }
        outputs = { o = "o.txt" }
        "#,
    );
    assert_eq!(project.run(&[]).ok().executed().len(), 9);
    let all = project.read("results/p/all/o.txt");
    let mut parts: Vec<&str> = all.lines().collect();
    assert!(parts.chunks(2).all(|pair| pair[0] == pair[1]), "each cell takes its own: {all}");
    parts.dedup();
    parts.sort_unstable();
    assert_eq!(parts, ["1-7", "1-8", "2-7", "2-8"]);
    project.edit("pipelines/p.toml", "seed = [7, 8]", "seed = [7, 9]");
    assert_eq!(project.run(&[]).ok().executed().len(), 5, "the cells of seed 7 stay");
}

#[test]
fn only_the_selected_stage_and_what_it_needs_run() {
    let project = chain();
    assert_eq!(project.run(&["--stage", "second"]).ok().executed(), ["first", "second"]);
    assert_eq!(project.run(&[]).ok().executed(), ["apart", "third"]);
}

#[test]
fn the_runner_links_neither_libtorch_nor_hdf5() {
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--package", "cli", "--edges", "normal", "--prefix", "none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("scheduler v"));
    for forbidden in ["tch v", "torch-sys v", "hdf5-metno v", "train v", "data v"] {
        assert!(!tree.lines().any(|line| line.starts_with(forbidden)), "pipeline depends on {forbidden}");
    }
}
