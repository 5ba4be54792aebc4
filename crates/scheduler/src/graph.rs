use crate::SchedulerError;
use petgraph::{Direction, algo::toposort, graph::DiGraph, graph::NodeIndex, visit::EdgeRef};
use spec::{Pipeline, Source, Stage};
use std::collections::HashMap;

/// A pipeline's stages as a directed acyclic graph; a stage's index is its place in [`Pipeline::stages`].
pub struct StageGraph<'a> {
    /// The pipeline it was made from.
    pub pipeline: &'a Pipeline,
    /// Every stage after all that it needs, otherwise in the order of the file.
    pub order: Vec<usize>,
    /// Stages on the longest path from each stage to an end, itself included.
    pub path_behind: Vec<u32>,
    graph: DiGraph<(), Edge>,
    index: HashMap<&'a str, usize>,
}

/// Why one stage comes after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// An output of one is an input of the other.
    Data,
    /// `after = […]`: order only.
    Order,
}

impl<'a> StageGraph<'a> {
    /// Turns references into edges. Fails on a cycle, which a checked pipeline cannot have.
    pub fn seal(pipeline: &'a Pipeline) -> Result<Self, SchedulerError> {
        let index: HashMap<&str, usize> = pipeline
            .stages
            .iter()
            .enumerate()
            .map(|(position, stage)| (stage.name.as_str(), position))
            .collect();
        let mut graph = DiGraph::with_capacity(pipeline.stages.len(), pipeline.stages.len());
        for _ in &pipeline.stages {
            graph.add_node(());
        }
        for (consumer, stage) in pipeline.stages.iter().enumerate() {
            for (name, edge) in needs(stage) {
                let producer = *index.get(name).ok_or_else(|| unknown_stage(pipeline, name))?;
                graph.add_edge(NodeIndex::new(producer), NodeIndex::new(consumer), edge);
            }
        }
        let sorted = toposort(&graph, None)
            .map_err(|cycle| SchedulerError::Cycle(pipeline.stages[cycle.node_id().index()].name.clone()))?;
        let path_behind = longest_paths(&graph, &sorted);
        let order = sorted.into_iter().map(NodeIndex::index).collect();
        Ok(Self { pipeline, order, path_behind, graph, index })
    }

    /// The stage at an index.
    pub fn stage(&self, index: usize) -> &'a Stage {
        &self.pipeline.stages[index]
    }

    /// The index of a stage by its full name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// What must have ended before a stage starts; a stage appears once an edge.
    pub fn producers(&self, index: usize) -> impl Iterator<Item = (usize, Edge)> + '_ {
        self.graph
            .edges_directed(NodeIndex::new(index), Direction::Incoming)
            .map(|edge| (edge.source().index(), *edge.weight()))
    }

    /// What waits for a stage; a stage appears once an edge.
    pub fn consumers(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        self.graph.neighbors_directed(NodeIndex::new(index), Direction::Outgoing).map(NodeIndex::index)
    }

    /// Which stages are meant by `--stage` names, with all that they need; without a name all but those that
    /// nobody needs and that run on demand only. A name without `@` means every cell of a matrix.
    pub fn select(&self, names: &[String]) -> Result<Vec<bool>, SchedulerError> {
        let stages = &self.pipeline.stages;
        let mut selected = vec![false; stages.len()];
        let mut open = match names {
            [] => (0..stages.len()).filter(|&index| !stages[index].on_demand).collect(),
            names => self.named(names)?,
        };
        while let Some(index) = open.pop() {
            if !std::mem::replace(&mut selected[index], true) {
                open.extend(self.producers(index).map(|(producer, _)| producer));
            }
        }
        Ok(selected)
    }

    /// The stages meant by names: a full name, or a base name for all its cells.
    pub fn named(&self, names: &[String]) -> Result<Vec<usize>, SchedulerError> {
        let mut found = Vec::new();
        for name in names {
            let before = found.len();
            let matches = |stage: &Stage| stage.name == *name || stage.base == *name;
            found.extend(
                self.pipeline.stages.iter().enumerate().filter(|(_, stage)| matches(stage)).map(|(i, _)| i),
            );
            if found.len() == before {
                return Err(unknown_stage(self.pipeline, name));
            }
        }
        Ok(found)
    }
}

fn unknown_stage(pipeline: &Pipeline, name: &str) -> SchedulerError {
    let known = pipeline.stages.iter().flat_map(|stage| [stage.base.as_str(), stage.name.as_str()]);
    SchedulerError::UnknownStage { name: name.into(), nearest: spec::nearest(name, known).map(str::to_owned) }
}

fn needs(stage: &Stage) -> impl Iterator<Item = (&str, Edge)> {
    let data = stage.inputs.iter().flat_map(|input| &input.sources).filter_map(|source| match source {
        Source::Output { stage, .. } => Some((stage.as_str(), Edge::Data)),
        Source::Path(_) => None,
    });
    data.chain(stage.after.iter().map(|name| (name.as_str(), Edge::Order)))
}

fn longest_paths(graph: &DiGraph<(), Edge>, sorted: &[NodeIndex]) -> Vec<u32> {
    let mut longest = vec![1; graph.node_count()];
    for node in sorted.iter().rev() {
        let behind = graph.neighbors(*node).map(|next| longest[next.index()]).max().unwrap_or(0);
        longest[node.index()] = behind + 1;
    }
    longest
}
