use crate::{
    Batch, ImageSource, Loader, LoaderOptions, ModelDescription, TrainError, TrainedNetwork,
    evaluation::log_probabilities,
};
use data::{BadImage, RgbImage, read_image};
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

/// What became of the images of a [`PredictionJob`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Predictions {
    /// One for each image that could be used, in the order they were given.
    pub predictions: Vec<ImagePrediction>,
    /// The others, likewise.
    pub bad: Vec<BadImage>,
}

/// Classifies image files. One that cannot be used keeps no other from being classified.
///
/// # Errors
/// If the weights cannot be used.
pub fn predict(job: &PredictionJob) -> Result<Predictions, TrainError> {
    let trained = TrainedNetwork::load(&job.weights, job.device)?;
    let mean = trained.description.mean_image()?;
    let mut all = Predictions::default();
    for paths in job.images.chunks(job.batch_size.max(1)) {
        let (images, paths) = Decoded::read(paths, &trained.description, &mut all.bad);
        if paths.is_empty() {
            continue;
        }
        let options = LoaderOptions::evaluation(paths.len(), job.device);
        let loader = Loader::new(Arc::new(images), mean.as_deref(), Augment::default(), options)?;
        let mut paths = paths.into_iter();
        for batch in loader.epoch(0, 0) {
            let Batch { images, .. } = batch?.to_device(job.device)?;
            for (row, path) in log_probabilities(&trained.network, &images)?.iter().zip(&mut paths) {
                all.add(row, path, &trained.description.class_names, job.top);
            }
        }
    }
    Ok(all)
}

impl Predictions {
    fn add(&mut self, log_probabilities: &[f64], image: &Path, names: &[String], top: usize) {
        if log_probabilities.iter().any(|score| score.is_nan()) {
            let reason = "the network's scores for it are not numbers".to_owned();
            return self.bad.push(BadImage { name: image.display().to_string(), reason });
        }
        let classes = best(log_probabilities, names, top);
        self.predictions.push(ImagePrediction { image: image.to_owned(), classes });
    }
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
    /// Decodes files, and says which of them they are; the others go to `bad`.
    fn read<'a>(
        paths: &'a [PathBuf],
        description: &ModelDescription,
        bad: &mut Vec<BadImage>,
    ) -> (Self, Vec<&'a Path>) {
        let size @ [height, width] = description.image_size;
        let read = |path: &PathBuf| read_image(path).and_then(|image| image.resized(height, width));
        let images: Vec<Result<RgbImage, String>> = paths.par_iter().map(read).collect();
        let (mut pixels, mut good) = (Vec::new(), Vec::new());
        for (path, image) in paths.iter().zip(images) {
            match image {
                Ok(image) => {
                    pixels.extend(image.pixels);
                    good.push(path.as_path());
                }
                Err(reason) => bad.push(BadImage { name: path.display().to_string(), reason }),
            }
        }
        (Self { pixels, labels: vec![0; good.len()], size }, good)
    }
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
