use super::{
    content::ContentWriter,
    entry_path::entry_path,
    tree::{Tree, create_file},
};
use crate::{FetchError, Monitor, space::Budget};
use flate2::bufread::MultiGzDecoder;
use std::{
    cell::Cell,
    ffi::OsString,
    fs::File,
    io::{self, BufReader, Read},
    os::unix::ffi::OsStringExt,
    path::Path,
    rc::Rc,
};
use tar::{Archive, Entry, EntryType};

/// How much of the archive is read at once.
const BUFFER: usize = 256 << 10;

/// How much may be read from one entry's content to the next: headers, long names and the like, which are
/// kept in memory.
const MOST_BETWEEN: u64 = 1 << 20;

/// Unpacks a tar archive, perhaps compressed with gzip, into `tree`.
pub(crate) fn unpack(
    archive: &Path,
    is_gzip: bool,
    tree: &mut Tree,
    budget: &Budget,
    monitor: &Monitor,
) -> Result<(), FetchError> {
    let file = File::open(archive).map_err(FetchError::io("open", archive))?;
    let total = file.metadata().map_err(FetchError::io("open", archive))?.len();
    let position = Rc::new(Cell::new(0));
    let counted = Counted { inner: file, position: Rc::clone(&position) };
    let buffered = BufReader::with_capacity(BUFFER, counted);
    let plain: Box<dyn Read> =
        if is_gzip { Box::new(MultiGzDecoder::new(buffered)) } else { Box::new(buffered) };
    let advance = || (monitor.progress)("unpacking", position.get(), total, "bytes");
    let mut unpacker = Unpacker {
        allowance: Rc::new(Cell::new(MOST_BETWEEN)),
        writer: ContentWriter::new(budget, monitor),
        monitor,
        advance: &advance,
    };
    unpacker.unpack(plain, tree)
}

struct Unpacker<'a> {
    /// How much may still be read before an entry's content begins.
    allowance: Rc<Cell<u64>>,
    writer: ContentWriter<'a>,
    monitor: &'a Monitor<'a>,
    advance: &'a dyn Fn(),
}

impl Unpacker<'_> {
    fn unpack(&mut self, plain: Box<dyn Read>, tree: &mut Tree) -> Result<(), FetchError> {
        let mut archive = Archive::new(Guarded { inner: plain, allowance: Rc::clone(&self.allowance) });
        for entry in archive.entries().map_err(unreadable)? {
            let mut entry = entry.map_err(unreadable)?;
            self.monitor.check()?;
            (self.advance)();
            self.allowance.set(u64::MAX);
            self.add(&mut entry, tree)?;
            self.allowance.set(MOST_BETWEEN);
        }
        // What is behind the last entry tells whether the compressed stream is whole.
        self.allowance.set(u64::MAX);
        let mut rest = archive.into_inner();
        let mut buffer = vec![0; BUFFER];
        while rest.read(&mut buffer).map_err(unreadable)? > 0 {
            self.monitor.check()?;
        }
        Ok(())
    }

    fn add(&mut self, entry: &mut Entry<'_, impl Read>, tree: &mut Tree) -> Result<(), FetchError> {
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            // It holds remarks on all entries, such as the commit that `git archive` was made from.
            return skip(entry);
        }
        let name = entry.path_bytes().into_owned();
        let shown = String::from_utf8_lossy(&name).into_owned();
        let refused = |reason: &str| FetchError::entry(shown.as_str(), reason);
        let path = entry_path(&name).map_err(refused)?;
        match kind {
            EntryType::Directory => tree.add_folder(&path),
            EntryType::Regular | EntryType::Continuous => self.write_file(entry, &path, tree),
            EntryType::Symlink => tree.add_symbolic_link(&path, OsString::from_vec(link_name(entry)?)),
            EntryType::Link => {
                let target = entry_path(&link_name(entry)?)
                    .map_err(|_| refused("links to a place outside of the folder"))?;
                tree.add_hard_link(&path, target)
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => Err(refused("is a device or a pipe")),
            // A sparse file of a few bytes may have terabytes of zeros.
            EntryType::GNUSparse => Err(refused("is a sparse file")),
            _ => Err(refused("is of a kind that is not known")),
        }
    }

    fn write_file(
        &mut self,
        entry: &mut Entry<'_, impl Read>,
        path: &Path,
        tree: &mut Tree,
    ) -> Result<(), FetchError> {
        let mode = entry.header().mode().map_err(unreadable)?;
        tree.add_file(path)?;
        let place = tree.absolute(path);
        let mut file = create_file(&place, mode & 0o100 != 0)?;
        let failed =
            |reason: String| FetchError::entry(path.to_string_lossy(), format!("cannot be read: {reason}"));
        let advance = self.advance;
        self.writer.write(entry, &mut file, &place, failed, &mut || advance()).map(drop)
    }
}

fn link_name(entry: &Entry<'_, impl Read>) -> Result<Vec<u8>, FetchError> {
    entry
        .link_name_bytes()
        .map(|name| name.into_owned())
        .ok_or_else(|| FetchError::entry(String::from_utf8_lossy(&entry.path_bytes()), "links to nowhere"))
}

fn skip(entry: &mut impl Read) -> Result<(), FetchError> {
    io::copy(entry, &mut io::sink()).map(drop).map_err(unreadable)
}

fn unreadable(error: io::Error) -> FetchError {
    FetchError::Archive { format: "tar", reason: error.to_string() }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    position: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.position.set(self.position.get() + count as u64);
        Ok(count)
    }
}

/// Refuses to read more than it is allowed.
struct Guarded<R> {
    inner: R,
    allowance: Rc<Cell<u64>>,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match self.allowance.get().checked_sub(count as u64) {
            Some(left) => self.allowance.set(left),
            None => return Err(io::Error::other("a name or header of more than 1 MiB")),
        }
        Ok(count)
    }
}
