use crate::error::WorkerError;
use tch::{Cuda, Device};

/// The device that a request means by `auto`, `cpu`, `cuda` or `cuda:N`.
///
/// # Errors
/// If there is no such device, or no such name.
pub fn choose(name: &str) -> Result<Device, WorkerError> {
    let gpus = if Cuda::is_available() { Cuda::device_count() } else { 0 };
    choose_among(name, gpus).map_err(|reason| WorkerError::Device { device: name.to_owned(), reason })
}

fn choose_among(name: &str, gpus: i64) -> Result<Device, String> {
    let number = match name {
        "cpu" => return Ok(Device::Cpu),
        "auto" if gpus == 0 => return Ok(Device::Cpu),
        "auto" | "cuda" => 0,
        other => match other.strip_prefix("cuda:").and_then(|number| number.parse().ok()) {
            Some(number) => number,
            None => return Err("not one of auto, cpu, cuda, cuda:N".to_owned()),
        },
    };
    match gpus {
        0 => Err("libtorch finds no CUDA device".to_owned()),
        _ if number as i64 >= gpus => Err(format!("there are {gpus} CUDA devices, numbered from 0")),
        _ => Ok(Device::Cuda(number)),
    }
}

/// The device's name in requests and records.
pub fn name(device: Device) -> String {
    match device {
        Device::Cuda(number) => format!("cuda:{number}"),
        _ => "cpu".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_takes_a_gpu_where_there_is_one() {
        assert_eq!(choose_among("auto", 0), Ok(Device::Cpu));
        assert_eq!(choose_among("auto", 2), Ok(Device::Cuda(0)));
        assert_eq!(choose_among("cpu", 2), Ok(Device::Cpu));
        assert_eq!(choose_among("cuda:1", 2), Ok(Device::Cuda(1)));
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        for (name, gpus) in [("cuda", 0), ("cuda:0", 0), ("cuda:2", 2), ("cuda:x", 2), ("gpu", 2), ("", 2)] {
            assert!(choose_among(name, gpus).is_err(), "{name} of {gpus}");
        }
    }
}
