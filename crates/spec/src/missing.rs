use crate::{
    Kind,
    declared::Declared,
    diagnostics::Diagnostic,
    error::SpecError,
    node::Node,
    source::{Sources, Span},
};
use std::path::{Path, PathBuf};

/// The errors about sources that do not exist, in the order of the file.
pub(crate) fn errors(missing: Vec<(PathBuf, Span, &Declared<'_>)>, sources: &Sources) -> Vec<SpecError> {
    let mut missing = missing;
    missing.sort_by_key(|(_, span, _)| *span);
    missing.into_iter().map(|(path, span, stage)| error(&path, span, stage).locate(sources)).collect()
}

fn error(path: &Path, span: Span, stage: &Declared<'_>) -> Diagnostic {
    let shown = path.display().to_string();
    let what = format!("stage `{}` reads `{shown}`, which does not exist", stage.name());
    let mut diagnostic = if stage.kind == Some(Kind::Dataset) {
        let mut diagnostic = Diagnostic::new(span, format!("{what}: {}", how_to_get(&shown, stage)));
        if let Some(param) = stage.table.get("source").and_then(Node::as_str).and_then(only_param) {
            diagnostic.hint(format!("`--set {param}=PATH` names another folder"));
        }
        diagnostic
    } else {
        Diagnostic::new(span, what)
    };
    if shown.starts_with('~') {
        diagnostic.hint("`~` is not expanded here: write the whole path");
    }
    diagnostic
}

/// The parameter that a text consists of.
fn only_param(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${params.")?.strip_suffix('}')?;
    (!name.contains('}')).then_some(name)
}

/// What to do in order to have a dataset.
fn how_to_get(path: &str, stage: &Declared<'_>) -> String {
    let format = stage.table.get("format").and_then(Node::as_str).unwrap_or_default();
    match format {
        "tiny-imagenet" => format!(
            "unpack http://cs231n.stanford.edu/tiny-imagenet-200.zip so that `{path}` holds `train`, `val` and `words.txt`"
        ),
        "cifar10-binary" => format!(
            "unpack https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz so that `{path}` holds `data_batch_1.bin`"
        ),
        "cifar10-python" => format!(
            "unpack https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz so that `{path}` holds `data_batch_1`"
        ),
        "idx" if path.contains("fashion") => format!(
            "on Debian and Ubuntu `apt-get install dataset-fashion-mnist` puts it into /usr/share/datasets/fashion-mnist, \
             elsewhere put the four `-ubyte.gz` files of https://github.com/zalandoresearch/fashion-mnist into `{path}`"
        ),
        "idx" => format!(
            "put pairs of files `…-images-idx3-ubyte` and `…-labels-idx1-ubyte`, gzipped or not, into `{path}`"
        ),
        "image-folder" => format!("put one folder of images a class into `{path}`"),
        _ => "put the data there".to_owned(),
    }
}
