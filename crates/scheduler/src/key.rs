use serde::{Deserialize, Serialize};
use serde_json::Value;
use spec::{CommandLine, Kind, Piece, Stage};
use std::collections::BTreeMap;
use store::Digest;

/// Everything that decides what a stage yields, and nothing else. Its digest is the stage's key; it is
/// stored beside the result, so that a stale stage is explained by comparing two of these.
///
/// In it: the kind and the version of its behaviour, resolved parameters, a command's arguments with their
/// references unexpanded, declared environment variables, each input's name and content digest, the outputs'
/// names and files. Never in it: times, absolute paths, names of stages and pipelines, device, threads,
/// resources, retries, timeouts, `checkpoint_every`, descriptions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyDocument {
    /// The layout of this document.
    pub format: u32,
    /// What the stage does.
    pub kind: Kind,
    /// [`Kind::version`].
    pub kind_version: u32,
    /// Parameters by name.
    pub params: BTreeMap<String, Value>,
    /// A command's arguments after splitting, references unexpanded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Whether the command is a script for `sh -c`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shell: bool,
    /// Declared environment variables that are set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// A digest by input name, or a list of them.
    pub inputs: BTreeMap<String, Value>,
    /// The file by output name.
    pub outputs: BTreeMap<String, String>,
}

const FORMAT: u32 = 1;

impl KeyDocument {
    /// The document of a stage whose inputs have these digests, one list an input in the stage's order.
    pub fn new(stage: &Stage, input_digests: &[Vec<Digest>]) -> Self {
        let inputs = stage.inputs.iter().zip(input_digests).map(|(input, digests)| {
            let mut digests = digests.iter().map(|digest| Value::String(digest.to_string()));
            let value = match (input.is_list, digests.len()) {
                (false, 1) => digests.next().unwrap_or_default(),
                _ => Value::Array(digests.collect()),
            };
            (input.name.clone(), value)
        });
        Self {
            format: FORMAT,
            kind: stage.kind,
            kind_version: stage.kind.version(),
            params: stage.params.clone(),
            command: stage.command.as_ref().map(unexpanded),
            shell: stage.command.as_ref().is_some_and(|command| command.shell),
            env: stage
                .env
                .iter()
                .filter_map(|name| Some((name.clone(), std::env::var(name).ok()?)))
                .collect(),
            inputs: inputs.collect(),
            outputs: stage.outputs.iter().map(|output| (output.name.clone(), output.file.clone())).collect(),
        }
    }

    /// The stage's key.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.canonical())
    }

    /// As JSON, for the store.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The fields are in a fixed order and every map in them is sorted, so the same content has the same bytes.
    fn canonical(&self) -> Vec<u8> {
        let sorted = Self {
            params: self.params.iter().map(|(k, v)| (k.clone(), sorted(v))).collect(),
            ..self.clone()
        };
        serde_json::to_vec(&sorted).unwrap_or_default()
    }
}

/// The value with the keys of all its objects sorted, whatever map type serde_json was built with.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let by_key: BTreeMap<&String, Value> =
                map.iter().map(|(key, value)| (key, sorted(value))).collect();
            by_key.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn unexpanded(command: &CommandLine) -> Vec<String> {
    command.argv.iter().map(|word| word.iter().map(piece_text).collect()).collect()
}

/// A dollar in plain text is doubled, so that no text can look like a reference.
fn piece_text(piece: &Piece) -> String {
    match piece {
        Piece::Text(text) => text.replace('$', "$$"),
        Piece::Param(name) => format!("${{params.{name}}}"),
        Piece::Matrix(name) => format!("${{matrix.{name}}}"),
        Piece::Input(name) => format!("${{inputs.{name}}}"),
        Piece::Output(name) => format!("${{outputs.{name}}}"),
        Piece::Resource(name) => format!("${{resources.{name}}}"),
    }
}
