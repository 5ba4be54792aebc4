/// A rectangle of an image, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rectangle {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Rectangle {
    /// `[height, width]` pixels around the pixel `[row, column]`, as far as they lie within an image of `size`.
    pub fn around([row, column]: [usize; 2], [height, width]: [usize; 2], size: [usize; 2]) -> Self {
        let (top, left) = (row.saturating_sub(height / 2), column.saturating_sub(width / 2));
        let bottom = (row + height - height / 2).min(size[0]);
        let right = (column + width - width / 2).min(size[1]);
        Self { top, left, height: bottom - top, width: right - left }
    }

    /// Where the rectangle's rows lie in an image, `[height, width, 3]`, that is `image_width` wide.
    pub fn rows(self, image_width: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
        (self.top..self.top + self.height).map(move |row| {
            let start = (row * image_width + self.left) * 3;
            start..start + self.width * 3
        })
    }

    /// How many pixels it has.
    pub fn area(self) -> usize {
        self.height * self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_is_cut_off_at_the_edges() {
        let around = |centre| Rectangle::around(centre, [4, 3], [10, 8]);
        assert_eq!(around([5, 5]), Rectangle { top: 3, left: 4, height: 4, width: 3 });
        assert_eq!(around([0, 0]), Rectangle { top: 0, left: 0, height: 2, width: 2 });
        assert_eq!(around([9, 7]), Rectangle { top: 7, left: 6, height: 3, width: 2 });
        assert_eq!(around([9, 7]).area(), 6);
    }

    #[test]
    fn rows_are_ranges_of_values() {
        let rectangle = Rectangle { top: 1, left: 2, height: 2, width: 1 };
        assert_eq!(rectangle.rows(4).collect::<Vec<_>>(), [18..21, 30..33]);
    }
}
