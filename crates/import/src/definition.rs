use crate::{
    cells::{self, Cell, Shape},
    paths,
    report::Report,
    scope::{Group, Scope},
    tree::{Entry, Node},
    variables::Variables,
};
use std::path::Path;

/// A stage as `dvc.yaml` defines it, or a group of stages made by `foreach` or `matrix`.
#[derive(Debug)]
pub(crate) struct Definition<'a> {
    pub entry: &'a Entry,
    /// The mapping with `cmd` and the rest.
    pub body: &'a Node,
    /// The stage's own `vars`.
    pub locals: Option<Variables>,
    pub group: Option<CellGroup>,
}

/// What `foreach` or `matrix` says.
#[derive(Debug)]
pub(crate) struct CellGroup {
    pub cells: Vec<Cell>,
    /// As the `matrix` of a pipeline file, if it can be one.
    pub shape: Option<Shape>,
}

/// The fields that are read here or there.
const FIELDS: [&str; 13] = [
    "cmd",
    "wdir",
    "deps",
    "params",
    "outs",
    "metrics",
    "plots",
    "vars",
    "frozen",
    "always_changed",
    "desc",
    "meta",
    "matrix",
];

impl<'a> Definition<'a> {
    /// Reads the frame of a stage; what is wrong with it is reported. `scope` has the file's variables, and
    /// `folder`, which the project calls `prefix`, is that of the file.
    pub fn read(
        entry: &'a Entry,
        scope: Scope<'_>,
        folder: &Path,
        prefix: &str,
        report: &mut Report,
    ) -> Option<Self> {
        let foreach = entry.node.get("foreach");
        let body = if foreach.is_some() { entry.node.get("do") } else { Some(&entry.node) };
        let Some(body) = body.filter(|body| body.get("cmd").is_some()) else {
            let missing = if foreach.is_some() && body.is_none() { "do" } else { "cmd" };
            let message = format!("stage `{}` has no `{missing}`", entry.key);
            report.error(entry.key_place.error(message, &[]));
            return None;
        };
        for unknown in body.entries().iter().filter(|field| !FIELDS.contains(&field.key.as_str())) {
            let message =
                format!("`{}` of stage `{}` is not known here and is left out", unknown.key, entry.key);
            report.note(&unknown.key_place, message, "");
        }
        let locals = body.get("vars").map(|vars| {
            let mut variables = Variables::empty(vars.place.clone());
            // Files named here lie beside what the stage names otherwise.
            let wdir = body.get("wdir").and_then(Node::as_text).unwrap_or(".");
            variables.add(vars, &folder.join(wdir), &paths::join(prefix, wdir), report);
            variables
        });
        let group = match (foreach, body.get("matrix")) {
            (Some(data), _) => Some(group(data, false, scope, report)?),
            (None, Some(data)) => Some(group(data, true, scope, report)?),
            (None, None) => None,
        };
        Some(Self { entry, body, locals, group })
    }

    /// The scope of the stage itself.
    pub fn scope<'s>(&'s self, scope: Scope<'s>, group: Group<'s>) -> Scope<'s> {
        Scope { locals: self.locals.as_ref(), group, ..scope }
    }

    pub fn name(&self) -> &str {
        &self.entry.key
    }
}

fn group(data: &Node, is_matrix: bool, scope: Scope<'_>, report: &mut Report) -> Option<CellGroup> {
    let read = || {
        let data = scope.data(data)?;
        let cells = if is_matrix { cells::of_matrix(&data)? } else { cells::of_foreach(&data)? };
        let shape = if is_matrix { Shape::of_matrix(&data, &cells) } else { Shape::of_foreach(&cells) };
        Ok(CellGroup { cells, shape })
    };
    read().map_err(|error| report.error(error)).ok()
}
