use store::StoreError;
use thiserror::Error;

/// Why a comparison could not be made.
#[derive(Debug, Error)]
pub enum CompareError {
    /// A selector names neither a pipeline nor a run.
    #[error("no finished run matches `{0}`")]
    UnknownSelector(String),
    /// No row has such a column.
    #[error("no experiment has a column `{name}`")]
    UnknownColumn {
        /// What was asked for.
        name: String,
        /// What was most likely meant.
        nearest: Option<String>,
        /// The headings of the table.
        headings: Vec<String>,
        /// Full names of what is known and not in the table.
        others: Vec<String>,
    },
    /// A short name stands for settings that differ.
    #[error("`{name}` could be {}", .candidates.join(" or "))]
    AmbiguousColumn {
        /// What was asked for.
        name: String,
        /// What it could be.
        candidates: Vec<String>,
    },
    /// A filter cannot be read.
    #[error("filter `{text}`: {problem}")]
    BadFilter {
        /// The filter.
        text: String,
        /// What is wrong with it.
        problem: String,
        /// What to write instead.
        hint: String,
    },
    /// The baseline is not exactly one row.
    #[error("`--baseline {text}` matches {count} rows; it must match one")]
    Baseline {
        /// What was asked for.
        text: String,
        /// How many rows match.
        count: usize,
        /// What to ask for instead.
        hint: String,
    },
    /// A file could not be made from the table.
    #[error("cannot write the table: {0}")]
    Render(String),
    /// A file of it could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CompareError {
    /// Ways out, for people.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::UnknownSelector(_) => vec!["`pipeline runs` lists what there is".to_owned()],
            Self::UnknownColumn { nearest, headings, others, .. } => {
                let meant = nearest.iter().map(|nearest| format!("did you mean `{nearest}`?"));
                let list = |what: &str, names: &[String]| format!("{what}: {}", names.join(", "));
                let known = [list("columns", headings), list("known too", others)];
                meant.chain(known).collect()
            }
            Self::AmbiguousColumn { .. } => vec!["write the full name".to_owned()],
            Self::BadFilter { hint, .. } | Self::Baseline { hint, .. } => vec![hint.clone()],
            Self::Render(_) => Vec::new(),
            Self::Store(error) => error.hint().map(str::to_owned).into_iter().collect(),
        }
    }
}
