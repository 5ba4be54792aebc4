use super::{Augment, EarlyStopping, Fault, Figure, ModelParams, Parameters, is_zero};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The number format of the forward and backward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32-bit floating point throughout.
    #[default]
    F32,
    /// Convolutions and the linear layer in bfloat16; weights, batch norm and loss in 32 bits.
    Bf16,
}

/// A stretch of epochs with one learning rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// How many epochs.
    #[schemars(range(min = 1))]
    pub epochs: u32,
    /// The learning rate in all of them.
    #[schemars(range(min = 0.0))]
    pub lr: f64,
}

/// What both trainings take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrainingParams {
    /// The network.
    pub model: ModelParams,
    /// Images a step.
    #[schemars(range(min = 1))]
    #[serde(default = "default_batch_size")]
    pub batch_size: u32,
    /// Momentum of stochastic gradient descent.
    #[serde(default = "default_momentum")]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub momentum: f64,
    /// Nesterov's form of momentum.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nesterov: bool,
    /// Random changes of the training images.
    #[serde(default, skip_serializing_if = "Augment::is_off")]
    pub augment: Augment,
    /// Epochs, or a fraction of one, in which the learning rate rises step by step from zero to what it is else.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0))]
    pub warmup_epochs: f64,
    /// Share of each label that the training loss spreads evenly over all classes.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub label_smoothing: f64,
    /// PyTorch's weight decay: the gradient of a kernel w gains weight_decay·w. Part of no loss.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// Whether `weight_decay` acts on batch norm and biases too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decay_norms: bool,
    /// The largest norm that the gradient of an update may have; a longer one is shortened. 0 is no limit.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0))]
    pub clip_norm: f64,
    /// Batches whose gradients make one update of the weights.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1))]
    pub accumulate: u32,
    /// Decay of a moving average of the weights, which is then what is validated and saved. 0 is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub ema_decay: f64,
    /// Ends the training once a figure has not become better for some epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// Saves the weights of the epoch after which this figure was best, not those of the last epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_best: Option<Figure>,
    /// Whether the figures are also written as TensorBoard event files.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tensorboard: bool,
    /// Whether each epoch goes through the images in an order of its own.
    #[serde(default = "yes")]
    pub shuffle: bool,
    /// Whether a last batch that is not full is left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drop_last: bool,
    /// Seed of the initial weights, the order of the images and the augmentation.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// The number format of the forward and backward pass.
    #[serde(default)]
    pub precision: Precision,
    /// A checkpoint is kept every so many epochs, and at the end. Not in the key.
    #[serde(default = "default_checkpoint_every")]
    #[schemars(range(min = 1))]
    pub checkpoint_every: u32,
}

/// Parameters of a `train` stage: `lr` with `epochs`, or `phases`.
/// Its inputs are `train`, and if given `val`, `means` and `init`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrainParams {
    /// The learning rate of all epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0))]
    pub lr: Option<f64>,
    /// How many epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub epochs: Option<u32>,
    /// Several stretches of epochs, each with a learning rate of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub phases: Vec<Phase>,
    /// What both trainings take.
    #[serde(flatten)]
    pub training: TrainingParams,
}

impl TrainingParams {
    /// What fits the types but not together.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = self.model.faults();
        if self.decay_norms && self.weight_decay == 0.0 {
            let fault = Fault::new(&["decay_norms"], "`decay_norms` without `weight_decay`");
            faults.push(fault.with_hint("it says what `weight_decay` acts on, beside the kernels"));
        }
        let stopping = self.early_stopping.as_ref().map(|rule| rule.metric);
        for (field, figure) in [("early_stopping", stopping), ("keep_best", self.keep_best)] {
            if let Some(figure) = figure.filter(|figure| figure.needs_validation()) {
                let message = format!("`{field}` by `{}` without a validation set", figure.name());
                let hint = "give the stage a `val`, or compare by `train_loss` or `train_accuracy`";
                faults.push(Fault::new(&[field], message).with_hint(hint).without_input("val"));
            }
        }
        faults
    }
}

fn default_batch_size() -> u32 {
    128
}

fn default_momentum() -> f64 {
    0.9
}

fn default_seed() -> u64 {
    42
}

fn default_checkpoint_every() -> u32 {
    5
}

fn one() -> u32 {
    1
}

fn is_one(count: &u32) -> bool {
    *count == 1
}

fn yes() -> bool {
    true
}

impl Parameters for TrainParams {
    fn faults(&self) -> Vec<Fault> {
        const WAYS: &str = "give `lr` with `epochs`, or `phases = [{ epochs = 25, lr = 0.1 }, …]`";
        let mut faults = self.training.faults();
        match (self.lr, self.epochs, self.phases.is_empty()) {
            (Some(_), Some(_), true) | (None, None, false) => {}
            (None, None, true) => faults.push(Fault::new(&[], "a training needs a schedule").with_hint(WAYS)),
            (None, Some(_), true) => {
                faults.push(Fault::new(&["epochs"], "`epochs` without `lr`").with_hint(WAYS))
            }
            (Some(_), None, true) => {
                faults.push(Fault::new(&["lr"], "`lr` without `epochs`").with_hint(WAYS))
            }
            (lr, _, false) => {
                let field = if lr.is_some() { "lr" } else { "epochs" };
                let message = format!("`{field}` beside `phases`, which say it all");
                faults.push(Fault::new(&[field], message).with_hint(WAYS));
            }
        }
        faults
    }

    fn hints(&self) -> &'static [&'static str] {
        &["checkpoint_every"]
    }
}
