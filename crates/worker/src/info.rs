use crate::device;
use serde::Serialize;
use std::{collections::BTreeMap, process::ExitCode};
use tch::{Cuda, Device};

/// What this build of the worker has to work with.
#[derive(Serialize)]
struct Info {
    version: &'static str,
    libtorch: String,
    /// The version of the CUDA runtime, if libtorch finds a device.
    cuda: Option<String>,
    devices: Vec<String>,
    threads: usize,
    hdf5: String,
}

impl Info {
    fn collect() -> Self {
        let gpus = if Cuda::is_available() { Cuda::device_count() as usize } else { 0 };
        let (major, minor, patch) = hdf5::library_version();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            libtorch: env!("LIBTORCH_VERSION").to_owned(),
            cuda: (gpus > 0).then(cuda_version),
            devices: std::iter::once(Device::Cpu)
                .chain((0..gpus).map(Device::Cuda))
                .map(device::name)
                .collect(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            hdf5: format!("{major}.{minor}.{patch}"),
        }
    }
}

/// libtorch gives 13020 for 13.2.
fn cuda_version() -> String {
    let version = tch::utils::version_cudart();
    format!("{}.{}", version / 1000, version % 1000 / 10)
}

/// Prints what there is as one line of JSON.
pub fn print() -> ExitCode {
    match serde_json::to_string(&Info::collect()) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What is recorded beside the results of a stage, and never counts.
pub fn provenance(device: Device, threads: usize) -> BTreeMap<String, String> {
    let info = Info::collect();
    let facts = [
        ("worker", info.version.to_owned()),
        ("libtorch", info.libtorch),
        ("hdf5", info.hdf5),
        ("cuda", info.cuda.unwrap_or_else(|| "none".to_owned())),
        ("device", device::name(device)),
        ("threads", threads.to_string()),
    ];
    facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect()
}
