use crate::TrainError;
use crate::gradient_norm::limit_norm;
use crate::network::{FlatParameters, Network};
use spec::kinds::{ModelParams, TrainingParams};
use tch::{TchError, Tensor};

/// Stochastic gradient descent with momentum in Keras' form, where a change of the learning rate leaves the velocity
/// as it is: v ← m·v − lr·g, then w ← w + v, or with Nesterov w ← w + m·v − lr·g. The gradient g includes that of the
/// penalty, 2·l2·w, and weight decay, and is shortened if it is longer than it may be.
///
/// All weights lie in one buffer, and so does the velocity: a step is a handful of operations, and the state to save
/// is one tensor.
pub struct Optimiser {
    parameters: FlatParameters,
    velocity: Tensor,
    settings: OptimiserSettings,
    stretches: Vec<Stretch>,
}

/// The rule of an [`Optimiser`]; by default plain gradient descent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct OptimiserSettings {
    /// Momentum m.
    pub momentum: f64,
    /// Nesterov's form.
    pub nesterov: bool,
    /// What the gradient gains in weights w: weight_decay·w, and in the loss nothing.
    pub weight_decay: f64,
    /// Whether weight decay acts on batch norm and biases too.
    pub decay_norms: bool,
    /// The largest norm of a gradient; 0 is no limit.
    pub clip_norm: f64,
}

impl OptimiserSettings {
    /// Those of a training.
    pub fn of(training: &TrainingParams) -> Self {
        let &TrainingParams { momentum, nesterov, weight_decay, decay_norms, clip_norm, .. } = training;
        Self { momentum, nesterov, weight_decay, decay_norms, clip_norm }
    }
}

/// A stretch of the flat buffer that is pulled towards zero in one way.
struct Stretch {
    weights: Tensor,
    gradients: Tensor,
    /// Of the penalty l2·Σw².
    l2: f64,
    /// What decays the weights beside it.
    weight_decay: f64,
}

impl Optimiser {
    /// An optimiser of `network` at rest, with the penalties that `model` asks for.
    pub fn new(
        network: &Network,
        model: &ModelParams,
        settings: OptimiserSettings,
    ) -> Result<Self, TrainError> {
        let parameters = network.parameters();
        let lengths = parameters.lengths;
        let decay_of_norms = if settings.decay_norms { settings.weight_decay } else { 0.0 };
        let parts = [
            (lengths.outer_kernels, model.l2, settings.weight_decay),
            (lengths.block_kernels, model.block_l2, settings.weight_decay),
            (lengths.vectors, 0.0, decay_of_norms),
        ];
        let mut stretches = Vec::new();
        let mut start = 0;
        for (length, l2, weight_decay) in parts {
            let weights = parameters.weights.f_narrow(0, start, length)?;
            let gradients = parameters.gradients.f_narrow(0, start, length)?;
            stretches.push(Stretch { weights, gradients, l2, weight_decay });
            start += length;
        }
        let velocity = parameters.weights.f_zeros_like()?;
        Ok(Self { parameters, velocity, settings, stretches })
    }

    /// Clears the gradients, into which backward passes accumulate.
    pub fn zero_grad(&mut self) -> Result<(), TrainError> {
        Ok(self.parameters.zero_gradients()?)
    }

    /// Takes up the gradients of a backward pass: they add up until they are cleared.
    pub fn gather(&mut self) -> Result<(), TrainError> {
        Ok(tch::no_grad(|| self.parameters.gather_gradients())?)
    }

    /// Updates weights and velocity by the gradients taken up.
    pub fn step(&mut self, lr: f64) -> Result<(), TrainError> {
        Ok(tch::no_grad(|| self.update(lr))?)
    }

    fn update(&mut self, lr: f64) -> Result<(), TchError> {
        for stretch in &mut self.stretches {
            let pull = 2.0 * stretch.l2 + stretch.weight_decay;
            if pull != 0.0 {
                let _ = stretch.gradients.f_add_(&stretch.weights.f_mul_scalar(pull)?)?;
            }
        }
        let OptimiserSettings { momentum, nesterov, clip_norm, .. } = self.settings;
        limit_norm(&mut self.parameters.gradients, clip_norm)?;
        let mut change = self.parameters.gradients.f_mul_scalar(-lr)?;
        let _ = self.velocity.f_mul_scalar_(momentum)?.f_add_(&change)?;
        if nesterov {
            let _ = change.f_add_(&self.velocity.f_mul_scalar(momentum)?)?;
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
            for Stretch { weights, l2, .. } in self.stretches.iter().filter(|stretch| stretch.l2 != 0.0) {
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

    fn momentum() -> OptimiserSettings {
        OptimiserSettings { momentum: 0.9, ..OptimiserSettings::default() }
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
            let mut optimiser =
                Optimiser::new(&network, &model(), OptimiserSettings { nesterov, ..momentum() }).unwrap();
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
    fn weight_decay_pulls_kernels_and_where_asked_the_rest() {
        for (decay_norms, share) in [(false, 0.0), (true, 1.0)] {
            let model = ModelParams { l2: 0.0, block_l2: 0.0, ..model() };
            let network = Network::new(&model, 3, 5, Device::Cpu, Precision::F32).unwrap();
            let settings = OptimiserSettings { weight_decay: 0.25, decay_norms, ..momentum() };
            let mut optimiser = Optimiser::new(&network, &model, settings).unwrap();
            let before: Vec<_> = network.named_tensors();
            let before: Vec<_> = before.into_iter().map(|(name, tensor)| (name, tensor.copy())).collect();
            optimiser.step(0.5).unwrap();
            for ((name, before), (_, after)) in before.iter().zip(network.named_tensors()) {
                let pull = match name {
                    name if name.contains("running") => 0.0,
                    name if name.contains(".conv") || name == "head.fc.weight" => 1.0,
                    _ => share,
                };
                let difference = (before * (1.0 - 0.5 * 0.25 * pull) - after).abs().max().double_value(&[]);
                assert!(difference < 1e-7, "{name}: {difference:e}");
            }
            assert_eq!(optimiser.penalty().unwrap().double_value(&[]), 0.0);
        }
    }

    #[test]
    fn a_gradient_that_is_too_long_is_shortened_penalties_included() {
        let network = network(Precision::F32);
        let settings = OptimiserSettings { clip_norm: 2.0, ..OptimiserSettings::default() };
        let mut optimiser = Optimiser::new(&network, &model(), settings).unwrap();
        let mut flat = network.parameters();
        let before = flat.weights.copy();
        flat.gradients.copy_(&gradient(0, flat.gradients.size()[0]));
        optimiser.step(1.0).unwrap();
        let change = (&flat.weights - before).norm().double_value(&[]);
        assert!((change - 2.0).abs() < 1e-5, "{change}");
    }

    #[test]
    fn the_penalty_counts_kernels_alone() {
        let network = network(Precision::F32);
        let optimiser = Optimiser::new(&network, &model(), momentum()).unwrap();
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
            let mut optimiser = Optimiser::new(&network, &model(), momentum()).unwrap();
            for (step, lr) in LEARNING_RATES.into_iter().enumerate() {
                if interrupted {
                    let velocity = optimiser.velocity().copy();
                    optimiser = Optimiser::new(&network, &model(), momentum()).unwrap();
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
        let mut optimiser = Optimiser::new(&network, &model(), momentum()).unwrap();
        let error = optimiser.set_velocity(&Tensor::zeros([3], (Kind::Float, Device::Cpu))).unwrap_err();
        assert!(error.to_string().contains("velocity"), "{error}");
    }

    #[test]
    fn low_precision_kernels_follow_their_masters() {
        let network = network(Precision::Bf16);
        let mut optimiser = Optimiser::new(&network, &model(), momentum()).unwrap();
        let images = Tensor::ones([2, 3, 4, 4], (Kind::Float, Device::Cpu));
        let before = network.forward(&images, false).unwrap();
        optimiser.zero_grad().unwrap();
        network.forward(&images, true).unwrap().square().sum(Kind::Float).backward();
        optimiser.gather().unwrap();
        optimiser.step(0.5).unwrap();
        assert_ne!(network.forward(&images, false).unwrap(), before);
        optimiser.zero_grad().unwrap();
        assert_eq!(network.parameters().gradients.abs().max().double_value(&[]), 0.0);
    }
}
