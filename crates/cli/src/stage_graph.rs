//! The stages of a pipeline and what they need, drawn.

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;
use spec::{Pipeline, Source, Stage};

/// Stages, or all cells of a matrix as one, and the edges between them.
pub struct StageGraph {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

/// A stage, or all cells of its matrix.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    pub stage: String,
    pub kind: &'static str,
    /// How many cells it stands for.
    pub cells: usize,
}

/// One stage needs another.
#[derive(Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Edge {
    pub from: String,
    pub to: String,
    /// The output that is handed on; `None` if only the order matters.
    pub output: Option<String>,
}

impl StageGraph {
    /// With `cells`, each cell of a matrix is a node; else they are one.
    pub fn new(pipeline: &Pipeline, cells: bool) -> Self {
        let base_of: IndexMap<&str, &str> =
            pipeline.stages.iter().map(|stage| (stage.name.as_str(), stage.base.as_str())).collect();
        let shown = |name: &str| match cells {
            true => name.to_owned(),
            false => base_of.get(name).copied().unwrap_or(name).to_owned(),
        };
        let mut nodes: IndexMap<String, Node> = IndexMap::new();
        let mut edges: IndexSet<Edge> = IndexSet::new();
        for stage in &pipeline.stages {
            let name = shown(&stage.name);
            let new = Node { stage: name.clone(), kind: stage.kind.name(), cells: 0 };
            nodes.entry(name.clone()).or_insert(new).cells += 1;
            for (producer, output) in needs(stage) {
                edges.insert(Edge {
                    from: shown(producer),
                    to: name.clone(),
                    output: output.map(str::to_owned),
                });
            }
        }
        Self { nodes: nodes.into_values().collect(), edges: edges.into_iter().collect() }
    }

    /// One line a stage: its name, its kind, what it needs.
    pub fn text(&self) -> String {
        let row = |node: &Node| {
            let needs =
                self.edges.iter().filter(|edge| edge.to == node.stage).map(|edge| match &edge.output {
                    Some(output) => format!("{}.{output}", edge.from),
                    None => format!("{} (order only)", edge.from),
                });
            let needs = needs.collect::<Vec<_>>().join(", ");
            let arrow = if needs.is_empty() { needs } else { format!("← {needs}") };
            vec![node.label(), node.kind.to_owned(), arrow]
        };
        crate::grid::align(&self.nodes.iter().map(row).collect::<Vec<_>>())
    }

    /// For Graphviz.
    pub fn dot(&self, name: &str) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let mut lines = vec![format!("digraph {} {{", quoted(name)), "  rankdir=LR".to_owned()];
        lines.push("  node [shape=box]".to_owned());
        for node in &self.nodes {
            let label = quoted(&format!("{}\n{}", node.label(), node.kind)).replace('\n', "\\n");
            lines.push(format!("  {} [label={label}]", quoted(&node.stage)));
        }
        for Edge { from, to, output } in &self.edges {
            let look = output
                .as_ref()
                .map_or("style=dashed".to_owned(), |output| format!("label={}", quoted(output)));
            lines.push(format!("  {} -> {} [{look}]", quoted(from), quoted(to)));
        }
        lines.join("\n") + "\n}\n"
    }

    /// For Mermaid, as Markdown pages show it.
    pub fn mermaid(&self) -> String {
        let escaped = |text: &str| text.replace('"', "#quot;");
        let id = |name: &str| self.nodes.iter().position(|node| node.stage == name).unwrap_or_default();
        let mut lines = vec!["flowchart LR".to_owned()];
        for (at, node) in self.nodes.iter().enumerate() {
            lines.push(format!("  s{at}[\"{}<br>{}\"]", escaped(&node.label()), node.kind));
        }
        for Edge { from, to, output } in &self.edges {
            let arrow =
                output.as_ref().map_or("-.->".to_owned(), |output| format!("-->|{}|", escaped(output)));
            lines.push(format!("  s{} {arrow} s{}", id(from), id(to)));
        }
        lines.join("\n") + "\n"
    }
}

impl Node {
    fn label(&self) -> String {
        if self.cells > 1 { format!("{} ×{}", self.stage, self.cells) } else { self.stage.clone() }
    }
}

/// The stages that one needs, with the output that is handed on.
fn needs(stage: &Stage) -> impl Iterator<Item = (&str, Option<&str>)> {
    let sources = stage.inputs.iter().flat_map(|input| &input.sources);
    let inputs = sources.filter_map(|source| match source {
        Source::Output { stage, output, .. } => Some((stage.as_str(), Some(output.as_str()))),
        Source::Path(_) => None,
    });
    inputs.chain(stage.after.iter().map(|stage| (stage.as_str(), None)))
}
