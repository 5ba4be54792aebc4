use std::ops::Range;

/// The stages of several pipelines under one number each: those of the first, then those of the second.
#[derive(Debug)]
pub(crate) struct Places {
    /// Where each pipeline begins, and at the end where the last one ends.
    starts: Vec<usize>,
}

impl Places {
    /// `counts` are the numbers of stages.
    pub fn new(counts: impl Iterator<Item = usize>) -> Self {
        let mut starts = vec![0];
        let mut next = 0;
        for count in counts {
            next += count;
            starts.push(next);
        }
        Self { starts }
    }

    /// The pipeline that a stage is of, and its number there.
    pub fn of(&self, index: usize) -> (usize, usize) {
        let pipeline = self.starts.partition_point(|&start| start <= index) - 1;
        (pipeline, index - self.starts[pipeline])
    }

    /// The numbers of a pipeline's stages.
    pub fn range(&self, pipeline: usize) -> Range<usize> {
        self.starts[pipeline]..self.starts[pipeline + 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_leads_to_its_pipeline_and_back() {
        let places = Places::new([2, 0, 3].into_iter());
        let all: Vec<_> = (0..5).map(|index| places.of(index)).collect();
        assert_eq!(all, [(0, 0), (0, 1), (2, 0), (2, 1), (2, 2)]);
        assert_eq!((places.range(0), places.range(1), places.range(2)), (0..2, 2..2, 2..5));
    }
}
