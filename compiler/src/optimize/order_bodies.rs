//! The order in which a body's positive atoms are joined. Bodies have no order, so the meaning stays.

use std::collections::BTreeSet;

use floret_ir::{
    Atom, AtomSource, Component, Literal, Presence, Program, Rule, RuleId, RuleOp, Strata, Stratified, Term,
    VarId,
};

/// The same program with the positive atoms of each body in a good order to join them in. First comes what changes
/// most and is small: an atom of the rule's own recursion, else one that only holds what just arrived, else the one with
/// most constants. Then always an atom that shares a variable with those before (most bound columns first); all pairs
/// are made only where nothing is shared. The elements of a collection count as bound as soon as the collection is, so
/// atoms that hold them come after it; the clock comes last.
pub fn order_bodies(stratified: &Stratified) -> Stratified {
    let Stratified { program, strata } = stratified;
    let rules = program
        .rules
        .entries()
        .map(|(id, rule)| Rule { body: ordered(program, strata, id), ..rule.clone() })
        .collect();
    Stratified { program: Program { rules, ..program.clone() }, strata: strata.clone() }
}

fn ordered(program: &Program, strata: &Strata, id: RuleId) -> Vec<Literal> {
    let rule = &program.rules[id];
    let recursion = strata.components.iter().find(|component| {
        component.recursive && rule.op == RuleOp::Now && component.relations.contains(&rule.head.relation)
    });
    let mut left: Vec<&Atom> = rule.positive_atoms().collect();
    let mut bound: BTreeSet<VarId> = BTreeSet::new();
    let mut body = Vec::new();
    while let Some(best) = next(&left, &bound, strata, recursion, rule) {
        let atom = left.remove(best);
        bound.extend(variables(atom));
        bind_more(rule, &mut bound);
        body.push(Literal::Atom(atom.clone()));
    }
    body.extend(rule.body.iter().filter(|literal| !matches!(literal, Literal::Atom(_))).cloned());
    body
}

/// The lets and unnestings whose values are known bind their variables.
fn bind_more(rule: &Rule, bound: &mut BTreeSet<VarId>) {
    for literal in &rule.body {
        match literal {
            Literal::Let { var, value, .. } | Literal::Unnest { var, value, .. } => {
                // (Those that may have no value are applied last.)
                if !value.is_fallible() && value.vars().iter().all(|var| bound.contains(var)) {
                    bound.insert(*var);
                }
            }
            Literal::Atom(_) | Literal::Negation(_) | Literal::Condition { .. } => {}
        }
    }
}

/// Whether the atom names an element of a collection that is not bound yet, and not by the atom itself.
fn waits(rule: &Rule, atom: &Atom, bound: &BTreeSet<VarId>) -> bool {
    rule.body.iter().any(|literal| match literal {
        Literal::Unnest { var, value, .. } => {
            !value.is_fallible()
                && !bound.contains(var)
                && variables(atom).any(|other| other == *var)
                && !value.vars().iter().all(|needed| variables(atom).any(|other| other == *needed))
        }
        Literal::Let { .. } | Literal::Atom(_) | Literal::Negation(_) | Literal::Condition { .. } => false,
    })
}

/// The position of the atom to join next; of equally good ones the first.
fn next(
    atoms: &[&Atom],
    bound: &BTreeSet<VarId>,
    strata: &Strata,
    recursion: Option<&Component>,
    rule: &Rule,
) -> Option<usize> {
    let score = |atom: &Atom| {
        let shared = variables(atom).filter(|var| bound.contains(var)).count();
        let constants = atom.terms.iter().filter(|term| matches!(term, Term::Const(_))).count();
        let (recursive, arriving) = match atom.source {
            AtomSource::Relation(relation) => (
                recursion.is_some_and(|component| component.relations.contains(&relation)),
                strata.presence[relation] == Presence::Arriving,
            ),
            AtomSource::Members(_) | AtomSource::Clock => (false, false),
        };
        let clock = atom.source == AtomSource::Clock;
        // Before anything is bound, nothing is shared.
        (
            !clock,
            shared > 0,
            !waits(rule, atom, bound),
            recursive && bound.is_empty(),
            arriving && bound.is_empty(),
            shared + constants,
        )
    };
    let best = atoms.iter().map(|atom| score(atom)).max()?;
    atoms.iter().position(|atom| score(atom) == best)
}

fn variables(atom: &Atom) -> impl Iterator<Item = VarId> {
    atom.terms.iter().filter_map(|term| match term {
        Term::Var(var) => Some(*var),
        Term::Const(_) | Term::Any => None,
    })
}
