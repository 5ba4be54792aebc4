use crate::{
    params_file,
    report::Report,
    tree::{Entry, Fault, Node, Place, Value},
};
use std::path::Path;

/// The file that DVC reads without being told.
pub(crate) const DEFAULT_FILE: &str = "params.yaml";

/// What the `${…}` of a file can refer to, merged from its `vars`.
#[derive(Debug, Clone)]
pub(crate) struct Variables {
    pub root: Node,
}

impl Variables {
    pub fn empty(place: Place) -> Self {
        Self { root: Node { value: Value::Map(Vec::new()), place } }
    }

    /// Adds `params.yaml`, if it is there.
    pub fn add_default(&mut self, folder: &Path, prefix: &str, report: &mut Report) {
        if folder.join(DEFAULT_FILE).is_file() {
            self.add_file(DEFAULT_FILE, folder, prefix, &self.root.place.clone(), report);
        }
    }

    /// Adds what a `vars` list names: files, some keys of files, mappings. `prefix` is the folder as the
    /// project calls it.
    pub fn add(&mut self, vars: &Node, folder: &Path, prefix: &str, report: &mut Report) {
        for item in vars.items() {
            match &item.value {
                Value::Text(file) => self.add_file(file, folder, prefix, &item.place, report),
                Value::Map(_) => self.merge(item.clone(), report),
                _ => {
                    let message =
                        format!("expected a file or a mapping in `vars`, found {}", item.describe());
                    report.error(item.place.error(message, &[]));
                }
            }
        }
    }

    fn add_file(&mut self, item: &str, folder: &Path, prefix: &str, place: &Place, report: &mut Report) {
        let (file, keys) = item.split_once(':').unwrap_or((item, ""));
        let path = folder.join(file);
        if !path.is_file() {
            report.error(place.error(format!("`vars` names `{file}`, which does not exist"), &[]));
            return;
        }
        let mut node = match params_file::read(&path, &crate::paths::join(prefix, file)) {
            Ok(node) => node,
            Err(error) => return report.error(error),
        };
        let keys: Vec<&str> = keys.split(',').filter(|key| !key.is_empty()).collect();
        if let Some(missing) = keys.iter().find(|key| node.get(key).is_none()) {
            report.error(place.error(format!("`{file}` has no `{missing}`"), &[]));
        }
        if let (false, Value::Map(entries)) = (keys.is_empty(), &mut node.value) {
            entries.retain(|entry| keys.contains(&entry.key.as_str()));
        }
        self.merge(node, report);
    }

    fn merge(&mut self, node: Node, report: &mut Report) {
        if let (Value::Map(into), Value::Map(from)) = (&mut self.root.value, node.value) {
            merge(into, from, report);
        }
    }
}

/// Mappings are merged key by key; DVC refuses anything else that is set twice to different values.
fn merge(into: &mut Vec<Entry>, from: Vec<Entry>, report: &mut Report) {
    for entry in from {
        let Some(present) = into.iter_mut().find(|present| present.key == entry.key) else {
            into.push(entry);
            continue;
        };
        if present.node == entry.node {
            continue;
        }
        match (&mut present.node.value, entry.node.value) {
            (Value::Map(into), Value::Map(from)) => merge(into, from, report),
            _ => report.error(entry.key_place.error(
                format!("`{}` is set here and in `{}`", entry.key, present.key_place.source.name),
                &[],
            )),
        }
    }
}

/// The error about a variable that is not there.
pub(crate) fn unknown(path: &str, place: &Place) -> Fault {
    place.error(
        format!("`${{{path}}}` is not known"),
        &["variables come from `params.yaml` and from `vars`; `\\${NAME}` is left to the shell"],
    )
}
