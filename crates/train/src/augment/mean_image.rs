/// The mean image, f32 `[height, width, 3]`, which is subtracted from every image.
#[derive(Debug, Clone)]
pub struct MeanImage {
    /// The mean image and one spare value, since vector code reads four values a pixel.
    values: Vec<f32>,
}

impl MeanImage {
    /// Takes the values of a mean image, `[height, width, 3]`.
    pub fn new(values: &[f32]) -> Self {
        Self { values: [values, &[0.0]].concat() }
    }

    /// No mean: nothing is subtracted from images of this size.
    pub fn zero(height: usize, width: usize) -> Self {
        Self { values: vec![0.0; height * width * 3 + 1] }
    }

    /// The mean image's values, `[height, width, 3]`.
    pub fn values(&self) -> &[f32] {
        &self.values[..self.values.len() - 1]
    }

    /// The values of one row, followed by at least one more value.
    pub(super) fn padded_row(&self, row: usize, width: usize) -> &[f32] {
        &self.values[row * width * 3..(row + 1) * width * 3 + 1]
    }
}
