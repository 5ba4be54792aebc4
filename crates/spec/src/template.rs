use crate::{diagnostics::Diagnostics, source::Span};

/// A piece of a string of the pipeline file.
#[derive(Debug, PartialEq)]
pub(crate) enum Segment<'a> {
    Text(String),
    Reference(Reference<'a>),
}

impl Segment<'_> {
    /// Whether it is an output of a stage.
    pub fn is_output(&self) -> bool {
        matches!(self, Self::Reference(Reference { target: Target::StageOutput { .. }, .. }))
    }
}

/// A `${…}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reference<'a> {
    /// What stands between the braces.
    pub name: &'a str,
    pub target: Target<'a>,
    pub span: Span,
}

/// What a `${…}` refers to, by its namespace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target<'a> {
    Param(&'a str),
    Matrix(&'a str),
    StageOutput { stage: &'a str, output: &'a str },
    Input(&'a str),
    Output(&'a str),
    Resource(&'a str),
    Unknown,
}

impl<'a> Target<'a> {
    fn parse(name: &'a str) -> Self {
        let Some((namespace, rest)) = name.split_once('.') else { return Self::Unknown };
        match namespace {
            "params" => Self::Param(rest),
            "matrix" => Self::Matrix(rest),
            "inputs" => Self::Input(rest),
            "outputs" => Self::Output(rest),
            "resources" => Self::Resource(rest),
            // Names of outputs hold no dots; names of cells, as in `train@lr=0.1`, may.
            "stages" => match rest.rsplit_once('.') {
                Some((stage, output)) => Self::StageOutput { stage, output },
                None => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }
}

/// Whether a string holds anything but plain text.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.contains('$')
}

/// Splits a string at its references. `$$` is a dollar, and so is a `$` before anything but `{`.
/// `None` if a reference is not closed, which has then been reported.
pub(crate) fn parse<'a>(
    text: &'a str,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Segment<'a>>> {
    let mut segments = Vec::new();
    let mut plain = String::new();
    let mut position = 0;
    while let Some(found) = text[position..].find('$') {
        let dollar = position + found;
        plain.push_str(&text[position..dollar]);
        let after = &text[dollar + 1..];
        if let Some(reference) = after.strip_prefix('{') {
            let Some(length) = reference.find('}') else {
                let span = reference_span(text, span, dollar, 2, diagnostics);
                diagnostics.error(span, "`${` without a closing `}`").hint("`$$` is a literal dollar");
                return None;
            };
            if !plain.is_empty() {
                segments.push(Segment::Text(std::mem::take(&mut plain)));
            }
            let name = reference[..length].trim();
            let span = reference_span(text, span, dollar, length + 3, diagnostics);
            segments.push(Segment::Reference(Reference { name, target: Target::parse(name), span }));
            position = dollar + length + 3;
        } else {
            plain.push('$');
            position = dollar + if after.starts_with('$') { 2 } else { 1 };
        }
    }
    plain.push_str(&text[position..]);
    if !plain.is_empty() {
        segments.push(Segment::Text(plain));
    }
    Some(segments)
}

/// Where the `${` at byte `at` of the value stands in the file. The value has its escapes resolved, so that
/// the two differ in length; but the n-th `${` of the one is the n-th of the other, unless a dollar is escaped.
fn reference_span(text: &str, span: Span, at: usize, length: usize, diagnostics: &Diagnostics) -> Span {
    let written = diagnostics.sources.text(span);
    let ordinal = text[..at].matches("${").count();
    if written.matches("${").count() != text.matches("${").count() {
        return span;
    }
    let Some((offset, _)) = written.match_indices("${").nth(ordinal) else { return span };
    let start = span.start + offset;
    Span { source: span.source, start, end: (start + length).min(span.end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(text: &str) -> Option<Vec<String>> {
        let mut diagnostics = Diagnostics::default();
        let source = diagnostics.sources.add("file", text);
        let span = Span { source, start: 0, end: text.len() };
        let segments = parse(text, span, &mut diagnostics)?;
        Some(
            segments
                .iter()
                .map(|segment| match segment {
                    Segment::Text(text) => text.clone(),
                    Segment::Reference(reference) => format!("<{:?}>", reference.target),
                })
                .collect(),
        )
    }

    #[test]
    fn splits_at_references() {
        assert_eq!(segments("a ${params.b} c").unwrap(), ["a ", "<Param(\"b\")>", " c"]);
        assert_eq!(segments("${ matrix.b }").unwrap(), ["<Matrix(\"b\")>"]);
        assert_eq!(segments("").unwrap(), [""; 0]);
    }

    #[test]
    fn dollars() {
        assert_eq!(segments("$$ $x $${params.b} 5$").unwrap(), ["$ $x ${params.b} 5$"]);
        assert_eq!(segments("$$${params.b}").unwrap(), ["$", "<Param(\"b\")>"]);
        assert_eq!(segments("a ${params.b"), None);
    }

    #[test]
    fn cells_of_a_matrix_hold_dots() {
        assert_eq!(
            segments("${stages.train@lr=0.1,seed=1.weights}").unwrap(),
            ["<StageOutput { stage: \"train@lr=0.1,seed=1\", output: \"weights\" }>"]
        );
    }
}
