use crate::support::{Built, build, params};
use data::fixtures::{write_cifar10_binary, write_mnist};
use data::{Means, compute_means};
use spec::kinds::{DatasetFormat, MeansMode, MeansParams};
use std::fs;
use std::sync::atomic::AtomicBool;

fn compute(built: &Built, mode: MeansMode) -> (Means, String) {
    let output = built.folder.path().join("means.json");
    let stop = AtomicBool::new(false);
    let means =
        compute_means(&MeansParams { mode }, &built.path("train"), &output, &|_, _, _| (), &stop).unwrap();
    assert_eq!(Means::read(&output).unwrap(), means);
    (means, fs::read_to_string(&output).unwrap())
}

fn cifar() -> Built {
    let source = tempfile::tempdir().unwrap();
    write_cifar10_binary(source.path(), 100).unwrap();
    build(&params(DatasetFormat::Cifar10Binary), source.path())
}

#[test]
fn channel_means_are_exact() {
    let built = cifar();
    let train = built.open("train");
    let expected = [0, 1, 2].map(|channel| {
        let levels = train.images().iter().skip(channel).step_by(3);
        levels.map(|&level| u64::from(level)).sum::<u64>() as f64 / (500.0 * 1024.0)
    });
    let (means, json) = compute(&built, MeansMode::Channel);
    assert_eq!(means, Means::Channel(expected));
    let [red, green, blue] = expected;
    assert_eq!(json, format!("{{\"mode\":\"channel\",\"R\":{red},\"G\":{green},\"B\":{blue}}}\n"));
    let image = means.to_image(2, 3).unwrap();
    assert_eq!(image.len(), 18);
    assert_eq!(image[15..], expected.map(|mean| mean as f32));
}

#[test]
fn pixel_means_are_the_mean_image() {
    let built = cifar();
    let train = built.open("train");
    let (means, json) = compute(&built, MeansMode::Pixel);
    let image = means.to_image(32, 32).unwrap();
    for position in [0, 1, 1533, 3071] {
        let sum: u64 = (0..500).map(|index| u64::from(train.image(index)[position])).sum();
        assert_eq!(image[position], (sum as f64 / 500.0) as f32);
    }
    assert!(json.starts_with("{\"mode\":\"pixel\",\"height\":32,\"width\":32,\"mean\":["), "{}", &json[..60]);
    assert_eq!(
        means.to_image(32, 31).unwrap_err().to_string(),
        "the mean image is 32 × 32 pixels, the images are 32 × 31\nhint: compute the means over images of the same size"
    );
}

#[test]
fn thread_counts_change_nothing() {
    let source = tempfile::tempdir().unwrap();
    write_mnist(source.path(), 3000, 10, 6).unwrap();
    let built = build(&params(DatasetFormat::Idx), source.path());
    let with_threads = |count| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
        pool.install(|| [MeansMode::Channel, MeansMode::Pixel].map(|mode| compute(&built, mode).1))
    };
    assert_eq!(with_threads(1), with_threads(3));
}

#[test]
fn broken_means_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("means.json");
    let refuse = |json: &str| {
        fs::write(&path, json).unwrap();
        Means::read(&path).unwrap_err().to_string().replace(path.to_str().unwrap(), "FILE")
    };
    assert!(refuse("{\"mode\":\"channel\",\"R\":1}").starts_with("FILE: does not hold means: missing field"));
    let message = refuse("{\"mode\":\"pixel\",\"height\":1,\"width\":2,\"mean\":[1,2,3]}");
    assert_eq!(message, "FILE: does not hold means: there are 3 means for 1 × 2 pixels");
}
