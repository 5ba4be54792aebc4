//! Every file of the store, cut short at every byte or with a bit of any byte flipped, through the binary: no panic,
//! no false hit, at worst a stage runs again (behaviour 8).

use crate::{chain, project};
use std::{
    collections::BTreeMap,
    fs::{self, FileTimes},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};
use testkit::Project;

const SIDE_BY_SIDE: usize = 8;

/// Of a longer file so many bytes are damaged, spread over it; of a shorter one all.
const MOST_POSITIONS: usize = 600;

/// No flipped bit of an output's name makes its path absolute: should a check be missing, other files must not pay.
const PIPELINE: &str = r#"
[stages.a]
kind    = "command"
run     = "cp ${inputs.i} ${outputs.o}"
inputs  = { i = "input.txt" }
outputs = { o = "copied" }

[stages.b]
kind    = "command"
run     = "sh -c 'mkdir $2; cp $1 $2/copy; echo done' - ${inputs.i} ${outputs.o}"
inputs  = { i = "${stages.a.o}" }
outputs = { o = "folder" }
"#;

/// A project that has run, once well and once with a failure, and its files as they were then.
struct Whole {
    project: Project,
    store: BTreeMap<PathBuf, Kept>,
    results: BTreeMap<PathBuf, Vec<u8>>,
    /// How many runs there were.
    runs: usize,
}

struct Kept {
    bytes: Vec<u8>,
    mode: u32,
    modified: SystemTime,
}

impl Whole {
    fn new() -> Self {
        let project = project();
        project.file("input.txt", "abc").pipeline(PIPELINE);
        project.pipeline("[stages.fails]\nkind = \"command\"\nrun = \"sh -c 'echo half > $1; exit 1' - ${outputs.o}\"\noutputs = { o = \"half\" }");
        project.run(&[]).expect_code(1);
        project.pipeline(PIPELINE).run(&[]).ok();
        let store = project.files(".pipeline").into_keys().map(|path| {
            let kept = Kept::of(&project.path(".pipeline").join(&path));
            (path, kept)
        });
        let runs = fs::read_dir(project.path(".pipeline/runs")).unwrap().count();
        Self { store: store.collect(), results: project.files("results/p"), runs, project }
    }

    /// Puts other bytes in the place of the file. It is another file then, of another time.
    fn damage(&self, file: &Path, bytes: &[u8]) {
        let path = self.project.path(".pipeline").join(file);
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let kept = &self.store[file];
        kept.finish(&path, kept.modified - Duration::from_secs(10));
    }

    /// Runs with the damage. What `run` does, and whether the results had to be restored, must not show in them.
    fn run_and_mend(&self, file: &Path, what: &str) {
        let ran = self.project.run(&[]);
        let said = format!("{} {what}: {}{}", file.display(), ran.stdout, ran.stderr);
        assert!(ran.code == Some(0) && !ran.stderr.contains("panicked"), "{said}");
        assert!(self.project.files("results/p") == self.results, "other results: {said}");
        let reading: &[&str] = match file.starts_with("runs") {
            true => &["runs", "--json"],
            false => &["plan", "pipelines/p.toml", "--json"],
        };
        let read = self.project.pipeline_with(reading);
        assert!(read.code == Some(0) && read.json().is_object(), "{said}, then {read:?}");
        let wrote_nothing = fs::read_dir(self.project.path(".pipeline/runs")).unwrap().count() == self.runs;
        match wrote_nothing {
            true => self.damage(file, &self.store[file].bytes),
            false => self.mend(),
        }
    }

    /// Makes the store what it was.
    fn mend(&self) {
        let root = self.project.path(".pipeline");
        for path in self.project.files(".pipeline").into_keys().filter(|path| !self.store.contains_key(path))
        {
            fs::remove_file(root.join(&path)).unwrap();
            for folder in path.ancestors().skip(1) {
                // One that still holds something stays.
                let _ = fs::remove_dir(root.join(folder));
            }
        }
        for (path, kept) in &self.store {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if fs::read(&path).ok().as_ref() != Some(&kept.bytes) {
                let _ = fs::remove_file(&path);
                fs::write(&path, &kept.bytes).unwrap();
            }
            kept.finish(&path, kept.modified);
        }
    }

    fn check(&self, file: &Path, share: usize) {
        let whole = &self.store[file].bytes;
        let step = whole.len().div_ceil(MOST_POSITIONS).max(1);
        let positions = (0..whole.len()).step_by(step).enumerate();
        for (_, position) in positions.filter(|(number, _)| number % SIDE_BY_SIDE == share) {
            // With it, most of the others are not read.
            if !file.starts_with("settled") {
                let _ = fs::remove_dir_all(self.project.path(".pipeline/settled"));
            }
            // Objects are read when they are restored.
            if file.starts_with("objects") {
                fs::remove_dir_all(self.project.path("results/p")).unwrap();
            }
            self.damage(file, &whole[..position]);
            self.run_and_mend(file, &format!("cut to {position} bytes"));
            let mut flipped = whole.clone();
            flipped[position] ^= 1 << (position % 8);
            self.damage(file, &flipped);
            self.run_and_mend(file, &format!("with a bit of byte {position} flipped"));
        }
    }
}

impl Kept {
    fn of(path: &Path) -> Self {
        let metadata = fs::metadata(path).unwrap();
        Self {
            bytes: fs::read(path).unwrap(),
            mode: metadata.permissions().mode(),
            modified: metadata.modified().unwrap(),
        }
    }

    fn finish(&self, path: &Path, modified: SystemTime) {
        fs::File::open(path).unwrap().set_times(FileTimes::new().set_modified(modified)).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(self.mode)).unwrap();
    }
}

#[test]
fn no_damage_to_any_byte_of_the_store_gives_a_wrong_result() {
    thread::scope(|scope| {
        for share in 0..SIDE_BY_SIDE {
            scope.spawn(move || {
                let whole = Whole::new();
                for file in whole.store.keys() {
                    whole.check(file, share);
                }
            });
        }
    });
}

/// The hint of `verify` leads to a store that is whole, even where a plain run has nothing to do.
#[test]
fn what_verify_misses_comes_back_the_way_it_says() {
    let project = chain();
    project.run(&[]).ok();
    fs::remove_dir_all(project.path(".pipeline/objects")).unwrap();
    assert!(project.run(&[]).ok().executed().is_empty());
    let said = project.pipeline_with(&["verify"]).expect_code(1).stderr;
    assert!(said.contains("--force STAGE"), "{said}");
    project.run(&["--force"]).ok();
    project.pipeline_with(&["verify"]).ok();
}
