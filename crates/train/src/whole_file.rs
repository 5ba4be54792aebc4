use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

/// Writes a file under a temporary name that ends in `.tmp`, then renames it: `path` never holds half of
/// it. With `sync` that is true after a power cut, too.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], sync: bool) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if sync {
        file.as_file().sync_all()?;
    }
    file.persist(path)?;
    if sync {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
