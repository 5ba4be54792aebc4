use data::{DataError, Dataset, DatasetSummary, build_dataset};
use spec::kinds::{DatasetFormat, DatasetParams};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// Parameters that hold nothing out.
pub fn params(format: DatasetFormat) -> DatasetParams {
    DatasetParams {
        format,
        image_size: None,
        test_per_class: 0,
        val_per_class: 0,
        test_fraction: None,
        val_fraction: None,
        seed: 42,
    }
}

/// Where the outputs of a dataset stage go in a folder.
pub fn outputs(folder: &Path) -> BTreeMap<String, PathBuf> {
    [("train", "train.h5"), ("val", "val.h5"), ("test", "test.h5"), ("classes", "classes.json")]
        .map(|(name, file)| (name.to_owned(), folder.join(file)))
        .into()
}

/// What a build wrote.
pub struct Built {
    pub folder: TempDir,
    pub summary: DatasetSummary,
}

impl Built {
    pub fn path(&self, split: &str) -> PathBuf {
        self.folder.path().join(format!("{split}.h5"))
    }

    pub fn open(&self, split: &str) -> Dataset {
        Dataset::open(&self.path(split)).unwrap()
    }

    /// The splits and their sizes.
    pub fn sizes(&self) -> Vec<(&'static str, usize)> {
        self.summary.splits.iter().map(|split| (split.name, split.images())).collect()
    }

    /// The content of every file that was written, by name.
    pub fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap());
        let content = |entry: std::fs::DirEntry| {
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
        };
        entries.map(content).collect()
    }
}

pub fn try_build(params: &DatasetParams, source: &Path) -> Result<Built, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let stop = AtomicBool::new(false);
    let summary = build_dataset(params, source, &outputs(folder.path()), &|_, _, _| (), &stop)?;
    Ok(Built { folder, summary })
}

pub fn build(params: &DatasetParams, source: &Path) -> Built {
    try_build(params, source).unwrap()
}

/// The message of a build that must fail, with `source` written as `SOURCE`.
pub fn refusal(params: &DatasetParams, source: &Path) -> String {
    match try_build(params, source) {
        Ok(_) => panic!("was built, though it must be refused"),
        Err(error) => error.to_string().replace(source.to_str().unwrap(), "SOURCE"),
    }
}
