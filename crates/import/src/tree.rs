use spec::SpecError;
use std::{ops::Range, rc::Rc};

/// Something that is wrong. Boxed, since every reading function can return one.
pub(crate) type Fault = Box<SpecError>;

/// A text file that values come from.
#[derive(Debug)]
pub(crate) struct Source {
    /// As people call it: relative to the project where it lies below it.
    pub name: String,
    pub text: String,
}

/// Where a value stands.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub source: Rc<Source>,
    /// Bytes of the source's text.
    pub range: Range<usize>,
}

/// A value of a YAML, JSON or TOML file and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub value: Value,
    pub place: Place,
}

/// What the three formats have in common.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub key: String,
    pub key_place: Place,
    pub node: Node,
}

/// Two values are equal wherever they stand.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Place {
    /// The first byte of a source.
    pub fn start(source: &Rc<Source>) -> Self {
        Self { source: source.clone(), range: 0..0 }
    }

    pub fn error(&self, message: impl Into<String>, hints: &[&str]) -> Fault {
        let hints = hints.iter().map(|hint| (*hint).to_owned()).collect();
        let Source { name, text } = self.source.as_ref();
        Box::new(SpecError::in_text(name, text, self.range.clone(), message.into(), hints))
    }

    /// Counted from 1.
    pub fn line(&self) -> usize {
        self.source.text.as_bytes()[..self.range.start].iter().filter(|byte| **byte == b'\n').count() + 1
    }
}

impl Node {
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn is_true(&self) -> bool {
        self.value == Value::Boolean(true)
    }

    /// The value under a dotted path; items of lists by their number.
    pub fn select(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |node, key| match &node.value {
            Value::List(items) => items.get(key.parse::<usize>().ok()?),
            _ => node.get(key),
        })
    }

    /// What kind of value it is, as in "a list".
    pub fn describe(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Boolean(_) => "a boolean",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

impl Value {
    /// The value as our runner writes it into a command; `None` for what it cannot write.
    pub fn text(&self) -> Option<String> {
        let json = match self {
            Self::Boolean(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Float(value) if value.is_finite() => (*value).into(),
            Self::Text(text) => return Some(text.clone()),
            _ => return None,
        };
        Some(spec::value_text(&json))
    }
}
