//! All places of a program, for passes that put them elsewhere or take them away.

use crate::{Atom, Literal, Program, Rule, Span};

impl Program {
    /// Calls `visit` on every place.
    pub fn for_each_span(&mut self, visit: &mut impl FnMut(&mut Span)) {
        self.roles.iter_mut().for_each(|role| visit(&mut role.span));
        self.relations.iter_mut().for_each(|relation| visit(&mut relation.span));
        self.rules.iter_mut().for_each(|rule| of_rule(rule, visit));
        self.facts.iter_mut().for_each(|fact| visit(&mut fact.span));
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
            | Literal::Let { span, .. } => visit(span),
        }
    }
}
