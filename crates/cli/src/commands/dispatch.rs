use super::{
    check, compare, completions, doctor, explain, export, gc, graph, import, inspect, logs, plan, predict,
    report, run, runs, schema, serve, show, verify,
};
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
