//! Rules that keep a node busy for ever without anything arriving (warnings).

use std::collections::BTreeSet;

use floret_ir::{
    Atom, AtomSource, Diagnostic, Diagnostics, Expr, Finding, Head, HeadTerm, IndexVec, Literal, Presence,
    Program, RelationId, RelationKind, Rule, RuleOp, Span, Term, VarId,
};

use super::graph::atoms;

/// An event filled by `<+` from what is stored: it is filled again in every tick.
struct EndlessEvent {
    event: String,
    rule: Span,
}

/// A table that gets the time or a random value by `<+` or `<+-` from what is stored: another one in every tick.
struct EndlessClock {
    table: String,
    rule: Span,
}

/// A row that one rule puts in and another takes out by the same body.
struct PutAndDelete {
    table: String,
    put: Span,
    delete: Span,
}

/// Pushes the warnings.
pub(super) fn report(program: &Program, presence: &IndexVec<RelationId, Presence>, sink: &mut Diagnostics) {
    for rule in program.rules.iter() {
        let head = &program.relations[rule.head.relation];
        let stored = |rule: &Rule| atoms(rule).all(|(_, source, _)| presence[source] == Presence::Stored);
        if rule.op == RuleOp::Next && head.kind == RelationKind::Event && stored(rule) {
            sink.push(EndlessEvent { event: head.name.clone(), rule: rule.span });
        }
        let next = matches!(rule.op, RuleOp::Next | RuleOp::Replace);
        if next && head.is_table() && stored(rule) && head_has_clock(rule) {
            sink.push(EndlessClock { table: head.name.clone(), rule: rule.span });
        }
        if rule.op == RuleOp::Delete && stored(rule) {
            let same = |other: &&Rule| other.op == RuleOp::Now && shape(other) == shape(rule);
            if let Some(put) = program.rules.iter().find(same) {
                let table = head.name.clone();
                sink.push(PutAndDelete { table, put: put.span, delete: rule.span });
            }
        }
    }
}

/// Whether the head is computed from `now()` or the random seed.
fn head_has_clock(rule: &Rule) -> bool {
    let mut clock: BTreeSet<VarId> = BTreeSet::new();
    for atom in rule.positive_atoms().filter(|atom| atom.source == AtomSource::Clock) {
        clock.extend(atom.terms.iter().filter_map(|term| match term {
            Term::Var(var) => Some(*var),
            Term::Const(_) | Term::Any => None,
        }));
    }
    let uses =
        |expr: &Expr<VarId>, clock: &BTreeSet<VarId>| expr.vars().iter().any(|var| clock.contains(var));
    for literal in &rule.body {
        match literal {
            Literal::Let { var, value, .. } | Literal::Unnest { var, value, .. } if uses(value, &clock) => {
                clock.insert(*var);
            }
            Literal::Let { .. }
            | Literal::Unnest { .. }
            | Literal::Atom(_)
            | Literal::Negation(_)
            | Literal::Condition { .. } => {}
        }
    }
    rule.head.terms.iter().any(|term| match term {
        HeadTerm::Expr(expr) => uses(expr, &clock),
        HeadTerm::Aggregate { argument, by, .. } => argument.iter().chain(by).any(|expr| uses(expr, &clock)),
        HeadTerm::Any => false,
    })
}

/// Head and body without their places in the source. (Rules written alike number their variables alike.)
fn shape(rule: &Rule) -> (Head, Vec<Literal>) {
    let nowhere = rule.span;
    let nowhere = Span { start: 0, end: 0, ..nowhere };
    let bare = |atom: &Atom| Atom { span: nowhere, ..atom.clone() };
    let body = rule.body.iter().map(|literal| match literal {
        Literal::Atom(atom) => Literal::Atom(bare(atom)),
        Literal::Negation(atom) => Literal::Negation(bare(atom)),
        Literal::Condition { expr, .. } => Literal::Condition { expr: expr.clone(), span: nowhere },
        Literal::Unnest { var, value, .. } => {
            Literal::Unnest { var: *var, value: value.clone(), span: nowhere }
        }
        Literal::Let { var, value, .. } => Literal::Let { var: *var, value: value.clone(), span: nowhere },
    });
    (Head { span: nowhere, ..rule.head.clone() }, body.collect())
}

impl Finding for EndlessEvent {
    fn diagnostic(&self) -> Diagnostic {
        let event = &self.event;
        Diagnostic::warning("ticks-for-ever", format!("`{event}` is filled again in every tick"))
            .at(
                self.rule,
                "everything read here is stored, so this fires in every tick and causes the next one",
            )
            .help(format!("let an event or message start it, or make `{event}` a table or a view"))
    }
}

impl Finding for EndlessClock {
    fn diagnostic(&self) -> Diagnostic {
        let table = &self.table;
        Diagnostic::warning("ticks-for-ever", format!("`{table}` changes in every tick"))
            .at(
                self.rule,
                "everything else read here is stored, so each tick puts another value in, which causes the next tick",
            )
            .help("let an event, message or timer start it (`timer beat every 1s;` and `beat(_)` here)")
    }
}

impl Finding for PutAndDelete {
    fn diagnostic(&self) -> Diagnostic {
        let table = &self.table;
        Diagnostic::warning("ticks-for-ever", format!("`{table}` gets and loses the same rows in every tick"))
            .at(self.delete, "takes out at the end of the tick ...")
            .because(self.put, "... what is put in again here")
            .help("drop one of the two rules, or let an event or message start the deletion")
    }
}
