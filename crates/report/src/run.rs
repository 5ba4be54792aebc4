use crate::{
    artifact::{self, Artifact},
    progress::Progress,
    stage::{Stage, texts},
};
use proto::{Provenance, RunRecord, RunStatus, StageNode, StageRecord};
use scheduler::runs;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use store::Store;

/// Outputs that are drawn, each once, by digest; what a training told so far, by run and stage.
pub(crate) type Artifacts = BTreeMap<String, Artifact>;

/// A run as the page shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Run {
    pub id: String,
    pub pipeline: String,
    pub file: String,
    pub description: Option<String>,
    /// What `--set` changed, as people write it.
    pub overrides: Vec<(String, String)>,
    /// The parameters in force.
    pub params: Vec<(String, String)>,
    /// RFC 3339.
    pub started: String,
    pub finished: Option<String>,
    pub status: RunStatus,
    pub provenance: Provenance,
    pub stages: Vec<Stage>,
}

impl Run {
    /// Puts together what is recorded of a run and, where that ends early, what its events say.
    pub fn new(store: &Store, record: &RunRecord, artifacts: &mut Artifacts) -> Self {
        let recorded: HashMap<&str, &StageRecord> =
            record.stages.iter().map(|stage| (stage.name.as_str(), stage)).collect();
        let progress = match record.status {
            RunStatus::Succeeded => HashMap::new(),
            _ => Progress::by_stage(runs::events(store, &record.id)),
        };
        let stage = |node: &StageNode| {
            let (known, told) = (recorded.get(node.name.as_str()).copied(), progress.get(&node.name));
            let mut stage = Stage::new(record, node, known, told);
            stage.curve = output(store, known, artifact::HISTORY, artifacts)
                .or_else(|| told_so_far(&record.id, &node.name, told?, artifacts));
            stage.confusion = output(store, known, artifact::CONFUSION, artifacts);
            stage
        };
        Self {
            id: record.id.clone(),
            pipeline: record.pipeline.clone(),
            file: record.file.clone(),
            description: record.description.clone(),
            overrides: texts(&record.overrides),
            params: texts(&record.params),
            started: record.started.clone(),
            finished: record.finished.clone(),
            status: record.status,
            provenance: record.provenance.clone(),
            stages: nodes(record).iter().map(stage).collect(),
        }
    }
}

/// Records of older versions have no graph: their stages are shown without edges.
fn nodes(record: &RunRecord) -> Vec<StageNode> {
    if !record.graph.is_empty() {
        return record.graph.clone();
    }
    let node = |stage: &StageRecord| StageNode {
        name: stage.name.clone(),
        kind: stage.kind.clone(),
        needs: BTreeMap::new(),
    };
    record.stages.iter().map(node).collect()
}

/// Reads the stage's output of that name, if it has one and it was not read before.
fn output(
    store: &Store,
    stage: Option<&StageRecord>,
    name: &str,
    artifacts: &mut Artifacts,
) -> Option<String> {
    let digest = stage?.outputs.get(name)?;
    artifacts.entry(digest.clone()).or_insert_with(|| artifact::read(store, name, digest));
    Some(digest.clone())
}

/// The curve of a training that has not ended, or never did.
fn told_so_far(run: &str, stage: &str, progress: &Progress, artifacts: &mut Artifacts) -> Option<String> {
    let curve = progress.curve()?;
    let name = format!("{run}/{stage}");
    artifacts.insert(name.clone(), Artifact::Curve(curve));
    Some(name)
}
