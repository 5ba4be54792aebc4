//! Reading texts in tests.

#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use spec::{Pipeline, Source, Stage};
use std::path::Path;

/// The pipeline of a text that must be right, called `test` in the project `/project`.
pub fn pipeline(text: &str) -> Pipeline {
    pipeline_with(text, &[])
}

/// The pipeline of a text with overrides, all of which must be right.
pub fn pipeline_with(text: &str, overrides: &[(&str, &str)]) -> Pipeline {
    parse(text, overrides).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Every message about a text that must be wrong.
pub fn messages(text: &str) -> Vec<String> {
    parse(text, &[]).unwrap_err().iter().map(|error| error.message.clone()).collect()
}

pub fn parse(text: &str, overrides: &[(&str, &str)]) -> Result<Pipeline, spec::Errors> {
    let overrides: Vec<_> =
        overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    spec::parse(text, Path::new("/project/pipelines/test.toml"), Path::new("/project"), &overrides)
}

pub fn stage<'a>(pipeline: &'a Pipeline, name: &str) -> &'a Stage {
    let found = pipeline.stages.iter().find(|stage| stage.name == name);
    found.unwrap_or_else(|| panic!("no stage {name} among {:?}", names(pipeline)))
}

pub fn names(pipeline: &Pipeline) -> Vec<&str> {
    pipeline.stages.iter().map(|stage| stage.name.as_str()).collect()
}

pub fn output(stage: &str, output: &str) -> Source {
    Source::Output { stage: stage.into(), output: output.into(), inside: None }
}

/// The sources of a stage's input, and whether it is a list.
pub fn input<'a>(stage: &'a Stage, name: &str) -> (&'a [Source], bool) {
    let found = stage.inputs.iter().find(|input| input.name == name);
    let input = found.unwrap_or_else(|| panic!("{} has no input {name}", stage.name));
    (&input.sources, input.is_list)
}
