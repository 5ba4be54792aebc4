//! Small collections as the archives in which they are published: one folder at the top of each.

use md5::{Digest, Md5};
use std::{
    fs::{self, File},
    io::{Cursor, Write},
    path::Path,
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// CIFAR-10, binary version, with so many images in each of its six files.
pub fn cifar10(images: usize) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    data::fixtures::write_cifar10_binary(folder.path(), images).unwrap();
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(encoder);
    archive.append_dir_all("cifar-10-batches-bin", folder.path()).unwrap();
    archive.into_inner().unwrap().finish().unwrap()
}

/// Tiny ImageNet.
pub fn tiny_imagenet(classes: usize, train_per_class: usize, val_per_class: usize) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    data::fixtures::write_tiny_imagenet(folder.path(), classes, train_per_class, val_per_class).unwrap();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    add(&mut archive, folder.path(), "tiny-imagenet-200");
    archive.finish().unwrap().into_inner()
}

fn add(archive: &mut ZipWriter<Cursor<Vec<u8>>>, path: &Path, name: &str) {
    let options = SimpleFileOptions::default();
    if path.is_dir() {
        archive.add_directory(name, options).unwrap();
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            add(archive, &entry.path(), &format!("{name}/{}", entry.file_name().to_str().unwrap()));
        }
    } else {
        archive.start_file(name, options).unwrap();
        std::io::copy(&mut File::open(path).unwrap(), archive).unwrap();
        archive.flush().unwrap();
    }
}

/// As a pipeline file has it.
pub fn md5(bytes: &[u8]) -> String {
    let digits: Vec<String> = Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("md5:{}", digits.concat())
}
