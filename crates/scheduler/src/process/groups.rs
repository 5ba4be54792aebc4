use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The process groups of all running stages, so that one call can signal them. A group is entered when its
/// leader starts and leaves before the leader is reaped, so no signal can hit a stranger.
#[derive(Default)]
pub(crate) struct Groups(Mutex<State>);

#[derive(Default)]
struct State {
    by_stage: HashMap<usize, Pid>,
    /// What a run that is being stopped has sent; a group that enters late gets it at once.
    sent: Option<Signal>,
}

impl Groups {
    /// Enters the group of a stage.
    pub fn enter(&self, stage: usize, leader: Pid) {
        let mut state = self.state();
        state.by_stage.insert(stage, leader);
        if let Some(signal) = state.sent {
            send(leader, signal);
        }
    }

    /// Takes the group of a stage out and ends what is left of it. Its leader must not be reaped yet.
    pub fn leave(&self, stage: usize) {
        if let Some(leader) = self.state().by_stage.remove(&stage) {
            send(leader, Signal::KILL);
        }
    }

    /// Signals the group of one stage.
    pub fn signal(&self, stage: usize, signal: Signal) {
        if let Some(&leader) = self.state().by_stage.get(&stage) {
            send(leader, signal);
        }
    }

    /// Signals all groups, and those that enter later.
    pub fn stop_all(&self, signal: Signal) {
        let mut state = self.state();
        state.sent = Some(signal);
        for &leader in state.by_stage.values() {
            send(leader, signal);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A group that is gone already is what was wanted.
fn send(leader: Pid, signal: Signal) {
    let _ = kill_process_group(leader, signal);
}
