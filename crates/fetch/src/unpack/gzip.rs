use super::{content::ContentWriter, tree::create_file};
use crate::{FetchError, Monitor, space::Budget};
use flate2::bufread::MultiGzDecoder;
use std::{fs::File, io::BufReader, path::Path};

/// How much of the file is read at once.
const BUFFER: usize = 256 << 10;

/// Decompresses a single file.
pub(crate) fn unpack(archive: &Path, output: &Path, monitor: &Monitor) -> Result<(), FetchError> {
    let file = File::open(archive).map_err(FetchError::io("open", archive))?;
    let mut decoder = MultiGzDecoder::new(BufReader::with_capacity(BUFFER, file));
    let budget = Budget::at(output.parent().unwrap_or(output));
    let mut file = create_file(output, false)?;
    let unreadable = |reason| FetchError::Archive { format: "gzip", reason };
    (monitor.progress)("unpacking", 0, 1, "files");
    let mut writer = ContentWriter::new(&budget, monitor);
    writer.write(&mut decoder, &mut file, output, unreadable, &mut || ()).map(drop)
}
