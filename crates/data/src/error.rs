use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a dataset could not be built, opened or summed up. Every message names a file and a reason.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder is there, but its content is not what its place promises.
    #[error("{}: {reason}{}", path.display(), hint_line(hint.as_deref()))]
    Invalid {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// A way out, if there is one.
        hint: Option<String>,
    },
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: `read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The HDF5 library refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Hdf5 {
        /// What was tried: `read images of`.
        action: &'static str,
        /// The HDF5 file.
        path: PathBuf,
        /// What the library said.
        source: hdf5::Error,
    },
    /// Some images could not be decoded or do not fit the others.
    #[error(transparent)]
    BadImages(#[from] BadImages),
    /// The parameters ask for something that the source does not have.
    #[error("{reason}{}", hint_line(hint.as_deref()))]
    Parameters {
        /// What is wrong.
        reason: String,
        /// A way out, if there is one.
        hint: Option<String>,
    },
    /// Somebody asked the work to stop.
    #[error("interrupted")]
    Interrupted,
}

impl DataError {
    /// The content of `path` is wrong for `reason`.
    pub(crate) fn invalid(path: &Path, reason: impl Into<String>) -> Self {
        Self::Invalid { path: path.to_path_buf(), reason: reason.into(), hint: None }
    }

    /// As [`DataError::invalid`], with a way out.
    pub(crate) fn invalid_with_hint(path: &Path, reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Invalid { path: path.to_path_buf(), reason: reason.into(), hint: Some(hint.into()) }
    }

    /// Makes the error of an operation on `path` from what the system said.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// Makes the error of an operation on `path` from what the HDF5 library said.
    pub(crate) fn hdf5(action: &'static str, path: &Path) -> impl FnOnce(hdf5::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Hdf5 { action, path, source }
    }
}

/// The images of a split that could not be used: the first few by name, and how many there are.
#[derive(Debug)]
pub struct BadImages {
    /// How many images are bad.
    pub count: usize,
    /// The first of them, with what is wrong with each.
    pub first: Vec<BadImage>,
}

/// One image that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadImage {
    /// The file, or the file and the image's number in it.
    pub name: String,
    /// What is wrong.
    pub reason: String,
}

/// Bad images that an error names.
const NAMED_BAD_IMAGES: usize = 5;

impl BadImages {
    /// The error of images that could not be used, if there are any.
    pub fn of(mut images: Vec<BadImage>) -> Option<Self> {
        let count = images.len();
        images.truncate(NAMED_BAD_IMAGES);
        (count > 0).then_some(Self { count, first: images })
    }
}

impl std::error::Error for BadImages {}

impl fmt::Display for BadImages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => write!(formatter, "1 image could not be used:")?,
            count => write!(formatter, "{count} images could not be used:")?,
        }
        for bad in &self.first {
            write!(formatter, "\n  {}: {}", bad.name, bad.reason)?;
        }
        if self.count > self.first.len() {
            write!(formatter, "\n  and {} more", self.count - self.first.len())?;
        }
        Ok(())
    }
}

fn hint_line(hint: Option<&str>) -> String {
    hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default()
}
