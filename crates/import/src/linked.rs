use crate::{
    feeds::{Feed, OutputFeed},
    mark,
    names::Unique,
    planned::Planned,
};

/// The declared inputs and outputs of a stage under the names that its command uses.
#[derive(Debug, Default)]
pub(crate) struct Linked {
    pub inputs: Vec<LinkedInput>,
    pub outputs: Vec<LinkedOutput>,
}

#[derive(Debug)]
pub(crate) struct LinkedInput {
    pub name: String,
    /// Where DVC had it.
    pub path: String,
    /// What the pipeline file says: the path, or a reference.
    pub source: String,
    pub is_output: bool,
}

#[derive(Debug)]
pub(crate) struct LinkedOutput {
    pub name: String,
    pub path: String,
    /// Where the command leaves it, if that is not its path: inside of another output.
    pub copied_from: Option<String>,
}

impl Linked {
    /// `names` are the names of all stages' outputs, `feeds` where each path that is read comes from.
    pub fn new(
        stages: &[Planned<'_>],
        names: &[Vec<String>],
        outputs: Vec<LinkedOutput>,
        feeds: &[(String, Feed)],
        has_content: impl Fn(&str) -> bool,
    ) -> Self {
        let mut unique = Unique::default();
        let mut inputs: Vec<LinkedInput> = Vec::new();
        let mut add = |path: &str, source: String, is_output: bool| {
            if !inputs.iter().any(|input: &LinkedInput| input.path == path) {
                inputs.push(LinkedInput {
                    name: unique.for_path(path),
                    path: path.to_owned(),
                    source,
                    is_output,
                });
            }
        };
        let file = |path: &str| if path.is_empty() { ".".to_owned() } else { path.to_owned() };
        for (path, feed) in feeds {
            match feed {
                Feed::File => add(path, file(path), false),
                Feed::Output(feed) => add(path, reference(stages, names, feed), true),
                Feed::Folder(inner) => {
                    if has_content(path) {
                        add(path, file(path), false);
                    }
                    inner.iter().for_each(|(path, feed)| add(path, reference(stages, names, feed), true));
                }
            }
        }
        Self { inputs, outputs }
    }
}

fn reference(stages: &[Planned<'_>], names: &[Vec<String>], feed: &OutputFeed) -> String {
    let stage = &stages[feed.stage];
    let cell = match (feed.cell, stage.shape) {
        (crate::feeds::Which::Cell(cell), Some(shape)) => {
            format!("@{}", shape.label(cell).unwrap_or_default())
        }
        _ => String::new(),
    };
    let output = mark::of(&format!("stages.{}{cell}.{}", stage.name, names[feed.stage][feed.out]));
    if feed.inside.is_empty() { output } else { format!("{output}/{}", feed.inside) }
}
