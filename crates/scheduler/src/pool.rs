use crate::machine::{Machine, Needs};
use std::collections::HashSet;

/// What of the machine is free now. Handed out before a stage starts, given back when it has ended.
pub(crate) struct Pool {
    free_cpus: u32,
    free_memory: u64,
    free_gpus: Vec<String>,
    free_slots: usize,
    held_mutexes: HashSet<String>,
}

/// What a running stage holds.
#[derive(Debug)]
pub(crate) struct Grant {
    pub needs: Needs,
    /// Device ids of its own.
    pub gpus: Vec<String>,
    mutex: Option<String>,
}

impl Pool {
    /// `jobs` caps the stages at once; `None` leaves that to the other limits.
    pub fn new(machine: &Machine, jobs: Option<usize>) -> Self {
        Self {
            free_cpus: machine.cpus,
            free_memory: machine.memory,
            free_gpus: machine.gpus.clone(),
            free_slots: jobs.unwrap_or(usize::MAX),
            held_mutexes: HashSet::new(),
        }
    }

    /// Whether nothing more can start, whatever it needs.
    pub fn is_exhausted(&self) -> bool {
        self.free_slots == 0 || self.free_cpus == 0
    }

    /// Hands out what a stage needs, or nothing if that is not free.
    pub fn take(&mut self, needs: Needs, mutex: Option<&str>) -> Option<Grant> {
        let fits = self.free_slots > 0
            && needs.cpus <= self.free_cpus
            && needs.memory <= self.free_memory
            && needs.gpus as usize <= self.free_gpus.len()
            && mutex.is_none_or(|name| !self.held_mutexes.contains(name));
        if !fits {
            return None;
        }
        self.free_slots -= 1;
        self.free_cpus -= needs.cpus;
        self.free_memory -= needs.memory;
        let gpus = self.free_gpus.drain(..needs.gpus as usize).collect();
        let mutex = mutex.map(String::from);
        self.held_mutexes.extend(mutex.clone());
        Some(Grant { needs, gpus, mutex })
    }

    /// Takes back what a stage held.
    pub fn give_back(&mut self, grant: Grant) {
        self.free_slots = self.free_slots.saturating_add(1);
        self.free_cpus += grant.needs.cpus;
        self.free_memory += grant.needs.memory;
        self.free_gpus.extend(grant.gpus);
        self.free_gpus.sort();
        if let Some(name) = grant.mutex {
            self.held_mutexes.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine { cpus: 4, memory: 100, gpus: vec!["0".into(), "1".into(), "2".into()] }
    }

    const fn needs(cpus: u32, memory: u64, gpus: u32) -> Needs {
        Needs { cpus, memory, gpus }
    }

    #[test]
    fn device_ids_are_never_shared_and_come_back() {
        let mut pool = Pool::new(&machine(), None);
        let first = pool.take(needs(1, 0, 2), None).unwrap();
        let second = pool.take(needs(1, 0, 1), None).unwrap();
        assert_eq!(
            (first.gpus.clone(), second.gpus.clone()),
            (vec!["0".into(), "1".into()], vec!["2".to_string()])
        );
        assert!(pool.take(needs(1, 0, 1), None).is_none());
        pool.give_back(first);
        assert_eq!(pool.take(needs(1, 0, 1), None).unwrap().gpus, ["0"]);
    }

    #[test]
    fn each_limit_holds_by_itself() {
        let mut pool = Pool::new(&machine(), Some(2));
        let held = pool.take(needs(3, 60, 0), Some("disk")).unwrap();
        assert!(pool.take(needs(2, 0, 0), None).is_none(), "cpus");
        assert!(pool.take(needs(1, 50, 0), None).is_none(), "memory");
        assert!(pool.take(needs(1, 0, 0), Some("disk")).is_none(), "mutex");
        let other = pool.take(needs(1, 40, 0), Some("net")).unwrap();
        assert!(pool.take(needs(0, 0, 0), None).is_none(), "jobs");
        pool.give_back(held);
        assert!(pool.take(needs(3, 60, 0), Some("disk")).is_some());
        pool.give_back(other);
    }
}
