use super::TrainingJob;
use crate::{
    CheckpointFolder, EpochRecord, Loader, LoaderOptions, ModelDescription, Network, Optimiser, StepFigures,
    TrainError, TrainingState, load_weights,
};
use data::{Dataset, Means};
use spec::kinds::Augment;
use std::sync::Arc;
use tch::Device;

/// Images a forward pass in validation. Does not change the results beyond rounding.
const VAL_BATCH_SIZE: usize = 256;

/// All that changes in a training, and the data it runs over.
pub(super) struct Session {
    pub(super) device: Device,
    pub(super) network: Network,
    pub(super) optimiser: Optimiser,
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
        let train = Dataset::open(&job.inputs.train.path)?;
        let description = describe(job, &train)?;
        let val = job.inputs.val.as_ref().map(|input| description.open_dataset(&input.path)).transpose()?;
        let network = new_network(job, &description)?;
        let optimiser = Optimiser::new(&network, &params.model, params.momentum, params.nesterov)?;
        let mean = description.mean_image()?;
        let train = train_loader(job, train, mean.as_deref())?;
        let val = val.map(|val| val_loader(job, val, mean.as_deref())).transpose()?;
        let (history, steps) = (Vec::new(), StepFigures::default());
        Ok(Self { device: job.device, network, optimiser, train, val, history, steps, description })
    }

    /// Takes up the latest state that is stored on the way of this training, and says whether there is one.
    /// Checkpoints that are damaged go to `warn`.
    pub(super) fn resume(
        &mut self,
        checkpoints: &mut CheckpointFolder,
        warn: impl FnMut(TrainError),
    ) -> Result<bool, TrainError> {
        let accept = |state: TrainingState| {
            self.network.load_named(&state.network)?;
            self.optimiser.set_velocity(&state.velocity)?;
            (self.history, self.steps) = (state.history, state.steps.unwrap_or_default());
            Ok(())
        };
        checkpoints.resume(accept, warn)
    }

    /// Files the record of an epoch whose steps are all done.
    pub(super) fn begin_next_epoch(&mut self, record: EpochRecord) {
        self.history.push(record);
        self.steps = StepFigures::default();
    }

    /// The state to store. Its tensors are views of the living ones.
    pub(super) fn state(&self) -> TrainingState {
        TrainingState {
            history: self.history.clone(),
            steps: (!self.steps.images.is_empty()).then(|| self.steps.clone()),
            network: self.network.named_tensors(),
            velocity: self.optimiser.velocity(),
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
