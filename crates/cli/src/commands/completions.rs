use crate::{args::Cli, exit::Exit, failure::Failure, output, project};
use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::{CompleteEnv, CompletionCandidate, env::Shells};
use proto::RunRecord;
use results::{ColumnRole, CompareOptions};
use scheduler::{Machine, runs};
use spec::{Kind, Pipeline, Stage};
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

/// Parameters of the pipeline file on the command line, as `NAME=`, and fields, as `stages.STAGE.FIELD=`.
pub fn parameters(current: &OsStr) -> Vec<CompletionCandidate> {
    const FIELDS: &str = "stages.";
    let pipelines = mentioned_pipelines();
    if current.to_string_lossy().starts_with(FIELDS) {
        let fields = |stage: &Stage| -> Vec<String> {
            let own = stage.params.keys().map(String::as_str).filter(|_| stage.kind != Kind::Command);
            let fields = own.chain(COMMON_FIELDS).map(|field| format!("{FIELDS}{}.{field}=", stage.base));
            fields.collect()
        };
        return candidates(pipelines.iter().flat_map(|pipeline| &pipeline.stages).flat_map(fields), current);
    }
    let params = pipelines.iter().flat_map(|pipeline| pipeline.params.keys()).map(|name| format!("{name}="));
    candidates(params.chain([FIELDS.to_owned()]), current)
}

/// Fields of every stage that are often set for one run.
const COMMON_FIELDS: [&str; 7] =
    ["cache", "frozen", "resources.cpus", "resources.gpus", "resources.memory", "retries", "timeout"];

/// What `--device` takes on this machine.
pub fn devices(current: &OsStr) -> Vec<CompletionCandidate> {
    let gpus = (0..Machine::detect().gpus.len()).map(|number| format!("cuda:{number}"));
    candidates(["auto", "cpu", "cuda"].map(str::to_owned).into_iter().chain(gpus), current)
}

/// Stages of the run on the command line.
pub fn stages_of_run(current: &OsStr) -> Vec<CompletionCandidate> {
    let Ok((_, store)) = project::here() else { return Vec::new() };
    let run =
        env::args().skip_while(|word| word != "logs").skip(1).find_map(|word| runs::load(&store, &word).ok());
    let Some(run) = run else { return Vec::new() };
    let ended = run.stages.into_iter().map(|stage| stage.name);
    candidates(run.graph.into_iter().map(|node| node.name).chain(ended), current)
}

/// Columns of the comparison.
pub fn columns(current: &OsStr) -> Vec<CompletionCandidate> {
    candidates(column_names(|_| true).into_iter(), current)
}

/// Columns to sort by, either way round.
pub fn sort_columns(current: &OsStr) -> Vec<CompletionCandidate> {
    let is_reversed = current.to_string_lossy().starts_with('-');
    let sign = if is_reversed { "-" } else { "" };
    candidates(column_names(|_| true).into_iter().map(|name| format!("{sign}{name}")), current)
}

/// Columns of the comparison that hold what was set.
pub fn settings(current: &OsStr) -> Vec<CompletionCandidate> {
    candidates(column_names(|role| role == ColumnRole::Setting).into_iter(), current)
}

/// What names a row of the comparison: pipelines, runs, and references of any of them.
pub fn rows(current: &OsStr) -> Vec<CompletionCandidate> {
    let references =
        |run: &RunRecord| run.references.iter().map(|known| known.name.clone()).collect::<Vec<_>>();
    let names = records().into_iter().flat_map(|run| [references(&run), vec![run.pipeline, run.id]].concat());
    candidates(names, current)
}

fn column_names(is_wanted: impl Fn(ColumnRole) -> bool) -> Vec<String> {
    let table = results::compare(&records(), &CompareOptions::default());
    let columns = table.map(|table| table.columns).unwrap_or_default();
    columns.into_iter().filter(|column| is_wanted(column.role)).map(|column| column.name).collect()
}

fn records() -> Vec<RunRecord> {
    project::here().map(|(_, store)| runs::list(&store)).unwrap_or_default()
}

/// Ids of the project's runs.
pub fn run_ids(current: &OsStr) -> Vec<CompletionCandidate> {
    candidates(records().into_iter().map(|run| run.id).chain(["latest".to_owned()]), current)
}

/// Names of pipelines that have been run.
pub fn pipelines(current: &OsStr) -> Vec<CompletionCandidate> {
    candidates(records().into_iter().map(|run| run.pipeline), current)
}

/// Names of pipelines that have been run, and ids of their runs.
pub fn pipelines_and_runs(current: &OsStr) -> Vec<CompletionCandidate> {
    candidates(records().into_iter().flat_map(|run| [run.pipeline, run.id]), current)
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
