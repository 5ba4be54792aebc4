use super::is_zero;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Random changes of each training image in each epoch; every one is off at zero.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Augment {
    /// Rotation by up to this many degrees either way.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0))]
    pub rotation: f64,
    /// Zoom between 1 − zoom and 1 + zoom, rows and columns separately.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub zoom: f64,
    /// Shift of rows and of columns by up to this share of the image's size either way.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0))]
    pub shift: f64,
    /// Shear by up to this many degrees either way.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0))]
    pub shear: f64,
    /// Mirrors half of the images.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub horizontal_flip: bool,
    /// Pads by this many pixels of the mean on every side and cuts a window of the old size out of that.
    #[serde(skip_serializing_if = "is_zero")]
    pub crop_padding: u32,
    /// Blanks a square of this many pixels a side, centred anywhere, with the mean (cutout).
    #[serde(skip_serializing_if = "is_zero")]
    pub cutout: u32,
    /// Probability of blanking a rectangle of 2 % to 33 % of the image with the mean (random erasing).
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub random_erasing: f64,
    /// Blends the images of a batch in pairs, with a share from Beta(mixup, mixup).
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0))]
    pub mixup: f64,
    /// Pastes a rectangle of another image of the batch, with a share from Beta(cutmix, cutmix); with `mixup` too,
    /// each batch gets one of them.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0))]
    pub cutmix: f64,
}

impl Augment {
    /// Whether nothing is changed.
    pub fn is_off(&self) -> bool {
        *self == Self::default()
    }

    /// Whether images are resampled, not only mirrored.
    pub fn is_affine(&self) -> bool {
        [self.rotation, self.zoom, self.shift, self.shear].iter().any(|&range| range != 0.0)
    }
}
