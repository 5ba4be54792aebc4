use crate::support::{build, params, refusal};
use data::fixtures::{jpeg, paint, write_image_folder};
use spec::kinds::{DatasetFormat, DatasetParams};
use std::fs;

const IMAGE_FOLDER: DatasetFormat = DatasetFormat::ImageFolder;

#[test]
fn folders_are_classes_sorted_by_bytes() {
    let source = tempfile::tempdir().unwrap();
    write_image_folder(source.path(), &["owl", "Zebra", "élan"], 4, 8).unwrap();
    fs::write(source.path().join("README.md"), "where these come from").unwrap();
    fs::write(source.path().join("owl/.DS_Store"), "a desktop was here").unwrap();
    let built = build(&DatasetParams { val_per_class: 1, ..params(IMAGE_FOLDER) }, source.path());
    assert_eq!(built.sizes(), [("train", 9), ("val", 3)]);
    assert_eq!(built.open("train").class_names(), ["Zebra", "owl", "élan"]);
}

#[test]
fn splits_may_stand_above_the_classes() {
    let source = tempfile::tempdir().unwrap();
    for (split, images) in [("train", 5), ("val", 2), ("test", 3)] {
        write_image_folder(&source.path().join(split), &["a", "b"], images, 8).unwrap();
    }
    let built = build(&params(IMAGE_FOLDER), source.path());
    assert_eq!(built.sizes(), [("train", 10), ("val", 4), ("test", 6)]);
    let test = built.open("test");
    assert_eq!(test.labels(), [0, 0, 0, 1, 1, 1]);
    assert_eq!(test.image(4), paint(8, 1, 1).pixels);
}

#[test]
fn jpeg_and_png_mix_by_content_not_by_name() {
    let source = tempfile::tempdir().unwrap();
    write_image_folder(source.path(), &["a", "b"], 2, 16).unwrap();
    fs::write(source.path().join("a/0000.png"), jpeg(&paint(16, 0, 0), false).unwrap()).unwrap();
    assert_eq!(build(&params(IMAGE_FOLDER), source.path()).sizes(), [("train", 4)]);
}

#[test]
fn what_would_be_skipped_is_refused() {
    let source = tempfile::tempdir().unwrap();
    let refuse = || refusal(&params(IMAGE_FOLDER), source.path());
    assert_eq!(refuse(), "SOURCE: holds no folders, one of which each class should have");

    write_image_folder(&source.path().join("train"), &["a", "b"], 2, 8).unwrap();
    fs::create_dir(source.path().join("validation")).unwrap();
    assert_eq!(
        refuse(),
        "SOURCE/validation: stands beside `train`, but is no split\nhint: splits are `train`, `val` and `test`"
    );
    fs::remove_dir(source.path().join("validation")).unwrap();

    write_image_folder(&source.path().join("val"), &["a", "c"], 1, 8).unwrap();
    assert_eq!(refuse(), "SOURCE/val/c: is a class that the training images do not have");
    fs::remove_dir_all(source.path().join("val/c")).unwrap();
    assert_eq!(refuse(), "SOURCE/val: has no folder for the class \"b\"");
    fs::create_dir(source.path().join("val/b")).unwrap();
    assert_eq!(refuse(), "SOURCE/val/b: holds no images");
    fs::write(source.path().join("val/b/notes.txt"), "hm").unwrap();
    assert_eq!(
        refuse(),
        "1 image could not be used:\n  SOURCE/val/b/notes.txt: is neither a JPEG nor a PNG image"
    );
    fs::write(source.path().join("train/stray.PNG"), "").unwrap();
    assert_eq!(refuse(), "SOURCE/train/stray.PNG: is an image outside of the class folders");
}

#[test]
fn draws_that_the_classes_are_too_small_for_are_refused() {
    let source = tempfile::tempdir().unwrap();
    write_image_folder(source.path(), &["a", "b"], 3, 8).unwrap();
    let refuse = |params: &DatasetParams| refusal(params, source.path());
    let message = refuse(&DatasetParams { test_per_class: 3, ..params(IMAGE_FOLDER) });
    assert_eq!(
        message,
        "SOURCE: cannot hold out images: 6 of 6 images would leave less than one for each class"
    );
    let message = refuse(&DatasetParams { test_fraction: Some(0.1), ..params(IMAGE_FOLDER) });
    assert_eq!(message, "SOURCE: cannot hold out images: 1 images for 2 classes is less than one each");
}
