use crate::{
    SchedulerError,
    graph::{Edge, StageGraph},
    key::KeyDocument,
    latest::Latest,
    paths,
    plan::{Force, PlanOptions},
    reasons::differences,
    sources_seen::SourcesSeen,
};
use proto::Reason;
use spec::{Source, Stage};
use std::path::PathBuf;
use store::{ActionRecord, Digest, Store};

/// What is known of a stage before it is run: the one judgement behind `plan`, `explain` and `run`.
#[derive(Debug, Clone)]
pub(crate) enum Assessment {
    /// Its result is known.
    Fresh {
        key: Digest,
        action: Box<ActionRecord>,
        /// Whether the outputs lie in `results/` as the result says.
        in_place: bool,
    },
    /// It has to run.
    Stale { key: Digest, document: Box<KeyDocument>, reasons: Vec<Reason> },
    /// Whether it has to run depends on what stale stages before it yield.
    Pending { reasons: Vec<Reason> },
}

impl Assessment {
    /// The key, if all inputs are known.
    pub fn key(&self) -> Option<Digest> {
        match self {
            Self::Fresh { key, .. } | Self::Stale { key, .. } => Some(*key),
            Self::Pending { .. } => None,
        }
    }

    /// The result, if it is known.
    pub fn action(&self) -> Option<&ActionRecord> {
        match self {
            Self::Fresh { action, .. } => Some(action),
            _ => None,
        }
    }
}

/// Judges stages, given judgements of those before them.
pub(crate) struct Assessor<'a> {
    graph: &'a StageGraph<'a>,
    store: &'a Store,
    latest: Latest,
    selected: Vec<bool>,
    forced: Vec<bool>,
    sources: SourcesSeen,
}

impl<'a> Assessor<'a> {
    pub fn new(
        graph: &'a StageGraph,
        store: &'a Store,
        options: &PlanOptions,
    ) -> Result<Self, SchedulerError> {
        let selected = graph.select(&options.stages)?;
        let mut forced = vec![options.force == Force::Everything; selected.len()];
        if let Force::Stages(names) = &options.force {
            for index in graph.named(names)? {
                forced[index] = true;
            }
        }
        let latest = Latest::read(store, &graph.pipeline.experiment())?;
        Ok(Self { graph, store, latest, selected, forced, sources: SourcesSeen::default() })
    }

    pub fn is_selected(&self, index: usize) -> bool {
        self.selected[index]
    }

    /// Whether the stage runs even if its result is known.
    pub fn bypasses_cache(&self, index: usize) -> bool {
        self.forced[index] || !self.graph.stage(index).cache
    }

    /// Whether `--force` asks for a stage that keeps this result since it is frozen.
    pub fn is_forced_in_vain(&self, index: usize, assessment: &Assessment) -> bool {
        self.forced[index] && self.graph.stage(index).frozen && assessment.action().is_some()
    }

    /// All sources whose content was asked for, with their digests; `None` if one has changed in between.
    pub fn sources_seen(&self) -> Option<Vec<(PathBuf, Digest)>> {
        self.sources.unchanged()
    }

    /// What the stages of this pipeline last were.
    pub fn latest(&self) -> &Latest {
        &self.latest
    }

    /// Judges one stage. `known` holds the judgements of all stages before it; one that has ended in this
    /// run counts as fresh.
    pub fn assess(&self, index: usize, known: &[Option<Assessment>]) -> Result<Assessment, SchedulerError> {
        let stage = self.graph.stage(index);
        if let Some(kept) = self.frozen_result(stage) {
            return Ok(kept);
        }
        let inputs = self.input_digests(stage, known)?;
        let open: Vec<&str> = stage
            .inputs
            .iter()
            .zip(&inputs)
            .filter(|(_, digests)| digests.is_none())
            .map(|(input, _)| input.name.as_str())
            .collect();
        let digests: Vec<Vec<Digest>> = inputs.into_iter().map(Option::unwrap_or_default).collect();
        let document = KeyDocument::new(stage, &digests);
        if !open.is_empty() {
            let mut reasons = self.reasons_against_latest(stage, &document, &open);
            reasons.extend(self.stale_producers(index, known));
            return Ok(Assessment::Pending { reasons });
        }
        let key = document.digest();
        if !self.forced[index] {
            return Ok(self.judge(stage, key, document));
        }
        let mut reasons = match self.judge(stage, key, document.clone()) {
            Assessment::Stale { reasons, .. } => reasons,
            _ => Vec::new(),
        };
        reasons.push(Reason::Forced);
        Ok(Assessment::Stale { key, document: Box::new(document), reasons })
    }

    /// Judges a stage whose inputs are all known.
    fn judge(&self, stage: &Stage, key: Digest, document: KeyDocument) -> Assessment {
        if !stage.cache {
            return Assessment::Stale { key, document: Box::new(document), reasons: vec![Reason::Always] };
        }
        match self.store.action(&key) {
            Some(action) => self.judge_known(stage, key, action, document),
            None => {
                let reasons = match self.latest.key(&stage.name) {
                    Some(latest) if latest == key => vec![Reason::CacheMissing],
                    _ => self.reasons_against_latest(stage, &document, &[]),
                };
                Assessment::Stale { key, document: Box::new(document), reasons }
            }
        }
    }

    fn judge_known(
        &self,
        stage: &Stage,
        key: Digest,
        action: ActionRecord,
        document: KeyDocument,
    ) -> Assessment {
        let folder = paths::results_folder(self.graph.pipeline, stage);
        let in_place =
            action.outputs.values().all(|output| self.store.is_placed(output, &folder.join(&output.file)));
        if in_place || action.outputs.values().all(|output| self.store.has_object(&output.digest)) {
            return Assessment::Fresh { key, action: Box::new(action), in_place };
        }
        Assessment::Stale { key, document: Box::new(document), reasons: vec![Reason::CacheMissing] }
    }

    /// A frozen stage keeps its last result, if that is still there.
    fn frozen_result(&self, stage: &Stage) -> Option<Assessment> {
        if !stage.frozen {
            return None;
        }
        let key = self.latest.key(&stage.name)?;
        let action = self.store.action(&key)?;
        let document = serde_json::from_value(action.key_document.clone()).ok()?;
        match self.judge_known(stage, key, action, document) {
            fresh @ Assessment::Fresh { .. } => Some(fresh),
            _ => None,
        }
    }

    /// The digests of each input's sources; `None` for an input that a stale stage has yet to yield.
    fn input_digests(
        &self,
        stage: &Stage,
        known: &[Option<Assessment>],
    ) -> Result<Vec<Option<Vec<Digest>>>, SchedulerError> {
        stage
            .inputs
            .iter()
            .map(|input| input.sources.iter().map(|source| self.digest(source, known)).collect())
            .collect()
    }

    fn digest(
        &self,
        source: &Source,
        known: &[Option<Assessment>],
    ) -> Result<Option<Digest>, SchedulerError> {
        match source {
            Source::Path(path) => {
                let absolute = self.graph.pipeline.root.join(path);
                let digest = match self.store.digest_path(&absolute) {
                    Ok(digest) => digest,
                    // A missing source is the caller's to refuse; a plan goes on and calls the stage stale.
                    Err(_) if !absolute.exists() => missing_source(),
                    Err(error) => return Err(error.into()),
                };
                self.sources.note(path, digest);
                Ok(Some(digest))
            }
            Source::Output { stage, .. } => {
                let producer = self.graph.index_of(stage).and_then(|index| known[index].as_ref());
                if producer.and_then(Assessment::action).is_none() {
                    return Ok(None);
                }
                // An optional output that was not made counts as missing; the dispatcher refuses it by name.
                let content = input_path(self.graph, self.store, source, known);
                Ok(Some(content.map_or_else(missing_source, |(_, digest)| digest)))
            }
        }
    }

    fn reasons_against_latest(&self, stage: &Stage, document: &KeyDocument, open: &[&str]) -> Vec<Reason> {
        let last = self.latest.key(&stage.name).and_then(|key| self.store.action(&key));
        match last.and_then(|action| serde_json::from_value::<KeyDocument>(action.key_document).ok()) {
            Some(old) => differences(&old, document, open),
            None => vec![Reason::NeverRun],
        }
    }

    fn stale_producers(&self, index: usize, known: &[Option<Assessment>]) -> Vec<Reason> {
        let mut producers: Vec<usize> = self
            .graph
            .producers(index)
            .filter(|&(producer, edge)| {
                edge == Edge::Data && known[producer].as_ref().is_some_and(|known| known.action().is_none())
            })
            .map(|(producer, _)| producer)
            .collect();
        producers.sort_unstable();
        producers.dedup();
        producers
            .into_iter()
            .map(|producer| Reason::UpstreamStale { stage: self.graph.stage(producer).name.clone() })
            .collect()
    }
}

/// Where an input's content lies: the object, a copy in `results/` should the object be gone, or the source.
pub(crate) fn input_path(
    graph: &StageGraph,
    store: &Store,
    source: &Source,
    known: &[Option<Assessment>],
) -> Option<(PathBuf, Digest)> {
    match source {
        Source::Path(path) => {
            let path = graph.pipeline.root.join(path);
            let digest = store.digest_path(&path).ok()?;
            Some((path, digest))
        }
        Source::Output { stage, output, inside } => {
            let index = graph.index_of(stage)?;
            let made = known[index].as_ref()?.action()?.outputs.get(output)?;
            let is_stored = store.has_object(&made.digest);
            let whole = if is_stored {
                store.object_path(&made.digest)
            } else {
                paths::results_folder(graph.pipeline, graph.stage(index)).join(&made.file)
            };
            let Some(inside) = inside else { return Some((whole, made.digest)) };
            let path = whole.join(inside);
            let digest = match is_stored {
                true => store.digest_in_object(&made.digest, inside),
                false => store.digest_path(&path),
            };
            Some((path, digest.ok()?))
        }
    }
}

/// What no content has as its digest.
fn missing_source() -> Digest {
    Digest::from_bytes([0; 32])
}
