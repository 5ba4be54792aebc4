//! What a loader's batches hold, and that neither threads nor resumption change them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use spec::kinds::Augment;
use std::sync::Arc;
use tch::{Device, Kind};
use train::{Batch, ImageSource, Loader, LoaderOptions, TrainError};

const HEIGHT: usize = 6;
const WIDTH: usize = 5;
const IMAGE: usize = HEIGHT * WIDTH * 3;

fn affine() -> Augment {
    let affine = Augment { rotation: 18.0, zoom: 0.15, shift: 0.2, shear: 0.15, ..Augment::default() };
    Augment { horizontal_flip: true, ..affine }
}

fn everything() -> Augment {
    Augment { crop_padding: 1, cutout: 2, random_erasing: 0.5, mixup: 0.4, cutmix: 1.0, ..affine() }
}

/// Images whose every byte is a function of image and position; the label of image i is i.
struct Numbered {
    images: Vec<u8>,
    labels: Vec<i64>,
}

impl ImageSource for Numbered {
    fn images(&self) -> &[u8] {
        &self.images
    }
    fn labels(&self) -> &[i64] {
        &self.labels
    }
    fn height(&self) -> usize {
        HEIGHT
    }
    fn width(&self) -> usize {
        WIDTH
    }
}

fn numbered(count: usize) -> Arc<Numbered> {
    let images = (0..count * IMAGE).map(|position| (position * 7 % 251) as u8).collect();
    Arc::new(Numbered { images, labels: (0..count as i64).collect() })
}

fn options(threads: usize) -> LoaderOptions {
    LoaderOptions { batch_size: 4, shuffle: true, drop_last: false, seed: 42, threads, device: Device::Cpu }
}

fn loader(augment: Augment, options: LoaderOptions) -> Loader {
    Loader::new(numbered(22), None, augment, options).unwrap()
}

/// Labels and image values, in the order N, height, width, channel, of every batch.
fn content(batches: impl Iterator<Item = Result<Batch, TrainError>>) -> Vec<(Vec<i64>, Vec<f32>)> {
    batches.map(|batch| values(&batch.unwrap())).collect()
}

fn values(batch: &Batch) -> (Vec<i64>, Vec<f32>) {
    let images = batch.images.permute([0, 2, 3, 1]).contiguous().view(-1);
    (Vec::try_from(&batch.labels).unwrap(), Vec::try_from(images).unwrap())
}

#[test]
fn batches_are_channels_last_and_hold_images_less_the_mean() {
    let mean: Vec<f32> = (0..IMAGE).map(|position| position as f32 / 2.0).collect();
    let source = numbered(22);
    let loader = Loader::new(source.clone(), Some(&mean), Augment::default(), options(0)).unwrap();
    let batch = loader.epoch(1, 0).next().unwrap().unwrap();
    assert_eq!(batch.images.size(), [4, 3, HEIGHT as i64, WIDTH as i64]);
    assert_eq!(batch.images.stride(), [IMAGE as i64, 1, WIDTH as i64 * 3, 3]);
    assert_eq!((batch.images.kind(), batch.labels.kind()), (Kind::Float, Kind::Int64));
    let (labels, values) = values(&batch);
    for (&label, values) in labels.iter().zip(values.chunks_exact(IMAGE)) {
        let image = &source.images[label as usize * IMAGE..][..IMAGE];
        let expected: Vec<f32> =
            image.iter().zip(&mean).map(|(&byte, mean)| f32::from(byte) - mean).collect();
        assert_eq!(values, expected);
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let expected = content(loader(everything(), options(0)).epoch(3, 0));
    for threads in [1, 2, 3, 16] {
        assert_eq!(
            content(loader(everything(), options(threads)).epoch(3, 0)),
            expected,
            "{threads} threads"
        );
    }
}

#[test]
fn an_epoch_resumed_at_any_step_goes_on_with_the_same_batches() {
    let whole = content(loader(everything(), options(0)).epoch(3, 0));
    for first in 0..=whole.len() {
        assert_eq!(content(loader(everything(), options(2)).epoch(3, first)), whole[first..], "step {first}");
    }
}

#[test]
fn a_sample_changes_with_epoch_and_seed_but_not_with_the_batches() {
    let sample_5 = |options: LoaderOptions, epoch| {
        let batches = content(loader(affine(), options).epoch(epoch, 0));
        let samples =
            batches.iter().flat_map(|(labels, values)| labels.iter().zip(values.chunks_exact(IMAGE)));
        samples.filter(|(label, _)| **label == 5).map(|(_, values)| values.to_vec()).next().unwrap()
    };
    let expected = sample_5(options(0), 3);
    assert_eq!(sample_5(LoaderOptions { batch_size: 7, shuffle: false, ..options(0) }, 3), expected);
    assert_ne!(sample_5(options(0), 4), expected);
    assert_ne!(sample_5(LoaderOptions { seed: 43, ..options(0) }, 3), expected);
}

#[test]
fn every_sample_comes_once_and_the_last_batch_may_be_left_out() {
    let labels_of = |options: LoaderOptions| -> Vec<Vec<i64>> {
        content(loader(Augment::default(), options).epoch(0, 0))
            .into_iter()
            .map(|(labels, _)| labels)
            .collect()
    };
    let complete = labels_of(options(2));
    assert_eq!(complete.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 4, 4, 4, 2]);
    let mut sorted = complete.concat();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..22).collect::<Vec<_>>());
    assert_ne!(complete.concat(), sorted);
    assert_eq!(labels_of(LoaderOptions { drop_last: true, ..options(2) }), complete[..5]);
    assert_eq!(labels_of(LoaderOptions::evaluation(4, Device::Cpu)).concat(), sorted);
}

#[test]
fn steps_and_images_are_counted_as_they_come() {
    let complete = loader(Augment::default(), options(0));
    assert_eq!((complete.steps(), complete.images()), (6, 22));
    let full = loader(Augment::default(), LoaderOptions { drop_last: true, ..options(0) });
    assert_eq!((full.steps(), full.images()), (5, 20));
}

#[test]
fn mirroring_alone_mirrors_about_half_and_blends_nothing() {
    let augment = Augment { horizontal_flip: true, ..Augment::default() };
    let in_order = LoaderOptions { shuffle: false, ..options(0) };
    let plain = content(loader(Augment::default(), in_order.clone()).epoch(0, 0));
    let changed = content(loader(augment, in_order).epoch(0, 0));
    let samples = |batches: &[(Vec<i64>, Vec<f32>)]| -> Vec<Vec<f32>> {
        batches.iter().flat_map(|(_, values)| values.chunks_exact(IMAGE).map(<[f32]>::to_vec)).collect()
    };
    let mirror = |image: &[f32]| -> Vec<f32> {
        image.chunks_exact(WIDTH * 3).flat_map(|row| row.rchunks_exact(3).flatten()).copied().collect()
    };
    let mut mirrored = 0;
    for (plain, changed) in samples(&plain).iter().zip(samples(&changed)) {
        mirrored += usize::from(changed != *plain);
        assert!(changed == *plain || changed == mirror(plain));
    }
    assert!((5..=17).contains(&mirrored), "{mirrored} of 22");
}

#[test]
fn mixed_batches_name_their_partners() {
    let mixup = Augment { mixup: 1.0, ..Augment::default() };
    let in_order = LoaderOptions { shuffle: false, ..options(0) };
    let plain = loader(Augment::default(), in_order.clone()).epoch(0, 0).next().unwrap().unwrap();
    assert!(plain.partners.is_none());
    let mixed = loader(mixup, in_order).epoch(0, 0).next().unwrap().unwrap();
    let partners = mixed.partners.unwrap();
    assert_eq!(Vec::<i64>::try_from(&partners.labels).unwrap(), [3, 2, 1, 0]);
    assert_eq!(Vec::<i64>::try_from(&mixed.labels).unwrap(), [0, 1, 2, 3]);
    let expected = &plain.images * partners.share + plain.images.flip([0]) * (1.0 - partners.share);
    assert!((mixed.images - expected).abs().max().double_value(&[]) < 1e-4);
    assert!((0.01..0.99).contains(&partners.share));
}

#[test]
fn an_epoch_left_early_ends_its_threads() {
    let source = numbered(22);
    let loader = Loader::new(source.clone(), None, everything(), options(3)).unwrap();
    let mut batches = loader.epoch(0, 0);
    assert!(batches.next().is_some());
    drop(batches);
    drop(loader);
    assert_eq!(Arc::strong_count(&source), 1, "a thread still holds the images");
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let refused = |mean: Option<&[f32]>, options| {
        Loader::new(numbered(22), mean, everything(), options).err().map(|error| error.to_string()).unwrap()
    };
    let error = refused(Some(&[0.0; 3]), options(0));
    assert_eq!(error, "means: the mean image has 3 values, but the dataset's images have 90");
    let error = refused(None, LoaderOptions { batch_size: 0, ..options(0) });
    assert_eq!(error, "parameter `batch_size`: is 0, but a step needs at least one image");
}
