use crate::{
    mark, scalar,
    tree::{Entry, Fault, Node, Place, Source, Value},
};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use std::{collections::HashMap, ops::Range, rc::Rc};

/// Deeper nesting is refused, since values are walked by recursion.
const DEEPEST: usize = 64;
/// More values are refused: a few aliases that double each other would fill the memory.
const MOST_VALUES: usize = 1 << 18;

/// Reads the first document of a YAML text; an empty one is null.
pub(crate) fn read(source: &Rc<Source>) -> Result<Node, Fault> {
    let mut reader = Reader {
        parser: Parser::new_from_str(&source.text),
        source,
        offsets: source.text.char_indices().map(|(offset, _)| offset).chain([source.text.len()]).collect(),
        anchors: HashMap::new(),
        values: 0,
    };
    loop {
        match reader.next()? {
            Some((Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _)) => {}
            Some((Event::StreamEnd | Event::DocumentEnd, _)) | None => {
                return Ok(Node { value: Value::Null, place: Place::start(source) });
            }
            Some((event, span)) => return reader.node(event, span, 0),
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    source: &'a Rc<Source>,
    /// The byte at which each character starts.
    offsets: Vec<usize>,
    anchors: HashMap<usize, (Node, usize)>,
    values: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, Fault> {
        let event = self.parser.next_event().transpose();
        event.map_err(|error| {
            let at = self.offset(error.marker().index());
            self.place(at..at).error(format!("not YAML: {}", error.info()), &[])
        })
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Fault> {
        let place = self.place(self.offset(span.start.index())..self.offset(span.end.index()));
        let before = self.values;
        self.count(1, &place)?;
        if depth > DEEPEST {
            return Err(place.error(format!("nested more than {DEEPEST} deep"), &[]));
        }
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = style != ScalarStyle::Plain
                    || tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let text = mark::clean(&text);
                (anchor, if is_text { Value::Text(text) } else { scalar::resolve(text) })
            }
            Event::SequenceStart(anchor, _) => (anchor, self.list(depth)?),
            Event::MappingStart(anchor, _) => (anchor, self.map(depth)?),
            Event::Alias(anchor) => return self.alias(anchor, &place),
            _ => (0, Value::Null),
        };
        let node = Node { value, place };
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.values - before));
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, place: &Place) -> Result<Node, Fault> {
        let Some((node, values)) = self.anchors.get(&anchor).cloned() else {
            return Err(place.error("an alias of a value that holds it", &[]));
        };
        self.count(values, place)?;
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        while let Some((event, span)) = self.next()? {
            if event == Event::SequenceEnd {
                break;
            }
            items.push(self.node(event, span, depth + 1)?);
        }
        Ok(Value::List(items))
    }

    fn map(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged = Vec::new();
        while let Some((event, span)) = self.next()? {
            if event == Event::MappingEnd {
                break;
            }
            let key = self.node(event, span, depth + 1)?;
            let Some((event, span)) = self.next()? else { break };
            let node = self.node(event, span, depth + 1)?;
            let Some(name) = key_text(&key) else {
                return Err(key.place.error(format!("{} cannot be a key", key.describe()), &[]));
            };
            if name == "<<" {
                merged.push(node);
            } else if entries.iter().any(|entry| entry.key == name) {
                return Err(key.place.error(format!("the key `{name}` is here twice"), &[]));
            } else {
                entries.push(Entry { key: name, key_place: key.place, node });
            }
        }
        merge(&mut entries, &merged);
        Ok(Value::Map(entries))
    }

    fn count(&mut self, values: usize, place: &Place) -> Result<(), Fault> {
        self.values += values;
        if self.values > MOST_VALUES {
            return Err(place.error(format!("more than {MOST_VALUES} values"), &[]));
        }
        Ok(())
    }

    fn offset(&self, character: usize) -> usize {
        self.offsets.get(character).copied().unwrap_or(self.source.text.len())
    }

    fn place(&self, range: Range<usize>) -> Place {
        Place { source: self.source.clone(), range }
    }
}

fn key_text(key: &Node) -> Option<String> {
    match &key.value {
        Value::Null => Some("null".to_owned()),
        value => value.text(),
    }
}

/// `<<: *defaults` and `<<: [*a, *b]`: what is written out wins, then what comes first.
fn merge(entries: &mut Vec<Entry>, merged: &[Node]) {
    for node in merged {
        let maps = if node.items().is_empty() { std::slice::from_ref(node) } else { node.items() };
        for entry in maps.iter().flat_map(Node::entries) {
            if !entries.iter().any(|present| present.key == entry.key) {
                entries.push(entry.clone());
            }
        }
    }
}
