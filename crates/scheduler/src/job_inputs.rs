use crate::{
    assess::{Assessment, input_path},
    execute::{JobInput, JobSource},
    failure::Failure,
    work::Member,
};
use spec::{Source, Stage};

/// Where the inputs of a stage lie, now that all it needs has ended well; `known` is what is known of the stages of
/// the same member.
pub(crate) fn job_inputs(
    member: &Member,
    stage: &Stage,
    known: &[Option<Assessment>],
) -> Result<Vec<JobInput>, Failure> {
    let mut inputs = Vec::with_capacity(stage.inputs.len());
    for input in &stage.inputs {
        let sources = input.sources.iter().map(|source| job_source(member, &input.name, source, known));
        inputs.push(JobInput { name: input.name.clone(), sources: sources.collect::<Result<_, _>>()? });
    }
    Ok(inputs)
}

fn job_source(
    member: &Member,
    input: &str,
    source: &Source,
    known: &[Option<Assessment>],
) -> Result<JobSource, Failure> {
    let Member { graph, context, .. } = member;
    let found = input_path(graph, context.store, source, known);
    match (source, found) {
        (Source::Path(written), Some((path, digest))) => {
            Ok(JobSource { path, as_written: written.clone(), digest, file: None, object: None })
        }
        (Source::Path(written), None) => Err(Failure::MissingSource(written.clone())),
        (Source::Output { stage, output, inside }, Some((path, digest))) => {
            let producer = graph.index_of(stage);
            let outputs = producer.map(|index| graph.stage(index).outputs.as_slice()).unwrap_or_default();
            let made = outputs.iter().find(|made| made.name == *output);
            let file = inside.clone().or_else(|| made.map(|made| made.file.clone()));
            let action = producer.and_then(|index| known[index].as_ref()?.action());
            let object = action.and_then(|action| Some(action.outputs.get(output)?.digest));
            let object = object.filter(|digest| context.store.has_object(digest));
            Ok(JobSource { as_written: path.clone(), path, digest, file, object })
        }
        (Source::Output { stage, output, .. }, None) => Err(Failure::NoSuchOutput {
            input: input.into(),
            producer: stage.clone(),
            output: output.clone(),
        }),
    }
}
