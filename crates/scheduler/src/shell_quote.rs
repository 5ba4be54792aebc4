/// Where in a shell script a path is put, as far as quotes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quote {
    Outside,
    Single,
    Double,
}

impl Quote {
    /// Where the script is after `text`, which begins here.
    pub fn after(self, text: &str) -> Self {
        let (mut quote, mut is_escaped) = (self, false);
        for character in text.chars() {
            quote = match (quote, character) {
                _ if is_escaped => quote,
                (Self::Outside, '\'') => Self::Single,
                (Self::Single, '\'') => Self::Outside,
                (Self::Outside, '"') => Self::Double,
                (Self::Double, '"') => Self::Outside,
                _ => quote,
            };
            is_escaped = !is_escaped && character == '\\' && quote != Self::Single;
        }
        quote
    }

    /// The path so that a shell reads it there as one word; most paths stay as they are.
    pub fn path(self, path: &str) -> String {
        let is_plain = |character: char| character.is_alphanumeric() || "/._-+=:,@%".contains(character);
        match self {
            _ if path.chars().all(is_plain) => path.to_owned(),
            Self::Outside => format!("'{}'", Self::Single.path(path)),
            Self::Single => path.replace('\'', r"'\''"),
            Self::Double => path.chars().fold(String::new(), |mut quoted, character| {
                quoted.extend("\\\"$`".contains(character).then_some('\\'));
                quoted.push(character);
                quoted
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_shell_reads_a_path_as_one_word_wherever_it_stands() {
        for path in
            ["plain/p.txt", "my proj/o", "it's", "a\"b", "$HOME", "`x`", "back\\slash", "; x", "ä ö", "*"]
        {
            for (before, after) in [("", ""), ("'", "'"), ("\"", "\""), ("x'y'\"z\\\"", "\""), ("a\\'", "")] {
                let quote = Quote::Outside.after(before);
                let script = format!("printf %s {before}{}{after}", quote.path(path));
                let empty = format!("printf %s {before}{after}");
                let run = |script: &str| {
                    let output = Command::new("sh").args(["-c", script]).output().unwrap();
                    String::from_utf8(output.stdout).unwrap()
                };
                assert_eq!(run(&script), run(&empty) + path, "{script}");
            }
        }
    }
}
