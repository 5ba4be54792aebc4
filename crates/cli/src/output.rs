use std::{
    io::{self, ErrorKind, Write},
    os::fd::AsFd,
    path::{Path, PathBuf},
};

/// Writes a line that was asked for to stdout.
pub fn line(text: &str) -> io::Result<()> {
    write(&format!("{text}\n"))
}

/// Writes text that was asked for to stdout, as it is.
pub fn write(text: &str) -> io::Result<()> {
    write_bytes(text.as_bytes())
}

/// Writes bytes that were asked for to stdout, as they are.
pub fn write_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Says something to people, on stderr. If nobody listens, the work goes on.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether whoever read our stdout has gone, as `head` does.
pub fn is_closed(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

/// Characters a line: of the terminal, or as `COLUMNS` says, or 80.
pub fn width() -> usize {
    const USUAL: usize = 80;
    let named = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || console_width(&io::stdout()).or_else(|| console_width(&io::stderr()));
    named.or_else(terminal).filter(|width| *width > 0).unwrap_or(USUAL)
}

fn console_width(stream: &impl AsFd) -> Option<usize> {
    rustix::termios::tcgetwinsize(stream).ok().map(|size| usize::from(size.ws_col))
}

/// The path as short as it can be written from here.
pub fn near(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_owned()
}
