use crate::support::{build, params, refusal};
use data::fixtures::{paint, write_cifar10_binary, write_cifar10_python};
use spec::kinds::{DatasetFormat, DatasetParams};
use std::fs;
use std::path::Path;

const BINARY: DatasetFormat = DatasetFormat::Cifar10Binary;
const PYTHON: DatasetFormat = DatasetFormat::Cifar10Python;

#[test]
fn both_versions_give_the_same_files() {
    let source = tempfile::tempdir().unwrap();
    write_cifar10_binary(&source.path().join("binary"), 20).unwrap();
    write_cifar10_python(&source.path().join("python"), 20).unwrap();
    let binary = build(&params(BINARY), &source.path().join("binary"));
    assert_eq!(binary.sizes(), [("train", 100), ("val", 20), ("test", 20)]);
    let train = binary.open("train");
    assert_eq!(train.class_names()[9], "truck");
    assert_eq!(train.labels()[41], 1);
    assert_eq!(train.image(41), paint(32, 1, 41).pixels);
    assert_eq!(binary.open("val").image(3), paint(32, 3, 103).pixels);
    let python = build(&params(PYTHON), &source.path().join("python"));
    assert!(binary.contents() == python.contents());
}

#[test]
fn a_drawn_val_split_replaces_the_test_batch_there() {
    let source = tempfile::tempdir().unwrap();
    write_cifar10_binary(source.path(), 20).unwrap();
    let built = build(&DatasetParams { val_per_class: 2, ..params(BINARY) }, source.path());
    assert_eq!(built.sizes(), [("train", 80), ("val", 20), ("test", 20)]);
    assert_ne!(built.contents()["val.h5"], built.contents()["test.h5"]);
}

#[test]
fn an_unpacked_archive_is_found_one_folder_down() {
    let parent = tempfile::tempdir().unwrap();
    write_cifar10_python(&parent.path().join("cifar-10-batches-py"), 10).unwrap();
    assert_eq!(build(&params(PYTHON), parent.path()).sizes()[0], ("train", 50));
}

fn damaged(format: DatasetFormat, damage: impl FnOnce(&Path)) -> String {
    let source = tempfile::tempdir().unwrap();
    match format {
        DatasetFormat::Cifar10Binary => write_cifar10_binary(source.path(), 10).unwrap(),
        _ => write_cifar10_python(source.path(), 10).unwrap(),
    }
    damage(source.path());
    refusal(&params(format), source.path())
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut content = fs::read(path).unwrap();
    change(&mut content);
    fs::write(path, content).unwrap();
}

#[test]
fn damaged_binary_batches_are_refused() {
    let message =
        damaged(BINARY, |root| edit(&root.join("data_batch_3.bin"), |content| content.truncate(30_000)));
    assert_eq!(message, "SOURCE/data_batch_3.bin: is truncated: its 30000 bytes are no multiple of 3073");
    let message = damaged(BINARY, |root| edit(&root.join("test_batch.bin"), |content| content[3073] = 10));
    assert_eq!(message, "SOURCE/test_batch.bin: image 1 has label 10, but there are 10 classes");
    let message = damaged(BINARY, |root| edit(&root.join("data_batch_2.bin"), Vec::clear));
    assert_eq!(message, "SOURCE/data_batch_2.bin: holds no images");
    let message = damaged(BINARY, |root| fs::remove_file(root.join("data_batch_4.bin")).unwrap());
    assert!(message.starts_with("cannot read SOURCE/data_batch_4.bin: No such file"), "{message}");
    let message = damaged(BINARY, |root| fs::remove_file(root.join("data_batch_1.bin")).unwrap());
    assert_eq!(message, "SOURCE: holds no `data_batch_1.bin`");
}

#[test]
fn damaged_python_batches_are_refused() {
    let message =
        damaged(PYTHON, |root| edit(&root.join("data_batch_3"), |content| content.truncate(30_000)));
    assert_eq!(message, "SOURCE/data_batch_3: the pickle is cut off");
    let message = damaged(PYTHON, |root| {
        edit(&root.join("data_batch_5"), |content| {
            let labels = content.windows(7).position(|window| window == b"labelsq").unwrap();
            content.splice(labels + 12..labels + 14, []);
        });
    });
    assert_eq!(message, "SOURCE/data_batch_5: holds 10 images, but 9 labels");
    let message = damaged(PYTHON, |root| {
        edit(&root.join("test_batch"), |content| {
            let data = content.windows(6).position(|window| window == b"U\x04data").unwrap();
            content[data + 2] = b'D';
        });
    });
    assert_eq!(message, "SOURCE/test_batch: has no entry \"data\"");
    let message =
        damaged(PYTHON, |root| fs::write(root.join("batches.meta"), b"\x80\x02cos\nsystem\n.").unwrap());
    assert_eq!(message, "SOURCE/batches.meta: calls the Python function os.system, which is not run");
}
