//! Prints how many 64×64 images a second are prepared with and without augmentation, by one and two threads:
//! `cargo run --release -p train --example augment_speed`.

use spec::kinds::Augment;
use std::{hint::black_box, time::Instant};
use train::{
    Purpose, Stream,
    augment::{Augmenter, Scratch},
};

const SIDE: usize = 64;
const IMAGE: usize = SIDE * SIDE * 3;
const IMAGES: usize = 4096;
const BATCH: usize = 64;
const RUNS: usize = 7;

fn main() {
    let mut stream = Stream::new(1, 0, 0, Purpose::Affine);
    let images: Vec<u8> = (0..IMAGES * IMAGE).map(|_| stream.next_u64() as u8).collect();
    let affine = Augment { rotation: 18.0, zoom: 0.15, shift: 0.2, shear: 0.15, ..Augment::default() };
    let affine = Augment { horizontal_flip: true, ..affine };
    let flip = Augment { horizontal_flip: true, ..Augment::default() };
    println!("images/s, {SIDE}×{SIDE}, u8 in, f32 out, best of {RUNS} runs    1 thread   2 threads");
    for (name, augment) in
        [("rotation, shift, shear, zoom, flip", affine), ("flip", flip), ("none", Augment::default())]
    {
        let augmenter = Augmenter::new(augment, 42, SIDE, SIDE, None);
        let rates = [1, 2].map(|threads| best_rate(&augmenter, &images, threads));
        println!("{name:52} {:10.0} {:11.0}", rates[0], rates[1]);
    }
}

/// Images a second, all threads together.
fn best_rate(augmenter: &Augmenter, images: &[u8], threads: usize) -> f64 {
    let seconds = (0..RUNS).map(|_| {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for thread in 0..threads {
                scope.spawn(move || prepare(augmenter, images, thread));
            }
        });
        start.elapsed().as_secs_f64()
    });
    (threads * IMAGES) as f64 / seconds.fold(f64::INFINITY, f64::min)
}

/// Prepares every image once, batch after batch, in an order that jumps about as a shuffled epoch does.
fn prepare(augmenter: &Augmenter, images: &[u8], thread: usize) {
    let mut scratch = Scratch::default();
    let mut batch = vec![0.0; BATCH * IMAGE];
    for start in (0..IMAGES).step_by(BATCH) {
        for (position, output) in batch.chunks_exact_mut(IMAGE).enumerate() {
            let index = (start + position) * 2741 % IMAGES;
            let image = &images[index * IMAGE..][..IMAGE];
            augmenter.apply(image, thread as u32, index as u32, &mut scratch, output);
        }
        black_box(&batch);
    }
}
