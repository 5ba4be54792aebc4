use crate::project::{FILE, Project};

/// What a shell is offered for the last of `words`.
fn offered(project: &Project, words: &[&str]) -> Vec<String> {
    let last = (words.len() - 1).to_string();
    let mut command = project.command(&[&["--"], words].concat());
    command.env("COMPLETE", "bash").env("_CLAP_IFS", "\n").env("_CLAP_COMPLETE_INDEX", last);
    let output = command.output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn shells_learn_commands_stages_and_parameters() {
    let project = Project::new();
    assert!(offered(&project, &["pipeline", "com"]).contains(&"compare".to_owned()));
    assert_eq!(offered(&project, &["pipeline", "explain", FILE, "sc"]), ["score"]);
    assert_eq!(offered(&project, &["pipeline", "run", FILE, "--stage", ""]), ["words", "score"]);
    assert_eq!(offered(&project, &["pipeline", "run", FILE, "--set", "l"]), ["lr="]);
}

#[test]
fn every_shell_has_a_set_up() {
    let project = Project::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(project.succeed(&["completions", shell]).contains("COMPLETE"), "{shell}");
    }
}
