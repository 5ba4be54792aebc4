use super::parameters::NamedTensor;
use crate::TrainError;
use std::collections::BTreeMap;
use tch::Tensor;

/// How many differences an error names.
const SHOWN: usize = 3;

/// Copies `given` into `own` where names and shapes are exactly the same; else nothing is changed.
pub(super) fn copy_into(own: &[NamedTensor], given: &[(String, Tensor)]) -> Result<(), TrainError> {
    let given: BTreeMap<&str, &Tensor> = given.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let differences = differences(own, &given);
    if !differences.is_empty() {
        return Err(mismatch(&differences));
    }
    for tensor in own {
        tch::no_grad(|| tensor.value.shallow_clone().f_copy_(given[tensor.name.as_str()]))?;
    }
    Ok(())
}

/// For each tensor that does not fit: what the network has, and what it was given.
fn differences(own: &[NamedTensor], given: &BTreeMap<&str, &Tensor>) -> Vec<(String, String)> {
    let mut missing: BTreeMap<&str, &Tensor> = given.clone();
    let mut differences = Vec::new();
    for NamedTensor { name, value, .. } in own {
        let ours = format!("{name} {:?}", value.size());
        match missing.remove(name.as_str()) {
            None => differences.push((ours, format!("no {name}"))),
            Some(tensor) if tensor.size() != value.size() => {
                differences.push((ours, format!("{name} {:?}", tensor.size())));
            }
            Some(_) => {}
        }
    }
    differences.extend(
        missing.iter().map(|(name, tensor)| (format!("no {name}"), format!("{name} {:?}", tensor.size()))),
    );
    differences
}

fn mismatch(differences: &[(String, String)]) -> TrainError {
    let shown = &differences[..differences.len().min(SHOWN)];
    let list = |pick: fn(&(String, String)) -> &str| shown.iter().map(pick).collect::<Vec<_>>().join(", ");
    let more = differences.len() - shown.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    TrainError::Mismatch {
        what: "weights",
        left: format!("the network has {}", list(|difference| &difference.0)),
        right: format!("it was given {}{rest}", list(|difference| &difference.1)),
    }
}
