use crate::{error::SpecError, kinds::Kind};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// A whole pipeline file, checked and resolved: no reference or parameter is left open.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// The file's stem.
    pub name: String,
    /// What tells it from the other experiments of a sweep: `lr=0.1,seed=1`. `None` for one that is run alone.
    pub variant: Option<String>,
    /// The project root, absolute.
    pub root: PathBuf,
    /// The pipeline file, relative to the root where it lies below it.
    pub file: PathBuf,
    /// The texts that it was read from, by file: that file's own and those that it includes.
    pub texts: Vec<(PathBuf, String)>,
    /// What the author says about it.
    pub description: Option<String>,
    /// The parameters in force, overrides applied.
    pub params: IndexMap<String, Value>,
    /// What `--set` changed, by parameter name.
    pub overrides: BTreeMap<String, Value>,
    /// The stages in the file's order, matrix cells in the order of their grid.
    pub stages: Vec<Stage>,
    /// What comparisons show.
    pub metrics: Vec<MetricSpec>,
    /// Published values, shown beside ours.
    pub references: Vec<Reference>,
    /// Files and folders that stages read and that do not exist, with advice how to get them. A plan can be
    /// made without them; running cannot.
    pub missing_sources: Vec<SpecError>,
}

impl Pipeline {
    /// Whether it measures something, so that there is something to compare.
    pub fn measures(&self) -> bool {
        !self.metrics.is_empty() || self.stages.iter().any(|stage| stage.kind == Kind::Evaluate)
    }

    /// The name that its results lie under: the pipeline's, and in a sweep `digits@lr=0.1,seed=1`.
    pub fn experiment(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{}@{variant}", self.name),
            None => self.name.clone(),
        }
    }
}

/// One stage, or one cell of a stage with a matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// `train`, or `train@lr=0.1,seed=1` for a matrix cell. Unique in the pipeline.
    pub name: String,
    /// The name in the file: `train`.
    pub base: String,
    /// The cell's values by matrix key; empty without a matrix.
    pub cell: IndexMap<String, Value>,
    /// What the stage does.
    pub kind: Kind,
    /// What the author says about it.
    pub description: Option<String>,
    /// Parameters that are part of the key: the kind's typed parameters with defaults filled in, or for a
    /// command the parameters and matrix values that its `run` refers to, by name.
    pub params: BTreeMap<String, Value>,
    /// Parameters that the worker gets and the key does not, such as `checkpoint_every`.
    pub hints: BTreeMap<String, Value>,
    /// What a command runs; `None` for the other kinds.
    pub command: Option<CommandLine>,
    /// Inputs, sorted by name.
    pub inputs: Vec<Input>,
    /// Outputs, sorted by name.
    pub outputs: Vec<Output>,
    /// Full names of stages that must have ended before, without being inputs.
    pub after: Vec<String>,
    /// What it needs of the machine.
    pub resources: Resources,
    /// How often a failed stage is tried again.
    pub retries: u32,
    /// After how long it is ended.
    pub timeout: Option<Duration>,
    /// Stages with the same name here never run at the same time.
    pub mutex: Option<String>,
    /// Whether results may come from the cache; `false`: always run.
    pub cache: bool,
    /// Whether the last result is kept even if the stage is stale.
    pub frozen: bool,
    /// Whether it runs only if another stage needs it, or it is named.
    pub on_demand: bool,
    /// Environment variables whose values count as inputs.
    pub env: Vec<String>,
}

/// A named input of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The name that is part of the key.
    pub name: String,
    /// Where it comes from; several for a list, such as all cells of a matrix.
    pub sources: Vec<Source>,
    /// Whether it was written as a list or collects over a matrix: then the key holds a list even of one.
    pub is_list: bool,
}

/// Where an input's content comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A file or folder outside the pipeline, relative to the project root where it lies below it.
    Path(PathBuf),
    /// An output of another stage, both by name (the stage's full one).
    Output {
        /// The stage's full name.
        stage: String,
        /// The output's name.
        output: String,
        /// The path inside the output that is meant, if that is a folder: `${stages.get.path}/images` has
        /// `images` here. `None`: all of it.
        inside: Option<String>,
    },
}

/// A named output of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The name that references use.
    pub name: String,
    /// Its relative path inside the stage's results folder; never absolute, never with `..`.
    pub file: String,
    /// Whether the stage fails without it.
    pub required: bool,
}

/// What a command runs, split but with its references still open: paths are known only when it runs, and
/// must not be part of the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The arguments, program first; with `shell`, one word that is the script.
    pub argv: Vec<Word>,
    /// Whether the one word goes to `sh -c`.
    pub shell: bool,
}

/// One argument: pieces to be joined. Its text, `${…}` unexpanded, is what counts in the key.
pub type Word = Vec<Piece>;

/// A piece of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// The value of a parameter: `${params.NAME}`. The value itself is in [`Stage::params`].
    Param(String),
    /// The value of a matrix key: `${matrix.NAME}`. Found in [`Stage::params`] as `matrix.NAME`.
    Matrix(String),
    /// The path (or paths, separated by spaces) of an input: `${inputs.NAME}`, or of `${stages.S.O}`, which
    /// makes an input named `run.1`, `run.2`, … in the order of appearance.
    Input(String),
    /// The path to write an output to: `${outputs.NAME}`.
    Output(String),
    /// `${resources.cpus}`, `${resources.gpus}` or `${resources.memory}`. Not in the key.
    Resource(String),
}

/// What a stage needs of the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Processors; `None`: 1, or all of them for kinds that use all.
    pub cpus: Option<u32>,
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// Whole GPUs.
    pub gpus: u32,
}

/// Which direction of a metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// Higher is better.
    #[default]
    Max,
    /// Lower is better.
    Min,
}

/// A metric that comparisons show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricSpec {
    /// `STAGE.KEY`, as in `rank.rank1`.
    pub name: String,
    /// Which direction is better.
    #[serde(default)]
    pub goal: Goal,
    /// The column's heading; the name without one.
    #[serde(default)]
    pub label: Option<String>,
    /// Shown times 100 with a percent sign.
    #[serde(default)]
    pub percent: bool,
}

/// Values that somebody else published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// The row's heading.
    pub name: String,
    /// Values by metric name.
    pub metrics: BTreeMap<String, f64>,
}
