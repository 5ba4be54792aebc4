use crate::monitor::Monitor;
use crate::source::Samples;
use crate::{BadImage, BadImages, DataError, RgbImage, hdf5_layout};
use rayon::prelude::*;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Images that a task decodes before it writes them: what is held in memory is this times the threads.
const IMAGES_PER_BLOCK: usize = 64;

/// Height and width of stored images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredSize {
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// Whether images of other sizes are resized; without, they are errors.
    pub(crate) resize: bool,
}

/// The samples of a source that make up one dataset file, in the file's order.
pub(crate) struct Split<'a> {
    pub(crate) samples: &'a Samples,
    pub(crate) order: Vec<usize>,
}

impl<'a> Split<'a> {
    /// All samples in the source's order.
    pub(crate) fn whole(samples: &'a Samples) -> Self {
        Self { samples, order: (0..samples.len()).collect() }
    }
}

/// Writes a split as a dataset file.
///
/// The file is laid out first; then every thread decodes blocks of images and writes them where they
/// belong, so that memory is bounded and the file does not depend on the number of threads. It
/// gets its name when it is complete.
pub(crate) fn write_split(
    split: &Split<'_>,
    size: StoredSize,
    class_names: &[String],
    path: &Path,
    monitor: &Monitor<'_>,
) -> Result<(), DataError> {
    let partial = path.with_extension("partial");
    let labels: Vec<i64> = split.order.iter().map(|&index| split.samples.labels[index] as i64).collect();
    let shape = [labels.len(), size.height, size.width, 3];
    let offset = hdf5_layout::create(&partial, shape, &labels, class_names)
        .map_err(DataError::hdf5("create", &partial))?;
    let written = write_images(split, size, &partial, offset, monitor);
    let renamed = written.and_then(|()| fs::rename(&partial, path).map_err(DataError::io("create", path)));
    if renamed.is_err() {
        // The error that is reported is the one that matters; a second one could only hide it.
        let _ = fs::remove_file(&partial);
    }
    renamed
}

fn write_images(
    split: &Split<'_>,
    size: StoredSize,
    path: &Path,
    offset: u64,
    monitor: &Monitor<'_>,
) -> Result<(), DataError> {
    let file = File::options().write(true).open(path).map_err(DataError::io("open", path))?;
    let block_bytes = IMAGES_PER_BLOCK * size.height * size.width * 3;
    let bad = split
        .order
        .par_chunks(IMAGES_PER_BLOCK)
        .enumerate()
        .map(|(block, indices)| -> Result<Vec<BadImage>, DataError> {
            monitor.check()?;
            let (pixels, bad) = read_block(split.samples, indices, size);
            let position = offset + (block * block_bytes) as u64;
            file.write_all_at(&pixels, position).map_err(DataError::io("write", path))?;
            monitor.advance(indices.len() as u64);
            Ok(bad)
        })
        .try_reduce(Vec::new, |mut left, right| {
            left.extend(right);
            Ok(left)
        })?;
    BadImages::of(bad).map_or(Ok(()), |bad| Err(bad.into()))
}

/// Reads the images of a block one after the other into `[indices, height, width, 3]`.
fn read_block(samples: &Samples, indices: &[usize], size: StoredSize) -> (Vec<u8>, Vec<BadImage>) {
    let mut pixels = Vec::with_capacity(indices.len() * size.height * size.width * 3);
    let mut bad = Vec::new();
    for &index in indices {
        match samples.images.read(index).and_then(|image| fit(image, size)) {
            Ok(image) => pixels.extend_from_slice(&image.pixels),
            Err(reason) => bad.push(BadImage { name: samples.images.name(index), reason }),
        }
    }
    (pixels, bad)
}

fn fit(image: RgbImage, size: StoredSize) -> Result<RgbImage, String> {
    if (image.height, image.width) == (size.height, size.width) {
        Ok(image)
    } else if size.resize {
        image.resized(size.height, size.width)
    } else {
        Err(format!(
            "is {} × {} pixels, but the first image is {} × {}; `image_size` resizes all to one size",
            image.height, image.width, size.height, size.width
        ))
    }
}
