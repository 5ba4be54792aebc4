//! Images that a network cannot see for their size: better said before it is trained than after.

use crate::{
    Kind,
    declared::Stages,
    diagnostics::Diagnostics,
    pipeline::{Source, Stage},
};
use std::collections::HashMap;

/// Reports validation and evaluation sets whose images have another size than those that the network is trained on, as
/// far as the stages that pack them say so.
pub(crate) fn check(stages: &[Stage], declared: &Stages<'_>, diagnostics: &mut Diagnostics) {
    let concerned = stages.iter().filter(|stage| matters(stage.kind));
    let by_name: HashMap<&str, &Stage> = concerned.map(|stage| (stage.name.as_str(), stage)).collect();
    let mut concerned: Vec<_> = by_name.values().collect();
    concerned.sort_by_key(|stage| &stage.name);
    for stage in concerned {
        let (networks, field) = match stage.kind {
            Kind::Train | Kind::DecayTrain => (vec![*stage], "val"),
            Kind::Evaluate => (producers(stage, "weights", &by_name).collect(), "dataset"),
            _ => continue,
        };
        for (size, network) in networks.iter().flat_map(|network| sizes(network, "train", &by_name)) {
            for (other, images) in sizes(stage, field, &by_name).filter(|(other, _)| *other != size) {
                let message = format!(
                    "`{field}`: the images of `{images}` are {other} pixels wide, those of `{network}`, which the \
                     network is trained on, {size}"
                );
                let base = stage.name.split('@').next().and_then(|name| declared.get(name));
                let span = base.and_then(|declared| Some(declared.table.get(field)?.span));
                if let Some(span) = span {
                    diagnostics
                        .error(span, message)
                        .hint("give both stages the same `image_size`".to_owned());
                }
            }
        }
    }
}

fn matters(kind: Kind) -> bool {
    matches!(kind, Kind::Dataset | Kind::Train | Kind::DecayTrain | Kind::Evaluate)
}

/// The stages that make an input.
fn producers<'a>(
    stage: &'a Stage,
    input: &'a str,
    by_name: &'a HashMap<&str, &'a Stage>,
) -> impl Iterator<Item = &'a Stage> {
    let inputs = stage.inputs.iter().filter(move |candidate| candidate.name == input);
    inputs.flat_map(|input| &input.sources).filter_map(|source| match source {
        Source::Output { stage, .. } => by_name.get(stage.as_str()).copied(),
        Source::Path(_) => None,
    })
}

/// The sizes of images in an input, with the stages that pack them, where these say it.
fn sizes<'a>(
    stage: &'a Stage,
    input: &'a str,
    by_name: &'a HashMap<&str, &'a Stage>,
) -> impl Iterator<Item = (u64, &'a str)> {
    let datasets = producers(stage, input, by_name).filter(|stage| stage.kind == Kind::Dataset);
    datasets.filter_map(|dataset| Some((dataset.params.get("image_size")?.as_u64()?, dataset.name.as_str())))
}
