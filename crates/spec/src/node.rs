use crate::{diagnostics::Diagnostics, source::Span};
use serde_json::Value;
use std::ops::Range;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A value of a pipeline file that knows where it was written.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub value: Tree,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub(crate) enum Tree {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    String(String),
    List(Vec<Node>),
    Table(Table),
    /// A reference to a stage's output, as written; only parameters keep one, and only inputs take it.
    Output(String),
    /// Stands for a value that an error was reported about, so that nothing more is said of it.
    Broken,
}

/// A table, its entries in the order of the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub key: String,
    pub key_span: Span,
    pub node: Node,
}

impl Table {
    /// The entry with that key. Tables that can be long are looked up through an index instead.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The node under a path of keys and list indices such as `model.filters`.
    pub fn find(&self, path: &[&str]) -> Option<&Node> {
        let (first, rest) = path.split_first()?;
        let node = self.get(first)?;
        match &node.value {
            _ if rest.is_empty() => Some(node),
            Tree::Table(table) => table.find(rest),
            _ => None,
        }
    }

    pub fn to_json(&self) -> Value {
        Value::Object(self.entries.iter().map(|entry| (entry.key.clone(), entry.node.to_json())).collect())
    }
}

impl Node {
    pub fn broken(span: Span) -> Self {
        Self { value: Tree::Broken, span }
    }

    /// The node under a dotted path of keys; the node itself without one. Below a broken one all is broken.
    pub fn descend(&self, path: Option<&str>) -> Option<&Self> {
        match (path, &self.value) {
            (None, _) | (Some(_), Tree::Broken) => Some(self),
            (Some(path), Tree::Table(table)) => table.find(&path.split('.').collect::<Vec<_>>()),
            _ => None,
        }
    }

    pub fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Tree::Table(table) => Some(table),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Tree::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn is_broken(&self) -> bool {
        match &self.value {
            Tree::Broken => true,
            Tree::List(items) => items.iter().any(Self::is_broken),
            Tree::Table(table) => table.entries.iter().any(|entry| entry.node.is_broken()),
            _ => false,
        }
    }

    /// The value without its places. Floats are finite: others were refused when the file was read.
    pub fn to_json(&self) -> Value {
        match &self.value {
            Tree::Boolean(value) => Value::from(*value),
            Tree::Integer(value) => Value::from(*value),
            Tree::Float(value) => Value::from(*value),
            Tree::String(value) | Tree::Output(value) => Value::from(value.as_str()),
            Tree::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Tree::Table(table) => table.to_json(),
            Tree::Broken => Value::Null,
        }
    }

    /// The value as part of a longer text; `None` for lists and tables.
    pub fn to_text(&self) -> Option<String> {
        match &self.value {
            Tree::List(_) | Tree::Table(_) | Tree::Output(_) | Tree::Broken => None,
            _ => Some(crate::value_text(&self.to_json())),
        }
    }

    /// What kind of value it is and, for short ones, which: `the string "ten"`.
    pub fn describe(&self) -> String {
        const LONGEST: usize = 40;
        let kind = match &self.value {
            Tree::Boolean(_) => "the boolean",
            Tree::Integer(_) => "the integer",
            Tree::Float(_) => "the float",
            Tree::String(_) => "the string",
            Tree::List(items) if items.is_empty() => return "an empty list".to_owned(),
            Tree::List(_) => return "a list".to_owned(),
            Tree::Table(_) => return "a table".to_owned(),
            Tree::Output(_) => return "an output of a stage".to_owned(),
            Tree::Broken => return "nothing".to_owned(),
        };
        let value = self.to_json().to_string();
        if value.chars().count() > LONGEST { kind.replace("the", "a") } else { format!("{kind} {value}") }
    }

    /// How many lists and tables lie inside one another.
    pub fn depth(&self) -> usize {
        let deepest_part = match &self.value {
            Tree::List(items) => items.iter().map(Self::depth).max(),
            Tree::Table(table) => table.entries.iter().map(|entry| entry.node.depth()).max(),
            _ => return 0,
        };
        1 + deepest_part.unwrap_or(0)
    }

    /// How much memory the value takes, roughly: one for each value and each byte of text.
    pub fn weight(&self) -> usize {
        1 + match &self.value {
            Tree::String(text) | Tree::Output(text) => text.len(),
            Tree::List(items) => items.iter().map(Self::weight).sum(),
            Tree::Table(table) => {
                table.entries.iter().map(|entry| entry.key.len() + entry.node.weight()).sum()
            }
            _ => 0,
        }
    }
}

/// Turns what the TOML parser made of a source into nodes; `offset` is where its text begins in the source.
pub(crate) struct Reader<'a> {
    pub source: usize,
    pub offset: usize,
    pub diagnostics: &'a mut Diagnostics,
}

impl Reader<'_> {
    pub fn span(&self, range: Range<usize>) -> Span {
        Span { source: self.source, start: self.offset + range.start, end: self.offset + range.end }
    }

    pub fn table(&mut self, table: DeTable<'_>) -> Table {
        let mut entries: Vec<Entry> = table
            .into_iter()
            .map(|(key, value)| {
                let key_span = self.span(key.span());
                Entry { key: key.into_inner().into_owned(), key_span, node: self.node(value) }
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_span);
        Table { entries }
    }

    pub fn node(&mut self, value: Spanned<DeValue<'_>>) -> Node {
        let span = self.span(value.span());
        let value = match value.into_inner() {
            DeValue::Boolean(value) => Tree::Boolean(value),
            DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
                Ok(value) => Tree::Integer(value),
                Err(_) => self.refuse(span, "this integer does not fit into 64 bits"),
            },
            DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
                Ok(value) if value.is_finite() => Tree::Float(value),
                _ => self.refuse(span, "numbers must be finite"),
            },
            DeValue::String(text) => Tree::String(text.into_owned()),
            DeValue::Datetime(datetime) => Tree::String(datetime.to_string()),
            DeValue::Array(items) => Tree::List(items.into_iter().map(|item| self.node(item)).collect()),
            DeValue::Table(table) => Tree::Table(self.table(table)),
        };
        Node { value, span }
    }

    fn refuse(&mut self, span: Span, message: &str) -> Tree {
        self.diagnostics.error(span, message);
        Tree::Broken
    }
}
