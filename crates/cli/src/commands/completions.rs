use crate::{args::Cli, exit::Exit, failure::Failure, output, project};
use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::{CompleteEnv, CompletionCandidate, env::Shells};
use scheduler::runs;
use spec::Pipeline;
use std::{collections::BTreeSet, env, ffi::OsStr, path::Path};

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: ShellName,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShellName {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

/// The variable by which a shell's set-up asks for candidates.
const VARIABLE: &str = "COMPLETE";

/// Answers a shell that asks for candidates, and ends; returns at once if none does.
pub fn answer_shell() {
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
}

/// Prints what a shell has to run so that it asks this program for candidates.
pub fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let name = args.shell.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let shells = Shells::builtins();
    let shell = shells.completer(&name).ok_or_else(|| Failure::usage("unknown shell", Vec::new()))?;
    let mut script = Vec::new();
    let written = shell.write_registration(VARIABLE, "pipeline", "pipeline", "pipeline", &mut script);
    written.and_then(|()| output::write_bytes(&script))?;
    Ok(Exit::Done)
}

/// Stages of the pipeline file on the command line.
pub fn stages(current: &OsStr) -> Vec<CompletionCandidate> {
    let pipelines = mentioned_pipelines();
    let names = pipelines.iter().flat_map(|pipeline| &pipeline.stages).flat_map(|stage| {
        let base = (stage.base != stage.name).then(|| stage.base.clone());
        base.into_iter().chain([stage.name.clone()])
    });
    candidates(names, current)
}

/// Parameters of the pipeline file on the command line, as `NAME=`.
pub fn parameters(current: &OsStr) -> Vec<CompletionCandidate> {
    let pipelines = mentioned_pipelines();
    candidates(
        pipelines.iter().flat_map(|pipeline| pipeline.params.keys()).map(|name| format!("{name}=")),
        current,
    )
}

/// Ids of the project's runs.
pub fn run_ids(current: &OsStr) -> Vec<CompletionCandidate> {
    let records = project::here().map(|(_, store)| runs::list(&store)).unwrap_or_default();
    candidates(records.into_iter().map(|run| run.id).chain(["latest".to_owned()]), current)
}

/// Names of pipelines that have been run.
pub fn pipelines(current: &OsStr) -> Vec<CompletionCandidate> {
    let records = project::here().map(|(_, store)| runs::list(&store)).unwrap_or_default();
    candidates(records.into_iter().map(|run| run.pipeline), current)
}

/// Names of pipelines that have been run, and ids of their runs.
pub fn pipelines_and_runs(current: &OsStr) -> Vec<CompletionCandidate> {
    let records = project::here().map(|(_, store)| runs::list(&store)).unwrap_or_default();
    candidates(records.into_iter().flat_map(|run| [run.pipeline, run.id]), current)
}

fn mentioned_pipelines() -> Vec<Pipeline> {
    let words = env::args().filter(|word| word.ends_with(".toml"));
    words.filter_map(|word| spec::load(Path::new(&word), &[]).ok()).collect()
}

fn candidates(names: impl Iterator<Item = String>, current: &OsStr) -> Vec<CompletionCandidate> {
    let begun = current.to_string_lossy();
    let mut seen = BTreeSet::new();
    let fitting = names.filter(|name| name.starts_with(&*begun) && seen.insert(name.clone()));
    fitting.map(CompletionCandidate::new).collect()
}
