//! The layout of a dataset file, written and checked in one place.

use hdf5::types::VarLenUnicode;
use std::path::Path;

/// Dataset of u8 `[N, height, width, 3]`.
pub(crate) const IMAGES: &str = "images";
/// Dataset of i64 `[N]`.
pub(crate) const LABELS: &str = "labels";
/// Attribute of the file: the names of the classes by label.
pub(crate) const CLASS_NAMES: &str = "class_names";
/// Attribute of the file: [`RGB`].
pub(crate) const CHANNEL_ORDER: &str = "channel_order";
/// Attribute of the file: [`NHWC`].
pub(crate) const LAYOUT: &str = "layout";
pub(crate) const RGB: &str = "RGB";
pub(crate) const NHWC: &str = "NHWC";

/// Creates a dataset file that is complete but for the bytes of its images, for which it reserves room.
///
/// Returns the offset in the file at which the images' bytes belong, `[N, height, width, 3]`. Nothing in the
/// file depends on when or where it is written.
pub(crate) fn create(
    path: &Path,
    shape: [usize; 4],
    labels: &[i64],
    class_names: &[String],
) -> Result<u64, hdf5::Error> {
    // Version 1.8 of the format allows more class names than fit into 64 KiB, but keeps times by default.
    let file = hdf5::FileBuilder::new()
        .with_fapl(|access| access.libver_v18())
        .with_fcpl(|creation| creation.obj_track_times(false))
        .create(path)?;
    let images = file
        .new_dataset::<u8>()
        .shape(shape)
        .with_dcpl(|creation| {
            creation
                .layout(hdf5::plist::dataset_create::Layout::Contiguous)
                .alloc_time(Some(hdf5::plist::dataset_create::AllocTime::Early))
                .fill_time(hdf5::plist::dataset_create::FillTime::Never)
                .obj_track_times(false)
        })
        .create(IMAGES)?;
    file.new_dataset_builder()
        .with_data(labels)
        .with_dcpl(|creation| creation.no_chunk().obj_track_times(false))
        .create(LABELS)?;
    let class_names = class_names.iter().map(|name| unicode(name)).collect::<Result<Vec<_>, _>>()?;
    file.new_attr_builder().with_data(&class_names).create(CLASS_NAMES)?;
    for (name, value) in [(CHANNEL_ORDER, RGB), (LAYOUT, NHWC)] {
        file.new_attr::<VarLenUnicode>().create(name)?.write_scalar(&unicode(value)?)?;
    }
    let offset = images.offset().ok_or("no room was reserved for the images")?;
    drop(images);
    file.close()?;
    Ok(offset)
}

fn unicode(text: &str) -> Result<VarLenUnicode, hdf5::Error> {
    text.parse().map_err(|error| format!("{text:?} cannot be stored as a string: {error}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_of_class_names_fit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.h5");
        let names: Vec<String> =
            (0..5000).map(|class| format!("a class with a long name {class:04}")).collect();
        create(&path, [2, 1, 1, 3], &[0, 4999], &names).unwrap();
        assert_eq!(crate::Dataset::open(&path).unwrap().class_names(), names);
    }

    #[test]
    fn a_name_that_hdf5_cannot_hold_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error =
            create(&folder.path().join("data.h5"), [1, 1, 1, 3], &[0], &["a\0b".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("cannot be stored as a string"), "{error}");
    }
}
