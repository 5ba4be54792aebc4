use crate::{Kind, kind_schema, names};
use serde_json::{Map, Value, json};

/// The JSON Schema of pipeline files, for editors. It is made from the same types that files are checked
/// with; wherever something else than a string is expected, a string with a `${…}` reference is allowed too.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pipeline file",
        "type": "object",
        "additionalProperties": false,
        "properties": sections(),
        // What a file with `include` lacks may stand in the other.
        "anyOf": [
            {
                "required": ["stages"],
                "properties": { "stages": { "additionalProperties": { "$ref": "#/$defs/stage" } } },
            },
            { "required": ["include"] },
        ],
        "$defs": definitions(),
    })
}

fn sections() -> Value {
    json!({
        "include": {
            "description": "A file, relative to the project root, whose tables this one builds on.",
            "type": "string",
        },
        "description": { "description": "What the pipeline is for, in words.", "type": "string" },
        "params": {
            "description": "Named values: `${params.NAME}` refers to one, `--set NAME=VALUE` overrides one.",
            "type": "object",
            "propertyNames": { "pattern": names::PATTERN },
        },
        "stages": {
            "description": "The stages by name.",
            "type": "object",
            "propertyNames": { "pattern": names::PATTERN },
            "additionalProperties": { "type": "object" },
        },
        "metrics": {
            "description": "What comparisons show, by `STAGE.KEY`.",
            "type": "object",
            "additionalProperties": { "$ref": "#/$defs/metrics" },
        },
        "references": {
            "description": "Published values, shown beside one's own.",
            "type": "array",
            "items": published(),
        },
    })
}

fn definitions() -> Map<String, Value> {
    let mut definitions = Map::new();
    for kind in Kind::ALL {
        let stage = stage_schema(kind, &mut definitions);
        definitions.insert(definition_name(kind), stage);
    }
    definitions.insert("stage".to_owned(), any_stage());
    definitions.insert("metric".to_owned(), metric());
    definitions.insert("metrics".to_owned(), metrics());
    definitions.insert("reference".to_owned(), reference());
    definitions
}

fn definition_name(kind: Kind) -> String {
    format!("stage-{}", kind.name())
}

/// All fields of a stage of one kind: its own, its inputs and the common ones. The definitions that they
/// refer to go into `definitions`.
fn stage_schema(kind: Kind, definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    let mut required = vec![Value::from("kind")];
    for mut schema in [kind_schema::common_schema(), kind_schema::own_schema(kind)] {
        loosen_parts(&mut schema);
        properties.append(&mut take_object(&mut schema, "properties"));
        definitions.append(&mut take_object(&mut schema, "$defs"));
        required.extend(schema["required"].as_array().into_iter().flatten().cloned());
    }
    for rule in kind.inputs() {
        properties.insert(rule.name.to_owned(), input());
        required.extend(rule.required.then(|| Value::from(rule.name)));
    }
    properties.insert("kind".to_owned(), json!({ "description": "What the stage does." }));
    properties.insert("matrix".to_owned(), matrix());
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn take_object(schema: &mut Value, key: &str) -> Map<String, Value> {
    match schema.get_mut(key).map(Value::take) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// Allows a reference in place of every part of the schema that expects something else than a string.
fn loosen_parts(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    for key in ["properties", "$defs"] {
        for (_, part) in object.get_mut(key).and_then(Value::as_object_mut).into_iter().flatten() {
            if key == "$defs" { loosen_parts(part) } else { loosen(part) }
        }
    }
    for key in ["items", "additionalProperties"] {
        object.get_mut(key).filter(|part| part.is_object()).map(loosen);
    }
    for part in object.get_mut("anyOf").and_then(Value::as_array_mut).into_iter().flatten() {
        loosen_parts(part);
    }
}

fn loosen(schema: &mut Value) {
    loosen_parts(schema);
    let is_free_text = schema["type"] == "string" && schema.get("enum").is_none();
    let is_anything = schema
        .as_object()
        .is_some_and(|object| !object.keys().any(|key| CONSTRAINTS.contains(&key.as_str())));
    if is_free_text || is_anything {
        return;
    }
    let mut strict = schema.take();
    let mut loose = Map::new();
    for annotation in ["description", "default"] {
        if let Some(value) = strict.as_object_mut().and_then(|object| object.remove(annotation)) {
            loose.insert(annotation.to_owned(), value);
        }
    }
    loose.insert("anyOf".to_owned(), json!([strict, { "$ref": "#/$defs/reference" }]));
    *schema = Value::Object(loose);
}

const CONSTRAINTS: [&str; 6] = ["type", "enum", "const", "oneOf", "anyOf", "$ref"];

/// A stage of whatever kind its `kind` says.
fn any_stage() -> Value {
    let kinds: Vec<_> = Kind::ALL.into_iter().map(Kind::name).collect();
    let branch = |kind: Kind| {
        json!({
            "if": { "properties": { "kind": { "const": kind.name() } }, "required": ["kind"] },
            "then": { "$ref": format!("#/$defs/{}", definition_name(kind)) },
        })
    };
    json!({
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": {
                "description": "What the stage does.",
                "anyOf": [{ "enum": kinds }, { "$ref": "#/$defs/reference" }],
            },
        },
        "allOf": Kind::ALL.map(branch),
    })
}

fn input() -> Value {
    json!({
        "description": "A path relative to the project root, `${stages.STAGE.OUTPUT}`, or a list of them.",
        "type": ["string", "array"],
        "items": { "type": ["string", "array"] },
    })
}

fn matrix() -> Value {
    json!({
        "description": "Makes one stage of each combination of values: `{ lr = [0.1, 0.05], seed = [1, 2] }`.",
        "anyOf": [
            {
                "type": "object",
                "minProperties": 1,
                "propertyNames": { "pattern": names::PATTERN },
                "properties": {
                    "include": {
                        "description": "Cells one by one: `[{ lr = 0.1, seed = 1 }, …]`.",
                        "anyOf": [
                            { "type": "array", "items": { "type": ["object", "string"] } },
                            { "$ref": "#/$defs/reference" },
                        ],
                    },
                },
                "additionalProperties": { "anyOf": [{ "type": "array" }, { "$ref": "#/$defs/reference" }] },
            },
            { "$ref": "#/$defs/reference" },
        ],
    })
}

fn metric() -> Value {
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "goal": { "description": "Which direction is better.", "enum": ["max", "min"], "default": "max" },
            "label": { "description": "The column's heading.", "type": "string" },
            "percent": { "description": "Shown times 100 with a percent sign.", "type": "boolean" },
        },
    });
    loosen_parts(&mut schema);
    schema
}

/// `"rank.rank1" = …` or, dotted, `rank.rank1 = …`.
fn metrics() -> Value {
    json!({
        "anyOf": [
            { "$ref": "#/$defs/metric" },
            { "type": "object", "additionalProperties": { "$ref": "#/$defs/metrics" } },
        ],
    })
}

fn published() -> Value {
    json!({
        "type": "object",
        "required": ["name"],
        "additionalProperties": false,
        "properties": {
            "name": { "description": "The row's heading.", "type": "string" },
            "metrics": {
                "description": "Values by `STAGE.KEY`.",
                "type": "object",
                "additionalProperties": {
                    "anyOf": [{ "type": ["number", "object"] }, { "$ref": "#/$defs/reference" }],
                },
            },
        },
    })
}

fn reference() -> Value {
    json!({
        "description": "A reference keeps the type of what it refers to.",
        "type": "string",
        "pattern": r"\$\{",
    })
}
