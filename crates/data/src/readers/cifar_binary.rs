use super::cifar::{Batch, CifarFiles, IMAGE_BYTES};

/// CIFAR-10 in its binary version: records of a label and an image.
pub(crate) const FILES: CifarFiles = CifarFiles {
    train: [
        "data_batch_1.bin",
        "data_batch_2.bin",
        "data_batch_3.bin",
        "data_batch_4.bin",
        "data_batch_5.bin",
    ],
    test: "test_batch.bin",
    class_names: "batches.meta.txt",
    read_batch,
    read_class_names,
};

fn read_batch(content: &[u8]) -> Result<Batch, String> {
    let records = content.chunks_exact(1 + IMAGE_BYTES);
    if !records.remainder().is_empty() {
        let bytes = content.len();
        return Err(format!("is truncated: its {bytes} bytes are no multiple of {}", 1 + IMAGE_BYTES));
    }
    let labels = records.clone().map(|record| usize::from(record[0])).collect();
    let images = records.flat_map(|record| &record[1..]).copied().collect();
    Ok(Batch { labels, images })
}

fn read_class_names(content: &[u8]) -> Result<Vec<String>, String> {
    let text = std::str::from_utf8(content).map_err(|_| "is not UTF-8 text".to_owned())?;
    let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}
