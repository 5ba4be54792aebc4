use crate::{
    SchedulerError,
    assess::{Assessment, Assessor, input_path},
    execute::{Job, JobEnd, JobInput, JobSource, RunContext, execute, put_in_place},
    failure::Failure,
    graph::StageGraph,
    machine::Needs,
    paths,
    pool::{Grant, Pool},
    ready::ReadyQueue,
    signals::Stop,
    stage_end::StageEnd,
};
use proto::{Reason, RunEvent, StageEvent, StageResult};
use spec::Source;
use std::{
    sync::{
        atomic::Ordering,
        mpsc::{Receiver, Sender},
    },
    thread::Scope,
};
use store::{Digest, StoreError};

/// What the threads of stages and the signal handler say to the dispatcher.
pub(crate) enum Message {
    Progress(usize, StageEvent),
    Retried(usize, u32, String),
    /// A running stage has ended; what it held comes back.
    Ended(usize, Option<Grant>, JobEnd),
    /// Outputs were taken from the cache.
    Restored(usize, Result<usize, StoreError>),
    /// A person asked the run to stop, once more each time.
    Stop,
}

/// What is to be done.
pub(crate) struct Work<'a> {
    pub graph: &'a StageGraph<'a>,
    pub assessor: &'a Assessor<'a>,
    pub context: &'a RunContext<'a>,
    /// What each selected stage takes.
    pub needs: Vec<Option<Needs>>,
    pub keep_going: bool,
}

/// Runs stages as their inputs and the machine's resources allow. One thread decides; each running stage has a
/// thread that waits for its process, and all speak through one channel.
pub(crate) struct Dispatcher<'scope, 'env> {
    work: &'env Work<'env>,
    graph: &'env StageGraph<'env>,
    context: &'env RunContext<'env>,
    scope: &'scope Scope<'scope, 'env>,
    sender: Sender<Message>,
    report: &'env mut dyn FnMut(&RunEvent),
    pool: Pool,
    /// Judgements of the plan, taken out as stages arrive.
    planned: Vec<Option<Assessment>>,
    /// Judgements of stages that have arrived; those that have ended well are fresh.
    known: Vec<Option<Assessment>>,
    ends: Vec<Option<StageEnd>>,
    waiting_for: Vec<usize>,
    /// Stages that wait for nothing any more and have not been judged yet.
    arrivals: Vec<usize>,
    ready: ReadyQueue,
    reasons: Vec<Vec<Reason>>,
    at_work: usize,
    has_failed: bool,
    stop: Stop,
}

impl<'scope, 'env> Dispatcher<'scope, 'env> {
    /// `planned` are the judgements of the plan, `pool` what of the machine may be used.
    pub fn new(
        work: &'env Work<'env>,
        planned: Vec<Option<Assessment>>,
        pool: Pool,
        scope: &'scope Scope<'scope, 'env>,
        sender: Sender<Message>,
        report: &'env mut dyn FnMut(&RunEvent),
    ) -> Self {
        let count = planned.len();
        Self {
            work,
            graph: work.graph,
            context: work.context,
            scope,
            sender,
            report,
            pool,
            planned,
            known: vec![None; count],
            ends: vec![None; count],
            waiting_for: vec![0; count],
            arrivals: Vec::new(),
            ready: ReadyQueue::default(),
            reasons: vec![Vec::new(); count],
            at_work: 0,
            has_failed: false,
            stop: Stop::default(),
        }
    }

    /// Runs everything to its end. Returns how each selected stage ended, and whether the run was told to stop.
    pub fn run(
        mut self,
        receiver: &Receiver<Message>,
    ) -> Result<(Vec<Option<StageEnd>>, bool), SchedulerError> {
        let assessor = self.work.assessor;
        let selected: Vec<usize> =
            self.graph.order.iter().copied().filter(|&i| assessor.is_selected(i)).collect();
        for &index in &selected {
            self.waiting_for[index] = self.graph.producers(index).count();
        }
        self.arrivals =
            selected.iter().rev().copied().filter(|&index| self.waiting_for[index] == 0).collect();
        loop {
            while let Some(index) = self.arrivals.pop() {
                self.arrive(index)?;
            }
            self.start_ready();
            if self.at_work == 0 {
                break;
            }
            let Ok(message) = receiver.recv() else { break };
            self.handle(message)?;
        }
        for index in selected {
            if self.ends[index].is_none() {
                self.skip(index);
            }
        }
        Ok((self.ends, self.stop.is_asked()))
    }

    /// All that a stage needs has ended well. One that the plan could not judge is judged now.
    fn arrive(&mut self, index: usize) -> Result<(), SchedulerError> {
        if !self.goes_on() {
            return Ok(());
        }
        let assessment = match self.planned[index].take() {
            Some(judged @ (Assessment::Fresh { .. } | Assessment::Stale { .. })) => judged,
            _ => self.work.assessor.assess(index, &self.known)?,
        };
        match assessment {
            Assessment::Fresh { action, in_place: true, .. } => {
                self.finish(index, StageEnd::good(StageResult::Fresh, 0.0, action), None, Vec::new());
            }
            fresh @ Assessment::Fresh { .. } => {
                self.known[index] = Some(fresh);
                self.restore(index);
            }
            stale => {
                self.known[index] = Some(stale);
                self.ready.push(index, self.graph.path_behind[index]);
            }
        }
        Ok(())
    }

    fn goes_on(&self) -> bool {
        !self.stop.is_asked() && (self.work.keep_going || !self.has_failed)
    }

    fn start_ready(&mut self) {
        while self.goes_on() && !self.pool.is_exhausted() {
            let pool = &mut self.pool;
            let (needs, graph) = (&self.work.needs, self.graph);
            let fitting = self.ready.take(|index| {
                let needs = needs[index]?;
                pool.take(needs, graph.stage(index).mutex.as_deref())
            });
            match fitting {
                Some((index, grant)) => self.start(index, grant),
                None => return,
            }
        }
    }

    fn start(&mut self, index: usize, grant: Grant) {
        self.at_work += 1;
        let Some(Assessment::Stale { key, document, reasons }) = self.known[index].take() else {
            self.send_failure(index, Some(grant), Failure::Interrupted);
            return;
        };
        let inputs = match self.job_inputs(index) {
            Ok(inputs) => inputs,
            Err(failure) => return self.send_failure(index, Some(grant), failure),
        };
        let stage = self.graph.stage(index);
        (self.report)(&RunEvent::StageStarted { stage: stage.name.clone(), reasons: reasons.clone() });
        self.reasons[index] = reasons;
        let bypasses_cache = self.work.assessor.bypasses_cache(index);
        let job = Job { index, stage, key, document: *document, inputs, bypasses_cache };
        let (context, sender) = (self.context, self.sender.clone());
        self.scope.spawn(move || {
            let progress = |event| drop(sender.send(Message::Progress(index, event)));
            let retried = |attempt, failure: &Failure| {
                drop(sender.send(Message::Retried(index, attempt, failure.to_string())))
            };
            let end = execute(context, &job, &grant, &progress, &retried);
            drop(sender.send(Message::Ended(index, Some(grant), end)));
        });
    }

    fn send_failure(&self, index: usize, grant: Option<Grant>, failure: Failure) {
        drop(self.sender.send(Message::Ended(index, grant, JobEnd::Failed { failure, seconds: 0.0 })));
    }

    fn job_inputs(&self, index: usize) -> Result<Vec<JobInput>, Failure> {
        let stage = self.graph.stage(index);
        let mut inputs = Vec::with_capacity(stage.inputs.len());
        for input in &stage.inputs {
            let sources = input
                .sources
                .iter()
                .map(|source| self.job_source(&input.name, source))
                .collect::<Result<_, _>>()?;
            inputs.push(JobInput { name: input.name.clone(), sources });
        }
        Ok(inputs)
    }

    fn job_source(&self, input: &str, source: &Source) -> Result<JobSource, Failure> {
        let found = input_path(self.graph, self.context.store, source, &self.known);
        match (source, found) {
            (Source::Path(written), Some((path, digest))) => {
                Ok(JobSource { path, as_written: written.clone(), digest, file: None, object: None })
            }
            (Source::Path(written), None) => Err(Failure::MissingSource(written.clone())),
            (Source::Output { stage, output, inside }, Some((path, digest))) => {
                let producer = self.graph.index_of(stage).map(|index| self.graph.stage(index));
                let made = producer.and_then(|stage| stage.outputs.iter().find(|made| made.name == *output));
                let file = inside.clone().or_else(|| made.map(|made| made.file.clone()));
                let object = self.output_object(stage, output);
                Ok(JobSource { as_written: path.clone(), path, digest, file, object })
            }
            (Source::Output { stage, output, .. }, None) => Err(Failure::NoSuchOutput {
                input: input.into(),
                producer: stage.clone(),
                output: output.clone(),
            }),
        }
    }

    fn output_object(&self, stage: &str, output: &str) -> Option<Digest> {
        let action = self.known[self.graph.index_of(stage)?].as_ref()?.action()?;
        Some(action.outputs.get(output)?.digest).filter(|digest| self.context.store.has_object(digest))
    }

    fn restore(&mut self, index: usize) {
        self.at_work += 1;
        let Some(action) = self.known[index].as_ref().and_then(Assessment::action).cloned() else { return };
        let (context, sender) = (self.context, self.sender.clone());
        let folder = paths::results_folder(self.graph.pipeline, self.graph.stage(index));
        self.scope.spawn(move || {
            let restored = put_in_place(context.store, &action, &folder);
            drop(sender.send(Message::Restored(index, restored)));
        });
    }

    fn handle(&mut self, message: Message) -> Result<(), SchedulerError> {
        match message {
            Message::Progress(index, progress) => {
                let stage = self.graph.stage(index).name.clone();
                (self.report)(&RunEvent::StageProgress { stage, progress });
                Ok(())
            }
            Message::Retried(index, attempt, error) => {
                let stage = self.graph.stage(index).name.clone();
                (self.report)(&RunEvent::StageRetried { stage, attempt, error });
                Ok(())
            }
            Message::Stop => {
                self.stop.ask(self.context.groups);
                self.context.stop.store(true, Ordering::Relaxed);
                Ok(())
            }
            Message::Restored(index, restored) => self.restored(index, restored),
            Message::Ended(index, grant, end) => {
                self.at_work -= 1;
                if let Some(grant) = grant {
                    self.pool.give_back(grant);
                }
                self.ended(index, end);
                Ok(())
            }
        }
    }

    fn restored(&mut self, index: usize, restored: Result<usize, StoreError>) -> Result<(), SchedulerError> {
        self.at_work -= 1;
        match (restored, self.known[index].take()) {
            (Ok(count), Some(Assessment::Fresh { action, .. })) => {
                let message = format!("{count} of {} outputs put back from the cache", action.outputs.len());
                self.finish(
                    index,
                    StageEnd::good(StageResult::Restored, 0.0, action),
                    Some(message),
                    Vec::new(),
                );
                Ok(())
            }
            // The damaged object has been moved aside, so the stage is now judged to have lost its result.
            (Err(error @ (StoreError::DamagedObject { .. } | StoreError::MissingObject { .. })), _) => {
                (self.report)(&RunEvent::Warning { message: error.to_string() });
                self.arrivals.push(index);
                Ok(())
            }
            (Err(error), _) => Err(error.into()),
            (Ok(_), _) => Ok(()),
        }
    }

    fn ended(&mut self, index: usize, end: JobEnd) {
        let reasons = std::mem::take(&mut self.reasons[index]);
        match end {
            JobEnd::Executed { action, seconds } => {
                let end = StageEnd { reasons, ..StageEnd::good(StageResult::Executed, seconds, action) };
                self.finish(index, end, None, Vec::new());
            }
            JobEnd::Reused { action } => {
                // Its outputs still have to be put in place.
                self.known[index] = Some(Assessment::Fresh { key: action.key, action, in_place: false });
                self.restore(index);
            }
            JobEnd::Failed { failure, seconds } => {
                let error = Some(failure.to_string());
                let end =
                    StageEnd { reasons, error: error.clone(), ..StageEnd::bad(StageResult::Failed, seconds) };
                self.finish(index, end, error, failure.hints());
            }
            JobEnd::Interrupted { seconds } => {
                let end = StageEnd { reasons, ..StageEnd::bad(StageResult::Interrupted, seconds) };
                self.finish(index, end, None, Vec::new());
            }
        }
    }

    fn finish(&mut self, index: usize, end: StageEnd, message: Option<String>, hints: Vec<String>) {
        let stage = self.graph.stage(index).name.clone();
        (self.report)(&RunEvent::StageFinished {
            stage,
            outcome: end.result,
            seconds: end.seconds,
            message,
            hints,
        });
        self.has_failed |= end.result == StageResult::Failed;
        let action = end.action.clone();
        self.ends[index] = Some(end);
        let Some(action) = action else { return };
        self.known[index] = Some(Assessment::Fresh { key: action.key, action, in_place: true });
        for consumer in
            self.graph.consumers(index).filter(|&consumer| self.work.assessor.is_selected(consumer))
        {
            self.waiting_for[consumer] -= 1;
            if self.waiting_for[consumer] == 0 {
                self.arrivals.push(consumer);
            }
        }
    }

    /// Names what a stage that never started was waiting for.
    fn skip(&mut self, index: usize) {
        let blocker = self
            .graph
            .producers(index)
            .map(|(producer, _)| producer)
            .find(|&producer| self.ends[producer].as_ref().is_some_and(|end| end.action.is_none()));
        let message = match blocker {
            Some(producer) => format!("needs {}, which did not succeed", self.graph.stage(producer).name),
            None if self.stop.is_asked() => "the run was told to stop".into(),
            None => "another stage failed; --keep-going runs what does not depend on it".into(),
        };
        let end = StageEnd { error: Some(message.clone()), ..StageEnd::bad(StageResult::Skipped, 0.0) };
        self.ends[index] = Some(end);
        let stage = self.graph.stage(index).name.clone();
        (self.report)(&RunEvent::StageFinished {
            stage,
            outcome: StageResult::Skipped,
            seconds: 0.0,
            message: Some(message),
            hints: Vec::new(),
        });
    }
}
