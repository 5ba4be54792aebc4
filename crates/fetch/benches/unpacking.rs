//! How long an archive of as many small files as Tiny ImageNet has takes to unpack, beside `unzip` and `tar`
//! where they are installed. `cargo bench -p fetch --bench unpacking`.
#![allow(clippy::unwrap_used)]

use fetch::{FetchJob, Monitor, Policy, fetch};
use serde_json::json;
use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::Command,
    sync::atomic::AtomicBool,
    time::Instant,
};
use zip::{ZipWriter, write::SimpleFileOptions};

const FILES: usize = 120_000;
const SIZE: usize = 2_000;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let (zip, tar) = (folder.path().join("a.zip"), folder.path().join("a.tar.gz"));
    write_archives(&zip, &tar);
    for archive in [&zip, &tar] {
        ours(folder.path(), archive);
    }
    theirs("unzip -q", folder.path(), Command::new("unzip").arg("-q").arg(&zip).arg("-d"));
    theirs("tar xzf", folder.path(), Command::new("tar").arg("xzf").arg(&tar).arg("-C"));
}

fn write_archives(zip: &Path, tar: &Path) {
    let mut zip = ZipWriter::new(File::create(zip).unwrap());
    let encoder = flate2::write::GzEncoder::new(File::create(tar).unwrap(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(encoder);
    let mut state = 1_u32;
    for number in 0..FILES {
        let content: Vec<u8> = (0..SIZE)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        let name = format!("set/train/{}/images/{number}.JPEG", number % 200);
        zip.start_file(&name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&content).unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_size(SIZE as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, &name, content.as_slice()).unwrap();
    }
    zip.finish().unwrap();
    tar.into_inner().unwrap().finish().unwrap();
}

fn ours(folder: &Path, archive: &Path) {
    let params = json!({ "url": format!("file://{}", archive.display()) });
    let (output, partial) = (folder.join("ours"), folder.join("partial"));
    let job = FetchJob {
        params: &serde_json::from_value(params).unwrap(),
        output: &output,
        partial: &partial,
        policy: Policy::default(),
    };
    let monitor = Monitor { progress: &|_, _, _, _| (), warn: &|_| (), stop: &AtomicBool::new(false) };
    let start = Instant::now();
    fetch(&job, &monitor).unwrap();
    let name = archive.file_name().unwrap().display();
    println!("fetch {name}: {:.2} s, copy and SHA-256 included", start.elapsed().as_secs_f64());
    fs::remove_dir_all(output).unwrap();
}

fn theirs(name: &str, folder: &Path, command: &mut Command) {
    let output = folder.join("theirs");
    fs::create_dir(&output).unwrap();
    let start = Instant::now();
    match command.arg(&output).status() {
        Ok(status) if status.success() => println!("{name}: {:.2} s", start.elapsed().as_secs_f64()),
        _ => println!("{name}: not here"),
    }
    fs::remove_dir_all(output).unwrap();
}
