//! The graph of what `<=` rules read.

use floret_ir::{Atom, AtomSource, IndexVec, Literal, Program, RelationId, Rule, RuleId, RuleOp, Span};

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
}

/// The relation an atom reads, and whether it is negated; the members of roles are left out.
pub(crate) fn atoms(rule: &Rule) -> impl Iterator<Item = (&Atom, RelationId, bool)> {
    rule.body.iter().filter_map(|literal| match literal {
        Literal::Atom(atom) => relation_of(atom).map(|relation| (atom, relation, false)),
        Literal::Negation(atom) => relation_of(atom).map(|relation| (atom, relation, true)),
        Literal::Condition { .. } | Literal::Let { .. } | Literal::Unnest { .. } => None,
    })
}

/// The relation an atom reads, unless it reads the members of a role.
pub(crate) fn relation_of(atom: &Atom) -> Option<RelationId> {
    match atom.source {
        AtomSource::Relation(relation) => Some(relation),
        AtomSource::Members(_) | AtomSource::Clock => None,
    }
}

/// The edges of the `<=` graph, by head.
pub(super) fn now_reads(program: &Program) -> IndexVec<RelationId, Vec<Read>> {
    let mut reads: IndexVec<RelationId, Vec<Read>> = program.relations.iter().map(|_| Vec::new()).collect();
    for (rule_id, rule) in program.rules.entries().filter(|(_, rule)| rule.op == RuleOp::Now) {
        for (atom, source, negated) in atoms(rule) {
            let manner = if negated {
                Manner::Negation
            } else if rule.has_aggregate() {
                Manner::Aggregate
            } else if program.relations[source].resolved_key().is_some() {
                Manner::Key
            } else {
                Manner::Positive
            };
            let head = rule.head.relation;
            reads[head].push(Read { rule: rule_id, head, source, manner, span: atom.span });
        }
    }
    reads
}
