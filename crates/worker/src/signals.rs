use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use std::{
    io,
    sync::{Arc, atomic::AtomicBool},
};

/// A flag that SIGTERM sets: the stage then ends as soon as it can do so without loss.
///
/// SIGINT does nothing. Ctrl-C reaches every process of the terminal, but what it means is for the runner to
/// say, with SIGTERM.
pub fn stop_flag() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    flag::register(SIGTERM, Arc::clone(&stop))?;
    flag::register(SIGINT, Arc::default())?;
    Ok(stop)
}
