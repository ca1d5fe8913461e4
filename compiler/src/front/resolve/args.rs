//! Arguments of atoms, heads and facts, by position or by name.

use std::collections::HashMap;

use floret_ir::{Diagnostics, Span};
use floret_lang::tree::{Call, Expr};

use crate::front::findings::{GivenTwice, UnknownColumn, UnnamedAfterNamed, WrongArity};
use crate::front::resolved::Relation;
use floret_ir::closest;

/// The columns that the program's author knows of: `$` is in no name of the language.
fn shown(relation: &Relation) -> impl Iterator<Item = &str> {
    relation.columns.iter().map(|column| column.name.as_str()).filter(|name| !name.starts_with('$'))
}

/// The argument of each column; `None` within: not named. `None`: the call doesn't fit (a diagnostic was given).
pub(super) fn by_column<'t>(
    call: &'t Call,
    relation: &Relation,
    sink: &mut Diagnostics,
) -> Option<Vec<Option<&'t Expr>>> {
    let arity = relation.columns.len();
    let hidden = arity - shown(relation).count();
    let first_named = call.args.iter().find_map(|arg| arg.name.as_ref());
    if call.args.len() > arity || (first_named.is_none() && call.args.len() < arity) {
        sink.push(WrongArity {
            relation: relation.name.clone(),
            columns: shown(relation).count(),
            given: call.args.len().saturating_sub(hidden),
            span: call.span,
            declared: relation.span,
            inferred: relation.inferred,
        });
        return None;
    }
    let mut columns: Vec<Option<&Expr>> = vec![None; arity];
    let mut given: HashMap<usize, Span> = HashMap::new();
    let mut fits = true;
    let mut named_from = None;
    for (position, arg) in call.args.iter().enumerate() {
        let column = match (&arg.name, named_from) {
            (None, None) => position,
            (None, Some(named)) => {
                sink.push(UnnamedAfterNamed { span: arg.value.span, named });
                fits = false;
                continue;
            }
            (Some(name), _) => {
                named_from.get_or_insert(name.span);
                let found = relation.columns.iter().position(|column| column.name == name.text);
                let Some(column) = found else {
                    let names = || shown(relation);
                    sink.push(UnknownColumn {
                        relation: relation.name.clone(),
                        column: name.text.clone(),
                        span: name.span,
                        declared: Some(relation.span),
                        columns: names().map(str::to_owned).collect(),
                        suggestion: closest(&name.text, names()),
                    });
                    fits = false;
                    continue;
                };
                column
            }
        };
        let span = arg.name.as_ref().map_or(arg.value.span, |name| name.span);
        if let Some(first) = given.insert(column, span) {
            let column = relation.columns.get(column).map_or_else(String::new, |column| column.name.clone());
            sink.push(GivenTwice { relation: relation.name.clone(), column, first, second: span });
            fits = false;
        }
        if let Some(slot) = columns.get_mut(column) {
            *slot = Some(&arg.value);
        }
    }
    fits.then_some(columns)
}
