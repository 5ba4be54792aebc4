use crate::{
    Kind,
    common::CommonFields,
    declared::{Declared, Stages},
    diagnostics::Diagnostics,
    kind_schema::{self, StageFields},
    kinds,
    matrix::Cell,
    node::{Node, Table, Tree},
    params::Params,
    pipeline::{Output, Stage},
    scope::Scope,
    source::Span,
    sources_seen::SourcesSeen,
};
use std::{collections::BTreeMap, path::Path};

/// What all stages of a file share.
#[derive(Clone, Copy)]
pub(crate) struct Project<'a> {
    /// The pipeline's name.
    pub pipeline: &'a str,
    pub root: &'a Path,
    pub params: &'a Params,
    pub stages: &'a Stages<'a>,
}

/// Reads one cell of a stage.
pub(crate) struct StageReader<'a, 'd> {
    pub project: Project<'a>,
    pub declared: &'a Declared<'a>,
    pub cell: &'a Cell,
    pub full_name: &'a str,
    pub kind: Kind,
    pub diagnostics: &'d mut Diagnostics,
    /// Paths outside the pipeline, for a later look whether they exist.
    pub sources: &'d mut SourcesSeen<'a>,
    /// The stages that this one needs, by position, and where it says so.
    pub edges: &'d mut Vec<(usize, Span)>,
}

/// The values of a stage's fields, by who reads them.
#[derive(Default)]
struct Resolved {
    common: Table,
    own: Table,
}

impl<'a> StageReader<'a, '_> {
    /// What a value of this cell can refer to.
    pub fn scope(&self) -> Scope<'a> {
        self.project.params.scope(Some(self.cell))
    }

    /// The stage; everything that is wrong with it is reported.
    pub fn read(mut self) -> Stage {
        let kind = self.kind;
        let fields = kind_schema::fields(kind);
        let resolved = self.resolve(kind, fields);
        self.check_required(kind, fields);
        let mut stage = self.common(&resolved.common);
        if kind == Kind::Command {
            let is_shell =
                matches!(resolved.own.get("shell").map(|node| &node.value), Some(Tree::Boolean(true)));
            self.command(self.declared.table, is_shell, &mut stage);
        } else {
            self.built_in(kind, &resolved.own, &mut stage);
        }
        stage.inputs.sort_by(|left, right| left.name.cmp(&right.name));
        stage.outputs.sort_by(|left, right| left.name.cmp(&right.name));
        stage
    }

    /// Resolves and checks every field but those that name inputs and those that a command reads itself.
    fn resolve(&mut self, kind: Kind, fields: &StageFields) -> Resolved {
        let mut resolved = Resolved::default();
        for entry in &self.declared.table.entries {
            let name = entry.key.as_str();
            let (shape, into) = match (fields.common.shape(name), fields.own.shape(name)) {
                _ if matches!(name, "kind" | "matrix") || is_input(kind, name) => continue,
                _ if kind == Kind::Command && matches!(name, "inputs" | "outputs") => continue,
                (Some(shape), _) => (shape, &mut resolved.common),
                (None, Some(shape)) => (shape, &mut resolved.own),
                (None, None) => {
                    self.report_unknown_field(kind, name, entry.key_span);
                    continue;
                }
            };
            if kind == Kind::Command && name == "run" {
                shape.check(&entry.node, name, self.diagnostics);
                continue;
            }
            let scope = self.project.params.scope(Some(self.cell));
            let value = scope.resolve_entry(entry, self.diagnostics);
            let before = self.diagnostics.count();
            shape.check(&value.node, name, self.diagnostics);
            let has_faults = self.diagnostics.count() > before;
            if has_faults {
                let hint = format!("`{name}` of stage `{}` refers to it", self.full_name);
                self.diagnostics.hint_outside(entry.node.span, before, &hint);
            }
            let node = if has_faults { Node::broken(value.node.span) } else { value.node };
            into.entries.push(crate::node::Entry { node, ..value });
        }
        resolved
    }

    fn report_unknown_field(&mut self, kind: Kind, name: &str, span: Span) {
        let message = format!("unknown field `{name}` in a stage of kind `{}`", kind.name());
        let known = kind_schema::field_names(kind);
        let others: Vec<_> = Kind::ALL
            .into_iter()
            .filter(|other| kind_schema::field_names(*other).any(|field| field == name))
            .map(|other| format!("`{}`", other.name()))
            .collect();
        if others.is_empty() {
            self.diagnostics.unknown_name(span, message, name, known);
        } else {
            self.diagnostics
                .error(span, message)
                .hint(format!("it is a field of kind {}", others.join(", ")));
        }
    }

    fn check_required(&mut self, kind: Kind, fields: &StageFields) {
        let is_given = |name: &str| self.declared.table.entry(name).is_some();
        let own = fields.own.required().map(|(name, shape)| (name, shape.describe()));
        let inputs = kind.inputs().iter().filter(|rule| rule.required);
        let inputs = inputs.map(|rule| (rule.name, "a path or a reference to an output".to_owned()));
        let missing: Vec<_> = own.chain(inputs).filter(|(name, _)| !is_given(name)).collect();
        for (name, what) in missing {
            let message = format!("stage `{}` needs `{name}`, {what}", self.declared.name());
            self.diagnostics.error(self.declared.entry.key_span, message);
        }
    }

    fn common(&mut self, fields: &Table) -> Stage {
        let common = self.common_fields(fields);
        let after = self.after(&common.after, fields);
        let env = self.env(&common.env, fields);
        Stage {
            name: self.full_name.to_owned(),
            base: self.declared.name().to_owned(),
            cell: self.cell.values.iter().map(|(key, node)| (key.clone(), node.to_json())).collect(),
            kind: self.kind,
            params: BTreeMap::new(),
            hints: BTreeMap::new(),
            command: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            after,
            resources: common.resources(fields, self.diagnostics),
            retries: common.retries,
            timeout: common.timeout(fields, self.diagnostics),
            description: common.description,
            mutex: common.mutex,
            cache: common.cache,
            frozen: common.frozen,
            on_demand: common.on_demand,
            env,
        }
    }

    fn common_fields(&mut self, fields: &Table) -> CommonFields {
        let whole = fields.entries.iter().filter(|entry| !entry.node.is_broken());
        let whole: serde_json::Map<_, _> =
            whole.map(|entry| (entry.key.clone(), entry.node.to_json())).collect();
        // Most stages have none of these fields.
        if whole.is_empty() {
            return CommonFields::default();
        }
        serde_json::from_value(whole.into()).unwrap_or_else(|error| {
            self.diagnostics.error(self.declared.entry.key_span, error.to_string());
            CommonFields::default()
        })
    }

    fn after(&mut self, names: &[String], fields: &Table) -> Vec<String> {
        let mut after = Vec::new();
        for (position, name) in names.iter().enumerate() {
            let span = self.item_span(fields, "after", position);
            if let Some(selection) = self.project.stages.select(name, self.cell, span, self.diagnostics) {
                self.edges.push((selection.stage, span));
                after.extend(selection.names);
            }
        }
        after.sort();
        after.dedup();
        after
    }

    fn env(&mut self, names: &[String], fields: &Table) -> Vec<String> {
        for (position, name) in names.iter().enumerate() {
            if name.is_empty() || name.contains(['=', '\0']) {
                let span = self.item_span(fields, "env", position);
                let message =
                    format!("`{}` cannot be the name of an environment variable", name.escape_debug());
                self.diagnostics.error(span, message);
            }
        }
        let mut env = names.to_vec();
        env.sort();
        env.dedup();
        env
    }

    fn item_span(&self, fields: &Table, field: &str, position: usize) -> Span {
        match fields.get(field).map(|node| &node.value) {
            Some(Tree::List(items)) => {
                items.get(position).map_or(self.declared.entry.key_span, |item| item.span)
            }
            _ => self.declared.entry.key_span,
        }
    }

    fn built_in(&mut self, kind: Kind, fields: &Table, stage: &mut Stage) {
        for name in kind.inputs().iter().map(|rule| rule.name) {
            if let Some(node) = self.declared.table.get(name) {
                stage.inputs.extend(self.input(name, node));
            }
        }
        let outputs = kind.outputs().iter();
        stage.outputs = outputs
            .map(|rule| Output {
                name: rule.name.to_owned(),
                file: rule.file.to_owned(),
                required: rule.required,
            })
            .collect();
        let is_whole = !fields.entries.iter().any(|entry| entry.node.is_broken());
        let has_all = kind_schema::fields(kind).own.required().all(|(name, _)| fields.entry(name).is_some());
        if !is_whole || !has_all {
            return;
        }
        match kinds::settle(kind, fields.to_json()) {
            Ok(settled) => {
                let is_given = |input| self.declared.table.entry(input).is_some();
                for fault in
                    settled.faults.into_iter().filter(|fault| !fault.without_input.is_some_and(is_given))
                {
                    let node = fields.find(&fault.field);
                    let span = node.map_or(self.declared.entry.key_span, |node| node.span);
                    let diagnostic = self.diagnostics.error(span, fault.message);
                    fault.hint.map(|hint| diagnostic.hint(hint));
                }
                stage.params = settled.params;
                stage.hints = settled.hints;
            }
            Err(error) => {
                self.diagnostics.error(self.declared.entry.key_span, error.to_string());
            }
        }
    }
}

fn is_input(kind: Kind, field: &str) -> bool {
    kind.input(field).is_some()
}
