use crate::{diagnostics::Diagnostics, node::Entry};

/// File names may have 255 bytes; a cell's values come after the stage's name.
const LONGEST: usize = 80;

/// What [`is_valid`] accepts, as a regular expression.
pub(crate) const PATTERN: &str = "^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$";

/// Whether a name can stand in references, file names and command lines.
fn is_valid(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len())
        && !name.starts_with('-')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'))
}

/// Reports a key that is no valid name of `what`, as in "an output".
pub(crate) fn check(what: &str, entry: &Entry, diagnostics: &mut Diagnostics) -> bool {
    let is_valid = is_valid(&entry.key);
    if !is_valid {
        diagnostics
            .error(entry.key_span, format!("`{}` cannot be the name of {what}", entry.key))
            .hint(format!("names are up to {LONGEST} of the letters a to z, digits, `_` and `-`, the first of them no `-`"));
    }
    is_valid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_paths_and_references() {
        for name in ["a", "tiny_imagenet-2", "1", "_", &"x".repeat(LONGEST)] {
            assert!(is_valid(name), "{name}");
        }
        for name in ["", "-a", "a.b", "a/b", "..", "a@b", "a b", "ä", &"x".repeat(LONGEST + 1)] {
            assert!(!is_valid(name), "{name}");
        }
    }
}
