use crate::{
    params_file, paths,
    report::Report,
    tree::{Node, Place},
};
use std::{
    cell::RefCell,
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// The folder of the project, as far as the import looks at it.
pub(crate) struct Project {
    pub root: PathBuf,
    params: RefCell<HashMap<String, Option<Node>>>,
}

impl Project {
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), params: RefCell::default() }
    }

    /// The content of a file of parameters; a faulty one is reported once, at the place that names it.
    pub fn params(&self, file: &str, place: &Place, report: &mut Report) -> Option<Node> {
        let mut known = self.params.borrow_mut();
        if let Some(node) = known.get(file) {
            return node.clone();
        }
        let path = self.root.join(file);
        let node = if path.is_file() {
            params_file::read(&path, file).map_err(|error| report.error(error)).ok()
        } else {
            report.error(place.error(format!("`{file}` does not exist"), &[]));
            None
        };
        known.insert(file.to_owned(), node.clone());
        node
    }

    /// Whether a folder holds anything but the outputs of stages and hidden files.
    pub fn has_content(&self, folder: &str, outputs: &[String]) -> bool {
        let Ok(entries) = fs::read_dir(self.root.join(folder)) else { return false };
        entries.flatten().any(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = paths::join(folder, &name);
            let is_output = outputs.contains(&path);
            let holds_outputs = outputs.iter().any(|output| paths::inside(output, &path).is_some());
            !name.starts_with('.') && !is_output && (!holds_outputs || self.has_content(&path, outputs))
        })
    }

    /// Whether something lies at a path.
    pub fn exists(&self, path: &str) -> bool {
        self.root.join(path).symlink_metadata().is_ok()
    }

    /// The `.dvc` file that tracks a path, and its content.
    pub fn tracked_by(&self, path: &str) -> Option<(String, Node)> {
        std::iter::once(path).chain(paths::ancestors(path)).find_map(|path| {
            let file = format!("{path}.dvc");
            let on_disk = self.root.join(&file);
            if !on_disk.is_file() {
                return None;
            }
            params_file::read(&on_disk, &file).ok().map(|node| (file, node))
        })
    }

    /// The text of a file of the project that is small enough to be a script.
    pub fn script(&self, path: &str) -> Option<String> {
        const LARGEST: u64 = 1 << 20;
        let path = self.root.join(path);
        let metadata = fs::metadata(&path).ok()?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return None;
        }
        fs::read_to_string(path).ok()
    }
}
