use crate::{
    SchedulerError,
    assess::{Assessment, Assessor},
    dispatch::{Dispatcher, Message, Work},
    execute::RunContext,
    graph::StageGraph,
    latest::Latest,
    machine::{Machine, Needs},
    plan::{PlanOptions, assess_all},
    pool::Pool,
    process::{Groups, end_orphans},
    programs::Programs,
    recorder::Recorder,
    settled::{Question, Settled, settled},
    signals::SignalListener,
    stage_end::StageEnd,
};
use proto::{FinishedStage, RunEvent, RunStatus, StageResult};
use rustix::process::Signal;
use spec::Pipeline;
use std::{
    collections::BTreeMap,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};
use store::Store;

/// How to run a pipeline.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// What to run.
    pub plan: PlanOptions,
    /// The pairs of `--set NAME=VALUE` that the pipeline was loaded with.
    pub overrides: Vec<(String, String)>,
    /// How many stages at once at most.
    pub jobs: Option<usize>,
    /// Whether to go on with what does not depend on a failed stage.
    pub keep_going: bool,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// The command line, for the record.
    pub command_line: Vec<String>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct RunSummary {
    /// The run's id; of the run that made what is there, if nothing had to be done.
    pub run: String,
    /// How it ended.
    pub status: RunStatus,
    /// The stages by full name.
    pub stages: BTreeMap<String, FinishedStage>,
    /// What is to be filed once all else is.
    unsettled: Option<Unsettled>,
}

/// What makes the next run take this one for done.
#[derive(Debug, Clone)]
struct Unsettled {
    latest: Latest,
    settled: Option<Settled>,
}

impl RunSummary {
    /// Whether there was nothing to do, and so nothing new on record.
    pub fn is_settled(&self) -> bool {
        self.unsettled.is_none()
    }

    /// Notes that all of the run is on record, and what is made of its record too. Until then, the next run
    /// does not take it for done and files a record of its own, should this process be killed.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn settle(&self, pipeline: &Pipeline, store: &Store) -> Result<(), SchedulerError> {
        let Some(Unsettled { latest, settled }) = &self.unsettled else { return Ok(()) };
        latest.write(store, &pipeline.name)?;
        settled.as_ref().map_or(Ok(()), |settled| settled.write(store))
    }
}

/// Runs what is stale of a pipeline and files what it yields. If nothing is, and an earlier run that has been
/// settled says so, nothing is written.
///
/// SIGINT or SIGTERM once asks running stages to stop and waits for them; twice kills them. The last event
/// reported is [`RunEvent::RunFinished`].
///
/// # Errors
///
/// Only what keeps the run from being made or recorded; a stage that fails is part of the summary.
pub fn run(
    pipeline: &Pipeline,
    store: &Store,
    options: &RunOptions,
    report: &mut dyn FnMut(&RunEvent),
) -> Result<RunSummary, SchedulerError> {
    check_device(&options.device)?;
    let graph = StageGraph::seal(pipeline)?;
    let assessor = Assessor::new(&graph, store, &options.plan)?;
    let planned = assess_all(&graph, &assessor)?;
    if is_on_record(&graph, &planned, assessor.latest()) {
        let run = assessor.latest().run.clone().unwrap_or_default();
        let selected = planned.iter().enumerate().filter(|(_, planned)| planned.is_some());
        let names = selected.map(|(index, _)| graph.stage(index).name.clone()).collect();
        return Ok(nothing_to_do(&pipeline.name, run, names, report));
    }
    let (machine, programs) = (Machine::detect(), Programs::find());
    let needs = check_needs(&graph, &planned, &machine, &programs, &options.device)?;
    end_orphans_of_killed_runs(store);
    let mut recorder = Recorder::begin(pipeline, store, &options.command_line)?;
    let run = recorder.id().to_owned();
    let (stop, groups) = (AtomicBool::new(false), Groups::default());
    let context = RunContext {
        pipeline,
        store,
        groups: &groups,
        programs: &programs,
        device: &options.device,
        run: &run,
        provenance: &worker_provenance(recorder.provenance()),
        stop: &stop,
    };
    let work =
        Work { graph: &graph, assessor: &assessor, context: &context, needs, keep_going: options.keep_going };
    let pool = Pool::new(&machine, options.jobs);
    let mut tell = |event: &RunEvent| {
        recorder.event(event);
        report(event);
    };
    tell(&run_started(&graph, &run, &planned));
    let (ends, was_stopped) = dispatch(&work, planned, pool, &mut tell)?;
    let status = status(&ends, was_stopped);
    let stages = recorder.finish(pipeline, &ends, status)?;
    let question = Question {
        file: &pipeline.file,
        overrides: &options.overrides,
        stages: &options.plan.stages,
        device: &options.device,
    };
    let settled = settled(&graph, store, &assessor, &ends, &question, &run);
    store.save_index()?;
    let finished = RunEvent::RunFinished { status, run: run.clone(), stages: stages.clone() };
    recorder.event(&finished);
    report(&finished);
    let latest = latest_after(&graph, assessor.latest(), &ends, &run);
    Ok(RunSummary { run, status, stages, unsettled: Some(Unsettled { latest, settled }) })
}

/// Whether all results are in place, and an earlier run was the last to have them: one that was killed may have
/// put them there without filing its record.
fn is_on_record(graph: &StageGraph, planned: &[Option<Assessment>], latest: &Latest) -> bool {
    planned.iter().enumerate().all(|(index, planned)| match planned {
        Some(Assessment::Fresh { key, in_place: true, .. }) => {
            latest.key(&graph.stage(index).name) == Some(*key)
        }
        Some(_) => false,
        None => true,
    })
}

fn end_orphans_of_killed_runs(store: &Store) {
    for key in store.abandoned_stages() {
        end_orphans(&store.stage_directory(&key));
    }
}

fn check_device(device: &str) -> Result<(), SchedulerError> {
    let is_numbered = device.strip_prefix("cuda:").is_some_and(|number| number.parse::<u32>().is_ok());
    if is_numbered || ["auto", "cpu", "cuda"].contains(&device) {
        Ok(())
    } else {
        Err(SchedulerError::UnknownDevice(device.into()))
    }
}

/// What each stage that may run takes; an error if this machine can never meet it.
fn check_needs(
    graph: &StageGraph,
    planned: &[Option<Assessment>],
    machine: &Machine,
    programs: &Programs,
    device: &str,
) -> Result<Vec<Option<Needs>>, SchedulerError> {
    let needs = |(index, planned): (usize, &Option<Assessment>)| match planned {
        None => Ok(None),
        Some(planned) => {
            let stage = graph.stage(index);
            if planned.action().is_none() {
                programs.check(stage)?;
                return machine.needs(stage, device).map(Some);
            }
            // A fresh stage needs the machine only if its result turns out to be damaged.
            Ok(machine.needs(stage, device).ok())
        }
    };
    planned.iter().enumerate().map(needs).collect()
}

fn dispatch(
    work: &Work,
    planned: Vec<Option<Assessment>>,
    pool: Pool,
    report: &mut dyn FnMut(&RunEvent),
) -> Result<(Vec<Option<StageEnd>>, bool), SchedulerError> {
    let (sender, receiver) = mpsc::channel::<Message>();
    let _listener = SignalListener::start(sender.clone())
        .map_err(|error| SchedulerError::Io("signal handlers".into(), error))?;
    std::thread::scope(|scope| {
        let result = Dispatcher::new(work, planned, pool, scope, sender, report).run(&receiver);
        if result.is_err() {
            work.context.stop.store(true, Ordering::Relaxed);
            work.context.groups.stop_all(Signal::TERM);
        }
        result
    })
}

fn run_started(graph: &StageGraph, run: &str, planned: &[Option<Assessment>]) -> RunEvent {
    let selected = planned.iter().flatten();
    RunEvent::RunStarted {
        run: run.into(),
        pipeline: graph.pipeline.name.clone(),
        stages: selected.clone().count(),
        fresh: selected.filter(|planned| planned.action().is_some()).count(),
    }
}

fn status(ends: &[Option<StageEnd>], was_stopped: bool) -> RunStatus {
    let has = |result| ends.iter().flatten().any(|end| end.result == result);
    match () {
        () if was_stopped && ends.iter().flatten().any(|end| end.action.is_none()) => RunStatus::Interrupted,
        () if has(StageResult::Failed) => RunStatus::Failed,
        () => RunStatus::Succeeded,
    }
}

/// The keys of all stages that have a result now. Stages that are no longer in the file are forgotten; those
/// that were not selected or failed keep what they had.
fn latest_after(graph: &StageGraph, before: &Latest, ends: &[Option<StageEnd>], run: &str) -> Latest {
    let key = |(index, end): (usize, &Option<StageEnd>)| {
        let name = &graph.stage(index).name;
        let key = end.as_ref().and_then(|end| Some(end.action.as_ref()?.key)).or_else(|| before.key(name))?;
        Some((name.clone(), key))
    };
    Latest {
        format: crate::latest::FORMAT,
        run: Some(run.into()),
        stages: ends.iter().enumerate().filter_map(key).collect(),
    }
}

/// Facts that a worker may carry into what it writes.
fn worker_provenance(provenance: &proto::Provenance) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::from([("pipeline_version".to_owned(), provenance.version.clone())]);
    facts.extend(provenance.git_revision.clone().map(|revision| ("git_revision".to_owned(), revision)));
    facts
}

/// Reports a run in which every stage is in place already. `run` is the one that put them there.
pub(crate) fn nothing_to_do(
    pipeline: &str,
    run: String,
    stages: Vec<String>,
    report: &mut dyn FnMut(&RunEvent),
) -> RunSummary {
    let count = stages.len();
    report(&RunEvent::RunStarted {
        run: run.clone(),
        pipeline: pipeline.into(),
        stages: count,
        fresh: count,
    });
    let fresh = FinishedStage { outcome: StageResult::Fresh, seconds: 0.0 };
    let stages: BTreeMap<_, _> = stages.into_iter().map(|name| (name, fresh.clone())).collect();
    let status = RunStatus::Succeeded;
    report(&RunEvent::RunFinished { status, run: run.clone(), stages: stages.clone() });
    RunSummary { run, status, stages, unsettled: None }
}
