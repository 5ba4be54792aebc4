use crate::TrainError;
use data::{DataError, Dataset};
use std::path::Path;

/// Labelled images in memory or in a mapped file.
pub trait ImageSource: Send + Sync {
    /// All images: RGB bytes, `[len, height, width, 3]`.
    fn images(&self) -> &[u8];
    /// The class of each image.
    fn labels(&self) -> &[i64];
    /// Height of the images in pixels.
    fn height(&self) -> usize;
    /// Width of the images in pixels.
    fn width(&self) -> usize;

    /// How many images there are.
    fn len(&self) -> usize {
        self.labels().len()
    }

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One image: RGB bytes, `[height, width, 3]`.
    fn image(&self, index: u32) -> &[u8] {
        let bytes = self.height() * self.width() * 3;
        &self.images()[index as usize * bytes..][..bytes]
    }
}

/// Opens a dataset that has images.
pub(crate) fn open_filled(path: &Path) -> Result<Dataset, TrainError> {
    let dataset = Dataset::open(path)?;
    if dataset.is_empty() {
        let reason = "the dataset has no images".to_owned();
        return Err(DataError::Invalid { path: path.to_owned(), reason, hint: None }.into());
    }
    Ok(dataset)
}

impl ImageSource for Dataset {
    fn images(&self) -> &[u8] {
        self.images()
    }

    fn labels(&self) -> &[i64] {
        self.labels()
    }

    fn height(&self) -> usize {
        self.height()
    }

    fn width(&self) -> usize {
        self.width()
    }
}
