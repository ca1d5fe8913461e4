//! What the program defines for expressions: `const`, `param`, `fn`, and the merges of lattices.

use std::collections::BTreeMap;

use floret_ir::{Diagnostics, Id, Span};
use floret_lang::tree::{self, Name, StatementKind, TypeExpr};

use super::expr::{self, Scope, Site};
use super::items::Item;
use super::names::{Definition, Names};
use super::types;
use crate::front::findings::{Duplicate, FreeVariable, NotHere, RecursiveDefinition};
use crate::front::resolved::{ColumnType, Def, DefId, DefKind, Expr, ExprKind, LocalId, Param, Resolved};

/// A definition as written.
struct Source<'t> {
    name: &'t Name,
    kind: DefKind,
    params: Vec<(&'t Name, Option<&'t TypeExpr>)>,
    result: Option<&'t TypeExpr>,
    body: &'t tree::Expr,
}

/// Enters all definitions, then resolves their bodies.
pub(super) fn define(items: &[Item<'_>], names: &mut Names, resolved: &mut Resolved, sink: &mut Diagnostics) {
    let mut sources: Vec<Source<'_>> = Vec::new();
    for item in items {
        let id = DefId::from_index(sources.len());
        match &item.statement.kind {
            StatementKind::Const { name, ty, value } if names.declare(name, sink) => {
                let literal = match expr::literal(value, &mut Diagnostics::new()) {
                    // With a declared type the value must be compared with it.
                    Some(ExprKind::Const(value)) if ty.is_none() => Some(value),
                    _ => None,
                };
                names.add_definition(&name.text, Definition { id, params: None, literal });
                sources.push(Source {
                    name,
                    kind: DefKind::Constant,
                    params: Vec::new(),
                    result: ty.as_ref(),
                    body: value,
                });
            }
            StatementKind::Function { name, params, result, body } if names.declare(name, sink) => {
                names
                    .add_definition(&name.text, Definition { id, params: Some(params.len()), literal: None });
                let params = params.iter().map(|param| (&param.name, Some(&param.ty))).collect();
                sources.push(Source { name, kind: DefKind::Function, params, result: Some(result), body });
            }
            StatementKind::Param { name, ty, value } if names.declare(name, sink) => {
                let ty = types::plain(ty, names, sink);
                names.add_param(&name.text, u32::try_from(resolved.params.len()).unwrap_or(u32::MAX));
                let default = value.as_ref().map(|_| id);
                resolved.params.push(Param { name: name.text.clone(), ty, default, span: name.span });
                if let Some(body) = value {
                    sources.push(Source {
                        name,
                        kind: DefKind::Default,
                        params: Vec::new(),
                        result: None,
                        body,
                    });
                }
            }
            StatementKind::Lattice { name, params, merge, .. } => {
                let declared = resolved.lattices.iter_mut().find(|lattice| lattice.span == name.span);
                if let Some(lattice) = declared.filter(|lattice| lattice.over.is_some()) {
                    lattice.merge = Some(id);
                    let params = vec![(&params.0, None), (&params.1, None)];
                    sources.push(Source { name, kind: DefKind::Merge, params, result: None, body: merge });
                }
            }
            _ => {}
        }
    }
    for source in &sources {
        let id = resolved.defs.next_id();
        let over = match source.kind {
            DefKind::Merge => resolved.lattices.iter().find(|lattice| lattice.merge == Some(id)),
            DefKind::Constant | DefKind::Function | DefKind::Default => None,
        };
        let over = over.and_then(|lattice| Some(ColumnType::Declared(lattice.over?, lattice.span)));
        let param = resolved.params.iter().find(|param| param.default == Some(id)).map(|param| param.ty);
        let def = define_one(source, over.or(param), names, sink);
        resolved.defs.push(def);
    }
    order(resolved, sink);
}

/// `given`: the type that stands elsewhere, of parameters and result.
fn define_one(source: &Source<'_>, given: Option<ColumnType>, names: &Names, sink: &mut Diagnostics) -> Def {
    let mut scope = Scope::new(names, Site::Definition);
    let (mut params, mut param_types) = (Vec::new(), Vec::new());
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for (name, ty) in &source.params {
        if let Some(&first) = first.get(name.text.as_str()) {
            sink.push(Duplicate { name: name.text.clone(), first, second: name.span });
        }
        first.insert(&name.text, name.span);
        let local: LocalId = scope.bind(&name.text, name.span);
        params.push(local);
        param_types.push(match ty {
            Some(ty) => types::plain(ty, names, sink),
            None => given.unwrap_or(ColumnType::Unknown),
        });
    }
    let result = match source.result {
        Some(ty) => types::plain(ty, names, sink),
        None => given.unwrap_or(ColumnType::Inferred),
    };
    let mut body = expr::resolve(source.body, &mut scope, sink);
    let mut fine = true;
    for variable in scope.variables.iter() {
        sink.push(FreeVariable {
            name: variable.name.clone(),
            span: variable.span,
            owner: source.name.text.clone(),
            kind: source.kind,
            params: source.params.iter().map(|(name, _)| name.text.clone()).collect(),
        });
        fine = false;
    }
    if let Some(span) = body.contains_self() {
        sink.push(NotHere { what: "`self`", span, place: words(source.kind) });
        fine = false;
    }
    if matches!(source.kind, DefKind::Merge | DefKind::Default) {
        let mut found = None;
        body.for_each(&mut |expr| {
            if matches!(expr.kind, ExprKind::Param(_) | ExprKind::Member(..)) {
                found.get_or_insert(expr.span);
            }
        });
        if let Some(span) = found {
            sink.push(NotHere { what: "what only a deployment says", span, place: words(source.kind) });
            fine = false;
        }
    }
    if !fine {
        body = Expr::error(source.body.span);
    }
    Def {
        name: source.name.text.clone(),
        params,
        types: param_types,
        result,
        body,
        kind: source.kind,
        span: source.name.span,
    }
}

fn words(kind: DefKind) -> &'static str {
    match kind {
        DefKind::Constant => "in a constant",
        DefKind::Function => "in a function",
        DefKind::Merge => "in the merge of a lattice",
        DefKind::Default => "in the default of a parameter",
    }
}

/// Puts definitions after those they use; a cycle is shown, and what is on it is broken.
fn order(resolved: &mut Resolved, sink: &mut Diagnostics) {
    let uses: Vec<Vec<DefId>> = resolved
        .defs
        .iter()
        .map(|def| {
            let mut used = Vec::new();
            def.body.for_each(&mut |expr| {
                if let ExprKind::Apply(id, _) = &expr.kind {
                    used.push(*id);
                }
            });
            used
        })
        .collect();
    let mut done: Vec<DefId> = Vec::new();
    let mut broken: Vec<DefId> = Vec::new();
    for start in resolved.defs.ids() {
        // Depth first, with a stack of its own: chains of definitions may be long.
        let mut path: Vec<(DefId, usize)> = vec![(start, 0)];
        while let Some((id, next)) = path.pop() {
            if next == 0 && done.contains(&id) {
                continue;
            }
            let Some(&used) = uses.get(id.index()).and_then(|used| used.get(next)) else {
                done.push(id);
                continue;
            };
            path.push((id, next + 1));
            if let Some(at) = path.iter().position(|(open, _)| *open == used) {
                let cycle: Vec<DefId> = path.iter().skip(at).map(|(id, _)| *id).collect();
                if !cycle.iter().any(|id| broken.contains(id)) {
                    let named = |id: &DefId| (resolved.defs[*id].name.clone(), resolved.defs[*id].span);
                    sink.push(RecursiveDefinition { cycle: cycle.iter().map(named).collect() });
                }
                broken.extend(cycle);
            } else if !done.contains(&used) {
                path.push((used, 0));
            }
        }
    }
    for id in broken {
        let span = resolved.defs[id].body.span;
        resolved.defs[id].body = Expr::error(span);
    }
    resolved.def_order = done;
}
