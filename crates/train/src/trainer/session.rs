use super::TrainingJob;
use crate::{
    CheckpointFolder, EpochRecord, Loader, LoaderOptions, ModelDescription, Network, Optimiser,
    OptimiserSettings, StepFigures, TrainError, TrainingState, accumulation::Accumulation,
    early_stopping::ends_after, figures::best_epoch, image_source::open_filled, load_weights,
    weight_average::WeightAverage,
};
use data::{Dataset, Means};
use spec::kinds::{Augment, EarlyStopping, Figure};
use std::sync::Arc;
use tch::{Device, Tensor};

/// Images a forward pass in validation. Does not change the results beyond rounding.
const VAL_BATCH_SIZE: usize = 256;

/// All that changes in a training, and the data it runs over.
pub(super) struct Session {
    pub(super) device: Device,
    pub(super) network: Network,
    pub(super) optimiser: Optimiser,
    /// The moving average of the network, if one is taken.
    pub(super) average: Option<WeightAverage>,
    /// The weights after the best epoch so far; empty if they are not kept.
    best: Vec<(String, Tensor)>,
    keep_best: Option<Figure>,
    early_stopping: Option<EarlyStopping>,
    /// Which batches make an update together.
    pub(super) accumulation: Accumulation,
    pub(super) train: Loader,
    pub(super) val: Option<Loader>,
    pub(super) history: Vec<EpochRecord>,
    /// What the steps of the epoch at work gave.
    pub(super) steps: StepFigures,
    pub(super) description: ModelDescription,
}

impl Session {
    /// Opens the data and makes the network as it is before the first epoch.
    pub(super) fn new(job: &TrainingJob) -> Result<Self, TrainError> {
        let params = &job.params;
        check_figures(job)?;
        let train = open_filled(&job.inputs.train.path)?;
        let description = describe(job, &train)?;
        let val = job.inputs.val.as_ref().map(|input| description.open_dataset(&input.path)).transpose()?;
        let network = new_network(job, &description)?;
        let optimiser = Optimiser::new(&network, &params.model, OptimiserSettings::of(params))?;
        let average = (params.ema_decay > 0.0).then(|| new_network(job, &description)).transpose()?;
        let mean = description.mean_image()?;
        let train = train_loader(job, train, mean.as_deref())?;
        let accumulation = Accumulation {
            batches: params.accumulate.max(1) as usize,
            batch_size: params.batch_size as usize,
            images: train.images(),
        };
        Ok(Self {
            device: job.device,
            network,
            optimiser,
            average: average.map(|network| WeightAverage::new(network, params.ema_decay)),
            best: Vec::new(),
            keep_best: params.keep_best,
            early_stopping: params.early_stopping.clone(),
            accumulation,
            train,
            val: val.map(|val| val_loader(job, val, mean.as_deref())).transpose()?,
            history: Vec::new(),
            steps: StepFigures::default(),
            description,
        })
    }

    /// Takes up the latest state that is stored on the way of this training, and says whether there is one.
    /// Checkpoints that are damaged go to `warn`.
    pub(super) fn resume(
        &mut self,
        checkpoints: &mut CheckpointFolder,
        warn: impl FnMut(TrainError),
    ) -> Result<bool, TrainError> {
        checkpoints.resume(|state| self.take_up(state), warn)
    }

    /// Goes on from a state, unless this training ends early before it.
    fn take_up(&mut self, state: TrainingState) -> Result<bool, TrainError> {
        let end = self.early_stopping.as_ref().and_then(|rule| ends_after(rule, &state.history));
        if end.is_some_and(|end| end < state.history.len() || state.steps.is_some()) {
            return Ok(false);
        }
        self.network.load_named(&state.network)?;
        self.optimiser.set_velocity(&state.velocity)?;
        if let Some(average) = &mut self.average {
            average.load(&state.average)?;
        }
        (self.best, self.history, self.steps) = (state.best, state.history, state.steps.unwrap_or_default());
        Ok(true)
    }

    /// Whether early stopping ends the training here.
    pub(super) fn ends_early(&self) -> bool {
        let rule = self.early_stopping.as_ref();
        rule.is_some_and(|rule| ends_after(rule, &self.history) == Some(self.history.len()))
    }

    /// The network that is validated and saved.
    pub(super) fn judged(&self) -> &Network {
        self.average.as_ref().map_or(&self.network, WeightAverage::network)
    }

    /// The penalty of the network that is validated and saved.
    pub(super) fn penalty_of_judged(&self) -> Result<f64, TrainError> {
        let penalty = match &self.average {
            None => self.optimiser.penalty()?,
            // An optimiser at rest knows the penalty of the weights.
            Some(average) => {
                let model = &self.description.model;
                Optimiser::new(average.network(), model, OptimiserSettings::default())?.penalty()?
            }
        };
        Ok(penalty.f_double_value(&[])?)
    }

    /// The epoch whose weights are saved, if it is not simply the last, and those weights.
    pub(super) fn result(&self) -> (Option<u32>, Vec<(String, Tensor)>) {
        match self.keep_best.and_then(|by| best_epoch(by, &self.history)) {
            Some(epoch) => (Some(epoch as u32), shared(&self.best)),
            None => (None, self.judged().named_tensors()),
        }
    }

    /// Files the record of an epoch whose steps are all done.
    pub(super) fn begin_next_epoch(&mut self, record: EpochRecord) -> Result<(), TrainError> {
        self.history.push(record);
        self.steps = StepFigures::default();
        let best = self.keep_best.and_then(|by| best_epoch(by, &self.history));
        if best.is_some_and(|best| best + 1 == self.history.len()) {
            self.best = copies(&self.judged().named_tensors())?;
        }
        Ok(())
    }

    /// The state to store. Its tensors are views of the living ones.
    pub(super) fn state(&self) -> TrainingState {
        TrainingState {
            history: self.history.clone(),
            steps: (!self.steps.images.is_empty()).then(|| self.steps.clone()),
            network: self.network.named_tensors(),
            velocity: self.optimiser.velocity(),
            average: self
                .average
                .as_ref()
                .map(|average| average.network().named_tensors())
                .unwrap_or_default(),
            best: shared(&self.best),
        }
    }
}

/// Other handles on the same tensors.
fn shared(tensors: &[(String, Tensor)]) -> Vec<(String, Tensor)> {
    tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect()
}

fn copies(tensors: &[(String, Tensor)]) -> Result<Vec<(String, Tensor)>, TrainError> {
    let copy = |(name, tensor): &(String, Tensor)| {
        let mut copy = tensor.f_empty_like()?;
        copy.f_copy_(tensor)?;
        Ok((name.clone(), copy))
    };
    tensors.iter().map(copy).collect()
}

/// Figures of a validation set that is not there cannot be compared.
fn check_figures(job: &TrainingJob) -> Result<(), TrainError> {
    let metric = job.params.early_stopping.as_ref().map(|rule| rule.metric);
    let named = [("early_stopping", metric), ("keep_best", job.params.keep_best)];
    let lacking = |figure: &Figure| figure.needs_validation() && job.inputs.val.is_none();
    match named.into_iter().find_map(|(name, figure)| Some((name, figure.filter(lacking)?))) {
        None => Ok(()),
        Some((name, figure)) => {
            let reason = format!("`{}` is known only with a validation set, `val`", figure.name());
            Err(TrainError::Parameter { name, reason })
        }
    }
}

fn describe(job: &TrainingJob, train: &Dataset) -> Result<ModelDescription, TrainError> {
    Ok(ModelDescription {
        model: job.params.model.clone(),
        class_names: train.class_names().to_vec(),
        image_size: [train.height(), train.width()],
        means: job.inputs.means.as_ref().map(|input| Means::read(&input.path)).transpose()?,
        precision: job.params.precision,
    })
}

fn new_network(job: &TrainingJob, description: &ModelDescription) -> Result<Network, TrainError> {
    let params = &job.params;
    let classes = description.class_names.len() as i64;
    let mut network = Network::new(&params.model, classes, params.seed, job.device, params.precision)?;
    if let Some(init) = &job.inputs.init {
        network.load_named(&load_weights(&init.path)?.tensors)?;
    }
    Ok(network)
}

fn train_loader(job: &TrainingJob, train: Dataset, mean: Option<&[f32]>) -> Result<Loader, TrainError> {
    let params = &job.params;
    let options = LoaderOptions {
        batch_size: params.batch_size as usize,
        shuffle: params.shuffle,
        drop_last: params.drop_last,
        seed: params.seed,
        threads: if job.device.is_cuda() { tch::get_num_threads().max(1) as usize } else { 0 },
        device: job.device,
    };
    let loader = Loader::new(Arc::new(train), mean, params.augment.clone(), options)?;
    if loader.steps() == 0 {
        let reason = format!("there is no full batch of {}, and others are left out", params.batch_size);
        return Err(TrainError::Parameter { name: "batch_size", reason });
    }
    Ok(loader)
}

fn val_loader(job: &TrainingJob, val: Dataset, mean: Option<&[f32]>) -> Result<Loader, TrainError> {
    let options = LoaderOptions::evaluation(VAL_BATCH_SIZE, job.device);
    Loader::new(Arc::new(val), mean, Augment::default(), options)
}
