//! Which reads of lattice columns follow their growth, and which look at the value itself.
//!
//! A column is *merge-read* if all that is computed from it goes up while it does: into head columns of the same lattice,
//! into upward thresholds, by unnesting. Else it is read *exactly*. Rules are judged one by one.

use std::collections::BTreeMap;

use floret_ir::{
    AggregateKind, Atom, AtomSource, Expr, HeadTerm, IndexVec, Literal, Program, RelationId, Rule, RuleOp,
    Span, Term, Value, VarId,
};

use super::declared;
use super::expr::{Reading, Root, reading};
use super::sense::Sense;

/// How one rule reads the lattice columns of its positive atoms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RuleFlow {
    /// Those that are read at all (`_` reads nothing).
    columns: BTreeMap<Root, ColumnRead>,
    /// The sense of each variable; plain for all that aren't lattice variables.
    pub senses: IndexVec<VarId, Sense>,
}

/// How one column is read.
#[derive(Clone, PartialEq, Eq, Debug)]
struct ColumnRead {
    /// The column's order.
    sense: Sense,
    /// The first use that looks at the value itself.
    exact: Option<(Why, Span)>,
    /// How often it is used.
    uses: usize,
    /// How many of the uses decide whether there is a row at all.
    selecting: usize,
    /// Whether all uses give of a join of two values the join of what they give of each.
    keeps_joins: bool,
}

/// Why a use looks at the value itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Why {
    /// It goes into a head column that is no lattice.
    PlainColumn,
    /// It goes into a head column of another lattice, or by a function that doesn't go up with it.
    OtherLattice,
    /// It is addressed.
    Place,
    /// Another atom's column must be equal.
    Join,
    /// A constant must be equal.
    Constant,
    /// A condition that may cease to hold.
    Condition,
    /// An atom under `!` has it.
    Negation,
    /// An aggregate ranges over it.
    Aggregated,
    /// An aggregate's groups are made by it.
    Grouping,
    /// `let` or `in` uses it in a way that doesn't go up with it.
    Function,
}

impl Why {
    /// What is done with the value.
    pub fn words(self) -> &'static str {
        match self {
            Why::PlainColumn => "it goes into a column that is no lattice",
            Why::OtherLattice => "what goes into the lattice column doesn't go up with it",
            Why::Place => "the message goes where it says",
            Why::Join => "another column must be equal to it",
            Why::Constant => "a constant must be equal to it",
            Why::Condition => "the condition may cease to hold while it goes up",
            Why::Negation => "it is in an atom under `!`",
            Why::Aggregated => "an aggregate ranges over it",
            Why::Grouping => "it makes the groups of an aggregate",
            Why::Function => "it is used by a function that doesn't go up with it",
        }
    }
}

impl RuleFlow {
    /// Judges a rule whose relations' columns go up as `column` says.
    pub fn of(program: &Program, rule: &Rule, column: &impl Fn(RelationId, usize) -> Sense) -> Self {
        let mut judge = Judge {
            program,
            rule,
            columns: BTreeMap::new(),
            readings: rule.variables.iter().map(|_| Reading::plain()).collect(),
        };
        judge.roots(column);
        for literal in &rule.body {
            judge.literal(literal);
        }
        judge.head();
        let senses = judge.readings.iter().map(|reading| reading.sense.clone()).collect();
        RuleFlow { columns: judge.columns, senses }
    }

    /// The first exact read of the atom that is literal `atom` of the body, why and where.
    pub fn exact(&self, atom: usize) -> Option<(Why, Span)> {
        self.of_atom(atom).find_map(|read| read.exact)
    }

    /// Whether the rule gives of rows that merged the merge of what it gives of each: the atom's lattice columns are only
    /// copied by functions that keep joins; or just one is read, and it is a chain or only decides.
    pub fn keeps_joins(&self, atom: usize) -> bool {
        let reads: Vec<&ColumnRead> = self.of_atom(atom).collect();
        let selecting = reads.iter().any(|read| read.selecting > 0);
        reads.iter().all(|read| read.exact.is_none() && read.keeps_joins)
            && match reads[..] {
                [read] if selecting => read.sense.is_chain() || read.uses == 1,
                _ => !selecting,
            }
    }

    fn of_atom(&self, atom: usize) -> impl Iterator<Item = &ColumnRead> {
        self.columns.range((atom, 0)..=(atom, usize::MAX)).map(|(_, read)| read)
    }
}

struct Judge<'a> {
    program: &'a Program,
    rule: &'a Rule,
    columns: BTreeMap<Root, ColumnRead>,
    readings: IndexVec<VarId, Reading>,
}

impl Judge<'_> {
    /// The lattice variables: bound by one column of one positive atom and by nothing else.
    fn roots(&mut self, column: &impl Fn(RelationId, usize) -> Sense) {
        let occurrences = occurrences(self.rule);
        for (index, literal) in self.rule.body.iter().enumerate() {
            let Literal::Atom(Atom { source: AtomSource::Relation(relation), terms, span }) = literal else {
                continue;
            };
            for (number, term) in terms.iter().enumerate() {
                let sense = column(*relation, number);
                if sense.is_plain() {
                    continue;
                }
                let root = (index, number);
                let read = ColumnRead {
                    sense: sense.clone(),
                    exact: None,
                    uses: 0,
                    selecting: 0,
                    keeps_joins: true,
                };
                match term {
                    Term::Any => {}
                    Term::Var(var) => {
                        self.columns.insert(root, read);
                        let reading = Reading::of_root(root, sense);
                        if occurrences.get(var).copied().unwrap_or(0) > 1 {
                            self.exact(&reading, Why::Join, *span);
                        } else {
                            self.readings[*var] = reading;
                        }
                    }
                    Term::Const(value) => {
                        self.columns.insert(root, read);
                        // `true` is the greatest bool: a threshold.
                        let greatest = matches!(
                            (&sense, value),
                            (Sense::Up, Value::Bool(true)) | (Sense::Down, Value::Bool(false))
                        );
                        let reading = Reading::of_root(root, sense);
                        if greatest {
                            self.decides(&reading);
                        } else {
                            self.exact(&reading, Why::Constant, *span);
                        }
                    }
                }
            }
        }
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Atom(_) => {}
            Literal::Negation(atom) => {
                for term in &atom.terms {
                    if let Term::Var(var) = term {
                        let reading = self.readings[*var].clone();
                        self.must_be_plain(&reading, Why::Negation, atom.span);
                    }
                }
            }
            Literal::Condition { expr, span } => {
                let reading = reading(expr, &self.readings);
                if reading.sense == Sense::Up {
                    self.decides(&reading);
                } else {
                    self.must_be_plain(&reading, Why::Condition, *span);
                }
            }
            Literal::Let { var, value, span } => {
                let reading = reading(value, &self.readings);
                if reading.sense == Sense::Exact {
                    self.exact(&reading, Why::Function, *span);
                }
                self.readings[*var] = reading;
            }
            Literal::Unnest { var, value, span } => {
                let reading = reading(value, &self.readings);
                match &reading.sense {
                    Sense::Plain | Sense::Set => self.decides(&reading),
                    Sense::Map(of) => {
                        let pair = Sense::Parts(vec![Sense::Plain, (**of).clone()]);
                        let reading = reading.clone().then(pair).loses_joins();
                        self.decides(&reading);
                        if occurrences(self.rule).get(var).is_some_and(|bound| *bound > 1) {
                            self.exact(&reading, Why::Join, *span);
                        } else {
                            self.readings[*var] = reading;
                        }
                    }
                    Sense::Up | Sense::Down | Sense::Parts(_) | Sense::Own(_) | Sense::Exact => {
                        self.exact(&reading, Why::Function, *span);
                    }
                }
            }
        }
    }

    fn head(&mut self) {
        let head = &self.rule.head;
        let column = declared(self.program);
        if let Some(place) = &head.place {
            let reading = reading(place, &self.readings);
            self.must_be_plain(&reading, Why::Place, head.span);
        }
        let groups = head.terms.iter().enumerate().any(|(number, term)| match term {
            HeadTerm::Aggregate { kind, .. } => !is_merge(*kind, &column(head.relation, number)),
            HeadTerm::Expr(_) | HeadTerm::Any => false,
        });
        for (number, term) in head.terms.iter().enumerate() {
            let wanted = match self.rule.op {
                // What is deleted is named by its plain columns.
                RuleOp::Delete => Sense::Plain,
                RuleOp::Now | RuleOp::Next | RuleOp::Replace | RuleOp::Later => column(head.relation, number),
            };
            match term {
                HeadTerm::Any => {}
                HeadTerm::Expr(value) => {
                    let reading = reading(value, &self.readings);
                    if groups {
                        self.must_be_plain(&reading, Why::Grouping, head.span);
                    } else {
                        self.goes_into(reading, &wanted);
                    }
                }
                HeadTerm::Aggregate { kind, argument, by } => {
                    let reading =
                        argument.as_ref().map_or_else(Reading::plain, |it| reading(it, &self.readings));
                    let is_chain = matches!(kind, AggregateKind::Max | AggregateKind::Min);
                    if is_chain && is_merge(*kind, &wanted) && !reading.sense.is_plain() {
                        self.goes_into(reading, &wanted);
                    } else {
                        self.must_be_plain(&reading, Why::Aggregated, head.span);
                    }
                    if let Some(by) = by {
                        let reading = self::reading(by, &self.readings);
                        self.must_be_plain(&reading, Why::Aggregated, head.span);
                    }
                }
            }
        }
    }

    fn goes_into(&mut self, reading: Reading, wanted: &Sense) {
        let span = self.rule.head.span;
        if !reading.sense.fits(wanted) {
            let why = if wanted.is_plain() { Why::PlainColumn } else { Why::OtherLattice };
            self.exact(&reading, why, span);
            return;
        }
        // Of two tuples the greater one is not made of the greater parts.
        let is_lexicographic = matches!(reading.sense, Sense::Parts(_)) && wanted.is_chain();
        self.used(&reading, 0, reading.keeps_joins && !is_lexicographic);
    }

    fn decides(&mut self, reading: &Reading) {
        self.used(reading, 1, reading.keeps_joins);
    }

    fn used(&mut self, reading: &Reading, selecting: usize, keeps_joins: bool) {
        for root in &reading.roots {
            if let Some(read) = self.columns.get_mut(root) {
                read.uses += 1;
                read.selecting += selecting;
                read.keeps_joins &= keeps_joins;
            }
        }
    }

    fn must_be_plain(&mut self, reading: &Reading, why: Why, span: Span) {
        if reading.sense.is_plain() {
            self.used(reading, 0, reading.keeps_joins);
        } else {
            self.exact(reading, why, span);
        }
    }

    fn exact(&mut self, reading: &Reading, why: Why, span: Span) {
        for root in &reading.roots {
            if let Some(read) = self.columns.get_mut(root) {
                read.exact.get_or_insert((why, span));
            }
        }
    }
}

/// Whether an aggregate is what a column of this order makes of single rows anyway.
pub(crate) fn is_merge(kind: AggregateKind, column: &Sense) -> bool {
    match kind {
        AggregateKind::Max => *column == Sense::Up,
        AggregateKind::Min => *column == Sense::Down,
        AggregateKind::Collect => *column == Sense::Set,
        AggregateKind::Count
        | AggregateKind::CountDistinct
        | AggregateKind::Sum
        | AggregateKind::Avg
        | AggregateKind::ArgMin
        | AggregateKind::ArgMax
        | AggregateKind::Any => false,
    }
}

/// How often each variable is bound: by columns of positive atoms, `let` and `in`.
fn occurrences(rule: &Rule) -> BTreeMap<VarId, usize> {
    let mut occurrences: BTreeMap<VarId, usize> = BTreeMap::new();
    for literal in &rule.body {
        match literal {
            Literal::Atom(atom) => {
                for term in &atom.terms {
                    if let Term::Var(var) = term {
                        *occurrences.entry(*var).or_default() += 1;
                    }
                }
            }
            Literal::Let { var, .. } | Literal::Unnest { var, .. } => {
                *occurrences.entry(*var).or_default() += 1
            }
            Literal::Negation(_) | Literal::Condition { .. } => {}
        }
    }
    occurrences
}

/// Whether an expression is computed from lattice variables.
pub(super) fn is_of_lattices(expr: &Expr<VarId>, senses: &IndexVec<VarId, Sense>) -> bool {
    let mut found = false;
    expr.for_each_var(&mut |var| found |= senses.get(*var).is_some_and(|sense| !sense.is_plain()));
    found
}
