//! What a user sees, through the real binary: one file an area, most tests an edit and what runs after it.
#![allow(clippy::unwrap_used)]

mod cache;
mod commands;
mod concurrency;
mod failures;
mod freshness;
mod history;
mod import;
mod interruption;
mod resources;
mod settled;
mod sweeps;

/// A project whose binary is the one under test.
fn project() -> testkit::Project {
    testkit::Project::new(env!("CARGO_BIN_EXE_pipeline"))
}

/// A chain of three commands and one apart: `first` reads `input.txt`, `second` the first, `third` the second;
/// `apart` reads `other.txt`.
const CHAIN: &str = r#"
[params]
word   = "one"
unused = 1

[stages.first]
kind    = "command"
run     = "sh -c 'cat $1 > $2' - ${inputs.text} ${outputs.copy}"
inputs  = { text = "input.txt" }
outputs = { copy = "copy.txt" }

[stages.second]
kind    = "command"
run     = "sh -c 'head -c 3 $1 > $3; echo $2 >> $3' - ${inputs.text} ${params.word} ${outputs.text}"
inputs  = { text = "${stages.first.copy}" }
outputs = { text = "second.txt" }

[stages.third]
kind    = "command"
run     = "sh -c 'wc -c < $1 > $2' - ${inputs.text} ${outputs.count}"
inputs  = { text = "${stages.second.text}" }
outputs = { count = "count.txt" }

[stages.apart]
kind    = "command"
run     = "cp ${inputs.text} ${outputs.text}"
inputs  = { text = "other.txt" }
outputs = { text = "apart.txt" }
"#;

/// The chain with its sources.
fn chain() -> testkit::Project {
    let project = project();
    project.pipeline(CHAIN).file("input.txt", "abc, and more").file("other.txt", "other");
    project
}
