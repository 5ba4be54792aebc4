//! The pipelines of the published experiments, on small archives in the published layouts.

use crate::{archives, project};
use testkit::{Answer, Project, Ran, Server};

/// A server with an archive that each pipeline is pointed to.
struct Mirror {
    server: Server,
    settings: Vec<String>,
}

impl Mirror {
    fn with(archive: Vec<u8>, name: &str) -> Self {
        let checksum = archives::md5(&archive);
        let server = Server::start(move |request| Answer::file(&archive, "\"a\"", request));
        let settings =
            [format!("stages.fetch.url={}", server.url(name)), format!("stages.fetch.checksum={checksum}")];
        Self { server, settings: settings.into() }
    }

    fn run(&self, project: &Project, pipeline: &str, settings: &[&str]) -> Ran {
        let file = format!("pipelines/{pipeline}.toml");
        let mut arguments = vec!["run", &file, "--json"];
        let all = self.settings.iter().map(String::as_str).chain(settings.iter().copied());
        arguments.extend(all.flat_map(|setting| ["--set", setting]));
        project.pipeline_with(&arguments).ok()
    }
}

const SMALL: [&str; 2] = ["stages.train.model.stages=[1,1,1]", "stages.train.model.filters=[8,16,16,16]"];
const PHASES: &str = "stages.train.phases=[{ epochs = 1, lr = 0.1 }, { epochs = 1, lr = 0.01 }]";

fn columns(project: &Project) -> String {
    project.pipeline_with(&["compare"]).ok().stdout
}

#[test]
fn the_cifar_experiments_share_their_data_and_stand_beside_the_published_values() {
    let project = project();
    let mirror = Mirror::with(archives::cifar10(30), "/cifar-10-binary.tar.gz");
    for (number, name) in ["cifar10_exp1", "cifar10_exp2", "cifar10_exp3", "cifar10_decay"].iter().enumerate()
    {
        let schedule = if *name == "cifar10_decay" { "epochs=2" } else { PHASES };
        let ran = mirror.run(&project, name, &[SMALL[0], SMALL[1], schedule]);
        let executed = ran.executed();
        match number {
            0 => assert_eq!(executed, ["dataset", "fetch", "means", "rank", "train"]),
            _ => assert!(
                !executed.contains(&"fetch".into()) && !executed.contains(&"dataset".into()),
                "{executed:?}"
            ),
        }
        let metrics = project.read(&format!("results/{name}/train/metrics.json"));
        assert!(metrics.contains("val_accuracy"), "{metrics}");
        assert!(project.read(&format!("results/{name}/means/means.json")).contains("pixel"));
    }
    assert_eq!(mirror.server.requests().len(), 1);
    let table = columns(&project);
    for published in ["89.06", "90.10", "91.83", "93.58"] {
        assert!(table.contains(published), "{published} in\n{table}");
    }
}

#[test]
fn the_tiny_imagenet_experiments_too_and_a_folder_on_disk_is_not_downloaded() {
    let project = project();
    let mirror = Mirror::with(archives::tiny_imagenet(10, 4, 1), "/tiny-imagenet-200.zip");
    let small = ["test_per_class=1", "filters=[8,16,16,16]", "stages.train.model.stages=[1,1,1]"];
    let settings = |schedule| [small.as_slice(), &[schedule]].concat();
    let first = mirror.run(&project, "tiny_imagenet_decay", &settings("epochs=2"));
    assert_eq!(first.executed(), ["dataset", "fetch", "means", "rank", "train"]);
    let metrics: serde_json::Value =
        serde_json::from_str(&project.read("results/tiny_imagenet_decay/rank/metrics.json")).unwrap();
    assert_eq!(metrics["samples"], 10, "{metrics}");
    let second = mirror.run(&project, "tiny_imagenet_exp1", &settings(PHASES));
    assert_eq!(second.executed(), ["rank", "train"]);
    let table = columns(&project);
    assert!(["53.10", "75.43", "58.03", "80.46"].iter().all(|value| table.contains(value)), "{table}");

    // What was fetched, under another name: the same content, so nothing is new; and the stage is not even planned.
    std::fs::rename(
        project.path("results/tiny_imagenet_exp1/fetch/path/tiny-imagenet-200"),
        project.path("elsewhere"),
    )
    .unwrap();
    let on_disk =
        mirror.run(&project, "tiny_imagenet_exp1", &[settings(PHASES), vec!["data=elsewhere"]].concat());
    assert!(on_disk.executed().is_empty(), "{:?}", on_disk.executed());
    assert!(!on_disk.outcomes().contains_key("fetch"), "{:?}", on_disk.outcomes());
    assert_eq!(mirror.server.requests().len(), 1);
}
