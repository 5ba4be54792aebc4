use crate::{Digest, StoreError, atomic, document, read_document};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The version of everything this crate writes. A newer one is refused with advice, an older one is read.
pub const FORMAT: u32 = 1;

/// Where things lie in `.pipeline/`.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) root: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Format {
    format: u32,
}

impl Layout {
    pub(crate) fn objects(&self) -> PathBuf {
        self.root.join("objects")
    }

    pub(crate) fn object(&self, digest: &Digest) -> PathBuf {
        let hex = digest.to_hex();
        let (folder, name) = hex.split_at(2);
        self.root.join("objects").join(folder).join(name)
    }

    pub(crate) fn actions(&self) -> PathBuf {
        self.root.join("actions")
    }

    pub(crate) fn action(&self, key: &Digest) -> PathBuf {
        self.root.join("actions").join(format!("{key}.json"))
    }

    pub(crate) fn stages(&self) -> PathBuf {
        self.root.join("stages")
    }

    pub(crate) fn stage(&self, key: &Digest) -> PathBuf {
        self.root.join("stages").join(key.to_hex())
    }

    pub(crate) fn locks(&self) -> PathBuf {
        self.root.join("locks")
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn damaged(&self) -> PathBuf {
        self.root.join("damaged")
    }

    pub(crate) fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints")
    }

    pub(crate) fn in_use(&self) -> PathBuf {
        self.root.join("in-use")
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.root.join("index")
    }

    fn format(&self) -> PathBuf {
        self.root.join("format")
    }

    /// Refuses a store of a newer version. A damaged version file says nothing about the rest, which
    /// carries versions of its own, and is returned as a warning.
    pub(crate) fn check_format(&self) -> Result<Option<String>, StoreError> {
        match read_document::<Format>(&self.format(), FORMAT) {
            Ok(_) => Ok(None),
            Err(error @ StoreError::Damaged { .. }) => Ok(Some(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// Makes the folders and the version file.
    pub(crate) fn create(&self) -> Result<(), StoreError> {
        for folder in [self.objects(), self.actions(), self.stages(), self.temporary()] {
            create_folder(&folder)?;
        }
        if read_document::<Format>(&self.format(), FORMAT).ok().flatten().is_none() {
            let version = document::encode(&self.format(), &Format { format: FORMAT })?;
            atomic::replace(&self.temporary(), &self.format(), &version)?;
            let ignore = self.root.join(".gitignore");
            fs::write(&ignore, "*\n").map_err(|error| StoreError::writing("write", &ignore, error))?;
        }
        Ok(())
    }
}

/// Makes a folder and those above it.
pub(crate) fn create_folder(path: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(path).map_err(|error| StoreError::writing("create", path, error))
}
