use super::{gzip, tape, tree::Tree, zip_archive};
use crate::{FetchError, Monitor, space::Budget};
use spec::kinds::ArchiveFormat;
use std::{fs, path::Path};

/// Unpacks an archive into the new folder `output`, or a compressed file to it. If that fails, nothing is
/// left there.
pub(crate) fn unpack(
    format: ArchiveFormat,
    archive: &Path,
    output: &Path,
    monitor: &Monitor,
) -> Result<(), FetchError> {
    let unpacked = match format {
        ArchiveFormat::Gz => gzip::unpack(archive, output, monitor),
        _ => unpack_tree(format, archive, output, monitor),
    };
    if unpacked.is_err() {
        let _ = if output.is_dir() { fs::remove_dir_all(output) } else { fs::remove_file(output) };
    }
    unpacked
}

fn unpack_tree(
    format: ArchiveFormat,
    archive: &Path,
    output: &Path,
    monitor: &Monitor,
) -> Result<(), FetchError> {
    fs::create_dir(output).map_err(FetchError::io("create", output))?;
    let budget = Budget::at(output);
    let mut tree = Tree::new(output);
    match format {
        ArchiveFormat::Zip => zip_archive::unpack(archive, &mut tree, &budget, monitor)?,
        ArchiveFormat::Tar => tape::unpack(archive, false, &mut tree, &budget, monitor)?,
        _ => tape::unpack(archive, true, &mut tree, &budget, monitor)?,
    }
    tree.make_links()
}
