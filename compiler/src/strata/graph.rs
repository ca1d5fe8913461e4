//! The graph of what `<=` rules read.

use floret_ir::{Atom, AtomSource, IndexVec, Literal, Program, RelationId, Rule, RuleId, RuleOp, Span};

use crate::lattices::{LatticeFlow, Why};

/// How a rule reads a relation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Manner {
    /// By a positive atom; what is there may still grow.
    Positive,
    /// By `!`.
    Negation,
    /// Under an aggregate.
    Aggregate,
    /// By a positive atom of a relation whose key conflicts are resolved: the least row of each key must be known.
    Key,
    /// By a positive atom, the value of one of whose lattice columns is looked at, for this reason: it must be known.
    Exact(Why),
}

/// One rule's reading of one relation: an edge from the head to the atom's relation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Read {
    /// The rule.
    pub rule: RuleId,
    /// What it fills.
    pub head: RelationId,
    /// What it reads.
    pub source: RelationId,
    /// How.
    pub manner: Manner,
    /// Where.
    pub span: Span,
    /// For exact reads: what looks at the value.
    pub evidence: Option<Span>,
}

/// The relation an atom reads, and whether it is negated; the members of roles and the clock are left out.
pub(crate) fn atoms(rule: &Rule) -> impl Iterator<Item = (&Atom, RelationId, bool)> {
    rule.body.iter().filter_map(|literal| match literal {
        Literal::Atom(atom) => relation_of(atom).map(|relation| (atom, relation, false)),
        Literal::Negation(atom) => relation_of(atom).map(|relation| (atom, relation, true)),
        Literal::Condition { .. } | Literal::Let { .. } | Literal::Unnest { .. } => None,
    })
}

/// The relation an atom reads, unless it reads the members of a role or the clock.
pub(crate) fn relation_of(atom: &Atom) -> Option<RelationId> {
    match atom.source {
        AtomSource::Relation(relation) => Some(relation),
        AtomSource::Members(_) | AtomSource::Clock => None,
    }
}

/// Whether the rule reads the tick's `now()` or random seed.
pub(crate) fn reads_clock(rule: &Rule) -> bool {
    rule.positive_atoms().any(|atom| atom.source == AtomSource::Clock)
}

/// The edges of the `<=` graph, by head.
pub(super) fn now_reads(program: &Program, flow: &LatticeFlow) -> IndexVec<RelationId, Vec<Read>> {
    let mut reads: IndexVec<RelationId, Vec<Read>> = program.relations.iter().map(|_| Vec::new()).collect();
    for (rule_id, rule) in program.rules.entries().filter(|(_, rule)| rule.op == RuleOp::Now) {
        for (index, literal) in rule.body.iter().enumerate() {
            let (atom, negated) = match literal {
                Literal::Atom(atom) => (atom, false),
                Literal::Negation(atom) => (atom, true),
                Literal::Condition { .. } | Literal::Let { .. } | Literal::Unnest { .. } => continue,
            };
            let Some(source) = relation_of(atom) else { continue };
            let exact = flow.rules[rule_id].exact(index);
            let manner = if negated {
                Manner::Negation
            } else if rule.has_aggregate() {
                Manner::Aggregate
            } else if program.relations[source].may_conflict() {
                Manner::Key
            } else {
                exact.map_or(Manner::Positive, |(why, _)| Manner::Exact(why))
            };
            let evidence = exact.map(|(_, span)| span).filter(|_| matches!(manner, Manner::Exact(_)));
            let head = rule.head.relation;
            reads[head].push(Read { rule: rule_id, head, source, manner, span: atom.span, evidence });
        }
    }
    reads
}
