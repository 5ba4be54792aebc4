use crate::{message::Message, process::Groups};
use rustix::process::Signal;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::{Handle, Signals},
};
use std::{io, sync::mpsc::Sender, thread::JoinHandle};

/// How far a run has been told to stop.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Stop {
    asked: bool,
}

impl Stop {
    /// First asks all stages to end by themselves; when asked again, kills them.
    pub fn ask(&mut self, groups: &Groups) {
        groups.stop_all(if self.asked { Signal::KILL } else { Signal::TERM });
        self.asked = true;
    }

    pub fn is_asked(self) -> bool {
        self.asked
    }
}

/// Turns SIGINT, SIGTERM and SIGHUP into messages until it is dropped.
pub(crate) struct SignalListener {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl SignalListener {
    pub fn start(sender: Sender<Message>) -> io::Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let handle = signals.handle();
        let thread = std::thread::spawn(move || {
            for _ in signals.forever() {
                if sender.send(Message::Stop).is_err() {
                    return;
                }
            }
        });
        Ok(Self { handle, thread: Some(thread) })
    }
}

impl Drop for SignalListener {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            // It ends as soon as the handle is closed; a panic there has nothing to tell here.
            let _ = thread.join();
        }
    }
}
