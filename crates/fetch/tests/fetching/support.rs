use fetch::{FetchError, FetchJob, Fetched, Monitor, Policy, fetch};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

/// A folder to fetch into, with what was said meanwhile.
pub struct Place {
    pub folder: TempDir,
    pub warnings: Mutex<Vec<String>>,
    pub stop: AtomicBool,
    /// The greatest number of bytes that was said to be downloaded.
    pub downloaded: Mutex<u64>,
    /// Set once so many bytes are there.
    pub stop_at: u64,
    pub stall: Duration,
    pub fetches: AtomicUsize,
}

impl Place {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            warnings: Mutex::default(),
            stop: AtomicBool::new(false),
            downloaded: Mutex::default(),
            stop_at: u64::MAX,
            stall: Duration::from_secs(30),
            fetches: AtomicUsize::new(0),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the last fetch was to put its result.
    pub fn output(&self) -> PathBuf {
        self.path(&format!("path-{}", self.fetches.load(Ordering::Relaxed)))
    }

    /// Fetches what these fields of a stage say.
    pub fn fetch(&self, fields: Value) -> Result<Fetched, FetchError> {
        let params = serde_json::from_value(fields).unwrap();
        let number = self.fetches.fetch_add(1, Ordering::Relaxed) + 1;
        let (output, partial) = (self.path(&format!("path-{number}")), self.path("partial"));
        let policy = Policy { first_wait: Duration::from_millis(1), stall: self.stall, ..Policy::default() };
        let job = FetchJob { params: &params, output: &output, partial: &partial, policy };
        let progress = |activity: &str, done: u64, _: u64, _: &str| {
            if activity == "downloading" {
                *self.downloaded.lock().unwrap() = done;
                if done >= self.stop_at {
                    self.stop.store(true, Ordering::Relaxed);
                }
            }
        };
        let warn = |message| self.warnings.lock().unwrap().push(message);
        fetch(&job, &Monitor { progress: &progress, warn: &warn, stop: &self.stop })
    }

    /// Unpacks an archive that lies on disk.
    pub fn unpack(&self, name: &str, archive: &[u8]) -> Result<Fetched, FetchError> {
        fs::write(self.path(name), archive).unwrap();
        self.fetch(json!({ "url": format!("file://{}", self.path(name).display()) }))
    }

    pub fn warned(&self) -> Vec<String> {
        self.warnings.lock().unwrap().clone()
    }
}

/// Every file below a folder: its content, `x` before it if it is executable. Folders end with a slash, links
/// show where they lead to.
pub fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(folder, folder, &mut found);
    found
}

fn collect(root: &Path, path: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_symlink() {
            found.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
        } else if metadata.is_dir() {
            found.insert(name + "/", String::new());
            collect(root, &path, found);
        } else {
            let mark = if metadata.permissions().mode() & 0o111 != 0 { "x" } else { "" };
            found.insert(name, format!("{mark}{}", String::from_utf8_lossy(&fs::read(&path).unwrap())));
        }
    }
}

pub fn pairs(expected: &[(&str, &str)]) -> BTreeMap<String, String> {
    expected.iter().map(|(name, content)| ((*name).to_owned(), (*content).to_owned())).collect()
}

pub fn sha256(bytes: &[u8]) -> String {
    let digits: Vec<String> = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", digits.concat())
}

/// Bytes that differ everywhere.
pub fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|position| (position.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}
