use super::{Fault, Parameters};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the images and labels of a dataset's `source` are laid out.
///
/// Tiny ImageNet and CIFAR-10 are also found one folder down, where their archives unpack them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DatasetFormat {
    /// `train/<wnid>/images/*.JPEG`, `val/images` with `val/val_annotations.txt`, `words.txt`; the images in
    /// `test` have no labels and are not read.
    TinyImagenet,
    /// One sub-folder of JPEG and PNG images a class; with `train/`, `val/` and `test/` folders above them, or
    /// without.
    ImageFolder,
    /// `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`: records of 1 + 3072 bytes.
    Cifar10Binary,
    /// `data_batch_1` to `data_batch_5` and `test_batch`: Python pickles.
    Cifar10Python,
    /// `*images-idx3-ubyte` and `*labels-idx1-ubyte`, gzip or not; `train-` and `t10k-` pairs, or one pair.
    Idx,
}

/// Parameters of a `dataset` stage. Its input is `source`.
///
/// The source's own splits are taken as they are. Where it has one evaluation set only (`t10k-`, `test_batch`,
/// `test/` without `val/`), that is the test split, and the validation split too unless one is held out.
/// Splits that the source lacks are held out from its training images as scikit-learn's `train_test_split`
/// does with `stratify` and this seed: test first, then validation from what is left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetParams {
    /// The layout of `source`.
    pub format: DatasetFormat,
    /// Height and width of the stored images in pixels; others are resized (bilinear, averaging where they
    /// shrink), whatever their proportions. Left out: as they are, and all must have one size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub image_size: Option<u32>,
    /// Training images of each class that are held out as the test split. Where classes differ in size,
    /// as many in all, in proportion.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub test_per_class: u32,
    /// Training images of each class that are held out as the validation split. Where classes differ in size,
    /// as many in all, in proportion.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub val_per_class: u32,
    /// Share of the source's training images that is held out as the test split, stratified by class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub test_fraction: Option<f64>,
    /// Share of the source's training images that is held out as the validation split, stratified by class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
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

impl Parameters for DatasetParams {
    fn faults(&self) -> Vec<Fault> {
        const WAY: &str = "the size of a split is given by one of them";
        let mut faults = Vec::new();
        if self.test_per_class > 0 && self.test_fraction.is_some() {
            let message = "`test_fraction` beside `test_per_class`";
            faults.push(Fault::new(&["test_fraction"], message).with_hint(WAY));
        }
        if self.val_per_class > 0 && self.val_fraction.is_some() {
            let message = "`val_fraction` beside `val_per_class`";
            faults.push(Fault::new(&["val_fraction"], message).with_hint(WAY));
        }
        if self.test_fraction.unwrap_or(0.0) + self.val_fraction.unwrap_or(0.0) >= 1.0 {
            let message = "`test_fraction` and `val_fraction` leave nothing to train on";
            faults.push(Fault::new(&["test_fraction"], message));
        }
        faults
    }
}
