use super::{
    TrainingFiles, TrainingJob,
    session::Session,
    step_records::{StepRecords, TrainFigures},
};
use crate::{CheckpointFolder, EpochRecord, Pace, TrainError, score, training_step};
use proto::StageEvent;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

/// Trains from the latest state that is stored on the way, and writes weights, history, curves and metrics.
///
/// What happens goes to `emit`. After each epoch the state is stored, so that an end at any moment costs at
/// most the epoch at work; on the CPU the result is then the same, bit for bit.
///
/// # Errors
/// [`TrainError::Interrupted`] after the step in hand once `stop` is set; [`TrainError::NotFinite`] if the
/// training diverges; whatever is wrong with inputs and parameters.
pub fn train(
    job: &TrainingJob,
    files: &TrainingFiles,
    stop: &AtomicBool,
    emit: &mut dyn FnMut(StageEvent),
) -> Result<(), TrainError> {
    let epochs = job.schedule.epochs();
    let trajectory = job.trajectory();
    let mut session = Session::new(job)?;
    let mut checkpoints =
        CheckpointFolder::new(&job.checkpoints, trajectory.clone(), job.params.checkpoint_every)?;
    let warn =
        |error: TrainError| emit(StageEvent::Warning { message: format!("checkpoint not used: {error}") });
    if let Some(epoch) = session.resume(&mut checkpoints, warn)? {
        emit(StageEvent::Resumed { epoch, epochs });
    }

    let rates = (0..).zip(job.schedule.learning_rates());
    for (epoch, &lr) in rates.skip(session.history.len()) {
        let begun = Instant::now();
        let trained = train_epoch(&mut session, epoch, epochs, lr, stop, emit)?;
        let seconds_of_steps = begun.elapsed().as_secs_f64();
        let record = validate(&session, record(epoch, lr, trained), stop)?;
        session.history.push(record.clone());
        checkpoints.save(&session.state())?;
        emit(StageEvent::Checkpoint { epoch: epoch + 1 });
        emit(StageEvent::Epoch {
            epoch,
            epochs,
            lr,
            train_loss: record.train_loss,
            train_accuracy: record.train_accuracy,
            val_loss: record.val_loss,
            val_accuracy: record.val_accuracy,
            seconds: begun.elapsed().as_secs_f64(),
            images_per_second: session.train.images() as f64 / seconds_of_steps,
        });
    }
    files.write(job, session, &trajectory)
}

fn record(epoch: u32, lr: f64, trained: TrainFigures) -> EpochRecord {
    EpochRecord {
        epoch,
        lr,
        train_loss: trained.loss,
        train_cross_entropy: trained.cross_entropy,
        train_accuracy: trained.accuracy,
        val_loss: None,
        val_cross_entropy: None,
        val_accuracy: None,
    }
}

/// Adds the validation figures, if there is a validation set.
fn validate(
    session: &Session,
    mut record: EpochRecord,
    stop: &AtomicBool,
) -> Result<EpochRecord, TrainError> {
    if let Some(val) = &session.val {
        let scores = score(&session.network, val, session.device, false, stop, |_| ())?;
        let cross_entropy = scores.cross_entropy();
        record.val_cross_entropy = Some(cross_entropy);
        record.val_loss = Some(cross_entropy + session.optimiser.penalty()?.f_double_value(&[])?);
        record.val_accuracy = Some(scores.rank(1));
    }
    Ok(record)
}

/// One pass over the training images.
fn train_epoch(
    session: &mut Session,
    epoch: u32,
    epochs: u32,
    lr: f64,
    stop: &AtomicBool,
    emit: &mut dyn FnMut(StageEvent),
) -> Result<TrainFigures, TrainError> {
    let steps = session.train.steps();
    let mut records = StepRecords::new(epoch, lr, steps, session.device)?;
    let (begun, mut pace) = (Instant::now(), Pace::default());
    for batch in session.train.epoch(epoch, 0) {
        if stop.load(Ordering::Relaxed) {
            return Err(TrainError::Interrupted);
        }
        let batch = batch?;
        let (images, labels) =
            (batch.images.f_to_device(session.device)?, batch.labels.f_to_device(session.device)?);
        let step = training_step(&session.network, &mut session.optimiser, &images, &labels, lr)?;
        records.add(&step, labels.numel())?;
        if pace.is_due() {
            let loss = records.read()?.loss;
            let images_per_second = records.images() as f64 / begun.elapsed().as_secs_f64();
            emit(StageEvent::Step {
                epoch,
                epochs,
                step: records.steps() as u32,
                steps: steps as u32,
                loss,
                images_per_second,
            });
        }
    }
    records.read()
}
