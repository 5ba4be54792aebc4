use crate::{TrainError, image_source::open_filled};
use data::{Dataset, Means};
use serde::{Deserialize, Serialize};
use spec::kinds::{ModelParams, Precision};
use std::{collections::BTreeMap, path::Path};

/// What weights are weights of: kept beside them, so that they can be evaluated and used alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelDescription {
    /// The network.
    pub model: ModelParams,
    /// The names of the classes by label.
    pub class_names: Vec<String>,
    /// Height and width of the images in pixels.
    pub image_size: [usize; 2],
    /// What is subtracted from the images.
    pub means: Option<Means>,
    /// The number format of the forward pass in training.
    pub precision: Precision,
}

impl ModelDescription {
    /// One metadata entry a field, each as JSON, so that any reader of safetensors can use them.
    pub fn to_metadata(&self) -> Result<BTreeMap<String, String>, TrainError> {
        let fields: BTreeMap<String, serde_json::Value> =
            serde_json::from_value(serde_json::to_value(self)?)?;
        Ok(fields.into_iter().map(|(name, value)| (name, value.to_string())).collect())
    }

    /// The description in the metadata of the weights file `path`.
    ///
    /// # Errors
    /// [`TrainError::NotWeights`] if it is not there, [`TrainError::Damaged`] if it is not whole.
    pub fn from_metadata(path: &Path, metadata: &BTreeMap<String, String>) -> Result<Self, TrainError> {
        if !metadata.contains_key("model") {
            let reason = "has no description of a model in its metadata, so it was not written by a training";
            return Err(TrainError::NotWeights { path: path.to_owned(), reason });
        }
        let parse = || {
            let fields = metadata.iter().map(|(name, text)| {
                let value = serde_json::from_str(text).unwrap_or(serde_json::Value::Null);
                (name.clone(), value)
            });
            serde_json::from_value(fields.collect())
        };
        parse().map_err(|error: serde_json::Error| TrainError::Damaged {
            path: path.to_owned(),
            reason: format!("its metadata does not describe a model: {error}"),
        })
    }

    /// The mean image to subtract, `[height, width, 3]`.
    pub(crate) fn mean_image(&self) -> Result<Option<Vec<f32>>, TrainError> {
        let [height, width] = self.image_size;
        Ok(self.means.as_ref().map(|means| means.to_image(height, width)).transpose()?)
    }

    /// Opens a dataset that the network is to be used on.
    ///
    /// # Errors
    /// If it has no images, or images of another size, or other classes.
    pub(crate) fn open_dataset(&self, path: &Path) -> Result<Dataset, TrainError> {
        let dataset = open_filled(path)?;
        let [height, width] = self.image_size;
        if self.image_size != [dataset.height(), dataset.width()] {
            return Err(TrainError::Mismatch {
                what: "image size",
                left: format!("the network is for {height} × {width} pixels"),
                right: format!("{} has {} × {}", path.display(), dataset.height(), dataset.width()),
            });
        }
        self.check_classes(path, dataset.class_names())?;
        Ok(dataset)
    }

    fn check_classes(&self, path: &Path, names: &[String]) -> Result<(), TrainError> {
        let own = &self.class_names;
        let (left, right) = match own.iter().zip(names).position(|(own, name)| own != name) {
            _ if own.len() != names.len() => (own.len().to_string(), names.len().to_string()),
            Some(class) => (format!("`{}` as class {class}", own[class]), format!("`{}`", names[class])),
            None => return Ok(()),
        };
        Err(TrainError::Mismatch {
            what: "classes",
            left: format!("the network has {left}"),
            right: format!("{} has {right}", path.display()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_other_tools_are_not_called_damaged() {
        let metadata = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let error = |pairs| ModelDescription::from_metadata(Path::new("w"), &metadata(pairs)).unwrap_err();
        for foreign in [&[][..], &[("format", "pt")]] {
            let message = error(foreign).to_string();
            assert!(message.starts_with("w has no description of a model in its metadata"), "{message}");
        }
        assert!(matches!(error(&[("model", "{")]), TrainError::Damaged { .. }));
    }
}
