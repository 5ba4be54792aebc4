/// The part that one batch has in an update of the weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Whether it is the first batch of the update.
    pub begins: bool,
    /// Its share of the update's images.
    pub share: f64,
    /// Whether it is the last batch of the update, after which the weights change.
    pub ends: bool,
}

impl Part {
    /// A batch that makes an update alone.
    pub const WHOLE: Self = Self { begins: true, share: 1.0, ends: true };
}

/// Which batches of an epoch make an update together: so many in a row, and at the epoch's end those that are left.
///
/// Each counts by its images, so that the update's gradient is the mean over all of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Accumulation {
    /// Batches an update.
    pub(crate) batches: usize,
    /// Images a batch; the epoch's last may have fewer.
    pub(crate) batch_size: usize,
    /// Images an epoch.
    pub(crate) images: usize,
}

impl Accumulation {
    /// The part of a step, counted from 0 in its epoch.
    pub(crate) fn part(&self, step: usize) -> Part {
        let (first, last) = self.update_of(step);
        let images =
            |from: usize, to: usize| ((to + 1) * self.batch_size).min(self.images) - from * self.batch_size;
        Part {
            begins: step == first,
            share: images(step, step) as f64 / images(first, last) as f64,
            ends: step == last,
        }
    }

    /// How many updates an epoch makes.
    pub(crate) fn updates(&self) -> usize {
        self.steps().div_ceil(self.batches)
    }

    /// The update that a step belongs to, counted from 0 in its epoch.
    pub(crate) fn update(&self, step: usize) -> usize {
        step / self.batches
    }

    fn update_of(&self, step: usize) -> (usize, usize) {
        let first = self.update(step) * self.batches;
        (first, (first + self.batches).min(self.steps()) - 1)
    }

    fn steps(&self) -> usize {
        self.images.div_ceil(self.batch_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_count_by_their_images() {
        let accumulation = Accumulation { batches: 2, batch_size: 4, images: 17 };
        let parts: Vec<_> = (0..5).map(|step| accumulation.part(step)).collect();
        let half = |begins| Part { begins, share: 0.5, ends: !begins };
        assert_eq!(parts, [half(true), half(false), half(true), half(false), Part::WHOLE]);
        assert_eq!(accumulation.updates(), 3);
        let accumulation = Accumulation { batches: 3, batch_size: 4, images: 6 };
        let parts: Vec<_> = (0..2).map(|step| accumulation.part(step)).collect();
        assert_eq!(parts[0], Part { begins: true, share: 4.0 / 6.0, ends: false });
        assert_eq!(parts[1], Part { begins: false, share: 2.0 / 6.0, ends: true });
    }

    #[test]
    fn alone_every_batch_is_an_update() {
        let accumulation = Accumulation { batches: 1, batch_size: 4, images: 17 };
        assert!((0..5).all(|step| accumulation.part(step) == Part::WHOLE));
    }
}
