use crate::project::{FILE, Project};
use std::{fs, os::unix::fs::PermissionsExt, process::Command};

#[test]
fn the_page_is_written_and_its_place_told() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    let told = project.pipeline(&["report"]);
    assert_eq!((told.code, told.stdout.as_str()), (0, "results/report.html\n"));
    assert!(told.stderr.starts_with("1 runs, "), "{}", told.stderr);
    let page = fs::read_to_string(project.path().join("results/report.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("score.accuracy"));

    let json = project.pipeline(&["report", "words", "--out", "a/b", "--json"]).json();
    assert_eq!((&json["file"], &json["runs"]), (&"a/b/report.html".into(), &1.into()));
    assert_eq!(fs::metadata(project.path().join("a/b/report.html")).unwrap().len(), json["bytes"]);
    let left: Vec<_> = fs::read_dir(project.path().join("a/b")).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file stays behind");
}

#[test]
fn an_unknown_pipeline_is_an_error_for_both() {
    let project = Project::new();
    project.succeed(&["run", FILE]);
    for command in [&["report", "nothing"][..], &["serve", "nothing", "--port", "0"]] {
        let outcome = project.pipeline(command);
        assert_eq!(outcome.code, 2, "{command:?}");
        assert!(outcome.stderr.contains("no finished run matches `nothing`"), "{}", outcome.stderr);
    }
    assert!(!project.path().join("results/report.html").exists());
}

#[test]
fn both_take_what_compare_takes() {
    let project = Project::new();
    project.succeed(&["run", FILE, "--set", "lr=0.1,0.2,0.3"]);
    let asked =
        ["--seeds", "fold", "--filter", "accuracy > 15 %", "--sort=-accuracy", "--columns=lr,accuracy"];
    let arguments =
        [&["report", "--json", "--drop=lr", "--all-runs", "--baseline", "published"][..], &asked].concat();
    assert_eq!(project.pipeline(&arguments).json()["runs"], 2);
    let page = fs::read_to_string(project.path().join("results/report.html")).unwrap();
    let data = page.split_once("type=\"application/json\">").unwrap().1.split_once("</script>").unwrap().0;
    let table = serde_json::from_str::<serde_json::Value>(data).unwrap()["table"].take();
    let texts: Vec<&str> = table["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["cells"][1]["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["20.00 % [−70.00]", "30.00 % [−60.00]", "90.00 %"]);

    for command in [&["report"][..], &["serve", "--port", "0"], &["compare"]] {
        let outcome = project.pipeline(&[command, &["--filter", "acuracy > 1"]].concat());
        assert_eq!(outcome.code, 2, "{command:?}");
        assert!(outcome.stderr.contains("did you mean `accuracy`?"), "{}", outcome.stderr);
    }
    let none = project.succeed(&["compare", "--filter", "accuracy > 99 %"]);
    assert_eq!(none, "no experiment meets the conditions; without them there are 3\n");
}

#[test]
fn a_browser_is_opened_with_the_page() {
    let project = Project::new();
    let told = project.path().join("told");
    assert!(Command::new("mkfifo").arg(&told).status().unwrap().success());
    project.write("programs/xdg-open", &format!("#!/bin/sh\necho \"$1\" > {}\n", told.display()));
    let browser = project.path().join("programs/xdg-open");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", browser.parent().unwrap().display(), std::env::var("PATH").unwrap());
    assert!(project.command(&["report", "--open"]).env("PATH", path).status().unwrap().success());
    let page = project.path().canonicalize().unwrap().join("results/report.html");
    assert_eq!(fs::read_to_string(&told).unwrap().trim(), page.display().to_string());
}
