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

/// An output that every stage of a kind has, or may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputRule {
    /// The name that references use: `${stages.STAGE.NAME}`.
    pub name: &'static str,
    /// The file's name inside the stage's results folder.
    pub file: &'static str,
    /// Whether the stage fails without it. `val` and `test` of a dataset depend on the source,
    /// `tensorboard` of a training on the parameter of that name.
    pub required: bool,
}

const fn required(name: &'static str, file: &'static str) -> OutputRule {
    OutputRule { name, file, required: true }
}

const fn optional(name: &'static str, file: &'static str) -> OutputRule {
    OutputRule { name, file, required: false }
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

    /// The fields that name inputs rather than parameters, with whether each must be given.
    /// A command declares its own in `inputs`.
    pub const fn inputs(self) -> &'static [(&'static str, bool)] {
        match self {
            Self::Fetch | Self::Command => &[],
            Self::Dataset => &[("source", true)],
            Self::Means => &[("dataset", true)],
            Self::Train | Self::DecayTrain => {
                &[("train", true), ("val", false), ("means", false), ("init", false)]
            }
            Self::Evaluate => &[("weights", true), ("dataset", true)],
        }
    }

    /// Whether an input may be a list of files, such as the metrics of all cells of a training.
    pub const fn takes_lists(self) -> bool {
        matches!(self, Self::Command)
    }

    /// The outputs of the kind. A command declares its own in `outputs`.
    pub const fn outputs(self) -> &'static [OutputRule] {
        const FETCH: &[OutputRule] = &[required("path", "path")];
        const DATASET: &[OutputRule] = &[
            required("train", "train.h5"),
            optional("val", "val.h5"),
            optional("test", "test.h5"),
            required("classes", "classes.json"),
        ];
        const MEANS: &[OutputRule] = &[required("means", "means.json")];
        const TRAIN: &[OutputRule] = &[
            required("weights", "weights.safetensors"),
            required("history", "history.json"),
            required("history_csv", "history.csv"),
            required("curves", "curves.png"),
            required("curves_svg", "curves.svg"),
            required("metrics", "metrics.json"),
            optional("tensorboard", "tensorboard"),
        ];
        const EVALUATE: &[OutputRule] = &[
            required("metrics", "metrics.json"),
            required("confusion", "confusion.csv"),
            required("confusion_plot", "confusion.png"),
            required("per_class", "per_class.csv"),
            required("predictions", "predictions.csv"),
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
