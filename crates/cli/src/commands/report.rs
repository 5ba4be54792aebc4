use super::completions::pipelines_and_runs;
use crate::{amounts::show_bytes, browser, exit::Exit, failure::Failure, output, project};
use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCompleter;
use report::Document;
use results::CompareOptions;
use scheduler::runs;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What a page compares.
#[derive(Debug, Args)]
pub struct PageArgs {
    /// Pipelines (by name or file), runs (by id or the beginning of it), or patterns of either; all pipelines
    /// if none is named
    #[arg(value_name = "PIPELINE|RUN|GLOB", add = ArgValueCompleter::new(pipelines_and_runs))]
    selectors: Vec<String>,
    /// Every finished run instead of the newest of each experiment
    #[arg(long)]
    all_runs: bool,
    /// Rows that differ in nothing but this setting become one, with mean ± standard deviation; may be repeated
    #[arg(long, value_name = "SETTING")]
    fold: Vec<String>,
    /// The row that others are held against: a pipeline, a run, a reference or a condition
    #[arg(long, value_name = "ROW")]
    baseline: Option<String>,
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

impl PageArgs {
    pub fn options(&self) -> CompareOptions {
        CompareOptions {
            selectors: self.selectors.clone(),
            all_runs: self.all_runs,
            fold: self.fold.clone(),
            baseline: self.baseline.clone(),
            ..CompareOptions::default()
        }
    }
}

/// Writes the page and says where it is.
pub fn report(args: &ReportArgs, json: bool) -> Result<Exit, Failure> {
    let (root, store) = project::here()?;
    let document = Document::new(&root, &store, &runs::list(&store), &args.page.options(), false)?;
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
