use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Component, Path, PathBuf},
};

/// The longest path that the system takes, in bytes.
const LONGEST: usize = 4096;

/// Where an entry of that name goes, relative to the folder; empty for the folder itself.
///
/// # Errors
/// What is wrong with the name, if it does not say a place in the folder.
pub(crate) fn entry_path(name: &[u8]) -> Result<PathBuf, &'static str> {
    if name.is_empty() {
        return Err("has no name");
    }
    if name.len() > LONGEST {
        return Err("has a name of more than 4096 bytes");
    }
    if name.contains(&0) {
        return Err("has a zero byte in its name");
    }
    inside(Path::new(""), name)
}

/// Where a link at `link`, relative to the folder, leads to by its text alone.
pub(crate) fn link_target(link: &Path, target: &[u8]) -> Result<PathBuf, &'static str> {
    if target.is_empty() || target.contains(&0) {
        return Err("links to nowhere");
    }
    let mut path = link.parent().unwrap_or(Path::new("")).to_owned();
    for component in Path::new(OsStr::from_bytes(target)).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::ParentDir if path.pop() => {}
            Component::CurDir => {}
            _ => return Err("links to a place outside of the folder"),
        }
    }
    Ok(path)
}

fn inside(folder: &Path, name: &[u8]) -> Result<PathBuf, &'static str> {
    let mut path = folder.to_owned();
    for component in Path::new(OsStr::from_bytes(name)).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir => return Err("has `..` in its name"),
            Component::RootDir | Component::Prefix(_) => return Err("has an absolute path as its name"),
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_places_in_the_folder() {
        for (name, expected) in [
            ("a", "a"),
            ("./a//b/", "a/b"),
            ("a/./b", "a/b"),
            ("./", ""),
            (".", ""),
            ("..a", "..a"),
            ("a\\b", "a\\b"),
        ] {
            assert_eq!(entry_path(name.as_bytes()), Ok(expected.into()), "{name}");
        }
        assert_eq!(entry_path(b"\xff/b").unwrap().as_os_str().as_bytes(), b"\xff/b");
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "..", "../a", "a/../b", "a/..", "/a", "//a", "/", "a\0b"] {
            assert!(entry_path(name.as_bytes()).is_err(), "{name:?}");
        }
        assert!(entry_path(&[b'a'; 5000]).is_err());
    }

    #[test]
    fn links_lead_to_places_in_the_folder() {
        let target = |link: &str, target: &str| link_target(Path::new(link), target.as_bytes());
        assert_eq!(target("a/b", "c"), Ok("a/c".into()));
        assert_eq!(target("a/b", "../c"), Ok("c".into()));
        assert_eq!(target("a/b", ".."), Ok("".into()));
        for outside in ["/etc/passwd", "../../c", "../c/../../d", "", "a\0"] {
            assert!(target("a/b", outside).is_err(), "{outside:?}");
        }
    }
}
