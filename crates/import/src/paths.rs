/// The path `path` seen from `folder`, without `.` and with `..` taken back where it can be. Both are written
/// with `/`; the empty folder is the project.
pub(crate) fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether the path lies in the project.
pub(crate) fn is_inside(path: &str) -> bool {
    !path.starts_with('/') && path != ".." && !path.starts_with("../")
}

/// Whether it names something that no file system has: `s3://…`, `https://…`, `remote://…`.
pub(crate) fn is_remote(path: &str) -> bool {
    path.split_once("://").is_some_and(|(scheme, _)| {
        scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '+')
    })
}

/// What comes after `folder` in a path that lies in it: empty for the folder itself.
pub(crate) fn inside<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    match path.strip_prefix(folder)? {
        "" => Some(""),
        rest => rest.strip_prefix('/'),
    }
}

/// The folders that a path lies in, outermost first, without the project itself.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at]).filter(|folder| !folder.is_empty())
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder that a path lies in; empty for the project.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_lexically() {
        for (folder, path, joined) in [
            ("", "./a//b/", "a/b"),
            ("src", "../data/x", "data/x"),
            ("src", "../../x", "../x"),
            ("a/b", ".", "a/b"),
            ("a", "/x", "/x"),
            ("", ".", ""),
        ] {
            assert_eq!(join(folder, path), joined, "{folder} {path}");
        }
        assert!(!is_inside(&join("src", "../../x")));
    }

    #[test]
    fn folders_around_a_path() {
        assert_eq!(ancestors("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(inside("a/b", "a"), Some("b"));
        assert_eq!(inside("ab", "a"), None);
        assert!(is_remote("s3://bucket/x") && !is_remote("a/b"));
    }
}
