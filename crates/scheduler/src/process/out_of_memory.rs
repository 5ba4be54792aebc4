use std::{
    fs,
    sync::atomic::{AtomicU64, Ordering},
};

/// Tells whether the kernel has killed processes for want of memory: it counts them in `/proc/vmstat`.
pub(crate) struct OutOfMemory {
    known: AtomicU64,
}

impl OutOfMemory {
    /// Takes what has happened so far as known.
    pub fn begin() -> Self {
        Self { known: kills().into() }
    }

    /// Whether it has happened since last asked.
    pub fn has_killed(&self) -> bool {
        let now = kills();
        now > self.known.swap(now, Ordering::Relaxed)
    }
}

/// Kernels before 4.13 do not count.
fn kills() -> u64 {
    let text = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}
