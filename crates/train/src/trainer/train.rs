use super::{TrainingFiles, TrainingJob, session::Session, step_records::StepRecords};
use crate::{CheckpointFolder, EpochRecord, Pace, TrainError, score, training_step};
use proto::StageEvent;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

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
) -> Result<(), TrainError> {
    let trajectory = job.trajectory();
    let mut session = Session::new(job)?;
    let every = job.params.checkpoint_every;
    let mut checkpoints = CheckpointFolder::new(&job.checkpoints, trajectory.clone(), every)?
        .keeping(job.schedule.boundaries());
    resume(&mut session, &mut checkpoints, job.schedule.epochs(), emit)?;

    let rates = (0..).zip(job.schedule.learning_rates());
    for (epoch, &lr) in rates.skip(session.history.len()) {
        let now = Now { epoch, epochs: job.schedule.epochs(), lr };
        let begun = Instant::now();
        let images_per_second = train_epoch(&mut session, now, stop, emit)?;
        let record = finish_epoch(&session, now, stop);
        if matches!(record, Err(TrainError::Interrupted)) {
            save_between_steps(&session, &mut checkpoints, emit)?;
        }
        session.begin_next_epoch(record?);
        checkpoints.save(&session.state())?;
        emit(StageEvent::Checkpoint { epoch: epoch + 1 });
        emit(now.done(&session.history[epoch as usize], begun.elapsed().as_secs_f64(), images_per_second));
    }
    files.write(job, session, &trajectory)
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
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let batch = batch?.to_device(device)?;
        let step = training_step(&session.network, &mut session.optimiser, &batch, now.lr)?;
        records.add(&step, batch.labels.numel())?;
        if pace.is_due() {
            let loss = records.read()?.means().loss;
            emit(now.step(records.steps(), steps, loss, images_per_second(records.images())));
        }
    }
    session.steps = records.read()?;
    Ok(images_per_second(records.images()))
}

/// Sums up the epoch and validates, if there is a validation set.
///
/// # Errors
/// [`TrainError::Interrupted`] if steps are missing, or once `stop` is set.
fn finish_epoch(session: &Session, now: Now, stop: &AtomicBool) -> Result<EpochRecord, TrainError> {
    if session.steps.images.len() < session.train.steps() {
        return Err(TrainError::Interrupted);
    }
    let trained = session.steps.means();
    let mut record = EpochRecord {
        epoch: now.epoch,
        lr: now.lr,
        train_loss: trained.loss,
        train_cross_entropy: trained.cross_entropy,
        train_accuracy: trained.accuracy,
        val_loss: None,
        val_cross_entropy: None,
        val_accuracy: None,
    };
    if let Some(val) = &session.val {
        let scores = score(&session.network, val, session.device, false, stop, |_| ())?;
        let cross_entropy = scores.cross_entropy();
        record.val_cross_entropy = Some(cross_entropy);
        record.val_loss = Some(cross_entropy + session.optimiser.penalty()?.f_double_value(&[])?);
        record.val_accuracy = Some(scores.rank(1));
    }
    Ok(record)
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
