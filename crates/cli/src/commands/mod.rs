//! One file a command.

pub mod check;
pub mod compare;
pub mod completions;
pub mod doctor;
pub mod explain;
pub mod export;
pub mod gc;
pub mod graph;
pub mod import;
pub mod inspect;
pub mod logs;
pub mod plan;
pub mod predict;
pub mod report;
pub mod run;
pub mod runs;
pub mod schema;
pub mod serve;
pub mod show;
pub mod show_diff;
pub mod verify;

use crate::{
    args::{Cli, Command},
    exit::Exit,
    failure::Failure,
};

/// Does what the command line asks for.
pub fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    let json = cli.json;
    match cli.command {
        Command::Run(args) => run::run(args, json),
        Command::Plan(args) => plan::plan(args, json),
        Command::Explain(args) => explain::explain(&args, json),
        Command::Graph(args) => graph::graph(&args, json),
        Command::Check(args) => check::check(&args, json),
        Command::Compare(args) => compare::compare(&args, json),
        Command::Report(args) => report::report(&args, json),
        Command::Serve(args) => serve::serve(&args, json),
        Command::Runs(args) => runs::runs(&args, json),
        Command::Export(args) => export::export(&args),
        Command::Show(args) => show::show(&args, json),
        Command::Logs(args) => logs::logs(&args, json),
        Command::Predict(args) => predict::predict(args, json),
        Command::Inspect(args) => inspect::inspect(args, json),
        Command::Verify => verify::verify(json),
        Command::Gc(args) => gc::gc(&args, json),
        Command::Import(args) => import::import(&args, json),
        Command::Schema => schema::schema(),
        Command::Doctor => doctor::doctor(json),
        Command::Completions(args) => completions::completions(&args),
    }
}
