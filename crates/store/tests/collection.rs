//! What a collection keeps and what goes; verification.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Project, digest, files_below, gc, made, output, work};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};
use store::{Digest, GcItemKind, GcReport, Made, Roots, StoreError, verify};

const DAY: Duration = Duration::from_secs(86_400);

fn set_age(path: &Path, age: Duration) {
    File::open(path).unwrap().set_modified(SystemTime::now() - age).unwrap();
}

impl Project {
    fn action_path(&self, key: &str) -> std::path::PathBuf {
        self.store.root().join(format!("actions/{}.json", digest(key)))
    }

    /// Produces `content` under `key`, as so many days ago.
    fn produce_days_ago(&self, key: &str, content: &str, days: u32) -> Digest {
        let action = self.produce_file(key, content);
        set_age(&self.action_path(key), DAY * days);
        output(&action).digest
    }

    /// Writes a checkpoint at the point `point` of a trajectory.
    fn write_checkpoint(&self, point: &str, days: u32) {
        let path = self.store.root().join(format!("checkpoints/{}.checkpoint", digest(point)));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "pipeline checkpoint of any version\n").unwrap();
        set_age(&path, DAY * days);
    }

    /// Produces a result as a training that has gone through these points, of which the last is its end.
    fn train(&self, key: &str, points: &[&str]) {
        points.iter().for_each(|point| self.write_checkpoint(point, 0));
        let claim = work(&self.store, key);
        let path = claim.directory().join("out");
        fs::write(&path, key).unwrap();
        let (end, within) = points.split_last().unwrap();
        let made = Made {
            checkpoints: vec![digest(end)],
            passed_checkpoints: within.iter().map(|point| digest(point)).collect(),
            ..made(path)
        };
        claim.commit(made).unwrap();
    }

    /// Those of `points` that have a checkpoint.
    fn checkpoints<'a>(&self, points: &[&'a str]) -> Vec<&'a str> {
        let there = files_below(&self.store.root().join("checkpoints"));
        let is_there = |point: &&&str| there.contains(&format!("{}.checkpoint", digest(point)));
        points.iter().filter(is_there).copied().collect()
    }

    /// Collects after a dry run that must have said the same.
    fn collect(&self, roots: &Roots) -> GcReport {
        // What this process would clear away by and by is no matter for a collection.
        self.store.save_index().unwrap();
        let before = files_below(self.store.root());
        let announced = gc(&self.store, roots, true).unwrap();
        assert_eq!(files_below(self.store.root()), before, "a dry run removes nothing");
        let done = gc(&self.store, roots, false).unwrap();
        assert_eq!(announced, done);
        assert!(done.removed.iter().all(|item| !item.path.exists()));
        assert!(verify(&self.store).unwrap().is_whole());
        assert_eq!(gc(&self.store, roots, true).unwrap().removed, [], "nothing is left to collect");
        done
    }

    fn kept(&self, keys: &[&str]) -> Vec<String> {
        let kept = keys.iter().filter(|key| self.store.action(&digest(key)).is_some());
        kept.map(|key| (*key).to_owned()).collect()
    }
}

fn roots(keys: &[&str]) -> Roots {
    Roots { keys: keys.iter().map(|key| digest(key)).collect(), ..Roots::default() }
}

fn kinds(report: &GcReport) -> Vec<GcItemKind> {
    report.removed.iter().map(|item| item.kind).collect()
}

#[test]
fn what_is_named_stays_with_all_it_needs() {
    let project = Project::new();
    let a = output(&project.produce_file("a", "shared")).digest;
    let b = output(&project.produce_file("b", "own")).digest;
    project.produce_file("c", "shared");
    let d = output(&project.produce_file("d", "named as an object")).digest;
    project.write_checkpoint("gone", 0);
    let report = project.collect(&Roots { objects: BTreeSet::from([d]), ..roots(&["a"]) });

    use GcItemKind::{Action, Checkpoint, Object};
    assert_eq!(kinds(&report), [Action, Action, Action, Checkpoint, Object]);
    assert_eq!(report.removed[4].name, b.to_hex());
    assert_eq!(report.removed[4].bytes, 3);
    assert_eq!(project.kept(&["a", "b", "c", "d"]), ["a"]);
    assert!(project.store.has_object(&a) && project.store.has_object(&d) && !project.store.has_object(&b));
    assert_eq!(files_below(&project.store.root().join("checkpoints")), Vec::<String>::new());
    assert!(report.removed_bytes() > 3 && report.kept_bytes > 24);
}

#[test]
fn checkpoints_stay_where_a_training_that_stays_may_go_on_and_where_one_has_stopped() {
    let project = Project::new();
    project.train("kept", &["start", "within", "end"]);
    project.train("gone", &["start", "other", "other end"]);
    project.write_checkpoint("stopped", 0);
    let all = ["start", "within", "end", "other", "other end", "stopped"];
    project.collect(&Roots { spares_checkpoints: true, ..roots(&["kept"]) });
    assert_eq!(project.checkpoints(&all), ["end", "stopped"]);
    project.collect(&roots(&["kept"]));
    assert_eq!(project.checkpoints(&all), Vec::<&str>::new());
}

#[test]
fn a_training_that_stays_within_the_limits_keeps_its_end() {
    let project = Project::new();
    project.train("old", &["old within", "old end"]);
    set_age(&project.action_path("old"), DAY * 40);
    project.train("young", &["young within", "young end"]);
    for point in ["old within", "old end", "young within", "young end"] {
        project.write_checkpoint(point, 40);
    }
    let limits = Roots { younger_than: Some(DAY * 30), spares_checkpoints: true, ..Roots::default() };
    project.collect(&limits);
    assert_eq!(project.checkpoints(&["old within", "old end", "young within", "young end"]), ["young end"]);
    let room = Roots { younger_than: None, within_bytes: Some(1), ..limits };
    project.collect(&room);
    assert_eq!(project.checkpoints(&["young end"]), Vec::<&str>::new());
}

#[test]
fn what_is_young_stays() {
    let project = Project::new();
    for (key, days) in [("old", 40), ("young", 2), ("old but named", 40)] {
        project.produce_days_ago(key, key, days);
        project.write_checkpoint(&format!("state {days} days ago"), days);
    }
    project.collect(&Roots { younger_than: Some(DAY * 30), ..roots(&["old but named"]) });
    assert_eq!(project.kept(&["old", "young", "old but named"]), ["young", "old but named"]);
    let states = ["state 40 days ago", "state 2 days ago"];
    assert_eq!(project.checkpoints(&states), ["state 2 days ago"]);
}

#[test]
fn the_newest_stay_as_long_as_they_fit() {
    let project = Project::new();
    let content = |letter: &str| letter.repeat(100_000);
    for (key, days) in [("a", 4), ("b", 3), ("c", 2), ("d", 1)] {
        project.produce_days_ago(key, &content(key), days);
    }
    let limit = |bytes| Roots { within_bytes: Some(bytes), ..Roots::default() };
    project.collect(&limit(500_000));
    assert_eq!(project.kept(&["a", "b", "c", "d"]), ["a", "b", "c", "d"]);
    let report = project.collect(&Roots { within_bytes: Some(350_000), ..roots(&["a"]) });
    assert_eq!(project.kept(&["a", "b", "c", "d"]), ["a", "c", "d"]);
    assert!(report.kept_bytes <= 350_000);
    project.collect(&limit(0));
    assert_eq!(project.kept(&["a", "b", "c", "d"]), Vec::<String>::new());
    assert_eq!(files_below(&project.store.root().join("objects")), Vec::<String>::new());
}

#[test]
fn what_is_of_no_use_goes_in_any_case() {
    let project = Project::new();
    project.produce_file("key", "hello");
    fs::write(project.action_path("damaged"), "{").unwrap();
    fs::write(project.store.root().join("tmp/.x.tmp"), "half").unwrap();
    fs::create_dir_all(project.store.root().join("damaged")).unwrap();
    fs::write(project.store.root().join("damaged/object"), "jello").unwrap();
    fs::write(project.store.root().join("objects/no object"), "").unwrap();
    let failed = work(&project.store, "failed");
    fs::write(failed.directory().join("log"), "it failed").unwrap();
    failed.abandon();

    let report = project.collect(&roots(&["key", "failed"]));
    use GcItemKind::{Damaged, Stage, Temporary};
    assert_eq!(kinds(&report), [Damaged, Damaged, Temporary, Temporary]);
    assert_eq!(kinds(&project.collect(&roots(&["key"]))), [Stage]);
    assert_eq!(project.kept(&["key"]), ["key"]);
}

#[test]
fn records_of_a_newer_version_stop_a_collection() {
    let project = Project::new();
    project.produce_file("key", "hello");
    let newer = serde_json::json!({"format": store::FORMAT + 1, "outputs": "elsewhere"});
    store::write_document(&project.action_path("newer"), &newer).unwrap();
    let error = gc(&project.store, &Roots::default(), false).unwrap_err();
    assert!(matches!(error, StoreError::NewerFormat { .. }), "{error}");
    assert_eq!(project.kept(&["key"]), ["key"]);
}

#[test]
fn an_empty_project_has_nothing_to_collect_or_verify() {
    let project = Project::new();
    assert_eq!(gc(&project.store, &Roots::default(), false).unwrap(), GcReport::default());
    assert!(verify(&project.store).unwrap().is_whole());
    assert!(!project.store.root().exists());
}

#[test]
fn a_need_that_is_gone_already_is_named() {
    let project = Project::new();
    let claim = work(&project.store, "key");
    let error = claim.needs(&[digest("gone")]).unwrap_err();
    assert!(matches!(error, StoreError::MissingObject { digest: missing } if missing == digest("gone")));
}

#[test]
fn verification_reads_everything_and_moves_what_is_damaged_aside() {
    let mut project = Project::new();
    let whole = project.produce_file("whole", "hello");
    let damaged = project.produce_file("damaged", "world");
    let lost = project.produce_file("lost", "lost");
    fs::write(project.action_path("unreadable"), "{").unwrap();
    project.reopen();
    // With its stamp as it was, only reading it shows that the object has changed.
    let object = project.store.object_path(&output(&damaged).digest);
    let stamp = fs::metadata(&object).unwrap();
    fs::set_permissions(&object, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    fs::write(&object, "w0rld").unwrap();
    File::open(&object).unwrap().set_modified(stamp.modified().unwrap()).unwrap();
    fs::remove_file(project.store.object_path(&output(&lost).digest)).unwrap();
    assert!(project.store.has_object(&output(&damaged).digest));

    let report = verify(&project.store).unwrap();
    assert!(!report.is_whole());
    assert_eq!((report.objects, report.bytes), (2, 5));
    assert_eq!(report.damaged_objects.len(), 1);
    assert_eq!(report.damaged_objects[0].digest, output(&damaged).digest);
    assert!(report.damaged_objects[0].moved_to.as_ref().unwrap().exists());
    assert_eq!(report.damaged_actions.len(), 1);
    let missing: BTreeSet<Digest> = report.missing_outputs.iter().map(|missing| missing.key).collect();
    assert_eq!(missing, BTreeSet::from([digest("damaged"), digest("lost")]));
    assert!(!project.store.has_object(&output(&damaged).digest));
    assert!(project.store.has_object(&output(&whole).digest));
}
