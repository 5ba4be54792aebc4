use crate::support::{build, params, refusal};
use data::fixtures::{paint, write_idx, write_mnist};
use spec::kinds::{DatasetFormat, DatasetParams};
use std::fs;
use std::path::{Path, PathBuf};

const IDX: DatasetFormat = DatasetFormat::Idx;

fn digits() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/digits")
}

#[test]
fn digits_are_one_pair_from_which_val_and_test_are_drawn() {
    let built = build(&DatasetParams { test_per_class: 18, val_per_class: 12, ..params(IDX) }, &digits());
    assert_eq!(built.sizes(), [("train", 1497), ("val", 120), ("test", 180)]);
    let train = built.open("train");
    assert_eq!((train.len(), train.height(), train.width()), (1497, 8, 8));
    assert_eq!(train.class_names(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert!(train.images().chunks(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]));
    for split in &built.summary.splits {
        let even = split.images() / 10;
        assert!(split.counts.iter().all(|count| count.abs_diff(even) <= even / 20 + 1), "{split:?}");
    }
}

#[test]
fn mnist_pairs_keep_their_order_and_the_test_set_validates_too() {
    let source = tempfile::tempdir().unwrap();
    write_mnist(source.path(), 30, 20, 28).unwrap();
    let built = build(&params(IDX), source.path());
    assert_eq!(built.sizes(), [("train", 30), ("val", 20), ("test", 20)]);
    assert_eq!(built.contents()["val.h5"], built.contents()["test.h5"]);
    let train = built.open("train");
    assert_eq!(train.labels()[..12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    let painted: Vec<u8> = paint(28, 3, 13).pixels.iter().step_by(3).flat_map(|&level| [level; 3]).collect();
    assert_eq!(train.image(13), painted);
}

#[test]
fn a_drawn_val_split_leaves_the_test_set_alone() {
    let source = tempfile::tempdir().unwrap();
    write_mnist(source.path(), 100, 20, 8).unwrap();
    let built = build(&DatasetParams { val_fraction: Some(0.2), ..params(IDX) }, source.path());
    assert_eq!(built.sizes(), [("train", 80), ("val", 20), ("test", 20)]);
    assert_ne!(built.contents()["val.h5"], built.contents()["test.h5"]);
}

#[test]
fn a_test_set_cannot_be_drawn_beside_the_sources_own() {
    let source = tempfile::tempdir().unwrap();
    write_mnist(source.path(), 100, 20, 8).unwrap();
    let message = refusal(&DatasetParams { test_per_class: 1, ..params(IDX) }, source.path());
    assert!(message.starts_with("the source has a test split of its own"), "{message}");
    assert!(message.ends_with("hint: leave `test_per_class` and `test_fraction` out"), "{message}");
}

#[test]
fn unpacked_files_and_dotted_names_are_read_too() {
    let source = tempfile::tempdir().unwrap();
    write_idx(&source.path().join("my-images.idx3-ubyte"), &[2, 1, 2], &[1, 2, 3, 4]).unwrap();
    write_idx(&source.path().join("my-labels.idx1-ubyte"), &[2], &[0, 1]).unwrap();
    let train = build(&params(IDX), source.path()).open("train");
    assert_eq!(train.images(), [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
}

/// Writes a good pair, damages it, and returns the refusal.
fn damaged(damage: impl FnOnce(&Path, &Path)) -> String {
    let source = tempfile::tempdir().unwrap();
    let images = source.path().join("images-idx3-ubyte");
    let labels = source.path().join("labels-idx1-ubyte");
    write_idx(&images, &[2, 1, 2], &[1, 2, 3, 4]).unwrap();
    write_idx(&labels, &[2], &[0, 1]).unwrap();
    damage(&images, &labels);
    refusal(&params(IDX), source.path())
}

#[test]
fn damaged_files_are_refused_by_name_and_reason() {
    let message = damaged(|images, _| write_idx(images, &[2, 2], &[1, 2, 3, 4]).unwrap());
    assert_eq!(message, "SOURCE/images-idx3-ubyte: its IDX header begins with 0x00000802, not 0x00000803");
    let message = damaged(|images, _| fs::write(images, [0, 0, 8]).unwrap());
    assert_eq!(message, "SOURCE/images-idx3-ubyte: its IDX header is cut off after 3 bytes");
    let message = damaged(|images, _| write_idx(images, &[2, 1, 2], &[1, 2, 3]).unwrap());
    assert_eq!(
        message,
        "SOURCE/images-idx3-ubyte: its IDX header promises 4 bytes ([2, 1, 2]), the file holds 3"
    );
    let message = damaged(|images, _| write_idx(images, &[2, 1, 2], &[1, 2, 3, 4, 5]).unwrap());
    assert_eq!(
        message,
        "SOURCE/images-idx3-ubyte: its IDX header promises 4 bytes ([2, 1, 2]), the file holds more"
    );
    let message = damaged(|_, labels| write_idx(labels, &[3], &[0, 1, 0]).unwrap());
    assert_eq!(
        message,
        "SOURCE/labels-idx1-ubyte: holds 3 labels for the 2 images of SOURCE/images-idx3-ubyte"
    );
    let message = damaged(|_, labels| write_idx(labels, &[2], &[0, 2]).unwrap());
    assert_eq!(message, "SOURCE: class \"1\" (label 1) has no training images");
    let message = damaged(|_, labels| fs::remove_file(labels).unwrap());
    assert_eq!(message, "SOURCE/images-idx3-ubyte: has no labels file beside it");
    let message =
        damaged(|images, _| write_idx(images, &[0xffff_ffff, 0xffff_ffff, 0xffff_ffff], &[]).unwrap());
    assert!(message.contains("its IDX header claims the size"), "{message}");
    let message = damaged(|images, _| write_idx(images, &[2, 0, 2], &[]).unwrap());
    assert_eq!(message, "SOURCE/images-idx3-ubyte: holds 2 images of 0 × 2 pixels");
}

#[test]
fn damaged_gzip_is_refused() {
    let source = tempfile::tempdir().unwrap();
    write_mnist(source.path(), 20, 10, 8).unwrap();
    let path = source.path().join("train-images-idx3-ubyte.gz");
    let content = fs::read(&path).unwrap();
    fs::write(&path, &content[..content.len() - 9]).unwrap();
    let message = refusal(&params(IDX), source.path());
    assert!(message.starts_with("cannot read SOURCE/train-images-idx3-ubyte.gz: "), "{message}");
}

#[test]
fn folders_without_clear_pairs_are_refused_with_advice() {
    let source = tempfile::tempdir().unwrap();
    let message = refusal(&params(IDX), source.path());
    assert!(message.starts_with("SOURCE: holds no IDX files\nhint: expected are"), "{message}");
    write_mnist(source.path(), 20, 10, 8).unwrap();
    write_idx(&source.path().join("more-images-idx3-ubyte"), &[1, 1, 1], &[0]).unwrap();
    let message = refusal(&params(IDX), source.path());
    assert!(message.contains("[\"train-\", \"t10k-\", \"more-\"]"), "{message}");
    let message = refusal(&params(IDX), &source.path().join("absent"));
    assert!(message.starts_with("cannot list SOURCE: No such file"), "{message}");
}
