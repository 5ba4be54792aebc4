use serde::{Deserialize, Serialize};
use std::{
    fs::Metadata,
    os::unix::fs::MetadataExt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// What tells, without reading it, that a file is the one that was read before. Times are nanoseconds since
/// 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub(crate) inode: u64,
    pub(crate) size: u64,
    pub(crate) modified: i64,
    pub(crate) changed: i64,
}

/// The coarsest clock of a usual kernel and file system ticks every 10 ms.
const TICK: Duration = Duration::from_millis(20);

/// Some file systems keep whole seconds, or two; their times show it.
const COARSE_TICK: Duration = Duration::from_millis(2_100);

const NANOSECONDS: i64 = 1_000_000_000;

impl Stamp {
    /// The stamp of a file.
    pub fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            inode: metadata.ino(),
            size: metadata.size(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// The same file with the same content, as far as its inode, size and time of modification tell. The
    /// time of change is left out: hard links to an object set it.
    pub(crate) fn same_content(&self, other: &Stamp) -> bool {
        Stamp { changed: 0, ..*self } == Stamp { changed: 0, ..*other }
    }

    /// How long after `now` a change would still leave a file with the time `time`, since the clock of
    /// its file system has not ticked since. `None` once it has.
    pub(crate) fn unsettled_for(time: i64, now: i64) -> Option<Duration> {
        let tick = if time % NANOSECONDS == 0 { COARSE_TICK } else { TICK };
        let settled = time.saturating_add(tick.as_nanos() as i64);
        let left = settled.saturating_sub(now);
        (left > 0).then(|| Duration::from_nanos(left as u64))
    }
}

/// Nanoseconds since 1970.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i64)
}

fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    seconds.saturating_mul(NANOSECONDS).saturating_add(nanoseconds)
}

/// The time of modification that a file of the store gets: what it had, but some seconds ago at least,
/// and in whole even seconds, which every file system can keep. So any later write shows, even one within
/// the same tick of the clock.
pub(crate) fn backdated(modified: i64, now: i64) -> SystemTime {
    const LONG_AGO: i64 = 3;
    let seconds = modified.min(now).div_euclid(NANOSECONDS).min(now.div_euclid(NANOSECONDS) - LONG_AGO);
    UNIX_EPOCH + Duration::from_secs((seconds - seconds.rem_euclid(2)).max(0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_123_456_789;

    #[test]
    fn a_time_is_settled_once_its_clock_must_have_ticked() {
        assert!(Stamp::unsettled_for(NOW, NOW).is_some());
        assert!(Stamp::unsettled_for(NOW - 10_000_000, NOW).is_some());
        assert!(Stamp::unsettled_for(NOW - 30_000_000, NOW).is_none());
        let whole_seconds = NOW - NOW % NANOSECONDS;
        assert!(Stamp::unsettled_for(whole_seconds - NANOSECONDS, NOW).is_some());
        assert!(Stamp::unsettled_for(whole_seconds - 3 * NANOSECONDS, NOW).is_none());
        assert!(Stamp::unsettled_for(i64::MAX, NOW).is_some());
    }

    #[test]
    fn what_is_backdated_is_settled_and_in_even_seconds() {
        for modified in [0, 1_234_567_890_123_456_789, NOW - 1, NOW, NOW + 1, i64::MAX] {
            let time = backdated(modified, NOW).duration_since(UNIX_EPOCH).unwrap();
            assert_eq!((time.as_secs() % 2, time.subsec_nanos()), (0, 0));
            assert!(time.as_nanos() as i64 <= modified);
            assert!(Stamp::unsettled_for(time.as_nanos() as i64, NOW).is_none());
        }
    }
}
