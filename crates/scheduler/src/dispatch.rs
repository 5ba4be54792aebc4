use crate::{
    SchedulerError,
    assess::Assessment,
    execute::{Job, JobEnd, execute, put_in_place},
    failure::Failure,
    job_inputs::job_inputs,
    message::Message,
    paths,
    places::Places,
    pool::{Grant, Pool},
    ready::ReadyQueue,
    shared_keys::SharedKeys,
    signals::Stop,
    stage_end::StageEnd,
    work::{Audience, Member, Work},
};
use proto::{Reason, RunEvent, StageResult};
use spec::Stage;
use std::{
    sync::{
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    thread::Scope,
    time::Duration,
};
use store::{ActionRecord, StoreError};

/// How long to wait before asking again for what another run holds.
const LOCK_RETRY: Duration = Duration::from_millis(50);

/// Runs the stages of all members as their inputs and the machine's resources allow. One thread decides; each
/// running stage has a thread that waits for its process, and all speak through one channel. A stage is known by
/// one number among those of all members.
pub(crate) struct Dispatcher<'scope, 'env> {
    work: &'env Work<'env>,
    places: Places,
    scope: &'scope Scope<'scope, 'env>,
    sender: Sender<Message>,
    audience: &'env mut dyn Audience,
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
    keys: SharedKeys,
    reasons: Vec<Vec<Reason>>,
    at_work: usize,
    /// How many selected stages of each member have not ended.
    open: Vec<usize>,
    has_failed: bool,
    stop: Stop,
}

impl<'scope, 'env> Dispatcher<'scope, 'env> {
    /// `planned` are the judgements of the plan, a list a member; `pool` is what of the machine may be used.
    pub fn new(
        work: &'env Work<'env>,
        planned: Vec<Vec<Option<Assessment>>>,
        pool: Pool,
        scope: &'scope Scope<'scope, 'env>,
        sender: Sender<Message>,
        audience: &'env mut dyn Audience,
    ) -> Self {
        let places = Places::new(planned.iter().map(Vec::len));
        let open = planned.iter().map(|planned| planned.iter().flatten().count()).collect();
        let planned: Vec<_> = planned.into_iter().flatten().collect();
        let count = planned.len();
        Self {
            work,
            places,
            scope,
            sender,
            audience,
            pool,
            planned,
            known: vec![None; count],
            ends: vec![None; count],
            waiting_for: vec![0; count],
            arrivals: Vec::new(),
            ready: ReadyQueue::default(),
            keys: SharedKeys::default(),
            reasons: vec![Vec::new(); count],
            at_work: 0,
            open,
            has_failed: false,
            stop: Stop::default(),
        }
    }

    /// Runs everything to its end.
    pub fn run(mut self, receiver: &Receiver<Message>) -> Result<(), SchedulerError> {
        let selected = self.selected();
        for &index in &selected {
            let (member, local) = self.place(index);
            self.waiting_for[index] = member.graph.producers(local).count();
        }
        self.arrivals =
            selected.iter().rev().copied().filter(|&index| self.waiting_for[index] == 0).collect();
        loop {
            while let Some(index) = self.arrivals.pop() {
                self.arrive(index)?;
            }
            self.start_ready();
            let message = match (self.pool.waits_for_other_runs(), self.at_work) {
                (true, _) => receiver.recv_timeout(LOCK_RETRY),
                (false, 0) => break,
                (false, _) => receiver.recv().map_err(RecvTimeoutError::from),
            };
            match message {
                Ok(message) => self.handle(message)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        for index in selected {
            if self.ends[index].is_none() {
                self.skip(index)?;
            }
        }
        Ok(())
    }

    /// Every selected stage, those before a stage first.
    fn selected(&self) -> Vec<usize> {
        let of_member = |(number, member): (usize, &'env Member<'env>)| {
            let first = self.places.range(number).start;
            let order = member.graph.order.iter();
            let selected = order.filter(move |&&local| member.assessor.is_selected(local));
            selected.map(move |local| first + local)
        };
        self.work.members.iter().enumerate().flat_map(of_member).collect()
    }

    /// The member that a stage is of, and its place in the member's graph.
    fn place(&self, index: usize) -> (&'env Member<'env>, usize) {
        let (member, local) = self.places.of(index);
        (&self.work.members[member], local)
    }

    fn stage(&self, index: usize) -> &'env Stage {
        let (member, local) = self.place(index);
        member.graph.stage(local)
    }

    /// What is known of the stages of the same member.
    fn known_beside(&self, index: usize) -> &[Option<Assessment>] {
        &self.known[self.places.range(self.places.of(index).0)]
    }

    fn tell(&mut self, index: usize, event: &RunEvent) {
        self.audience.event(self.places.of(index).0, event);
    }

    /// All that a stage needs has ended well. One that the plan could not judge is judged now.
    fn arrive(&mut self, index: usize) -> Result<(), SchedulerError> {
        if !self.goes_on() {
            return Ok(());
        }
        let (member, local) = self.place(index);
        let assessment = match self.planned[index].take() {
            Some(judged @ (Assessment::Fresh { .. } | Assessment::Stale { .. })) => judged,
            _ => member.assessor.assess(local, self.known_beside(index))?,
        };
        match assessment {
            Assessment::Fresh { action, in_place: true, .. } => {
                self.finish(index, StageEnd::good(StageResult::Fresh, 0.0, action), None, Vec::new())?;
            }
            fresh @ Assessment::Fresh { .. } => {
                self.known[index] = Some(fresh);
                self.restore(index);
            }
            stale => {
                // What always runs is not for sharing.
                let key = stale.key().filter(|_| member.graph.stage(local).cache);
                self.known[index] = Some(stale);
                if key.is_none_or(|key| self.keys.claim(key, index)) {
                    self.ready.push(index, member.graph.path_behind[local]);
                }
            }
        }
        Ok(())
    }

    fn goes_on(&self) -> bool {
        !self.stop.is_asked() && (self.work.keep_going || !self.has_failed)
    }

    fn start_ready(&mut self) {
        self.pool.look_again();
        while self.goes_on() && !self.pool.is_exhausted() {
            let (pool, members, places) = (&mut self.pool, &self.work.members, &self.places);
            let fitting = self.ready.take(|index| {
                let (member, local) = places.of(index);
                let needs = members[member].needs[local]?;
                pool.take(needs, members[member].graph.stage(local).mutex.as_deref()).transpose()
            });
            match fitting {
                Some((index, Ok(grant))) => self.start(index, grant),
                Some((index, Err(error))) => {
                    self.at_work += 1;
                    self.send_failure(index, None, error.into());
                }
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
        let (member, local) = self.place(index);
        let stage = member.graph.stage(local);
        let inputs = match job_inputs(member, stage, self.known_beside(index)) {
            Ok(inputs) => inputs,
            Err(failure) => return self.send_failure(index, Some(grant), failure),
        };
        self.tell(index, &RunEvent::StageStarted { stage: stage.name.clone(), reasons: reasons.clone() });
        self.reasons[index] = reasons;
        let bypasses_cache = member.assessor.bypasses_cache(local);
        let job = Job { index, stage, key, document: *document, inputs, bypasses_cache };
        let (context, sender) = (&member.context, self.sender.clone());
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

    fn restore(&mut self, index: usize) {
        self.at_work += 1;
        let Some(action) = self.known[index].as_ref().and_then(Assessment::action).cloned() else { return };
        let (Member { graph, context, .. }, local) = self.place(index);
        let sender = self.sender.clone();
        let folder = paths::results_folder(graph.pipeline, graph.stage(local));
        self.scope.spawn(move || {
            let restored = put_in_place(context.store, &action, &folder);
            drop(sender.send(Message::Restored(index, restored)));
        });
    }

    fn handle(&mut self, message: Message) -> Result<(), SchedulerError> {
        match message {
            Message::Progress(index, progress) => {
                let stage = self.stage(index).name.clone();
                self.tell(index, &RunEvent::StageProgress { stage, progress });
                Ok(())
            }
            Message::Retried(index, attempt, error) => {
                let stage = self.stage(index).name.clone();
                self.tell(index, &RunEvent::StageRetried { stage, attempt, error });
                Ok(())
            }
            Message::Stop => {
                self.stop.ask(self.work.groups);
                self.work.stop.store(true, Ordering::Relaxed);
                Ok(())
            }
            Message::Restored(index, restored) => self.restored(index, restored),
            Message::Ended(index, grant, end) => {
                self.at_work -= 1;
                if let Some(grant) = grant {
                    self.pool.give_back(grant);
                }
                self.ended(index, end)
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
                )
            }
            // The damaged object has been moved aside, so the stage is now judged to have lost its result.
            (Err(error @ (StoreError::DamagedObject { .. } | StoreError::MissingObject { .. })), _) => {
                self.tell(index, &RunEvent::Warning { message: error.to_string() });
                self.arrivals.push(index);
                Ok(())
            }
            (Err(error), _) => Err(error.into()),
            (Ok(_), _) => Ok(()),
        }
    }

    fn ended(&mut self, index: usize, end: JobEnd) -> Result<(), SchedulerError> {
        let reasons = std::mem::take(&mut self.reasons[index]);
        let sharing = self.keys.release(index);
        match end {
            JobEnd::Executed { action, seconds } => {
                self.hand_out(sharing, &action);
                let end = StageEnd { reasons, ..StageEnd::good(StageResult::Executed, seconds, action) };
                self.finish(index, end, None, Vec::new())
            }
            JobEnd::Reused { action } => {
                // Its outputs still have to be put in place, here too.
                self.hand_out(sharing.into_iter().chain([index]).collect(), &action);
                Ok(())
            }
            JobEnd::Failed { failure, seconds } => {
                let error = failure.to_string();
                self.fail(index, StageEnd { reasons, ..StageEnd::failed(&error, seconds) }, failure.hints())?;
                let shared = format!("{error}, as another stage with the same key that ran for both");
                sharing
                    .into_iter()
                    .try_for_each(|index| self.fail(index, StageEnd::failed(&shared, 0.0), Vec::new()))
            }
            JobEnd::Interrupted { seconds } => {
                let end = StageEnd { reasons, ..StageEnd::bad(StageResult::Interrupted, seconds) };
                self.finish(index, end, None, Vec::new())
            }
        }
    }

    fn fail(&mut self, index: usize, end: StageEnd, hints: Vec<String>) -> Result<(), SchedulerError> {
        let message = end.error.clone();
        self.finish(index, end, message, hints)
    }

    /// Gives stages a result that has been made for another with the same key.
    fn hand_out(&mut self, stages: Vec<usize>, action: &ActionRecord) {
        for index in stages {
            let action = Box::new(action.clone());
            self.known[index] = Some(Assessment::Fresh { key: action.key, action, in_place: false });
            self.restore(index);
        }
    }

    fn finish(
        &mut self,
        index: usize,
        end: StageEnd,
        message: Option<String>,
        hints: Vec<String>,
    ) -> Result<(), SchedulerError> {
        let ((member, local), number) = (self.place(index), self.places.of(index).0);
        let stage = member.graph.stage(local).name.clone();
        let (outcome, seconds) = (end.result, end.seconds);
        self.tell(index, &RunEvent::StageFinished { stage, outcome, seconds, message, hints });
        self.has_failed |= end.result == StageResult::Failed;
        let action = end.action.clone();
        self.ends[index] = Some(end);
        if let Some(action) = action {
            self.known[index] = Some(Assessment::Fresh { key: action.key, action, in_place: true });
            let first = self.places.range(number).start;
            let consumers = member.graph.consumers(local);
            for consumer in consumers.filter(|&consumer| member.assessor.is_selected(consumer)) {
                self.waiting_for[first + consumer] -= 1;
                if self.waiting_for[first + consumer] == 0 {
                    self.arrivals.push(first + consumer);
                }
            }
        }
        self.open[number] -= 1;
        if self.open[number] == 0 {
            let ends = &self.ends[self.places.range(number)];
            self.audience.ended(number, ends, self.stop.is_asked())?;
        }
        Ok(())
    }

    /// Names what a stage that never started was waiting for.
    fn skip(&mut self, index: usize) -> Result<(), SchedulerError> {
        let (member, local) = self.place(index);
        let first = index - local;
        let blocker =
            member.graph.producers(local).map(|(producer, _)| producer).find(|&producer| {
                self.ends[first + producer].as_ref().is_some_and(|end| end.action.is_none())
            });
        let message = match blocker {
            Some(producer) => format!("needs {}, which did not succeed", member.graph.stage(producer).name),
            None if self.stop.is_asked() => "the run was told to stop".into(),
            None => "another stage failed; --keep-going runs what does not depend on it".into(),
        };
        let end = StageEnd { error: Some(message.clone()), ..StageEnd::bad(StageResult::Skipped, 0.0) };
        self.finish(index, end, Some(message), Vec::new())
    }
}
