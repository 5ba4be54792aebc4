//! Prints how many 64×64 images a second are put into batches of 64 by one and by two threads, in a shuffled
//! order: `cargo run --release -p train --example augment_speed`. The machine should be idle.
//!
//! Augmentation is bound by arithmetic; converting and copying by memory.

use spec::kinds::Augment;
use std::{hint::black_box, time::Instant};
use train::{
    Purpose, Stream,
    augment::{Augmenter, Scratch},
    epoch_order,
};

const SIDE: usize = 64;
const IMAGE: usize = SIDE * SIDE * 3;
const IMAGES: usize = 8192;
const BATCH: usize = 64;
const RUNS: usize = 7;

fn main() {
    let mut stream = Stream::new(1, 0, 0, Purpose::Affine);
    let images: Vec<u8> = (0..IMAGES * IMAGE / 8).flat_map(|_| stream.next_u64().to_le_bytes()).collect();
    let order = epoch_order(42, 0, IMAGES as u32, true);
    let image = |index: u32| &images[index as usize * IMAGE..][..IMAGE];
    let flip = Augment { horizontal_flip: true, ..Augment::default() };
    let affine = Augment { rotation: 18.0, zoom: 0.15, shift: 0.2, shear: 0.15, ..flip.clone() };
    println!("images/s, best of {RUNS} runs                        1 thread   2 threads");
    for (name, augment) in [
        ("u8 to f32: rotation, shift, shear, zoom, flip", affine),
        ("u8 to f32: flip", flip),
        ("u8 to f32", Augment::default()),
    ] {
        let augmenter = Augmenter::new(augment, 42, SIDE, SIDE, None);
        print_rates(name, |thread| {
            let mut scratch = Scratch::default();
            fill_batches(&order, |index, output| {
                augmenter.apply(image(index), thread, index, &mut scratch, output);
            });
        });
    }
    print_rates("u8 to u8", |_| fill_batches(&order, |index, output| output.copy_from_slice(image(index))));
}

/// Fills batch after batch with `fill`, image by image.
fn fill_batches<T: Clone + Default>(order: &[u32], mut fill: impl FnMut(u32, &mut [T])) {
    let mut batch = vec![T::default(); BATCH * IMAGE];
    for samples in order.chunks_exact(BATCH) {
        for (&index, output) in samples.iter().zip(batch.chunks_exact_mut(IMAGE)) {
            fill(index, output);
        }
        black_box(&batch);
    }
}

/// Prints how many images a second go through `work`, which each thread does once with all of them.
fn print_rates(name: &str, work: impl Fn(u32) + Sync) {
    let rates = [1, 2].map(|threads| {
        let seconds = (0..RUNS).map(|_| {
            let start = Instant::now();
            std::thread::scope(|scope| {
                for thread in 0..threads {
                    let work = &work;
                    scope.spawn(move || work(thread));
                }
            });
            start.elapsed().as_secs_f64()
        });
        f64::from(threads) * IMAGES as f64 / seconds.fold(f64::INFINITY, f64::min)
    });
    println!("{name:48} {:10.0} {:11.0}", rates[0], rates[1]);
}
