//! References inside texts while the file is being worked on. A value of `dvc.yaml` that becomes a reference of
//! the pipeline file is kept as a mark in the text, so that paths and commands can be taken apart and put
//! together like any other text, and the marks become `${…}` only when the file is written.

use std::ops::Range;

/// Private-use characters, which [`clean`] keeps out of what is read.
const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

/// The mark of a reference such as `params.lr`.
pub(crate) fn of(reference: &str) -> String {
    format!("{OPEN}{reference}{CLOSE}")
}

/// The text without characters that could be taken for marks.
pub(crate) fn clean(text: &str) -> String {
    text.replace([OPEN, CLOSE], "\u{FFFD}")
}

/// The marks of a text: where each stands and what it refers to.
pub(crate) fn all(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(start) = text[position..].find(OPEN).map(|at| position + at) {
        let Some(end) = text[start..].find(CLOSE).map(|at| start + at) else { break };
        found.push((start..end + CLOSE.len_utf8(), &text[start + OPEN.len_utf8()..end]));
        position = end + CLOSE.len_utf8();
    }
    found
}

/// The text with each mark replaced; one for which there is nothing stays.
pub(crate) fn replace(text: &str, with: impl Fn(&str) -> Option<String>) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut position = 0;
    for (range, reference) in all(text) {
        replaced.push_str(&text[position..range.start]);
        match with(reference) {
            Some(value) => replaced.push_str(&value),
            None => replaced.push_str(&text[range.clone()]),
        }
        position = range.end;
    }
    replaced + &text[position..]
}

/// The text as the pipeline file has it: marks as `${…}`, and dollars doubled where one alone would be taken
/// for the beginning of a reference or for an escaped dollar.
pub(crate) fn to_template(text: &str) -> String {
    let mut template = String::with_capacity(text.len());
    let mut position = 0;
    for (range, reference) in all(text) {
        template.push_str(&escaped(&text[position..range.start], true));
        template.push_str(&format!("${{{reference}}}"));
        position = range.end;
    }
    template + &escaped(&text[position..], false)
}

fn escaped(text: &str, is_before_mark: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        escaped.push_str(&rest[..start]);
        let after = rest[start..].trim_start_matches('$');
        let count = rest.len() - start - after.len();
        let is_last = after.is_empty() && is_before_mark;
        let is_plain = count == 1 && !after.starts_with('{') && !is_last;
        escaped.push_str(&"$".repeat(if is_plain { 1 } else { 2 * count }));
        rest = after;
    }
    escaped + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_doubled_only_where_they_must_be() {
        assert_eq!(to_template("echo $HOME $(pwd) 5$"), "echo $HOME $(pwd) 5$");
        assert_eq!(to_template("$$ ${HOME} $$$"), "$$$$ $${HOME} $$$$$$");
        assert_eq!(to_template(&format!("a {} $", of("params.x"))), "a ${params.x} $");
        assert_eq!(to_template(&format!("$ ${}", of("params.x"))), "$ $$${params.x}");
    }

    #[test]
    fn marks_are_found_and_replaced() {
        let text = format!("a/{}/{}.csv", of("matrix.x"), of("params.y"));
        assert_eq!(all(&text).iter().map(|(_, name)| *name).collect::<Vec<_>>(), ["matrix.x", "params.y"]);
        let replaced = replace(&text, |name| (name == "matrix.x").then(|| "1".to_owned()));
        assert_eq!(to_template(&replaced), "a/1/${params.y}.csv");
    }
}
