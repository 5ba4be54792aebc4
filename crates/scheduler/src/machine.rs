use crate::SchedulerError;
use spec::Stage;

/// What the machine has to hand out. `PIPELINE_CPUS`, `PIPELINE_MEMORY` (bytes) and `PIPELINE_GPUS` (a list
/// such as `0,1`) take the place of what is found, for tests and for sharing a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Processors.
    pub cpus: u32,
    /// Bytes of memory.
    pub memory: u64,
    /// Device ids as `CUDA_VISIBLE_DEVICES` takes them.
    pub gpus: Vec<String>,
}

/// What one stage takes while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Processors.
    pub cpus: u32,
    /// Bytes of memory; 0 when it did not say.
    pub memory: u64,
    /// Whole GPUs.
    pub gpus: u32,
}

impl Machine {
    /// Looks at this machine.
    pub fn detect() -> Self {
        let cpus = std::thread::available_parallelism().map_or(1, |count| count.get() as u32);
        Self {
            cpus: number_from_env("PIPELINE_CPUS").map_or(cpus, |cpus| cpus as u32).max(1),
            memory: number_from_env("PIPELINE_MEMORY").unwrap_or_else(total_memory),
            gpus: gpus(),
        }
    }

    /// What of this machine a run with `--device` may use: with `cuda:N` only the GPU at that place of the list.
    pub fn for_device(mut self, device: &str) -> Result<Self, SchedulerError> {
        if let Some(number) = device.strip_prefix("cuda:") {
            let id = number.parse().ok().and_then(|number: usize| self.gpus.get(number).cloned());
            let has = self.gpus.len();
            self.gpus = vec![id.ok_or_else(|| SchedulerError::NoDevice { device: device.into(), has })?];
        }
        Ok(self)
    }

    /// What a stage takes here. Kinds that use all processors get all unless told otherwise; trainings and
    /// evaluations take a GPU where there is one, and unless `cuda` is asked for run on the processor where there
    /// is none, whatever `resources.gpus` says. A request that this machine can never meet is an error.
    pub fn needs(&self, stage: &Stage, device: &str) -> Result<Needs, SchedulerError> {
        let default_cpus = if stage.kind.takes_all_cpus() { self.cpus } else { 1 };
        let asked = Needs {
            cpus: stage.resources.cpus.unwrap_or(default_cpus),
            memory: stage.resources.memory.unwrap_or(0),
            gpus: self.gpus_for(stage, device),
        };
        let impossible = |asked: String, what, has: String| SchedulerError::Impossible {
            stage: stage.name.clone(),
            asked,
            what,
            has,
        };
        if asked.cpus > self.cpus {
            return Err(impossible(asked.cpus.to_string(), "cpus", self.cpus.to_string()));
        }
        if asked.memory > self.memory {
            return Err(impossible(gibibytes(asked.memory), "of memory", gibibytes(self.memory)));
        }
        if asked.gpus as usize > self.gpus.len() {
            return Err(impossible(asked.gpus.to_string(), "gpus", self.gpus.len().to_string()));
        }
        Ok(asked)
    }

    fn gpus_for(&self, stage: &Stage, device: &str) -> u32 {
        use spec::Kind::{DecayTrain, Evaluate, Train};
        let asked = stage.resources.gpus;
        match stage.kind {
            Train | DecayTrain | Evaluate if device == "cpu" => 0,
            Train | DecayTrain | Evaluate if device == "auto" && self.gpus.is_empty() => 0,
            Train | DecayTrain | Evaluate => asked.max(1),
            _ => asked,
        }
    }
}

/// Fails if `--device` names no device at all.
pub(crate) fn check_device(device: &str) -> Result<(), SchedulerError> {
    let is_numbered = device.strip_prefix("cuda:").is_some_and(|number| number.parse::<u32>().is_ok());
    if is_numbered || ["auto", "cpu", "cuda"].contains(&device) {
        Ok(())
    } else {
        Err(SchedulerError::UnknownDevice(device.into()))
    }
}

fn number_from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.trim().parse().ok()
}

fn total_memory() -> u64 {
    rustix::system::sysinfo().totalram as u64 * u64::from(rustix::system::sysinfo().mem_unit)
}

/// The devices named by `CUDA_VISIBLE_DEVICES`, else all that the NVIDIA driver lists.
fn gpus() -> Vec<String> {
    let listed = std::env::var("PIPELINE_GPUS").or_else(|_| std::env::var("CUDA_VISIBLE_DEVICES"));
    if let Ok(list) = listed {
        return list
            .split(',')
            .map(str::trim)
            .filter(|id| !id.is_empty() && *id != "-1")
            .map(String::from)
            .collect();
    }
    let count = std::fs::read_dir("/proc/driver/nvidia/gpus").map_or(0, Iterator::count);
    (0..count).map(|id| id.to_string()).collect()
}

fn gibibytes(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / (1u64 << 30) as f64)
}
