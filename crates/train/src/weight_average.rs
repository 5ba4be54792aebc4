use crate::{Network, TrainError};
use tch::Tensor;

/// A moving average of a network's weights and running statistics, itself a network that can be used:
/// a ← d·a + (1 − d)·w after every update, with d the least of `decay` and (1 + t)/(10 + t) after t updates, so that
/// the random start is soon forgotten (as TensorFlow's `ExponentialMovingAverage` does).
pub(crate) struct WeightAverage {
    network: Network,
    decay: f64,
}

impl WeightAverage {
    /// An average in `network`, which is to be like the trained one.
    pub(crate) fn new(network: Network, decay: f64) -> Self {
        Self { network, decay }
    }

    /// Takes up the weights of `trained` after its update number `update`, counted from 1 over the whole training.
    pub(crate) fn update(&mut self, trained: &Network, update: u64) -> Result<(), TrainError> {
        let weight = 1.0 - decay(self.decay, update);
        let mut parameters = self.network.parameters();
        let mut averages = [parameters.weights.shallow_clone(), self.network.statistics()];
        let current = [trained.parameters().weights, trained.statistics()];
        Ok(tch::no_grad(|| {
            for (average, current) in averages.iter_mut().zip(&current) {
                let _: Tensor = average.f_lerp_(current, weight)?;
            }
            parameters.refresh_compute_copy()
        })?)
    }

    /// The network with the averaged weights.
    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    /// Takes up averages that an earlier process had.
    pub(crate) fn load(&mut self, tensors: &[(String, Tensor)]) -> Result<(), TrainError> {
        self.network.load_named(tensors)
    }
}

fn decay(decay: f64, update: u64) -> f64 {
    let update = update as f64;
    decay.min((1.0 + update) / (10.0 + update))
}

#[cfg(test)]
mod tests {
    use super::*;
    use spec::kinds::Precision;
    use tch::Device;

    fn network(seed: u64) -> Network {
        let model = serde_json::from_str(r#"{"stages": [1], "filters": [4, 4]}"#).unwrap();
        Network::new(&model, 3, seed, Device::Cpu, Precision::F32).unwrap()
    }

    #[test]
    fn weights_and_statistics_are_averaged_by_the_rule() {
        let (start, second, trained) = (network(1), network(1), network(2));
        let mut average = WeightAverage::new(second, 0.5);
        let _ = trained.statistics().fill_(3.0);
        for update in 1..=20 {
            average.update(&trained, update).unwrap();
        }
        // 2/11, 3/12 and so on, until 8/17 is followed by 0.5.
        let share_of_start: f64 = (1..=20).map(|update| decay(0.5, update)).product();
        assert_eq!(decay(0.5, 1), 2.0 / 11.0);
        assert_eq!(decay(0.5, 8), 0.5);
        let all = start.named_tensors().into_iter().zip(trained.named_tensors());
        for (((name, start), (_, trained)), (_, found)) in all.zip(average.network().named_tensors()) {
            let expected = start * share_of_start + trained * (1.0 - share_of_start);
            let difference = (found - expected).abs().max().double_value(&[]);
            assert!(difference < 1e-6, "{name}: {difference:e}");
        }
    }
}
