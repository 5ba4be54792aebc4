use crate::{mark, paths};
use std::collections::HashSet;

/// Whether a pipeline file takes it as the name of a stage, an input, an output or a parameter.
pub(crate) fn is_valid(name: &str) -> bool {
    (1..=80).contains(&name.len()) && !name.starts_with('-') && name.chars().all(is_letter)
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')
}

/// The text with everything replaced that a name cannot hold.
pub(crate) fn valid(text: &str) -> String {
    let text = mark::replace(text, |reference| reference.rsplit('.').next().map(str::to_owned));
    let mut name = String::new();
    for letter in text.chars().take(60) {
        if is_letter(letter) && !(name.is_empty() && letter == '-') {
            name.push(letter);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_end_matches('_');
    if name.is_empty() { "x".to_owned() } else { name.to_owned() }
}

/// A file's name without its extension, as a name.
pub(crate) fn of_file(path: &str) -> String {
    let file =
        mark::replace(paths::file_name(path), |reference| reference.rsplit('.').next().map(str::to_owned));
    let stem = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem);
    valid(if stem.is_empty() { &file } else { stem })
}

/// Names that are used only once.
#[derive(Debug, Default)]
pub(crate) struct Unique(HashSet<String>);

impl Unique {
    /// Keeps a name from being given out.
    pub fn reserve(&mut self, name: &str) {
        self.0.insert(name.to_owned());
    }

    /// The first of the names that is free, or the last with a number.
    pub fn take(&mut self, wanted: &[String]) -> String {
        let free = wanted.iter().find(|name| !self.0.contains(*name)).cloned();
        let numbered = || {
            let last = wanted.last().map_or("x", String::as_str);
            (2_u32..).map(|number| format!("{last}_{number}")).find(|name| !self.0.contains(name))
        };
        let name = free.or_else(numbered).unwrap_or_default();
        self.0.insert(name.clone());
        name
    }

    /// A name for a file: that of the file alone if it is free, else with extension, else with its folders.
    pub fn for_path(&mut self, path: &str) -> String {
        self.take(&[of_file(path), valid(paths::file_name(path)), valid(path)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_get_short_names_as_long_as_they_are_free() {
        let mut names = Unique::default();
        let given: Vec<_> =
            ["src/train.py", "a/train.csv", "b/train.csv", "b/train.csv", "data/train", ".env", "ä"]
                .map(|path| names.for_path(path))
                .into();
        assert_eq!(given, ["train", "train_csv", "b_train_csv", "b_train_csv_2", "data_train", "env", "x"]);
        assert!(given.iter().all(|name| is_valid(name)));
    }
}
