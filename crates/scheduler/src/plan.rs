use crate::{
    SchedulerError,
    assess::{Assessment, Assessor},
    graph::StageGraph,
    machine::{Machine, check_device},
};
use proto::Reason;
use serde::Serialize;
use spec::{Pipeline, Stage};
use std::collections::HashSet;
use store::{Digest, Store};

/// What to plan, and what to run though nothing asks for it.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// These stages and what they need; empty means all. A base name means all cells of its matrix.
    pub stages: Vec<String>,
    /// Stages that run even if they are fresh.
    pub force: Force,
}

/// Stages that run even if they are fresh.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Force {
    /// None.
    #[default]
    Nothing,
    /// All that are selected.
    Everything,
    /// These, by full name or base name.
    Stages(Vec<String>),
}

/// What a run would do, stage by stage.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The selected stages in the order of the file.
    pub stages: Vec<PlannedStage>,
}

/// What a run would do with one stage.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedStage {
    /// The full name.
    #[serde(rename = "stage")]
    pub name: String,
    /// Whether it would run.
    pub verdict: Verdict,
    /// Whether its outputs would be taken from the cache, since they are not in place. Only if fresh.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub restore: bool,
    /// Whether it keeps its result whatever changes. Only if fresh.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub frozen: bool,
    /// Whether it is forced all the same, which changes nothing.
    #[serde(skip)]
    pub forced_in_vain: bool,
    /// Why it is not fresh.
    pub reasons: Vec<Reason>,
    /// Its key, if all its inputs are known.
    #[serde(skip)]
    pub key: Option<Digest>,
}

/// Whether a stage would run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Its result is known.
    Fresh,
    /// It would run.
    Stale,
    /// It depends on what stale stages before it yield.
    Pending,
}

/// Says what a run would do. Starts no process and writes nothing but the memory of file digests.
pub fn plan(pipeline: &Pipeline, store: &Store, options: &PlanOptions) -> Result<Plan, SchedulerError> {
    let graph = StageGraph::seal(pipeline)?;
    let assessor = Assessor::new(&graph, store, options)?;
    let assessments = assess_all(&graph, &assessor)?;
    Ok(Plan::new(&graph, &assessor, assessments))
}

/// Fails as a run on `device` would if there is no such device, or a stage that the plan does not call fresh asks
/// for what this machine can never give.
///
/// # Errors
/// What the machine lacks, and a device that is none.
pub fn check_resources(pipeline: &Pipeline, plan: &Plan, device: &str) -> Result<(), SchedulerError> {
    check_device(device)?;
    let not_fresh: HashSet<&str> = (plan.stages.iter())
        .filter(|planned| planned.verdict != Verdict::Fresh)
        .map(|planned| planned.name.as_str())
        .collect();
    if not_fresh.is_empty() && !plan.stages.iter().any(|planned| planned.restore) {
        return Ok(());
    }
    let machine = Machine::detect().for_device(device)?;
    let mut would_run = pipeline.stages.iter().filter(|stage| not_fresh.contains(stage.name.as_str()));
    would_run.try_for_each(|stage| machine.needs(stage, device).map(drop))
}

/// Assesses every selected stage, those before a stage first. Unselected stages stay `None`.
pub(crate) fn assess_all(
    graph: &StageGraph,
    assessor: &Assessor,
) -> Result<Vec<Option<Assessment>>, SchedulerError> {
    let mut assessments: Vec<Option<Assessment>> = graph.order.iter().map(|_| None).collect();
    for &index in graph.order.iter().filter(|&&index| assessor.is_selected(index)) {
        assessments[index] = Some(assessor.assess(index, &assessments)?);
    }
    Ok(assessments)
}

impl Plan {
    fn new(graph: &StageGraph, assessor: &Assessor, assessments: Vec<Option<Assessment>>) -> Self {
        let planned = |(index, assessment): (usize, Option<Assessment>)| {
            let assessment = assessment?;
            let forced_in_vain = assessor.is_forced_in_vain(index, &assessment);
            Some(PlannedStage::new(graph.stage(index), assessment, forced_in_vain))
        };
        Self { stages: assessments.into_iter().enumerate().filter_map(planned).collect() }
    }
}

impl PlannedStage {
    fn new(stage: &Stage, assessment: Assessment, forced_in_vain: bool) -> Self {
        let (verdict, restore, reasons, key) = match assessment {
            Assessment::Fresh { key, in_place, .. } => (Verdict::Fresh, !in_place, Vec::new(), Some(key)),
            Assessment::Stale { key, reasons, .. } => (Verdict::Stale, false, reasons, Some(key)),
            Assessment::Pending { reasons } => (Verdict::Pending, false, reasons, None),
        };
        let frozen = stage.frozen && verdict == Verdict::Fresh;
        Self { name: stage.name.clone(), verdict, restore, frozen, forced_in_vain, reasons, key }
    }
}
