use super::entry_path::link_target;
use crate::FetchError;
use std::{
    collections::{BTreeSet, HashMap},
    ffi::OsString,
    fs::{self, File, OpenOptions, Permissions},
    io::ErrorKind,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt, fs::symlink},
    path::{Path, PathBuf},
};

/// The folder that an archive is unpacked into, and what is in it so far. Every path is relative to it.
pub(crate) struct Tree {
    root: PathBuf,
    entries: HashMap<PathBuf, EntryKind>,
    links: Vec<Link>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EntryKind {
    File,
    Folder,
    Link,
}

struct Link {
    path: PathBuf,
    target: Target,
}

enum Target {
    /// A path relative to the link.
    Symbolic(OsString),
    /// A file of the archive.
    Hard(PathBuf),
}

impl Tree {
    /// `root` is new and empty.
    pub(crate) fn new(root: &Path) -> Self {
        let entries = HashMap::from([(PathBuf::new(), EntryKind::Folder)]);
        Self { root: root.to_owned(), entries, links: Vec::new() }
    }

    /// Where a path lies.
    pub(crate) fn absolute(&self, path: &Path) -> PathBuf {
        self.root.join(path)
    }

    /// Makes a folder and those above it. One that is there already is none too many.
    pub(crate) fn add_folder(&mut self, path: &Path) -> Result<(), FetchError> {
        self.make_folders(path, path)
    }

    /// Makes the folder at `path` and those above it, for an entry.
    fn make_folders(&mut self, path: &Path, entry: &Path) -> Result<(), FetchError> {
        let known = |path: &Path| self.entries.get(path).copied();
        let missing: Vec<&Path> = path.ancestors().take_while(|path| known(path).is_none()).collect();
        let base = path.ancestors().nth(missing.len()).unwrap_or(Path::new(""));
        if known(base) != Some(EntryKind::Folder) {
            let reason = format!("is to lie in `{}`, which is no folder", base.display());
            return Err(FetchError::entry(entry.to_string_lossy(), reason));
        }
        for folder in missing.into_iter().rev() {
            let absolute = self.absolute(folder);
            fs::create_dir(&absolute).map_err(FetchError::io("create", &absolute))?;
            self.entries.insert(folder.to_owned(), EntryKind::Folder);
        }
        Ok(())
    }

    /// Reserves the place of a file and makes the folders above it.
    pub(crate) fn add_file(&mut self, path: &Path) -> Result<(), FetchError> {
        self.reserve(path, EntryKind::File)
    }

    /// Reserves the place of a symbolic link with that text.
    pub(crate) fn add_symbolic_link(&mut self, path: &Path, target: OsString) -> Result<(), FetchError> {
        link_target(path, target.as_bytes())
            .map_err(|reason| FetchError::entry(path.to_string_lossy(), reason))?;
        self.add_link(path, Target::Symbolic(target))
    }

    /// Reserves the place of another name of the archive's file `target`.
    pub(crate) fn add_hard_link(&mut self, path: &Path, target: PathBuf) -> Result<(), FetchError> {
        self.add_link(path, Target::Hard(target))
    }

    fn add_link(&mut self, path: &Path, target: Target) -> Result<(), FetchError> {
        self.reserve(path, EntryKind::Link)?;
        self.links.push(Link { path: path.to_owned(), target });
        Ok(())
    }

    fn reserve(&mut self, path: &Path, kind: EntryKind) -> Result<(), FetchError> {
        if self.entries.contains_key(path) {
            return Err(FetchError::entry(path.to_string_lossy(), "is there twice"));
        }
        self.make_folders(path.parent().unwrap_or(Path::new("")), path)?;
        self.entries.insert(path.to_owned(), kind);
        Ok(())
    }

    /// Makes the links, hard ones first: once there are symbolic ones, a path may lead elsewhere than it says.
    pub(crate) fn make_links(self) -> Result<(), FetchError> {
        let symbolic_paths: BTreeSet<&Path> = self.links.iter().map(|link| link.path.as_path()).collect();
        for Link { path, target } in &self.links {
            if let Target::Hard(target) = target {
                self.make_hard_link(path, target)?;
            }
        }
        for Link { path, target } in &self.links {
            if let Target::Symbolic(target) = target {
                let absolute = self.absolute(path);
                symlink(target, &absolute).map_err(FetchError::io("create", &absolute))?;
            }
        }
        let root = self.root.canonicalize().map_err(FetchError::io("read", &self.root))?;
        self.links
            .iter()
            .filter(|link| matches!(link.target, Target::Symbolic(_)))
            .try_for_each(|link| self.check_symbolic_link(&link.path, &root, &symbolic_paths))
    }

    fn make_hard_link(&self, path: &Path, target: &Path) -> Result<(), FetchError> {
        if self.entries.get(target) != Some(&EntryKind::File) {
            let reason = format!("links to `{}`, which is no file of the archive", target.display());
            return Err(FetchError::entry(path.to_string_lossy(), reason));
        }
        let absolute = self.absolute(path);
        fs::hard_link(self.absolute(target), &absolute).map_err(FetchError::io("create", &absolute))
    }

    /// A link must lead to a file in the folder, or to a folder in it that has no links itself: whoever
    /// follows links would else copy without end.
    fn check_symbolic_link(
        &self,
        path: &Path,
        root: &Path,
        links: &BTreeSet<&Path>,
    ) -> Result<(), FetchError> {
        let refused = |reason: &str| FetchError::entry(path.to_string_lossy(), reason);
        let absolute = self.absolute(path);
        let target = absolute.canonicalize().map_err(|error| match error.kind() {
            ErrorKind::NotFound => refused("links to something that the archive does not hold"),
            _ => refused("links in a circle"),
        })?;
        let inside =
            target.strip_prefix(root).map_err(|_| refused("links to a place outside of the folder"))?;
        let holds_links = links.range(inside..).next().is_some_and(|link| link.starts_with(inside));
        if holds_links && target.is_dir() {
            return Err(refused("links to a folder that holds links itself"));
        }
        Ok(())
    }
}

/// Makes a file that must not be there yet, executable or not, whatever else the archive says of its
/// permissions and whatever the process's own mask is.
pub(crate) fn create_file(path: &Path, is_executable: bool) -> Result<File, FetchError> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let file = file.map_err(FetchError::io("create", path))?;
    if is_executable {
        file.set_permissions(Permissions::from_mode(0o755)).map_err(FetchError::io("create", path))?;
    }
    Ok(file)
}
