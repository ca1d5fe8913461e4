//! Facts.

use floret_ir::{Diagnostics, IndexVec, RelationId, RelationKind};
use floret_lang::tree::{Call, ExprKind as TreeKind};

use super::args::by_column;
use super::expr::{self, Scope, Site};
use super::names::Names;
use crate::front::findings::{
    FactInto, MisplacedWildcard, MissingColumn, UndeclaredHead, VariableInFact, WildcardPlace,
};
use crate::front::resolved::{ExprKind, Fact, Home, Relation};
use floret_ir::closest;

/// Resolves a fact; `None`: a diagnostic was given.
pub(super) fn resolve(
    call: &Call,
    home: Home,
    names: &mut Names,
    relations: &IndexVec<RelationId, Relation>,
    sink: &mut Diagnostics,
) -> Option<Fact> {
    let name = names.single(&call.path, sink)?;
    let Some(id) = names.relation(&name.text) else {
        if !names.is_refused(&name.text) && !names.incomplete {
            let suggestion = closest(&name.text, names.relation_names());
            sink.push(UndeclaredHead { name: name.text.clone(), op: None, span: name.span, suggestion });
            names.refuse(&name.text);
        }
        return None;
    };
    let relation = &relations[id];
    match relation.kind {
        RelationKind::Table | RelationKind::Event => {}
        RelationKind::View | RelationKind::Channel { .. } | RelationKind::Timer { .. } => {
            sink.push(FactInto {
                relation: relation.name.clone(),
                kind: relation.kind,
                span: call.span,
                declared: relation.span,
            });
            return None;
        }
    }
    let columns = by_column(call, relation, sink)?;
    let mut scope = Scope::new(names, Site::Outside);
    let place = call.place.as_deref().map(|place| expr::resolve(place, &mut scope, sink));
    let mut values = Vec::new();
    for (column, value) in relation.columns.iter().zip(columns) {
        match value {
            None => sink.push(MissingColumn {
                relation: relation.name.clone(),
                column: column.name.clone(),
                span: call.span,
                declared: column.span,
            }),
            Some(value) if matches!(value.kind, TreeKind::Wildcard) => {
                sink.push(MisplacedWildcard { span: value.span, place: WildcardPlace::Fact });
            }
            Some(value) => values.push(expr::resolve(value, &mut scope, sink)),
        }
    }
    for variable in scope.variables.iter() {
        sink.push(VariableInFact { name: variable.name.clone(), span: variable.span });
    }
    if values.len() != relation.columns.len() || !scope.variables.is_empty() {
        return None;
    }
    // A fact at `self` is at every node, as one without a place.
    let place = place.filter(|place| !matches!(place.kind, ExprKind::SelfAddress));
    Some(Fact { relation: id, home, place, values, span: call.span })
}
