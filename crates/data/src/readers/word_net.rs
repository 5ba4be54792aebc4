use super::folder;
use crate::DataError;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Readable names for WordNet ids, from `words.txt`: an id, a tab, synonyms with commas between.
///
/// A class is called by its first synonym, by all of them where two classes share the first, and by its
/// id where the file or the line is missing.
pub(crate) fn class_names(words: &Path, ids: &[String]) -> Result<Vec<String>, DataError> {
    let text = folder::read_text_if_there(words)?.unwrap_or_default();
    let synonyms: HashMap<&str, &str> = text.lines().filter_map(|line| line.split_once('\t')).collect();
    let names: Vec<(&str, &str)> = ids
        .iter()
        .map(|id| match synonyms.get(id.as_str()) {
            Some(all) => (all.split(',').next().unwrap_or(all).trim(), all.trim()),
            None => (id.as_str(), id.as_str()),
        })
        .collect();
    let (mut seen, mut shared) = (HashSet::new(), HashSet::new());
    for (first, _) in &names {
        if !seen.insert(*first) {
            shared.insert(*first);
        }
    }
    let name = |(first, all)| if shared.contains(first) { all } else { first };
    Ok(names.iter().copied().map(name).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_first_synonyms_unless_two_classes_share_them() {
        let folder = tempfile::tempdir().unwrap();
        let words = folder.path().join("words.txt");
        std::fs::write(&words, "n1\tgoldfish, Carassius auratus\nn2\tcrane\nn3\tcrane, lifting device\n")
            .unwrap();
        let ids = ["n1", "n2", "n3", "n4"].map(str::to_owned);
        let names = class_names(&words, &ids).unwrap();
        assert_eq!(names, ["goldfish", "crane", "crane, lifting device", "n4"]);
    }
}
