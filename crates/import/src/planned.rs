use crate::{
    cells::Shape,
    definition::Definition,
    mark,
    names::{self, Unique},
    report::Report,
    resolve::{self, Resolved},
    scope::{Group, Scope},
};

/// A stage of the pipeline file to be.
#[derive(Debug, Clone)]
pub(crate) struct Planned<'a> {
    pub name: String,
    pub definition: &'a Definition<'a>,
    /// With references to the matrix, if it has one.
    pub resolved: Resolved,
    /// One a cell of the matrix; one without.
    pub cells: Vec<Resolved>,
    pub shape: Option<&'a Shape>,
}

/// A definition with everything it resolves to.
#[derive(Debug)]
pub(crate) struct Candidate<'a> {
    definition: &'a Definition<'a>,
    /// The labels behind DVC's `@` and the stages; one without a label if it is no group.
    cells: Vec<(Option<String>, Resolved)>,
    /// What all cells have in common, and how they differ.
    matrix: Option<(Resolved, &'a Shape)>,
}

impl<'a> Candidate<'a> {
    /// Resolves all stages of a definition; what is wrong is reported.
    pub fn new(definition: &'a Definition<'a>, scope: Scope<'_>, prefix: &str, report: &mut Report) -> Self {
        let mut resolve =
            |group: Group<'_>| resolve::resolve(definition, definition.scope(scope, group), prefix, report);
        let Some(group) = &definition.group else {
            let only = resolve(Group::None);
            return Self {
                definition,
                cells: only.map(|only| (None, only)).into_iter().collect(),
                matrix: None,
            };
        };
        let cells: Vec<_> = group
            .cells
            .iter()
            .filter_map(|cell| Some((Some(cell.label.clone()), resolve(Group::Cell(cell))?)))
            .collect();
        let shape = group.shape.as_ref();
        let template = shape.and_then(|shape| Some((resolve(Group::Matrix(shape))?, shape)));
        let matrix = template.filter(|(template, shape)| {
            cells.len() == group.cells.len()
                && (0..cells.len()).all(|at| in_cell(template, shape, at) == cells[at].1)
        });
        Self { definition, cells, matrix }
    }

    /// Whether it can be one stage with a `matrix`.
    pub fn is_regular(&self) -> bool {
        self.matrix.is_some()
    }

    /// From now on its cells are single stages.
    pub fn split(&mut self) {
        self.matrix = None;
    }
}

fn in_cell(template: &Resolved, shape: &Shape, cell: usize) -> Resolved {
    template.map(|text| mark::replace(text, |reference| shape.value(cell, reference)))
}

/// The stages that the definitions make, and for each the number of its definition.
pub(crate) fn stages<'a>(candidates: &[Candidate<'a>]) -> Vec<(usize, Planned<'a>)> {
    let mut names = Unique::default();
    let mut planned = Vec::new();
    for (number, candidate) in candidates.iter().enumerate() {
        let definition = candidate.definition;
        let base = names::valid(definition.name());
        if let Some((resolved, shape)) = &candidate.matrix {
            let cells = candidate.cells.iter().map(|(_, cell)| cell.clone()).collect();
            let name = names.take(&[base]);
            planned.push((
                number,
                Planned { name, definition, resolved: resolved.clone(), cells, shape: Some(shape) },
            ));
            continue;
        }
        for (label, cell) in &candidate.cells {
            let wanted =
                label.as_ref().map_or_else(|| base.clone(), |label| names::valid(&format!("{base}-{label}")));
            let name = names.take(&[wanted]);
            planned.push((
                number,
                Planned { name, definition, resolved: cell.clone(), cells: vec![cell.clone()], shape: None },
            ));
        }
    }
    planned
}
