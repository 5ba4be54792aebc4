/// A decoded image: 8 bits a channel, red, green and blue interleaved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RgbImage {
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// `[height, width, 3]`.
    pub(crate) pixels: Vec<u8>,
}
