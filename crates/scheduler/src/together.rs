use crate::{
    RunOptions, RunSummary, SchedulerError,
    assess::{Assessment, Assessor},
    dispatch::Dispatcher,
    execute::RunContext,
    graph::StageGraph,
    latest::Latest,
    machine::{Machine, Needs, check_device},
    message::Message,
    plan::assess_all,
    pool::Pool,
    process::{Groups, OutOfMemory, end_orphans},
    programs::Programs,
    provenance,
    recorder::Recorder,
    run::Unsettled,
    settled::{Question, settled},
    signals::SignalListener,
    stage_end::StageEnd,
    work::{Audience, Member, Work},
};
use proto::{FinishedStage, Provenance, RunEvent, RunStatus, StageResult};
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

/// A pipeline as it is planned.
struct Planned<'a> {
    graph: &'a StageGraph<'a>,
    assessor: Assessor<'a>,
    stages: Vec<Option<Assessment>>,
}

/// Runs several pipelines of one project at once, such as the experiments of a sweep, as one: they share the
/// machine, and of stages with the same key one runs and all have its result. Each has a record of its own.
/// `report` is told which of the pipelines an event belongs to. See [`crate::run()`].
///
/// # Errors
///
/// Only what keeps the runs from being made or recorded.
pub fn run_together(
    pipelines: &[&Pipeline],
    store: &Store,
    options: &RunOptions,
    report: &mut dyn FnMut(usize, &RunEvent),
) -> Result<Vec<RunSummary>, SchedulerError> {
    check_device(&options.device)?;
    let graphs: Vec<StageGraph> =
        pipelines.iter().map(|pipeline| StageGraph::seal(pipeline)).collect::<Result<_, _>>()?;
    let plan = |graph| -> Result<Planned, SchedulerError> {
        let assessor = Assessor::new(graph, store, &options.plan)?;
        let stages = assess_all(graph, &assessor)?;
        Ok(Planned { graph, assessor, stages })
    };
    let planned: Vec<Planned> = graphs.iter().map(plan).collect::<Result<_, _>>()?;
    let mut summaries: Vec<Option<RunSummary>> = Vec::new();
    for (number, planned) in planned.iter().enumerate() {
        let mut report = |event: &RunEvent| report(number, event);
        summaries.push(planned.is_done().then(|| planned.summary(&mut report)));
    }
    if summaries.iter().any(Option::is_none) {
        run_planned(planned, store, options, &mut summaries, report)?;
    }
    Ok(summaries.into_iter().flatten().collect())
}

/// Runs those that have no summary yet.
fn run_planned(
    mut planned: Vec<Planned>,
    store: &Store,
    options: &RunOptions,
    summaries: &mut [Option<RunSummary>],
    report: &mut dyn FnMut(usize, &RunEvent),
) -> Result<(), SchedulerError> {
    let (machine, programs) = (Machine::detect().for_device(&options.device)?, Programs::find());
    let numbers: Vec<usize> = (0..planned.len()).filter(|&number| summaries[number].is_none()).collect();
    let needs: Vec<_> = (numbers.iter())
        .map(|&number| check_needs(&planned[number], &machine, &programs, &options.device))
        .collect::<Result<_, _>>()?;
    end_orphans_of_killed_runs(store);
    let root = &planned[numbers[0]].graph.pipeline.root;
    let provenance = provenance::gather(root, &options.command_line);
    let recorders: Vec<Recorder> = (numbers.iter())
        .map(|&number| Recorder::begin(planned[number].graph.pipeline, store, provenance.clone()))
        .collect::<Result<_, _>>()?;
    let ids: Vec<String> = recorders.iter().map(|recorder| recorder.id().to_owned()).collect();
    let (stop, groups, out_of_memory) = (AtomicBool::new(false), Groups::default(), OutOfMemory::begin());
    let facts = worker_provenance(&provenance);
    let stages =
        numbers.iter().map(|&number| std::mem::take(&mut planned[number].stages)).collect::<Vec<_>>();
    let mut members = Vec::with_capacity(numbers.len());
    for ((&number, run), needs) in numbers.iter().zip(&ids).zip(needs) {
        let Planned { graph, assessor, .. } = &planned[number];
        let context = RunContext {
            pipeline: graph.pipeline,
            store,
            groups: &groups,
            programs: &programs,
            device: worker_device(&options.device),
            run,
            provenance: &facts,
            out_of_memory: &out_of_memory,
            stop: &stop,
        };
        members.push(Member { graph, assessor, context, needs });
    }
    let mut records =
        Records { store, options, numbers: &numbers, planned: &planned, recorders, summaries, report };
    for (place, stages) in stages.iter().enumerate() {
        records.event(place, &run_started(members[place].graph, &ids[place], stages));
        for warning in forced_in_vain(members[place].graph, members[place].assessor, stages) {
            records.event(place, &warning);
        }
    }
    let work = Work { members, groups: &groups, stop: &stop, keep_going: options.keep_going };
    dispatch(&work, stages, Pool::new(&machine, options.jobs, store), &mut records)
}

/// Files what happens, run by run, and passes it on.
struct Records<'a> {
    store: &'a Store,
    options: &'a RunOptions,
    /// For each member, which of the pipelines it is.
    numbers: &'a [usize],
    planned: &'a [Planned<'a>],
    recorders: Vec<Recorder<'a>>,
    summaries: &'a mut [Option<RunSummary>],
    report: &'a mut dyn FnMut(usize, &RunEvent),
}

impl Audience for Records<'_> {
    fn event(&mut self, member: usize, event: &RunEvent) {
        self.recorders[member].event(event);
        (self.report)(self.numbers[member], event);
    }

    fn ended(
        &mut self,
        member: usize,
        ends: &[Option<StageEnd>],
        was_stopped: bool,
    ) -> Result<(), SchedulerError> {
        let Planned { graph, assessor, .. } = &self.planned[self.numbers[member]];
        let recorder = &mut self.recorders[member];
        let run = recorder.id().to_owned();
        let status = status(ends, was_stopped);
        let stages = recorder.finish(graph.pipeline, ends, status)?;
        let question = Question {
            file: &graph.pipeline.file,
            overrides: &self.options.overrides,
            stages: &self.options.plan.stages,
            device: &self.options.device,
        };
        // A command line without a sweep asks for the pipeline's own folder.
        let asks = graph.pipeline.variant.is_none();
        let settled = asks.then(|| settled(graph, self.store, assessor, ends, &question, &run)).flatten();
        self.store.save_index()?;
        let finished = RunEvent::RunFinished { status, run: run.clone(), stages: stages.clone() };
        self.event(member, &finished);
        self.recorders[member].release();
        let latest = latest_after(graph, assessor.latest(), ends, &run);
        let unsettled = Some(Unsettled { latest, settled });
        self.summaries[self.numbers[member]] = Some(RunSummary { run, status, stages, unsettled });
        Ok(())
    }
}

impl Planned<'_> {
    /// Whether all results are in place, and an earlier run was the last to have them: one that was killed may
    /// have put them there without filing its record.
    fn is_done(&self) -> bool {
        self.stages.iter().enumerate().all(|(index, planned)| match planned {
            Some(Assessment::Fresh { key, in_place: true, .. }) => {
                self.assessor.latest().key(&self.graph.stage(index).name) == Some(*key)
            }
            Some(_) => false,
            None => true,
        })
    }

    /// What there is to say if all is done.
    fn summary(&self, report: &mut dyn FnMut(&RunEvent)) -> RunSummary {
        let run = self.assessor.latest().run.clone().unwrap_or_default();
        let selected = self.stages.iter().enumerate().filter(|(_, planned)| planned.is_some());
        let names = selected.map(|(index, _)| self.graph.stage(index).name.clone()).collect();
        let warnings = forced_in_vain(self.graph, &self.assessor, &self.stages);
        nothing_to_do(&self.graph.pipeline.name, run, names, warnings, report)
    }
}

/// Frozen stages that `--force` asks for: freezing wins, and that is said.
fn forced_in_vain(graph: &StageGraph, assessor: &Assessor, planned: &[Option<Assessment>]) -> Vec<RunEvent> {
    let in_vain = |&(index, planned): &(usize, &Option<Assessment>)| {
        planned.as_ref().is_some_and(|planned| assessor.is_forced_in_vain(index, planned))
    };
    let warning = |(index, _): (usize, _)| {
        let name = &graph.stage(index).name;
        let message =
            format!("stage `{name}` is frozen, so `--force` does not run it; `frozen = false` would");
        RunEvent::Warning { message }
    };
    planned.iter().enumerate().filter(in_vain).map(warning).collect()
}

fn end_orphans_of_killed_runs(store: &Store) {
    for key in store.abandoned_stages() {
        end_orphans(&store.stage_directory(&key));
    }
}

/// A worker sees only the GPU that its stage was given, so `cuda:N` is its only one.
fn worker_device(device: &str) -> &str {
    if device.starts_with("cuda") { "cuda" } else { device }
}

/// What each stage that may run takes; an error if this machine can never meet it.
fn check_needs(
    planned: &Planned,
    machine: &Machine,
    programs: &Programs,
    device: &str,
) -> Result<Vec<Option<Needs>>, SchedulerError> {
    let needs = |(index, assessment): (usize, &Option<Assessment>)| match assessment {
        None => Ok(None),
        Some(assessment) => {
            let stage = planned.graph.stage(index);
            if assessment.action().is_none() {
                programs.check(stage)?;
                return machine.needs(stage, device).map(Some);
            }
            // A fresh stage needs the machine only if its result turns out to be damaged.
            Ok(machine.needs(stage, device).ok())
        }
    };
    planned.stages.iter().enumerate().map(needs).collect()
}

fn dispatch(
    work: &Work,
    planned: Vec<Vec<Option<Assessment>>>,
    pool: Pool,
    audience: &mut dyn Audience,
) -> Result<(), SchedulerError> {
    let (sender, receiver) = mpsc::channel::<Message>();
    let _listener = SignalListener::start(sender.clone())
        .map_err(|error| SchedulerError::Io("signal handlers".into(), error))?;
    std::thread::scope(|scope| {
        let result = Dispatcher::new(work, planned, pool, scope, sender, audience).run(&receiver);
        if result.is_err() {
            work.stop.store(true, Ordering::Relaxed);
            work.groups.stop_all(Signal::TERM);
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
        fresh: selected.filter(|planned| matches!(planned, Assessment::Fresh { in_place: true, .. })).count(),
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
fn worker_provenance(provenance: &Provenance) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::from([("pipeline_version".to_owned(), provenance.version.clone())]);
    facts.extend(provenance.git_revision.clone().map(|revision| ("git_revision".to_owned(), revision)));
    facts
}

/// Reports a run in which every stage is in place already. `run` is the one that put them there.
pub(crate) fn nothing_to_do(
    pipeline: &str,
    run: String,
    stages: Vec<String>,
    warnings: Vec<RunEvent>,
    report: &mut dyn FnMut(&RunEvent),
) -> RunSummary {
    let count = stages.len();
    report(&RunEvent::RunStarted {
        run: run.clone(),
        pipeline: pipeline.into(),
        stages: count,
        fresh: count,
    });
    warnings.iter().for_each(&mut *report);
    let fresh = FinishedStage { outcome: StageResult::Fresh, seconds: 0.0 };
    let stages: BTreeMap<_, _> = stages.into_iter().map(|name| (name, fresh.clone())).collect();
    let status = RunStatus::Succeeded;
    report(&RunEvent::RunFinished { status, run: run.clone(), stages: stages.clone() });
    RunSummary { run, status, stages, unsettled: None }
}
