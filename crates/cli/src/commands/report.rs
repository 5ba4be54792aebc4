use crate::{
    amounts::show_bytes, browser, comparison::ComparisonArgs, exit::Exit, failure::Failure, output, project,
};
use clap::{Args, ValueHint};
use report::Document;
use scheduler::runs;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is on a page.
#[derive(Debug, Args)]
pub struct PageArgs {
    #[command(flatten)]
    pub comparison: ComparisonArgs,
    /// Open it in a browser
    #[arg(long)]
    pub open: bool,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    page: PageArgs,
    /// The folder for `report.html`; `results` of the project by default
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,
}

/// Writes the page and says where it is.
pub fn report(args: &ReportArgs, json: bool) -> Result<Exit, Failure> {
    let (root, store) = project::here()?;
    let options = args.page.comparison.options()?;
    let document = Document::new(&root, &store, &runs::list(&store), &options, false)?;
    let page = report::page(document.project(), &document)
        .map_err(|error| Failure::machine(format!("cannot write the page: {error}"), Vec::new()))?;
    let folder = args.out.clone().unwrap_or_else(|| root.join("results"));
    let path = folder.join("report.html");
    write(&path, &page)?;
    let runs = document.run_count();
    if json {
        output::line(&json!({ "file": path, "runs": runs, "bytes": page.len() }).to_string())?;
    } else {
        output::line(&output::near(&path).display().to_string())?;
        output::say(&format!("{runs} runs, {}", show_bytes(page.len() as u64)));
    }
    if args.page.open {
        browser::open(&path.display().to_string());
    }
    Ok(Exit::Done)
}

/// A page that is open in a browser is never half there when it is loaded again.
fn write(path: &Path, page: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| Failure::io("create", folder, &error))?;
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = fs::write(&temporary, page).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| Failure::io("write", path, &error))
}
