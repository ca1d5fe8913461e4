//! Which momentary rows come from one source row: relations derived by `<=` alone that carry every column of it.
//!
//! Where `req(k, c)` arrives and `big(k, c) <= req(k, c), k > 10;`, the `big` rows of a tick that carry the `req` row
//! `(k, c)` depend on that row and static data only. So may rules that read both with the same variables.

use std::collections::BTreeSet;

use floret_ir::{
    Atom, Expr, HeadTerm, IndexVec, Presence, Program, Relation, RelationId, RelationKind, Rule, RuleId,
    RuleOp, Stratified, Term,
};

use crate::strata::graph::{atoms, relation_of};

/// Every row of a relation carries a row of `source` of the same tick.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Origin {
    /// The source.
    pub source: RelationId,
    /// For each column of the source the column that carries it.
    pub columns: Vec<usize>,
}

/// Atoms that all speak about one row of `source`: its columns as the rule names them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SourceRow {
    source: RelationId,
    /// Variables and constants only.
    pub terms: Vec<Term>,
}

/// Where the rows of every relation come from.
pub(super) struct Origins {
    /// Rows of the relation itself.
    identities: IndexVec<RelationId, Origin>,
    /// What the relation's rows are derived from, as far back as it goes; empty if they are their own origin.
    roots: IndexVec<RelationId, Vec<Origin>>,
}

impl Origins {
    /// Finds them. What a rule reads beside the source is not looked at: where it isn't static, the rule's class says so.
    pub fn find(stratified: &Stratified, fills: &IndexVec<RelationId, Vec<RuleId>>) -> Self {
        let program = &stratified.program;
        let identities: IndexVec<RelationId, Origin> = program
            .relations
            .entries()
            .map(|(source, relation)| Origin { source, columns: (0..relation.arity()).collect() })
            .collect();
        let facts: BTreeSet<RelationId> = program.facts.iter().map(|fact| fact.relation).collect();
        let derived = |relation: RelationId| {
            !facts.contains(&relation) && only_now(program, relation, &fills[relation])
        };
        // Optimistic: `None` is "of any origin", the start of recursive relations; it only shrinks from there.
        let mut roots: IndexVec<RelationId, Option<Vec<Origin>>> = program
            .relations
            .ids()
            .map(|relation| if derived(relation) { None } else { Some(Vec::new()) })
            .collect();
        for component in &stratified.strata.components {
            let mut changed = true;
            while changed {
                changed = false;
                for &relation in component.relations.iter().filter(|&&relation| derived(relation)) {
                    for &rule in &fills[relation] {
                        let rule = &program.rules[rule];
                        let Some(of_rule) = of_rule(stratified, rule, &identities, &roots) else { continue };
                        let narrowed = match &roots[relation] {
                            None => of_rule,
                            Some(known) => {
                                known.iter().filter(|&root| of_rule.contains(root)).cloned().collect()
                            }
                        };
                        if roots[relation].as_ref() != Some(&narrowed) {
                            roots[relation] = Some(narrowed);
                            changed = true;
                        }
                    }
                }
            }
        }
        Origins { identities, roots: roots.iter().map(|roots| roots.clone().unwrap_or_default()).collect() }
    }

    /// The rows that all of `atoms` speak about; empty if they may speak about different ones.
    pub fn common_rows(&self, atoms: &[&Atom]) -> Vec<SourceRow> {
        common(atoms, |relation| {
            std::iter::once(&self.identities[relation]).chain(&self.roots[relation]).collect()
        })
    }
}

/// Whether all its rows but facts are derived by `<=` in the tick that holds them.
fn only_now(program: &Program, relation: RelationId, fills: &[RuleId]) -> bool {
    let momentary = match program.relations[relation].kind {
        RelationKind::View | RelationKind::Event | RelationKind::Timer { .. } => true,
        RelationKind::Table | RelationKind::Channel { .. } => false,
    };
    momentary
        && program.relations[relation].input.is_none()
        && !fills.is_empty()
        && fills.iter().all(|&rule| program.rules[rule].op == RuleOp::Now)
}

/// The origins of what a rule derives; `None` while a relation it reads may have any.
fn of_rule(
    stratified: &Stratified,
    rule: &Rule,
    identities: &IndexVec<RelationId, Origin>,
    roots: &IndexVec<RelationId, Option<Vec<Origin>>>,
) -> Option<Vec<Origin>> {
    let program = &stratified.program;
    let momentary = |relation: RelationId| stratified.strata.presence[relation] != Presence::Stored;
    let arrivals: Vec<&Atom> =
        atoms(rule).filter(|(_, source, _)| momentary(*source)).map(|(atom, _, _)| atom).collect();
    if arrivals.iter().filter_map(|atom| relation_of(atom)).any(|source| roots[source].is_none()) {
        return None;
    }
    if !rule.positive_atoms().filter_map(relation_of).any(momentary) {
        return Some(Vec::new());
    }
    // A row that carries all of a row that carries all of its root carries the root: the root is enough.
    let rows = common(&arrivals, |relation| match &roots[relation] {
        Some(roots) if !roots.is_empty() => roots.iter().collect(),
        Some(_) | None => vec![&identities[relation]],
    });
    let head = &program.relations[rule.head.relation];
    let carried = |row: SourceRow| {
        let columns: Option<Vec<usize>> =
            row.terms.iter().map(|term| head_column(rule, head, term)).collect();
        columns.map(|columns| Origin { source: row.source, columns })
    };
    Some(rows.into_iter().filter_map(carried).collect())
}

/// The head column that carries what `term` says; a lattice column merges it with others.
fn head_column(rule: &Rule, relation: &Relation, term: &Term) -> Option<usize> {
    let merges = |number: usize| relation.columns.get(number).is_some_and(|column| column.lattice.is_some());
    rule.head.terms.iter().enumerate().position(|(number, head)| {
        !merges(number)
            && match (head, term) {
                (HeadTerm::Expr(Expr::Var(head)), Term::Var(var)) => head == var,
                (HeadTerm::Expr(Expr::Const(head)), Term::Const(value)) => head == value,
                (HeadTerm::Expr(_) | HeadTerm::Aggregate { .. } | HeadTerm::Any, _) => false,
            }
    })
}

fn common<'o>(atoms: &[&Atom], origins: impl Fn(RelationId) -> Vec<&'o Origin>) -> Vec<SourceRow> {
    let rows_of = |atom: &Atom| -> Vec<SourceRow> {
        let known = relation_of(atom).map(&origins).unwrap_or_default();
        known.into_iter().filter_map(|origin| source_row(atom, origin)).collect()
    };
    let Some((first, rest)) = atoms.split_first() else { return Vec::new() };
    let mut rows = rows_of(first);
    for atom in rest {
        let others = rows_of(atom);
        rows.retain(|row| others.contains(row));
    }
    rows
}

/// The row of the origin's source that the atom names, if it names every column of it.
fn source_row(atom: &Atom, origin: &Origin) -> Option<SourceRow> {
    let terms: Option<Vec<Term>> = origin
        .columns
        .iter()
        .map(|&column| match atom.terms.get(column) {
            Some(term @ (Term::Var(_) | Term::Const(_))) => Some(term.clone()),
            Some(Term::Any) | None => None,
        })
        .collect();
    terms.map(|terms| SourceRow { source: origin.source, terms })
}
