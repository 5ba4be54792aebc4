use crate::{RgbImage, read_image};
use std::path::PathBuf;

/// What a reader found: classes and, for each split of the published layout, its samples.
/// Labels and file names are in memory, encoded images are not.
#[derive(Debug)]
pub(crate) struct Source {
    /// The folder it was read from.
    pub(crate) path: PathBuf,
    /// Readable names by label.
    pub(crate) class_names: Vec<String>,
    /// The source's own identifiers by label, such as WordNet ids, where they differ from the names.
    pub(crate) class_ids: Option<Vec<String>>,
    /// The training samples, in the source's order.
    pub(crate) train: Samples,
    /// The validation samples, if the layout has them.
    pub(crate) val: Option<Samples>,
    /// The test samples, if the layout has them.
    pub(crate) test: Option<Samples>,
}

/// The samples of one split of a source.
#[derive(Debug)]
pub(crate) struct Samples {
    /// The class of each sample.
    pub(crate) labels: Vec<usize>,
    /// The image of each sample.
    pub(crate) images: Images,
}

impl Samples {
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// How many samples each class has.
    pub(crate) fn counts(&self, classes: usize) -> Vec<usize> {
        let mut counts = vec![0; classes];
        for &label in &self.labels {
            counts[label] += 1;
        }
        counts
    }
}

/// Where the pixels of samples come from.
#[derive(Debug)]
pub(crate) enum Images {
    /// One encoded file a sample.
    Files(Vec<PathBuf>),
    /// Pixels as they are stored in the source's own format.
    Raw(RawImages),
}

/// Images of one size whose pixels are stored one image after the other.
#[derive(Debug)]
pub(crate) struct RawImages {
    /// The file, for messages.
    pub(crate) path: PathBuf,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) planes: Planes,
    /// N × planes × height × width bytes.
    pub(crate) bytes: Vec<u8>,
}

/// How many colour planes a raw image has, each height × width bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planes {
    /// One plane of grey levels, repeated in all three channels.
    Grey,
    /// A plane of red, one of green, one of blue.
    Rgb,
}

impl Images {
    /// Reads the image of a sample; `Err` holds what is wrong with it.
    pub(crate) fn read(&self, index: usize) -> Result<RgbImage, String> {
        match self {
            Self::Files(paths) => read_image(&paths[index]),
            Self::Raw(raw) => Ok(raw.read(index)),
        }
    }

    /// How messages call the image of a sample.
    pub(crate) fn name(&self, index: usize) -> String {
        match self {
            Self::Files(paths) => paths[index].display().to_string(),
            Self::Raw(raw) => format!("{} (image {index})", raw.path.display()),
        }
    }
}

impl RawImages {
    fn read(&self, index: usize) -> RgbImage {
        let area = self.height * self.width;
        let mut pixels = Vec::with_capacity(3 * area);
        match self.planes {
            Planes::Grey => {
                let grey = &self.bytes[index * area..(index + 1) * area];
                pixels.extend(grey.iter().flat_map(|&level| [level; 3]));
            }
            Planes::Rgb => {
                let image = &self.bytes[index * 3 * area..(index + 1) * 3 * area];
                let (red, rest) = image.split_at(area);
                let (green, blue) = rest.split_at(area);
                pixels.extend(red.iter().zip(green).zip(blue).flat_map(|((&r, &g), &b)| [r, g, b]));
            }
        }
        RgbImage { height: self.height, width: self.width, pixels }
    }
}
