use crate::{
    Digest, Store, StoreError, file_digests::Owner, layout::create_folder, path_key::PathKey, stamp::now,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

impl Store {
    /// Whether the store has this object, whole. One that was not touched since it was last looked at is
    /// not read.
    pub fn has_object(&self, digest: &Digest) -> bool {
        match self.digest_of_object(digest) {
            Ok(found) if found == *digest => true,
            Err(error) if error.is_not_found() => false,
            Ok(_) => {
                self.warn(format!("object {digest} is damaged; the stage that makes it runs again"));
                false
            }
            Err(error) => {
                self.warn(format!("{error}; the stage that makes it runs again"));
                false
            }
        }
    }

    /// Moves the object aside unless it is whole.
    ///
    /// # Errors
    /// [`StoreError::MissingObject`], or [`StoreError::DamagedObject`] once it is moved aside.
    pub(crate) fn check_object(&self, digest: &Digest) -> Result<(), StoreError> {
        match self.digest_of_object(digest) {
            Ok(found) if found == *digest => Ok(()),
            Err(error) if error.is_not_found() => Err(StoreError::MissingObject { digest: *digest }),
            _ => Err(StoreError::DamagedObject { digest: *digest, moved_to: self.move_aside(digest)? }),
        }
    }

    /// The digest of what lies where `digest` should.
    pub(crate) fn digest_of_object(&self, digest: &Digest) -> Result<Digest, StoreError> {
        let path = self.object_path(digest);
        Ok(self.digests(Owner::Store).content(&path, self.object_key(digest))?.digest)
    }

    /// The digest of the file or folder at the path `inside` of an object that is a folder. What the store
    /// knows of its files is not read again.
    ///
    /// # Errors
    /// When there is no such object, or nothing at that path.
    pub fn digest_in_object(&self, digest: &Digest, inside: &str) -> Result<Digest, StoreError> {
        let path = self.object_path(digest).join(inside);
        let key = self.object_key(digest).descendant(Path::new(inside));
        Ok(self.digests(Owner::Store).content(&path, key)?.digest)
    }

    pub(crate) fn object_key(&self, digest: &Digest) -> PathKey {
        PathKey::of(&self.inner.project_root, &self.object_path(digest))
    }

    /// Moves an object to `damaged/`, for inspection, and says where to.
    pub(crate) fn move_aside(&self, digest: &Digest) -> Result<PathBuf, StoreError> {
        let folder = self.inner.layout.damaged();
        create_folder(&folder)?;
        let target = folder.join(format!("{digest}-{:x}", now()));
        let path = self.object_path(digest);
        fs::rename(&path, &target).map_err(|error| StoreError::writing("move aside", &path, error))?;
        Ok(target)
    }
}
