use crate::{
    SchedulerError, assess::Assessor, execute::RunContext, graph::StageGraph, machine::Needs,
    process::Groups, stage_end::StageEnd,
};
use proto::RunEvent;
use std::sync::atomic::AtomicBool;

/// One pipeline of those that run together.
pub(crate) struct Member<'a> {
    pub graph: &'a StageGraph<'a>,
    pub assessor: &'a Assessor<'a>,
    pub context: RunContext<'a>,
    /// What each selected stage takes.
    pub needs: Vec<Option<Needs>>,
}

/// What is to be done.
pub(crate) struct Work<'a> {
    pub members: Vec<Member<'a>>,
    pub groups: &'a Groups,
    /// Set when the run has been told to stop.
    pub stop: &'a AtomicBool,
    pub keep_going: bool,
}

/// Whoever hears of what happens; members are named by their place in [`Work::members`].
pub(crate) trait Audience {
    fn event(&mut self, member: usize, event: &RunEvent);

    /// Every selected stage of a member has ended.
    fn ended(
        &mut self,
        member: usize,
        ends: &[Option<StageEnd>],
        was_stopped: bool,
    ) -> Result<(), SchedulerError>;
}
