use crate::{
    execute::{JobInput, JobSource},
    shell_quote::Quote,
};
use serde_json::Value;
use spec::{CommandLine, Piece, Resources, Stage};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// What the references in a command's arguments stand for.
pub(crate) struct Expansion<'a> {
    pub stage: &'a Stage,
    /// Paths by input name.
    pub inputs: &'a BTreeMap<String, Vec<PathBuf>>,
    /// Paths by output name.
    pub outputs: &'a BTreeMap<String, PathBuf>,
    /// What the stage was given.
    pub cpus: u32,
    pub gpus: &'a [String],
}

impl Expansion<'_> {
    /// The arguments to start a command with.
    pub fn argv(&self, command: &CommandLine) -> Vec<OsString> {
        let shell = if command.shell { ["sh", "-c"].as_slice() } else { &[] };
        let words = command.argv.iter().flat_map(|word| self.words(word, command.shell));
        shell.iter().map(OsString::from).chain(words).collect()
    }

    /// An argument that is nothing but a list of inputs becomes one argument a path.
    fn words(&self, word: &[Piece], shell: bool) -> Vec<OsString> {
        match word {
            [Piece::Input(name)] if !shell => {
                self.inputs.get(name).into_iter().flatten().map(OsString::from).collect()
            }
            _ if shell => vec![self.script(word).into()],
            _ => vec![word.iter().map(|piece| self.text(piece)).collect::<String>().into()],
        }
    }

    /// A script for a shell, which must not take paths apart. What a parameter holds is part of the script as it is.
    fn script(&self, pieces: &[Piece]) -> String {
        let (mut script, mut quote) = (String::new(), Quote::Outside);
        for piece in pieces {
            let paths: Vec<&PathBuf> = match piece {
                Piece::Input(name) => self.inputs.get(name).into_iter().flatten().collect(),
                Piece::Output(name) => self.outputs.get(name).into_iter().collect(),
                _ => {
                    let text = self.text(piece);
                    quote = quote.after(&text);
                    script += &text;
                    continue;
                }
            };
            let paths: Vec<_> = paths.into_iter().map(|path| quote.path(&path.to_string_lossy())).collect();
            script += &paths.join(" ");
        }
        script
    }

    fn text(&self, piece: &Piece) -> String {
        match piece {
            Piece::Text(text) => text.clone(),
            Piece::Param(name) => self.param(name),
            Piece::Matrix(name) => self.param(&format!("matrix.{name}")),
            Piece::Input(name) => {
                let paths = self.inputs.get(name).map(Vec::as_slice).unwrap_or_default();
                paths.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>().join(" ")
            }
            Piece::Output(name) => {
                self.outputs.get(name).map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()
            }
            Piece::Resource(name) => self.resource(name),
        }
    }

    fn param(&self, name: &str) -> String {
        match self.stage.params.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        }
    }

    fn resource(&self, name: &str) -> String {
        let Resources { memory, .. } = self.stage.resources;
        match name {
            "cpus" => self.cpus.to_string(),
            "gpus" => self.gpus.join(","),
            "memory" => memory.unwrap_or(0).to_string(),
            _ => String::new(),
        }
    }
}

/// Puts a link with a telling name and extension in the stage directory for each input that lies in the
/// store, where names are digests: many programs choose a reader by the extension.
pub(crate) fn link_inputs(
    inputs: &[JobInput],
    folder: &Path,
) -> std::io::Result<BTreeMap<String, Vec<PathBuf>>> {
    let place = |source: &JobSource| match &source.file {
        None => Ok(source.as_written.clone()),
        Some(file) => link_beside(&source.path, folder, file.rsplit('/').next().unwrap_or(file)),
    };
    let place_all = |input: &JobInput| {
        let paths = input.sources.iter().map(place).collect::<std::io::Result<Vec<_>>>()?;
        Ok((input.name.clone(), paths))
    };
    inputs.iter().map(place_all).collect()
}

/// Links to `target` by the name `file` in `folder`, or in a folder beside it if that name is taken: one
/// folder suffices for most stages, and folders are what takes time to make and to remove.
fn link_beside(target: &Path, folder: &Path, file: &str) -> std::io::Result<PathBuf> {
    let mut parent = folder.to_owned();
    let mut number = 1;
    loop {
        std::fs::create_dir_all(&parent)?;
        let link = parent.join(file);
        match std::os::unix::fs::symlink(target, &link) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                number += 1;
                parent = folder.with_file_name(format!("inputs-{number}"));
            }
            linked => return linked.map(|()| link),
        }
    }
}
