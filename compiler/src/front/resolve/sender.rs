//! `sender`: the address that a message came from.

use floret_ir::{Diagnostics, IndexVec, RelationId, RelationKind, VarId};

use crate::front::findings::SenderOfWhat;
use crate::front::resolved::{
    Atom, Column, ColumnType, HeadTerm, Literal, Relation, Rule, Source, Term, TermKind,
};

/// Gives the channels whose senders are asked for a last column, and all atoms over them a term for it.
pub(super) fn resolve(
    rules: &mut [Rule],
    relations: &mut IndexVec<RelationId, Relation>,
    sink: &mut Diagnostics,
) {
    let asked: Vec<Option<(RelationId, VarId)>> =
        rules.iter_mut().map(|rule| ask(rule, relations, sink)).collect();
    for (rule, asked) in rules.iter().zip(&asked) {
        if let Some((channel, sender)) = asked {
            relations[*channel].sender.get_or_insert(rule.variables[*sender].span);
        }
    }
    for relation in relations.iter_mut() {
        let Some(span) = relation.sender else { continue };
        let mut name = "sender".to_owned();
        while relation.columns.iter().any(|column| column.name == name) {
            name.push('_');
        }
        relation.columns.push(Column { name, ty: ColumnType::Sender, lattice: None, span });
    }
    for (rule, asked) in rules.iter_mut().zip(&asked) {
        for literal in &mut rule.body {
            let (atom, positive) = match literal {
                Literal::Atom(atom) => (atom, true),
                Literal::Negation(atom) => (atom, false),
                Literal::Condition(_) | Literal::Let { .. } | Literal::Unnest { .. } => continue,
            };
            let Source::Relation(id) = atom.source else { continue };
            if relations[id].sender.is_some() {
                let kind = match asked {
                    Some((channel, sender)) if positive && *channel == id => TermKind::Var(*sender),
                    _ => TermKind::Any,
                };
                atom.terms.push(Term { kind, span: atom.span });
            }
        }
    }
}

/// The channel whose messages' sender the rule asks for, and its variable.
fn ask(
    rule: &mut Rule,
    relations: &IndexVec<RelationId, Relation>,
    sink: &mut Diagnostics,
) -> Option<(RelationId, VarId)> {
    let (sender, _) = rule.variables.entries().find(|(_, variable)| variable.name == "sender")?;
    // The rule may give the name to something itself.
    let binds = |literal: &Literal| match literal {
        Literal::Atom(atom) => {
            atom.terms.iter().any(|term| matches!(term.kind, TermKind::Var(var) if var == sender))
        }
        Literal::Let { var, .. } | Literal::Unnest { var, .. } => *var == sender,
        Literal::Negation(_) | Literal::Condition(_) => false,
    };
    if rule.body.iter().any(binds) || !is_used(rule, sender) {
        return None;
    }
    let channels: Vec<(RelationId, floret_ir::Span)> = rule
        .body
        .iter()
        .filter_map(|literal| match literal {
            Literal::Atom(Atom { source: Source::Relation(id), span, .. }) => {
                matches!(relations[*id].kind, RelationKind::Channel { .. }).then_some((*id, *span))
            }
            _ => None,
        })
        .collect();
    if let [(channel, _)] = channels.as_slice() {
        return Some((*channel, sender));
    }
    let span = rule.variables[sender].span;
    let is_lost = rule
        .body
        .iter()
        .any(|literal| matches!(literal, Literal::Atom(Atom { source: Source::Unknown, .. })));
    if !is_lost {
        sink.push(SenderOfWhat { span, channels: channels.iter().map(|(_, span)| *span).collect() });
    }
    let term = Term { kind: TermKind::Var(sender), span };
    rule.body.push(Literal::Atom(Atom { source: Source::Unknown, terms: vec![term], span }));
    None
}

fn is_used(rule: &Rule, sender: VarId) -> bool {
    let mut used = false;
    let mut look = |expr: &crate::front::resolved::Expr| {
        expr.for_each_var(&mut |var, _| used |= var == sender);
    };
    for term in &rule.head.terms {
        match term {
            HeadTerm::Expr(expr) => look(expr),
            HeadTerm::Aggregate { argument, by, .. } => {
                argument.iter().chain(by).for_each(&mut look);
            }
            HeadTerm::Any => {}
        }
    }
    rule.head.place.iter().for_each(&mut look);
    for literal in &rule.body {
        match literal {
            Literal::Condition(expr) => look(expr),
            Literal::Let { value, .. } | Literal::Unnest { value, .. } => look(value),
            Literal::Atom(_) | Literal::Negation(_) => {}
        }
    }
    let negated = rule.body.iter().any(|literal| match literal {
        Literal::Negation(atom) => {
            atom.terms.iter().any(|term| matches!(term.kind, TermKind::Var(var) if var == sender))
        }
        _ => false,
    });
    used || negated
}
