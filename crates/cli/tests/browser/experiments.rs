use testkit::Project;

const PIPELINE: &str = r#"
[params]
lr = 0.1

[stages.dataset]
kind = "dataset"
format = "idx"
source = "images"
image_size = 8
val_per_class = 1
test_per_class = 1

[stages.means]
kind = "means"
dataset = "${stages.dataset.train}"

[stages.train]
kind = "train"
train = "${stages.dataset.train}"
val = "${stages.dataset.val}"
means = "${stages.means.means}"
phases = [{ epochs = 4, lr = "${params.lr}" }, { epochs = 3, lr = 0.01 }]
model = { stages = [1], filters = [8, 8] }

[stages.rank]
kind = "evaluate"
weights = "${stages.train.weights}"
dataset = "${stages.dataset.test}"

[metrics]
"rank.rank1" = { goal = "max", label = "rank-1", percent = true }

[[references]]
name = "<b>published</b>"
metrics = { "rank.rank1" = 0.5 }
"#;

/// A project with a training and an evaluation that the fake worker makes up.
pub fn project() -> Project {
    let project = Project::new(env!("CARGO_BIN_EXE_pipeline"));
    project.pipeline(PIPELINE).file("images/one", "one");
    project
}

/// The same, run with three learning rates.
pub fn three_runs() -> Project {
    let project = project();
    for lr in ["lr=0.1", "lr=0.05", "lr=0.5"] {
        project.run(&["--set", lr]).ok();
    }
    project
}

/// Writes the page of a project and returns its address.
pub fn report(project: &Project, arguments: &[&str]) -> String {
    let mut all = vec!["report"];
    all.extend(arguments);
    let said = project.pipeline_with(&all).ok();
    format!("file://{}", project.path(said.stdout.trim()).display())
}
