//! A DVC project through `import` and then `run`: what its scripts open by literal paths works, and an edit runs what
//! DVC would run.

use crate::project;
use testkit::Project;

const DVC: &str = "\
stages:
  prepare:
    cmd: sh src/prepare.sh data/raw.csv
    deps:
      - data/raw.csv
      - src/prepare.sh
    params:
      - prepare.rows
    outs:
      - data/prepared
  featurize:
    cmd: awk -f src/featurize.awk data/prepared/train.csv > data/features.csv
    deps:
      - data/prepared
      - src/featurize.awk
    outs:
      - data/features.csv
  train:
    cmd: sh src/train.sh
    deps:
      - data/features.csv
      - src/train.sh
    params:
      - train.lr
      - train.name
    outs:
      - model.txt
  evaluate:
    cmd: sh src/evaluate.sh model.txt
    deps:
      - model.txt
      - src/evaluate.sh
    metrics:
      - eval/metrics.json:
          cache: false
";

const PARAMS: &str = "\
prepare:
  rows: 3
train:
  lr: 0.5
  name: small one
unused: 1
";

/// The scripts open their outputs, and `params.yaml`, by paths of their own.
fn dvc_project() -> Project {
    let project = project();
    project
        .file("dvc.yaml", DVC)
        .file("params.yaml", PARAMS)
        .file("data/raw.csv", "1\n2\n3\n4\n")
        .file("src/common.sh", "value() { sed -n \"s/^  $1: *\\(!!float \\)*//p\" params.yaml | tr -d \"'\"; }\n")
        .file(
            "src/prepare.sh",
            ". src/common.sh\nmkdir -p data/prepared\nhead -n \"$(value rows)\" \"$1\" > data/prepared/train.csv\n",
        )
        .file("src/featurize.awk", "{ sum += $1 } END { print sum }\n")
        .file("src/train.sh", ". src/common.sh\necho \"$(value name) $(value lr) $(cat data/features.csv)\" > model.txt\n")
        .file(
            "src/evaluate.sh",
            "mkdir -p eval\nawk '{ printf \"{\\\"score\\\": %s}\", $NF * $(NF - 1) }' \"$1\" > eval/metrics.json\n",
        );
    project
}

fn imported() -> Project {
    let project = dvc_project();
    project.pipeline_with(&["import", "dvc.yaml", "--name", "p"]).ok();
    project
}

#[test]
fn an_imported_project_runs_and_is_then_fresh() {
    let project = imported();
    assert_eq!(project.run(&[]).ok().executed(), ["evaluate", "featurize", "prepare", "train"]);
    assert_eq!(project.read("results/p/train/model.txt"), "small one 0.5 6\n");
    assert_eq!(project.read("results/p/evaluate/eval/metrics.json"), "{\"score\": 3}");
    assert!(!project.path("model.txt").exists(), "the project itself is left alone");
    assert!(!project.path("data/features.csv").exists());
    assert_eq!(project.run(&[]).ok().executed(), [""; 0]);
}

#[test]
fn an_edit_runs_what_dvc_would_run() {
    let cases: &[(&str, &str, &str, &[&str])] = &[
        ("pipelines/p.toml", "lr   = 0.5", "lr   = 0.25", &["evaluate", "train"]),
        ("pipelines/p.toml", "rows = 3", "rows = 2", &["evaluate", "featurize", "prepare", "train"]),
        // Beyond the rows that are used, so that the same bytes come out.
        ("data/raw.csv", "4", "5", &["prepare"]),
        ("src/featurize.awk", "print sum", "print sum + 1", &["evaluate", "featurize", "train"]),
        ("src/evaluate.sh", "mkdir -p", "mkdir  -p", &["evaluate"]),
        ("params.yaml", "unused: 1", "unused: 2", &[]),
    ];
    for (file, from, to, expected) in cases {
        let project = imported();
        project.run(&[]).ok();
        project.edit(file, from, to);
        assert_eq!(project.run(&[]).ok().executed(), *expected, "{file}: {from} → {to}");
    }
    let project = imported();
    project.run(&[]).ok();
    let set = ["--set", "train.lr=0.000001"];
    assert_eq!(project.run(&set).ok().executed(), ["evaluate", "train"]);
    assert_eq!(project.read("results/p/train/model.txt"), "small one 1e-6 6\n");
}

#[test]
fn outputs_that_dvc_left_behind_are_never_read() {
    let project = dvc_project();
    project
        .file("model.txt", "stale 9 9")
        .file("data/features.csv", "99")
        .file("data/prepared/train.csv", "99");
    let told = project.pipeline_with(&["import", "dvc.yaml", "--name", "p"]).ok().stderr;
    assert!(told.contains("`model.txt`") && told.contains("left in the project"), "{told}");
    project.run(&[]).ok();
    assert_eq!(project.read("results/p/train/model.txt"), "small one 0.5 6\n");
    assert_eq!(project.read("model.txt"), "stale 9 9", "the project itself is left alone");
}

#[test]
fn a_parameter_that_is_not_declared_is_not_there() {
    let project = dvc_project();
    project
        .edit("dvc.yaml", "      - train.name\n", "")
        .pipeline_with(&["import", "dvc.yaml", "--name", "p"])
        .ok();
    project.run(&[]).ok();
    assert_eq!(project.read("results/p/train/model.txt"), " 0.5 6\n");
}

#[test]
fn a_group_runs_cell_by_cell() {
    let project = project();
    project
        .file(
            "dvc.yaml",
            "stages:\n  make:\n    foreach: [a, b]\n    do:\n      cmd: sh make.sh ${item}\n      deps: [make.sh]\n      \
             outs: [\"out/${item}.txt\"]\n  join:\n    cmd: cat out/a.txt out/b.txt > all.txt\n    deps: [out]\n    outs: [all.txt]\n",
        )
        .file("make.sh", "echo made $1 > out/$1.txt\n");
    project.pipeline_with(&["import", "dvc.yaml", "--name", "p"]).ok();
    assert_eq!(project.run(&[]).ok().executed(), ["join", "make@item=a", "make@item=b"]);
    assert_eq!(project.read("results/p/join/all.txt"), "made a\nmade b\n");
}

#[test]
fn a_working_directory_and_its_neighbours() {
    let project = project();
    project
        .file(
            "dvc.yaml",
            "stages:\n  one:\n    wdir: sub\n    cmd: sh one.sh\n    deps: [one.sh, ../data/in.txt]\n    params:\n      - \
             conf/p.json: [depth]\n    outs: [../data/out.txt]\n  two:\n    wdir: sub\n    cmd: cp ../data/out.txt two.txt\n    deps: \
             [../data/out.txt]\n    outs: [two.txt]\n",
        )
        .file("sub/one.sh", "cat ../data/in.txt conf/p.json > ../data/out.txt\n")
        .file("sub/conf/p.json", "{\"depth\": 3, \"other\": 4}")
        .file("data/in.txt", "in\n");
    project.pipeline_with(&["import", "dvc.yaml", "--name", "p"]).ok();
    project.run(&[]).ok();
    assert_eq!(project.read("results/p/two/sub/two.txt"), "in\n{\n  \"depth\": 3\n}\n");
}

#[test]
fn a_file_that_is_there_is_replaced_only_by_force() {
    let project = imported();
    let again = project.pipeline_with(&["import", "dvc.yaml", "--name", "p"]).expect_code(2);
    assert!(again.stderr.contains("--force"), "{}", again.stderr);
    project.pipeline("# mine");
    project.pipeline_with(&["import", "dvc.yaml", "--name", "p", "--force"]).ok();
    assert!(project.read("pipelines/p.toml").contains("[stages.train]"));
    project.pipeline_with(&["import", "dvc.yaml"]).ok();
    assert!(project.path("pipelines/project.toml").exists(), "named by the folder");
    project.pipeline_with(&["import", "dvc.yaml", "--out", "here.toml"]).ok();
    assert_eq!(
        project.read("here.toml"),
        project.pipeline_with(&["import", "dvc.yaml", "--out", "-"]).ok().stdout
    );
}

#[test]
fn programs_get_notes_and_errors_as_json() {
    let project = dvc_project();
    project.edit("dvc.yaml", "    outs:\n      - model.txt", "    meta: 1\n    outs:\n      - model.txt");
    let imported = project.pipeline_with(&["import", "dvc.yaml", "--name", "p", "--json"]).ok();
    assert_eq!(
        (imported.json()["file"].as_str(), imported.json()["stages"].as_u64()),
        (Some("pipelines/p.toml"), Some(4))
    );
    let notes = imported.json()["notes"].as_array().unwrap().clone();
    let is_meta = |note: &serde_json::Value| note["message"].as_str().unwrap().contains("`meta`");
    assert_eq!(notes.iter().find(|note| is_meta(note)).unwrap()["line"], 26, "{}", imported.stdout);
    project.edit("dvc.yaml", "- train.lr", "- train.rate");
    let failed = project.pipeline_with(&["import", "dvc.yaml", "--out", "-", "--json"]).expect_code(2);
    assert_eq!(
        (&failed.json()["error"]["file"], &failed.json()["error"]["line"]),
        (&"dvc.yaml".into(), &24.into())
    );
}
