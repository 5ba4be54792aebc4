use super::{
    answer::Answer,
    grid::{align, grouped},
    provenance::Provenance,
};
use crate::error::WorkerError;
use serde_json::json;
use std::path::Path;
use tch::Device;
use train::{LayerSummary, ModelDescription, TrainedNetwork, load_weights};

/// The network of a weights file, layer by layer, and how its weights came about.
pub(super) fn weights_report(path: &Path) -> Result<Answer, WorkerError> {
    let TrainedNetwork { network, description } = TrainedNetwork::load(path, Device::Cpu)?;
    let provenance = Provenance::of(&load_weights(path)?.metadata);
    let [height, width] = description.image_size.map(|side| side as i64);
    let layers = network.layers(height, width);
    let multiply_adds: i64 = layers.iter().map(|layer| layer.multiply_adds).sum();
    let (trained, statistics) = (network.trainable_parameters(), network.non_trainable_parameters());
    let layer_json = |layer: &LayerSummary| {
        json!({
            "name": layer.name, "output": layer.output, "parameters": layer.parameters,
            "multiply_adds": layer.multiply_adds,
        })
    };
    let json = json!({
        "weights": path,
        "model": description.model,
        "precision": description.precision,
        "image_size": description.image_size,
        "class_names": description.class_names,
        "means": description.means,
        "training": provenance.training,
        "learning_rates": provenance.learning_rates,
        "kept_epoch": provenance.kept_epoch,
        "trajectory": provenance.trajectory,
        "trainable_parameters": trained,
        "non_trainable_parameters": statistics,
        "multiply_adds": multiply_adds,
        "layers": layers.iter().map(layer_json).collect::<Vec<_>>(),
    });
    let total = format!(
        "\n{} trained parameters, {} running statistics, {} multiply-adds an image\n",
        grouped(trained as i64),
        grouped(statistics as i64),
        grouped(multiply_adds)
    );
    Ok(Answer {
        text: facts(&description, &provenance) + "\n" + &table(&layers) + &total,
        json,
        failure: None,
    })
}

fn facts(description: &ModelDescription, provenance: &Provenance) -> String {
    let model = &description.model;
    let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let means = match &description.means {
        None => "none",
        Some(data::Means::Channel(_)) => "one a channel",
        Some(data::Means::Pixel { .. }) => "a mean image",
    };
    let of_model = [
        ("block", name(json!(model.block))),
        ("stem", name(json!(model.stem))),
        ("stages", format!("{:?}", model.stages)),
        ("filters", format!("{:?}", model.filters)),
        ("images", format!("{} × {} pixels", description.image_size[0], description.image_size[1])),
        ("means", means.to_owned()),
        ("classes", format!("{}: {}", description.class_names.len(), first(&description.class_names))),
    ];
    let rows = of_model.into_iter().chain(provenance.facts());
    align(&rows.map(|(name, value)| vec![name.to_owned(), value]).collect::<Vec<_>>(), 2)
}

fn first(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { shown + ", …" } else { shown }
}

fn table(layers: &[LayerSummary]) -> String {
    let heading = ["layer", "output", "parameters", "multiply-adds"].map(str::to_owned).to_vec();
    let row = |layer: &LayerSummary| {
        let output: Vec<String> = layer.output.iter().map(i64::to_string).collect();
        vec![layer.name.clone(), output.join(" × "), grouped(layer.parameters), grouped(layer.multiply_adds)]
    };
    align(&std::iter::once(heading).chain(layers.iter().map(row)).collect::<Vec<_>>(), 2)
}
