use crate::{commands, overrides};
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::engine::ArgValueCompleter;
use std::path::PathBuf;

/// Runs deep-learning experiments written as pipeline files: only what is stale, each result filed so that
/// experiments can be compared.
#[derive(Debug, Parser)]
#[command(name = "pipeline", version, propagate_version = false, disable_help_subcommand = true)]
pub struct Cli {
    /// Print JSON on stdout, errors included
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run what is stale
    Run(commands::run::RunArgs),
    /// Say what a run would do, and why
    Plan(commands::plan::PlanArgs),
    /// Say why stages are fresh, stale or pending
    Explain(commands::explain::ExplainArgs),
    /// Show the stages and what they need
    Graph(commands::graph::GraphArgs),
    /// Check pipeline files without running anything
    Check(commands::check::CheckArgs),
    /// Put experiments side by side
    Compare(commands::compare::CompareArgs),
    /// List the runs
    Runs(commands::runs::RunsArgs),
    /// Show one run: who, when, with what, and how it went
    Show(commands::show::ShowArgs),
    /// Print what a stage printed in a run
    Logs(commands::logs::LogsArgs),
    /// Say what this machine has and lacks
    Doctor,
    /// Print the set-up of completions for a shell
    Completions(commands::completions::CompletionsArgs),
}

/// A pipeline file and what to change in it.
#[derive(Debug, Args)]
pub struct PipelineArgs {
    /// The pipeline file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    #[command(flatten)]
    pub overrides: OverrideArgs,
}

/// What to change in a pipeline file.
#[derive(Debug, Args)]
pub struct OverrideArgs {
    /// Set a parameter, or a field as `stages.STAGE.FIELD=VALUE`; may be repeated
    #[arg(
        long = "set",
        value_name = "NAME=VALUE",
        value_parser = overrides::parse,
        add = ArgValueCompleter::new(commands::completions::parameters),
    )]
    pub set: Vec<(String, String)>,
}

/// Which stages, and which of them in any case.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// Only this stage and what it needs; all cells of its matrix if named without them; may be repeated
    #[arg(
        long = "stage",
        short = 's',
        value_name = "STAGE",
        add = ArgValueCompleter::new(commands::completions::stages),
    )]
    pub stages: Vec<String>,
    /// Run this stage though it is fresh, or without a name all that are selected; may be repeated
    #[arg(
        long,
        value_name = "STAGE",
        num_args = 0..=1,
        default_missing_value = "",
        add = ArgValueCompleter::new(commands::completions::stages),
    )]
    pub force: Vec<String>,
}
