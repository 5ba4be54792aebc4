//! From a checked pipeline to results: the stages as a graph, their keys, the plan of what is stale, its
//! execution as processes within the machine's resources, and the records of runs.
//!
//! What a pipeline file means is in `spec`, what lies on disk below `.pipeline/` in `store`, what a built-in
//! kind does in the worker. Nothing here prints; whoever calls [`run()`] hears of everything as events.

mod assess;
mod command_line;
mod dispatch;
mod error;
mod execute;
mod failure;
mod follow;
mod graph;
mod job_inputs;
pub mod kept;
mod key;
mod latest;
mod machine;
mod message;
mod metrics;
mod paths;
mod places;
mod plan;
mod pool;
mod process;
mod programs;
mod provenance;
mod ready;
mod reasons;
mod recorder;
pub mod records;
mod run;
pub mod runs;
mod settled;
mod shared_keys;
mod shell_quote;
mod signals;
mod sources_seen;
mod stage_end;
mod together;
mod work;

pub use error::SchedulerError;
pub use graph::{Edge, StageGraph};
pub use key::KeyDocument;
pub use latest::Latest;
pub use machine::Machine;
pub use paths::results_folder;
pub use plan::{Force, Plan, PlanOptions, PlannedStage, Verdict, check_resources, plan};
pub use programs::worker_path;
pub use run::{RunOptions, RunSummary, run};
pub use settled::{Question, Settled};
pub use together::run_together;
