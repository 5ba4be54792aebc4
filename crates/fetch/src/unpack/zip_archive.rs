use super::{
    content::ContentWriter,
    entry_path::entry_path,
    shared_file::SharedFile,
    tree::{Tree, create_file},
};
use crate::{FetchError, Monitor, space::Budget};
use rayon::{ThreadPoolBuilder, prelude::*};
use std::{
    ffi::OsString,
    fs::File,
    io::Read,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};
use zip::{ZipArchive, result::ZipError};

/// The file type in a Unix mode, and the types that are unpacked.
const TYPE: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;
const LINK: u32 = 0o120_000;

/// The longest text of a link, in bytes.
const LONGEST_LINK: u64 = 4096;

/// At most so many threads: making files is the system's work more than the processor's.
const MOST_THREADS: usize = 4;

/// A file of the archive, where it goes and what it is.
struct ZippedFile {
    index: usize,
    path: PathBuf,
    size: u64,
    is_executable: bool,
}

/// Unpacks a zip archive into `tree`, its files side by side.
pub(crate) fn unpack(
    archive: &Path,
    tree: &mut Tree,
    budget: &Budget,
    monitor: &Monitor,
) -> Result<(), FetchError> {
    let file = File::open(archive).and_then(SharedFile::new).map_err(FetchError::io("open", archive))?;
    let mut zip = ZipArchive::new(file).map_err(unreadable)?;
    if zip.has_duplicate_names() {
        return Err(unreadable(ZipError::InvalidArchive("two entries have the same name".into())));
    }
    let files = lay_out(&mut zip, tree)?;
    budget.compare(files.iter().map(|file| file.size).fold(0, u64::saturating_add))?;
    let (done, total) = (AtomicU64::new(0), files.len() as u64);
    let write_all = || {
        files.par_iter().with_min_len(64).try_for_each_init(
            || (zip.clone(), ContentWriter::new(budget, monitor)),
            |(zip, writer), file| {
                write_file(zip, file, &tree.absolute(&file.path), writer)?;
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                (monitor.progress)("unpacking", done, total, "files");
                Ok(())
            },
        )
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    match ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(write_all),
        Err(_) => write_all(),
    }
}

/// Makes the folders, reserves the places of files and links, and says which files are to be written.
fn lay_out(zip: &mut ZipArchive<SharedFile>, tree: &mut Tree) -> Result<Vec<ZippedFile>, FetchError> {
    let mut files = Vec::with_capacity(zip.len());
    for index in 0..zip.len() {
        let entry = zip.by_index_data(index).map_err(unreadable)?;
        // Some programs write the separator of their own system.
        let name = entry.name().map_err(unreadable)?.replace('\\', "/");
        let refused = |reason: &str| FetchError::entry(name.as_str(), reason);
        let path = entry_path(name.as_bytes()).map_err(refused)?;
        if entry.encrypted() {
            return Err(refused("is encrypted"));
        }
        let mode = entry.unix_mode().unwrap_or(0);
        let size = entry.size();
        match mode & TYPE {
            _ if name.ends_with('/') => tree.add_folder(&path)?,
            FOLDER => tree.add_folder(&path)?,
            LINK => {
                let target = read_link(zip, index, &name)?;
                tree.add_symbolic_link(&path, target)?;
            }
            0 | REGULAR => {
                tree.add_file(&path)?;
                files.push(ZippedFile { index, path, size, is_executable: mode & 0o100 != 0 });
            }
            _ => return Err(refused("is a device, a pipe or a socket")),
        }
    }
    Ok(files)
}

fn read_link(zip: &mut ZipArchive<SharedFile>, index: usize, name: &str) -> Result<OsString, FetchError> {
    let failed = |reason: String| FetchError::entry(name, format!("cannot be read: {reason}"));
    let entry = zip.by_index(index).map_err(|error| failed(error.to_string()))?;
    let mut text = Vec::new();
    entry.take(LONGEST_LINK).read_to_end(&mut text).map_err(|error| failed(error.to_string()))?;
    Ok(OsString::from_vec(text))
}

fn write_file(
    zip: &mut ZipArchive<SharedFile>,
    zipped: &ZippedFile,
    path: &Path,
    writer: &mut ContentWriter<'_>,
) -> Result<(), FetchError> {
    let name = zipped.path.to_string_lossy();
    let failed = |reason: String| FetchError::entry(name.as_ref(), format!("cannot be read: {reason}"));
    let entry = zip.by_index(zipped.index).map_err(|error| failed(error.to_string()))?;
    let mut file = create_file(path, zipped.is_executable)?;
    let mut limited = entry.take(zipped.size.saturating_add(1));
    match writer.write(&mut limited, &mut file, path, failed, &mut || ())? {
        written if written > zipped.size => Err(FetchError::entry(name.as_ref(), "is longer than it says")),
        _ => Ok(()),
    }
}

fn unreadable(error: ZipError) -> FetchError {
    FetchError::Archive { format: "zip", reason: error.to_string() }
}
