use crate::{
    names, paths,
    tree::{Node, Value},
};

/// The `[params]` of the pipeline file: values of DVC's parameter files that commands refer to.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    /// In the order in which they were first referred to.
    pub entries: Vec<Parameter>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Parameter {
    /// Its dotted name in the pipeline file.
    pub name: String,
    pub value: Value,
    /// The file and the dotted path in it.
    origin: (String, String),
}

impl Parameters {
    /// The name under which the value of `path` in `file` can be referred to; `None` if it cannot be, being a
    /// list or nothing, or called in a way that no reference can say.
    pub fn name(&mut self, file: &str, path: &str, node: &Node) -> Option<String> {
        let origin = (file.to_owned(), path.to_owned());
        if let Some(known) = self.entries.iter().find(|entry| entry.origin == origin) {
            return Some(known.name.clone());
        }
        let can_be_named = path.split('.').all(|part| names::is_valid(part) && part.parse::<u64>().is_err());
        if !can_be_named || node.value.text().is_none() {
            return None;
        }
        let stem = names::of_file(file);
        let name =
            [path.to_owned(), format!("{stem}.{path}")].into_iter().find(|name| !self.is_taken(name))?;
        self.entries.push(Parameter { name: name.clone(), value: node.value.clone(), origin });
        Some(name)
    }

    /// Whether a name, or one around it or in it, means something else already.
    fn is_taken(&self, name: &str) -> bool {
        let dotted = |name: &str| name.replace('.', "/");
        self.entries.iter().any(|entry| {
            let (taken, wanted) = (dotted(&entry.name), dotted(name));
            paths::inside(&taken, &wanted).is_some() || paths::inside(&wanted, &taken).is_some()
        })
    }
}
