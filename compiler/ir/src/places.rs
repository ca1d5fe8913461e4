//! All places of a program, for passes that put them elsewhere or take them away.

use std::sync::Arc;

use crate::{Atom, Lattice, Literal, Program, Rule, Span};

impl Program {
    /// Calls `visit` on every place.
    pub fn for_each_span(&mut self, visit: &mut impl FnMut(&mut Span)) {
        self.roles.iter_mut().for_each(|role| visit(&mut role.span));
        for relation in self.relations.iter_mut() {
            visit(&mut relation.span);
            relation
                .columns
                .iter_mut()
                .filter_map(|column| column.lattice.as_mut())
                .for_each(|lattice| of_lattice(lattice, visit));
        }
        self.rules.iter_mut().for_each(|rule| of_rule(rule, visit));
        self.facts.iter_mut().for_each(|fact| visit(&mut fact.span));
        self.params.iter_mut().for_each(|param| visit(&mut param.span));
        self.about_order.for_each_span(visit);
        self.lattices.iter_mut().for_each(|lattice| visit(&mut Arc::make_mut(lattice).span));
    }
}

fn of_lattice(lattice: &mut Lattice, visit: &mut impl FnMut(&mut Span)) {
    match lattice {
        Lattice::Max(_)
        | Lattice::Min(_)
        | Lattice::Any
        | Lattice::All
        | Lattice::Set(_)
        | Lattice::Lww(_) => {}
        Lattice::Map(_, of) => of_lattice(of, visit),
        Lattice::Tuple(parts) | Lattice::Struct(_, parts) => {
            parts.iter_mut().for_each(|part| of_lattice(part, visit));
        }
        Lattice::User(of) => visit(&mut Arc::make_mut(of).span),
    }
}

fn of_rule(rule: &mut Rule, visit: &mut impl FnMut(&mut Span)) {
    visit(&mut rule.span);
    visit(&mut rule.head.span);
    rule.variables.iter_mut().for_each(|variable| visit(&mut variable.span));
    for literal in &mut rule.body {
        match literal {
            Literal::Atom(Atom { span, .. })
            | Literal::Negation(Atom { span, .. })
            | Literal::Condition { span, .. }
            | Literal::Let { span, .. }
            | Literal::Unnest { span, .. } => visit(span),
        }
    }
}
