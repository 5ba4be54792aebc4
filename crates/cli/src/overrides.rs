/// Splits `NAME=VALUE` of `--set`. The value may hold more `=` signs.
pub fn parse(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sign_parts_name_from_value() {
        assert_eq!(parse("run=a=b"), Ok(("run".into(), "a=b".into())));
        assert_eq!(parse("empty="), Ok(("empty".into(), String::new())));
        assert!(parse("lr").is_err());
        assert!(parse("=1").is_err());
    }
}
