use crate::{FetchError, Monitor, space::Budget};
use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    path::Path,
};

/// How many bytes are copied at once.
const PIECE: usize = 64 << 10;

/// Writes what archives hold.
pub(crate) struct ContentWriter<'a> {
    budget: &'a Budget,
    monitor: &'a Monitor<'a>,
    buffer: Vec<u8>,
}

impl<'a> ContentWriter<'a> {
    pub(crate) fn new(budget: &'a Budget, monitor: &'a Monitor<'a>) -> Self {
        Self { budget, monitor, buffer: vec![0; PIECE] }
    }

    /// Copies all that `reader` gives to the new file at `path`; says how many bytes that was. `unreadable`
    /// makes the error of a failed
    /// read; `advance` is told of each piece.
    pub(crate) fn write(
        &mut self,
        reader: &mut dyn Read,
        file: &mut File,
        path: &Path,
        unreadable: impl Fn(String) -> FetchError,
        advance: &mut dyn FnMut(),
    ) -> Result<u64, FetchError> {
        let mut written = 0;
        loop {
            self.monitor.check()?;
            let count = match reader.read(&mut self.buffer) {
                Ok(0) => return Ok(written),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(error.to_string())),
            };
            self.budget.take(count as u64)?;
            file.write_all(&self.buffer[..count]).map_err(FetchError::io("write", path))?;
            written += count as u64;
            advance();
        }
    }
}
