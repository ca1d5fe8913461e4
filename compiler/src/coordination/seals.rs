//! What was written out for sealed channels: its rules read what grows and what is not there, and are confluent by what the
//! protocol keeps. A row of the tables of its own: a seal must come after all rows of its key, which is proved here.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::coordination::Class;
use floret_ir::{
    Atom, AtomSource, Expr, HeadTerm, Literal, Program, RelationId, RelationKind, Rule, RuleId, RuleOp, Seal,
    SealedInput, Term, VarId,
};

use super::fixpoint::Context;
use super::outcome::{Ground, Outcome};
use super::{body, heads};
use crate::strata::graph::{atoms, relation_of};

/// What a collection is to its sealed channel or input.
#[derive(Clone, Copy)]
enum Part<'p> {
    Channel(&'p Seal),
    Sent(&'p Seal),
    Closed(&'p Seal),
    Message(&'p Seal),
    Got,
    Told,
    Done(&'p Seal),
    Sealed(&'p Seal),
    /// The rows of an input.
    Kept(&'p SealedInput),
    Refused,
}

/// The collections that were written out for sealed channels and inputs.
pub(super) struct Seals<'p>(BTreeMap<RelationId, Part<'p>>);

impl<'p> Seals<'p> {
    /// All of the program.
    pub fn of(program: &'p Program) -> Self {
        let parts = program.seals.iter().flat_map(|seal| {
            [
                (seal.channel, Part::Channel(seal)),
                (seal.sent, Part::Sent(seal)),
                (seal.closed, Part::Closed(seal)),
                (seal.refused, Part::Refused),
                (seal.message, Part::Message(seal)),
                (seal.got, Part::Got),
                (seal.told, Part::Told),
                (seal.done, Part::Done(seal)),
                (seal.sealed, Part::Sealed(seal)),
            ]
        });
        let inputs = program.sealed_inputs.iter();
        let inputs = inputs.flat_map(|of| [(of.kept, Part::Kept(of)), (of.refused, Part::Refused)]);
        Seals(parts.chain(inputs).collect())
    }
    /// Whether there are any.
    pub fn are_any(&self) -> bool {
        !self.0.is_empty()
    }
}

/// What is looked at to judge how a collection is filled, besides what its rules read: a seal closes what others send.
pub(super) fn looked_at(program: &Program, relation: RelationId) -> impl Iterator<Item = RelationId> + '_ {
    program
        .seals
        .iter()
        .filter(move |seal| seal.closed == relation)
        .flat_map(|seal| seal.rows.iter().copied())
}

/// How deep views over sealed keys are followed.
const DEEPEST: usize = 8;

/// A collection that has all rows of a key of a sealed channel, if any, as soon as the key is sealed.
#[derive(Clone, PartialEq, Eq)]
struct Complete {
    /// The view of the sealed keys.
    sealed: RelationId,
    /// The columns with the key.
    columns: Vec<usize>,
    /// Whether a row says that its key is sealed.
    says: bool,
}

impl Complete {
    /// The key as the atom names it.
    fn key<'a>(&self, atom: &'a Atom) -> Option<Vec<&'a Term>> {
        let key: Option<Vec<&Term>> = self.columns.iter().map(|&column| atom.terms.get(column)).collect();
        key.filter(|key| !key.contains(&&Term::Any))
    }
}

/// The rule's atoms that read what is complete: a positive one says that its key is sealed. Under an aggregate each group
/// must be of one key: else the rows of others, sealed later, would come into it.
pub(super) fn waited_for<'r>(cx: &Context<'_>, rule: &'r Rule) -> Vec<&'r Atom> {
    if !cx.seals.are_any() {
        return Vec::new();
    }
    let is_complete = |atom: &Atom, negated: bool| {
        let Some(of) = relation_of(atom).and_then(|relation| complete(cx, relation, DEEPEST)) else {
            return false;
        };
        let Some(key) = of.key(atom) else { return false };
        let is_said = (!negated && of.says) || says(cx, rule, of.sealed, &key, DEEPEST);
        is_said && (negated || key.iter().all(|term| in_group(rule, term)))
    };
    atoms(rule).filter(|(atom, _, negated)| is_complete(atom, *negated)).map(|(atom, _, _)| atom).collect()
}

/// Whether a positive atom of the rule says that the key is sealed.
fn says(cx: &Context<'_>, rule: &Rule, sealed: RelationId, key: &[&Term], depth: usize) -> bool {
    rule.positive_atoms().any(|atom| {
        let found = relation_of(atom).and_then(|relation| complete(cx, relation, depth));
        found.is_some_and(|of| of.says && of.sealed == sealed && of.key(atom).as_deref() == Some(key))
    })
}

/// Whether every row of a group has this value.
fn in_group(rule: &Rule, term: &Term) -> bool {
    match term {
        Term::Const(_) => true,
        Term::Var(var) => {
            let terms = rule.head.terms.iter().filter_map(|term| match term {
                HeadTerm::Expr(expr) => Some(expr),
                HeadTerm::Aggregate { .. } | HeadTerm::Any => None,
            });
            terms.chain(&rule.head.place).any(|expr| *expr == Expr::Var(*var))
        }
        Term::Any => false,
    }
}

/// What the collection is complete by: the rows kept of a channel or input, its sealed keys, a view over nothing but static
/// collections and complete ones of the same key (one of which says that it is sealed, if something is negated or
/// aggregated); or a table that remembers what comes.
fn complete(cx: &Context<'_>, relation: RelationId, depth: usize) -> Option<Complete> {
    for seal in &cx.program.seals {
        if relation == seal.kept {
            return Some(Complete { sealed: seal.sealed, columns: seal.key.clone(), says: false });
        }
        if relation == seal.sealed {
            let columns = (0..seal.key.len()).collect();
            return Some(Complete { sealed: seal.sealed, columns, says: true });
        }
    }
    for of in &cx.program.sealed_inputs {
        if relation == of.kept || relation == of.sealed {
            let says = relation == of.sealed;
            return Some(Complete { sealed: of.sealed, columns: Vec::new(), says });
        }
    }
    let depth = depth.checked_sub(1)?;
    let declared = &cx.program.relations[relation];
    let (first, rest) = cx.fills[relation].split_first()?;
    if declared.has_lattice() || declared.may_conflict() || declared.input.is_some() {
        return None;
    }
    let of = |rule: &RuleId| {
        let rule = &cx.program.rules[*rule];
        match declared.kind {
            RelationKind::View => made_complete(cx, rule, depth),
            // What it keeps is derived once, or always.
            RelationKind::Table if rule.op == RuleOp::Now => {
                made_complete(cx, rule, depth).or_else(|| remembered(cx, rule, depth))
            }
            RelationKind::Table => None,
            RelationKind::Event | RelationKind::Channel { .. } | RelationKind::Timer { .. } => None,
        }
    };
    let mut found = of(first)?;
    for rule in rest {
        let other = of(rule)?;
        if (other.sealed, &other.columns) != (found.sealed, &found.columns) {
            return None;
        }
        found.says &= other.says;
    }
    Some(found)
}

/// The same of what one rule derives.
fn made_complete(cx: &Context<'_>, rule: &Rule, depth: usize) -> Option<Complete> {
    let mut found: Option<(RelationId, Vec<&Term>)> = None;
    for (atom, relation, _) in atoms(rule).filter(|(atom, _, _)| cx.class_of(rule, atom) != Class::Static) {
        let of = complete(cx, relation, depth)?;
        let key = (of.sealed, of.key(atom)?);
        if found.get_or_insert_with(|| key.clone()) != &key {
            return None;
        }
    }
    let (sealed, key) = found?;
    let carried = |term: &&Term| match term {
        Term::Var(var) => rule.head.terms.iter().position(|head| *head == HeadTerm::Expr(Expr::Var(*var))),
        Term::Const(_) | Term::Any => None,
    };
    let columns: Vec<usize> = key.iter().map(carried).collect::<Option<_>>()?;
    let reads_clock = rule.positive_atoms().any(|atom| atom.source == AtomSource::Clock);
    // Without a word that the key is sealed a row may be there before, and must not be taken back.
    let says = says(cx, rule, sealed, &key, depth);
    let stays = !rule.has_aggregate() && rule.negated_atoms().next().is_none();
    (!reads_clock && (says || stays)).then_some(Complete { sealed, columns, says })
}

/// What a table is complete by that keeps what this rule derives: the rows of one key are all there when it is sealed.
fn remembered(cx: &Context<'_>, rule: &Rule, depth: usize) -> Option<Complete> {
    let needs = arrives(cx, rule, depth)?;
    let mut needs = needs.into_iter();
    let (Some(Needed { sealed, columns }), None) = (needs.next(), needs.next()) else { return None };
    Some(Complete { sealed, columns, says: false })
}

/// A seal that comes after rows: the view of the sealed keys, and the columns of the rows with the key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Needed {
    sealed: RelationId,
    columns: Vec<usize>,
}

/// The seals after which the collection gets no more rows, of their keys: by the time that all of them hold, each row was
/// there. `None`: it may get some at any time.
fn needed(cx: &Context<'_>, relation: RelationId, depth: usize) -> Option<BTreeSet<Needed>> {
    if let Some(Complete { sealed, columns, .. }) = complete(cx, relation, depth) {
        return Some(BTreeSet::from([Needed { sealed, columns }]));
    }
    if let Some(seal) = cx.program.seals.iter().find(|seal| seal.channel == relation) {
        return Some(BTreeSet::from([Needed { sealed: seal.sealed, columns: seal.key.clone() }]));
    }
    if let Some(of) = cx.program.sealed_inputs.iter().find(|of| of.input == relation) {
        return Some(BTreeSet::from([Needed { sealed: of.sealed, columns: Vec::new() }]));
    }
    let depth = depth.checked_sub(1)?;
    let declared = &cx.program.relations[relation];
    let derived = matches!(declared.kind, RelationKind::Table | RelationKind::View | RelationKind::Event);
    if !derived || declared.input.is_some() || cx.is_reports(relation) {
        return None;
    }
    let mut found = BTreeSet::new();
    for rule in &cx.fills[relation] {
        found.extend(arrives(cx, &cx.program.rules[*rule], depth)?);
    }
    Some(found)
}

/// The same of what one rule derives, which takes nothing back.
fn arrives(cx: &Context<'_>, rule: &Rule, depth: usize) -> Option<BTreeSet<Needed>> {
    if rule.op != RuleOp::Now || rule.has_aggregate() {
        return None;
    }
    if rule.positive_atoms().any(|atom| atom.source == AtomSource::Clock) {
        return None;
    }
    let mut found = BTreeSet::new();
    for (atom, source, negated) in atoms(rule).filter(|(atom, ..)| cx.class_of(rule, atom) != Class::Static) {
        if negated {
            return None;
        }
        for Needed { sealed, columns } in needed(cx, source, depth)? {
            let carried = |column: &usize| match atom.terms.get(*column)? {
                Term::Var(var) => {
                    rule.head.terms.iter().position(|head| *head == HeadTerm::Expr(Expr::Var(*var)))
                }
                Term::Const(_) | Term::Any => None,
            };
            found.insert(Needed { sealed, columns: columns.iter().map(carried).collect::<Option<_>>()? });
        }
    }
    Some(found)
}

/// The class that a rule of the machinery gives; all others keep `taken`.
pub(super) fn outcome(cx: &Context<'_>, rule: &Rule, taken: Outcome) -> Outcome {
    match cx.seals.0.get(&rule.head.relation) {
        None => taken,
        // Only what nothing can read any more is forgotten.
        Some(_) if rule.op == RuleOp::Delete => Outcome::confluent(Class::Static, Ground::Closes),
        Some(Part::Told) => taken,
        Some(Part::Got) => unrefused(cx, rule),
        // What it admits, and refuses, is the same in every run if each seal comes after its rows.
        Some(Part::Sent(seal)) => without(cx, rule, seal.closed),
        Some(Part::Channel(seal)) => without(cx, rule, seal.sent),
        Some(Part::Kept(input)) => without(cx, rule, input.closed),
        Some(Part::Closed(seal)) => closed(cx, rule, seal, taken),
        Some(Part::Refused) => Outcome::confluent(Class::Static, Ground::Closes),
        Some(Part::Message(seal)) => follows(cx, &[seal.closed, seal.sent], Class::Fleeting),
        Some(Part::Done(seal)) => follows(cx, &[seal.got, seal.told], Class::Growing),
        Some(Part::Sealed(seal)) => follows(cx, &[seal.done], Class::Growing),
    }
}

/// "a seal closes when all of its rows are there"
fn follows(cx: &Context<'_>, reads: &[RelationId], class: Class) -> Outcome {
    let broken: Vec<RelationId> =
        reads.iter().copied().filter(|&relation| cx.classes[relation] == Class::OrderDependent).collect();
    if !broken.is_empty() {
        return Outcome::order_dependent(Ground::Inherited, broken);
    }
    let outcome = Outcome::confluent(class, Ground::Closes);
    if cx.weakened == Some(Ground::Closes) { outcome.weakened() } else { outcome }
}

/// The rule without the literal that refuses rows which come too late: there are none, as long as `part` is confluent.
fn without(cx: &Context<'_>, rule: &Rule, part: RelationId) -> Outcome {
    if cx.classes[part] == Class::OrderDependent {
        return Outcome::order_dependent(Ground::Inherited, vec![part]);
    }
    let keeps = |literal: &&Literal| match literal {
        Literal::Atom(atom) | Literal::Negation(atom) => relation_of(atom) != Some(part),
        Literal::Condition { .. } | Literal::Let { .. } | Literal::Unnest { .. } => true,
    };
    let rule = Rule { body: rule.body.iter().filter(keeps).cloned().collect(), ..rule.clone() };
    heads::take(cx, &rule, body::outcome(cx, &rule), false)
}

/// The rule without the negation that leaves out rows which are there already.
fn unrefused(cx: &Context<'_>, rule: &Rule) -> Outcome {
    let body = rule.body.iter().filter(|literal| !matches!(literal, Literal::Negation(_)));
    let rule = Rule { body: body.cloned().collect(), ..rule.clone() };
    heads::take(cx, &rule, body::outcome(cx, &rule), false)
}

/// "a seal must come after all rows of its key, else order-dependent (early verdict)"
fn closed(cx: &Context<'_>, rule: &Rule, seal: &Seal, taken: Outcome) -> Outcome {
    if taken.class == Class::OrderDependent || cx.weakened == Some(Ground::EarlySeal) {
        return taken;
    }
    let early = |&rows: &RelationId| {
        let mut rules = cx.fills[rows].iter().map(|&rule| &cx.program.rules[rule]);
        rules.find_map(|sends| unsettled(cx, sends, rule, seal))
    };
    match seal.rows.iter().find_map(early) {
        None => taken,
        Some(culprit) => {
            let others = rule.positive_atoms().filter(|atom| cx.class_of(rule, atom) != Class::Static);
            let culprits = std::iter::once(culprit).chain(others.filter_map(relation_of)).collect();
            Outcome::order_dependent(Ground::EarlySeal, culprits)
        }
    }
}

/// What a rule that sends reads and may yet get rows of a key when `closes` has sealed it. Each of its atoms must be
/// static, or one row that the key determines and that `closes` reads, too, or come before seals that `closes` reads.
fn unsettled(cx: &Context<'_>, sends: &Rule, closes: &Rule, seal: &Seal) -> Option<RelationId> {
    let key = Key::of(sends, closes, seal);
    let found = atoms(sends).find(|(atom, source, negated)| {
        cx.class_of(sends, atom) != Class::Static
            && !(is_upstream(cx, &key, *source, atom, *negated)
                || (!negated && is_one_row(cx, &key, *source, atom)))
    });
    found.map(|(_, source, _)| source)
}

/// How the key's columns are named in both rules.
struct Key<'r> {
    closes: &'r Rule,
    pairs: Vec<(VarId, VarId)>,
}

impl<'r> Key<'r> {
    fn of(sends: &Rule, closes: &'r Rule, seal: &Seal) -> Self {
        // The receiver stands before both.
        let pairs = seal.key.iter().enumerate().filter_map(|(number, &column)| {
            match (sends.head.terms.get(column + 1)?, closes.head.terms.get(number + 1)?) {
                (HeadTerm::Expr(Expr::Var(sent)), HeadTerm::Expr(Expr::Var(closed))) => {
                    Some((*sent, *closed))
                }
                _ => None,
            }
        });
        Key { closes, pairs: pairs.collect() }
    }

    /// Whether both name the same value wherever the keys are equal.
    fn same(&self, sent: &Term, closed: &Term) -> bool {
        match (sent, closed) {
            (Term::Var(sent), Term::Var(closed)) => self.pairs.contains(&(*sent, *closed)),
            (Term::Const(sent), Term::Const(closed)) => sent == closed,
            (Term::Var(_) | Term::Const(_) | Term::Any, _) => false,
        }
    }

    /// Whether the closing rule has a positive atom over the relation that agrees in these pairs of columns.
    fn reads(&self, relation: RelationId, atom: &Atom, columns: &[(usize, usize)]) -> bool {
        self.closes.positive_atoms().any(|other| {
            other.source == AtomSource::Relation(relation)
                && columns.iter().all(|&(ours, theirs)| {
                    match (atom.terms.get(ours), other.terms.get(theirs)) {
                        (Some(sent), Some(closed)) => self.same(sent, closed),
                        _ => false,
                    }
                })
        })
    }
}

/// Whether the atom reads one row at most of each key, and the seal is given where that row is there.
fn is_one_row(cx: &Context<'_>, key: &Key<'_>, source: RelationId, atom: &Atom) -> bool {
    let relation = &cx.program.relations[source];
    let columns = match cx.classes[source] {
        // It stays, and no second row of its key ever comes.
        Class::Growing if !relation.has_lattice() => relation.key.unwrap_or(relation.arity()),
        // Whenever it comes, it is the whole row.
        Class::Fleeting if !relation.has_lattice() => relation.arity(),
        Class::Static | Class::Growing | Class::Fleeting | Class::Converging | Class::OrderDependent => {
            return false;
        }
    };
    let columns: Vec<(usize, usize)> = (0..columns).map(|column| (column, column)).collect();
    key.reads(source, atom, &columns)
}

/// Whether the atom reads what gets no more rows of the key after seals, and the seal is given where these are. What is
/// negated must be complete, as it is where a rule waits: else its rows come before, and take back.
fn is_upstream(cx: &Context<'_>, key: &Key<'_>, source: RelationId, atom: &Atom, negated: bool) -> bool {
    if negated && complete(cx, source, DEEPEST).is_none() {
        return false;
    }
    needed(cx, source, DEEPEST).is_some_and(|seals| {
        seals.into_iter().all(|Needed { sealed, columns }| {
            let columns: Vec<(usize, usize)> = columns.into_iter().zip(0..).collect();
            key.reads(sealed, atom, &columns)
        })
    })
}
