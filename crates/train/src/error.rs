use std::{
    io,
    path::{Path, PathBuf},
};

/// What can go wrong in this crate. [`TrainError::hints`] gives the ways out.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A dataset or means could not be used.
    #[error(transparent)]
    Data(#[from] data::DataError),

    /// libtorch refused an operation.
    #[error("libtorch failed")]
    Torch(#[from] tch::TchError),

    /// A file could not be read or written.
    #[error("cannot {action} {}", .path.display())]
    File {
        /// `read`, `write` and the like.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },

    /// A file's content is not what its name promises.
    #[error("{} is damaged: {reason}", .path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },

    /// A file that should hold trained weights is something else.
    #[error("{} {reason}", .path.display())]
    NotWeights {
        /// Which file.
        path: PathBuf,
        /// What it is not, or lacks.
        reason: &'static str,
    },

    /// A parameter has a value that makes no sense.
    #[error("parameter `{name}`: {reason}")]
    Parameter {
        /// The parameter's name in the pipeline file.
        name: &'static str,
        /// What is wrong with the value, the value included.
        reason: String,
    },

    /// Two inputs do not belong together, such as weights and a dataset with other classes.
    #[error("{what}: {left}, but {right}")]
    Mismatch {
        /// What differs: `classes`.
        what: &'static str,
        /// One side, named: `weights.safetensors has 10`.
        left: String,
        /// The other side, named: `val.h5 has 200`.
        right: String,
    },

    /// Somebody asked the work to stop.
    #[error("interrupted")]
    Interrupted,

    /// Something does not go into JSON or come out of it.
    #[error("cannot convert to or from JSON")]
    Json(#[from] serde_json::Error),

    /// The network's output for an image is not a number.
    #[error("the network's scores for image {image} are not numbers")]
    NoScores {
        /// Where the image is in the dataset.
        image: usize,
    },

    /// The training diverged.
    #[error("the loss is not finite: epoch {epoch}, step {step} of {steps}, learning rate {lr}")]
    NotFinite {
        /// The epoch, from 1.
        epoch: u32,
        /// The step, from 1.
        step: usize,
        /// Steps in the epoch.
        steps: usize,
        /// The learning rate of the epoch.
        lr: f64,
    },
}

impl TrainError {
    /// Names the file in an I/O error: `.map_err(TrainError::file("read", path))`.
    pub fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    /// Ways out, for people.
    pub fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::NotFinite { .. } | Self::NoScores { .. } => {
                "lower `lr`, or look for images or labels that are damaged"
            }
            Self::Damaged { path, .. } if is_in_store(path) => {
                "run the stage that made it again with `--force`"
            }
            Self::NotWeights { .. } => {
                "name what a training saved: `weights.safetensors` in the folder of its stage under `results/`"
            }
            Self::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space on that disk; `pipeline gc` removes results that nothing needs"
            }
            Self::Torch(error) if is_out_of_memory(&error.to_string()) => {
                "lower `batch_size`, or choose a device with more memory"
            }
            _ => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}

/// Whether a stage made the file: only then is there one to run again.
fn is_in_store(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == ".pipeline")
}

/// Whether libtorch's allocator for CPUs or GPUs has given up.
fn is_out_of_memory(message: &str) -> bool {
    message.contains("out of memory") || message.contains("can't allocate memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_stage_made_is_to_be_made_again() {
        let hints = |path: &str| {
            TrainError::Damaged { path: path.into(), reason: "it is cut off".to_owned() }.hints()
        };
        assert!(hints("/project/.pipeline/objects/ab/cd").concat().contains("--force"));
        assert_eq!(hints("photos/weights.safetensors"), Vec::<String>::new());
    }
}
