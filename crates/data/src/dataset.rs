use crate::{DataError, hdf5_layout as layout, hdf5_strings::read_strings};
use hdf5::types::{IntSize, TypeDescriptor};
use memmap2::Mmap;
use std::path::Path;

/// A dataset file, opened for reading: images, labels and class names.
///
/// Images that are stored contiguously, as [`crate::build_dataset()`] stores them, are mapped into memory and
/// read on demand; in files of other tools they may be chunked, and are then read at once. Reading needs no
/// lock and works from many threads.
#[derive(Debug)]
pub struct Dataset {
    pixels: Pixels,
    shape: [usize; 4],
    labels: Vec<i64>,
    class_names: Vec<String>,
}

#[derive(Debug)]
enum Pixels {
    Mapped { file: Mmap, start: usize, end: usize },
    Read(Vec<u8>),
}

impl Dataset {
    /// Opens a dataset file and checks its layout.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is not HDF5, or lacks something of the layout: `images` u8 [N, H, W, 3],
    /// `labels` i64 `[N]` from 0 to the number of classes, attributes `class_names`, `channel_order`, `layout`.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        // The HDF5 library's own message about a missing file names neither reason nor path.
        std::fs::File::open(path).map_err(DataError::io("open", path))?;
        let file = hdf5::File::open(path).map_err(DataError::hdf5("open", path))?;
        check_orders(&file, path)?;
        let class_names = read_strings(&file, path, layout::CLASS_NAMES)?;
        let (images, shape) = open_images(&file, path)?;
        let labels = read_labels(&file, path, shape[0], class_names.len())?;
        let pixels = read_pixels(&images, shape, path)?;
        Ok(Self { pixels, shape, labels, class_names })
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.shape[0]
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Height of the images in pixels.
    pub fn height(&self) -> usize {
        self.shape[1]
    }

    /// Width of the images in pixels.
    pub fn width(&self) -> usize {
        self.shape[2]
    }

    /// All images: RGB bytes, `[N, height, width, 3]`.
    pub fn images(&self) -> &[u8] {
        match &self.pixels {
            Pixels::Mapped { file, start, end } => &file[*start..*end],
            Pixels::Read(pixels) => pixels,
        }
    }

    /// One image: RGB bytes, `[height, width, 3]`. Panics if there are not as many.
    pub fn image(&self, index: usize) -> &[u8] {
        let bytes = self.height() * self.width() * 3;
        &self.images()[index * bytes..(index + 1) * bytes]
    }

    /// The class of each image, from 0 to the number of classes.
    pub fn labels(&self) -> &[i64] {
        &self.labels
    }

    /// The names of the classes by label.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }
}

fn check_orders(file: &hdf5::File, path: &Path) -> Result<(), DataError> {
    for (name, expected) in [(layout::CHANNEL_ORDER, layout::RGB), (layout::LAYOUT, layout::NHWC)] {
        let value = read_strings(file, path, name)?.concat();
        if value != expected {
            return Err(DataError::invalid(path, format!("`{name}` is {value:?}, not {expected:?}")));
        }
    }
    Ok(())
}

fn open_images(file: &hdf5::File, path: &Path) -> Result<(hdf5::Dataset, [usize; 4]), DataError> {
    let images = open(file, path, layout::IMAGES, &TypeDescriptor::Unsigned(IntSize::U1), "u8")?;
    match *images.shape() {
        [count, height, width, 3] if height > 0 && width > 0 => Ok((images, [count, height, width, 3])),
        ref shape => {
            Err(DataError::invalid(path, format!("`images` has shape {shape:?}, not [N, height, width, 3]")))
        }
    }
}

fn read_labels(file: &hdf5::File, path: &Path, count: usize, classes: usize) -> Result<Vec<i64>, DataError> {
    let labels = open(file, path, layout::LABELS, &TypeDescriptor::Integer(IntSize::U8), "i64")?;
    if *labels.shape() != [count] {
        let reason = format!("`labels` has shape {:?}, but there are {count} images", labels.shape());
        return Err(DataError::invalid(path, reason));
    }
    let labels: Vec<i64> = labels.read_raw().map_err(DataError::hdf5("read the labels of", path))?;
    match labels.iter().position(|&label| label < 0 || label >= classes as i64) {
        None => Ok(labels),
        Some(index) => {
            let reason =
                format!("image {index} has label {}, but there are {classes} classes", labels[index]);
            Err(DataError::invalid(path, reason))
        }
    }
}

fn open(
    file: &hdf5::File,
    path: &Path,
    name: &str,
    expected: &TypeDescriptor,
    type_name: &str,
) -> Result<hdf5::Dataset, DataError> {
    let dataset = file
        .dataset(name)
        .map_err(|error| DataError::invalid(path, format!("has no dataset `{name}`: {error}")))?;
    let found = dataset
        .dtype()
        .and_then(|dtype| dtype.to_descriptor())
        .map_err(DataError::hdf5("read the element types of", path))?;
    if found != *expected {
        let reason = format!("`{name}` holds elements of type {found}, not {type_name}");
        return Err(DataError::invalid(path, reason));
    }
    if dataset.filters().iter().any(|filter| !filter.is_available()) {
        let hint = "write it contiguous and uncompressed, as `h5repack -f NONE -l CONTI OLD.h5 NEW.h5` does";
        return Err(DataError::invalid_with_hint(path, format!("`{name}` is compressed"), hint));
    }
    Ok(dataset)
}

fn read_pixels(images: &hdf5::Dataset, shape: [usize; 4], path: &Path) -> Result<Pixels, DataError> {
    let bytes: usize = shape.iter().product();
    let stored_as_they_are = !images.is_chunked() && images.filters().is_empty();
    if let Some(start) = images.offset().filter(|_| stored_as_they_are && bytes > 0) {
        let file = std::fs::File::open(path).map_err(DataError::io("open", path))?;
        // SAFETY: a mapping is undefined once somebody else shortens the file. Dataset files are
        // never changed in place: this crate creates them under another name, and the store keeps them
        // read-only.
        let file = unsafe { Mmap::map(&file) }.map_err(DataError::io("map", path))?;
        let start = start as usize;
        match start.checked_add(bytes).filter(|&end| end <= file.len()) {
            Some(end) => Ok(Pixels::Mapped { file, start, end }),
            None => Err(DataError::invalid(path, "is truncated: it ends within its images")),
        }
    } else {
        let pixels = images.read_raw().map_err(DataError::hdf5("read the images of", path))?;
        Ok(Pixels::Read(pixels))
    }
}
