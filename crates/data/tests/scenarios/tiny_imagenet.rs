use crate::support::{build, params, refusal};
use data::fixtures::{jpeg, paint, write_tiny_imagenet};
use spec::kinds::{DatasetFormat, DatasetParams};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const TINY_IMAGENET: DatasetFormat = DatasetFormat::TinyImagenet;
/// The id of the first class in the made-up tree.
const FIRST: &str = "n01443537";

fn tree() -> TempDir {
    let source = tempfile::tempdir().unwrap();
    write_tiny_imagenet(source.path(), 3, 10, 4).unwrap();
    source
}

fn held_out() -> DatasetParams {
    DatasetParams { test_per_class: 2, ..params(TINY_IMAGENET) }
}

#[test]
fn the_published_layout_becomes_train_val_and_test() {
    let source = tree();
    let built = build(&held_out(), source.path());
    assert_eq!(built.sizes(), [("train", 24), ("val", 12), ("test", 6)]);
    assert_eq!(built.summary.splits[2].counts, [2, 2, 2]);
    let val = built.open("val");
    assert_eq!((val.height(), val.width()), (64, 64));
    assert_eq!(val.labels(), [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
    assert_eq!(val.class_names(), ["thing 0", "thing 1", "thing 2"]);
    let classes: serde_json::Value = serde_json::from_slice(&built.contents()["classes.json"]).unwrap();
    assert_eq!(classes["ids"][0], FIRST);
    assert_eq!(classes["names"][2], "thing 2");
    assert_eq!(classes["counts"]["train"], serde_json::json!([8, 8, 8]));
}

#[test]
fn images_stand_beside_their_labels_in_the_order_of_scikit_learn() {
    let built = build(&held_out(), tree().path());
    // train_test_split(range(30), test_size=6, stratify=numpy.repeat(range(3), 10), random_state=42)
    let expected = [TRAIN_ORDER, TEST_ORDER];
    for (split, order) in ["train", "test"].iter().zip(expected) {
        let dataset = built.open(split);
        assert_eq!(dataset.len(), order.len());
        for (index, &original) in order.iter().enumerate() {
            assert_eq!(dataset.labels()[index], original as i64 / 10);
            let painted = paint(64, original / 10, original % 10).pixels;
            let error: u64 =
                dataset.image(index).iter().zip(&painted).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            assert!(error < 10 * painted.len() as u64, "image {original}: {error}");
        }
    }
}

const TRAIN_ORDER: &[usize] =
    &[2, 20, 1, 4, 8, 18, 13, 26, 7, 28, 10, 0, 9, 23, 5, 14, 22, 17, 19, 11, 29, 27, 25, 15];
const TEST_ORDER: &[usize] = &[24, 16, 21, 6, 12, 3];

#[test]
fn grey_images_get_three_equal_channels() {
    let source = tree();
    let path = source.path().join("val/images/val_0.JPEG");
    fs::write(path, jpeg(&paint(64, 0, 0), true).unwrap()).unwrap();
    let val = build(&params(TINY_IMAGENET), source.path()).open("val");
    assert!(val.image(0).chunks(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]));
    assert!(val.image(1).chunks(3).any(|pixel| pixel[0] != pixel[1]));
}

#[test]
fn an_unpacked_archive_is_found_one_folder_down() {
    let parent = tempfile::tempdir().unwrap();
    write_tiny_imagenet(&parent.path().join("tiny-imagenet-200"), 2, 3, 1).unwrap();
    assert_eq!(build(&params(TINY_IMAGENET), parent.path()).sizes(), [("train", 6), ("val", 2)]);
}

#[test]
fn images_of_other_sizes_are_resized_only_when_asked() {
    let source = tree();
    let path = source.path().join("val/images/val_1.JPEG");
    fs::write(path, jpeg(&paint(48, 1, 0), false).unwrap()).unwrap();
    assert_eq!(
        refusal(&params(TINY_IMAGENET), source.path()),
        "1 image could not be used:\n  SOURCE/val/images/val_1.JPEG: is 48 × 48 pixels, but the first image is \
         64 × 64; `image_size` resizes all to one size"
    );
    let resized = build(&DatasetParams { image_size: Some(32), ..params(TINY_IMAGENET) }, source.path());
    assert_eq!((resized.open("val").height(), resized.open("train").width()), (32, 32));
}

/// Damages a good tree and returns the refusal.
fn damaged(damage: impl FnOnce(&Path)) -> String {
    let source = tree();
    damage(source.path());
    refusal(&held_out(), source.path())
}

fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    fs::write(path, change(fs::read_to_string(path).unwrap())).unwrap();
}

#[test]
fn broken_images_are_listed_together() {
    let message = damaged(|root| {
        let images = root.join("train").join(FIRST).join("images");
        for number in 0..7 {
            let path = images.join(format!("{FIRST}_{number}.JPEG"));
            let content = fs::read(&path).unwrap();
            fs::write(&path, &content[..content.len() - 100]).unwrap();
        }
        fs::write(images.join(format!("{FIRST}_7.JPEG")), "not an image").unwrap();
    });
    let lines: Vec<&str> = message.lines().collect();
    // One of the eight is drawn into the test split, which is written later.
    assert_eq!(lines[0], LISTED_FIRST);
    assert_eq!(lines.len(), 7, "{message}");
    assert!(lines[1].starts_with("  SOURCE/train/n01443537/images/n01443537_"), "{message}");
    assert_eq!(lines[6], LISTED_LAST);
    assert!(message.contains(": is a truncated JPEG: it ends before its end-of-image marker"), "{message}");
}

const LISTED_FIRST: &str = "6 images could not be used:";
const LISTED_LAST: &str = "  and 1 more";

#[test]
fn damaged_annotations_are_refused_by_line() {
    let list = "val/val_annotations.txt";
    let message = damaged(|root| edit(&root.join(list), |text| text.replacen(FIRST, "n00000001", 1)));
    assert_eq!(message, "SOURCE/val/val_annotations.txt: line 1: val_0.JPEG has the unknown class n00000001");
    let message = damaged(|root| edit(&root.join(list), |text| text.split_once('\n').unwrap().1.to_owned()));
    assert_eq!(message, "SOURCE/val/images/val_0.JPEG: has no annotation in SOURCE/val/val_annotations.txt");
    let message = damaged(|root| edit(&root.join(list), |text| text.replace("val_3.", "val_2.")));
    assert_eq!(
        message,
        "SOURCE/val/val_annotations.txt: line 4: val_2.JPEG is not in SOURCE/val/images, or annotated twice"
    );
    let message = damaged(|root| edit(&root.join(list), |text| text + "val_0.JPEG"));
    assert_eq!(
        message,
        "SOURCE/val/val_annotations.txt: line 13: \"val_0.JPEG\" is not an image and a class with a tab between"
    );
    let message = damaged(|root| fs::remove_file(root.join(list)).unwrap());
    assert!(message.starts_with("cannot read SOURCE/val/val_annotations.txt: No such file"), "{message}");
}

#[test]
fn missing_and_empty_folders_are_refused() {
    let class = format!("train/{FIRST}");
    let message = damaged(|root| fs::remove_dir_all(root.join(&class)).unwrap());
    assert_eq!(message, "SOURCE/train/n01443537: is missing, though SOURCE/wnids.txt lists it");
    let message = damaged(|root| fs::remove_dir_all(root.join(&class).join("images")).unwrap());
    assert!(message.starts_with("cannot list SOURCE/train/n01443537/images: No such file"), "{message}");
    let message = damaged(|root| {
        fs::remove_dir_all(root.join(&class).join("images")).unwrap();
        fs::create_dir(root.join(&class).join("images")).unwrap();
    });
    assert_eq!(message, "SOURCE/train/n01443537/images: holds no images");
    let message = damaged(|root| fs::remove_dir_all(root.join("val")).unwrap());
    assert!(message.starts_with("cannot list SOURCE/val/images: No such file"), "{message}");
    let message = damaged(|root| fs::remove_dir_all(root.join("train")).unwrap());
    assert_eq!(message, "SOURCE: holds no `train`");
    let message = damaged(|root| fs::create_dir(root.join(&class).join("images/more")).unwrap());
    assert_eq!(message, "SOURCE/train/n01443537/images/more: is a folder where only images are expected");
}

#[test]
fn a_failed_build_leaves_no_file_that_looks_whole() {
    let source = tree();
    fs::write(source.path().join("val/images/val_5.JPEG"), "").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let outputs = crate::support::outputs(folder.path());
    let error = data::build_dataset(&held_out(), source.path(), &outputs, &|_, _, _| (), &stop).unwrap_err();
    assert!(error.to_string().ends_with("val_5.JPEG: is empty"), "{error}");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["train.h5"]);
}

#[test]
fn thread_counts_change_no_byte() {
    let source = tree();
    let with_threads = |count| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
        pool.install(|| build(&held_out(), source.path())).contents()
    };
    let one = with_threads(1);
    assert_eq!(one.len(), 4);
    assert!(one == with_threads(3));
}
