use super::Scores;

/// How often images of each class were taken for each class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    counts: Vec<u64>,
}

impl ConfusionMatrix {
    /// Counts the predictions; labels and predictions are below `classes`.
    pub fn new(scores: &Scores, classes: usize) -> Self {
        let mut counts = vec![0; classes * classes];
        for prediction in &scores.predictions {
            counts[prediction.label * classes + prediction.predicted] += 1;
        }
        Self { classes, counts }
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How often images of class `label` were taken for each class.
    pub fn row(&self, label: usize) -> &[u64] {
        &self.counts[label * self.classes..][..self.classes]
    }

    /// How many images have class `label`.
    pub fn samples(&self, label: usize) -> u64 {
        self.row(label).iter().sum()
    }

    /// How many images were taken for `class`.
    pub fn predicted(&self, class: usize) -> u64 {
        self.counts.iter().skip(class).step_by(self.classes).sum()
    }

    /// How many images of class `label` were taken for it.
    pub fn correct(&self, label: usize) -> u64 {
        self.row(label)[label]
    }

    /// The class that images of class `label` were most often taken for wrongly, and how often.
    pub fn strongest_confusion(&self, label: usize) -> Option<(usize, u64)> {
        let wrong =
            self.row(label).iter().copied().enumerate().filter(|&(class, count)| class != label && count > 0);
        wrong.reduce(|strongest, next| if next.1 > strongest.1 { next } else { strongest })
    }
}
