use crate::{
    FetchError, Monitor,
    checksum::{Algorithm, Hasher},
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Seek, Write},
    path::{Path, PathBuf},
};

/// The name of the file itself in the folder of a partial download.
const CONTENT: &str = "download";
/// The name of the file that says where it comes from.
const ORIGIN: &str = "origin.json";

/// What is there of a download so far. It survives its process: the next one goes on where this ended.
pub(crate) struct Partial {
    folder: PathBuf,
    /// Locked as long as this lives, since an orphan of a killed run may still be writing.
    file: File,
    origin: Option<Origin>,
    algorithm: Algorithm,
    hasher: Hasher,
    length: u64,
    /// The greatest length there ever was: a server that starts anew each time makes no headway.
    furthest: u64,
    /// Whether its bytes came in more than one piece, which need not belong together.
    is_stitched: bool,
}

/// Where the bytes of a partial download come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) url: String,
    /// What `If-Range` takes: a strong `ETag`, or the time of the last modification.
    pub(crate) validator: Option<String>,
    /// How many bytes there are in all, if the server says so.
    pub(crate) total: Option<u64>,
}

impl Partial {
    /// Opens the partial download in `folder`, waiting while another process has it open. What is there is
    /// used only if `is_checked`, that is, if a checksum tells in the end: after a power cut there may be
    /// holes.
    pub(crate) fn open(
        folder: &Path,
        algorithm: Algorithm,
        is_checked: bool,
        monitor: &Monitor,
    ) -> Result<Self, FetchError> {
        fs::create_dir_all(folder).map_err(FetchError::io("create", folder))?;
        let path = folder.join(CONTENT);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(FetchError::io("open", &path))?;
        file.lock().map_err(FetchError::io("lock", &path))?;
        let mut partial = Self {
            folder: folder.to_owned(),
            file,
            origin: None,
            algorithm,
            hasher: algorithm.hasher(),
            length: 0,
            furthest: 0,
            is_stitched: false,
        };
        let origin = fs::read(folder.join(ORIGIN)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        match origin.filter(|_| is_checked) {
            Some(origin) => partial.take_in(origin, monitor)?,
            None => partial.restart()?,
        }
        Ok(partial)
    }

    /// Reads what is there, so that its digest is known.
    fn take_in(&mut self, origin: Origin, monitor: &Monitor) -> Result<(), FetchError> {
        let mut buffer = vec![0; 1 << 20];
        loop {
            monitor.check()?;
            match self.file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    self.hasher.update(&buffer[..count]);
                    self.length += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(FetchError::io("read", &self.path())(error)),
            }
        }
        self.furthest = self.length;
        self.is_stitched = self.length > 0;
        self.origin = Some(origin);
        Ok(())
    }

    /// Throws away what is there.
    pub(crate) fn restart(&mut self) -> Result<(), FetchError> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.rewind());
        emptied.map_err(FetchError::io("empty", &self.path()))?;
        self.hasher = self.algorithm.hasher();
        (self.length, self.origin, self.is_stitched) = (0, None, false);
        Ok(())
    }

    /// Notes where the bytes come from that are about to be appended.
    pub(crate) fn continue_from(&mut self, origin: Origin) -> Result<(), FetchError> {
        self.is_stitched |= self.length > 0;
        if self.origin.as_ref() != Some(&origin) {
            let (path, new) = (self.folder.join(ORIGIN), self.folder.join("origin.new"));
            let text = serde_json::to_vec(&origin).unwrap_or_default();
            let written = fs::write(&new, text).and_then(|()| fs::rename(&new, &path));
            written.map_err(FetchError::io("write", &path))?;
        }
        self.origin = Some(origin);
        Ok(())
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file.write_all(bytes).map_err(FetchError::io("write", &self.path()))?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        self.furthest = self.furthest.max(self.length);
        Ok(())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(CONTENT)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn furthest(&self) -> u64 {
        self.furthest
    }

    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    pub(crate) fn is_stitched(&self) -> bool {
        self.is_stitched
    }

    /// The checksum of what is there.
    pub(crate) fn checksum(&self) -> String {
        self.hasher.checksum()
    }
}
