use crate::{
    Kind,
    common::CommonFields,
    kinds::{
        CommandParams, DatasetParams, DecayTrainParams, EvaluateParams, FetchFields, MeansParams, TrainParams,
    },
    shape::Fields,
};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;
use std::sync::OnceLock;

/// The fields of a stage of some kind, by who reads them.
pub(crate) struct StageFields {
    /// `description`, `resources` and what else every stage takes.
    pub common: Fields,
    /// What the kind's typed parameters take.
    pub own: Fields,
}

/// The fields of a kind. They are compiled once, when first asked for: a file may have a hundred thousand stages,
/// and most have few kinds.
pub(crate) fn fields(kind: Kind) -> &'static StageFields {
    static FIELDS: [OnceLock<StageFields>; Kind::ALL.len()] = [const { OnceLock::new() }; Kind::ALL.len()];
    let compile = |schema: &Value| Fields::compile(schema, &schema["$defs"]);
    FIELDS[kind as usize]
        .get_or_init(|| StageFields { common: compile(&common_schema()), own: compile(&own_schema(kind)) })
}

/// The fields that every stage takes, as JSON Schema.
pub(crate) fn common_schema() -> Value {
    schema_of::<CommonFields>()
}

/// The fields that are the kind's own, inputs aside, as JSON Schema.
pub(crate) fn own_schema(kind: Kind) -> Value {
    match kind {
        Kind::Fetch => schema_of::<FetchFields>(),
        Kind::Dataset => schema_of::<DatasetParams>(),
        Kind::Means => schema_of::<MeansParams>(),
        Kind::Train => schema_of::<TrainParams>(),
        Kind::DecayTrain => schema_of::<DecayTrainParams>(),
        Kind::Evaluate => schema_of::<EvaluateParams>(),
        Kind::Command => schema_of::<CommandParams>(),
    }
}

fn schema_of<T: JsonSchema>() -> Value {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<T>().to_value();
    remove_null(&mut schema);
    schema
}

/// TOML has no null: what an `Option` allows beside its type can only be left out.
fn remove_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.retain(|key, value| !(key == "default" && value.is_null()));
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [single] = types.as_slice() {
                    object["type"] = single.clone();
                }
            }
            if let Some(Value::Array(alternatives)) = object.get_mut("anyOf") {
                alternatives.retain(|alternative| alternative["type"] != "null");
            }
            object.values_mut().for_each(remove_null);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_null),
        _ => {}
    }
}

/// The names of all fields of a stage of that kind.
pub(crate) fn field_names(kind: Kind) -> impl Iterator<Item = &'static str> + Clone {
    let fields = fields(kind);
    let inputs = kind.inputs().iter().map(|rule| rule.name);
    fields.own.names().chain(inputs).chain(fields.common.names()).chain(["kind", "matrix"])
}
