use super::report::PageArgs;
use crate::{browser, exit::Exit, failure::Failure, output, project};
use clap::Args;
use report::Server;
use scheduler::runs;
use serde_json::json;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    page: PageArgs,
    /// The port on this machine; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8765)]
    port: u16,
}

/// Serves until it is told to stop, which is how it is meant to end.
pub fn serve(args: &ServeArgs, json: bool) -> Result<Exit, Failure> {
    let (root, store) = project::here()?;
    let options = args.page.comparison.options()?;
    // A mistake on the command line is told now, not in the browser.
    results::compare(&runs::list(&store), &options)?;
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|error| Failure::machine(format!("cannot listen for signals: {error}"), Vec::new()))?;
    let port = report::serve(Server { root, store, options }, args.port).map_err(|error| {
        let hint = "name another with `--port`, or 0 for any that is free".to_owned();
        Failure::machine(format!("cannot listen on port {}: {error}", args.port), vec![hint])
    })?;
    let address = format!("http://127.0.0.1:{port}/");
    if json {
        output::line(&json!({ "address": address }).to_string())?;
    } else {
        output::line(&address)?;
        output::say("Ctrl-C ends it");
    }
    if args.page.open {
        browser::open(&address);
    }
    signals.forever().next();
    Ok(Exit::Done)
}
