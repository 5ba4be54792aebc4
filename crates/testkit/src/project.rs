use crate::Ran;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// A project folder of its own, removed with the value.
pub struct Project {
    _folder: TempDir,
    root: PathBuf,
    program: PathBuf,
    worker: PathBuf,
}

impl Project {
    /// An empty project for this `pipeline` binary, `env!("CARGO_BIN_EXE_pipeline")`, and the fake worker, which
    /// lies where cargo puts the programs of this workspace.
    pub fn new(program: &str) -> Self {
        let program = PathBuf::from(program);
        let worker = program.with_file_name("fake-worker");
        Self::at(folder_in_memory(), program, worker)
    }

    /// An empty project for this `pipeline` binary and this worker.
    pub fn with_worker(program: PathBuf, worker: PathBuf) -> Self {
        Self::at(tempfile::tempdir().unwrap(), program, worker)
    }

    fn at(folder: TempDir, program: PathBuf, worker: PathBuf) -> Self {
        for needed in [&program, &worker] {
            assert!(
                needed.exists(),
                "{} is not built: cargo build -p cli -p worker -p testkit",
                needed.display()
            );
        }
        let root = folder.path().canonicalize().unwrap().join("project");
        fs::create_dir_all(root.join("pipelines")).unwrap();
        Self { _folder: folder, root, program, worker }
    }

    /// A copy of the whole project, times and links included.
    pub fn copy(&self) -> Self {
        let folder = tempfile::tempdir_in(self.root.parent().unwrap().parent().unwrap()).unwrap();
        let copy = Self::at(folder, self.program.clone(), self.worker.clone());
        fs::remove_dir_all(&copy.root).unwrap();
        let status = Command::new("cp").arg("-a").args([&self.root, &copy.root]).status().unwrap();
        assert!(status.success());
        copy
    }

    /// The project root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the project root.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Writes a file below the root, folders in between included.
    pub fn file(&self, relative: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Writes `pipelines/p.toml`.
    pub fn pipeline(&self, toml: &str) -> &Self {
        self.file("pipelines/p.toml", toml)
    }

    /// Reads a file below the root.
    #[track_caller]
    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    /// Replaces text in a file below the root; the text must be there.
    #[track_caller]
    pub fn edit(&self, relative: &str, from: &str, to: &str) -> &Self {
        let before = self.read(relative);
        assert!(before.contains(from), "{from:?} is not in {relative}");
        self.file(relative, before.replace(from, to))
    }

    /// The command that runs `pipeline` here, for tests that have more to set.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(&self.root)
            .env("PIPELINE_WORKER", &self.worker)
            .env("NO_COLOR", "1")
            // Tests run side by side; threads of trainings that spin while they wait would slow each other fivefold.
            .env("OMP_WAIT_POLICY", "passive")
            .stdin(Stdio::null());
        command
    }

    /// Runs `pipeline` to its end.
    #[track_caller]
    pub fn pipeline_with(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// `pipeline run pipelines/p.toml --json` with more arguments.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let mut all = vec!["run", "pipelines/p.toml", "--json"];
        all.extend(arguments);
        self.pipeline_with(&all)
    }

    /// Starts the same and leaves it running.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut all = vec!["run", "pipelines/p.toml", "--json"];
        all.extend(arguments);
        self.command(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Moves the whole project to another folder.
    pub fn move_away(&mut self) {
        let target = self.root.with_file_name("moved");
        fs::rename(&self.root, &target).unwrap();
        self.root = target;
    }

    /// Every file below a folder with its bytes, sorted by path; empty if there is no such folder.
    pub fn snapshot(&self, relative: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.path(relative), &mut files);
        files.sort();
        files
    }

    /// The same by the path below that folder.
    pub fn files(&self, relative: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let folder = self.path(relative);
        let below = |path: PathBuf| path.strip_prefix(&folder).unwrap_or(&path).to_owned();
        self.snapshot(relative).into_iter().map(|(path, bytes)| (below(path), bytes)).collect()
    }
}

/// In memory where there is such a place: a run waits until its results are on disk, and so for all that others
/// write there meanwhile.
fn folder_in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn collect(path: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), files);
        }
    } else if path.exists() {
        files.push((path.into(), fs::read(path).unwrap()));
    }
}
