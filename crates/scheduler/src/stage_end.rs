use proto::{Reason, StageResult};
use store::ActionRecord;

/// How a stage ended in this run, with what the run's record keeps of it.
#[derive(Debug, Clone)]
pub(crate) struct StageEnd {
    pub result: StageResult,
    pub seconds: f64,
    pub action: Option<Box<ActionRecord>>,
    pub reasons: Vec<Reason>,
    pub error: Option<String>,
}

impl StageEnd {
    /// It has a result.
    pub fn good(result: StageResult, seconds: f64, action: Box<ActionRecord>) -> Self {
        Self { result, seconds, action: Some(action), reasons: Vec::new(), error: None }
    }

    /// It has none.
    pub fn bad(result: StageResult, seconds: f64) -> Self {
        Self { result, seconds, action: None, reasons: Vec::new(), error: None }
    }

    /// It failed with this error.
    pub fn failed(error: &str, seconds: f64) -> Self {
        Self { error: Some(error.to_owned()), ..Self::bad(StageResult::Failed, seconds) }
    }
}
