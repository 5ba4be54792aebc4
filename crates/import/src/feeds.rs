use crate::{paths, planned::Planned, report::Report};
use std::collections::BTreeMap;

/// Where a dependency's content comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Feed {
    /// A file or folder of the project.
    File,
    /// An output of another stage, or a path inside of it.
    Output(OutputFeed),
    /// A folder of the project in which outputs of other stages lie, each with its path.
    Folder(Vec<(String, OutputFeed)>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OutputFeed {
    pub stage: usize,
    pub out: usize,
    pub cell: Which,
    /// What follows the output's path; empty for the output itself.
    pub inside: String,
}

/// Which cell of a stage is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// The stage has no matrix, or the same one as the stage that refers to it.
    Matching,
    Cell(usize),
}

/// The outputs of all stages by path.
pub(crate) struct Outputs<'p, 'a> {
    stages: &'p [Planned<'a>],
    by_path: BTreeMap<String, Owner>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner {
    stage: usize,
    cell: usize,
    out: usize,
}

/// What makes a path.
#[derive(Debug, PartialEq)]
enum Hit {
    None,
    Output(Owner, String),
    Around(Vec<(String, Owner)>),
}

/// The stage that must be split into single stages before references can be written.
pub(crate) struct MustSplit(pub usize);

impl<'p, 'a> Outputs<'p, 'a> {
    /// Two stages with the same output are reported.
    pub fn new(stages: &'p [Planned<'a>], report: &mut Report) -> Self {
        let mut by_path: BTreeMap<String, Owner> = BTreeMap::new();
        for (stage, planned) in stages.iter().enumerate() {
            for (cell, resolved) in planned.cells.iter().enumerate() {
                for (out, made) in resolved.outs.iter().enumerate() {
                    let owner = Owner { stage, cell, out };
                    if let Some(other) = by_path.insert(made.path.clone(), owner) {
                        let other = &stages[other.stage].name;
                        let message =
                            format!("`{}` is an output of `{other}` and of `{}`", made.path, planned.name);
                        report.error(made.place.error(message, &[]));
                    }
                }
            }
        }
        Self { stages, by_path }
    }

    /// Every output's path.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.by_path.keys().map(String::as_str)
    }

    /// Where a path that a stage names comes from. `path` gives the path in one of the stage's cells, `template`
    /// is that with references to the matrix.
    pub fn feed(
        &self,
        stage: usize,
        template: &str,
        path: impl Fn(usize) -> String,
    ) -> Result<Feed, MustSplit> {
        let cells = self.stages[stage].cells.len();
        let hits: Vec<Hit> = (0..cells).map(|cell| self.hit(&path(cell))).collect();
        if hits.iter().all(|hit| *hit == Hit::None) {
            return Ok(Feed::File);
        }
        if let [Hit::Around(found)] = hits.as_slice() {
            let outputs =
                found.iter().map(|(path, owner)| Ok((path.clone(), self.output(*owner, String::new())?)));
            return Ok(Feed::Folder(outputs.collect::<Result<_, _>>()?));
        }
        let owners: Option<Vec<(Owner, &String)>> = hits
            .iter()
            .map(|hit| if let Hit::Output(owner, inside) = hit { Some((*owner, inside)) } else { None })
            .collect();
        let owners = owners.ok_or(MustSplit(stage))?;
        let (first, inside) = owners[0];
        if owners.iter().all(|(owner, other)| (*owner, *other) == (first, inside)) {
            return Ok(Feed::Output(self.output(first, inside.clone())?));
        }
        let is_matching =
            owners.iter().enumerate().all(|(cell, (owner, _))| *owner == Owner { cell, ..first });
        let made = &self.stages[first.stage];
        let inside = paths::inside(template, &made.resolved.outs[first.out].path);
        match inside {
            Some(inside) if is_matching && self.have_same_matrix(stage, first.stage) => {
                Ok(Feed::Output(OutputFeed {
                    stage: first.stage,
                    out: first.out,
                    cell: Which::Matching,
                    inside: inside.to_owned(),
                }))
            }
            _ => Err(MustSplit(stage)),
        }
    }

    fn output(&self, owner: Owner, inside: String) -> Result<OutputFeed, MustSplit> {
        let cell = match self.stages[owner.stage].shape {
            None => Which::Matching,
            Some(shape) if shape.label(owner.cell).is_some() => Which::Cell(owner.cell),
            Some(_) => return Err(MustSplit(owner.stage)),
        };
        Ok(OutputFeed { stage: owner.stage, out: owner.out, cell, inside })
    }

    fn have_same_matrix(&self, left: usize, right: usize) -> bool {
        let matrix = |stage: usize| self.stages[stage].shape.map(|shape| &shape.matrix);
        matrix(left).is_some() && matrix(left) == matrix(right)
    }

    fn hit(&self, path: &str) -> Hit {
        let around = std::iter::once(path).chain(paths::ancestors(path)).find_map(|folder| {
            let owner = self.by_path.get(folder)?;
            Some(Hit::Output(*owner, paths::inside(path, folder)?.to_owned()))
        });
        around.unwrap_or_else(|| {
            let below = if path.is_empty() { String::new() } else { format!("{path}/") };
            let inner =
                self.by_path.range(below.clone()..).take_while(|(inner, _)| inner.starts_with(&below));
            let inner: Vec<_> = inner.map(|(inner, owner)| (inner.clone(), *owner)).collect();
            if inner.is_empty() { Hit::None } else { Hit::Around(inner) }
        })
    }
}
