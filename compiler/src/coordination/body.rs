//! How a rule's body combines what it reads: one function per row of the combination table, worst rows first.

use floret_ir::coordination::Class;
use floret_ir::{
    AggregateKind, Atom, AtomSource, Expr, HeadTerm, Literal, RelationId, RelationKind, Rule, RuleOp, Term,
    VarId,
};

use super::fixpoint::Context;
use super::lineage::SourceRow;
use super::outcome::{Ground, Outcome};
use super::seals;
use super::thresholds;
use crate::lattices::flow::is_merge;
use crate::lattices::{RuleFlow, Sense, declared};
use crate::strata::graph::relation_of;

/// What a rule reads, sorted by what the rows of the table ask for.
struct Reads<'a> {
    rule: &'a Rule,
    /// Positive atoms of relations and role members. Equal atoms without `_` are one row and stand here once.
    positive: Vec<(&'a Atom, Class)>,
    /// The fleeting ones of which it matters which rows merge in a tick.
    merged: Vec<&'a Atom>,
    /// Timers of which only the beat matters; they are not among the positive atoms.
    timers: Vec<&'a Atom>,
    /// Timers whose time is used, and the clock.
    clocks: Vec<&'a Atom>,
    /// What reports errors and conflicts.
    reports: Vec<&'a Atom>,
    /// What tells which nodes are up.
    peers: Vec<&'a Atom>,
    negated: Vec<(&'a Atom, Class)>,
    /// The source rows that all fleeting atoms speak about, negated ones too.
    rows: Vec<SourceRow>,
    /// Whether there is one that isn't what the head's columns do anyway.
    aggregate: bool,
    /// Whether one of them is `any`.
    choice: bool,
    /// Whether the head takes its verdicts back: a view.
    view: bool,
    /// The atoms that read rows of a key that is sealed wherever the rule holds (positive ones: one key per group).
    sealed: Vec<&'a Atom>,
    /// Whether some aggregate read is only followed upward (its class here is growing).
    threshold: bool,
    /// A row that is wrong on purpose by what it takes for granted.
    weakened: Option<Ground>,
}

type TableRow = fn(&Reads<'_>) -> Option<Outcome>;

/// Those that end in order-dependence, then the confluent ones.
const TABLE: [TableRow; 21] = [
    inherited,
    reported,
    peers,
    clock,
    choice,
    merged_in_tick,
    two_messages,
    absence,
    message_meets_stored,
    early_verdict,
    shared_tick,
    within_message,
    same_message,
    one_message,
    resent,
    last_word,
    sealed,
    over_static,
    inside_row,
    threshold,
    monotone,
];

/// Rows that are wrong on purpose by what they take for granted.
fn weakens_reads(ground: Ground) -> bool {
    matches!(
        ground,
        Ground::Monotone
            | Ground::Threshold
            | Ground::InsideRow
            | Ground::OverStatic
            | Ground::SameMessage
            | Ground::WithinMessage
            | Ground::Resent
    )
}

/// What the rule's body is, before the head takes it.
pub(super) fn outcome(cx: &Context<'_>, rule: &Rule) -> Outcome {
    combine(cx, &Reads::of(cx, rule, true, true))
}

/// What the body would be if the head had no aggregate; no aggregate it reads counts as a threshold.
pub(super) fn without_aggregate(cx: &Context<'_>, rule: &Rule) -> Outcome {
    combine(cx, &Reads::of(cx, rule, false, false))
}

fn combine(cx: &Context<'_>, reads: &Reads<'_>) -> Outcome {
    let row = |row: &TableRow| {
        let outcome = row(reads)?;
        let wrong = cx.weakened == Some(outcome.ground) && !weakens_reads(outcome.ground);
        let skipped = wrong && outcome.ground.kind().is_some();
        (!skipped).then(|| if wrong { outcome.weakened() } else { outcome })
    };
    // "A combination that no row covers is order-dependent": `monotone` answers for all that is left.
    TABLE.iter().find_map(row).unwrap_or_else(|| Outcome::order_dependent(Ground::Inherited, Vec::new()))
}

impl<'a> Reads<'a> {
    fn of(cx: &Context<'_>, rule: &'a Rule, aggregates: bool, thresholds: bool) -> Self {
        let mut positive: Vec<(&Atom, Class)> = Vec::new();
        let (mut merged, mut timers, mut clocks, mut reports, mut peers) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut threshold = false;
        let flow = if thresholds {
            thresholds::flow(cx, rule)
        } else {
            RuleFlow::of(cx.program, rule, &declared(cx.program))
        };
        for (index, literal) in rule.body.iter().enumerate() {
            let Literal::Atom(atom) = literal else { continue };
            let relation = relation_of(atom);
            if relation.is_some_and(|relation| cx.is_peers(relation)) {
                peers.push(atom);
                continue;
            }
            if relation.is_some_and(|relation| cx.is_reports(relation)) {
                reports.push(atom);
                continue;
            }
            if atom.source == AtomSource::Clock || relation.is_some_and(|relation| cx.is_timer(relation)) {
                let is_beat = relation.is_some() && atom.terms.iter().all(|term| *term == Term::Any);
                if is_beat { &mut timers } else { &mut clocks }.push(atom);
                continue;
            }
            let same = |other: &Atom| other.source == atom.source && other.terms == atom.terms;
            if !atom.terms.contains(&Term::Any) && positive.iter().any(|(other, _)| same(other)) {
                continue;
            }
            let mut class = cx.class_of(rule, atom);
            let exact = flow.exact(index).is_some();
            match class {
                // The value of a lattice comes and goes on its way up.
                Class::Growing if exact && cx.weakened != Some(Ground::Monotone) => class = Class::Converging,
                Class::Converging
                    if thresholds
                        && (!exact || cx.weakened == Some(Ground::Threshold))
                        && thresholds::may_stay_true(cx, rule, atom) =>
                {
                    class = Class::Growing;
                    threshold = true;
                }
                Class::Fleeting if !flow.keeps_joins(index) => merged.push(atom),
                Class::Static
                | Class::Growing
                | Class::Fleeting
                | Class::Converging
                | Class::OrderDependent => {}
            }
            positive.push((atom, class));
        }
        let negated = rule.negated_atoms().map(|atom| match cx.class_of(rule, atom) {
            Class::Growing if cx.weakened == Some(Ground::OverStatic) => (atom, Class::Static),
            class => (atom, class),
        });
        let negated: Vec<(&Atom, Class)> = negated.collect();
        let fleeting: Vec<&Atom> = positive
            .iter()
            .chain(&negated)
            .filter(|(_, class)| *class == Class::Fleeting)
            .map(|(atom, _)| *atom)
            .collect();
        let rows = cx.origins.common_rows(&fleeting);
        let view =
            cx.program.relations[rule.head.relation].kind == RelationKind::View && rule.op == RuleOp::Now;
        let has = |kind| {
            let of =
                |term: &HeadTerm| matches!(term, HeadTerm::Aggregate { kind: found, .. } if *found == kind);
            rule.head.terms.iter().any(of)
        };
        let arriving = positive.iter().any(|(_, class)| *class == Class::Fleeting);
        let merging = merges_alone(cx, rule, !arriving);
        Reads {
            rule,
            sealed: seals::waited_for(cx, rule),
            positive,
            merged,
            timers,
            clocks,
            reports,
            peers,
            negated,
            rows,
            aggregate: aggregates && rule.has_aggregate() && !merging,
            choice: has(AggregateKind::Any),
            view,
            threshold,
            weakened: cx.weakened,
        }
    }

    fn positive_of(&self, class: Class) -> impl Iterator<Item = &'a Atom> {
        self.positive.iter().filter(move |(_, c)| *c == class).map(|(atom, _)| *atom)
    }
    fn negated_of(&self, class: Class) -> impl Iterator<Item = &'a Atom> {
        self.negated.iter().filter(move |(_, c)| *c == class).map(|(atom, _)| *atom)
    }
    fn has_message(&self) -> bool {
        self.positive_of(Class::Fleeting).next().is_some()
    }
    /// Whether rows are there for one tick only: of a message or a beat.
    fn is_momentary(&self) -> bool {
        self.has_message() || !self.timers.is_empty()
    }
    /// What the body's rows are without negation and aggregate, where nothing is fleeting.
    fn base(&self) -> Class {
        self.positive.iter().fold(Class::Static, |class, (_, other)| class.join(*other))
    }
    /// Whether all fleeting atoms are one row.
    fn is_one_row(&self) -> bool {
        !self.rows.is_empty() || self.weakened == Some(Ground::SameMessage)
    }
    fn is_sealed(&self, atom: &Atom) -> bool {
        self.sealed.iter().any(|sealed| std::ptr::eq(*sealed, atom))
    }
    /// What makes the body's rows come and go, most telling first: atoms whose rows do, negated atoms that may yet get
    /// rows, and atoms under an aggregate that may yet get rows of old groups.
    fn unsettled(&self) -> Vec<RelationId> {
        let aggregated = self.aggregate && !self.has_message();
        let inside = self.weakened == Some(Ground::InsideRow);
        let negated = self.negated_of(Class::Growing).filter(|atom| !self.is_sealed(atom));
        let negated = negated.chain(self.negated_of(Class::Converging));
        let growing = self.positive_of(Class::Growing).filter(|atom| {
            aggregated && !inside && !fixed_by_group(self.rule, &atom.terms) && !self.is_sealed(atom)
        });
        negated.chain(self.positive_of(Class::Converging)).chain(growing).filter_map(relation_of).collect()
    }
}

/// Whether all aggregates are what their columns' merges do anyway. A number of rows is no merge of theirs, but goes up with
/// them, unless the rows are there for one tick only.
fn merges_alone(cx: &Context<'_>, rule: &Rule, counts: bool) -> bool {
    let column = declared(cx.program);
    rule.head.terms.iter().enumerate().all(|(number, term)| match term {
        HeadTerm::Expr(_) | HeadTerm::Any => true,
        HeadTerm::Aggregate { kind, .. } => {
            let order = column(rule.head.relation, number);
            match kind {
                AggregateKind::Count | AggregateKind::CountDistinct => counts && order == Sense::Up,
                AggregateKind::Sum
                | AggregateKind::Min
                | AggregateKind::Max
                | AggregateKind::Avg
                | AggregateKind::ArgMin
                | AggregateKind::ArgMax
                | AggregateKind::Collect
                | AggregateKind::Any => is_merge(*kind, &order),
            }
        }
    })
}

/// Whether the aggregate's group fixes each of these columns (none of them a lattice).
fn fixed_by_group(rule: &Rule, terms: &[Term]) -> bool {
    let in_group = |var: VarId| {
        let is_var = |expr: &Expr<VarId>| *expr == Expr::Var(var);
        rule.head.place.as_ref().is_some_and(is_var)
            || rule.head.terms.iter().any(|term| match term {
                HeadTerm::Expr(expr) => is_var(expr),
                HeadTerm::Aggregate { .. } | HeadTerm::Any => false,
            })
    };
    terms.iter().all(|term| match term {
        Term::Var(var) => in_group(*var),
        Term::Const(_) => true,
        Term::Any => false,
    })
}

fn relations<'a>(atoms: impl Iterator<Item = &'a Atom>) -> Vec<RelationId> {
    let mut relations: Vec<RelationId> = Vec::new();
    for relation in atoms.filter_map(relation_of) {
        if !relations.contains(&relation) {
            relations.push(relation);
        }
    }
    relations
}

/// "anything order-dependent: order-dependent (inherited)"
fn inherited(reads: &Reads<'_>) -> Option<Outcome> {
    let atoms = reads.positive_of(Class::OrderDependent).chain(reads.negated_of(Class::OrderDependent));
    let culprits = relations(atoms);
    (!culprits.is_empty()).then(|| Outcome::order_dependent(Ground::Inherited, culprits))
}

/// The node's own reports: order-dependent (batching)
fn reported(reads: &Reads<'_>) -> Option<Outcome> {
    let culprits = relations(reads.reports.iter().copied());
    (!culprits.is_empty()).then(|| Outcome::order_dependent(Ground::Reported, culprits))
}

/// "`floret::peer`: order-dependent (loss)": like a clock, a run's choice
fn peers(reads: &Reads<'_>) -> Option<Outcome> {
    let culprits = relations(reads.peers.iter().copied());
    (!culprits.is_empty()).then(|| Outcome::order_dependent(Ground::Peers, culprits))
}

/// "a timer column used anywhere, `now()`, random: order-dependent (clock)"
fn clock(reads: &Reads<'_>) -> Option<Outcome> {
    (!reads.clocks.is_empty())
        .then(|| Outcome::order_dependent(Ground::Clock, relations(reads.clocks.iter().copied())))
}

/// "`any`: order-dependent (choice)"
fn choice(reads: &Reads<'_>) -> Option<Outcome> {
    reads.choice.then(|| {
        let mut culprits: Vec<&(&Atom, Class)> = reads.positive.iter().collect();
        culprits.sort_by_key(|(_, class)| *class == Class::Static);
        Outcome::order_dependent(Ground::Choice, relations(culprits.into_iter().map(|(atom, _)| *atom)))
    })
}

/// "one fleeting atom, its lattice columns read only through join-preserving functions, else order-dependent (batching)"
fn merged_in_tick(reads: &Reads<'_>) -> Option<Outcome> {
    let culprits = relations(reads.merged.iter().copied());
    (!culprits.is_empty()).then(|| Outcome::order_dependent(Ground::MergedInTick, culprits))
}

/// "two independent fleeting atoms: order-dependent (rendezvous)"
fn two_messages(reads: &Reads<'_>) -> Option<Outcome> {
    let messages = reads.positive_of(Class::Fleeting).count();
    let independent = messages > 1 && !reads.is_one_row();
    // A beat and a message, or two beats.
    let timers = if reads.weakened == Some(Ground::Resent) { 0 } else { reads.timers.len() };
    let independent = independent || messages.min(1) + timers > 1;
    // Where the positive atoms are one message and a negated one is another, it is the absence that matters.
    let negated = reads.negated_of(Class::Fleeting).next().is_some();
    (independent && !negated).then(|| {
        let beats = reads.timers.iter().copied();
        let culprits = relations(reads.positive_of(Class::Fleeting).chain(beats));
        Outcome::order_dependent(Ground::MeetsMessage, culprits)
    })
}

/// "negation over fleeting: order-dependent (absence)", unless it speaks about the same source row as a positive atom
fn absence(reads: &Reads<'_>) -> Option<Outcome> {
    let culprits = relations(reads.negated_of(Class::Fleeting));
    let same_row = reads.has_message() && reads.is_one_row();
    (!culprits.is_empty() && !same_row).then(|| Outcome::order_dependent(Ground::Missing, culprits))
}

/// "a fleeting atom with a growing one: order-dependent (rendezvous)"
fn message_meets_stored(reads: &Reads<'_>) -> Option<Outcome> {
    let growing = relations(reads.positive_of(Class::Growing));
    (reads.has_message() && !growing.is_empty()).then(|| {
        let culprits = relations(reads.positive_of(Class::Fleeting)).into_iter().chain(growing).collect();
        Outcome::order_dependent(Ground::MeetsStored, culprits)
    })
}

/// "negation, aggregate over growing or converging, or a positive read of converging, read by `<~`, `<+`, `<-`, `<+-`,
/// `<=` into a table or event, or with a fleeting atom: order-dependent (early verdict)"
fn early_verdict(reads: &Reads<'_>) -> Option<Outcome> {
    let culprits = reads.unsettled();
    let final_word = reads.view && !reads.is_momentary();
    (!culprits.is_empty() && !final_word).then(|| Outcome::order_dependent(Ground::TooEarly, culprits))
}

/// "aggregate over fleeting: order-dependent (batching)", unless it is grouped by the whole source row
fn shared_tick(reads: &Reads<'_>) -> Option<Outcome> {
    let inside = reads.rows.iter().any(|row| fixed_by_group(reads.rule, &row.terms));
    let inside = inside || reads.weakened == Some(Ground::WithinMessage);
    (reads.aggregate && reads.has_message() && !inside)
        .then(|| Outcome::order_dependent(Ground::SharedTick, relations(reads.positive_of(Class::Fleeting))))
}

/// "an aggregate grouped by the whole source row: fleeting"
fn within_message(reads: &Reads<'_>) -> Option<Outcome> {
    (reads.aggregate && reads.has_message())
        .then(|| Outcome::confluent(Class::Fleeting, Ground::WithinMessage))
}

/// "several fleeting atoms (negated ones too) all derived by `<=` alone from one source row, each atom carrying and
/// binding every column of that row: fleeting"
fn same_message(reads: &Reads<'_>) -> Option<Outcome> {
    let atoms = reads.positive_of(Class::Fleeting).count() + reads.negated_of(Class::Fleeting).count();
    (reads.has_message() && atoms > 1).then(|| Outcome::confluent(Class::Fleeting, Ground::SameMessage))
}

/// "one fleeting atom, the rest static: fleeting"
fn one_message(reads: &Reads<'_>) -> Option<Outcome> {
    reads.has_message().then(|| Outcome::confluent(Class::Fleeting, Ground::OneMessage))
}

/// "exactly one timer atom, all its columns `_`, with static and merge-read growing atoms: fleeting"
fn resent(reads: &Reads<'_>) -> Option<Outcome> {
    (!reads.timers.is_empty()).then(|| Outcome::confluent(Class::Fleeting, Ground::Resent))
}

/// "negation, aggregate over growing or converging, or a positive read of converging, into a view by `<=`, no fleeting
/// atom: converging"
fn last_word(reads: &Reads<'_>) -> Option<Outcome> {
    (!reads.unsettled().is_empty()).then(|| Outcome::confluent(Class::Converging, Ground::LastWord))
}

/// "negation or aggregate, every non-static atom under it sealed on keys that the rule binds, the other atoms static or
/// growing: growing"
fn sealed(reads: &Reads<'_>) -> Option<Outcome> {
    let aggregated = reads.positive.iter().filter(|_| reads.aggregate);
    let waits = reads.negated.iter().chain(aggregated).any(|(atom, _)| reads.is_sealed(atom));
    (waits && !reads.has_message()).then(|| Outcome::confluent(reads.base(), Ground::Sealed))
}

/// "negation or aggregate over static: unchanged"
fn over_static(reads: &Reads<'_>) -> Option<Outcome> {
    let cautious = reads.aggregate || !reads.negated.is_empty();
    (cautious && reads.base() == Class::Static).then(|| Outcome::confluent(Class::Static, Ground::OverStatic))
}

/// "an aggregate whose group fixes every column of all non-static atoms: as without the aggregate"
fn inside_row(reads: &Reads<'_>) -> Option<Outcome> {
    reads.aggregate.then(|| Outcome::confluent(reads.base(), Ground::InsideRow))
}

/// "upward threshold on a growing lattice column or on `count() count(x) max min collect` over growing: growing"
fn threshold(reads: &Reads<'_>) -> Option<Outcome> {
    reads.threshold.then(|| Outcome::confluent(reads.base(), Ground::Threshold))
}

/// "only static and growing atoms, no negation, no aggregate: growing"
fn monotone(reads: &Reads<'_>) -> Option<Outcome> {
    Some(Outcome::confluent(reads.base(), Ground::Monotone))
}
