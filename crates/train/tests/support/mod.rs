//! A tiny experiment: 8×8 images of three classes that a small network learns in seconds.

#![allow(dead_code, reason = "each test program uses a part")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use proto::StageEvent;
use spec::kinds::{DatasetFormat, DatasetParams, TrainParams};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};
use train::{Schedule, TrainError, TrainingFiles, TrainingInput, TrainingInputs, TrainingJob};

pub const SIZE: usize = 8;
const CLASSES: usize = 3;

/// A folder with datasets, checkpoints and results.
pub struct Experiment {
    folder: tempfile::TempDir,
}

impl Experiment {
    pub fn new() -> Self {
        tch::set_num_threads(1);
        let experiment = Self { folder: tempfile::tempdir().unwrap() };
        experiment.write_dataset("train", 36, 1, |image| image.to_vec());
        experiment.write_dataset("val", 18, 2, |image| image.to_vec());
        fs::write(experiment.path("means.json"), r#"{"mode":"channel","R":90.0,"G":90.0,"B":90.0}"#).unwrap();
        experiment
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes `count` noisy images as `<name>.h5`: class c is bright from column 2c on.
    pub fn write_dataset(&self, name: &str, count: usize, seed: u32, change: impl Fn(&[u8]) -> Vec<u8>) {
        let mut noise = seed;
        let mut images = Vec::new();
        let labels: Vec<u8> = (0..count).map(|index| (index % CLASSES) as u8).collect();
        for &label in &labels {
            let image: Vec<u8> = (0..SIZE * SIZE)
                .map(|pixel| {
                    noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let bright = pixel % SIZE > 2 * usize::from(label);
                    (noise >> 25) as u8 + if bright { 100 } else { 0 }
                })
                .collect();
            images.extend(change(&image));
        }
        let source = self.path(&format!("{name}-source"));
        fs::create_dir_all(&source).unwrap();
        let header = |magic: u32, sizes: &[usize]| -> Vec<u8> {
            let numbers = std::iter::once(magic).chain(sizes.iter().map(|&size| size as u32));
            numbers.flat_map(u32::to_be_bytes).collect()
        };
        let images = [header(0x803, &[count, SIZE, SIZE]), images].concat();
        fs::write(source.join("images-idx3-ubyte"), images).unwrap();
        fs::write(source.join("labels-idx1-ubyte"), [header(0x801, &[count]), labels].concat()).unwrap();
        let params = DatasetParams {
            format: DatasetFormat::Idx,
            image_size: None,
            test_per_class: 0,
            val_per_class: 0,
            test_fraction: None,
            val_fraction: None,
            seed: 42,
        };
        let outputs = BTreeMap::from([
            ("train".to_owned(), self.path(&format!("{name}.h5"))),
            ("classes".to_owned(), self.path(&format!("{name}-classes.json"))),
        ]);
        data::build_dataset(&params, &source, &outputs, &|_, _, _| (), &AtomicBool::new(false)).unwrap();
    }

    /// Writes a dataset file of the three classes that has no images: `build_dataset` makes none.
    pub fn write_empty_dataset(&self, name: &str) {
        let text = |text: &str| text.parse::<hdf5::types::VarLenUnicode>().unwrap();
        let file = hdf5::File::create(self.path(name)).unwrap();
        file.new_dataset::<u8>().shape([0, SIZE, SIZE, 3]).create("images").unwrap();
        file.new_dataset::<i64>().shape([0]).create("labels").unwrap();
        let names = ["0", "1", "2"].map(text);
        file.new_attr_builder().with_data(&names).create("class_names").unwrap();
        for (attribute, value) in [("channel_order", "RGB"), ("layout", "NHWC")] {
            let attribute = file.new_attr::<hdf5::types::VarLenUnicode>().create(attribute).unwrap();
            attribute.write_scalar(&text(value)).unwrap();
        }
    }

    /// A training with the `schedule` fields of a `train` stage, as JSON.
    pub fn job(&self, schedule: &str) -> TrainingJob {
        let fields = r#""model": {"stages": [1, 1], "filters": [4, 8, 8]}, "batch_size": 8, "seed": 7,
            "augment": {"shift": 0.1, "rotation": 5.0}, "checkpoint_every": 2"#;
        let params: TrainParams = serde_json::from_str(&format!("{{{schedule}, {fields}}}")).unwrap();
        let schedule = Schedule::of_train(&params).unwrap();
        let inputs = TrainingInputs {
            train: self.input("train.h5"),
            val: Some(self.input("val.h5")),
            means: Some(self.input("means.json")),
            init: None,
        };
        let checkpoints = self.path("checkpoints");
        TrainingJob { params: params.training, schedule, inputs, checkpoints, device: tch::Device::Cpu }
    }

    pub fn input(&self, name: &str) -> TrainingInput {
        let path = self.path(name);
        let digest = blake3::hash(&fs::read(&path).unwrap()).to_hex().to_string();
        TrainingInput { path, digest }
    }

    /// Trains into the folder `name`.
    pub fn train(&self, name: &str, job: &TrainingJob) -> Run {
        self.train_until(name, job, |_| false)
    }

    /// The same, told to stop as soon as an event fulfils `condition`.
    pub fn train_until(&self, name: &str, job: &TrainingJob, condition: impl Fn(&StageEvent) -> bool) -> Run {
        let folder = self.path(name);
        fs::create_dir_all(&folder).unwrap();
        let files = TrainingFiles {
            weights: folder.join("weights.safetensors"),
            history: folder.join("history.json"),
            history_csv: folder.join("history.csv"),
            curves: folder.join("curves.png"),
            curves_svg: folder.join("curves.svg"),
            tensorboard: folder.join("tensorboard"),
            metrics: folder.join("metrics.json"),
        };
        let (stop, mut events) = (AtomicBool::new(false), Vec::new());
        let result = train::train(job, &files, &stop, &mut |event| {
            if condition(&event) {
                stop.store(true, Ordering::Relaxed);
            }
            events.push(event);
        });
        Run { folder, result: result.map(drop), events }
    }
}

/// How a training went.
pub struct Run {
    pub folder: PathBuf,
    pub result: Result<(), TrainError>,
    pub events: Vec<StageEvent>,
}

impl Run {
    /// The epochs that were executed.
    pub fn executed(&self) -> Vec<u32> {
        let epoch = |event: &StageEvent| match event {
            StageEvent::Epoch { epoch, .. } => Some(*epoch),
            _ => None,
        };
        self.events.iter().filter_map(epoch).collect()
    }

    pub fn warnings(&self) -> Vec<String> {
        let warning = |event: &'_ StageEvent| match event {
            StageEvent::Warning { message } => Some(message.clone()),
            _ => None,
        };
        self.events.iter().filter_map(warning).collect()
    }

    /// All output files by name. Panics with the error if the training failed.
    pub fn outputs(&self) -> BTreeMap<String, Vec<u8>> {
        self.result.as_ref().unwrap();
        read_files(&self.folder)
    }
}

/// All files below a folder by their paths in it.
pub fn read_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            let inside = read_files(&entry.path());
            files.extend(inside.into_iter().map(|(path, bytes)| (format!("{name}/{path}"), bytes)));
        } else {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    files
}
