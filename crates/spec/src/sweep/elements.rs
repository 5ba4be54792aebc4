/// The elements of `0.1,0.05`: the text between the commas that are outside of brackets and quotes. A quote
/// opens a string only at the start of an element or inside brackets, so that `don't` needs no care.
pub(super) fn elements(text: &str) -> Vec<&str> {
    let mut elements = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    let mut quote = None;
    let mut is_escaped = false;
    for (at, letter) in text.char_indices() {
        match (letter, quote) {
            (_, Some('"')) if is_escaped => is_escaped = false,
            ('\\', Some('"')) => is_escaped = true,
            (letter, Some(open)) if letter == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) if depth > 0 || text[start..at].trim().is_empty() => quote = Some(letter),
            ('[' | '{' | '(', None) => depth += 1,
            (']' | '}' | ')', None) => depth = depth.saturating_sub(1),
            (',', None) if depth == 0 => {
                elements.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    elements.push(text[start..].trim());
    elements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_inside_of_brackets_and_quotes_part_nothing() {
        for (text, expected) in [
            ("0.1", vec!["0.1"]),
            ("0.1, 0.05,0.01", vec!["0.1", "0.05", "0.01"]),
            ("[16,32]", vec!["[16,32]"]),
            ("[16,32],[32,[64,1]]", vec!["[16,32]", "[32,[64,1]]"]),
            ("{ a = 1, b = 2 },{}", vec!["{ a = 1, b = 2 }", "{}"]),
            (r#""a,b","c""#, vec![r#""a,b""#, r#""c""#]),
            (r#""a\",b",c"#, vec![r#""a\",b""#, "c"]),
            ("'a,b',c", vec!["'a,b'", "c"]),
            ("don't,can't", vec!["don't", "can't"]),
            (r#"["]",","],2"#, vec![r#"["]",","]"#, "2"]),
            ("log(1e-3,1e-1)", vec!["log(1e-3,1e-1)"]),
            ("a,", vec!["a", ""]),
            ("", vec![""]),
        ] {
            assert_eq!(elements(text), expected, "{text}");
        }
    }
}
