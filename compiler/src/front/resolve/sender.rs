//! `sender`: a channel that some rule asks for it gets one more column, which all other atoms leave open.

use std::collections::BTreeSet;

use floret_ir::RelationId;

use crate::front::resolved::{Atom, Column, ColumnType, Literal, Resolved, Source, Term, TermKind};

/// Adds the columns. The rules that ask have one term more than the channel has columns.
pub(super) fn add_columns(resolved: &mut Resolved) {
    let mut asked: BTreeSet<RelationId> = BTreeSet::new();
    for rule in &resolved.rules {
        for atom in rule.atoms() {
            if let Source::Relation(id) = atom.source
                && atom.terms.len() > resolved.relations[id].columns.len()
            {
                asked.insert(id);
            }
        }
    }
    for &id in &asked {
        let relation = &mut resolved.relations[id];
        let taken = relation.columns.iter().any(|column| column.name == "sender");
        let name = if taken { "$sender" } else { "sender" };
        relation.columns.push(Column { name: name.into(), ty: ColumnType::Sender, span: relation.span });
        relation.sender = true;
    }
    let complete = |atom: &mut Atom| {
        if let Source::Relation(id) = atom.source
            && asked.contains(&id)
            && atom.terms.len() < resolved.relations[id].columns.len()
        {
            atom.terms.push(Term { kind: TermKind::Any, span: atom.span });
        }
    };
    for literal in resolved.rules.iter_mut().flat_map(|rule| &mut rule.body) {
        match literal {
            Literal::Atom(atom) | Literal::Negation(atom) => complete(atom),
            Literal::Condition(_) | Literal::Let { .. } => {}
        }
    }
}
