//! The order in which a body's positive atoms are joined. Bodies have no order, so the meaning stays.

use std::collections::BTreeSet;

use floret_ir::{
    Atom, AtomSource, Component, Literal, Presence, Program, Rule, RuleId, RuleOp, Strata, Stratified, Term,
    VarId,
};

/// The same program with the positive atoms of each body in a good order to join them in. First comes what changes
/// most and is small: an atom of the rule's own recursion, else one that only holds what just arrived, else the one with
/// most constants. Then always an atom that shares a variable with those before (most bound columns first); all pairs
/// are made only where nothing is shared.
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
    while let Some(best) = next(&left, &bound, strata, recursion) {
        let atom = left.remove(best);
        bound.extend(variables(atom));
        body.push(Literal::Atom(atom.clone()));
    }
    body.extend(rule.body.iter().filter(|literal| !matches!(literal, Literal::Atom(_))).cloned());
    body
}

/// The position of the atom to join next; of equally good ones the first.
fn next(
    atoms: &[&Atom],
    bound: &BTreeSet<VarId>,
    strata: &Strata,
    recursion: Option<&Component>,
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
        // Before anything is bound, nothing is shared.
        (shared > 0, recursive && bound.is_empty(), arriving && bound.is_empty(), shared + constants)
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
