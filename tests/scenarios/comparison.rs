//! Sixty experiments of three pipelines, and what a researcher asks of them: what did I change, what did it do,
//! which is best, is it noise, how does it stand against what was published? Every answer is held against values
//! that the test computes itself.

use crate::project;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::Project;

const LRS: [f64; 2] = [0.05, 0.1];
const SEEDS: [u32; 5] = [1, 2, 3, 4, 5];
const SIZES: [u32; 2] = [16, 64];
/// What each pipeline has beyond the others, which is what its author thinks of it.
const PIPELINES: [(&str, f64); 3] = [("decay", 0.004), ("plain", 0.0), ("warm", 0.0045)];
const PUBLISHED: f64 = 0.915;

/// Better near lr = 0.05 and with more filters, with some noise by seed.
const SCORE: &str = r#"
BEGIN {
    noise = (seed * 37 + size) % 10 / 2000
    accuracy = 0.9 + size / 4000 + bonus - 4 * (lr - 0.05) * (lr - 0.05) + noise
    printf "{\"accuracy\": %.6f, \"loss\": %.6f, \"steps\": 100}\n", accuracy, 0.25 > out
}
"#;

fn accuracy(pipeline: usize, lr: f64, seed: u32, size: u32) -> f64 {
    let noise = f64::from((seed * 37 + size) % 10) / 2000.0;
    let exact = 0.9 + f64::from(size) / 4000.0 + PIPELINES[pipeline].1 - 4.0 * (lr - 0.05).powi(2) + noise;
    format!("{exact:.6}").parse().unwrap()
}

/// Mean and sample standard deviation over the seeds.
fn over_seeds(pipeline: usize, lr: f64, size: u32) -> (f64, f64) {
    let values = SEEDS.map(|seed| accuracy(pipeline, lr, seed, size));
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt())
}

fn file(bonus: f64) -> String {
    format!(
        r#"
[params]
lr    = 0.05
seed  = 1
bonus = {bonus}

[stages.score]
kind    = "command"
matrix  = {{ size = [16, 64] }}
run     = "awk -v lr=${{params.lr}} -v seed=${{params.seed}} -v size=${{matrix.size}} -v bonus=${{params.bonus}} -v out=${{outputs.metrics}} -f ${{inputs.script}}"
inputs  = {{ script = "score.awk" }}
outputs = {{ metrics = "metrics.json" }}

[metrics]
"score.accuracy" = {{ goal = "max", label = "test acc", percent = true }}
"score.loss"     = {{ goal = "min" }}

[[references]]
name    = "published"
metrics = {{ "score.accuracy" = {PUBLISHED} }}
"#
    )
}

/// The files as they are, and then sweeps that have their values among others.
fn sixty() -> Project {
    let project = project();
    project.file("score.awk", SCORE);
    for (name, bonus) in PIPELINES {
        let path = format!("pipelines/{name}.toml");
        project.file(&path, file(bonus));
        project.pipeline_with(&["run", &path]).ok();
        project.pipeline_with(&["run", &path, "--set", "lr=0.1,0.05", "--set", "seed=1..5"]).ok();
    }
    project
}

fn compare(project: &Project, arguments: &[&str]) -> Value {
    let mut all = vec!["compare", "--json"];
    all.extend(arguments);
    project.pipeline_with(&all).ok().json()
}

fn names(table: &Value) -> Vec<&str> {
    table["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect()
}

/// Ours, by pipeline, learning rate and size.
fn ours(table: &Value) -> BTreeMap<(usize, usize, usize), &Value> {
    let at = |list: &[f64], value: &Value| list.iter().position(|known| *value == json!(known)).unwrap();
    let rows = table["rows"].as_array().unwrap().iter().filter(|row| row["kind"] == "experiment");
    let keyed = rows.map(|row| {
        let pipeline = PIPELINES.iter().position(|(name, _)| row["experiment"] == *name).unwrap();
        let size = SIZES.iter().position(|size| row["score.matrix.size"] == *size).unwrap();
        ((pipeline, at(&LRS, &row["score.lr"]), size), row)
    });
    keyed.collect()
}

#[track_caller]
fn assert_near(value: &Value, expected: f64, what: &str) {
    let value = value.as_f64().unwrap_or_else(|| panic!("{what}: {value}"));
    assert!((value - expected).abs() < 1e-12, "{what}: {value} is not {expected}");
}

#[test]
fn what_was_changed_and_what_it_did() {
    let project = sixty();
    let table = compare(&project, &[]);
    let expected = [
        "experiment",
        "kind",
        "runs",
        "score.lr",
        "score.seed",
        "score.bonus",
        "score.matrix.size",
        "score.accuracy",
        "score.loss",
    ];
    let mut columns = names(&table);
    columns.sort_unstable();
    let mut sorted = expected;
    sorted.sort_unstable();
    assert_eq!(columns, sorted, "what differs, once, and what was measured");
    let rows = table["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 61, "sixty and the published one");
    for row in &rows[..60] {
        let (lr, seed, size) = (&row["score.lr"], &row["score.seed"], &row["score.matrix.size"]);
        let pipeline = PIPELINES.iter().position(|(name, _)| row["experiment"] == *name).unwrap();
        let expected = accuracy(
            pipeline,
            lr.as_f64().unwrap(),
            u32::try_from(seed.as_u64().unwrap()).unwrap(),
            u32::try_from(size.as_u64().unwrap()).unwrap(),
        );
        assert_eq!(row["score.accuracy"], expected, "{row}");

        let name = PIPELINES[pipeline].0;
        let file = format!("results/{name}@lr={lr},seed={seed}/score@size={size}/metrics.json");
        let measured: Value = serde_json::from_str(&project.read(&file)).unwrap();
        assert_eq!(row["score.accuracy"], measured["accuracy"], "{file}");
        let [run] = row["runs"].as_array().unwrap().as_slice() else { panic!("one run each: {row}") };
        let record = project.pipeline_with(&["show", run.as_str().unwrap(), "--json"]).ok().json();
        assert_eq!(
            (&record["params"]["lr"], &record["params"]["seed"]),
            (lr, seed),
            "the run behind the row"
        );
    }
}

#[test]
fn which_is_best_and_whether_it_is_noise() {
    let project = sixty();
    let table = compare(&project, &["--seeds", "fold"]);
    let rows = ours(&table);
    assert_eq!(rows.len(), 12);
    let expected = |(pipeline, lr, size): (usize, usize, usize)| over_seeds(pipeline, LRS[lr], SIZES[size]);
    let best = *rows.keys().max_by(|a, b| expected(**a).0.total_cmp(&expected(**b).0)).unwrap();
    assert_eq!(best, (2, 0, 1), "warm, lr = 0.05, size = 64");
    let mut within = 0;
    for (key, row) in &rows {
        let (mean, deviation) = expected(*key);
        assert_near(&row["score.accuracy"], mean, "mean");
        assert_near(&row["score.accuracy.sd"], deviation, "deviation");
        assert_eq!(row["score.accuracy.n"], 5);
        assert_eq!(row["score.loss"], 0.25, "equal values are their own mean");
        assert_eq!(row["score.loss.sd"], 0.0);
        assert_eq!(row["best"], if *key == best { json!(["score.accuracy"]) } else { json!([]) });
        let spread = (deviation.powi(2) + expected(best).1.powi(2)).sqrt();
        let is_noise = *key != best && (mean - expected(best).0).abs() <= spread;
        within += usize::from(is_noise);
        let told = if *key == best { Value::Null } else { json!(is_noise) };
        assert_eq!(row["score.accuracy.within_spread"], told, "{key:?}");
        assert_eq!(row["within_spread"].to_string().contains("accuracy"), is_noise, "{row}");
    }
    assert_eq!(within, 1, "decay's 0.0005 less are noise");

    let best_first = compare(&project, &["--seeds", "fold", "--sort", "test acc"]);
    let sorted: Vec<f64> = best_first["rows"].as_array().unwrap()[..12]
        .iter()
        .map(|row| row["score.accuracy"].as_f64().unwrap())
        .collect();
    assert!(sorted.is_sorted_by(|a, b| a >= b), "{sorted:?}");
    let good = compare(&project, &["--seeds", "fold", "--filter", "test acc > 90.8 %"]);
    let is_good = |key: &&(usize, usize, usize)| expected(**key).0 > 0.908;
    assert_eq!(ours(&good).keys().collect::<Vec<_>>(), rows.keys().filter(is_good).collect::<Vec<_>>());
}

#[test]
fn how_it_stands_against_a_baseline_and_what_was_published() {
    let project = sixty();
    let table = compare(&project, &["--seeds", "fold", "--baseline", "published"]);
    assert_eq!(table["baseline"], "published");
    for ((pipeline, lr, size), row) in ours(&table) {
        let (mean, deviation) = over_seeds(pipeline, LRS[lr], SIZES[size]);
        assert_near(&row["score.accuracy.difference"], mean - PUBLISHED, "difference");
        assert_eq!(row["score.accuracy.within_spread"], (mean - PUBLISHED).abs() <= deviation);
        assert_eq!(row["score.loss.difference"], Value::Null, "nobody published a loss");
    }
    let plain = "experiment = plain and lr = 0.05 and size = 64";
    let table = compare(&project, &["--seeds", "fold", "--baseline", plain]);
    let (base, base_deviation) = over_seeds(1, 0.05, 64);
    for (key, row) in ours(&table) {
        let is_baseline = key == (1, 0, 1);
        assert_eq!(row["baseline"], is_baseline);
        let (mean, deviation) = over_seeds(key.0, LRS[key.1], SIZES[key.2]);
        if !is_baseline {
            assert_near(&row["score.accuracy.difference"], mean - base, "difference");
            let spread = (deviation.powi(2) + base_deviation.powi(2)).sqrt();
            assert_eq!(row["score.accuracy.within_spread"], (mean - base).abs() <= spread, "{key:?}");
        }
    }
    let narrow = ["plain", "--seeds", "fold", "--filter", "size = 16", "--baseline", "plain"];
    let row =
        compare(&project, &narrow)["rows"].as_array().unwrap().iter().position(|row| row["baseline"] == true);
    assert_eq!(row, Some(0), "the file's own learning rate");
    let several =
        project.pipeline_with(&["compare", "--seeds", "fold", "--baseline", "plain"]).expect_code(2);
    assert!(several.stderr.contains("they differ in size"), "{}", several.stderr);
}

#[test]
fn every_form_says_the_same() {
    let project = sixty();
    let asked = ["--seeds", "fold", "--sort", "test acc", "--baseline", "published"];
    let in_form = |form: &str| {
        let arguments = [&["compare", "--format", form][..], &asked].concat();
        project.command(&arguments).env("COLUMNS", "80").output().unwrap()
    };
    let text = |form: &str| String::from_utf8(in_form(form).stdout).unwrap();
    let json: Value = serde_json::from_str(&text("json")).unwrap();
    let rows = json["rows"].as_array().unwrap();
    let csv = text("csv");
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let heading = lines.next().unwrap();
    assert_eq!(heading, names(&json));
    for (line, row) in lines.zip(rows) {
        for (name, field) in heading.iter().zip(line) {
            let expected = match &row[*name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                Value::Array(runs) => {
                    runs.iter().map(|run| run.as_str().unwrap()).collect::<Vec<_>>().join(" ")
                }
                other => other.to_string(),
            };
            let same_number = field.parse::<f64>().ok() == row[*name].as_f64() && row[*name].is_number();
            assert!(field == expected || same_number, "{name}: {field} and {expected}");
        }
    }
    let (mean, deviation) = over_seeds(2, 0.05, 64);
    let shown = format!("{:.2} ± {:.2} % (5)", mean * 100.0, deviation * 100.0);
    let difference = format!("[+{:.2}]", (mean - PUBLISHED) * 100.0);
    let table = text("table");
    for (form, expected) in [
        (&table, format!("* {shown} {difference}")),
        (&text("md"), format!("**{shown}** {difference}")),
        (&text("html"), format!("{shown} {difference}</td>")),
    ] {
        assert!(form.contains(&expected), "no `{expected}` in\n{form}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let page = [&["report"][..], &asked].concat();
    project.pipeline_with(&page).ok();
    assert!(project.read("results/report.html").contains(&format!("{shown} {difference}")));
}
