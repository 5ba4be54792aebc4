use super::epoch::thousands;
use crate::{amounts::show_bytes, time};
use proto::StageEvent;

/// How far a running stage is.
#[derive(Debug, Default)]
pub struct StageProgress {
    text: String,
    /// What is being done, where that is work of known length.
    activity: String,
    /// Whether it is counted in bytes, whose speed is then shown.
    is_bytes: bool,
    /// Of the last epoch.
    val_accuracy: Option<f64>,
    done: u64,
    total: u64,
    steps: u64,
    /// What was done, and when, as it was first seen: a training may begin in the middle.
    begun: Option<(u64, f64)>,
}

impl StageProgress {
    /// Takes in what a worker said `now` seconds into the run.
    pub fn update(&mut self, event: &StageEvent, now: f64) {
        match event {
            StageEvent::Progress { activity, done, total, unit } => {
                if self.activity != *activity {
                    self.activity.clone_from(activity);
                    self.begun = None;
                }
                (self.done, self.total, self.is_bytes) = (*done, *total, unit == "bytes");
                self.text = amount_done(activity, *done, *total, unit);
            }
            StageEvent::Step { epoch, epochs, step, steps, loss, images_per_second } => {
                self.steps = u64::from(*steps);
                self.done = u64::from(*epoch) * self.steps + u64::from(*step);
                self.total = u64::from(*epochs) * self.steps;
                let rate = thousands(*images_per_second);
                let position = format!("epoch {}/{epochs}  step {step}/{steps}", epoch + 1);
                self.text = format!("{position}  loss {loss:.4}{}  {rate} images/s", self.validation());
            }
            StageEvent::Epoch { epoch, epochs, train_loss, val_accuracy, .. } => {
                self.done = (u64::from(*epoch) + 1) * self.steps;
                self.total = u64::from(*epochs) * self.steps;
                self.val_accuracy = *val_accuracy;
                let done = epoch + 1;
                self.text = format!("epoch {done}/{epochs} done  loss {train_loss:.4}{}", self.validation());
            }
            StageEvent::Resumed { epoch, epochs } => {
                self.text = format!("goes on after epoch {epoch} of {epochs}");
            }
            StageEvent::Started { .. } | StageEvent::Checkpoint { .. } | StageEvent::Warning { .. } => return,
        }
        if (self.total > 0 || self.is_bytes) && self.begun.is_none() {
            self.begun = Some((self.done, now));
        }
    }

    /// How much is done, of how much; `None` as long as nobody knows.
    pub fn fraction(&self) -> Option<(u64, u64)> {
        (self.total > 0).then_some((self.done.min(self.total), self.total))
    }

    /// What is being done, how fast, and how long it will take.
    pub fn text(&self, now: f64) -> String {
        let speed = self.speed(now).filter(|_| self.is_bytes);
        let speed = speed.map_or_else(String::new, |speed| format!("  {}/s", show_bytes(speed as u64)));
        match self.seconds_left(now) {
            Some(left) => format!("{}{speed}  {} left", self.text, time::seconds(left)),
            None => format!("{}{speed}", self.text),
        }
    }

    fn validation(&self) -> String {
        self.val_accuracy.map_or_else(String::new, |accuracy| format!("  val {:.2} %", accuracy * 100.0))
    }

    /// At the speed seen so far.
    fn seconds_left(&self, now: f64) -> Option<f64> {
        let rest = self.total.saturating_sub(self.done) as f64;
        self.speed(now).filter(|_| self.total > 0).map(|speed| rest / speed)
    }

    /// How much is done a second since it began.
    fn speed(&self, now: f64) -> Option<f64> {
        let (done_before, since) = self.begun?;
        let done = self.done.saturating_sub(done_before);
        (done > 0 && now > since).then(|| done as f64 / (now - since))
    }
}

fn amount_done(activity: &str, done: u64, total: u64, unit: &str) -> String {
    match (unit, total) {
        ("bytes", 0) => format!("{activity} {}", show_bytes(done)),
        ("bytes", _) => format!("{activity} {} of {}", show_bytes(done), show_bytes(total)),
        _ => format!("{activity} {} of {} {unit}", thousands(done as f64), thousands(total as f64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(epoch: u32, step: u32) -> StageEvent {
        StageEvent::Step { epoch, epochs: 4, step, steps: 50, loss: 0.23141, images_per_second: 1_510.2 }
    }

    #[test]
    fn time_left_follows_from_the_speed_since_it_began() {
        let mut progress = StageProgress::default();
        progress.update(&step(1, 0), 10.0);
        assert_eq!(progress.fraction(), Some((50, 200)));
        assert_eq!(progress.text(10.0), "epoch 2/4  step 0/50  loss 0.2314  1,510 images/s");
        progress.update(&step(2, 0), 20.0);
        assert_eq!(progress.text(20.0), "epoch 3/4  step 0/50  loss 0.2314  1,510 images/s  20.0 s left");
    }

    #[test]
    fn the_last_validation_stays_in_sight() {
        let mut progress = StageProgress::default();
        progress.update(&step(0, 49), 10.0);
        let epoch = StageEvent::Epoch {
            epoch: 0,
            epochs: 4,
            lr: 0.1,
            train_loss: 0.5,
            train_accuracy: 0.8,
            val_loss: Some(0.4),
            val_accuracy: Some(0.91),
            seconds: 1.0,
            images_per_second: 1_510.0,
        };
        progress.update(&epoch, 11.0);
        assert_eq!(progress.text(11.0), "epoch 1/4 done  loss 0.5000  val 91.00 %  2 min 30 s left");
        progress.update(&step(1, 1), 12.0);
        assert!(progress.text(12.0).contains("epoch 2/4  step 1/50  loss 0.2314  val 91.00 %"));
    }

    #[test]
    fn work_of_known_length_is_counted() {
        let mut progress = StageProgress::default();
        assert_eq!(progress.fraction(), None);
        let event = StageEvent::Progress {
            activity: "decoding".into(),
            done: 1_000,
            total: 100_000,
            unit: "images".into(),
        };
        progress.update(&event, 0.0);
        assert_eq!(progress.text(1.0), "decoding 1,000 of 100,000 images");
    }

    #[test]
    fn a_download_shows_its_speed_even_if_nobody_knows_its_end() {
        let mut progress = StageProgress::default();
        let event = |activity: &str, done, total, unit: &str| StageEvent::Progress {
            activity: activity.into(),
            done,
            total,
            unit: unit.into(),
        };
        progress.update(&event("downloading", 1 << 20, 9 << 20, "bytes"), 10.0);
        progress.update(&event("downloading", 3 << 20, 9 << 20, "bytes"), 12.0);
        assert_eq!(progress.text(12.0), "downloading 3.0 MiB of 9.0 MiB  1.0 MiB/s  6.0 s left");
        progress.update(&event("unpacking", 0, 40, "files"), 20.0);
        progress.update(&event("unpacking", 10, 40, "files"), 21.0);
        assert_eq!(progress.text(21.0), "unpacking 10 of 40 files  3.0 s left");

        let mut endless = StageProgress::default();
        endless.update(&event("downloading", 0, 0, "bytes"), 0.0);
        endless.update(&event("downloading", 4 << 20, 0, "bytes"), 2.0);
        assert_eq!(
            (endless.text(2.0).as_str(), endless.fraction()),
            ("downloading 4.0 MiB  2.0 MiB/s", None)
        );
    }
}
