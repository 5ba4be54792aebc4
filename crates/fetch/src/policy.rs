use std::time::Duration;

/// How patient a download is.
#[derive(Debug, Clone)]
pub struct Policy {
    /// How often a mirror may fail in a row without a single new byte.
    pub attempts: u32,
    /// The wait after the first such failure; it doubles with each.
    pub first_wait: Duration,
    /// A mirror that asks for a longer wait than this is given up.
    pub longest_wait: Duration,
    /// A connection on which nothing comes for so long counts as dropped. There is no limit on the whole.
    pub stall: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(120),
            stall: Duration::from_secs(30),
        }
    }
}

impl Policy {
    /// The wait after so many failures in a row.
    pub(crate) fn wait(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.first_wait.saturating_mul(doubled).min(self.longest_wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        let policy = Policy::default();
        let seconds: Vec<u64> = (0..5).map(|failures| policy.wait(failures).as_secs()).collect();
        assert_eq!(seconds, [1, 1, 2, 4, 8]);
        assert_eq!(policy.wait(u32::MAX), policy.longest_wait);
    }
}
