use crate::{
    command::{Command, Task},
    linked::LinkedInput,
    mark, paths, shell,
};
use std::{collections::BTreeSet, fmt::Write};

/// The folder in which a stage runs whose command opens files by literal paths: it looks like the project, but the
/// stage's inputs lie where the command expects them, and what it writes is its own. It is the folder that the
/// runner takes the outputs from, so that they need not be moved.
pub(crate) struct Workspace<'a> {
    task: &'a Task<'a>,
    /// Folders whose content is linked one by one, since other things go into them. The first is the project.
    mirrored: BTreeSet<String>,
    /// Paths that must not be linked to what lies there in the project.
    kept_out: BTreeSet<String>,
}

impl<'a> Workspace<'a> {
    pub fn new(task: &'a Task<'a>) -> Self {
        let mut mirrored: BTreeSet<String> = [String::new()].into();
        if !task.wdir.is_empty() {
            mirrored.extend(paths::ancestors(task.wdir).chain([task.wdir]).map(str::to_owned));
        }
        // A folder of the project that also holds what must not be read there.
        for input in task.linked.inputs.iter().filter(|input| !input.is_output && !input.path.is_empty()) {
            let below =
                |path: &&String| paths::inside(path, &input.path).is_some_and(|rest| !rest.is_empty());
            for path in task.superseded.iter().filter(below) {
                let levels =
                    paths::ancestors(path).filter(|level| paths::inside(level, &input.path).is_some());
                mirrored.extend(levels.map(str::to_owned));
            }
        }
        let written = task.params_files.iter().map(|(path, _)| path);
        let linked = task.linked.inputs.iter().filter(|input| input.is_output).map(|input| &input.path);
        let kept_out = task.superseded.iter().chain(written).chain(linked).chain(&mirrored);
        let kept_out = kept_out.filter(|path| !path.is_empty()).cloned().collect();
        Self { task, mirrored, kept_out }
    }

    pub fn command(&self) -> Command {
        let mut script = String::from("set -e\nproject=$PWD\ncd \"$PIPELINE_STAGE_DIR/outputs\"\n");
        let folders = self.folders();
        if !folders.is_empty() {
            let words: Vec<String> = folders.iter().map(|folder| shell::word(folder)).collect();
            let _ = writeln!(script, "mkdir -p {}", words.join(" "));
        }
        for folder in &self.mirrored {
            script.push_str(&self.mirror(folder));
        }
        for input in &self.task.linked.inputs {
            script.push_str(&self.link(input));
        }
        for (path, text) in self.task.params_files {
            let _ = write!(script, "cat > {} <<'END'\n{text}END\n", shell::word(path));
        }
        if !self.task.wdir.is_empty() {
            let _ = writeln!(script, "cd {}", shell::word(self.task.wdir));
        }
        let copies = self.copies();
        for line in shell::lines(self.task.commands, !copies.is_empty()).iter().chain(&copies) {
            let _ = writeln!(script, "{line}");
        }
        Command { run: script, is_shell: true, has_workspace: true }
    }

    /// Folders to be made: those that links and files of parameters go into. The runner makes those of outputs.
    fn folders(&self) -> Vec<String> {
        let links =
            self.task.linked.inputs.iter().filter(|input| input.is_output || self.is_hidden(&input.path));
        let files = self.task.params_files.iter().map(|(path, _)| path);
        let parents = links.map(|input| &input.path).chain(files).map(|path| paths::parent(path).to_owned());
        let wanted: BTreeSet<String> = parents
            .chain(self.mirrored.iter().cloned())
            .filter(|folder| !folder.is_empty() && paths::is_inside(folder))
            .collect();
        let is_outer = |folder: &String| {
            wanted.iter().any(|other| other != folder && paths::inside(other, folder).is_some())
        };
        let is_made = |folder: &String| {
            self.task
                .linked
                .outputs
                .iter()
                .any(|output| paths::inside(&output.path, folder).is_some_and(|rest| !rest.is_empty()))
        };
        wanted.iter().filter(|folder| !is_outer(folder) && !is_made(folder)).cloned().collect()
    }

    fn mirror(&self, folder: &str) -> String {
        let first = |path: &String| {
            let rest = paths::inside(path, folder)?;
            let name = rest.split('/').next()?;
            (!name.is_empty()).then(|| name.to_owned())
        };
        let mut names: Vec<String> = self.kept_out.iter().filter_map(first).collect();
        names.extend(folder.is_empty().then(|| "results".to_owned()));
        names.sort();
        names.dedup();
        let into = if folder.is_empty() { ".".to_owned() } else { shell::word(folder) };
        let find = format!(
            "find {} -mindepth 1 -maxdepth 1 ! -name '.*'{}",
            shell::in_project(folder),
            shell::except(&names)
        );
        format!("{find} \\\n  -exec ln -s {{}} {into} \\;\n")
    }

    /// Whether a path of the project is not there with the folder that it lies in.
    fn is_hidden(&self, path: &str) -> bool {
        let is_inside = |folder: &&String| paths::inside(path, folder).is_some_and(|rest| !rest.is_empty());
        let Some(nearest) = self.mirrored.iter().filter(is_inside).max_by_key(|folder| folder.len()) else {
            return false;
        };
        let rest = paths::inside(path, nearest).unwrap_or_default();
        let first = paths::join(nearest, rest.split('/').next().unwrap_or_default());
        let is_results = first == "results";
        is_results || self.kept_out.iter().any(|kept| paths::inside(kept, &first).is_some())
    }

    fn link(&self, input: &LinkedInput) -> String {
        let reference = mark::of(&format!("inputs.{}", input.name));
        if input.is_output {
            return format!("ln -s \"{reference}\" {}\n", shell::word(&input.path));
        }
        let is_there =
            input.path.is_empty() || !paths::is_inside(&input.path) || self.mirrored.contains(&input.path);
        if is_there || !self.is_hidden(&input.path) {
            return String::new();
        }
        format!("ln -s {} {}\n", shell::in_project(&input.path), shell::word(&input.path))
    }

    /// Lines that copy outputs which lie in others.
    fn copies(&self) -> Vec<String> {
        let copy = |from: &String, name: &str| {
            let from = match paths::inside(from, self.task.wdir) {
                Some(near) => shell::word(near),
                None => format!("\"$PIPELINE_STAGE_DIR/outputs\"/{}", shell::word(from)),
            };
            format!("cp {from} \"{}\"", mark::of(&format!("outputs.{name}")))
        };
        let outputs = self.task.linked.outputs.iter();
        outputs.filter_map(|output| Some(copy(output.copied_from.as_ref()?, &output.name))).collect()
    }
}
