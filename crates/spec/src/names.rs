use crate::{diagnostics::Diagnostics, node::Entry};

/// File names may have 255 bytes; a cell's values come after the stage's name.
const LONGEST: usize = 80;

/// Whether a name can stand in references, file names and command lines.
fn is_valid(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len())
        && !name.starts_with('-')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'))
}

/// Reports a key that is no valid name of a `what`.
pub(crate) fn check(what: &str, entry: &Entry, diagnostics: &mut Diagnostics) -> bool {
    let is_valid = is_valid(&entry.key);
    if !is_valid {
        diagnostics
            .error(entry.key_span, format!("`{}` cannot be the name of a {what}", entry.key))
            .hint(format!("names are up to {LONGEST} of the letters a to z, digits, `_` and `-`, the first of them no `-`"));
    }
    is_valid
}
