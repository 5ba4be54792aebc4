use crate::{commands, examples, failure::Failure, overrides};
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::engine::ArgValueCompleter;
use std::path::PathBuf;

const CONVENTIONS: &str = "\
Exit codes: 0 done; 1 a stage failed; 2 the command line or the pipeline file is wrong; 3 the machine lacks \
something; 130 interrupted.

With --json an error is {\"error\":{message,file,line,column,hints},\"errors\":[…]}: the first, and all.";

/// Runs deep-learning experiments written as pipeline files: only what is stale, each result filed so that
/// experiments can be compared.
#[derive(Debug, Parser)]
#[command(name = "pipeline", version, max_term_width = 100, after_help = CONVENTIONS)]
#[command(disable_help_subcommand = true)]
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
    #[command(after_help = examples::RUN)]
    Run(commands::run::RunArgs),
    /// Say what a run would do, and why
    #[command(after_help = examples::PLAN)]
    Plan(RequestArgs),
    /// Say why stages are fresh, stale or pending
    #[command(after_help = examples::EXPLAIN)]
    Explain(commands::explain::ExplainArgs),
    /// Show the stages and what they need
    #[command(after_help = examples::GRAPH)]
    Graph(commands::graph::GraphArgs),
    /// Check pipeline files without running anything
    #[command(after_help = examples::CHECK)]
    Check(commands::check::CheckArgs),
    /// Put experiments side by side
    #[command(after_help = examples::COMPARE)]
    Compare(commands::compare::CompareArgs),
    /// Write one page with the comparison, learning curves and all that is known of the runs
    #[command(after_help = examples::REPORT)]
    Report(commands::report::ReportArgs),
    /// Show the same page in a browser, following runs at work
    #[command(after_help = examples::SERVE)]
    Serve(commands::serve::ServeArgs),
    /// List the runs, keep or remove some
    #[command(after_help = examples::RUNS)]
    Runs(commands::runs::RunsArgs),
    /// Print runs and their metrics as JSON, one object a line
    #[command(after_help = examples::EXPORT)]
    Export(commands::export::ExportArgs),
    /// Show one run: who, when, with what, and how it went; or how two differ
    #[command(after_help = examples::SHOW)]
    Show(commands::show::ShowArgs),
    /// Print what a stage printed in a run
    #[command(after_help = examples::LOGS)]
    Logs(commands::logs::LogsArgs),
    /// Say what a trained network sees in images
    #[command(after_help = examples::PREDICT)]
    Predict(commands::predict::PredictArgs),
    /// Describe weights layer by layer, or a dataset class by class
    #[command(after_help = examples::INSPECT)]
    Inspect(commands::inspect::InspectArgs),
    /// Read all objects, records and checkpoints in the store, and say what is damaged or missing
    Verify,
    /// Remove what neither the newest run of each pipeline, nor kept runs, nor running stages need
    #[command(after_help = examples::GC)]
    Gc(commands::gc::GcArgs),
    /// Write a DVC project's dvc.yaml as a pipeline file
    #[command(after_help = examples::IMPORT)]
    Import(commands::import::ImportArgs),
    /// Print the JSON Schema of pipeline files, for editors
    #[command(after_help = examples::SCHEMA)]
    Schema,
    /// Say what this machine has and lacks
    Doctor,
    /// Print the set-up of completions for a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions(commands::completions::CompletionsArgs),
}

/// What to run, or to plan.
#[derive(Debug, Args)]
pub struct RequestArgs {
    /// The pipeline files, run one after the other
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub overrides: OverrideArgs,
    #[command(flatten)]
    pub sample: SampleArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// At most so many stages at once
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub jobs: Option<u32>,
    /// After a failure, go on with whatever does not depend on it
    #[arg(long, short)]
    pub keep_going: bool,
    /// Where to compute: auto, cpu, cuda or cuda:N
    #[arg(
        long,
        value_name = "DEVICE",
        default_value = "auto",
        add = ArgValueCompleter::new(commands::completions::devices),
    )]
    pub device: String,
}

impl RequestArgs {
    /// With the files in their place: `--force` takes the word after it for a stage, and a pipeline file there
    /// was not meant as one.
    ///
    /// # Errors
    /// If no file is named.
    pub fn untangled(mut self) -> Result<Self, Failure> {
        for forced in &mut self.selection.force {
            if forced.ends_with(".toml") {
                self.files.push(PathBuf::from(std::mem::take(forced)));
            }
        }
        if self.files.is_empty() {
            let hint = "name one or more, as in `pipeline run FILE…`; by convention they are in `pipelines/`";
            return Err(Failure::usage("no pipeline file is named", vec![hint.to_owned()]));
        }
        Ok(self)
    }
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
    /// Set a parameter, or a field as `stages.STAGE.FIELD=VALUE`; may be repeated. `run`, `plan` and `check` take
    /// several values too, `lr=0.1,0.05` or `seed=1..3`, and make an experiment of each combination
    #[arg(
        long = "set",
        value_name = "NAME=VALUE",
        value_parser = overrides::parse,
        add = ArgValueCompleter::new(commands::completions::parameters),
    )]
    pub set: Vec<(String, String)>,
}

/// How many experiments to draw from what `--set` names.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// Draw so many combinations at random from the values of `--set` and from ranges, as in
    /// `lr=log(1e-3,1e-1)`, `lr=uniform(0.01,0.1)`, `size=int(8,64)`
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub sample: Option<u32>,
    /// The seed of the draws: the same one draws the same, and with a larger N the same and more
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub sample_seed: u64,
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
