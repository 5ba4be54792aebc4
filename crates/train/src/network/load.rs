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

#[cfg(test)]
mod tests {
    use crate::Network;
    use spec::kinds::{Block, ModelParams, Precision, Stem};
    use tch::{Device, Tensor};

    fn network(block: Block, seed: u64) -> Network {
        let (stages, filters) = (vec![1, 1], vec![4, 8, 8]);
        let model = ModelParams { block, stem: Stem::Cifar, stages, filters, l2: 0.0, block_l2: 0.0 };
        Network::new(&model, 3, seed, Device::Cpu, Precision::F32).unwrap()
    }

    fn copies(network: &Network) -> Vec<(String, Tensor)> {
        network.named_tensors().into_iter().map(|(name, tensor)| (name, tensor.copy())).collect()
    }

    #[test]
    fn loaded_tensors_replace_all_in_any_order() {
        let mut network = network(Block::PreactBottleneck, 1);
        let mut given = copies(&self::network(Block::PreactBottleneck, 2));
        given.reverse();
        network.load_named(&given).unwrap();
        given.reverse();
        assert_eq!(network.named_tensors(), given);
    }

    #[test]
    fn differences_are_named_and_nothing_is_changed() {
        let mut network = network(Block::PreactBottleneck, 1);
        let before = copies(&network);
        let mut given = copies(&self::network(Block::PreactBottleneck, 2));
        given.retain(|(name, _)| name != "norm.bias");
        given[0].1 = given[0].1.view([3, 1]);
        given.push(("other".to_owned(), Tensor::from_slice(&[1.0_f32])));
        let message = network.load_named(&given).unwrap_err().to_string();
        assert_eq!(
            message,
            "weights: the network has input_norm.weight [3], norm.bias [8], no other, \
             but it was given input_norm.weight [3, 1], no norm.bias, other [1]"
        );
        assert_eq!(network.named_tensors(), before);
    }

    #[test]
    fn of_many_differences_the_first_are_named() {
        let mut network = network(Block::PreactBottleneck, 1);
        let given = copies(&self::network(Block::Basic, 1));
        let message = network.load_named(&given).unwrap_err().to_string();
        assert!(
            message.contains("no stages.0.blocks.0.norm1.weight") || message.contains(" more"),
            "{message}"
        );
    }
}
