use crate::{
    exit::Exit,
    failure::Failure,
    grid,
    machine_facts::{self, Fact},
    output,
};
use serde_json::json;

/// Says what this machine has, one line a fact, with advice where something is lacking.
pub fn doctor(json: bool) -> Result<Exit, Failure> {
    let facts = machine_facts::gather();
    if json {
        output::line(&json!({ "facts": facts }).to_string())?;
    } else {
        let row = |fact: &Fact| {
            let mark = if fact.advice.is_none() { "ok" } else { "lacking" };
            vec![mark.to_owned(), fact.name.to_owned(), fact.value.clone()]
        };
        output::write(&grid::align(&facts.iter().map(row).collect::<Vec<_>>()))?;
        for advice in facts.iter().filter_map(|fact| fact.advice.as_deref()) {
            output::say(&format!("hint: {advice}"));
        }
    }
    let lacks_needed = facts.iter().any(|fact| fact.needed && fact.advice.is_some());
    Ok(if lacks_needed { Exit::Machine } else { Exit::Done })
}
