use crate::pipeline::{Piece, Word};

/// Splits a command into arguments as a POSIX shell does: at blanks, with `'…'`, `"…"` and `\`. Pieces other
/// than text are never split, whatever their value, and may stand in quotes.
#[derive(Default)]
pub(crate) struct Splitter {
    words: Vec<Word>,
    word: Option<Word>,
    quote: Quote,
    /// Whether a `\` waits for the character it protects.
    is_escaping: bool,
    is_bare: bool,
    operators: Vec<String>,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Quote {
    #[default]
    None,
    Single,
    Double,
}

/// Words that only a shell understands when they are not quoted.
const OPERATORS: [&str; 11] = ["|", "||", "&", "&&", ";", ">", ">>", "<", "2>", "2>&1", "&>"];

impl Splitter {
    pub fn push_text(&mut self, text: &str) {
        for character in text.chars() {
            self.push(character);
        }
    }

    pub fn push_piece(&mut self, piece: Piece) {
        self.is_bare = false;
        self.word.get_or_insert_default().push(piece);
    }

    /// The arguments, and those of them that look like a shell's operators; an error if a quote is open.
    pub fn finish(mut self) -> Result<(Vec<Word>, Vec<String>), &'static str> {
        match (self.quote, self.is_escaping) {
            (Quote::Single, _) => Err("a `'` is not closed"),
            (Quote::Double, _) => Err("a `\"` is not closed"),
            (Quote::None, true) => Err("there is nothing behind the last `\\`"),
            (Quote::None, false) => {
                self.end_word();
                Ok((self.words, self.operators))
            }
        }
    }

    fn push(&mut self, character: char) {
        if self.is_escaping {
            self.is_escaping = false;
            return self.push_escaped(character);
        }
        match (self.quote, character) {
            (Quote::None, '\'') => self.open(Quote::Single),
            (Quote::None, '"') => self.open(Quote::Double),
            (Quote::Single, '\'') | (Quote::Double, '"') => self.quote = Quote::None,
            (Quote::None | Quote::Double, '\\') => self.is_escaping = true,
            (Quote::None, blank) if blank.is_ascii_whitespace() => self.end_word(),
            _ => self.append(character),
        }
    }

    /// A `\` before a line's end joins the lines; in double quotes it protects only what is special there.
    fn push_escaped(&mut self, character: char) {
        if character == '\n' {
            return;
        }
        if self.quote == Quote::Double && !matches!(character, '"' | '\\' | '$' | '`') {
            self.append('\\');
        }
        self.append(character);
        self.is_bare = false;
    }

    fn open(&mut self, quote: Quote) {
        self.quote = quote;
        self.word.get_or_insert_default();
        self.is_bare = false;
    }

    fn append(&mut self, character: char) {
        if self.word.is_none() {
            self.is_bare = true;
        }
        let word = self.word.get_or_insert_default();
        match word.last_mut() {
            Some(Piece::Text(text)) => text.push(character),
            _ => word.push(Piece::Text(character.to_string())),
        }
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if let [Piece::Text(text)] = word.as_slice()
            && self.is_bare
            && OPERATORS.contains(&text.as_str())
        {
            self.operators.push(text.clone());
        }
        self.words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Result<Vec<String>, &'static str> {
        let mut splitter = Splitter::default();
        splitter.push_text(text);
        let (words, _) = splitter.finish()?;
        let text = |word: &Word| {
            word.iter().map(|piece| if let Piece::Text(text) = piece { text.as_str() } else { "?" }).collect()
        };
        Ok(words.iter().map(text).collect())
    }

    #[test]
    fn splits_as_a_shell_does() {
        assert_eq!(split("a  b\tc\n d ").unwrap(), ["a", "b", "c", "d"]);
        assert_eq!(split(r#"a 'b c' "d e" f\ g"#).unwrap(), ["a", "b c", "d e", "f g"]);
        assert_eq!(split(r#"a'b'"c"d"#).unwrap(), ["abcd"]);
        assert_eq!(split(r#""a\"b" 'a\b' "a\b" \\ "#).unwrap(), ["a\"b", "a\\b", "a\\b", "\\"]);
        assert_eq!(split("'' \"\"").unwrap(), ["", ""]);
        assert_eq!(split("a \\\n b").unwrap(), ["a", "b"]);
        assert_eq!(split("").unwrap(), [""; 0]);
    }

    #[test]
    fn open_quotes_are_errors() {
        assert!(split("a 'b").is_err());
        assert!(split("a \"b").is_err());
        assert!(split("a \\").is_err());
    }

    #[test]
    fn pieces_are_never_split() {
        let mut splitter = Splitter::default();
        splitter.push_text("a'b ");
        splitter.push_piece(Piece::Param("x".into()));
        splitter.push_text(" c' d");
        let (words, _) = splitter.finish().unwrap();
        let word = vec![Piece::Text("ab ".into()), Piece::Param("x".into()), Piece::Text(" c".into())];
        assert_eq!(words, [word, vec![Piece::Text("d".into())]]);
    }

    #[test]
    fn operators_are_noticed_unless_quoted() {
        for (text, expected) in [("a | b > c", vec!["|", ">"]), ("a '|' \\> b|c", vec![])] {
            let mut splitter = Splitter::default();
            splitter.push_text(text);
            assert_eq!(splitter.finish().unwrap().1, expected);
        }
    }

    proptest! {
        #[test]
        fn quoted_words_come_back(words in prop::collection::vec(".*", 0..6)) {
            let quoted: Vec<_> = words.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
            prop_assert_eq!(split(&quoted.join(" ")).unwrap(), words);
        }

        #[test]
        fn never_panics(text in r#"[a '"\\\n]*"#) {
            let _ = split(&text);
        }
    }
}
