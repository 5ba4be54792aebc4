use crate::support::{build, outputs, params};
use data::fixtures::{write_idx, write_mnist};
use data::{DataError, Dataset, build_dataset};
use hdf5::types::{FixedAscii, FixedUnicode, VarLenAscii, VarLenUnicode};
use spec::kinds::DatasetFormat;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A dataset file as another tool might write it, with one deviation.
struct Written {
    images_shape: [usize; 4],
    labels: Vec<i64>,
    channel_order: &'static str,
    chunked: bool,
    shuffled: bool,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            images_shape: [2, 2, 1, 3],
            labels: vec![0, 1],
            channel_order: "RGB",
            chunked: false,
            shuffled: false,
        }
    }
}

impl Written {
    fn write(&self, path: &Path) {
        // The oldest version of the format is what h5py writes.
        let file =
            hdf5::FileBuilder::new().with_fapl(|access| access.libver_earliest()).create(path).unwrap();
        let images = file.new_dataset::<u8>().shape(self.images_shape);
        let images = if self.chunked || self.shuffled { images.chunk((1, 2, 1, 3)) } else { images };
        let images = if self.shuffled { images.shuffle() } else { images };
        let pixels: Vec<u8> =
            (0..self.images_shape.iter().product::<usize>()).map(|index| index as u8).collect();
        images.create("images").unwrap().write_raw(&pixels).unwrap();
        file.new_dataset_builder().with_data(&self.labels).create("labels").unwrap();
        let unicode = |text: &str| text.parse::<VarLenUnicode>().unwrap();
        file.new_attr_builder().with_data(&[unicode("cat"), unicode("dog")]).create("class_names").unwrap();
        for (name, value) in [("channel_order", self.channel_order), ("layout", "NHWC")] {
            file.new_attr::<VarLenUnicode>().create(name).unwrap().write_scalar(&unicode(value)).unwrap();
        }
    }

    fn open(&self) -> Result<Dataset, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.h5");
        self.write(&path);
        Dataset::open(&path).map_err(|error| error.to_string().replace(path.to_str().unwrap(), "FILE"))
    }
}

#[test]
fn contiguous_and_chunked_files_read_alike() {
    for chunked in [false, true] {
        let dataset = Written { chunked, ..Written::default() }.open().unwrap();
        assert_eq!((dataset.len(), dataset.height(), dataset.width()), (2, 2, 1));
        assert_eq!(dataset.image(1), [6, 7, 8, 9, 10, 11]);
        assert_eq!(dataset.labels(), [0, 1]);
        assert_eq!(dataset.class_names(), ["cat", "dog"]);
    }
}

#[test]
fn other_layouts_are_refused_with_the_reason() {
    let refuse = |written: Written| written.open().map(|_| ()).unwrap_err();
    assert_eq!(
        refuse(Written { images_shape: [2, 3, 2, 1], ..Written::default() }),
        "FILE: `images` has shape [2, 3, 2, 1], not [N, height, width, 3]"
    );
    assert_eq!(
        refuse(Written { labels: vec![0], ..Written::default() }),
        "FILE: `labels` has shape [1], but there are 2 images"
    );
    assert_eq!(
        refuse(Written { labels: vec![0, 2], ..Written::default() }),
        "FILE: image 1 has label 2, but there are 2 classes"
    );
    assert_eq!(
        refuse(Written { channel_order: "BGR", ..Written::default() }),
        "FILE: `channel_order` is \"BGR\", not \"RGB\""
    );
}

#[test]
fn strings_are_read_however_hdf5_keeps_them() {
    fn open<T: hdf5::H5Type>(text: impl Fn(&str) -> T) -> Dataset {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.h5");
        Written::default().write(&path);
        let file = hdf5::File::open_rw(&path).unwrap();
        for name in ["class_names", "channel_order", "layout"] {
            file.delete_attr(name).unwrap();
        }
        file.new_attr_builder().with_data(&["cat", "dog"].map(&text)).create("class_names").unwrap();
        for (name, value) in [("channel_order", "RGB"), ("layout", "NHWC")] {
            file.new_attr::<T>().create(name).unwrap().write_scalar(&text(value)).unwrap();
        }
        file.close().unwrap();
        Dataset::open(&path).unwrap()
    }
    let names = ["cat", "dog"];
    assert_eq!(open(|text| FixedAscii::<4>::from_ascii(text).unwrap()).class_names(), names);
    assert_eq!(open(|text| text.parse::<FixedUnicode<9>>().unwrap()).class_names(), names);
    assert_eq!(open(|text| VarLenAscii::from_ascii(text).unwrap()).class_names(), names);
    assert_eq!(open(|text| text.parse::<VarLenUnicode>().unwrap()).class_names(), names);
}

/// This program's HDF5 cannot write what it cannot read, so the file is made to name another filter.
#[test]
fn compressed_images_are_refused_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.h5");
    Written { shuffled: true, ..Written::default() }.write(&path);
    assert_eq!(Dataset::open(&path).unwrap().len(), 2);
    let mut bytes = std::fs::read(&path).unwrap();
    let (shuffle, gzip) = (2, 1);
    let name = bytes.windows(8).position(|window| window == b"shuffle\0").unwrap();
    assert_eq!(bytes[name - 8], shuffle);
    bytes[name - 8] = gzip;
    std::fs::write(&path, bytes).unwrap();
    let message = Dataset::open(&path).unwrap_err().to_string();
    let expected = format!("{}: `images` is compressed\nhint: write it contiguous", path.display());
    assert!(message.starts_with(&expected), "{message}");
}

#[test]
fn files_of_other_kinds_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.h5");
    assert!(matches!(Dataset::open(&path), Err(DataError::Io { .. })));
    std::fs::write(&path, "hello").unwrap();
    let message = Dataset::open(&path).unwrap_err().to_string();
    assert!(message.starts_with(&format!("cannot open {}: ", path.display())), "{message}");
    hdf5::File::create(&path).unwrap().close().unwrap();
    let message = Dataset::open(&path).unwrap_err().to_string();
    assert!(message.contains("has no string attribute `channel_order`"), "{message}");
}

#[test]
fn every_truncation_of_a_file_is_refused() {
    let source = tempfile::tempdir().unwrap();
    write_mnist(source.path(), 20, 10, 2).unwrap();
    let built = build(&params(DatasetFormat::Idx), source.path());
    let path = built.path("train");
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    let whole = file.metadata().unwrap().len();
    for length in (0..whole).rev() {
        file.set_len(length).unwrap();
        assert!(Dataset::open(&path).is_err(), "{length} of {whole} bytes");
    }
}

#[test]
fn nothing_in_a_file_tells_when_or_where_it_was_written() {
    let source = tempfile::tempdir().unwrap();
    write_idx(&source.path().join("images-idx3-ubyte"), &[2, 4, 4], &[0; 32]).unwrap();
    write_idx(&source.path().join("labels-idx1-ubyte"), &[2], &[0, 1]).unwrap();
    let built = build(&params(DatasetFormat::Idx), source.path());
    let content = built.contents().remove("train.h5").unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as u32;
    let is_recent =
        |bytes: &&[u8]| (now - 3600..=now).contains(&u32::from_le_bytes((*bytes).try_into().unwrap()));
    assert_eq!(content.windows(4).find(is_recent), None, "a time is stored");
    let again = build(&params(DatasetFormat::Idx), source.path()).contents().remove("train.h5").unwrap();
    assert!(content == again);
}

#[test]
fn images_and_labels_are_contiguous() {
    let source = tempfile::tempdir().unwrap();
    write_mnist(source.path(), 20, 10, 4).unwrap();
    let built = build(&params(DatasetFormat::Idx), source.path());
    let file = hdf5::File::open(built.path("train")).unwrap();
    for name in ["images", "labels"] {
        assert!(file.dataset(name).unwrap().offset().is_some(), "{name}");
    }
}

#[test]
fn many_threads_may_read() {
    let dataset = Written::default().open().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(dataset.image(0), [0, 1, 2, 3, 4, 5]));
        }
    });
}

#[test]
fn progress_ends_at_the_total_and_a_stop_is_obeyed() {
    let source = tempfile::tempdir().unwrap();
    write_mnist(source.path(), 300, 100, 2).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let furthest = Mutex::new((0, 0));
    let stop = AtomicBool::new(false);
    let watch = |activity: &str, done, total| {
        assert_eq!(activity, "packing");
        let mut furthest = furthest.lock().unwrap();
        *furthest = (done, total).max(*furthest);
    };
    build_dataset(&params(DatasetFormat::Idx), source.path(), &outputs(folder.path()), &watch, &stop)
        .unwrap();
    assert_eq!(*furthest.lock().unwrap(), (500, 500));

    let stopping = |_: &str, done: u64, _: u64| stop.store(done > 0, Ordering::Relaxed);
    let folder = tempfile::tempdir().unwrap();
    let outputs = outputs(folder.path());
    let error =
        build_dataset(&params(DatasetFormat::Idx), source.path(), &outputs, &stopping, &stop).unwrap_err();
    assert!(matches!(error, DataError::Interrupted), "{error}");
}
