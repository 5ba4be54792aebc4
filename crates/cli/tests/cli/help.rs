use crate::project::Project;
use insta::assert_snapshot;

#[test]
fn help_fits_the_line_and_names_every_command() {
    let project = Project::new();
    let help = project.command(&["--help"]).env("COLUMNS", "80").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert_snapshot!("help", help);
}

#[test]
fn help_of_every_command() {
    let project = Project::new();
    for command in [
        "run",
        "plan",
        "explain",
        "graph",
        "check",
        "compare",
        "report",
        "serve",
        "runs",
        "show",
        "logs",
        "import",
        "predict",
        "inspect",
        "doctor",
        "completions",
    ] {
        let outcome = project.pipeline(&[command, "-h"]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{command}");
        assert!(outcome.stdout.contains(&format!("Usage: pipeline {command}")), "{}", outcome.stdout);
        assert_snapshot!(format!("help_{command}"), outcome.stdout);
    }
}

#[test]
fn the_version_is_one_line() {
    assert_eq!(Project::new().succeed(&["--version"]), concat!("pipeline ", env!("CARGO_PKG_VERSION"), "\n"));
}
