use crate::{
    Kind,
    declared::Declared,
    diagnostics::Diagnostic,
    error::SpecError,
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
    let what = match stage.kind {
        Some(Kind::Dataset) => "the data of stage",
        _ => "an input of stage",
    };
    let mut diagnostic =
        Diagnostic::new(span, format!("`{shown}`, {what} `{}`, does not exist", stage.name()));
    if stage.kind == Some(Kind::Dataset) {
        diagnostic.hint(how_to_get(&shown, stage));
    }
    if shown.starts_with('~') {
        diagnostic.hint("`~` is not expanded here: write the whole path");
    }
    diagnostic
}

/// One sentence that says how to get a dataset.
fn how_to_get(path: &str, stage: &Declared<'_>) -> String {
    let format = stage.table.get("format").and_then(|node| node.as_str()).unwrap_or_default();
    match format {
        "tiny-imagenet" => format!(
            "download http://cs231n.stanford.edu/tiny-imagenet-200.zip and unpack it so that `{path}/train` and `{path}/val` exist"
        ),
        "cifar10-binary" => format!(
            "download https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz and unpack it so that `{path}/data_batch_1.bin` exists"
        ),
        "cifar10-python" => format!(
            "download https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz and unpack it so that `{path}/data_batch_1` exists"
        ),
        "idx" if path.contains("fashion") => format!(
            "on Debian `apt-get install dataset-fashion-mnist` puts it into /usr/share/datasets/fashion-mnist; elsewhere put the four `…-ubyte.gz` files of https://github.com/zalandoresearch/fashion-mnist into `{path}`"
        ),
        "idx" => format!(
            "put the files `…-images-idx3-ubyte` and `…-labels-idx1-ubyte`, gzipped or not, into `{path}`"
        ),
        _ => format!("put the images into `{path}`, or set another path by `--set`"),
    }
}
