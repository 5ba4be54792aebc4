//! The runner killed at any moment: the next run gives what an undisturbed one gives, without a repair step, repeats
//! nothing that was recorded, and ends what was left at work (behaviour 7).

use crate::project;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    panic::AssertUnwindSafe,
    path::PathBuf,
    thread,
};
use testkit::{Project, kill_before_change};

/// Moments at which the runner is killed, spread evenly over all that it does.
const MOMENTS: usize = 220;

const SIDE_BY_SIDE: usize = 4;

const PIPELINE: &str = r#"
[params]
word = "one"
lr   = 0.1

[stages.part]
kind    = "command"
matrix  = { n = [1, 2, 3] }
run     = "sh part.sh ${inputs.text} ${matrix.n} ${outputs.o}"
inputs  = { text = "input.txt" }
outputs = { o = "o.txt" }

[stages.pack]
kind    = "command"
run     = "sh pack.sh ${outputs.folder} ${outputs.list} ${params.word} ${inputs.parts}"
inputs  = { parts = "${stages.part.o}" }
outputs = { folder = "folder", list = "list.txt" }

[stages.inside]
kind    = "command"
run     = "sh -c 'cat $1/deep/* > $2' - ${inputs.folder} ${outputs.o}"
inputs  = { folder = "${stages.pack.folder}" }
outputs = { o = "o.txt" }

[stages.train]
kind      = "decay-train"
matrix    = { seed = [1, 2] }
seed      = "${matrix.seed}"
train     = "train.h5"
epochs    = 2
lr        = "${params.lr}"
model     = { stages = [1], filters = [4, 8] }
resources = { cpus = 1 }

[stages.rank]
kind      = "evaluate"
matrix    = { seed = [1, 2] }
weights   = "${stages.train.weights}"
dataset   = "train.h5"
resources = { cpus = 1 }

[stages.all]
kind    = "command"
run     = "sh -c 'out=$1; shift; cat $@ > $out' - ${outputs.o} ${inputs.metrics} ${inputs.inside}"
inputs  = { metrics = "${stages.rank.metrics}", inside = "${stages.inside.o}" }
outputs = { o = "o.txt" }

[metrics]
"rank.rank1" = { goal = "max" }
"#;

/// Its child waits for ever at a pipe that nobody writes to, unless somebody ends it.
const PART: &str = "(read line < never) & cat $1 > $3; echo $2 >> $3";

const PACK: &str = "folder=$1; list=$2; word=$3; shift 3; mkdir -p $folder/deep; echo $word > $folder/deep/word; \
                    cat $@ > $folder/parts; ls $folder > $list";

/// A project at the start of a run, and what that run does when it is left alone.
struct Start {
    project: Project,
    executed: BTreeSet<String>,
    results: BTreeMap<PathBuf, Vec<u8>>,
    /// The stage of each key.
    stages: BTreeMap<String, String>,
    /// How many moments there are to kill it at.
    changes: usize,
}

impl Start {
    fn of(project: Project) -> Self {
        let undisturbed = project.copy();
        let executed = undisturbed.run(&JOBS).ok().executed().into_iter().collect();
        let record = undisturbed.pipeline_with(&["show", "latest", "--json"]).ok().json();
        let stages = record["stages"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let traced = kill_before_change(&mut command(&project.copy()), usize::MAX);
        Self {
            executed,
            results: results(&undisturbed),
            stages: stages.map(|stage| (text(&stage["key"]), text(&stage["name"]))).collect(),
            changes: traced.map_or(0, |traced| traced.changes),
            project,
        }
    }

    /// Nothing has run yet.
    fn fresh() -> Self {
        let project = project();
        project.pipeline(PIPELINE).file("part.sh", PART).file("pack.sh", PACK);
        project.file("input.txt", "text\n").file("train.h5", "data");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            project.path("never"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
        Self::of(project)
    }

    /// All has run, and then an input, parameters and results have changed.
    fn edited() -> Self {
        let project = Self::fresh().project;
        project.run(&JOBS).ok();
        project.edit("pipelines/p.toml", "\"one\"", "\"two\"").edit("pipelines/p.toml", "= 0.1", "= 0.2");
        project.file("input.txt", "other\n");
        fs::remove_dir_all(project.path("results/p/part@n=1")).unwrap();
        Self::of(project)
    }

    /// Kills the run at a moment, and perhaps the one after it too; then all must be as if it had been left alone.
    fn kill_and_go_on(&self, moments: &[usize]) {
        let project = self.project.copy();
        for &moment in moments {
            kill_before_change(&mut command(&project), moment).unwrap();
            project.pipeline_with(&["compare", "--json"]).ok().json();
            let verified = project.pipeline_with(&["verify", "--json"]);
            assert_eq!(verified.code, Some(0), "something is half recorded: {}", verified.stdout);
        }
        let recorded = self.recorded(&project);
        let run = project.run(&JOBS).ok();
        let executed: BTreeSet<String> = run.executed().into_iter().collect();
        assert_eq!(
            executed,
            &self.executed - &recorded,
            "what was recorded must not run again, all else must"
        );
        assert!(
            run.outcomes().values().all(|outcome| ["executed", "restored", "fresh"].contains(&&**outcome))
        );
        self.assert_undisturbed(&project);
    }

    fn assert_undisturbed(&self, project: &Project) {
        let results = results(project);
        let names = results.keys().chain(self.results.keys());
        let other: BTreeSet<_> = names.filter(|name| results.get(*name) != self.results.get(*name)).collect();
        let shown =
            |name: &&PathBuf| results.get(*name).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert!(other.is_empty(), "{other:?} differ, such as {:?}", other.first().map(shown));
        assert_no_process_of(project);
        project.pipeline_with(&["gc"]).ok();
        let is_rubbish = |path: &PathBuf| {
            ["stages", "tmp", "in-use", "damaged"].iter().any(|folder| path.starts_with(folder))
                || path.to_string_lossy().ends_with(".tmp")
        };
        let left: Vec<_> = project.files(".pipeline").into_keys().filter(is_rubbish).collect();
        assert!(left.is_empty(), "a collection leaves {left:?}");
        let again = project.run(&JOBS).ok().outcomes();
        assert!(again.values().all(|outcome| outcome == "fresh"), "{again:?}");
    }

    /// The stages whose results are recorded.
    fn recorded(&self, project: &Project) -> BTreeSet<String> {
        let actions = project.files(".pipeline/actions").into_keys();
        let keys = actions.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
        keys.filter_map(|key| self.stages.get(&key).cloned()).collect()
    }
}

const JOBS: [&str; 2] = ["-j", "4"];

fn command(project: &Project) -> std::process::Command {
    let mut command = project.command(&["run", "pipelines/p.toml", "--json", JOBS[0], JOBS[1]]);
    command.env("PIPELINE_CPUS", "4");
    command
}

/// All that people see; ids of runs, the third column of the table, are left out.
fn results(project: &Project) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut results = project.files("results");
    if let Some(table) = results.get_mut(&PathBuf::from("table.csv")) {
        let text = String::from_utf8_lossy(table).into_owned();
        let without_id = |line: &str| {
            line.split(',')
                .enumerate()
                .filter(|(column, _)| *column != 2)
                .map(|(_, cell)| cell.to_owned())
                .collect()
        };
        let lines: Vec<Vec<String>> = text.lines().map(without_id).collect();
        *table = format!("{lines:?}").into_bytes();
    }
    results
}

/// Waits until nothing is at work in a stage directory of the project; a process that was killed takes a moment to end.
fn assert_no_process_of(project: &Project) {
    let entry = format!("PIPELINE_STAGE_DIR={}/", project.root().display());
    let is_of = |process: &fs::DirEntry| {
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|variable| variable.starts_with(entry.as_bytes()))
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while fs::read_dir("/proc").unwrap().flatten().any(|process| is_of(&process)) {
        assert!(std::time::Instant::now() < deadline, "a process of a killed run is still at work");
        thread::yield_now();
    }
}

/// Numbers that follow from a seed.
struct Draws {
    seed: u64,
    drawn: u64,
}

impl Draws {
    /// From `PIPELINE_TEST_SEED`, or another one each time.
    fn new() -> Self {
        let named = std::env::var("PIPELINE_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let now = || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
        Self { seed: named.unwrap_or_else(now), drawn: 0 }
    }

    /// A number from 0 to below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.drawn += 1;
        let digest = store::Digest::of(format!("{} {}", self.seed, self.drawn).as_bytes());
        digest.as_bytes()[..8].iter().fold(0, |number, &byte| number << 8 | usize::from(byte)) % limit.max(1)
    }
}

#[test]
fn a_runner_killed_at_any_moment_loses_and_repeats_nothing() {
    let starts = [Start::fresh(), Start::edited()];
    if starts.iter().any(|start| start.changes == 0) {
        eprintln!("SKIPPED: one process may not trace another here");
        return;
    }
    let mut draws = Draws::new();
    let (seed, each) = (draws.seed, MOMENTS / starts.len());
    let kills: Vec<(&Start, Vec<usize>)> = starts
        .iter()
        .flat_map(|start| (0..each).map(move |slice| (start, slice)))
        .map(|(start, slice)| {
            let width = start.changes.div_ceil(each);
            let first = slice * start.changes / each + 1 + draws.below(width);
            let second = (draws.below(4) == 0).then(|| 1 + draws.below(start.changes));
            (start, std::iter::once(first).chain(second).collect())
        })
        .collect();
    thread::scope(|scope| {
        for share in kills.chunks(kills.len().div_ceil(SIDE_BY_SIDE)) {
            scope.spawn(move || {
                for (start, moments) in share {
                    let survived =
                        std::panic::catch_unwind(AssertUnwindSafe(|| start.kill_and_go_on(moments)));
                    let of = start.changes;
                    assert!(
                        survived.is_ok(),
                        "killed before change {moments:?} of {of}; PIPELINE_TEST_SEED={seed}"
                    );
                }
            });
        }
    });
}
