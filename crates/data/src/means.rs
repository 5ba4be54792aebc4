use crate::column_sums::column_sums;
use crate::monitor::Monitor;
use crate::{DataError, Dataset, Progress};
use serde::{Deserialize, Serialize};
use spec::kinds::{MeansMode, MeansParams};
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Images that are summed up between two looks at the stop flag.
const IMAGES_PER_STEP: usize = 8192;

/// The means that are subtracted from images, in grey levels 0 to 255.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "MeansDocument", try_from = "MeansDocument")]
pub enum Means {
    /// One mean a channel: red, green, blue.
    Channel([f64; 3]),
    /// The mean image.
    Pixel {
        /// Height of the images in pixels.
        height: usize,
        /// Width of the images in pixels.
        width: usize,
        /// `[height, width, 3]`.
        mean: Vec<f32>,
    },
}

/// The JSON document that means are kept in.
#[derive(Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case", deny_unknown_fields)]
enum MeansDocument {
    Channel {
        #[serde(rename = "R")]
        red: f64,
        #[serde(rename = "G")]
        green: f64,
        #[serde(rename = "B")]
        blue: f64,
    },
    Pixel {
        height: usize,
        width: usize,
        mean: Vec<f32>,
    },
}

/// Computes the means over the images of a dataset file and writes them as JSON to `output`.
///
/// Sums are exact integers, so the result does not depend on the number of threads.
///
/// # Errors
///
/// The dataset cannot be opened or has no images, or `output` cannot be written;
/// [`DataError::Interrupted`] soon after `stop` is set.
pub fn compute_means(
    params: &MeansParams,
    dataset: &Path,
    output: &Path,
    progress: Progress<'_>,
    stop: &AtomicBool,
) -> Result<Means, DataError> {
    let images = Dataset::open(dataset)?;
    if images.is_empty() {
        return Err(DataError::invalid(dataset, "has no images to take a mean of"));
    }
    let monitor = Monitor::new("summing up", images.len() as u64, progress, stop);
    let means = match params.mode {
        MeansMode::Channel => {
            let sums = sum_columns(&images, images.width() * 3, &monitor)?;
            channel_means(&sums, images.len() * images.height() * images.width())
        }
        MeansMode::Pixel => {
            let sums = sum_columns(&images, images.height() * images.width() * 3, &monitor)?;
            let mean = sums.iter().map(|&sum| (sum as f64 / images.len() as f64) as f32).collect();
            Means::Pixel { height: images.height(), width: images.width(), mean }
        }
    };
    means.write(output)?;
    Ok(means)
}

/// Sums the columns of the images' bytes taken as rows of `columns`.
fn sum_columns(images: &Dataset, columns: usize, monitor: &Monitor<'_>) -> Result<Vec<u64>, DataError> {
    let image_bytes = images.height() * images.width() * 3;
    let mut totals = vec![0; columns];
    for step in images.images().chunks(IMAGES_PER_STEP * image_bytes) {
        monitor.check()?;
        for (total, sum) in totals.iter_mut().zip(column_sums(step, columns)) {
            *total += sum;
        }
        monitor.advance((step.len() / image_bytes) as u64);
    }
    Ok(totals)
}

fn channel_means(sums: &[u64], pixels: usize) -> Means {
    let mean = |channel| {
        let sum: u64 = sums.iter().skip(channel).step_by(3).sum();
        sum as f64 / pixels as f64
    };
    Means::Channel([mean(0), mean(1), mean(2)])
}

impl From<Means> for MeansDocument {
    fn from(means: Means) -> Self {
        match means {
            Means::Channel([red, green, blue]) => Self::Channel { red, green, blue },
            Means::Pixel { height, width, mean } => Self::Pixel { height, width, mean },
        }
    }
}

impl TryFrom<MeansDocument> for Means {
    type Error = String;

    fn try_from(document: MeansDocument) -> Result<Self, String> {
        match document {
            MeansDocument::Channel { red, green, blue } => Ok(Self::Channel([red, green, blue])),
            MeansDocument::Pixel { height, width, mean } => {
                let expected = height.checked_mul(width).and_then(|area| area.checked_mul(3));
                if expected == Some(mean.len()) {
                    Ok(Self::Pixel { height, width, mean })
                } else {
                    Err(format!("there are {} means for {height} × {width} pixels", mean.len()))
                }
            }
        }
    }
}

impl Means {
    /// Reads means from the JSON that [`Means::write`] writes.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is not such JSON, or its mean image does not have the size it claims.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let json = fs::read(path).map_err(DataError::io("read", path))?;
        serde_json::from_slice(&json)
            .map_err(|error| DataError::invalid(path, format!("does not hold means: {error}")))
    }

    /// Writes the means as JSON: `{"mode":"channel","R":…,"G":…,"B":…}` or
    /// `{"mode":"pixel","height":…,"width":…,"mean":[…]}`.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), DataError> {
        let json = serde_json::to_string(self)
            .map_err(|error| DataError::io("write", path)(std::io::Error::other(error)))?;
        fs::write(
            path,
            json + "
",
        )
        .map_err(DataError::io("write", path))
    }

    /// The mean of every pixel and channel of images of that size: `[height, width, 3]`.
    ///
    /// # Errors
    ///
    /// These are means by pixel of images of another size.
    pub fn to_image(&self, height: usize, width: usize) -> Result<Vec<f32>, DataError> {
        match self {
            Self::Channel(means) => {
                let means = means.map(|mean| mean as f32);
                Ok(means.into_iter().cycle().take(3 * height * width).collect())
            }
            Self::Pixel { height: own_height, width: own_width, mean } => {
                if (*own_height, *own_width) == (height, width) {
                    return Ok(mean.clone());
                }
                Err(DataError::Parameters {
                    reason: format!(
                        "the mean image is {own_height} × {own_width} pixels, the images are {height} × {width}"
                    ),
                    hint: Some("compute the means over images of the same size".to_owned()),
                })
            }
        }
    }
}
