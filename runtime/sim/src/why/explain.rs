//! The search for the steps.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{
    Address, Atom, AtomSource, Deployment, IndexVec, Relation, RelationId, RelationKind, Row, Rule, RuleId,
    RuleOp, Send, Site, Stratified, Term, Value, VarId,
};
use floret_reference::{Instance, instances};

use super::past::{Past, Rows};
use super::{Because, Conflict, Explanation, Firing, Premise, RowAt, Step};
use crate::Record;

/// No explanation goes back over more steps than this.
const DEPTH: usize = 100;
/// Of a group no more assignments are told.
const MEMBERS: usize = 6;
/// So many attempts to find a rule that is no reason of itself.
const ATTEMPTS: usize = 20_000;

/// Why `row` was there. `records` are the ticks of a run, with everything observed, in the order in which they ran; a node
/// that restarts begins again with tick 1, or with the one after the last that its disk had.
pub fn why(stratified: &Stratified, deployment: &Deployment, records: &[Record], row: RowAt) -> Explanation {
    why_all(stratified, deployment, records, vec![row])
}

/// Why all of these rows were there: as [`why`], what several need only once.
pub fn why_all(
    stratified: &Stratified,
    deployment: &Deployment,
    records: &[Record],
    rows: Vec<RowAt>,
) -> Explanation {
    let past = Past::new(&stratified.program, records);
    let mut search = Search::new(&past, deployment);
    let mut wanted = Vec::new();
    for row in rows {
        let step = search.row(row.clone());
        wanted.push(step.unwrap_or_else(|| search.push(row, Because::Unknown)));
    }
    prune(search.steps, wanted)
}

/// How two rows for one key came to meet: the one that stays (if the records tell which) and the one that is lost.
pub fn why_conflict(
    stratified: &Stratified,
    deployment: &Deployment,
    records: &[Record],
    conflict: &Conflict,
) -> (Explanation, Option<Row>) {
    let past = Past::new(&stratified.program, records);
    let mut search = Search::new(&past, deployment);
    let lost = &conflict.lost;
    let (because, comes_now) = search.attempt(lost);
    let stays = if comes_now { search.rival(lost) } else { conflict.next.clone() };
    let mut wanted = Vec::new();
    if let Some(row) = &stays {
        let of = RowAt { row: row.clone(), ..lost.clone() };
        let there = past.content(of.record).get(&of.relation).is_some_and(|rows| rows.contains(row));
        let step = if there { search.row(of.clone()) } else { None };
        wanted.push(step.unwrap_or_else(|| {
            let (because, _) = search.attempt(&of);
            search.push(of, because)
        }));
    }
    wanted.push(search.push(lost.clone(), because));
    (prune(search.steps, wanted), stays)
}

struct Search<'a> {
    past: &'a Past<'a>,
    deployment: &'a Deployment,
    /// The steps of rows that are explained.
    known: BTreeMap<RowAt, usize>,
    /// The rows whose explanation is under way: none may be a reason of itself.
    path: BTreeSet<RowAt>,
    steps: Vec<Step>,
    attempts: usize,
}

impl<'a> Search<'a> {
    fn new(past: &'a Past<'a>, deployment: &'a Deployment) -> Search<'a> {
        let (known, path, steps) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        Search { past, deployment, known, path, steps, attempts: ATTEMPTS }
    }

    /// What would have put a row there that isn't, and whether that would have been in this tick (else in the next).
    fn attempt(&mut self, of: &RowAt) -> (Because, bool) {
        let same = |row: &Row| *row == of.row;
        let (program, record) = (self.past.program, self.past.records.get(of.record));
        let Some((record, declared)) = record.zip(program.relations.get(of.relation)) else {
            return (Because::Unknown, true);
        };
        let arrived = self.arrivals(of, record, declared).into_iter().find(|(row, _)| same(row));
        if let Some((_, because)) = arrived {
            return (because, true);
        }
        let rules = program.rules.entries();
        let rules =
            rules.filter(|(_, rule)| rule.head.relation == of.relation && rule.role == record.node.role);
        let (now, next): (Vec<_>, Vec<_>) = rules
            .filter(|(_, rule)| !matches!(rule.op, RuleOp::Delete | RuleOp::Later))
            .partition(|(_, rule)| rule.op == RuleOp::Now);
        for (rules, comes_now) in [(now, true), (next, false)] {
            for (id, rule) in rules {
                if let Some((_, because)) = self.rule(id, rule, of.record, &|_, row| same(row), true).pop() {
                    return (because, comes_now);
                }
            }
        }
        (Because::Unknown, true)
    }

    /// The row that a key has in this tick.
    fn rival(&self, of: &RowAt) -> Option<Row> {
        let key = self.past.program.relations.get(of.relation)?.key?;
        let content = self.past.content(of.record);
        let rows = content.get(&of.relation)?;
        rows.iter().find(|row| **row != of.row && row.iter().take(key).eq(of.row.iter().take(key))).cloned()
    }

    fn push(&mut self, of: RowAt, because: Because) -> usize {
        self.steps.push(Step { of: of.clone(), because });
        self.known.insert(of, self.steps.len() - 1);
        self.steps.len() - 1
    }

    /// The step of a row; `None`: it could only be a reason of itself.
    fn row(&mut self, mut of: RowAt) -> Option<usize> {
        of.record = self.past.since(&of);
        if let Some(step) = self.known.get(&of) {
            return Some(*step);
        }
        if self.path.contains(&of) || self.attempts == 0 {
            return None;
        }
        self.attempts -= 1;
        if self.path.len() >= DEPTH {
            return Some(self.push(of, Because::Earlier));
        }
        self.path.insert(of.clone());
        let because = self.because(&of);
        self.path.remove(&of);
        because.map(|because| self.push(of, because))
    }

    fn because(&mut self, of: &RowAt) -> Option<Because> {
        let Some(record) = self.past.records.get(of.record) else { return Some(Because::Unknown) };
        let Some(declared) = self.past.program.relations.get(of.relation) else {
            return Some(Because::Unknown);
        };
        if declared.has_lattice() {
            return Some(self.merged(of, record, declared));
        }
        let same = |row: &Row| *row == of.row;
        let mut found = self.sources(of, record, declared, &same, true);
        match found.pop() {
            Some((_, because)) => Some(because),
            // A rule would do, but for a circle: another reason of what asks has to be found.
            None if self.is_derived(of.relation) && self.path.len() > 1 => None,
            None => Some(Because::Unknown),
        }
    }

    fn is_derived(&self, relation: RelationId) -> bool {
        self.past.program.rules.iter().any(|rule| rule.op == RuleOp::Now && rule.head.relation == relation)
    }

    /// The reasons for the parts that a row of a lattice was merged from.
    fn merged(&mut self, of: &RowAt, record: &'a Record, declared: &'a Relation) -> Because {
        let part = |row: &Row| declared.merge(row, &of.row).is_some_and(|merged| merged == of.row);
        let mut parts = self.sources(of, record, declared, &part, false);
        if let Some(whole) = parts.iter().position(|(row, _)| *row == of.row) {
            return parts.swap_remove(whole).1;
        }
        // Of a table, what the key had before is a part too.
        if let (true, Some(before)) = (declared.is_table(), self.past.before(of.record)) {
            let content = self.past.content(before);
            let old = content.get(&of.relation).into_iter().flatten().find(|row| part(row)).cloned();
            if let Some(old) = old
                && let Some(step) =
                    self.row(RowAt { record: before, relation: of.relation, row: old.clone() })
                && let Some(step) = self.steps.get(step)
            {
                parts.push((old, step.because.clone()));
            }
        }
        let mut because: Vec<Because> = parts.into_iter().map(|(_, because)| because).take(MEMBERS).collect();
        match (because.pop(), because.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => {
                because.push(last);
                Because::Merged(because)
            }
            (None, _) => Because::Unknown,
        }
    }

    /// The rows of the relation that come in this tick and are wanted, and why they do; with `one`, at most one.
    fn sources(
        &mut self,
        of: &RowAt,
        record: &'a Record,
        declared: &'a Relation,
        wanted: &dyn Fn(&Row) -> bool,
        one: bool,
    ) -> Vec<(Row, Because)> {
        let mut found: Vec<(Row, Because)> =
            self.arrivals(of, record, declared).into_iter().filter(|(row, _)| wanted(row)).collect();
        if one && !found.is_empty() {
            found.truncate(1);
            return found;
        }
        let program = self.past.program;
        let rules = program.rules.entries().filter(|(_, rule)| rule.head.relation == of.relation);
        for (id, rule) in rules {
            let at = match rule.op {
                RuleOp::Now => Some(of.record),
                RuleOp::Next | RuleOp::Replace => self.past.before(of.record),
                RuleOp::Delete | RuleOp::Later => None,
            };
            let Some(at) = at.filter(|_| rule.role == record.node.role) else { continue };
            found.extend(self.rule(id, rule, at, &|_, row| wanted(row), one));
            if one && !found.is_empty() {
                break;
            }
        }
        found
    }

    /// What came from outside.
    fn arrivals(&mut self, of: &RowAt, record: &'a Record, declared: &'a Relation) -> Vec<(Row, Because)> {
        let relation = of.relation;
        let arrivals = &record.arrivals;
        let mut found: Vec<(Row, Because)> = Vec::new();
        let inputs = arrivals.inputs.iter().filter(|input| input.relation == relation);
        found.extend(inputs.map(|input| (input.row.clone(), Because::Host)));
        let events = &self.past.program.notices;
        if events.iter().any(|event| event.relation == relation) {
            found.push((of.row.clone(), Because::Told));
        }
        match declared.kind {
            RelationKind::Timer { .. } => found.push((of.row.clone(), Because::Beat)),
            RelationKind::Channel { .. } => found.extend(self.messages(of, record, declared)),
            RelationKind::Table | RelationKind::View | RelationKind::Event => {}
        }
        if record.tick == 1 {
            let site = self.site(record.node);
            let facts = self.past.program.facts.iter().filter(|fact| fact.relation == relation);
            found.extend(facts.filter_map(|fact| fact.row_at(&site)).map(|row| (row, Because::Fact)));
        }
        found
    }

    fn messages(&mut self, of: &RowAt, record: &'a Record, declared: &'a Relation) -> Vec<(Row, Because)> {
        let mut found = Vec::new();
        for message in record.arrivals.messages.iter().filter(|message| message.relation == of.relation) {
            let sender = declared.sender.then_some(Value::Address(message.sender));
            let row: Row = message.row.iter().cloned().chain(sender).collect();
            if row != of.row {
                continue;
            }
            let send = Send { to: record.node, relation: of.relation, row: message.row.clone() };
            let sent =
                self.past.sent(message.sender, of.record, &send).and_then(|at| self.sending(&send, at));
            found.push((row, Because::Message { sender: message.sender, sent }));
        }
        found
    }

    /// The rule by which a tick sent something.
    fn sending(&mut self, send: &Send, at: usize) -> Option<Firing> {
        let sender = self.past.records.get(at)?.node;
        let program = self.past.program;
        let rules = program.rules.entries().filter(|(_, rule)| {
            rule.op == RuleOp::Later && rule.head.relation == send.relation && rule.role == sender.role
        });
        for (id, rule) in rules {
            let wanted =
                |place: Option<Address>, row: &Row| place.unwrap_or(sender) == send.to && *row == send.row;
            if let Some((_, Because::Rule(firing))) = self.rule(id, rule, at, &wanted, true).pop() {
                return Some(firing);
            }
        }
        None
    }

    fn site(&self, me: Address) -> Site {
        Site { me, deployment: self.deployment.clone() }
    }

    /// What a rule derives in a tick and is wanted, and from what.
    fn rule(
        &mut self,
        id: RuleId,
        rule: &Rule,
        at: usize,
        wanted: &dyn Fn(Option<Address>, &Row) -> bool,
        one: bool,
    ) -> Vec<(Row, Because)> {
        let Some(record) = self.past.records.get(at) else { return Vec::new() };
        let content = self.past.content(at);
        let mut found = Vec::new();
        for derived in instances(rule, &self.site(record.node), &content, &record.arrivals) {
            let Some(row) = derived.columns.into_iter().collect::<Option<Row>>() else { continue };
            if !wanted(derived.place, &row) {
                continue;
            }
            let firing = if rule.has_aggregate() {
                self.group(id, rule, at, &content, &derived.instances)
            } else {
                let mut each = derived.instances.iter();
                each.find_map(|instance| {
                    let premises = self.premises(rule, at, &content, instance, 1)?;
                    Some(Firing { rule: id, record: at, premises, more: 0 })
                })
            };
            found.extend(firing.map(|firing| (row, Because::Rule(firing))));
            if one && !found.is_empty() {
                break;
            }
        }
        found
    }

    /// All assignments together.
    fn group(
        &mut self,
        id: RuleId,
        rule: &Rule,
        at: usize,
        content: &Rows,
        members: &[Instance],
    ) -> Option<Firing> {
        let mut premises = Vec::new();
        // Those that differ only in columns with `_` are one here, with all its rows.
        let mut distinct: Vec<&Instance> = Vec::new();
        for member in members {
            if !distinct.contains(&member) && distinct.len() < MEMBERS {
                distinct.push(member);
            }
        }
        for instance in distinct {
            for premise in self.premises(rule, at, content, instance, MEMBERS)? {
                if !premises.contains(&premise) {
                    premises.push(premise);
                }
            }
        }
        Some(Firing { rule: id, record: at, premises, more: members.len().saturating_sub(MEMBERS) })
    }

    /// The steps of the rows that an assignment chose, up to `most` where it could be several; `None` where one could only be
    /// a reason of itself.
    fn premises(
        &mut self,
        rule: &Rule,
        at: usize,
        content: &Rows,
        instance: &Instance,
        most: usize,
    ) -> Option<Vec<Premise>> {
        let mut premises = Vec::new();
        for atom in rule.positive_atoms() {
            let AtomSource::Relation(relation) = atom.source else { continue };
            let wanted = pattern(atom, &instance.bindings);
            let rows = content.get(&relation).into_iter().flatten().filter(|row| fits(&wanted, row));
            let mut steps = rows
                .take(MEMBERS)
                .filter_map(|row| self.row(RowAt { record: at, relation, row: row.clone() }))
                .take(most)
                .peekable();
            steps.peek()?;
            premises.extend(steps.map(Premise::There));
        }
        for atom in rule.negated_atoms() {
            let AtomSource::Relation(relation) = atom.source else { continue };
            let pattern = pattern(atom, &instance.bindings);
            let before = self.past.last_like(at, relation, &pattern);
            premises.push(Premise::Absent { relation, pattern, before });
        }
        Some(premises)
    }
}

fn pattern(atom: &Atom, bindings: &IndexVec<VarId, Option<Value>>) -> Vec<Option<Value>> {
    let value = |term: &Term| match term {
        Term::Var(var) => bindings.get(*var).cloned().flatten(),
        Term::Const(value) => Some(value.clone()),
        Term::Any => None,
    };
    atom.terms.iter().map(value).collect()
}

fn fits(pattern: &[Option<Value>], row: &Row) -> bool {
    pattern.iter().zip(row).all(|(wanted, value)| wanted.as_ref().is_none_or(|wanted| wanted == value))
}

/// Only what these steps need, by time. (Causes are in the same tick, where they are found first, or in earlier ones.)
fn prune(steps: Vec<Step>, wanted: Vec<usize>) -> Explanation {
    let mut needed: BTreeSet<usize> = wanted.iter().copied().collect();
    let mut open = wanted.clone();
    while let Some(step) = open.pop().and_then(|at| steps.get(at)) {
        for premise in premises_of(&step.because) {
            if let Premise::There(of) = premise
                && needed.insert(*of)
            {
                open.push(*of);
            }
        }
    }
    let mut order: Vec<usize> = needed.into_iter().collect();
    order.sort_by_key(|step| steps.get(*step).map(|step| step.of.record));
    let place: BTreeMap<usize, usize> = order.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    let kept = order.iter().filter_map(|at| steps.get(*at)).cloned();
    let renumbered = kept.map(|mut step| {
        renumber(&mut step.because, &place);
        step
    });
    let wanted = wanted.iter().filter_map(|step| place.get(step).copied()).collect();
    Explanation { steps: renumbered.collect(), wanted }
}

/// What a reason needs.
pub(super) fn premises_of(because: &Because) -> Vec<&Premise> {
    match because {
        Because::Rule(firing) | Because::Message { sent: Some(firing), .. } => {
            firing.premises.iter().collect()
        }
        Because::Merged(parts) => parts.iter().flat_map(premises_of).collect(),
        Because::Message { sent: None, .. }
        | Because::Fact
        | Because::Host
        | Because::Beat
        | Because::Told
        | Because::Earlier
        | Because::Unknown => Vec::new(),
    }
}

fn renumber(because: &mut Because, place: &BTreeMap<usize, usize>) {
    match because {
        Because::Rule(firing) | Because::Message { sent: Some(firing), .. } => {
            for premise in &mut firing.premises {
                if let Premise::There(step) = premise {
                    *step = place.get(step).copied().unwrap_or(0);
                }
            }
        }
        Because::Merged(parts) => parts.iter_mut().for_each(|part| renumber(part, place)),
        Because::Message { sent: None, .. }
        | Because::Fact
        | Because::Host
        | Because::Beat
        | Because::Told
        | Because::Earlier
        | Because::Unknown => {}
    }
}
