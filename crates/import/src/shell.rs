use crate::{arguments::quoted, mark, paths, resolve::is_constant};

/// A path as one word of a shell script.
pub(crate) fn word(path: &str) -> String {
    if mark::all(path).is_empty() {
        return quoted(path);
    }
    double_quoted(path)
}

/// `$project/` and a path as one word.
pub(crate) fn in_project(path: &str) -> String {
    if path.is_empty() {
        return "\"$project\"".to_owned();
    }
    format!("\"$project/{}", &double_quoted(path)[1..])
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        if matches!(letter, '"' | '\\' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted.push('"');
    quoted
}

/// The commands of a stage as lines of a script that stops at the first failure (`set -e`). Each had a shell of
/// its own in DVC; those for which that matters get a subshell.
pub(crate) fn lines(commands: &[String], is_followed: bool) -> Vec<String> {
    let line = |(number, command): (usize, &String)| {
        let is_last = number + 1 == commands.len() && !is_followed;
        if needs_bash(command) {
            format!("bash -c {}", quoted(command))
        } else if command.contains(';') {
            format!("( set +e; {command} )")
        } else if !is_last && changes_shell(command) {
            format!("( {command} )")
        } else {
            command.clone()
        }
    };
    commands.iter().enumerate().map(line).collect()
}

/// Whether a command leaves something behind in the shell that runs it.
fn changes_shell(command: &str) -> bool {
    let first = |part: &str| part.split_whitespace().next().map(str::to_owned).unwrap_or_default();
    command.split(['|', '&']).map(first).any(|program| {
        matches!(program.as_str(), "cd" | "export" | "set" | "." | "exec" | "umask" | "ulimit")
            || program.contains('=')
    })
}

/// Whether a command is more than POSIX knows.
fn needs_bash(command: &str) -> bool {
    const BASH: [&str; 8] = ["[[", "<(", ">(", "<<<", "&>", "pipefail", "source ", "$'"];
    BASH.iter().any(|part| command.contains(part))
}

/// Whether a command means the same without a shell.
pub(crate) fn is_plain(command: &str, value: &dyn Fn(&str) -> String) -> bool {
    const BUILT_IN: [&str; 9] = ["cd", "export", "set", "source", ".", "exec", "ulimit", "umask", "eval"];
    let program = command.split_whitespace().next().unwrap_or_default();
    let values_are_words = mark::all(command).iter().all(|(_, reference)| {
        let text = value(reference);
        quoted(&text) == text
    });
    values_are_words
        && !command.contains([
            '$', '`', '|', '&', ';', '<', '>', '(', ')', '*', '?', '[', ']', '~', '#', '{', '}', '!', '\\',
            '\n',
        ])
        && !program.contains('=')
        && !BUILT_IN.contains(&program)
}

/// The paths that a command names as words, each replaced by a reference.
pub(crate) struct Replacement {
    pub command: String,
    /// Which of the paths were found.
    pub found: Vec<bool>,
}

/// Replaces words, and parts of words behind a `=` or a redirection, that are one of the `paths` or lie in one.
/// Paths are relative to the project, words to `wdir`. With `in_shell`, what stands in no quotes gets some.
pub(crate) fn replace_paths(
    command: &str,
    wdir: &str,
    paths: &[(String, String)],
    in_shell: bool,
) -> Replacement {
    let mut replaced = String::new();
    let mut found = vec![false; paths.len()];
    let mut quote = None;
    let mut word = String::new();
    for letter in command.chars().map(Some).chain([None]) {
        if let Some(letter) = letter.filter(|letter| !is_separator(*letter)) {
            word.push(letter);
            continue;
        }
        match reference(&word, wdir, paths) {
            Some((number, reference)) => {
                found[number] = true;
                let bare = in_shell && quote.is_none();
                replaced.push_str(&if bare { format!("\"{reference}\"") } else { reference });
            }
            None => replaced.push_str(&word),
        }
        word.clear();
        if let Some(separator) = letter {
            quote = match quote {
                None if matches!(separator, '"' | '\'') => Some(separator),
                Some(open) if open == separator => None,
                other => other,
            };
            replaced.push(separator);
        }
    }
    Replacement { command: replaced, found }
}

fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || "\"'=;|&<>()`".contains(letter)
}

fn reference(word: &str, wdir: &str, table: &[(String, String)]) -> Option<(usize, String)> {
    if word.is_empty() || paths::is_remote(word) || word.starts_with('-') {
        return None;
    }
    let path = paths::join(wdir, word);
    let inside = table.iter().enumerate().filter_map(|(number, (known, reference))| {
        let rest = paths::inside(&path, known)?;
        let text =
            if rest.is_empty() { mark::of(reference) } else { format!("{}/{rest}", mark::of(reference)) };
        Some((known.len(), number, text))
    });
    inside.max_by_key(|(length, ..)| *length).map(|(_, number, text)| (number, text))
}

/// `! -name NAME` for each name.
pub(crate) fn except(names: &[String]) -> String {
    names.iter().filter(|name| is_constant(name)).map(|name| format!(" ! -name {}", quoted(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_replaced_where_they_are_words() {
        let paths = [
            ("data/x".to_owned(), "inputs.x".to_owned()),
            ("model.pkl".to_owned(), "outputs.model".to_owned()),
        ];
        for (command, expected, in_shell) in [
            ("train data/x model.pkl", "train ${inputs.x} ${outputs.model}", false),
            ("train ./data/x/a.csv --out=model.pkl", "train ${inputs.x}/a.csv --out=${outputs.model}", false),
            ("train data/xy my-model.pkl", "train data/xy my-model.pkl", false),
            ("cat data/x>model.pkl", "cat \"${inputs.x}\">\"${outputs.model}\"", true),
            ("cat 'data/x' | sort", "cat '${inputs.x}' | sort", true),
        ] {
            let replacement = replace_paths(command, "", &paths, in_shell);
            assert_eq!(mark::to_template(&replacement.command), expected);
        }
        let replacement = replace_paths("cat ../data/x", "src", &paths, false);
        assert_eq!(mark::to_template(&replacement.command), "cat ${inputs.x}");
        assert_eq!(replacement.found, [true, false]);
    }

    #[test]
    fn lines_that_change_the_shell_are_kept_apart() {
        let commands = ["cd src && make", "a; b", "[[ -f x ]]", "cd y"].map(str::to_owned);
        assert_eq!(
            lines(&commands, false),
            ["( cd src && make )", "( set +e; a; b )", "bash -c '[[ -f x ]]'", "cd y"]
        );
    }

    #[test]
    fn paths_become_words() {
        assert_eq!(word("a b"), "'a b'");
        assert_eq!(mark::to_template(&word(&format!("a/{}", mark::of("matrix.x")))), "\"a/${matrix.x}\"");
        assert_eq!(in_project("a/b"), "\"$project/a/b\"");
    }
}
