/// One rotation, shift, shear, zoom and mirroring of an image. The default changes nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AffineParameters {
    /// Rotation in degrees.
    pub rotation: f64,
    /// Shift along the columns in pixels.
    pub shift_x: f64,
    /// Shift along the rows in pixels.
    pub shift_y: f64,
    /// Shear in degrees.
    pub shear: f64,
    /// Factor on the output's column coordinates: below 1 enlarges.
    pub zoom_x: f64,
    /// Factor on the output's row coordinates.
    pub zoom_y: f64,
    /// Whether the result is mirrored left to right.
    pub flip: bool,
}

impl Default for AffineParameters {
    fn default() -> Self {
        Self { rotation: 0.0, shift_x: 0.0, shift_y: 0.0, shear: 0.0, zoom_x: 1.0, zoom_y: 1.0, flip: false }
    }
}

/// Where the pixels of the changed image come from: p_in = linear·(p_out − centre) + offset, x (columns) before
/// y (rows), in pixels; if `flip`, the result is mirrored after that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AffineMap {
    /// R·S·Z: rotation, shear, zoom.
    pub linear: [[f64; 2]; 2],
    /// R·t + centre: what the centre of the output shows.
    pub offset: [f64; 2],
    /// (width − 1)/2 and (height − 1)/2.
    pub centre: [f64; 2],
    /// Whether the result is mirrored left to right.
    pub flip: bool,
}

impl AffineMap {
    /// Composes M = R·T·S·Z about the image's centre, with S = [[1, −sin h], [0, cos h]], as Keras'
    /// `apply_affine_transform` does.
    pub fn new(parameters: &AffineParameters, height: usize, width: usize) -> Self {
        let (sin, cos) = parameters.rotation.to_radians().sin_cos();
        let (shear_sin, shear_cos) = parameters.shear.to_radians().sin_cos();
        let (zoom_x, zoom_y) = (parameters.zoom_x, parameters.zoom_y);
        let (shift_x, shift_y) = (parameters.shift_x, parameters.shift_y);
        let centre = [(width as f64 - 1.0) / 2.0, (height as f64 - 1.0) / 2.0];
        Self {
            linear: [
                [cos * zoom_x, (-cos * shear_sin - sin * shear_cos) * zoom_y],
                [sin * zoom_x, (-sin * shear_sin + cos * shear_cos) * zoom_y],
            ],
            offset: [cos * shift_x - sin * shift_y + centre[0], sin * shift_x + cos * shift_y + centre[1]],
            centre,
            flip: parameters.flip,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_parameters_are_the_identity() {
        let map = AffineMap::new(&AffineParameters::default(), 5, 9);
        assert_eq!(map.linear, [[1.0, 0.0], [0.0, 1.0]]);
        assert_eq!(map.offset, [4.0, 2.0]);
        assert_eq!(map.centre, map.offset);
    }

    #[test]
    fn a_quarter_turn_swaps_the_axes_and_turns_the_shift_with_it() {
        let parameters = AffineParameters { rotation: 90.0, shift_x: 2.0, ..AffineParameters::default() };
        let map = AffineMap::new(&parameters, 3, 3);
        for (value, expected) in map.linear.concat().iter().zip([0.0, -1.0, 1.0, 0.0]) {
            assert!((value - expected).abs() < 1e-15, "{:?}", map.linear);
        }
        assert!((map.offset[0] - 1.0).abs() < 1e-15 && (map.offset[1] - 3.0).abs() < 1e-15);
    }
}
