//! What a machine has that running pipelines depends on.

use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeMap, env, path::Path, process::Command, thread};

/// Something that this machine has or lacks.
#[derive(Debug, Serialize)]
pub struct Fact {
    pub name: &'static str,
    pub value: String,
    /// What to do about it, if something is lacking.
    pub advice: Option<String>,
    /// Whether nothing but `command` stages can run without it.
    pub needed: bool,
}

const GIB: f64 = (1_u64 << 30) as f64;
/// Below that, datasets and checkpoints soon fill the disk.
const LITTLE_DISK_GIB: f64 = 5.0;

/// Looks at processors, memory, disk, GPUs, the worker and git.
pub fn gather() -> Vec<Fact> {
    let mut facts = vec![version(), cpus(), memory(), disk(), gpus()];
    facts.extend(worker());
    facts.push(git());
    facts
}

fn fact(name: &'static str, value: impl Into<String>) -> Fact {
    Fact { name, value: value.into(), advice: None, needed: false }
}

fn version() -> Fact {
    fact("pipeline", env!("CARGO_PKG_VERSION"))
}

fn cpus() -> Fact {
    let cpus = thread::available_parallelism().map_or(1, usize::from);
    fact("cpus", cpus.to_string())
}

fn memory() -> Fact {
    let info = rustix::system::sysinfo();
    let total = info.totalram as f64 * f64::from(info.mem_unit) / GIB;
    let free = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| available_kib(&text));
    let free =
        free.map_or_else(String::new, |kib| format!(", {:.1} GiB available", kib as f64 * 1024.0 / GIB));
    fact("memory", format!("{total:.1} GiB{free}"))
}

fn available_kib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

fn disk() -> Fact {
    let folder = env::current_dir().unwrap_or_default();
    let Ok(space) = rustix::fs::statvfs(&folder) else { return fact("disk", "unknown") };
    let free = space.f_bavail as f64 * space.f_frsize as f64 / GIB;
    let advice =
        format!("free some disk: below {LITTLE_DISK_GIB} GiB, datasets and checkpoints soon fill it");
    Fact {
        advice: (free < LITTLE_DISK_GIB).then_some(advice),
        ..fact("disk", format!("{free:.1} GiB free here"))
    }
}

fn gpus() -> Fact {
    let listed = first_lines("nvidia-smi", &["--query-gpu=name,memory.total", "--format=csv,noheader"]);
    let driver = || std::fs::read_dir("/proc/driver/nvidia/gpus").map_or(0, Iterator::count);
    match listed {
        Some(lines) if !lines.is_empty() => fact("gpus", lines.join("; ")),
        _ => match driver() {
            0 => fact("gpus", "none; trainings run on the processor"),
            count => fact("gpus", format!("{count}, by the NVIDIA driver")),
        },
    }
}

/// Where the worker is, and what it says of itself.
fn worker() -> Vec<Fact> {
    let lacking = |value: String, advice: &str| {
        vec![Fact { advice: Some(advice.to_owned()), needed: true, ..fact("worker", value) }]
    };
    let Some(path) = scheduler::worker_path() else {
        let advice = "build it with `make build`, or name it in the environment variable PIPELINE_WORKER";
        return lacking("not found".to_owned(), advice);
    };
    let place = path.display().to_string();
    match first_lines(&path, &["info"]) {
        None => lacking(
            format!("{place}, which does not start"),
            "run it with `info` to see why; `make build` sets it up with libtorch",
        ),
        Some(lines) => {
            let found = Fact { needed: true, ..fact("worker", place) };
            std::iter::once(found).chain(worker_facts(&lines.concat())).collect()
        }
    }
}

/// What a worker says of itself is one JSON object.
fn worker_facts(info: &str) -> Vec<Fact> {
    let told: BTreeMap<String, Value> = serde_json::from_str(info).unwrap_or_default();
    let known = told.into_iter().filter(|(_, value)| !value.is_null());
    known.map(|(name, value)| fact("worker", format!("{name} {}", results::text_of(&value)))).collect()
}

fn git() -> Fact {
    match first_lines("git", &["rev-parse", "--short", "HEAD"]).as_deref() {
        Some([revision, ..]) => fact("git", format!("revision {revision}")),
        _ => fact("git", "not a repository, or no git: runs are recorded without a revision"),
    }
}

/// What a program prints, if it starts and succeeds.
fn first_lines(program: impl AsRef<Path>, arguments: &[&str]) -> Option<Vec<String>> {
    let output = Command::new(program.as_ref()).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().map(str::to_owned).collect())
}
