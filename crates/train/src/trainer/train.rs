use super::{TrainingFiles, TrainingJob, judgement::judge, session::Session, step_records::StepRecords};
use crate::{CheckpointFolder, EpochRecord, Pace, Schedule, StepRule, TrainError, training_step};
use proto::{CheckpointNames, StageEvent};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

/// How a training ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingEnd {
    /// Epochs done, earlier ones included.
    pub epochs: u32,
    /// Whether early stopping ended it.
    pub stopped_early: bool,
    /// The states on its way that are stored.
    pub checkpoints: CheckpointNames,
}

/// Trains from the latest state that is stored on the way, and writes weights, history, curves and metrics.
///
/// What happens goes to `emit`. The state is stored after each epoch, and after the step in hand once `stop`
/// is set; so an end at any moment costs at most the epoch at work. On the CPU the results are the same, bit
/// for bit, as if the training had never ended.
///
/// # Errors
/// [`TrainError::Interrupted`] once `stop` is set; [`TrainError::NotFinite`] if the training diverges;
/// whatever is wrong with inputs and parameters.
pub fn train(
    job: &TrainingJob,
    files: &TrainingFiles,
    stop: &AtomicBool,
    emit: &mut dyn FnMut(StageEvent),
) -> Result<TrainingEnd, TrainError> {
    let trajectory = job.trajectory();
    let mut session = Session::new(job)?;
    let every = job.params.checkpoint_every;
    let mut checkpoints = CheckpointFolder::new(&job.checkpoints, trajectory.clone(), every)?
        .keeping(job.schedule.boundaries());
    resume(&mut session, &mut checkpoints, job.schedule.epochs(), emit)?;

    while (session.history.len() as u32) < job.schedule.epochs() && !session.ends_early() {
        let now = Now::after(&session, &job.schedule);
        let begun = Instant::now();
        let images_per_second = train_epoch(&mut session, job, now, stop, emit)?;
        let record = finish_epoch(&session, now, stop);
        if matches!(record, Err(TrainError::Interrupted)) {
            save_between_steps(&session, &mut checkpoints, emit)?;
        }
        session.begin_next_epoch(record?)?;
        if session.ends_early() {
            checkpoints.keep_also(now.epoch + 1);
        }
        checkpoints.save(&session.state())?;
        emit(StageEvent::Checkpoint { epoch: now.epoch + 1 });
        let record = &session.history[now.epoch as usize];
        emit(now.done(record, begun.elapsed().as_secs_f64(), images_per_second));
    }
    let epochs = session.history.len() as u32;
    let (stopped_early, checkpoints) = (epochs < job.schedule.epochs(), checkpoints.names(epochs)?);
    let end = TrainingEnd { epochs, stopped_early, checkpoints };
    files.write(job, session, &trajectory)?;
    Ok(end)
}

fn resume(
    session: &mut Session,
    checkpoints: &mut CheckpointFolder,
    epochs: u32,
    emit: &mut dyn FnMut(StageEvent),
) -> Result<(), TrainError> {
    let warn = |error| emit(StageEvent::Warning { message: format!("checkpoint not used: {error}") });
    if session.resume(checkpoints, warn)? {
        emit(StageEvent::Resumed { epoch: session.history.len() as u32, epochs });
    }
    Ok(())
}

/// Trains on the images of the epoch that are left, until `stop` is set; returns images a second.
fn train_epoch(
    session: &mut Session,
    job: &TrainingJob,
    now: Now,
    stop: &AtomicBool,
    emit: &mut dyn FnMut(StageEvent),
) -> Result<f64, TrainError> {
    let steps = session.train.steps();
    let device = session.device;
    let mut records = StepRecords::new(now.epoch, now.lr, steps, std::mem::take(&mut session.steps), device)?;
    let (begun, images_before, mut pace) = (Instant::now(), records.images(), Pace::default());
    let images_per_second = |images| (images - images_before) as f64 / begun.elapsed().as_secs_f64();
    for batch in session.train.epoch(now.epoch, records.steps()) {
        let part = session.accumulation.part(records.steps());
        // Between the batches of an update its gradients would have to be stored too.
        if part.begins && stop.load(Ordering::Relaxed) {
            break;
        }
        let batch = batch?.to_device(device)?;
        let lr = job.schedule.learning_rate(now.epoch, records.steps(), steps);
        let rule = StepRule { lr, label_smoothing: job.params.label_smoothing, part };
        let step = training_step(&session.network, &mut session.optimiser, &batch, &rule)?;
        if part.ends {
            average(session, now.epoch, records.steps())?;
        }
        records.add(&step, batch.labels.numel())?;
        if pace.is_due() {
            let loss = records.read()?.means().loss;
            emit(now.step(records.steps(), steps, loss, images_per_second(records.images())));
        }
    }
    session.steps = records.read()?;
    Ok(images_per_second(records.images()))
}

/// Takes the weights after an update into their average, if one is taken.
fn average(session: &mut Session, epoch: u32, step: usize) -> Result<(), TrainError> {
    let Some(average) = &mut session.average else { return Ok(()) };
    let earlier = epoch as usize * session.accumulation.updates() + session.accumulation.update(step);
    average.update(&session.network, earlier as u64 + 1)
}

/// Sums up the epoch and validates, if there is a validation set.
///
/// # Errors
/// [`TrainError::Interrupted`] if steps are missing, or once `stop` is set; [`TrainError::NotFinite`] if the last
/// step ruined the network.
fn finish_epoch(session: &Session, now: Now, stop: &AtomicBool) -> Result<EpochRecord, TrainError> {
    let steps = session.train.steps();
    if session.steps.images.len() < steps {
        return Err(TrainError::Interrupted);
    }
    let trained = session.steps.means();
    let val = judge(session, now.epoch, stop).map_err(|error| now.name_divergence(error, steps))?;
    Ok(EpochRecord {
        epoch: now.epoch,
        lr: now.lr,
        train_loss: trained.loss,
        train_cross_entropy: trained.cross_entropy,
        train_accuracy: trained.accuracy,
        val_loss: val.as_ref().map(|val| val.loss),
        val_cross_entropy: val.as_ref().map(|val| val.cross_entropy),
        val_accuracy: val.as_ref().map(|val| val.accuracy),
    })
}

fn save_between_steps(
    session: &Session,
    checkpoints: &mut CheckpointFolder,
    emit: &mut dyn FnMut(StageEvent),
) -> Result<(), TrainError> {
    if !session.steps.images.is_empty() {
        checkpoints.save(&session.state())?;
        emit(StageEvent::Checkpoint { epoch: session.history.len() as u32 });
    }
    Ok(())
}

/// Where the training is.
#[derive(Clone, Copy)]
struct Now {
    epoch: u32,
    epochs: u32,
    lr: f64,
}

impl Now {
    /// The epoch that follows those done.
    fn after(session: &Session, schedule: &Schedule) -> Self {
        let (epoch, steps) = (session.history.len() as u32, session.train.steps());
        Self { epoch, epochs: schedule.epochs(), lr: schedule.learning_rate(epoch, steps - 1, steps) }
    }

    /// The error of a network that gives no numbers after the epoch's last step.
    fn name_divergence(self, error: TrainError, steps: usize) -> TrainError {
        match error {
            TrainError::NoScores { .. } => {
                TrainError::NotFinite { epoch: self.epoch + 1, step: steps, steps, lr: self.lr }
            }
            other => other,
        }
    }

    fn step(self, step: usize, steps: usize, loss: f64, images_per_second: f64) -> StageEvent {
        let Self { epoch, epochs, .. } = self;
        StageEvent::Step { epoch, epochs, step: step as u32, steps: steps as u32, loss, images_per_second }
    }

    fn done(self, record: &EpochRecord, seconds: f64, images_per_second: f64) -> StageEvent {
        StageEvent::Epoch {
            epoch: self.epoch,
            epochs: self.epochs,
            lr: self.lr,
            train_loss: record.train_loss,
            train_accuracy: record.train_accuracy,
            val_loss: record.val_loss,
            val_accuracy: record.val_accuracy,
            seconds,
            images_per_second,
        }
    }
}
