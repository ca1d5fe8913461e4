//! What each `use` makes an instance of, cycles among modules, and what each module's user sees.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

use floret_ir::{Diagnostics, Span, closest};
use floret_lang::tree::{Name, Path, Statement, StatementKind, UseTarget};

use super::findings::{DeclaredTwice, ModuleCycle, NoInstanceName, UnknownModule};
use super::load::{Files, is_library};
use super::scope::joined;
use super::template::{Member, TemplateId, Templates, Use, Value};

/// Resolves all `use` statements, and makes the interfaces. Afterwards no module uses itself, by whatever way.
pub(super) fn resolve(templates: &mut Templates<'_>, files: &Files, sink: &mut Diagnostics) {
    for id in templates.ids() {
        let mut statements = Vec::new();
        collect(templates[id].statements, &mut statements);
        let mut uses = BTreeMap::new();
        for statement in statements {
            let StatementKind::Use { target, alias, .. } = &statement.kind else { continue };
            let Some(name) = instance_name(target, alias.as_ref(), statement.span, sink) else { continue };
            let span = name.span;
            let found = Use { target: find(id, target, templates, files, sink), span: statement.span };
            match uses.entry(name.text) {
                Entry::Vacant(entry) => {
                    entry.insert(found);
                }
                Entry::Occupied(entry) => {
                    let name = entry.key().clone();
                    sink.push(DeclaredTwice { what: "instance", name, second: span });
                }
            }
        }
        templates[id].uses = uses;
    }
    for id in cut_cycles(templates, sink) {
        make_interface(id, templates);
    }
}

fn collect<'t>(statements: &'t [Statement], uses: &mut Vec<&'t Statement>) {
    for statement in statements {
        if let StatementKind::Use { .. } = &statement.kind {
            uses.push(statement);
        } else if let StatementKind::On { statements, .. } | StatementKind::Monotone(statements) =
            &statement.kind
        {
            collect(statements, uses);
        }
    }
}

/// What the instance is called: as the statement says, else as the module.
pub(super) fn default_name(target: &UseTarget, alias: Option<&Name>) -> Option<Name> {
    match (alias, target) {
        (Some(alias), _) => Some(alias.clone()),
        (None, UseTarget::Path(path)) => path.parts.last().cloned(),
        (None, UseTarget::File(file)) => {
            let last = file.text.rsplit('/').next().unwrap_or_default();
            let stem = last.strip_suffix(".flo").unwrap_or(last);
            let mut chars = stem.chars();
            let is_name = chars.next().is_some_and(|first| first.is_alphabetic())
                && chars.all(|c| c.is_alphanumeric() || c == '_');
            is_name.then(|| Name { text: stem.to_owned(), span: file.span })
        }
    }
}

fn instance_name(
    target: &UseTarget,
    alias: Option<&Name>,
    span: Span,
    sink: &mut Diagnostics,
) -> Option<Name> {
    let name = default_name(target, alias);
    if name.is_none() {
        sink.push(NoInstanceName { span });
    }
    name
}

fn find(
    user: TemplateId,
    target: &UseTarget,
    templates: &Templates<'_>,
    files: &Files,
    sink: &mut Diagnostics,
) -> Option<TemplateId> {
    match target {
        UseTarget::File(name) => templates.of_file(*files.targets.get(&name.span)?),
        UseTarget::Path(path) if is_library(path) => templates.of_file(*files.targets.get(&path.span)?),
        UseTarget::Path(path) => declared(user, path, templates, sink),
    }
}

/// A module declared in this one or around it.
fn declared(
    user: TemplateId,
    path: &Path,
    templates: &Templates<'_>,
    sink: &mut Diagnostics,
) -> Option<TemplateId> {
    let mut names = Vec::new();
    if let [name] = path.parts.as_slice() {
        let mut around = Some(user);
        while let Some(id) = around {
            if let Some(found) = templates[id].modules.get(name.text.as_str()) {
                return Some(*found);
            }
            names.extend(templates[id].modules.keys().copied());
            around = templates[id].parent;
        }
    }
    let name = joined(&path.parts);
    let suggestion = closest(&name, names);
    sink.push(UnknownModule { name, span: path.span, suggestion });
    None
}

/// A module whose uses are being looked at.
struct Open {
    id: TemplateId,
    uses: Vec<(String, Use)>,
    next: usize,
}

impl Open {
    fn new(id: TemplateId, templates: &Templates<'_>) -> Self {
        let uses = templates[id].uses.iter().map(|(name, entry)| (name.clone(), *entry)).collect();
        Open { id, uses, next: 0 }
    }
}

/// Takes out each `use` that closes a cycle, with a message. The order has every module after those that it uses.
fn cut_cycles(templates: &mut Templates<'_>, sink: &mut Diagnostics) -> Vec<TemplateId> {
    let mut order = Vec::new();
    let mut done = HashSet::new();
    for start in templates.ids() {
        if done.contains(&start) {
            continue;
        }
        // Not by recursion: files can use one another in a long row.
        let mut path = vec![Open::new(start, templates)];
        while let Some(open) = path.last_mut() {
            let Some((name, entry)) = open.uses.get(open.next).cloned() else {
                done.insert(open.id);
                order.push(open.id);
                path.pop();
                continue;
            };
            open.next += 1;
            let user = open.id;
            let Some(target) = entry.target else { continue };
            if let Some(from) = path.iter().position(|open| open.id == target) {
                let steps = path.iter().skip(from).filter_map(|open| {
                    let (_, used) = open.uses.get(open.next.checked_sub(1)?)?;
                    Some((templates[open.id].name.clone(), used.span))
                });
                sink.push(ModuleCycle { steps: steps.collect() });
                templates[user].uses.insert(name, Use { target: None, ..entry });
            } else if !done.contains(&target) {
                path.push(Open::new(target, templates));
            }
        }
    }
    order
}

fn make_interface(id: TemplateId, templates: &mut Templates<'_>) {
    let template = &templates[id];
    let declares = &template.declares;
    let mut members = BTreeMap::new();
    for (name, collection) in &declares.collections {
        if collection.is_input || collection.is_output {
            let member = Member::Collection { is_input: collection.is_input, kind: collection.kind };
            members.insert((*name).to_owned(), member);
        }
    }
    for name in declares.types.keys() {
        members.insert((*name).to_owned(), Member::Type);
    }
    for (name, value) in &declares.values {
        if *value == Value::Variant {
            members.insert((*name).to_owned(), Member::Type);
        }
    }
    for path in &declares.outputs {
        let Some((first, rest)) = path.parts.split_first() else { continue };
        let rest = joined(rest);
        let inner = template.uses.get(&first.text).and_then(|entry| entry.target);
        let member = inner.and_then(|inner| templates[inner].interface.members.get(&rest));
        if let Some(Member::Collection { kind, .. }) = member {
            // Its user has one module to fill the inner inputs: this one.
            members.insert(
                format!("{}::{rest}", first.text),
                Member::Collection { is_input: false, kind: *kind },
            );
        }
    }
    templates[id].interface.members = members;
}
