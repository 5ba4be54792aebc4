//! `predict` and `inspect` on what the quick start yields.

use crate::{digits, run, with_digits};
use serde_json::Value;
use testkit::Project;

const WEIGHTS: &str = "results/digits/train/weights.safetensors";

fn trained() -> Project {
    let project = with_digits();
    run(&project, &digits(&["--set", "epochs=3"])).ok();
    project
}

fn json(project: &Project, arguments: &[&str]) -> Value {
    project.pipeline_with(&[arguments, &["--json"]].concat()).ok().json()
}

#[test]
fn predictions_are_those_of_the_evaluation_and_add_up() {
    let project = trained();
    let test = data::Dataset::open(&project.path("results/digits/dataset/test.h5")).unwrap();
    std::fs::create_dir_all(project.path("images/inside")).unwrap();
    for index in 0..5 {
        let name =
            if index < 3 { format!("images/{index}.png") } else { format!("images/inside/{index}.png") };
        let (height, width) = (test.height() as u32, test.width() as u32);
        image::RgbImage::from_raw(width, height, test.image(index).to_vec())
            .unwrap()
            .save(project.path(&name))
            .unwrap();
    }
    let answer = json(&project, &["predict", WEIGHTS, "images", "--top", "10", "--batch-size", "2"]);
    let predictions = answer["predictions"].as_array().unwrap();
    assert_eq!(predictions.len(), 5);
    let evaluated = project.read("results/digits/rank/predictions.csv");
    for (line, prediction) in evaluated.lines().skip(1).zip(predictions) {
        let (fields, classes) =
            (line.split(',').collect::<Vec<_>>(), prediction["classes"].as_array().unwrap());
        assert_eq!(classes[0]["class"], fields[2], "{prediction}");
        let probabilities: Vec<f64> =
            classes.iter().map(|class| class["probability"].as_f64().unwrap()).collect();
        let expected: f64 = fields[3].parse().unwrap();
        assert!((probabilities[0] - expected).abs() < 1e-6, "{line}: {prediction}");
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(probabilities.is_sorted_by(|left, right| left >= right));
    }
    let table = project.pipeline_with(&["predict", WEIGHTS, "images/0.png"]).ok();
    assert!(table.stdout.starts_with("image"), "{}", table.stdout);
    assert_eq!(table.stdout.lines().count(), 2, "{}", table.stdout);
}

#[test]
fn what_cannot_be_predicted_is_named() {
    let project = trained();
    project.file("broken.png", "no image");
    for (arguments, part) in [
        (["predict", WEIGHTS, "missing.png"], "missing.png"),
        (["predict", WEIGHTS, "pipelines"], "holds no .jpg"),
        (["predict", "missing.safetensors", "broken.png"], "missing.safetensors"),
        (["predict", "broken.png", "broken.png"], "broken.png is not a safetensors file"),
    ] {
        let refused = project.pipeline_with(&arguments).expect_code(2);
        assert!(refused.stderr.starts_with("error: ") && refused.stderr.contains(part), "{}", refused.stderr);
        let refused = project.pipeline_with(&[&arguments[..], &["--json"]].concat()).expect_code(2).json();
        assert!(refused["error"]["message"].as_str().unwrap().contains(part), "{refused}");
    }
}

#[test]
fn bad_images_are_named_and_the_good_ones_classified() {
    let project = trained();
    std::fs::create_dir_all(project.path("images")).unwrap();
    for index in 0..8 {
        project.file(&format!("images/{index}-broken.png"), "no image");
    }
    for name in ["images/3.png", "images/9.png"] {
        image::RgbImage::new(32, 32).save(project.path(name)).unwrap();
    }
    let mixed = ["predict", WEIGHTS, "images", "--batch-size", "2"];
    let answer = project.pipeline_with(&mixed).expect_code(1);
    let classified: Vec<_> =
        answer.stdout.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(classified, ["images/3.png", "images/9.png"]);
    assert!(answer.stderr.starts_with("error: 8 images could not be used:\n  images/0-broken.png: "));
    assert!(answer.stderr.contains("and 3 more") && !answer.stderr.contains("7-broken"), "{}", answer.stderr);
    let answer = project.pipeline_with(&[&mixed[..], &["--json"]].concat()).expect_code(1).json();
    assert_eq!(answer["predictions"].as_array().unwrap().len(), 2);
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!((errors.len(), &errors[7]["file"]), (8, &Value::from("images/7-broken.png")));
    assert_eq!(answer["error"], errors[0]);
    assert!(errors[0]["message"].as_str().unwrap().contains("neither a JPEG nor a PNG"), "{answer}");
    let alone = project.pipeline_with(&["predict", WEIGHTS, "images/0-broken.png"]).expect_code(1);
    assert_eq!(alone.stdout, "");
}

#[test]
fn weights_are_described_layer_by_layer() {
    let project = trained();
    let answer = json(&project, &["inspect", WEIGHTS]);
    let layers = answer["layers"].as_array().unwrap();
    let sum = |field: &str| layers.iter().map(|layer| layer[field].as_i64().unwrap()).sum::<i64>();
    assert_eq!(answer["trainable_parameters"], sum("parameters"));
    assert_eq!(answer["multiply_adds"], sum("multiply_adds"));
    let metrics: Value = serde_json::from_str(&project.read("results/digits/train/metrics.json")).unwrap();
    assert_eq!(answer["trainable_parameters"], metrics["trainable_parameters"]);
    assert_eq!(answer["learning_rates"].as_array().unwrap().len(), 3, "{answer}");
    assert!(answer["means"]["R"].is_number() && answer["trajectory"].is_string(), "{answer}");
    assert!(answer["training"]["batch_size"].is_u64() && answer["kept_epoch"].is_null(), "{answer}");
    let text = project.pipeline_with(&["inspect", WEIGHTS]).ok().stdout;
    for part in [
        "stem.conv",
        "batch_size = ",
        "3, learning rate 0",
        "trajectory",
        "4 × 32 × 32",
        "head.fc",
        "multiply-adds an image",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    let refused = project.pipeline_with(&["inspect", WEIGHTS, "--sheet", "sheet.png"]).expect_code(2);
    assert!(refused.stderr.contains("shows a dataset"), "{}", refused.stderr);
}

#[test]
fn datasets_are_described_class_by_class_and_drawn() {
    let project = trained();
    let answer = json(&project, &["inspect", "results/digits/dataset"]);
    let splits = answer["splits"].as_array().unwrap();
    let names: Vec<_> = splits.iter().map(|split| split["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["train", "val", "test"]);
    for (split, a_class) in splits.iter().skip(1).zip([15_i64, 30]) {
        let classes = split["classes"].as_array().unwrap();
        assert_eq!(split["images"], 10 * a_class);
        // Classes differ in size, and so do their shares, by one at most.
        let near = |class: &Value| class["images"].as_i64().unwrap().abs_diff(a_class) <= 1;
        assert!(classes.iter().all(near), "{split}");
    }
    let draw = |arguments: &[&str]| {
        let sheet = ["inspect", "results/digits/dataset/train.h5", "--sheet", "sheet.png"];
        project.pipeline_with(&[&sheet, arguments].concat()).ok();
        std::fs::read(project.path("sheet.png")).unwrap()
    };
    let plain = draw(&[]);
    let augmented = draw(&["--augment", "rotation = 18, cutout = 8"]);
    assert_ne!(plain, augmented);
    assert_eq!(augmented, draw(&["--augment", "{ rotation = 18, cutout = 8 }"]));
    let size = image::image_dimensions(project.path("sheet.png")).unwrap();
    assert_eq!(size, (12 * 68 + 4, 10 * 68 + 4));
    let wrong = ["inspect", "results/digits/dataset", "--sheet", "s.png", "--augment", "rotatoin = 18"];
    let refused = project.pipeline_with(&wrong).expect_code(2);
    assert!(refused.stderr.contains("rotatoin"), "{}", refused.stderr);
    let wrong = ["inspect", "results/digits/dataset", "--sheet", "s.png", "--augment", "{ rotation = -18 }"];
    let refused = project.pipeline_with(&wrong).expect_code(2);
    assert!(refused.stderr.contains("expected a number of at least 0"), "{}", refused.stderr);
    let wrong = ["inspect", "results/digits/dataset", "--sheet", "s.jpg"];
    let refused = project.pipeline_with(&wrong).expect_code(2);
    assert!(refused.stderr.contains("`s.jpg` does not end in `.png`"), "{}", refused.stderr);
    assert!(!project.path("s.jpg").exists() && !project.path("s.png").exists());
    let missing = project.pipeline_with(&["inspect", "data/nothing.h5"]).expect_code(2);
    assert!(missing.stderr.contains("nothing.h5"), "{}", missing.stderr);
}
