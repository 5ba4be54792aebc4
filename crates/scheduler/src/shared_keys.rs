use std::collections::HashMap;
use store::Digest;

/// The keys that stages are queued or at work for, so that of several stages with one key only one runs.
#[derive(Debug, Default)]
pub(crate) struct SharedKeys {
    /// The stages that wait for the result of each key.
    claimed: HashMap<Digest, Vec<usize>>,
    by_stage: HashMap<usize, Digest>,
}

impl SharedKeys {
    /// Whether the stage may run for the key. If another does already, it is noted as waiting for that.
    pub fn claim(&mut self, key: Digest, stage: usize) -> bool {
        if let Some(waiting) = self.claimed.get_mut(&key) {
            waiting.push(stage);
            return false;
        }
        self.claimed.insert(key, Vec::new());
        self.by_stage.insert(stage, key);
        true
    }

    /// The stages that have waited for this one, which has ended.
    pub fn release(&mut self, stage: usize) -> Vec<usize> {
        let claimed = self.by_stage.remove(&stage).and_then(|key| self.claimed.remove(&key));
        claimed.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stage_runs_for_a_key_and_others_wait() {
        let mut keys = SharedKeys::default();
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        assert!(keys.claim(a, 0) && keys.claim(b, 1));
        assert!(!keys.claim(a, 2) && !keys.claim(a, 3));
        assert_eq!(keys.release(0), [2, 3]);
        assert_eq!(keys.release(1), [] as [usize; 0]);
        assert!(keys.claim(a, 2), "once it is free again");
    }
}
