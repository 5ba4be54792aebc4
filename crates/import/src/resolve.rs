use crate::{
    definition::Definition,
    mark, paths,
    report::Report,
    scope::{Role, Scope},
    tree::{Entry, Node, Place, Value},
    variables::DEFAULT_FILE,
};

/// A stage with its expressions replaced: by values, or by marks that stand for references. Paths are relative
/// to the project, with `/`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Resolved {
    /// The working directory; empty for the project.
    pub wdir: String,
    /// Run one after the other, each in a shell of its own.
    pub commands: Vec<String>,
    pub deps: Vec<Dep>,
    pub outs: Vec<Out>,
    pub params: Vec<ParamsUse>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dep {
    pub path: String,
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Out {
    pub path: String,
    pub place: Place,
    pub is_metrics: bool,
}

/// What a stage uses of a file of parameters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ParamsUse {
    pub file: String,
    pub place: Place,
    /// The dotted keys; `None` for all of the file.
    pub keys: Option<Vec<Key>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub path: String,
    pub place: Place,
}

impl Resolved {
    /// The same with every text changed.
    pub fn map(&self, text: impl Fn(&str) -> String) -> Self {
        let dep = |dep: &Dep| Dep { path: text(&dep.path), ..dep.clone() };
        let out = |out: &Out| Out { path: text(&out.path), ..out.clone() };
        let key = |key: &Key| Key { path: text(&key.path), ..key.clone() };
        let params = |params: &ParamsUse| ParamsUse {
            file: text(&params.file),
            keys: params.keys.as_ref().map(|keys| keys.iter().map(key).collect()),
            ..params.clone()
        };
        Self {
            wdir: text(&self.wdir),
            commands: self.commands.iter().map(|command| text(command)).collect(),
            deps: self.deps.iter().map(dep).collect(),
            outs: self.outs.iter().map(out).collect(),
            params: self.params.iter().map(params).collect(),
        }
    }
}

/// Resolves a stage. `None` if it cannot be said for all cells of a `matrix` at once, or is wrong, which has
/// then been reported.
pub(crate) fn resolve(
    definition: &Definition<'_>,
    scope: Scope<'_>,
    prefix: &str,
    report: &mut Report,
) -> Option<Resolved> {
    let mut resolver = Resolver { scope, report, stage: definition.name(), is_whole: true };
    let resolved = resolver.stage(definition.body, prefix);
    resolver.is_whole.then_some(resolved)
}

struct Resolver<'a> {
    scope: Scope<'a>,
    report: &'a mut Report,
    stage: &'a str,
    /// Whether everything could be resolved.
    is_whole: bool,
}

impl Resolver<'_> {
    fn stage(&mut self, body: &Node, prefix: &str) -> Resolved {
        let wdir = body.get("wdir").and_then(|node| self.text(node, Role::Data));
        let wdir = paths::join(prefix, wdir.as_deref().unwrap_or("."));
        if !paths::is_inside(&wdir) {
            self.wrong(body.get("wdir"), "`wdir` lies outside of the project");
        }
        Resolved {
            commands: body.get("cmd").map(|cmd| self.commands(cmd)).unwrap_or_default(),
            deps: self.deps(body, &wdir),
            outs: ["outs", "metrics", "plots"]
                .iter()
                .flat_map(|field| self.outs(body, field, &wdir))
                .collect(),
            params: self.params(body, &wdir),
            wdir,
        }
    }

    fn commands(&mut self, cmd: &Node) -> Vec<String> {
        let nodes =
            if let Value::List(items) = &cmd.value { items.as_slice() } else { std::slice::from_ref(cmd) };
        let texts: Vec<String> = nodes.iter().filter_map(|node| self.text(node, Role::Command)).collect();
        // DVC runs the lines of a text one after the other too.
        let lines = texts.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        if lines.is_empty() && self.is_whole {
            self.wrong(Some(cmd), "`cmd` is empty");
        }
        lines
    }

    fn deps(&mut self, body: &Node, wdir: &str) -> Vec<Dep> {
        let mut deps: Vec<Dep> = Vec::new();
        for node in self.list(body, "deps") {
            let Some(path) = self.text(node, Role::Data) else { continue };
            if paths::is_remote(&path) {
                let message =
                    format!("stage `{}` depends on `{path}`, whose changes nobody watches here", self.stage);
                self.report.note(
                    &node.place,
                    message,
                    "a `fetch` stage, or a command that downloads it, makes it an input",
                );
                continue;
            }
            let path = paths::join(wdir, &path);
            if !deps.iter().any(|dep| dep.path == path) {
                deps.push(Dep { path, place: node.place.clone() });
            }
        }
        deps
    }

    fn outs(&mut self, body: &Node, field: &str, wdir: &str) -> Vec<Out> {
        let mut outs = Vec::new();
        for node in self.list(body, field) {
            for (path, place, options) in self.paths_with_options(node) {
                options.iter().for_each(|options| self.note_options(&path, options));
                let joined = paths::join(wdir, &path);
                if paths::is_remote(&path) || !paths::is_inside(&joined) || joined.is_empty() {
                    let message = format!(
                        "output `{path}` of stage `{}` lies outside of the project and is left out",
                        self.stage
                    );
                    self.report.note(
                        &place,
                        message,
                        "let the command write into the project, and copy it out in a stage of its own",
                    );
                    continue;
                }
                outs.push(Out { path: joined, place, is_metrics: field == "metrics" });
            }
        }
        outs
    }

    /// `path`, or `path: { options }`.
    fn paths_with_options<'n>(&mut self, node: &'n Node) -> Vec<(String, Place, Option<&'n Node>)> {
        if !matches!(node.value, Value::Map(_)) {
            return self
                .text(node, Role::Data)
                .map(|path| (path, node.place.clone(), None))
                .into_iter()
                .collect();
        }
        let entry = |entry: &'n Entry| {
            let path = self.text(&key_node(entry), Role::Data)?;
            Some((path, entry.key_place.clone(), Some(&entry.node)))
        };
        node.entries().iter().filter_map(entry).collect()
    }

    fn note_options(&mut self, path: &str, options: &Node) {
        let options =
            if options.items().is_empty() { std::slice::from_ref(options) } else { options.items() };
        for option in options.iter().flat_map(Node::entries) {
            let (message, hint) = match option.key.as_str() {
                "persist" if option.node.is_true() => (
                    format!("`persist` of `{path}`: a stage starts without its earlier output"),
                    "a training that shall go on from before takes its weights as an input",
                ),
                "checkpoint" => (format!("`checkpoint` of `{path}` is left out"), ""),
                "template" | "x" | "y" | "x_label" | "y_label" | "title" | "header" => {
                    (format!("how to plot `{path}` is left out; the file is an output like any other"), "")
                }
                "remote" => (format!("`remote` of `{path}` is left out: there are no remotes"), ""),
                "labels" | "meta" | "type" => (format!("`{}` of `{path}` is left out", option.key), ""),
                // Every output is cached, none is pushed.
                "cache" | "push" | "desc" | "persist" => continue,
                other => (format!("`{other}` of `{path}` is not known here and is left out"), ""),
            };
            self.report.note(&option.key_place, message, hint);
        }
    }

    fn params(&mut self, body: &Node, wdir: &str) -> Vec<ParamsUse> {
        let mut uses: Vec<ParamsUse> = Vec::new();
        for node in self.list(body, "params") {
            if !matches!(node.value, Value::Map(_)) {
                let key = self.text(node, Role::Data).map(|path| Key { path, place: node.place.clone() });
                let file = paths::join(wdir, DEFAULT_FILE);
                add(&mut uses, file, &node.place, key.map(|key| vec![key]));
                continue;
            }
            for entry in node.entries() {
                let Some(file) = self.text(&key_node(entry), Role::Data) else { continue };
                let items: Vec<&Node> = entry.node.items().iter().collect();
                let key = |node: &&Node| {
                    Some(Key { path: self.text(node, Role::Data)?, place: node.place.clone() })
                };
                let keys: Vec<Key> = items.iter().filter_map(key).collect();
                add(
                    &mut uses,
                    paths::join(wdir, &file),
                    &entry.key_place,
                    (!items.is_empty()).then_some(keys),
                );
            }
        }
        uses
    }

    /// The items of a field that is a list.
    fn list<'n>(&mut self, body: &'n Node, field: &str) -> &'n [Node] {
        let Some(node) = body.get(field) else { return &[] };
        if !matches!(node.value, Value::List(_) | Value::Null) {
            let message = format!("`{field}`: expected a list, found {}", node.describe());
            self.report.error(node.place.error(message, &[]));
        }
        node.items()
    }

    fn text(&mut self, node: &Node, role: Role) -> Option<String> {
        match self.scope.text(node, role) {
            Ok(Some(text)) => return Some(text),
            Ok(None) => {}
            Err(error) => self.report.error(error),
        }
        self.is_whole = false;
        None
    }

    fn wrong(&mut self, node: Option<&Node>, message: &str) {
        self.is_whole = false;
        if let Some(node) = node {
            self.report.error(node.place.error(message, &[]));
        }
    }
}

/// A key that is a path, as a text that may hold expressions.
fn key_node(entry: &Entry) -> Node {
    Node { value: Value::Text(entry.key.clone()), place: entry.key_place.clone() }
}

/// One use a file; all of it if any use is of all.
fn add(uses: &mut Vec<ParamsUse>, file: String, place: &Place, keys: Option<Vec<Key>>) {
    let Some(known) = uses.iter_mut().find(|known| known.file == file) else {
        uses.push(ParamsUse { file, place: place.clone(), keys });
        return;
    };
    match (&mut known.keys, keys) {
        (Some(known), Some(keys)) => known.extend(keys),
        (known, _) => *known = None,
    }
}

/// Whether a text holds no marks of a `matrix`.
pub(crate) fn is_constant(text: &str) -> bool {
    mark::all(text).iter().all(|(_, reference)| !reference.starts_with("matrix."))
}
