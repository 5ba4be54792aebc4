use crate::{exit::Exit, failure::Failure, output, style::Style};
use clap::{Args, ValueHint};
use import::{Imported, Note};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The `dvc.yaml`
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The pipeline's name, which is that of its file in `pipelines/`; that of the folder without it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Write to this file instead; `-` for stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "name")]
    out: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long)]
    force: bool,
}

/// Writes a `dvc.yaml` as a pipeline file, and says what could not be carried over.
pub fn import(args: &ImportArgs, json: bool) -> Result<Exit, Failure> {
    let to_stdout = args.out.as_deref() == Some(Path::new("-"));
    let (target, root) = target(args, to_stdout)?;
    if !to_stdout && !args.force && target.exists() {
        let message = format!("`{}` exists already", output::near(&target).display());
        return Err(Failure::usage(message, vec!["`--force` replaces it".to_owned()]));
    }
    let imported = import::import(&args.file, &target, &root).map_err(|errors| Failure::in_file(&errors))?;
    if !to_stdout {
        write(&target, &imported.text)?;
    }
    report(&imported, if to_stdout { None } else { Some(&target) }, json)?;
    Ok(Exit::Done)
}

/// The file to write and the project that it belongs to.
fn target(args: &ImportArgs, to_stdout: bool) -> Result<(PathBuf, PathBuf), Failure> {
    let absolute = |path: &Path| std::path::absolute(path).map_err(|error| Failure::io("find", path, &error));
    if let (Some(out), false) = (&args.out, to_stdout) {
        let out = absolute(out)?;
        let root = spec::find_root(&out);
        return Ok((out, root));
    }
    let dvc_file = absolute(&args.file)?;
    let root = spec::find_root(&dvc_file);
    let folder = dvc_file.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let name = args.name.clone().or(folder).unwrap_or_else(|| "dvc".to_owned());
    if name.contains(['/', '\\']) || name.starts_with('.') {
        let hint = "`--out FILE` names a file anywhere in the project".to_owned();
        return Err(Failure::usage(format!("`{name}` cannot be the name of a pipeline"), vec![hint]));
    }
    Ok((root.join("pipelines").join(format!("{name}.toml")), root))
}

fn write(target: &Path, text: &str) -> Result<(), Failure> {
    let folder = target.parent().unwrap_or(target);
    fs::create_dir_all(folder).map_err(|error| Failure::io("create", folder, &error))?;
    fs::write(target, text).map_err(|error| Failure::io("write", target, &error))
}

fn report(imported: &Imported, target: Option<&Path>, json: bool) -> Result<(), Failure> {
    let Imported { text, stages, notes } = imported;
    let target = target.map(|target| output::near(target).display().to_string());
    if json {
        let notes: Vec<_> = notes.iter().map(note_json).collect();
        let text = target.is_none().then_some(text);
        let document = json!({ "file": target, "stages": stages, "notes": notes, "text": text });
        output::line(&document.to_string())?;
        return Ok(());
    }
    if target.is_none() {
        output::write(text)?;
    }
    let style = Style::of_stderr();
    for note in notes {
        output::say(&note_text(note, style));
    }
    if let Some(target) = target {
        let count = if *stages == 1 { "1 stage".to_owned() } else { format!("{stages} stages") };
        output::say(&format!("{target}: {count}; see what it would do with `pipeline plan {target}`"));
    }
    Ok(())
}

fn note_text(note: &Note, style: Style) -> String {
    let Note { message, file, line, hint } = note;
    let hint = hint.iter().map(|hint| format!("\n{} {hint}", style.notice("hint:"))).collect::<String>();
    format!("{} {file}:{line}: {message}{hint}", style.notice("note:"))
}

fn note_json(note: &Note) -> serde_json::Value {
    let Note { message, file, line, hint } = note;
    json!({ "message": message, "file": file, "line": line, "hints": hint.iter().collect::<Vec<_>>() })
}
