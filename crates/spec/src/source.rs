use std::cell::OnceCell;

/// Where a piece of text stands: in which source, and between which of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    pub source: usize,
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn contains(self, other: Self) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }
}

/// The texts that spans point into: the pipeline file first, then each `--set`.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    texts: Vec<SourceText>,
}

#[derive(Debug)]
struct SourceText {
    name: String,
    text: String,
    line_starts: OnceCell<Vec<usize>>,
}

/// A span in the terms of a reader. Lines and columns count from 1, columns and widths in characters.
pub(crate) struct Location<'a> {
    pub source: &'a str,
    pub line: usize,
    pub column: usize,
    pub line_text: &'a str,
    pub width: usize,
}

impl Sources {
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> usize {
        self.texts.push(SourceText { name: name.into(), text: text.into(), line_starts: OnceCell::new() });
        self.texts.len() - 1
    }

    /// The text of a span as it was written, quotes and escapes included.
    pub fn text(&self, span: Span) -> &str {
        self.texts.get(span.source).and_then(|source| source.text.get(span.start..span.end)).unwrap_or("")
    }

    pub fn locate(&self, span: Span) -> Option<Location<'_>> {
        let SourceText { name, text, line_starts } = self.texts.get(span.source)?;
        let line_starts = line_starts.get_or_init(|| {
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
        });
        let start = floor_char_boundary(text, span.start);
        let end = floor_char_boundary(text, span.end);
        let line = line_starts.partition_point(|&line_start| line_start <= start);
        let line_start = line_starts[line - 1];
        let line_text = text[line_start..].lines().next().unwrap_or("");
        let line_end = line_start + line_text.len();
        let width = text.get(start..end.min(line_end)).map_or(0, |text| text.chars().count());
        let column = text[line_start..start].chars().count() + 1;
        Some(Location { source: name, line, column, line_text, width: width.max(1) })
    }
}

fn floor_char_boundary(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(text: &str, start: usize, end: usize) -> (usize, usize, String, usize) {
        let mut sources = Sources::default();
        let source = sources.add("file", text);
        let location = sources.locate(Span { source, start, end }).unwrap();
        (location.line, location.column, location.line_text.to_owned(), location.width)
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(locate("a\näö = 1\n", 2, 6), (2, 1, "äö = 1".into(), 2));
        assert_eq!(locate("a\näö = 1\n", 9, 10), (2, 6, "äö = 1".into(), 1));
    }

    #[test]
    fn a_span_over_several_lines_is_cut_at_the_first() {
        assert_eq!(locate("x = [\n1,\n]\n", 4, 10), (1, 5, "x = [".into(), 1));
    }

    #[test]
    fn the_end_of_the_text_has_a_place() {
        assert_eq!(locate("a\n", 2, 2), (2, 1, String::new(), 1));
        assert_eq!(locate("", 0, 0), (1, 1, String::new(), 1));
        assert_eq!(locate("ab", 90, 99), (1, 3, "ab".into(), 1));
    }
}
