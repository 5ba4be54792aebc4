use crate::matrix_cell::{agrees, cell_of};

/// Where the values of a row are from: a run, or one cell of its matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The run's id.
    pub run: String,
    /// The cell's values as stage names have them, `lr=0.1,seed=1`; empty without a matrix.
    pub cell: String,
}

impl Origin {
    /// Whether the stage of that full name belongs to the row: it is of this cell, or common to several.
    pub fn covers(&self, stage: &str) -> bool {
        agrees(&cell_of(stage), &self.cell.split(',').collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_of_the_cell_and_common_ones_belong_to_it() {
        let origin = Origin { run: "1".to_owned(), cell: "lr=0.1,seed=1".to_owned() };
        for (stage, expected) in [
            ("dataset", true),
            ("train@lr=0.1,seed=1", true),
            ("train@lr=0.1,seed=2", false),
            ("rank@seed=1", true),
        ] {
            assert_eq!(origin.covers(stage), expected, "{stage}");
        }
        let whole = Origin { run: "1".to_owned(), cell: String::new() };
        assert!(whole.covers("train@lr=0.1") && whole.covers("train"));
    }
}
