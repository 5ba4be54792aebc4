//! Whatever bytes a file holds, a build ends with a result or an error, never with a panic.

use crate::support::{params, try_build};
use data::fixtures::{
    write_cifar10_binary, write_cifar10_python, write_idx, write_mnist, write_tiny_imagenet,
};
use proptest::prelude::*;
use proptest::sample::Index;
use spec::kinds::DatasetFormat;
use std::fs;
use std::path::{Path, PathBuf};

const FORMATS: [DatasetFormat; 4] = [
    DatasetFormat::TinyImagenet,
    DatasetFormat::Cifar10Binary,
    DatasetFormat::Cifar10Python,
    DatasetFormat::Idx,
];

fn write(format: DatasetFormat, root: &Path) {
    match format {
        DatasetFormat::TinyImagenet => write_tiny_imagenet(root, 2, 2, 1).unwrap(),
        DatasetFormat::Cifar10Binary => write_cifar10_binary(root, 2).unwrap(),
        DatasetFormat::Cifar10Python => write_cifar10_python(root, 2).unwrap(),
        _ => write_mnist(root, 10, 10, 4).unwrap(),
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn changed_sources_never_panic(
        format in 0..FORMATS.len(),
        file in any::<Index>(),
        changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 0..8),
        length in any::<Index>(),
    ) {
        let source = tempfile::tempdir().unwrap();
        write(FORMATS[format], source.path());
        let mut found = Vec::new();
        files(source.path(), &mut found);
        let path = file.get(&found);
        let mut content = fs::read(path).unwrap();
        for (index, byte) in changes {
            let position = index.index(content.len());
            content[position] = byte;
        }
        content.truncate(length.index(2 * content.len()));
        fs::write(path, content).unwrap();
        let _ = try_build(&params(FORMATS[format]), source.path());
    }

    #[test]
    fn arbitrary_idx_files_never_panic(
        images in proptest::collection::vec(any::<u8>(), 0..40),
        dimensions in proptest::collection::vec(0_usize..5, 0..4),
        gzip in any::<bool>(),
    ) {
        let source = tempfile::tempdir().unwrap();
        let suffix = if gzip { ".gz" } else { "" };
        let path = |name: &str| source.path().join(format!("{name}-ubyte{suffix}"));
        write_idx(&path("images-idx3"), &dimensions, &images).unwrap();
        fs::write(path("labels-idx1"), &images).unwrap();
        let _ = try_build(&params(DatasetFormat::Idx), source.path());
    }
}
