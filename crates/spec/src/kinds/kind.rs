use super::content::Content;
use serde::{Deserialize, Serialize};

/// What a stage does. Written `kind = "decay-train"` in a pipeline file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Downloads and unpacks a file.
    Fetch,
    /// Decodes, resizes and splits images into HDF5.
    Dataset,
    /// Computes channel means or a mean image.
    Means,
    /// Trains with a piecewise-constant learning rate.
    Train,
    /// Trains with a learning rate that decays each epoch.
    DecayTrain,
    /// Measures weights on a dataset.
    Evaluate,
    /// Runs any program.
    Command,
}

/// An input that stages of a kind read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputRule {
    /// The field that names it.
    pub name: &'static str,
    /// What it must hold.
    pub content: Content,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it may be several files, such as the weights of all cells of a training.
    pub takes_list: bool,
}

/// An output that every stage of a kind has, or may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputRule {
    /// The name that references use: `${stages.STAGE.NAME}`.
    pub name: &'static str,
    /// The file's name inside the stage's results folder.
    pub file: &'static str,
    /// What it holds.
    pub content: Content,
    /// Whether the stage fails without it. `val` and `test` of a dataset depend on the source,
    /// `tensorboard` of a training on the parameter of that name.
    pub required: bool,
}

const fn reads(name: &'static str, content: Content) -> InputRule {
    InputRule { name, content, required: true, takes_list: false }
}

const fn makes(name: &'static str, file: &'static str, content: Content) -> OutputRule {
    OutputRule { name, file, content, required: true }
}

const fn reports(name: &'static str, file: &'static str) -> OutputRule {
    makes(name, file, Content::Report)
}

impl InputRule {
    const fn or_none(self) -> Self {
        Self { required: false, ..self }
    }

    const fn or_several(self) -> Self {
        Self { takes_list: true, ..self }
    }
}

impl OutputRule {
    const fn or_none(self) -> Self {
        Self { required: false, ..self }
    }
}

impl Kind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Fetch,
        Self::Dataset,
        Self::Means,
        Self::Train,
        Self::DecayTrain,
        Self::Evaluate,
        Self::Command,
    ];

    /// The name in pipeline files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Dataset => "dataset",
            Self::Means => "means",
            Self::Train => "train",
            Self::DecayTrain => "decay-train",
            Self::Evaluate => "evaluate",
            Self::Command => "command",
        }
    }

    /// The kind with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The version of the kind's behaviour, part of every stage key. Raise it by hand when the same
    /// parameters and inputs give other results than before, with a line here that says why.
    pub const fn version(self) -> u32 {
        1
    }

    /// The fields that name inputs rather than parameters. A command declares its own in `inputs`.
    pub const fn inputs(self) -> &'static [InputRule] {
        const DATASET: &[InputRule] = &[reads("source", Content::Anything)];
        const MEANS: &[InputRule] = &[reads("dataset", Content::Images)];
        const TRAIN: &[InputRule] = &[
            reads("train", Content::Images),
            reads("val", Content::Images).or_none(),
            reads("means", Content::Means).or_none(),
            reads("init", Content::Weights).or_none(),
        ];
        const EVALUATE: &[InputRule] =
            &[reads("weights", Content::Weights).or_several(), reads("dataset", Content::Images)];
        match self {
            Self::Fetch | Self::Command => &[],
            Self::Dataset => DATASET,
            Self::Means => MEANS,
            Self::Train | Self::DecayTrain => TRAIN,
            Self::Evaluate => EVALUATE,
        }
    }

    /// The input of that name that stages of the kind read; `None` for those that a command declares.
    pub(crate) fn input(self, name: &str) -> Option<&'static InputRule> {
        self.inputs().iter().find(|rule| rule.name == name)
    }

    /// The outputs of the kind. A command declares its own in `outputs`.
    pub const fn outputs(self) -> &'static [OutputRule] {
        const FETCH: &[OutputRule] = &[makes("path", "path", Content::Anything)];
        const DATASET: &[OutputRule] = &[
            makes("train", "train.h5", Content::Images),
            makes("val", "val.h5", Content::Images).or_none(),
            makes("test", "test.h5", Content::Images).or_none(),
            reports("classes", "classes.json"),
        ];
        const MEANS: &[OutputRule] = &[makes("means", "means.json", Content::Means)];
        const TRAIN: &[OutputRule] = &[
            makes("weights", "weights.safetensors", Content::Weights),
            reports("history", "history.json"),
            reports("history_csv", "history.csv"),
            reports("curves", "curves.png"),
            reports("curves_svg", "curves.svg"),
            reports("metrics", "metrics.json"),
            reports("tensorboard", "tensorboard").or_none(),
        ];
        const EVALUATE: &[OutputRule] = &[
            reports("metrics", "metrics.json"),
            reports("confusion", "confusion.csv"),
            reports("confusion_plot", "confusion.png"),
            reports("per_class", "per_class.csv"),
            reports("predictions", "predictions.csv"),
        ];
        match self {
            Self::Fetch => FETCH,
            Self::Dataset => DATASET,
            Self::Means => MEANS,
            Self::Train | Self::DecayTrain => TRAIN,
            Self::Evaluate => EVALUATE,
            Self::Command => &[],
        }
    }

    /// Whether a stage takes all processors unless told otherwise.
    pub const fn takes_all_cpus(self) -> bool {
        matches!(self, Self::Dataset | Self::Means | Self::Train | Self::DecayTrain | Self::Evaluate)
    }
}
