use crate::{
    machine::{Machine, Needs},
    process::STAGE_DIRECTORY_VARIABLE,
};
use std::collections::HashSet;
use store::{Store, StoreError, lock::Lock};

/// What of the machine is free now. Handed out before a stage starts, given back when it has ended. GPUs and
/// mutexes are locked in the store besides, so that other runs of the project leave them alone.
pub(crate) struct Pool {
    store: Store,
    free_cpus: u32,
    free_memory: u64,
    free_gpus: Vec<String>,
    free_slots: usize,
    held_mutexes: HashSet<String>,
    /// Locks that another run was found to hold since [`Pool::look_again`].
    held_elsewhere: HashSet<String>,
    /// Whether this run is at work within a stage of another one, which holds what both use until it ends.
    is_within_a_stage: bool,
}

/// What a running stage holds.
#[derive(Debug)]
pub(crate) struct Grant {
    pub needs: Needs,
    /// Device ids of its own.
    pub gpus: Vec<String>,
    mutex: Option<String>,
    _locks: Vec<Lock>,
}

/// The ids of GPUs, with the locks on them and on a mutex.
type Locked = (Vec<String>, Vec<Lock>);

impl Pool {
    /// `jobs` caps the stages at once; `None` leaves that to the other limits.
    pub fn new(machine: &Machine, jobs: Option<usize>, store: &Store) -> Self {
        Self {
            store: store.clone(),
            free_cpus: machine.cpus,
            free_memory: machine.memory,
            free_gpus: machine.gpus.clone(),
            free_slots: jobs.unwrap_or(usize::MAX),
            held_mutexes: HashSet::new(),
            held_elsewhere: HashSet::new(),
            is_within_a_stage: std::env::var_os(STAGE_DIRECTORY_VARIABLE).is_some(),
        }
    }

    /// Whether nothing more can start, whatever it needs.
    pub fn is_exhausted(&self) -> bool {
        self.free_slots == 0 || self.free_cpus == 0
    }

    /// Forgets what other runs were found to hold.
    pub fn look_again(&mut self) {
        self.held_elsewhere.clear();
    }

    /// Whether something was not handed out because another run holds it.
    pub fn waits_for_other_runs(&self) -> bool {
        !self.held_elsewhere.is_empty()
    }

    /// Hands out what a stage needs, or nothing if that is not free.
    pub fn take(&mut self, needs: Needs, mutex: Option<&str>) -> Result<Option<Grant>, StoreError> {
        let fits = self.free_slots > 0
            && needs.cpus <= self.free_cpus
            && needs.memory <= self.free_memory
            && needs.gpus as usize <= self.free_gpus.len()
            && mutex.is_none_or(|name| !self.held_mutexes.contains(name));
        if !fits {
            return Ok(None);
        }
        let Some((gpus, _locks)) = self.lock(needs.gpus as usize, mutex)? else { return Ok(None) };
        self.free_slots -= 1;
        self.free_cpus -= needs.cpus;
        self.free_memory -= needs.memory;
        self.free_gpus.retain(|id| !gpus.contains(id));
        let mutex = mutex.map(String::from);
        self.held_mutexes.extend(mutex.clone());
        Ok(Some(Grant { needs, gpus, mutex, _locks }))
    }

    /// Locks the mutex and so many of the free GPUs, or nothing if other runs hold too much of that.
    fn lock(&mut self, count: usize, mutex: Option<&str>) -> Result<Option<Locked>, StoreError> {
        if self.is_within_a_stage {
            return Ok(Some((self.free_gpus[..count].to_vec(), Vec::new())));
        }
        let (mut gpus, mut locks) = (Vec::new(), Vec::new());
        if let Some(name) = mutex {
            match self.try_lock(format!("mutex {name}"))? {
                Some(lock) => locks.push(lock),
                None => return Ok(None),
            }
        }
        let mut left = self.free_gpus.clone().into_iter();
        // Stopping as soon as too few are left keeps two runs from taking one each where both need two.
        while gpus.len() < count && gpus.len() + left.len() >= count {
            let Some(id) = left.next() else { break };
            if let Some(lock) = self.try_lock(format!("gpu {id}"))? {
                gpus.push(id);
                locks.push(lock);
            }
        }
        Ok((gpus.len() == count).then_some((gpus, locks)))
    }

    fn try_lock(&mut self, name: String) -> Result<Option<Lock>, StoreError> {
        if self.held_elsewhere.contains(&name) {
            return Ok(None);
        }
        let lock = self.store.try_lock(&name)?;
        if lock.is_none() {
            self.held_elsewhere.insert(name);
        }
        Ok(lock)
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
    use tempfile::TempDir;

    /// A folder of a project, and a run's pool in it.
    fn pool(jobs: Option<usize>) -> (TempDir, Pool) {
        let folder = tempfile::tempdir().unwrap();
        let pool = pool_in(&folder, jobs);
        (folder, pool)
    }

    fn pool_in(folder: &TempDir, jobs: Option<usize>) -> Pool {
        let machine = Machine { cpus: 4, memory: 100, gpus: vec!["0".into(), "1".into(), "2".into()] };
        Pool::new(&machine, jobs, &Store::open(folder.path()).unwrap())
    }

    const fn needs(cpus: u32, memory: u64, gpus: u32) -> Needs {
        Needs { cpus, memory, gpus }
    }

    #[test]
    fn device_ids_are_never_shared_and_come_back() {
        let (_folder, mut pool) = pool(None);
        let first = pool.take(needs(1, 0, 2), None).unwrap().unwrap();
        let second = pool.take(needs(1, 0, 1), None).unwrap().unwrap();
        assert_eq!(
            (first.gpus.clone(), second.gpus.clone()),
            (vec!["0".into(), "1".into()], vec!["2".to_string()])
        );
        assert!(pool.take(needs(1, 0, 1), None).unwrap().is_none());
        pool.give_back(first);
        assert_eq!(pool.take(needs(1, 0, 1), None).unwrap().unwrap().gpus, ["0"]);
    }

    #[test]
    fn each_limit_holds_by_itself() {
        let (_folder, mut pool) = pool(Some(2));
        let held = pool.take(needs(3, 60, 0), Some("disk")).unwrap().unwrap();
        assert!(pool.take(needs(2, 0, 0), None).unwrap().is_none(), "cpus");
        assert!(pool.take(needs(1, 50, 0), None).unwrap().is_none(), "memory");
        assert!(pool.take(needs(1, 0, 0), Some("disk")).unwrap().is_none(), "mutex");
        let other = pool.take(needs(1, 40, 0), Some("net")).unwrap().unwrap();
        assert!(pool.take(needs(0, 0, 0), None).unwrap().is_none(), "jobs");
        pool.give_back(held);
        assert!(pool.take(needs(3, 60, 0), Some("disk")).unwrap().is_some());
        pool.give_back(other);
        assert!(!pool.waits_for_other_runs(), "all of it was its own");
    }

    #[test]
    fn what_another_run_holds_is_passed_over_until_it_is_given_back() {
        let (folder, mut one) = pool(None);
        let mut two = pool_in(&folder, None);
        let gpu = one.take(needs(1, 0, 1), None).unwrap().unwrap();
        let disk = one.take(needs(1, 0, 0), Some("disk")).unwrap().unwrap();
        assert!(two.take(needs(1, 0, 0), Some("disk")).unwrap().is_none());
        assert!(two.take(needs(1, 0, 3), None).unwrap().is_none());
        assert!(two.waits_for_other_runs());
        assert_eq!(two.take(needs(1, 0, 2), None).unwrap().unwrap().gpus, ["1", "2"]);

        one.give_back(gpu);
        one.give_back(disk);
        two.look_again();
        assert_eq!(two.take(needs(1, 0, 1), Some("disk")).unwrap().unwrap().gpus, ["0"]);
        assert!(!two.waits_for_other_runs());
    }
}
