//! Recursion of `<=` through negation, an aggregate, an unproven key or an exact read of a lattice, with the cycle shown rule by rule.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use floret_ir::{Component, Diagnostic, Diagnostics, Finding, IndexVec, Program, RelationId, RuleId, Span};

use super::graph::{Manner, Read};

/// A relation that depends on its own absence, aggregate, conflict resolution or the value of its own lattice.
struct UnstratifiedCycle {
    /// From the offending edge on; each edge's source is the next one's head, the last one's is the first head.
    edges: Vec<Edge>,
}

/// A [`Read`] with names.
struct Edge {
    head: String,
    source: String,
    manner: Manner,
    span: Span,
    evidence: Option<Span>,
}

/// Pushes one error per offending cycle.
pub(super) fn report(
    program: &Program,
    reads: &IndexVec<RelationId, Vec<Read>>,
    components: &[Component],
    sink: &mut Diagnostics,
) {
    for component in components.iter().filter(|component| component.recursive) {
        let members: BTreeSet<RelationId> = component.relations.iter().copied().collect();
        let mut shown: BTreeSet<RuleId> = BTreeSet::new();
        let inside = component.relations.iter().flat_map(|&relation| &reads[relation]);
        for offending in
            inside.filter(|read| read.manner != Manner::Positive && members.contains(&read.source))
        {
            // A rule that an earlier cycle shows with its offence needs no second error.
            if shown.contains(&offending.rule) {
                continue;
            }
            let mut cycle = vec![*offending];
            cycle.extend(way_back(offending, reads, &members));
            shown.extend(cycle.iter().filter(|read| read.manner != Manner::Positive).map(|read| read.rule));
            let named = |read: &Read| Edge {
                head: program.relations[read.head].name.clone(),
                source: program.relations[read.source].name.clone(),
                manner: read.manner,
                span: read.span,
                evidence: read.evidence,
            };
            sink.push(UnstratifiedCycle { edges: cycle.iter().map(named).collect() });
        }
    }
}

/// A shortest chain of reads from the source of `first` back to its head, inside one component.
fn way_back(
    first: &Read,
    reads: &IndexVec<RelationId, Vec<Read>>,
    members: &BTreeSet<RelationId>,
) -> Vec<Read> {
    let mut reached_by: BTreeMap<RelationId, Read> = BTreeMap::new();
    let mut queue = VecDeque::from([first.source]);
    while let Some(relation) = queue.pop_front() {
        if relation == first.head {
            break;
        }
        for read in reads[relation].iter().filter(|read| members.contains(&read.source)) {
            if read.source != first.source && !reached_by.contains_key(&read.source) {
                reached_by.insert(read.source, *read);
                queue.push_back(read.source);
            }
        }
    }
    let mut chain = Vec::new();
    let mut at = first.head;
    while at != first.source {
        let Some(read) = reached_by.get(&at) else { break };
        chain.push(*read);
        at = read.head;
    }
    chain.reverse();
    chain
}

impl Finding for UnstratifiedCycle {
    fn diagnostic(&self) -> Diagnostic {
        let Some(first) = self.edges.first() else {
            return Diagnostic::error("unstratified", "a collection depends on itself");
        };
        let name = &first.head;
        let (title, note, help) = match first.manner {
            Manner::Negation | Manner::Positive => (
                format!("`{name}` depends on its own absence"),
                "a row must not hold because something that depends on it does not; within a tick `!` may only look at \
                 collections that are complete before",
                "break the cycle: negate a collection that does not depend on this one, or put the result into a table \
                 with `<+` (then it counts from the next tick on)",
            ),
            Manner::Aggregate => (
                format!("`{name}` aggregates what depends on it"),
                "an aggregate needs all rows of its groups; within a tick it may only range over collections that \
                 are complete before",
                "break the cycle: aggregate a collection that does not depend on this one, or put the result into a table \
                 with `<+` (then it counts from the next tick on)",
            ),
            Manner::Exact(_) => (
                format!(
                    "`{name}` depends on the value of a lattice of `{}`, which depends on it",
                    first.source
                ),
                "the value of a lattice column may still go up while its recursion goes on; within a tick what depends on \
                 itself may only follow it upward",
                "read it upward only: put it into a column of the same lattice by functions that go up with it, or compare it \
                 by `>=` (`<=` for `min`); or put the result into a table with `<+` (then it counts from the next tick on)",
            ),
            Manner::Key => (
                format!(
                    "`{name}` depends on which rows of `{}` lose a key conflict, and they on it",
                    first.source
                ),
                "where two rows have one key only the least is kept, so all of them must be known first; within a tick \
                 such a collection may only be read when it is complete",
                "make every column part of the key (leave out `=>`), or settle the conflict by an aggregate in a view \
                 over a set",
            ),
        };
        let mut diagnostic = Diagnostic::error("unstratified", title);
        for (number, edge) in self.edges.iter().enumerate() {
            let exact = matches!(edge.manner, Manner::Exact(_));
            let how = match edge.manner {
                Manner::Positive => "",
                Manner::Negation => " negatively",
                Manner::Aggregate => " under an aggregate",
                Manner::Key => ", whose key conflicts are resolved,",
                Manner::Exact(_) => "",
            };
            let text = if exact {
                format!("`{}` reads the value of a lattice of `{}` exactly here", edge.head, edge.source)
            } else {
                format!("`{}` reads `{}`{how} here", edge.head, edge.source)
            };
            diagnostic = if number == 0 {
                diagnostic.at(edge.span, text)
            } else {
                diagnostic.because(edge.span, text)
            };
            if let (Manner::Exact(why), Some(evidence)) = (edge.manner, edge.evidence) {
                diagnostic = diagnostic.because(evidence, why.words());
            }
        }
        diagnostic.note(note).help(help)
    }
}
