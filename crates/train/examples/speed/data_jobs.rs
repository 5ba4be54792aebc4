use crate::{Result, best};
use data::{Dataset, build_dataset, compute_means};
use spec::kinds::{Augment, DatasetParams, MeansMode, MeansParams};
use std::{collections::BTreeMap, hint::black_box, path::Path, sync::atomic::AtomicBool};
use train::{
    Purpose, Stream,
    augment::{Augmenter, Scratch},
    epoch_order,
};

const BATCH: usize = 64;

/// Packs a tree with one folder a class into a fresh HDF5 file, some times.
pub fn pack(folder: &Path) -> Result<f64> {
    let params: DatasetParams = serde_json::from_value(serde_json::json!({ "format": "image-folder" }))?;
    let mut images = 0;
    let seconds = best(3, || {
        let scratch = tempfile::tempdir()?;
        let outputs =
            BTreeMap::from(["train", "classes"].map(|name| (name.to_owned(), scratch.path().join(name))));
        let summary = build_dataset(&params, folder, &outputs, &|_, _, _| (), &AtomicBool::new(false))?;
        images = summary.splits.iter().map(|split| split.images()).sum();
        Ok(())
    })?;
    Ok(images as f64 / seconds)
}

/// Takes the channel means of a dataset file, as the stage does.
pub fn means(file: &Path) -> Result<f64> {
    let output = tempfile::NamedTempFile::new()?;
    let params = MeansParams { mode: MeansMode::Channel };
    let stop = AtomicBool::new(false);
    let seconds = best(5, || {
        compute_means(&params, file, output.path(), &|_, _, _| (), &stop)?;
        Ok(())
    })?;
    Ok(Dataset::open(file)?.len() as f64 / seconds)
}

/// Copies images in a shuffled order into batches, opening the file first.
pub fn batches(file: &Path) -> Result<f64> {
    let count = Dataset::open(file)?.len();
    let order = epoch_order(42, 0, count as u32, true);
    let seconds = best(5, || {
        let dataset = Dataset::open(file)?;
        let image = dataset.height() * dataset.width() * 3;
        let mut batch = vec![0; BATCH * image];
        for samples in order.chunks_exact(BATCH) {
            for (&index, pixels) in samples.iter().zip(batch.chunks_exact_mut(image)) {
                pixels.copy_from_slice(dataset.image(index as usize));
            }
            black_box(&batch);
        }
        Ok(())
    })?;
    Ok((count - count % BATCH) as f64 / seconds)
}

/// The study's augmentation of 64×64 images that are in memory, by two threads.
pub fn augment() -> f64 {
    const SIDE: usize = 64;
    const IMAGE: usize = SIDE * SIDE * 3;
    const IMAGES: usize = 8192;
    const THREADS: u32 = 2;
    let mut stream = Stream::new(1, 0, 0, Purpose::Affine);
    let images: Vec<u8> = (0..IMAGES * IMAGE / 8).flat_map(|_| stream.next_u64().to_le_bytes()).collect();
    let order = epoch_order(42, 0, IMAGES as u32, true);
    let augment = Augment {
        rotation: 18.0,
        zoom: 0.15,
        shift: 0.2,
        shear: 0.15,
        horizontal_flip: true,
        ..Augment::default()
    };
    let augmenter = Augmenter::new(augment, 42, SIDE, SIDE, None);
    let work = |thread: u32| {
        let (mut scratch, mut batch) = (Scratch::default(), vec![0.0; BATCH * IMAGE]);
        for samples in order.chunks_exact(BATCH) {
            for (&index, output) in samples.iter().zip(batch.chunks_exact_mut(IMAGE)) {
                let image = &images[index as usize * IMAGE..][..IMAGE];
                augmenter.apply(image, thread, index, &mut scratch, output);
            }
            black_box(&batch);
        }
    };
    let seconds = best(5, || {
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let work = &work;
                scope.spawn(move || work(thread));
            }
        });
        Ok(())
    });
    f64::from(THREADS) * IMAGES as f64 / seconds.unwrap_or(f64::NAN)
}
