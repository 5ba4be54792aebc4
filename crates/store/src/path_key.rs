use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Component, Path},
};

/// A path as the index knows it: 128 bits of a digest over its components. Paths inside the project count
/// from its root, so that the index survives when the project is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PathKey(pub(crate) [u8; 16]);

impl PathKey {
    /// The project root itself.
    const ROOT: PathKey = PathKey([0; 16]);

    /// The key of `path` in the project at `root`.
    pub(crate) fn of(root: &Path, path: &Path) -> PathKey {
        let inside = path.strip_prefix(root).unwrap_or(path);
        inside
            .components()
            .filter(|component| *component != Component::CurDir)
            .fold(PathKey::ROOT, |parent, component| parent.child(component.as_os_str()))
    }

    /// The key of `name` in this folder.
    pub(crate) fn child(self, name: &OsStr) -> PathKey {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0);
        hasher.update(name.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        PathKey(key)
    }

    /// The key of `relative`, a path below this folder.
    pub(crate) fn descendant(self, relative: &Path) -> PathKey {
        relative.components().fold(self, |parent, component| parent.child(component.as_os_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_from_the_project_root_and_ignores_dots() {
        let key = PathKey::of(Path::new("/project"), Path::new("/project/data/./images"));
        assert_eq!(key, PathKey::of(Path::new("/moved"), Path::new("/moved/data/images")));
        assert_eq!(key, PathKey::ROOT.child(OsStr::new("data")).child(OsStr::new("images")));
        assert_ne!(key, PathKey::of(Path::new("/project"), Path::new("/data/images")));
        assert_ne!(key, PathKey::of(Path::new("/project"), Path::new("/project/dataimages")));
    }
}
