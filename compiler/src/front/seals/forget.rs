//! What was written out forgets rows that no rule can read any more: program -> program.
//!
//! A producer forgets what it sent of a key when its count was taken and no rule derives it any more. A receiver forgets what
//! came of a key when it is sealed, if all that the rules over it derive of it is there then and stays: they aggregate over it
//! alone, into tables and messages. A view of such rules that nobody declared becomes a table, which holds the same. The keys
//! are never forgotten.

use std::collections::BTreeSet;

use floret_ir::{
    Atom, AtomSource, Head, HeadTerm, IndexVec, InputMode, Literal, Program, Relation, RelationId,
    RelationKind, Rule, RuleId, RuleOp, Term, VarId, Variable,
};

use super::Unsealed;

impl Unsealed<'_> {
    /// Adds the rules that forget.
    pub fn forget(&self, program: &mut Program) {
        for seal in program.seals.clone() {
            let Some(channel) = program.relations.get(seal.channel) else { continue };
            let Some(of) = self.channels.iter().find(|of| of.name == channel.name) else { continue };
            let find = |name: &str| program.relation_named(name);
            let (Some(counted), Some(over)) = (find(&of.counted()), find(&of.over())) else { continue };
            let key = |before: usize| -> Vec<Option<usize>> {
                let leading = (0..before).map(Some);
                leading.chain(seal.key.iter().map(|column| Some(column + before))).collect()
            };
            let whole_key: Vec<Option<usize>> = (0..=seal.key.len()).map(Some).collect();
            if !seal.rows.iter().any(|&rows| is_of_timer(program, rows)) {
                let rows = seal.rows.iter().map(|&rows| (rows, None, true));
                let counted = std::iter::once((counted, Some(key(1)), false));
                delete(program, seal.sent, counted.chain(rows).collect());
            }
            delete(program, seal.told, vec![(over, Some(whole_key), false)]);
            if settle(program, seal.kept, seal.sealed, &seal.key) {
                let sealed = key(1).into_iter().skip(1).collect();
                delete(program, seal.got, vec![(seal.sealed, Some(sealed), false)]);
            }
        }
        for input in program.sealed_inputs.clone() {
            if settle(program, input.kept, input.sealed, &[]) {
                delete(program, input.kept, vec![(input.sealed, Some(Vec::new()), false)]);
            }
        }
    }
}

/// Another relation, the columns of the table that are its columns (`None`: all of them), and whether it is negated.
type With = (RelationId, Option<Vec<Option<usize>>>, bool);

/// `table(row) <- table(row), with...;`
fn delete(program: &mut Program, table: RelationId, with: Vec<With>) {
    let Some(declared) = program.relations.get(table) else { return };
    let span = declared.span;
    let variables: IndexVec<VarId, Variable> = declared
        .columns
        .iter()
        .map(|column| Variable { name: column.name.clone(), ty: column.ty, span })
        .collect();
    let vars: Vec<VarId> = variables.ids().collect();
    let all: Vec<Option<usize>> = (0..vars.len()).map(Some).collect();
    let atom = |relation, columns: &[Option<usize>]| {
        let term = |column: &Option<usize>| {
            column.and_then(|column| vars.get(column)).map_or(Term::Any, |var| Term::Var(*var))
        };
        Atom { source: AtomSource::Relation(relation), terms: columns.iter().map(term).collect(), span }
    };
    let mut body = vec![Literal::Atom(atom(table, &all))];
    for (relation, columns, negated) in with {
        let atom = atom(relation, columns.as_deref().unwrap_or(&all));
        body.push(if negated { Literal::Negation(atom) } else { Literal::Atom(atom) });
    }
    let terms = vars.iter().map(|var| HeadTerm::Expr(floret_ir::Expr::Var(*var))).collect();
    let head = Head { relation: table, place: None, terms, span };
    let role = declared.role;
    program.rules.push(Rule { op: RuleOp::Delete, role, head, body, variables, span });
}

/// Whether a timer has part in what the view or event holds: it may send the same again and again.
fn is_of_timer(program: &Program, relation: RelationId) -> bool {
    let mut seen = BTreeSet::from([relation]);
    let mut queue = vec![relation];
    while let Some(at) = queue.pop() {
        for rule in program.rules.iter().filter(|rule| rule.head.relation == at) {
            for source in rule.positive_atoms().filter_map(relation_of) {
                match program.relations.get(source).map(|relation| relation.kind) {
                    Some(RelationKind::Timer { .. }) => return true,
                    Some(RelationKind::View | RelationKind::Event) if seen.insert(source) => {
                        queue.push(source);
                    }
                    Some(
                        RelationKind::View
                        | RelationKind::Event
                        | RelationKind::Table
                        | RelationKind::Channel { .. },
                    )
                    | None => {}
                }
            }
        }
    }
    false
}

fn relation_of(atom: &Atom) -> Option<RelationId> {
    match atom.source {
        AtomSource::Relation(relation) => Some(relation),
        AtomSource::Members(_) | AtomSource::Clock => None,
    }
}

/// Whether all that is derived of the rows of a key is there and stays when the key is sealed. Undeclared views of them
/// become tables (declared ones stay what they are).
fn settle(program: &mut Program, kept: RelationId, sealed: RelationId, key: &[usize]) -> bool {
    let reads = |rule: &Rule| {
        rule.positive_atoms().chain(rule.negated_atoms()).any(|atom| relation_of(atom) == Some(kept))
    };
    let readers: Vec<RuleId> =
        program.rules.entries().filter(|(_, rule)| reads(rule)).map(|(id, _)| id).collect();
    let is_final = |rule: &RuleId| {
        program.rules.get(*rule).is_some_and(|rule| is_last_word(program, rule, kept, sealed, key))
    };
    let mut views = BTreeSet::new();
    for id in &readers {
        let Some(rule) = program.rules.get(*id).filter(|_| is_final(id)) else { return false };
        let head = rule.head.relation;
        let Some(into) = program.relations.get(head) else { return false };
        let stays = match (into.kind, rule.op) {
            (RelationKind::Table, RuleOp::Now | RuleOp::Next) => into.resolved_key().is_none(),
            (RelationKind::Channel { .. }, RuleOp::Later) => true,
            // What is sent to a sealed channel is kept there as long as it must.
            (RelationKind::View, RuleOp::Now) if program.seals.iter().any(|of| of.rows.contains(&head)) => {
                true
            }
            (RelationKind::View, RuleOp::Now) => {
                let mut fills = program.rules.entries().filter(|(_, rule)| rule.head.relation == head);
                views.insert(head);
                into.inferred
                    && into.key.is_none()
                    && fills.all(|(fills, _)| readers.contains(&fills) && is_final(&fills))
            }
            (
                RelationKind::Table
                | RelationKind::View
                | RelationKind::Event
                | RelationKind::Channel { .. }
                | RelationKind::Timer { .. },
                _,
            ) => false,
        };
        if !stays {
            return false;
        }
    }
    for view in views {
        program.relations[view].kind = RelationKind::Table;
    }
    true
}

/// Whether a rule aggregates over the rows of one key that is sealed, beside what is static, and over nothing else.
fn is_last_word(program: &Program, rule: &Rule, kept: RelationId, sealed: RelationId, key: &[usize]) -> bool {
    if !rule.has_aggregate() {
        return false;
    }
    let named = |atom: &Atom, columns: &[usize]| -> Option<Vec<Term>> {
        columns.iter().map(|&column| atom.terms.get(column).cloned()).collect()
    };
    let own: Vec<usize> = (0..key.len()).collect();
    let mut keys = Vec::new();
    let mut says = false;
    for literal in &rule.body {
        let (atom, negated) = match literal {
            Literal::Atom(atom) => (atom, false),
            Literal::Negation(atom) => (atom, true),
            Literal::Condition { .. } | Literal::Let { .. } | Literal::Unnest { .. } => continue,
        };
        match atom.source {
            AtomSource::Members(_) => {}
            AtomSource::Clock => return false,
            AtomSource::Relation(relation) if relation == kept || relation == sealed => {
                if negated {
                    return false;
                }
                says |= relation == sealed;
                keys.push(named(atom, if relation == kept { key } else { &own }));
            }
            AtomSource::Relation(relation) => {
                if !program.relations.get(relation).is_some_and(|of| is_static(program, relation, of)) {
                    return false;
                }
            }
        }
    }
    let same = keys.iter().all(|key| key.is_some() && keys.first() == Some(key));
    let one = keys.iter().flatten().flatten().all(|term| *term != Term::Any);
    says && same && one
}

/// Whether it is the same from the first tick on.
fn is_static(program: &Program, id: RelationId, relation: &Relation) -> bool {
    let filled = program.rules.iter().any(|rule| rule.head.relation == id);
    let own = match relation.input {
        Some(input) => input == InputMode::Static,
        None => true,
    };
    relation.kind == RelationKind::Table && own && !filled
}
