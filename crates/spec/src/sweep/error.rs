/// What is wrong with the values of a `--set`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepError {
    /// What is wrong, with the `--set` in it.
    pub message: String,
    /// A way out.
    pub hint: &'static str,
}

impl SweepError {
    pub(crate) fn new(message: impl Into<String>, hint: &'static str) -> Self {
        Self { message: message.into(), hint }
    }
}
