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
fn shells_learn_what_only_the_history_knows() {
    let project = Project::new();
    let unknown = offered(&project, &["pipeline", "logs", "latest", ""]);
    assert!(unknown.iter().all(|word| word.starts_with("--")), "{unknown:?}");
    project.succeed(&["run", FILE]);
    project.succeed(&["run", FILE, "--set", "lr=0.2"]);
    let runs = project.pipeline(&["runs", "--json"]).json();
    let id = runs["runs"][0]["run"].as_str().unwrap();
    let cases: [(&[&str], &[&str]); 12] = [
        (&["logs", "latest", ""], &["words", "score"]),
        (&["logs", id, "sc"], &["score"]),
        (&["compare", "--sort", "score.l"], &["score.lr"]),
        (&["compare", "--sort", "-score.a"], &["-score.accuracy"]),
        (&["compare", "--filter", "score.l"], &["score.lr"]),
        (&["compare", "--columns", "kind,score.l"], &["kind,score.lr"]),
        (&["compare", "--drop", "score.a"], &["score.accuracy"]),
        (&["compare", "--baseline", "p"], &["published"]),
        (&["compare", "--baseline", "w"], &["words"]),
        (&["compare", "--fold", ""], &["score.lr"]),
        (&["show", "--diff", "latest", &id[..id.len() - 1]], &[id]),
        (&["run", FILE, "--device", "c"], &["cpu", "cuda"]),
    ];
    for (words, expected) in cases {
        let mut found = offered(&project, &[&["pipeline"], words].concat());
        found.retain(|word| !word.starts_with("cuda:") && !word.starts_with("--"));
        assert_eq!(found, expected, "{words:?}");
    }
    let fields = offered(&project, &["pipeline", "run", FILE, "--set", "stages.score.r"]);
    assert!(fields.contains(&"stages.score.retries=".to_owned()), "{fields:?}");
    assert_eq!(offered(&project, &["pipeline", "run", FILE, "--set", "st"]), ["stages."]);
}

#[test]
fn every_shell_has_a_set_up() {
    let project = Project::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(project.succeed(&["completions", shell]).contains("COMPLETE"), "{shell}");
    }
}
