use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the images and labels of a dataset's `source` are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DatasetFormat {
    /// `train/<wnid>/images/*.JPEG`, `val/images` with `val/val_annotations.txt`, `words.txt`.
    TinyImagenet,
    /// One sub-folder a class; with `train/`, `val/` and `test/` folders above them, or without.
    ImageFolder,
    /// `data_batch_*.bin` and `test_batch.bin`: records of 1 + 3072 bytes.
    Cifar10Binary,
    /// `data_batch_*` and `test_batch`: Python pickles.
    Cifar10Python,
    /// `*images-idx3-ubyte` and `*labels-idx1-ubyte`, gzip or not; `train-` and `t10k-` pairs, or one pair.
    Idx,
}

/// Parameters of a `dataset` stage. Its input is `source`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetParams {
    /// The layout of `source`.
    pub format: DatasetFormat,
    /// Height and width of the stored images in pixels; others are resized. Left out: as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_size: Option<u32>,
    /// Training images of each class that are held out as the test split.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub test_per_class: u32,
    /// Training images of each class that are held out as the validation split.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub val_per_class: u32,
    /// Share of the training images that is held out as the test split, stratified by class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_fraction: Option<f64>,
    /// Share of the training images that is held out as the validation split, stratified by class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub val_fraction: Option<f64>,
    /// Seed of the held-out draws.
    #[serde(default = "default_seed")]
    pub seed: u32,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

fn default_seed() -> u32 {
    42
}
