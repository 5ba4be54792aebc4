use crate::TrainError;
use crate::network::{FlatParameters, Network};
use spec::kinds::ModelParams;
use tch::{TchError, Tensor};

/// Stochastic gradient descent with momentum in Keras' form, where a change of the learning rate leaves the velocity
/// as it is: v ← m·v − lr·g, then w ← w + v, or with Nesterov w ← w + m·v − lr·g. The gradient g includes that of the
/// penalty, 2·l2·w.
///
/// All weights lie in one buffer, and so does the velocity: a step is a handful of operations, and the state to save
/// is one tensor.
pub struct Optimiser {
    parameters: FlatParameters,
    velocity: Tensor,
    momentum: f64,
    nesterov: bool,
    penalties: Vec<Penalty>,
}

/// A stretch of the flat buffer under one penalty l2·Σw².
struct Penalty {
    weights: Tensor,
    gradients: Tensor,
    l2: f64,
}

impl Optimiser {
    /// An optimiser of `network` at rest, with the penalties that `model` asks for.
    pub fn new(
        network: &Network,
        model: &ModelParams,
        momentum: f64,
        nesterov: bool,
    ) -> Result<Self, TrainError> {
        let parameters = network.parameters();
        let lengths = parameters.lengths;
        let mut penalties = Vec::new();
        let mut start = 0;
        for (length, l2) in [(lengths.outer_kernels, model.l2), (lengths.block_kernels, model.block_l2)] {
            let weights = parameters.weights.f_narrow(0, start, length)?;
            let gradients = parameters.gradients.f_narrow(0, start, length)?;
            penalties.push(Penalty { weights, gradients, l2 });
            start += length;
        }
        let velocity = parameters.weights.f_zeros_like()?;
        Ok(Self { parameters, velocity, momentum, nesterov, penalties })
    }

    /// Clears the gradients, into which backward passes accumulate.
    pub fn zero_grad(&mut self) -> Result<(), TrainError> {
        Ok(self.parameters.zero_gradients()?)
    }

    /// Updates weights and velocity by the gradients.
    pub fn step(&mut self, lr: f64) -> Result<(), TrainError> {
        Ok(tch::no_grad(|| self.update(lr))?)
    }

    fn update(&mut self, lr: f64) -> Result<(), TchError> {
        self.parameters.gather_gradients()?;
        for Penalty { weights, gradients, l2 } in &mut self.penalties {
            let _ = gradients.f_add_(&weights.f_mul_scalar(2.0 * *l2)?)?;
        }
        let mut change = self.parameters.gradients.f_mul_scalar(-lr)?;
        let _ = self.velocity.f_mul_scalar_(self.momentum)?.f_add_(&change)?;
        if self.nesterov {
            let _ = change.f_add_(&self.velocity.f_mul_scalar(self.momentum)?)?;
            let _ = self.parameters.weights.f_add_(&change)?;
        } else {
            let _ = self.parameters.weights.f_add_(&self.velocity)?;
        }
        self.parameters.refresh_compute_copy()
    }

    /// The penalty Σ l2·Σw² of the weights as they are, f32 without dimensions.
    pub fn penalty(&self) -> Result<Tensor, TrainError> {
        tch::no_grad(|| {
            let mut sum = Tensor::f_zeros([], (tch::Kind::Float, self.velocity.device()))?;
            for Penalty { weights, l2, .. } in &self.penalties {
                sum = sum.f_add_(&weights.f_dot(weights)?.f_mul_scalar(*l2)?)?;
            }
            Ok(sum)
        })
    }

    /// The velocity, f32 `[parameters]`, in the order of the flat buffer. It is all the state there is.
    pub fn velocity(&self) -> Tensor {
        self.velocity.shallow_clone()
    }

    /// Takes up a velocity that [`Optimiser::velocity`] gave, for instance in an earlier process.
    ///
    /// # Errors
    ///
    /// [`TrainError::Mismatch`] if it belongs to a network of another size.
    pub fn set_velocity(&mut self, velocity: &Tensor) -> Result<(), TrainError> {
        if velocity.size() != self.velocity.size() {
            return Err(TrainError::Mismatch {
                what: "velocity",
                left: format!("the network has {:?} parameters", self.velocity.size()),
                right: format!("it was given {:?}", velocity.size()),
            });
        }
        Ok(self.velocity.f_copy_(velocity)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spec::kinds::{Block, Precision, Stem};
    use tch::{Device, Kind};

    const LEARNING_RATES: [f64; 3] = [0.1, 0.1, 0.01];

    fn model() -> ModelParams {
        let (stages, filters) = (vec![1], vec![4, 8]);
        ModelParams { block: Block::Basic, stem: Stem::Cifar, stages, filters, l2: 0.03, block_l2: 0.01 }
    }

    fn network(precision: Precision) -> Network {
        Network::new(&model(), 3, 5, Device::Cpu, precision).unwrap()
    }

    /// A gradient that differs from parameter to parameter and from step to step.
    fn gradient(step: usize, parameters: i64) -> Tensor {
        (Tensor::arange(parameters, (Kind::Float, Device::Cpu)) * 0.37 + step as f64).sin()
    }

    /// The rule of the documentation, tensor by tensor.
    fn expected(network: &Network, flat: &FlatParameters, momentum: f64, nesterov: bool) -> Vec<f64> {
        let outer = |name: &str| name == "stem.conv.weight" || name == "head.fc.weight";
        let l2 = |name: &str| match name {
            name if outer(name) => 0.03,
            name if name.contains(".conv") => 0.01,
            _ => 0.0,
        };
        let base = flat.weights.data_ptr() as usize;
        let mut result = vec![f64::NAN; flat.weights.numel()];
        for (name, tensor) in
            network.named_tensors().into_iter().filter(|(name, _)| !name.contains("running"))
        {
            let start = (tensor.data_ptr() as usize - base) / 4;
            for (index, result) in result.iter_mut().enumerate().skip(start).take(tensor.numel()) {
                let mut weight = flat.weights.double_value(&[index as i64]);
                let mut velocity = 0.0;
                for (step, lr) in LEARNING_RATES.into_iter().enumerate() {
                    let g = (index as f64 * 0.37 + step as f64).sin() + 2.0 * l2(&name) * weight;
                    velocity = momentum * velocity - lr * g;
                    weight += if nesterov { momentum * velocity - lr * g } else { velocity };
                }
                *result = weight;
            }
        }
        result
    }

    #[test]
    fn steps_follow_the_rule_with_and_without_nesterov() {
        for nesterov in [false, true] {
            let network = network(Precision::F32);
            let mut optimiser = Optimiser::new(&network, &model(), 0.9, nesterov).unwrap();
            let mut flat = network.parameters();
            let expected = expected(&network, &flat, 0.9, nesterov);
            for (step, lr) in LEARNING_RATES.into_iter().enumerate() {
                flat.gradients.copy_(&gradient(step, expected.len() as i64));
                optimiser.step(lr).unwrap();
            }
            for (index, expected) in expected.into_iter().enumerate() {
                let found = flat.weights.double_value(&[index as i64]);
                assert!((found - expected).abs() < 1e-5, "weight {index}: {found}, wanted {expected}");
            }
        }
    }

    #[test]
    fn the_penalty_counts_kernels_alone() {
        let network = network(Precision::F32);
        let optimiser = Optimiser::new(&network, &model(), 0.9, false).unwrap();
        let mut expected = 0.0;
        for (name, tensor) in network.named_tensors() {
            let squares = tensor.square().sum(Kind::Double).double_value(&[]);
            expected += match name.as_str() {
                "stem.conv.weight" | "head.fc.weight" => 0.03 * squares,
                name if name.contains(".conv") => 0.01 * squares,
                _ => 0.0,
            };
        }
        let found = optimiser.penalty().unwrap().double_value(&[]);
        assert!((found - expected).abs() < 1e-6 * expected, "{found}, wanted {expected}");
    }

    #[test]
    fn a_velocity_taken_up_goes_on_as_if_never_put_down() {
        let run = |interrupted: bool| {
            let network = network(Precision::F32);
            let mut flat = network.parameters();
            let mut optimiser = Optimiser::new(&network, &model(), 0.9, false).unwrap();
            for (step, lr) in LEARNING_RATES.into_iter().enumerate() {
                if interrupted {
                    let velocity = optimiser.velocity().copy();
                    optimiser = Optimiser::new(&network, &model(), 0.9, false).unwrap();
                    optimiser.set_velocity(&velocity).unwrap();
                }
                flat.gradients.copy_(&gradient(step, flat.gradients.size()[0]));
                optimiser.step(lr).unwrap();
            }
            flat.weights.copy()
        };
        assert_eq!(run(false), run(true));
    }

    #[test]
    fn a_velocity_of_another_network_is_refused() {
        let network = network(Precision::F32);
        let mut optimiser = Optimiser::new(&network, &model(), 0.9, false).unwrap();
        let error = optimiser.set_velocity(&Tensor::zeros([3], (Kind::Float, Device::Cpu))).unwrap_err();
        assert!(error.to_string().contains("velocity"), "{error}");
    }

    #[test]
    fn low_precision_kernels_follow_their_masters() {
        let network = network(Precision::Bf16);
        let mut optimiser = Optimiser::new(&network, &model(), 0.9, false).unwrap();
        let images = Tensor::ones([2, 3, 4, 4], (Kind::Float, Device::Cpu));
        let before = network.forward(&images, false).unwrap();
        optimiser.zero_grad().unwrap();
        network.forward(&images, true).unwrap().square().sum(Kind::Float).backward();
        optimiser.step(0.5).unwrap();
        assert_ne!(network.forward(&images, false).unwrap(), before);
        optimiser.zero_grad().unwrap();
        assert_eq!(network.parameters().gradients.abs().max().double_value(&[]), 0.0);
    }
}
