use super::{Groups, Process};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Signal, WaitId, WaitIdOptions, waitid},
};
use std::{
    io,
    os::fd::OwnedFd,
    process::ExitStatus,
    time::{Duration, Instant},
};

/// How a watched process came to its end.
pub(crate) enum Ended {
    /// By itself, or by a signal from elsewhere.
    Exited(ExitStatus),
    /// It took longer than it may.
    TimedOut,
}

/// How often `tick` is called.
const TICK: Duration = Duration::from_millis(100);
/// How long a process that ran out of time has between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(5);

/// Waits for a stage's process, calling `tick` several times a second and once at its end. When it ends, and
/// when its time is over, the rest of its group ends with it.
pub(crate) fn watch(
    groups: &Groups,
    stage: usize,
    process: Process,
    timeout: Option<Duration>,
    mut tick: Option<&mut dyn FnMut()>,
) -> io::Result<Ended> {
    let (pid, exit) = (process.pid, &process.exit);
    groups.enter(stage, pid);
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    let mut timed_out = false;
    loop {
        let until_deadline = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let wait = match (&tick, until_deadline) {
            (Some(_), Some(left)) => Some(left.min(TICK)),
            (Some(_), None) => Some(TICK),
            (None, left) => left,
        };
        let has_ended = readable_within(exit, wait)?;
        if let Some(tick) = &mut tick {
            tick();
        }
        if has_ended {
            break;
        }
        if until_deadline == Some(Duration::ZERO) {
            timed_out = true;
            end(groups, stage, exit)?;
            break;
        }
    }
    // The leader is a zombie until `wait`, which keeps its group's number from being given away.
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
    groups.leave(stage);
    let status = process.wait()?;
    Ok(if timed_out { Ended::TimedOut } else { Ended::Exited(status) })
}

fn end(groups: &Groups, stage: usize, exit: &OwnedFd) -> io::Result<()> {
    groups.signal(stage, Signal::TERM);
    if !readable_within(exit, Some(GRACE))? {
        groups.signal(stage, Signal::KILL);
        readable_within(exit, None)?;
    }
    Ok(())
}

fn readable_within(exit: &OwnedFd, wait: Option<Duration>) -> io::Result<bool> {
    let timeout =
        wait.map(|wait| Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) });
    let mut fds = [PollFd::new(exit, PollFlags::IN)];
    match poll(&mut fds, timeout.as_ref()) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
