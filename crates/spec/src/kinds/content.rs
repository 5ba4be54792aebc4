use std::fmt;

/// What a file holds, as far as built-in stages read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Packed images with their labels.
    Images,
    /// A network's weights.
    Weights,
    /// Means to subtract from images.
    Means,
    /// What only people and commands read.
    Report,
    /// What nobody can know before it is there.
    Anything,
}

impl Content {
    /// Whether a file with this content may be given where `wanted` is read.
    pub(crate) fn may_be(self, wanted: Content) -> bool {
        self == wanted || self == Self::Anything || wanted == Self::Anything
    }
}

impl fmt::Display for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Images => "a dataset file",
            Self::Weights => "weights",
            Self::Means => "means",
            Self::Report => "a report",
            Self::Anything => "any file",
        })
    }
}
