//! The embedded digits, from IDX files to dataset files and means.

use data::{Dataset, Means, build_dataset, compute_means};
use spec::kinds::{DatasetFormat, DatasetParams, MeansMode, MeansParams};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

fn outputs(folder: &Path) -> BTreeMap<String, PathBuf> {
    [("train", "train.h5"), ("val", "val.h5"), ("test", "test.h5"), ("classes", "classes.json")]
        .map(|(name, file)| (name.to_owned(), folder.join(file)))
        .into()
}

fn digits() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/digits")
}

fn params() -> DatasetParams {
    DatasetParams {
        format: DatasetFormat::Idx,
        image_size: None,
        test_per_class: 18,
        val_per_class: 12,
        test_fraction: None,
        val_fraction: None,
        seed: 42,
    }
}

#[test]
fn digits_become_three_dataset_files_with_means() {
    let folder = tempfile::tempdir().unwrap();
    let stop = AtomicBool::new(false);
    let summary = build_dataset(&params(), &digits(), &outputs(folder.path()), &|_, _, _| (), &stop).unwrap();
    let images: Vec<_> = summary.splits.iter().map(|split| (split.name, split.images())).collect();
    assert_eq!(images, [("train", 1497), ("val", 120), ("test", 180)]);

    let train = Dataset::open(&folder.path().join("train.h5")).unwrap();
    assert_eq!((train.len(), train.height(), train.width()), (1497, 8, 8));
    assert_eq!(train.class_names(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert!(train.image(7).chunks(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]));

    let params = MeansParams { mode: MeansMode::Channel };
    let output = folder.path().join("means.json");
    let means =
        compute_means(&params, &folder.path().join("train.h5"), &output, &|_, _, _| (), &stop).unwrap();
    let sum: u64 = train.images().iter().step_by(3).map(|&level| u64::from(level)).sum();
    let mean = sum as f64 / (1497.0 * 64.0);
    assert_eq!(means, Means::Channel([mean; 3]));
    assert_eq!(Means::read(&output).unwrap(), means);
}

#[test]
fn the_same_digits_give_the_same_bytes() {
    let stop = AtomicBool::new(false);
    let build = || {
        let folder = tempfile::tempdir().unwrap();
        let outputs = outputs(folder.path());
        build_dataset(&params(), &digits(), &outputs, &|_, _, _| (), &stop).unwrap();
        outputs.values().map(|path| std::fs::read(path).unwrap()).collect::<Vec<_>>()
    };
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(build);
    let three_threads = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap().install(build);
    assert!(one_thread == three_threads);
}
