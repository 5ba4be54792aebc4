use crate::execute::JobInput;
use serde_json::Value;
use spec::{CommandLine, Piece, Resources, Stage};
use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

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
            _ => vec![word.iter().map(|piece| self.text(piece)).collect::<String>().into()],
        }
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
    folder: &std::path::Path,
) -> std::io::Result<BTreeMap<String, Vec<PathBuf>>> {
    let mut paths = BTreeMap::new();
    for input in inputs {
        let mut linked = Vec::with_capacity(input.sources.len());
        for (position, source) in input.sources.iter().enumerate() {
            linked.push(match &source.file {
                None => source.as_written.clone(),
                Some(file) => {
                    let is_list = input.sources.len() > 1;
                    let folder = if is_list {
                        folder.join(&input.name).join(position.to_string())
                    } else {
                        folder.join(&input.name)
                    };
                    std::fs::create_dir_all(&folder)?;
                    let link = folder.join(file.rsplit('/').next().unwrap_or(file));
                    std::os::unix::fs::symlink(&source.path, &link)?;
                    link
                }
            });
        }
        paths.insert(input.name.clone(), linked);
    }
    Ok(paths)
}
