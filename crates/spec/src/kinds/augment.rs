use super::is_zero;
use crate::{Errors, Kind, SpecError, diagnostics::Diagnostics, file, kind_schema};
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
    /// Reads an augmentation that is written as in a pipeline file, by the rules for one: `{ rotation = 18 }`. The
    /// braces may be left out. `source` is what errors call the text.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(text: &str, source: &str) -> Result<Self, Errors> {
        const FIELD: &str = "augment";
        let text = text.trim();
        let table = if text.starts_with('{') { text.to_owned() } else { format!("{{ {text} }}") };
        let mut diagnostics = Diagnostics::default();
        let line = format!("{FIELD} = {table}");
        let id = diagnostics.sources.add(source, line.as_str());
        let table = file::read(&line, id, &mut diagnostics).unwrap_or_default();
        if let (Some(node), Some(shape)) =
            (table.get(FIELD), kind_schema::fields(Kind::Train).own.shape(FIELD))
        {
            shape.check(node, FIELD, &mut diagnostics);
        }
        match diagnostics.into_errors() {
            Some(errors) => Err(errors),
            None => serde_json::from_value(table.get(FIELD).map(|node| node.to_json()).unwrap_or_default())
                .map_err(|error| {
                    SpecError::without_position(source.to_owned(), error.to_string(), Vec::new()).into()
                }),
        }
    }

    /// Whether nothing is changed.
    pub fn is_off(&self) -> bool {
        *self == Self::default()
    }

    /// Whether images are resampled, not only mirrored.
    pub fn is_affine(&self) -> bool {
        [self.rotation, self.zoom, self.shift, self.shear].iter().any(|&range| range != 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_augmentation_alone_obeys_the_rules_of_a_pipeline_file() {
        let augment = Augment::parse("{ rotation = 18, horizontal_flip = true }", "text").unwrap();
        assert_eq!((augment.rotation, augment.horizontal_flip), (18.0, true));
        assert_eq!(Augment::parse("cutout = 8", "text").unwrap().cutout, 8);
        let refused = |text: &str| {
            let errors = Augment::parse(text, "text").unwrap_err();
            errors.iter().map(|error| error.message.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            refused("{ rotation = -18, random_erasing = 3 }"),
            [
                "`augment.rotation`: expected a number of at least 0, found the integer -18",
                "`augment.random_erasing`: expected a number of at least 0 and at most 1, found the integer 3",
            ]
        );
        assert_eq!(refused("cutuot = 8"), ["unknown field `augment.cutuot`"]);
        assert!(!refused("zoom = ").is_empty());
    }
}
