use std::ops::Range;

/// A `${…}` of DVC.
#[derive(Debug, PartialEq)]
pub(crate) struct Expression {
    pub range: Range<usize>,
    /// The dotted path: `${a.b[0]}` is `a.b.0`.
    pub path: String,
}

/// The expressions of a text. `\${` is none. An error names an expression that cannot be one.
pub(crate) fn find(text: &str) -> Result<Vec<Expression>, String> {
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(start) = text[position..].find("${").map(|at| position + at) {
        position = start + 2;
        if text[..start].ends_with('\\') {
            continue;
        }
        // DVC takes an unclosed one for plain text.
        let Some(end) = text[position..].find('}').map(|at| position + at) else { break };
        let inner = &text[position..end];
        found.push(Expression { range: start..end + 1, path: path(inner).ok_or_else(|| inner.to_owned())? });
        position = end + 1;
    }
    Ok(found)
}

/// A text without expressions as the shell shall see it.
pub(crate) fn unescaped(text: &str) -> String {
    text.replace("\\${", "${")
}

fn path(inner: &str) -> Option<String> {
    let mut path = String::new();
    let mut rest = inner;
    loop {
        let length = rest.find(['.', '[', ']']).unwrap_or(rest.len());
        path.push_str(rest[..length].trim());
        if length == 0 || rest[..length].trim().is_empty() {
            return None;
        }
        rest = &rest[length..];
        while let Some(index) = rest.strip_prefix('[') {
            let (index, behind) = index.split_once(']')?;
            if index.trim().is_empty() || index.contains(['.', '[']) {
                return None;
            }
            path.push('.');
            path.push_str(index.trim());
            rest = behind;
        }
        match rest.strip_prefix('.') {
            Some(behind) => rest = behind,
            None if rest.is_empty() => return Some(path),
            None => return None,
        }
        path.push('.');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_dotted() {
        let paths = |text| find(text).map(|found| found.into_iter().map(|one| one.path).collect::<Vec<_>>());
        assert_eq!(paths("a ${b} ${c.d[0].e}").unwrap(), ["b", "c.d.0.e"]);
        assert_eq!(paths("\\${b} $c ${d").unwrap(), [""; 0]);
        for text in ["${}", "${a.}", "${.a}", "${a[}", "${a[]}", "${a]}", "${a[0]b}"] {
            assert!(paths(text).is_err(), "{text}");
        }
    }
}
