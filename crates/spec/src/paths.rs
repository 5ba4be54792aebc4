use crate::{diagnostics::Diagnostics, source::Span};
use std::path::{Component, Path, PathBuf};

/// The path of an input as it is filed: without `.` and trailing slashes, relative to the root where it lies
/// below it. `..` stays, since behind a symbolic link it means another folder than it seems to.
pub(crate) fn input(text: &str, root: &Path, span: Span, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    if text.trim().is_empty() {
        diagnostics.error(span, "a path must not be empty");
        return None;
    }
    if text.contains('\0') {
        diagnostics.error(span, "a path must not hold a zero byte");
        return None;
    }
    let path = Path::new(text);
    let path = path.strip_prefix(root).unwrap_or(path);
    let normal: PathBuf = path.components().filter(|component| *component != Component::CurDir).collect();
    Some(if normal.as_os_str().is_empty() { PathBuf::from(".") } else { normal })
}

/// The path of an output inside its stage's folder, or a path inside an output: relative and without `..`.
pub(crate) fn inner(text: &str, what: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<String> {
    let mut parts = Vec::new();
    let mut fault = None;
    for component in Path::new(text).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy()),
            Component::CurDir => {}
            Component::ParentDir => fault = Some("must not contain `..`"),
            Component::RootDir | Component::Prefix(_) => fault = Some("must not be absolute"),
        }
    }
    if text.contains('\0') {
        fault = Some("must not hold a zero byte");
    }
    if parts.is_empty() {
        fault = fault.or(Some("must not be empty"));
    }
    if let Some(fault) = fault {
        diagnostics.error(span, format!("{what} `{}` {fault}", text.escape_debug()));
        return None;
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span { source: 0, start: 0, end: 0 };

    #[test]
    fn inputs_are_normalised() {
        let input = |text| input(text, Path::new("/project"), SPAN, &mut Diagnostics::default());
        assert_eq!(input("./data//x/"), Some("data/x".into()));
        assert_eq!(input("/project/data"), Some("data".into()));
        assert_eq!(input("/elsewhere/./data/"), Some("/elsewhere/data".into()));
        assert_eq!(input("../data"), Some("../data".into()));
        assert_eq!(input("."), Some(".".into()));
        assert_eq!(input(""), None);
    }

    #[test]
    fn outputs_stay_inside() {
        let inner = |text| inner(text, "output", SPAN, &mut Diagnostics::default());
        assert_eq!(inner("./a//b/").as_deref(), Some("a/b"));
        for text in ["", ".", "/a", "../a", "a/../../b", "a\0"] {
            assert_eq!(inner(text), None, "{text}");
        }
    }
}
