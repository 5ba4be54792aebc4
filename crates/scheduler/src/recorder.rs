use crate::{SchedulerError, key::KeyDocument, runs, stage_end::StageEnd};
use proto::{
    FinishedStage, Provenance, RunEvent, RunRecord, RunStatus, StageEvent, StageNode, StageRecord,
    StageResult,
};
use rustix::fs::{FlockOperation, flock};
use serde::Deserialize;
use serde_json::Value;
use spec::{Pipeline, Source, Stage};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    time::Duration,
};
use store::{Store, StoreError};

/// Keeps the record of one run: its events as they happen, its outcome at the end.
pub(crate) struct Recorder<'a> {
    store: &'a Store,
    record: RunRecord,
    /// `None` once all is said.
    events: Option<File>,
}

impl<'a> Recorder<'a> {
    /// Makes the run's folder and files it as running. The lock on its events says that it is alive.
    pub fn begin(
        pipeline: &Pipeline,
        store: &'a Store,
        provenance: Provenance,
    ) -> Result<Self, SchedulerError> {
        let (id, started) = new_folder(store)?;
        let logs = runs::folder(store).join(&id).join("logs");
        fs::create_dir(&logs).map_err(|error| StoreError::writing("create", &logs, error))?;
        let path = runs::events_path(store, &id);
        let events = File::create(&path).map_err(|error| StoreError::writing("create", &path, error))?;
        flock(&events, FlockOperation::NonBlockingLockExclusive)
            .map_err(|error| SchedulerError::Io(path, error.into()))?;
        let record = RunRecord {
            format: proto::FORMAT,
            id,
            pipeline: pipeline.name.clone(),
            variant: pipeline.variant.clone(),
            file: pipeline.file.to_string_lossy().into_owned(),
            description: pipeline.description.clone(),
            overrides: pipeline.overrides.clone(),
            params: pipeline.params.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            started: started.to_string(),
            finished: None,
            status: RunStatus::Running,
            provenance,
            graph: pipeline.stages.iter().map(stage_node).collect(),
            stages: Vec::new(),
            metrics: pipeline.metrics.clone(),
            references: pipeline.references.clone(),
        };
        let recorder = Self { store, record, events: Some(events) };
        recorder.write()?;
        Ok(recorder)
    }

    /// The run's id.
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// Closes the events and so says that the run is over.
    pub fn release(&mut self) {
        self.events = None;
    }

    /// Appends an event. One that cannot be written is not worth the run; the outcome is filed apart.
    pub fn event(&mut self, event: &RunEvent) {
        if is_kept(event)
            && let Some(events) = &mut self.events
            && let Ok(mut line) = serde_json::to_vec(event)
        {
            line.push(b'\n');
            let _ = events.write_all(&line);
        }
    }

    /// Files how the run ended and returns the stages for its last event.
    pub fn finish(
        &mut self,
        pipeline: &Pipeline,
        ends: &[Option<StageEnd>],
        status: RunStatus,
    ) -> Result<BTreeMap<String, FinishedStage>, SchedulerError> {
        let ended = pipeline.stages.iter().zip(ends).filter_map(|(stage, end)| Some((stage, end.as_ref()?)));
        self.record.stages = ended.clone().map(|(stage, end)| stage_record(stage, end)).collect();
        self.record.status = status;
        self.record.finished = Some(jiff::Timestamp::now().to_string());
        self.write()?;
        let finished = |end: &StageEnd| FinishedStage { outcome: end.result, seconds: end.seconds };
        Ok(ended.map(|(stage, end)| (stage.name.clone(), finished(end))).collect())
    }

    fn write(&self) -> Result<(), SchedulerError> {
        Ok(self.store.write_document(&runs::record_path(self.store, &self.record.id), &self.record)?)
    }
}

/// Steps come several times a second and tell nothing afterwards that epochs do not.
fn is_kept(event: &RunEvent) -> bool {
    let passing =
        |progress: &StageEvent| matches!(progress, StageEvent::Step { .. } | StageEvent::Progress { .. });
    !matches!(event, RunEvent::StageProgress { progress, .. } if passing(progress))
}

/// Makes a folder with a name that nobody else has; the experiments of a sweep begin in one millisecond.
fn new_folder(store: &Store) -> Result<(String, jiff::Timestamp), SchedulerError> {
    let folder = runs::folder(store);
    fs::create_dir_all(&folder).map_err(|error| StoreError::writing("create", &folder, error))?;
    let mut started = jiff::Timestamp::now();
    loop {
        let id = new_id(started);
        match fs::create_dir(folder.join(&id)) {
            Ok(()) => return Ok((id, started)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                started = started.saturating_add(Duration::from_millis(1)).unwrap_or(started);
            }
            Err(error) => return Err(StoreError::writing("create", &folder.join(id), error).into()),
        }
    }
}

/// Sorts by time; the process id keeps two runs apart that start in the same millisecond.
fn new_id(started: jiff::Timestamp) -> String {
    format!("{}-{:x}", started.strftime("%Y%m%d-%H%M%S-%3f"), std::process::id())
}

fn stage_node(stage: &Stage) -> StageNode {
    let mut needs: BTreeMap<String, Vec<String>> =
        stage.after.iter().map(|name| (name.clone(), Vec::new())).collect();
    for source in stage.inputs.iter().flat_map(|input| &input.sources) {
        if let Source::Output { stage, output, .. } = source {
            let outputs = needs.entry(stage.clone()).or_default();
            if !outputs.contains(output) {
                outputs.push(output.clone());
            }
        }
    }
    StageNode { name: stage.name.clone(), kind: stage.kind.name().into(), needs }
}

fn stage_record(stage: &Stage, end: &StageEnd) -> StageRecord {
    let action = end.action.as_deref();
    let executed_seconds = match end.result {
        StageResult::Executed => end.seconds,
        _ => action.map_or(0.0, |action| action.seconds),
    };
    StageRecord {
        name: stage.name.clone(),
        kind: stage.kind.name().into(),
        outcome: end.result,
        seconds: end.seconds,
        executed_seconds,
        key: action.map(|action| action.key.to_string()),
        made_by: action.map(|action| action.run.clone()),
        matrix: stage.cell.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        params: params_of_result(stage, end),
        metrics: action.and_then(|action| action.metrics.clone()),
        outputs: action
            .map(|action| {
                action.outputs.iter().map(|(name, made)| (name.clone(), made.digest.to_string())).collect()
            })
            .unwrap_or_default(),
        reasons: end.reasons.clone(),
        error: end.error.clone(),
        provenance: action.map(|action| action.provenance.clone()).unwrap_or_default(),
    }
}

/// The parameters that the result was made with. They are the stage's own, unless it is frozen and keeps what it
/// made with others.
fn params_of_result(stage: &Stage, end: &StageEnd) -> BTreeMap<String, Value> {
    let document = end.action.as_ref().and_then(|action| KeyDocument::deserialize(&action.key_document).ok());
    document.map_or_else(|| stage.params.clone(), |document| document.params)
}
