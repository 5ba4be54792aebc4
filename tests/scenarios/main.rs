//! What a user sees, through the real binary: one file an area, most tests an edit and what runs after it.
//!
//! | | must hold | pinned by |
//! |---|---|---|
//! | 1 | nothing changed: nothing runs, nothing is written; a touch changes nothing | `freshness`, `settled`, `model` |
//! | 2 | one byte, one parameter, one input or output more or less: exactly its consumers run | `freshness`, `model`, `scheduler/tests/keys.rs` |
//! | 3 | identical bytes stop there; a join starts once, after all it needs | `freshness`, `dispatch`, `model` |
//! | 4 | a fresh tree is planned whole; `plan`, `explain` and `run` agree | `freshness`, `model` |
//! | 5 | failures are never replayed; a forced result is the one restored, history keeps both | `cache`, `interruption`, `model` |
//! | 6 | `-j1` and `-j8` give the same; limits hold at every instant, mutexes and GPUs between runs too | `cache`, `resources`, `dispatch`, `concurrency` |
//! | 7 | a kill at any moment needs no repair and leaves nobody at work | `crash`, `interruption`, `worker/tests/kills.rs` |
//! | 8 | any damage to the store costs at most a repetition | `damage`, `cache`, `store/tests/damage.rs` |
//! | 9 | a full disk is named and harms nothing | `disks`, `store/tests/disk.rs` |
//! | 10 | two runs at once execute nothing twice | `concurrency`, `store/tests/processes.rs` |
//! | 11 | a collection keeps what is needed, its dry run is exact | `collection`, `model`, `store/tests/collection.rs` |
//! | 12 | nothing leaves its folder | `spec/tests/broken/outputs.toml`, `fetch/tests` |
//! | 13 | `--json` parses in every state | `json` |
//! | 14 | what is said of sixty experiments is what their files hold | `comparison`, `comparison_names` |
#![allow(clippy::unwrap_used)]

mod cache;
mod collection;
mod commands;
mod comparison;
mod comparison_names;
mod concurrency;
mod crash;
mod damage;
mod disks;
mod dispatch;
mod failures;
mod freshness;
mod history;
mod import;
mod interruption;
mod json;
mod model;
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
