use crate::{
    diagnostics::Diagnostics,
    include::INCLUDE,
    node::{Entry, Node, Reader, Table, Tree},
    source::Span,
};
use toml::de::{DeTable, Error};

/// The sections of a pipeline file, their contents still as written.
#[derive(Debug, Default)]
pub(crate) struct PipelineFile {
    pub description: Option<Node>,
    pub params: Table,
    pub stages: Table,
    pub metrics: Table,
    pub references: Option<Node>,
}

/// The sections that a file may have.
const SECTIONS: [&str; 6] = [INCLUDE, "description", "params", "stages", "metrics", "references"];

/// Reads the text of a source. `None` if it is not TOML; that is then all that is reported. A name that is there
/// twice does not keep the rest from being checked.
pub(crate) fn read(text: &str, source: usize, diagnostics: &mut Diagnostics) -> Option<Table> {
    let (table, faults) = DeTable::parse_recoverable(text);
    let mut reader = Reader { source, offset: 0, diagnostics };
    let is_repetition = |fault: &Error| fault.message() == "duplicate key";
    let is_toml = faults.iter().all(is_repetition);
    let mut repeated_table = None;
    for fault in faults {
        let span = reader.span(fault.span().unwrap_or(0..0));
        if !is_repetition(&fault) {
            reader.diagnostics.error(span, fault.message());
            continue;
        }
        // Below the heading of a table that is there already, each key would be reported once more.
        if repeated_table.is_some_and(|end| !text[end..span.start].contains("\n[")) {
            continue;
        }
        let is_heading =
            text[..span.start].rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with('['));
        repeated_table = is_heading.then_some(span.end);
        reader.diagnostics.error(span, format!("`{}` is there twice", &text[span.start..span.end]));
    }
    is_toml.then(|| reader.table(table.into_inner()))
}

/// Sorts the top-level fields into sections and reports what does not belong.
pub(crate) fn sections(table: Table, diagnostics: &mut Diagnostics) -> PipelineFile {
    let mut file = PipelineFile::default();
    let mut has_stages = false;
    let before = diagnostics.count();
    for entry in table.entries {
        has_stages |= entry.key == "stages";
        match entry.key.as_str() {
            "description" => file.description = Some(entry.node),
            "params" => file.params = section(entry, diagnostics),
            "stages" => file.stages = section(entry, diagnostics),
            "metrics" => file.metrics = section(entry, diagnostics),
            "references" => file.references = Some(entry.node),
            name => {
                let message = format!("unknown field `{name}` at the top of the file");
                diagnostics.unknown_name(entry.key_span, message, name, SECTIONS.into_iter());
            }
        }
    }
    if !has_stages && diagnostics.count() == before {
        let start = Span { source: 0, start: 0, end: 0 };
        diagnostics
            .error(start, "the file has no stages")
            .hint("write each as a table `[stages.NAME]` with a `kind`");
    }
    file
}

fn section(entry: Entry, diagnostics: &mut Diagnostics) -> Table {
    if let Tree::Table(table) = entry.node.value {
        return table;
    }
    let message = format!("`{}`: expected a table, found {}", entry.key, entry.node.describe());
    diagnostics.error(entry.node.span, message);
    Table::default()
}
