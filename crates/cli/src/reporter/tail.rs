use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

/// More than enough for the lines that are shown.
const READ: u64 = 16 * 1024;

/// The last lines of a file that hold something; none if it cannot be read.
pub fn last_lines(path: &Path, count: usize) -> Vec<String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(READ)))?;
        let mut bytes = Vec::new();
        file.take(READ).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let text = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].iter().map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_lines_that_hold_something() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "x".repeat(40_000) + "\none\n\ntwo\n  \nthree\n").unwrap();
        assert_eq!(last_lines(&path, 2), ["two", "three"]);
        assert!(last_lines(&folder.path().join("nothing"), 2).is_empty());
    }
}
