//! Safety: every variable gets a value from a positive atom or one `let`, and `let`s can be computed in some order.

use std::collections::{BTreeMap, HashMap, HashSet};

use floret_ir::{BinaryOp, Diagnostics, Span, VarId};

use super::findings::{BoundTwice, LetCycle, Unbound, Use};
use super::resolved::{Atom, Expr, ExprKind, HeadTerm, Literal, Resolved, Rule, Source, TermKind};
use floret_ir::closest;

/// For each rule, its literals' positions in an order in which every `let` comes after those it uses.
pub(super) struct Orders(pub Vec<Vec<usize>>);

/// Checks all rules.
pub(super) fn check(resolved: &Resolved, sink: &mut Diagnostics) -> Orders {
    let roles: HashSet<&str> = resolved.roles.iter().map(|role| role.name.as_str()).collect();
    let relations: HashSet<&str> = resolved.relations.iter().map(|relation| relation.name.as_str()).collect();
    let check_rule = |rule: &Rule| {
        for (var, span, used) in unbound(rule) {
            let name = &rule.variables[var].name;
            let bound = bound(rule);
            let names = bound.iter().map(|var| rule.variables[*var].name.as_str());
            sink.push(Unbound {
                name: name.clone(),
                span,
                used,
                is_compared: is_compared(rule, var),
                suggestion: closest(name, names.filter(|name| !name.starts_with('$'))),
                is_role: roles.contains(name.as_str()),
                is_collection: relations.contains(name.as_str()),
            });
        }
        check_bound_once(rule, sink);
        order(rule, sink)
    };
    Orders(resolved.rules.iter().map(check_rule).collect())
}

/// Whether some variable of the rule has no value.
pub(super) fn is_unsafe(rule: &Rule) -> bool {
    !unbound(rule).is_empty()
}

fn variables(atom: &Atom) -> impl Iterator<Item = (VarId, Span)> {
    atom.terms.iter().filter_map(|term| match term.kind {
        TermKind::Var(var) => Some((var, term.span)),
        TermKind::Const(_) | TermKind::Any => None,
    })
}

/// The variables that get a value.
fn bound(rule: &Rule) -> HashSet<VarId> {
    let mut bound = HashSet::new();
    for literal in &rule.body {
        match literal {
            Literal::Atom(atom) => bound.extend(variables(atom).map(|(var, _)| var)),
            Literal::Let { var, .. } | Literal::Unnest { var, .. } => {
                bound.insert(*var);
            }
            Literal::Negation(_) | Literal::Condition(_) => {}
        }
    }
    bound
}

/// The variables without a value, each with its first use.
fn unbound(rule: &Rule) -> Vec<(VarId, Span, Use)> {
    let bound = bound(rule);
    let mut first: BTreeMap<VarId, (Span, Use)> = BTreeMap::new();
    for (var, span, used) in uses(rule) {
        if !bound.contains(&var) {
            first.entry(var).or_insert((span, used));
        }
    }
    first.into_iter().map(|(var, (span, used))| (var, span, used)).collect()
}

/// The places where variables need a value: head, address, then the body in order.
fn uses(rule: &Rule) -> Vec<(VarId, Span, Use)> {
    let mut uses = Vec::new();
    let mut all = |expr: &Expr, used: Use| expr.for_each_var(&mut |var, span| uses.push((var, span, used)));
    for term in &rule.head.terms {
        match term {
            HeadTerm::Expr(expr) => all(expr, Use::Head),
            HeadTerm::Aggregate { argument, by, .. } => {
                argument.iter().chain(by).for_each(|expr| all(expr, Use::Head));
            }
            HeadTerm::Any => {}
        }
    }
    if let Some(place) = &rule.head.place {
        all(place, Use::Place);
    }
    for literal in &rule.body {
        match literal {
            Literal::Atom(_) => {}
            Literal::Negation(atom) => {
                uses.extend(variables(atom).map(|(var, span)| (var, span, Use::Negation)))
            }
            Literal::Condition(expr) => {
                expr.for_each_var(&mut |var, span| uses.push((var, span, Use::Condition)));
            }
            Literal::Unnest { value, .. } => {
                value.for_each_var(&mut |var, span| uses.push((var, span, Use::Unnest)));
            }
            Literal::Let { var, value, .. } => {
                // The value of an argument of a negation, taken out of it by the resolver.
                let made = rule.variables[*var].name.starts_with('$');
                let used = if made { Use::Negation } else { Use::LetValue };
                value.for_each_var(&mut |var, span| uses.push((var, span, used)));
            }
        }
    }
    uses
}

/// Whether a condition of the rule says `var == ...`.
fn is_compared(rule: &Rule, var: VarId) -> bool {
    let is_var = |side: &Expr| matches!(side.kind, ExprKind::Var(of) if of == var);
    rule.body.iter().any(|literal| match literal {
        Literal::Condition(Expr { kind: ExprKind::Binary(BinaryOp::Equal, left, right), .. }) => {
            is_var(left) || is_var(right)
        }
        Literal::Condition(_)
        | Literal::Atom(_)
        | Literal::Negation(_)
        | Literal::Let { .. }
        | Literal::Unnest { .. } => false,
    })
}

/// A `let` gives a value to a variable that has none.
fn check_bound_once(rule: &Rule, sink: &mut Diagnostics) {
    let mut first: HashMap<VarId, Span> = HashMap::new();
    for literal in &rule.body {
        match literal {
            Literal::Atom(atom) if atom.source != Source::Unknown => {
                for (var, span) in variables(atom) {
                    first.entry(var).or_insert(span);
                }
            }
            Literal::Unnest { var, name_span, .. } => {
                first.entry(*var).or_insert(*name_span);
            }
            Literal::Atom(_) | Literal::Negation(_) | Literal::Condition(_) | Literal::Let { .. } => {}
        }
    }
    for literal in &rule.body {
        let Literal::Let { var, name_span, .. } = literal else { continue };
        match first.get(var) {
            Some(&first) => {
                let name = rule.variables[*var].name.clone();
                sink.push(BoundTwice { name, second: *name_span, first });
            }
            None => {
                first.insert(*var, *name_span);
            }
        }
    }
}

/// The variable that a `let` or an unnesting binds, and its value.
fn binding(literal: &Literal) -> Option<(VarId, &Expr, Span)> {
    match literal {
        Literal::Let { var, value, span, .. } | Literal::Unnest { var, value, span, .. } => {
            Some((*var, value, *span))
        }
        Literal::Atom(_) | Literal::Negation(_) | Literal::Condition(_) => None,
    }
}

/// The literals' order: only `let`s and unnestings change places, and only among themselves.
fn order(rule: &Rule, sink: &mut Diagnostics) -> Vec<usize> {
    let mut by_atom: HashSet<VarId> = HashSet::new();
    for literal in &rule.body {
        if let Literal::Atom(atom) = literal {
            by_atom.extend(variables(atom).map(|(var, _)| var));
        }
    }
    let bindings: Vec<usize> = (0..rule.body.len()).filter(|&at| binding(&rule.body[at]).is_some()).collect();
    let mut by_var: HashMap<VarId, usize> = HashMap::new();
    for &at in &bindings {
        if let Some((var, ..)) = binding(&rule.body[at])
            && !by_atom.contains(&var)
        {
            by_var.entry(var).or_insert(at);
        }
    }
    let mut search = Search { rule, by_var, path: Vec::new(), done: Vec::new() };
    for &at in &bindings {
        if let Some(cycle) = search.visit(at) {
            let named = |at: &usize| {
                binding(&rule.body[*at]).map(|(var, _, span)| (rule.variables[var].name.clone(), span))
            };
            sink.push(LetCycle { lets: cycle.iter().filter_map(named).collect() });
            return (0..rule.body.len()).collect();
        }
    }
    let mut sorted = search.done.into_iter();
    let is_binding = |at: usize| binding(&rule.body[at]).is_some();
    (0..rule.body.len()).map(|at| if is_binding(at) { sorted.next().unwrap_or(at) } else { at }).collect()
}

/// A depth-first search over the `let`s and unnestings.
struct Search<'r> {
    rule: &'r Rule,
    by_var: HashMap<VarId, usize>,
    path: Vec<usize>,
    done: Vec<usize>,
}

impl Search<'_> {
    /// Puts the `let` at `at` after those it needs; a cycle, if there is one.
    fn visit(&mut self, at: usize) -> Option<Vec<usize>> {
        if self.done.contains(&at) {
            return None;
        }
        if let Some(start) = self.path.iter().position(|&open| open == at) {
            return Some(self.path.split_off(start));
        }
        self.path.push(at);
        if let Some((_, value, _)) = binding(&self.rule.body[at]) {
            let mut needed = Vec::new();
            value.for_each_var(&mut |var, _| needed.extend(self.by_var.get(&var).copied()));
            for next in needed {
                if let Some(cycle) = self.visit(next) {
                    return Some(cycle);
                }
            }
        }
        self.path.pop();
        self.done.push(at);
        None
    }
}
