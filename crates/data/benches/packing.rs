//! How many images a second are packed into HDF5 and summed up into means.
//!
//! `cargo bench -p data --bench packing -- FORMAT SOURCE [ROUNDS]` prints one JSON line a round. For figures
//! that mean something the machine must be idle and the source in the page cache, which the first round
//! sees to.

use data::{DatasetSummary, build_dataset, compute_means};
use spec::kinds::{DatasetParams, MeansMode, MeansParams};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [format, source, rounds @ ..] = arguments.as_slice() else {
        println!("usage: packing FORMAT SOURCE [ROUNDS]");
        return Ok(());
    };
    let params: DatasetParams = serde_json::from_value(serde_json::json!({ "format": format }))?;
    let rounds: usize = rounds.first().map_or(Ok(5), |rounds| rounds.parse())?;
    for _ in 0..rounds {
        println!("{}", measure(&params, Path::new(source))?);
    }
    Ok(())
}

/// Packs the source into a fresh folder and takes both means of it.
fn measure(params: &DatasetParams, source: &Path) -> Result<serde_json::Value, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let outputs: BTreeMap<String, PathBuf> =
        ["train", "val", "test", "classes"].map(|name| (name.to_owned(), path(name))).into();
    let stop = AtomicBool::new(false);

    let start = Instant::now();
    let summary: DatasetSummary = build_dataset(params, source, &outputs, &|_, _, _| (), &stop)?;
    let images: usize = summary.splits.iter().map(|split| split.images()).sum();
    let packed = images as f64 / start.elapsed().as_secs_f64();

    let means = |mode| -> Result<f64, Box<dyn Error>> {
        let start = Instant::now();
        compute_means(&MeansParams { mode }, &path("train"), &path("means.json"), &|_, _, _| (), &stop)?;
        Ok(summary.splits[0].images() as f64 / start.elapsed().as_secs_f64())
    };
    Ok(serde_json::json!({
        "threads": rayon::current_num_threads(),
        "packed images/s": packed.round(),
        "channel means images/s": means(MeansMode::Channel)?.round(),
        "pixel means images/s": means(MeansMode::Pixel)?.round(),
    }))
}
