//! Results that look like those of trainings and evaluations, made from a score between 0 and 1.

use proto::StageEvent;
use serde_json::{Value, json};

/// Class names of every kind that a page must cope with.
const CLASSES: [&str; 4] =
    ["cat", "dog, \"big\"", "</script><b>bold</b>", "très long nom d\u{2019}une classe, émoji 🦊 compris"];

/// The epoch of a training that gets better.
fn figures(epoch: u32, score: f64) -> [f64; 4] {
    let learnt = 1.0 - (-(f64::from(epoch) + 1.0) / 4.0).exp();
    let (train, val) = ((0.5 + score / 2.0) * learnt, (0.4 + score / 2.0) * learnt);
    [2.3 * (1.0 - train), train, 2.3 * (1.0 - val) + 0.1, val]
}

/// As a training tells of an epoch.
pub fn epoch_event(epoch: u32, epochs: u32) -> StageEvent {
    let [train_loss, train_accuracy, val_loss, val_accuracy] = figures(epoch, 0.5);
    StageEvent::Epoch {
        epoch,
        epochs,
        lr: 0.1,
        train_loss,
        train_accuracy,
        val_loss: Some(val_loss),
        val_accuracy: Some(val_accuracy),
        seconds: 1.0,
        images_per_second: 100.0,
    }
}

/// The `history` output of a training with these parameters.
pub fn history(params: &Value, score: f64) -> Value {
    let of_phase = |phase: &Value| phase["epochs"].as_u64().unwrap_or(0) as u32;
    let phases: Vec<u32> = params["phases"].as_array().into_iter().flatten().map(of_phase).collect();
    let epochs = if phases.is_empty() { of_phase(params) } else { phases.iter().sum() };
    let mut starts: Vec<u32> = Vec::new();
    for phase in &phases {
        starts.push(starts.last().copied().unwrap_or(0) + phase);
    }
    starts.pop();
    let record = |epoch| {
        let [train_loss, train_accuracy, val_loss, val_accuracy] = figures(epoch, score);
        json!({
            "epoch": epoch, "lr": 0.1,
            "train_loss": train_loss, "train_cross_entropy": train_loss, "train_accuracy": train_accuracy,
            "val_loss": val_loss, "val_cross_entropy": val_loss, "val_accuracy": val_accuracy,
        })
    };
    json!({ "epochs": (0..epochs).map(record).collect::<Vec<_>>(), "phase_starts": starts })
}

/// The `confusion` output of an evaluation, each class of 100 images taken for the next one at times.
pub fn confusion(score: f64) -> String {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let names: Vec<String> = CLASSES.iter().map(|name| quoted(name)).collect();
    let right = (score * 100.0) as usize;
    let row = |label: usize| {
        let counts =
            (0..CLASSES.len()).map(|predicted| match (predicted + CLASSES.len() - label) % CLASSES.len() {
                0 => right.to_string(),
                1 => (100 - right).to_string(),
                _ => "0".to_owned(),
            });
        format!("{},{}\n", names[label], counts.collect::<Vec<_>>().join(","))
    };
    let rows: String = (0..CLASSES.len()).map(row).collect();
    format!("label \\ predicted,{}\n{rows}", names.join(","))
}
