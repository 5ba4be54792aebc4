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
