//! Against Keras' augmentation (`tests/golden/augment.*`), and the paths of the resampling against each other.

use super::{
    AffineMap, AffineParameters,
    resample::{Instructions, Job, ResampleScratch, resample},
};
use crate::random::{Purpose, Stream};
use safetensors::SafeTensors;
use std::path::PathBuf;

/// Side of the golden images.
pub const SIDE: usize = 64;

/// The golden image, the parameters, and the augmented images in order.
pub struct Golden {
    pub image: Vec<u8>,
    pub parameters: Vec<AffineParameters>,
    pub augmented: Vec<Vec<f32>>,
}

impl Golden {
    pub fn read() -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden");
        let bytes = std::fs::read(folder.join("augment.safetensors")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let values = |name: &str| -> Vec<f32> {
            let bytes = tensors.tensor(name).unwrap().data();
            bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
        };
        let image = values("image").iter().map(|&value| value as u8).collect();
        let augmented = values("augmented").chunks_exact(SIDE * SIDE * 3).map(<[f32]>::to_vec).collect();
        let text = std::fs::read_to_string(folder.join("augment.json")).unwrap();
        let sets: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        Self { image, parameters: sets.iter().map(parameters_of).collect(), augmented }
    }
}

fn parameters_of(set: &serde_json::Value) -> AffineParameters {
    let number = |name: &str| set[name].as_f64().unwrap();
    AffineParameters {
        rotation: number("theta"),
        shift_x: number("tx"),
        shift_y: number("ty"),
        shear: number("shear"),
        zoom_x: number("zx"),
        zoom_y: number("zy"),
        flip: set["flip_horizontal"].as_bool().unwrap(),
    }
}

pub fn largest_difference(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).map(|(left, right)| (left - right).abs()).fold(0.0, f32::max)
}

fn run(
    image: &[u8],
    size: [usize; 2],
    map: &AffineMap,
    mean: &[f32],
    instructions: Instructions,
) -> Vec<f32> {
    let mut output = vec![f32::NAN; image.len()];
    resample(Job { image, size, map, mean }, instructions, &mut ResampleScratch::default(), &mut output);
    output
}

#[test]
fn resampling_agrees_with_keras() {
    let golden = Golden::read();
    assert_eq!(golden.parameters.len(), golden.augmented.len());
    let mean = [0.0; SIDE * SIDE * 3];
    for (number, (parameters, expected)) in golden.parameters.iter().zip(&golden.augmented).enumerate() {
        let map = AffineMap::new(parameters, SIDE, SIDE);
        let output = run(&golden.image, [SIDE, SIDE], &map, &mean, Instructions::Portable);
        let difference = largest_difference(&output, expected);
        assert!(difference < 0.01, "set {number}, {parameters:?}: off by {difference}");
    }
}

fn random_bytes(count: usize) -> Vec<u8> {
    let mut stream = Stream::new(1, 0, 0, Purpose::Affine);
    (0..count).map(|_| stream.next_u64() as u8).collect()
}

fn random_map(index: u32, height: usize, width: usize) -> AffineMap {
    let mut stream = Stream::new(2, 0, index, Purpose::Affine);
    let parameters = AffineParameters {
        rotation: stream.uniform_in(-180.0, 180.0),
        shift_x: stream.uniform_in(-1.0, 1.0) * width as f64,
        shift_y: stream.uniform_in(-1.0, 1.0) * height as f64,
        shear: stream.uniform_in(-40.0, 40.0),
        zoom_x: stream.uniform_in(0.2, 3.0),
        zoom_y: stream.uniform_in(0.2, 3.0),
        flip: stream.uniform() < 0.5,
    };
    AffineMap::new(&parameters, height, width)
}

#[test]
fn all_instructions_give_the_same_bits() {
    for (index, [height, width]) in
        [[64, 64], [32, 32], [28, 28], [1, 1], [1, 9], [7, 1], [5, 13]].iter().enumerate()
    {
        let image = random_bytes(height * width * 3);
        let mean: Vec<f32> = random_bytes(image.len()).iter().map(|&byte| f32::from(byte) / 3.0).collect();
        for draw in 0..20 {
            let map = random_map(index as u32 * 100 + draw, *height, *width);
            let bits = |instructions| -> Vec<u32> {
                let output = run(&image, [*height, *width], &map, &mean, instructions);
                output.iter().map(|value| value.to_bits()).collect()
            };
            assert_eq!(
                bits(Instructions::detect()),
                bits(Instructions::Portable),
                "{height} by {width}, {map:?}"
            );
        }
    }
}

#[test]
fn the_mean_is_subtracted_where_the_result_lies() {
    let image = random_bytes(5 * 7 * 3);
    let mean: Vec<f32> = (0..image.len()).map(|index| index as f32).collect();
    let map = random_map(3, 5, 7);
    let plain = run(&image, [5, 7], &map, &[0.0; 5 * 7 * 3], Instructions::detect());
    let output = run(&image, [5, 7], &map, &mean, Instructions::detect());
    let expected: Vec<f32> = plain.iter().zip(&mean).map(|(value, mean)| value - mean).collect();
    assert_eq!(output, expected);
}

#[test]
fn the_identity_keeps_every_value_and_a_flip_mirrors_it() {
    let image = random_bytes(5 * 4 * 3);
    let mean = [0.0; 5 * 4 * 3];
    let kept: Vec<f32> = image.iter().map(|&byte| f32::from(byte)).collect();
    for flip in [false, true] {
        let map = AffineMap::new(&AffineParameters { flip, ..AffineParameters::default() }, 5, 4);
        let mut expected = kept.clone();
        if flip {
            let rows = kept.chunks_exact(12).flat_map(|row| row.rchunks_exact(3).flatten());
            expected = rows.copied().collect();
        }
        assert_eq!(run(&image, [5, 4], &map, &mean, Instructions::detect()), expected);
    }
}

#[test]
fn far_outside_the_image_is_its_edge() {
    let image = random_bytes(6 * 6 * 3);
    let map = AffineMap::new(&AffineParameters { shift_x: 100.0, ..AffineParameters::default() }, 6, 6);
    let output = run(&image, [6, 6], &map, &[0.0; 6 * 6 * 3], Instructions::detect());
    for (row, values) in output.chunks_exact(18).enumerate() {
        let edge = &image[row * 18 + 15..row * 18 + 18];
        for pixel in values.chunks_exact(3) {
            assert!(pixel.iter().zip(edge).all(|(value, &byte)| *value == f32::from(byte)));
        }
    }
}
