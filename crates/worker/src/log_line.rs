use proto::StageEvent;

/// What a person wants to read in the log about an event, if anything.
pub fn log_line(event: &StageEvent) -> Option<String> {
    match event {
        StageEvent::Started { device, threads } => Some(format!("on {device} with {threads} threads")),
        StageEvent::Resumed { epoch, epochs } => Some(format!("goes on after epoch {epoch} of {epochs}")),
        StageEvent::Warning { message } => Some(format!("warning: {message}")),
        StageEvent::Epoch {
            epoch,
            epochs,
            lr,
            train_loss,
            train_accuracy,
            val_loss,
            val_accuracy,
            seconds,
            images_per_second,
        } => {
            let val = val_loss.zip(*val_accuracy).map(|(loss, accuracy)| {
                format!(" - val_loss {loss:.4} - val_accuracy {}", percent(accuracy))
            });
            Some(format!(
                "epoch {}/{epochs} - lr {} - loss {train_loss:.4} - accuracy {}{} - {seconds:.1} s - {images_per_second:.0} images/s",
                epoch + 1,
                significant(*lr),
                percent(*train_accuracy),
                val.unwrap_or_default(),
            ))
        }
        StageEvent::Progress { .. } | StageEvent::Step { .. } | StageEvent::Checkpoint { .. } => None,
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// At most four significant digits: a decaying learning rate has seventeen.
fn significant(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_one_line() {
        let mut event = StageEvent::Epoch {
            epoch: 4,
            epochs: 75,
            lr: 0.1 * (1.0 - 4.0 / 75.0),
            train_loss: 1.23456,
            train_accuracy: 0.654321,
            val_loss: Some(1.5),
            val_accuracy: Some(0.6),
            seconds: 12.34,
            images_per_second: 4321.9,
        };
        assert_eq!(
            log_line(&event).unwrap(),
            "epoch 5/75 - lr 0.09467 - loss 1.2346 - accuracy 65.43 % - val_loss 1.5000 - val_accuracy 60.00 % - 12.3 s - 4322 images/s"
        );
        if let StageEvent::Epoch { val_loss, lr, .. } = &mut event {
            (*val_loss, *lr) = (None, 1e-7);
        }
        let line = log_line(&event).unwrap();
        assert!(line.starts_with("epoch 5/75 - lr 0.0000001 - loss") && !line.contains("val"), "{line}");
    }
}
