use super::cifar::{Batch, CifarFiles, IMAGE_BYTES};
use crate::pickle;

/// CIFAR-10 in its Python version: pickled dicts with `data` and `labels`.
pub(crate) const FILES: CifarFiles = CifarFiles {
    train: ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"],
    test: "test_batch",
    class_names: "batches.meta",
    read_batch,
    read_class_names,
};

fn read_batch(content: &[u8]) -> Result<Batch, String> {
    let mut pickle = pickle::load(content)?;
    let labels = pickle.entry("labels")?;
    let labels = pickle.integers(labels).map_err(|reason| format!("`labels` {reason}"))?;
    let labels = labels.into_iter().map(usize::try_from).collect::<Result<_, _>>();
    let labels = labels.map_err(|_| "`labels` holds a negative number".to_owned())?;
    let data = pickle.entry("data")?;
    let (_, columns, images) = pickle.take_byte_matrix(data).map_err(|reason| format!("`data` {reason}"))?;
    if columns != IMAGE_BYTES {
        return Err(format!("`data` has rows of {columns} bytes, not {IMAGE_BYTES}"));
    }
    Ok(Batch { labels, images })
}

fn read_class_names(content: &[u8]) -> Result<Vec<String>, String> {
    let pickle = pickle::load(content)?;
    let names = pickle.entry("label_names")?;
    pickle.texts(names).map_err(|reason| format!("`label_names` {reason}"))
}
