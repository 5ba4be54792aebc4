use proto::StageEvent;

/// What a worker said, as a line for people; `None` for what passes too quickly to be worth one.
pub fn describe(event: &StageEvent) -> Option<String> {
    match event {
        StageEvent::Started { device, threads } => {
            let threads = if *threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
            Some(format!("runs on {device} with {threads}"))
        }
        StageEvent::Resumed { epoch, epochs } => Some(format!("goes on after epoch {epoch} of {epochs}")),
        StageEvent::Epoch { epoch, epochs, lr, images_per_second, .. } => Some(format!(
            "epoch {}/{epochs}: {}, lr {}, {} images/s",
            epoch + 1,
            figures(event),
            rounded(*lr),
            thousands(*images_per_second)
        )),
        StageEvent::Warning { message } => Some(format!("warning: {message}")),
        StageEvent::Progress { .. } | StageEvent::Step { .. } | StageEvent::Checkpoint { .. } => None,
    }
}

/// The losses and accuracies of an epoch.
fn figures(event: &StageEvent) -> String {
    let StageEvent::Epoch { train_loss, train_accuracy, val_loss, val_accuracy, .. } = event else {
        return String::new();
    };
    let mut text = format!("loss {train_loss:.4}, accuracy {:.2} %", train_accuracy * 100.0);
    if let Some(loss) = val_loss {
        text += &format!(", val loss {loss:.4}");
    }
    if let Some(accuracy) = val_accuracy {
        text += &format!(", val accuracy {:.2} %", accuracy * 100.0);
    }
    text
}

/// A whole number with separators: `1,510`.
pub fn thousands(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Four significant digits, without zeros at the end.
fn rounded(number: f64) -> String {
    let text = format!("{number:.3e}");
    text.parse::<f64>().map_or(text, |rounded| rounded.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(thousands(1_510.4), "1,510");
        assert_eq!(thousands(999.6), "1,000");
        assert_eq!(thousands(12_345_678.0), "12,345,678");
        assert_eq!(rounded(0.1 * (1.0 - 1.0 / 3.0)), "0.06667");
        assert_eq!(rounded(0.1), "0.1");
    }
}
