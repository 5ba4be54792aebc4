use std::collections::BTreeMap;

/// The values of a matrix cell as its stage name has them: `lr=0.1`, `seed=1`.
pub(crate) type MatrixCell<'a> = Vec<&'a str>;

/// The cell in a stage's full name.
pub(crate) fn cell_of(stage: &str) -> MatrixCell<'_> {
    stage.split_once('@').map_or_else(Vec::new, |(_, cell)| cell.split(',').collect())
}

/// Whether no key has one value here and another there.
pub(crate) fn agrees(left: &MatrixCell, right: &MatrixCell) -> bool {
    let by_key = |cell: &MatrixCell| -> BTreeMap<String, String> {
        cell.iter()
            .filter_map(|value| value.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    };
    let right = by_key(right);
    by_key(left).iter().all(|(key, value)| right.get(key).is_none_or(|other| other == value))
}
