use crate::{
    Batch, ImageSource, Loader, LoaderOptions, ModelDescription, TrainError, TrainedNetwork,
    evaluation::log_probabilities,
};
use data::{DataError, RgbImage, read_image};
use rayon::prelude::*;
use serde::Serialize;
use spec::kinds::Augment;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tch::Device;

/// Image files to be classified.
#[derive(Debug, Clone)]
pub struct PredictionJob {
    /// Weights with a [`ModelDescription`] as metadata.
    pub weights: PathBuf,
    /// JPEG or PNG files; they are resized as the network needs.
    pub images: Vec<PathBuf>,
    /// How many classes to name for each image.
    pub top: usize,
    /// Images a forward pass.
    pub batch_size: usize,
    /// What it runs on.
    pub device: Device,
}

/// What the network says about an image file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImagePrediction {
    /// The file.
    pub image: PathBuf,
    /// The most probable classes, best first.
    pub classes: Vec<ClassProbability>,
}

/// A class and how probable it is, 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassProbability {
    /// The class's name.
    pub class: String,
    /// Its probability.
    pub probability: f64,
}

/// Classifies image files, in the order they are given.
///
/// # Errors
/// If the weights or an image cannot be used; the first such image is named.
pub fn predict(job: &PredictionJob) -> Result<Vec<ImagePrediction>, TrainError> {
    let trained = TrainedNetwork::load(&job.weights, job.device)?;
    let mean = trained.description.mean_image()?;
    let mut predictions = Vec::new();
    for paths in job.images.chunks(job.batch_size.max(1)) {
        let images = Decoded::read(paths, &trained.description)?;
        let options = LoaderOptions::evaluation(paths.len(), job.device);
        let loader = Loader::new(Arc::new(images), mean.as_deref(), Augment::default(), options)?;
        for batch in loader.epoch(0, 0) {
            let Batch { images, .. } = batch?.to_device(job.device)?;
            for row in log_probabilities(&trained.network, &images)? {
                let image = paths[predictions.len() % job.batch_size.max(1)].clone();
                if row.iter().any(|score| score.is_nan()) {
                    return Err(TrainError::NoScores { image: predictions.len() });
                }
                let classes = best(&row, &trained.description.class_names, job.top);
                predictions.push(ImagePrediction { image, classes });
            }
        }
    }
    Ok(predictions)
}

/// The `top` most probable classes; of equals the one with the lower index comes first.
fn best(log_probabilities: &[f64], names: &[String], top: usize) -> Vec<ClassProbability> {
    let mut order: Vec<usize> = (0..log_probabilities.len()).collect();
    order.sort_by(|&left, &right| log_probabilities[right].total_cmp(&log_probabilities[left]));
    let class = |&class: &usize| ClassProbability {
        class: names[class].clone(),
        probability: log_probabilities[class].exp(),
    };
    order.iter().take(top).map(class).collect()
}

/// Images in memory, in the size that a network needs, without labels.
struct Decoded {
    pixels: Vec<u8>,
    labels: Vec<i64>,
    size: [usize; 2],
}

impl Decoded {
    fn read(paths: &[PathBuf], description: &ModelDescription) -> Result<Self, TrainError> {
        let size @ [height, width] = description.image_size;
        let read = |path: &PathBuf| {
            let image = read_image(path).and_then(|image| image.resized(height, width));
            image.map_err(|reason| unusable(path, reason))
        };
        let images: Vec<RgbImage> = paths.par_iter().map(read).collect::<Result<_, _>>()?;
        let pixels = images.into_iter().flat_map(|image| image.pixels).collect();
        Ok(Self { pixels, labels: vec![0; paths.len()], size })
    }
}

fn unusable(path: &Path, reason: String) -> TrainError {
    TrainError::Data(DataError::Invalid { path: path.to_owned(), reason, hint: None })
}

impl ImageSource for Decoded {
    fn images(&self) -> &[u8] {
        &self.pixels
    }

    fn labels(&self) -> &[i64] {
        &self.labels
    }

    fn height(&self) -> usize {
        self.size[0]
    }

    fn width(&self) -> usize {
        self.size[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_probable_classes_come_first_and_equal_ones_by_index() {
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        let row = [0.125_f64.ln(), 0.5_f64.ln(), 0.125_f64.ln(), 0.25_f64.ln()];
        let classes: Vec<_> = best(&row, &names, 3).into_iter().map(|class| class.class).collect();
        assert_eq!(classes, ["b", "d", "a"]);
        assert_eq!(best(&row, &names, 9).len(), 4);
        assert!((best(&row, &names, 1)[0].probability - 0.5).abs() < 1e-12);
    }
}
