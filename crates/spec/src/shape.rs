use crate::{
    diagnostics::Diagnostics,
    node::{Node, Table, Tree},
    source::Span,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a value must look like. Made from the JSON Schema of the kinds' parameters, so that what an editor
/// accepts and what is accepted here are the same.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Anything,
    Boolean,
    Integer(Bounds),
    Number(Bounds),
    Text,
    Choice(Vec<String>),
    List { item: Box<Shape>, is_empty_allowed: bool },
    Map(Box<Shape>),
    Fields(Fields),
    Either(Vec<Shape>),
}

/// The limits of a number.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bounds {
    minimum: Option<f64>,
    above: Option<f64>,
    maximum: Option<f64>,
    below: Option<f64>,
    /// The largest value that the type can hold.
    largest: Option<f64>,
}

/// A table with fixed fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    known: BTreeMap<String, Field>,
}

#[derive(Debug, Clone)]
struct Field {
    shape: Shape,
    is_required: bool,
}

impl Shape {
    /// Reads a JSON Schema as schemars makes it from Rust types; what is not understood accepts anything.
    pub fn compile(schema: &Value, definitions: &Value) -> Self {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            return Self::compile(&definitions[name], definitions);
        }
        if let Some(options) = schema["enum"].as_array() {
            return Self::Choice(
                options.iter().filter_map(|option| Some(option.as_str()?.to_owned())).collect(),
            );
        }
        if let Some(alternatives) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
            return Self::alternatives(alternatives, definitions);
        }
        match schema["type"].as_str() {
            Some("boolean") => Self::Boolean,
            Some("integer") => Self::Integer(Bounds::compile(schema)),
            Some("number") => Self::Number(Bounds::compile(schema)),
            Some("string") => Self::Text,
            Some("array") => Self::List {
                item: Box::new(Self::compile(&schema["items"], definitions)),
                is_empty_allowed: schema["minItems"].as_u64().unwrap_or(0) == 0,
            },
            Some("object") if schema["properties"].is_object() => {
                Self::Fields(Fields::compile(schema, definitions))
            }
            Some("object") => {
                Self::Map(Box::new(Self::compile(&schema["additionalProperties"], definitions)))
            }
            _ => Self::Anything,
        }
    }

    fn alternatives(alternatives: &[Value], definitions: &Value) -> Self {
        let constants: Vec<_> = alternatives.iter().filter_map(|option| option["const"].as_str()).collect();
        if constants.len() == alternatives.len() {
            return Self::Choice(constants.into_iter().map(str::to_owned).collect());
        }
        let mut shapes: Vec<_> =
            alternatives.iter().map(|option| Self::compile(option, definitions)).collect();
        if shapes.len() == 1 { shapes.remove(0) } else { Self::Either(shapes) }
    }

    /// Reports everything in the value that is not as it must be. `path` names the value: `model.filters`.
    pub fn check(&self, node: &Node, path: &str, diagnostics: &mut Diagnostics) {
        match (self, &node.value) {
            (_, Tree::Broken) | (Self::Anything, _) => {}
            (Self::List { item, .. }, Tree::List(items)) if self.accepts_top(node) => {
                for (index, node) in items.iter().enumerate() {
                    item.check(node, &format!("{path}[{index}]"), diagnostics);
                }
            }
            (Self::Map(shape), Tree::Table(table)) => {
                for entry in &table.entries {
                    shape.check(&entry.node, &format!("{path}.{}", entry.key), diagnostics);
                }
            }
            (Self::Fields(fields), Tree::Table(table)) => {
                fields.check(table, node.span, path, diagnostics);
            }
            (Self::Either(shapes), _) if shapes.iter().any(|shape| shape.accepts(node)) => {}
            (Self::Either(shapes), _) => match shapes.iter().find(|shape| shape.accepts_top(node)) {
                Some(shape) => shape.check(node, path, diagnostics),
                None => self.report(node, path, diagnostics),
            },
            _ if self.accepts_top(node) => {}
            _ => self.report(node, path, diagnostics),
        }
    }

    fn accepts(&self, node: &Node) -> bool {
        let mut diagnostics = Diagnostics::default();
        self.check(node, "", &mut diagnostics);
        diagnostics.count() == 0
    }

    /// Whether the value itself, its parts aside, is as it must be.
    fn accepts_top(&self, node: &Node) -> bool {
        match (self, &node.value) {
            (_, Tree::Broken) | (Self::Anything, _) => true,
            (Self::Boolean, Tree::Boolean(_)) | (Self::Text, Tree::String(_)) => true,
            (Self::Integer(bounds) | Self::Number(bounds), Tree::Integer(value)) => {
                bounds.hold(*value as f64)
            }
            (Self::Number(bounds), Tree::Float(value)) => bounds.hold(*value),
            (Self::Choice(options), Tree::String(text)) => options.contains(text),
            (Self::List { is_empty_allowed, .. }, Tree::List(items)) => {
                *is_empty_allowed || !items.is_empty()
            }
            (Self::Map(_) | Self::Fields(_), Tree::Table(_)) => true,
            (Self::Either(shapes), _) => shapes.iter().any(|shape| shape.accepts_top(node)),
            _ => false,
        }
    }

    fn report(&self, node: &Node, path: &str, diagnostics: &mut Diagnostics) {
        let message = format!("`{path}`: expected {}, found {}", self.describe(), node.describe());
        match (self, &node.value) {
            (Self::Choice(options), Tree::String(text)) => {
                diagnostics.misspelt(node.span, message, text, options.iter().map(String::as_str))
            }
            (Self::Integer(Bounds { largest: Some(largest), .. }), Tree::Integer(value))
                if *value as f64 > *largest =>
            {
                diagnostics.error(node.span, format!("`{path}`: {value} is too large"))
            }
            _ => diagnostics.error(node.span, message),
        };
    }

    pub fn describe(&self) -> String {
        match self {
            Self::Anything => "a value".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Integer(bounds) => format!("an integer{}", bounds.describe()),
            Self::Number(bounds) => format!("a number{}", bounds.describe()),
            Self::Text => "a string".to_owned(),
            Self::Choice(options) => {
                let options: Vec<_> = options.iter().map(|option| format!("\"{option}\"")).collect();
                options.join(" or ")
            }
            Self::List { is_empty_allowed: true, .. } => "a list".to_owned(),
            Self::List { .. } => "a list of at least one value".to_owned(),
            Self::Map(_) | Self::Fields(_) => "a table".to_owned(),
            Self::Either(shapes) => shapes.iter().map(Self::describe).collect::<Vec<_>>().join(" or "),
        }
    }
}

impl Bounds {
    fn compile(schema: &Value) -> Self {
        let limit = |name: &str| schema[name].as_f64();
        Self {
            minimum: limit("minimum"),
            above: limit("exclusiveMinimum"),
            maximum: limit("maximum"),
            below: limit("exclusiveMaximum"),
            largest: (schema["format"] == "uint32").then_some(f64::from(u32::MAX)),
        }
    }

    fn hold(self, value: f64) -> bool {
        self.minimum.is_none_or(|minimum| value >= minimum)
            && self.above.is_none_or(|above| value > above)
            && self.maximum.is_none_or(|maximum| value <= maximum)
            && self.below.is_none_or(|below| value < below)
            && self.largest.is_none_or(|largest| value <= largest)
    }

    fn describe(self) -> String {
        let lower = self.minimum.map(|minimum| format!(" of at least {minimum}"));
        let lower = lower.or(self.above.map(|above| format!(" above {above}")));
        let upper = self.maximum.map(|maximum| format!("at most {maximum}"));
        let upper = upper.or(self.below.map(|below| format!("below {below}")));
        match (lower, upper) {
            (Some(lower), Some(upper)) => format!("{lower} and {upper}"),
            (Some(limit), None) => limit,
            (None, Some(limit)) => format!(" of {limit}"),
            (None, None) => String::new(),
        }
    }
}

impl Fields {
    pub fn compile(schema: &Value, definitions: &Value) -> Self {
        let is_required = |name: &str| {
            schema["required"].as_array().is_some_and(|names| names.iter().any(|other| other == name))
        };
        let properties = schema["properties"].as_object().into_iter().flatten();
        let known = properties.map(|(name, schema)| {
            let field = Field { shape: Shape::compile(schema, definitions), is_required: is_required(name) };
            (name.clone(), field)
        });
        Self { known: known.collect() }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.known.keys().map(String::as_str)
    }

    pub fn shape(&self, name: &str) -> Option<&Shape> {
        self.known.get(name).map(|field| &field.shape)
    }

    pub fn required(&self) -> impl Iterator<Item = (&str, &Shape)> {
        self.known
            .iter()
            .filter(|(_, field)| field.is_required)
            .map(|(name, field)| (name.as_str(), &field.shape))
    }

    /// Reports unknown fields, wrong values and missing fields of a table that is itself called `path`.
    pub fn check(&self, table: &Table, span: Span, path: &str, diagnostics: &mut Diagnostics) {
        for entry in &table.entries {
            let path = format!("{path}.{}", entry.key);
            match self.shape(&entry.key) {
                Some(shape) => shape.check(&entry.node, &path, diagnostics),
                None => {
                    let message = format!("unknown field `{path}`");
                    diagnostics.unknown_name(entry.key_span, message, &entry.key, self.names());
                }
            }
        }
        for (name, shape) in self.required().filter(|(name, _)| table.entry(name).is_none()) {
            let message = format!("`{path}` needs `{name}`, {}", shape.describe());
            diagnostics.error(span, message);
        }
    }
}
