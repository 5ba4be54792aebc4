use crate::{exit::Exit, failure::Failure, output};

/// Prints the JSON Schema of pipeline files.
pub fn schema() -> Result<Exit, Failure> {
    output::line(&format!("{:#}", spec::schema()))?;
    Ok(Exit::Done)
}
