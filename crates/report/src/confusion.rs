use serde::Serialize;

/// A confusion matrix without its zeros, of which one of many classes mostly consists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Confusion {
    pub classes: Vec<String>,
    /// For each true class, what was predicted and how often: class, count, class, count, …
    pub rows: Vec<Vec<u64>>,
}

impl Confusion {
    /// From the `confusion` output of an evaluation: a line of names, then a line a true class, its name first.
    pub fn from_csv(csv: &[u8]) -> Result<Self, String> {
        let mut reader = csv::Reader::from_reader(csv);
        let header = reader.headers().map_err(|error| error.to_string())?;
        let classes: Vec<String> = header.iter().skip(1).map(str::to_owned).collect();
        let mut rows = Vec::with_capacity(classes.len());
        for record in reader.records() {
            let record = record.map_err(|error| error.to_string())?;
            let counts: Result<Vec<u64>, _> = record.iter().skip(1).map(str::parse::<u64>).collect();
            rows.push(without_zeros(&counts.map_err(|error| format!("line {}: {error}", rows.len() + 2))?));
        }
        if classes.is_empty() || rows.len() != classes.len() {
            return Err(format!("it has {} columns and {} rows of counts", classes.len(), rows.len()));
        }
        Ok(Self { classes, rows })
    }
}

fn without_zeros(counts: &[u64]) -> Vec<u64> {
    let counted = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    counted.flat_map(|(class, count)| [class as u64, *count]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_left_out_and_names_stay_as_they_are() {
        let csv = "label \\ predicted,cat,\"dog, \"\"big\"\"\",<b>\ncat,3,0,1\n\"dog, \"\"big\"\"\",0,4,0\n<b>,0,0,0\n";
        let matrix = Confusion::from_csv(csv.as_bytes()).unwrap();
        assert_eq!(matrix.classes, ["cat", "dog, \"big\"", "<b>"]);
        assert_eq!(matrix.rows, [vec![0, 3, 2, 1], vec![1, 4], vec![]]);
    }

    #[test]
    fn what_is_no_matrix_is_refused() {
        for csv in ["", "a\n1\n", "l,a,b\na,1,2\n", "l,a,b\na,1\nb,1,2\n", "l,a,b\na,1,x\nb,1,2\n"] {
            assert!(Confusion::from_csv(csv.as_bytes()).is_err(), "{csv:?}");
        }
    }
}
