//! Whether a program keeps what it says about order: `confluent out;`, `monotone { ... }`, and `@accept` before what
//! depends on order at all.

use std::collections::BTreeSet;

use floret_ir::coordination::{Class, Coordination};
use floret_ir::{Accepted, Confluent, Diagnostic, Finding, Monotone, Program, RelationId, RuleId};

use super::summary::output_class;
use crate::strata::graph::atoms;

/// The assertions that don't hold, as errors, and the acceptances of nothing, as warnings.
pub fn unkept(coordination: &Coordination, program: &Program) -> Vec<Diagnostic> {
    let promises = &program.about_order;
    let confluent = promises.confluent.iter().filter_map(|said| not_confluent(said, coordination, program));
    let monotone = promises.monotone.iter().flat_map(|said| {
        let rules = said.rules.iter();
        rules.filter_map(move |rule| not_monotone(said, *rule, coordination, program))
    });
    let idle = promises.accepted.iter().enumerate().filter(|(at, accepted)| {
        // Another instance of the same module may need it.
        let same_place = promises.accepted.iter().filter(|other| other.span == accepted.span);
        let first = promises.accepted.iter().position(|other| other.span == accepted.span) == Some(*at);
        first && same_place.clone().all(|accepted| accepts_nothing(accepted, coordination))
    });
    let idle = idle.map(|(_, accepted)| AcceptsNothing { accepted }.diagnostic());
    confluent.chain(monotone).chain(idle).collect()
}

fn accepts_nothing(accepted: &Accepted, coordination: &Coordination) -> bool {
    !coordination.points.iter().any(|point| match point.rule {
        Some(rule) => accepted.rules.contains(&rule),
        None => accepted.relation == Some(point.relation),
    })
}

/// `confluent out;` of a collection that isn't.
struct NotConfluent<'a> {
    said: &'a Confluent,
    name: &'a str,
    /// The points of order that reach it.
    points: Vec<(&'static str, floret_ir::Span)>,
}

fn not_confluent(said: &Confluent, coordination: &Coordination, program: &Program) -> Option<Diagnostic> {
    let relation = program.relations.get(said.relation)?;
    let class = if relation.output {
        output_class(coordination, program, said.relation)
    } else {
        coordination.classes.get(said.relation).copied().unwrap_or(Class::OrderDependent)
    };
    if class.is_confluent() {
        return None;
    }
    let reaches = sources(program, said.relation);
    let points = coordination.points.iter().filter(|point| reaches.contains(&point.relation));
    let points = points.filter_map(|point| {
        let place = match point.rule {
            Some(rule) => program.rules.get(rule)?.span,
            None => program.relations.get(point.relation)?.span,
        };
        Some((point.kind.name(), place))
    });
    Some(NotConfluent { said, name: &relation.name, points: points.collect() }.diagnostic())
}

/// All that it is derived from, and itself.
fn sources(program: &Program, relation: RelationId) -> BTreeSet<RelationId> {
    let mut reached = BTreeSet::from([relation]);
    let mut queue = vec![relation];
    while let Some(at) = queue.pop() {
        for rule in program.rules.iter().filter(|rule| rule.head.relation == at) {
            queue.extend(atoms(rule).map(|(_, source, _)| source).filter(|&source| reached.insert(source)));
        }
    }
    reached
}

impl Finding for NotConfluent<'_> {
    fn diagnostic(&self) -> Diagnostic {
        let title = format!("`{}` depends on the order of messages, and is said to be confluent", self.name);
        let mut diagnostic =
            Diagnostic::error("not-confluent", title).at(self.said.span, "the assertion doesn't hold");
        for (kind, place) in &self.points {
            diagnostic = diagnostic.because(*place, format!("it depends on order here: {kind}"));
        }
        diagnostic
            .help("`floret check` shows each of these places with the ways out of it; `@accept` doesn't change what is promised")
    }
}

/// A rule in `monotone { ... }` that may take something back, or depends on order.
struct NotMonotone<'a> {
    said: &'a Monotone,
    rule: floret_ir::Span,
    head: &'a str,
    class: Class,
    because: &'a str,
}

fn not_monotone(
    said: &Monotone,
    id: RuleId,
    coordination: &Coordination,
    program: &Program,
) -> Option<Diagnostic> {
    let (rule, verdict) = (program.rules.get(id)?, coordination.verdicts.get(id)?);
    match verdict.class {
        Class::Static | Class::Growing | Class::Fleeting => return None,
        Class::Converging | Class::OrderDependent => {}
    }
    let head = program.relations.get(rule.head.relation)?;
    let (class, because) = (verdict.class, verdict.because.as_str());
    Some(NotMonotone { said, rule: rule.span, head: &head.name, class, because }.diagnostic())
}

impl Finding for NotMonotone<'_> {
    fn diagnostic(&self) -> Diagnostic {
        let title = format!("this rule of `{}` is not monotone, and is said to be", self.head);
        let what = match self.class {
            Class::Converging => "more input may take back what it derives",
            Class::Static | Class::Growing | Class::Fleeting | Class::OrderDependent => {
                "what it derives depends on the order of messages"
            }
        };
        Diagnostic::error("not-monotone", title)
            .at(self.rule, what)
            .because(self.said.span, "asserted by this block")
            .note(self.because.to_owned())
            .help("move the rule out of the block; `floret check` says what its head promises then")
    }
}

/// `@accept` before something that is no point of order.
struct AcceptsNothing<'a> {
    accepted: &'a Accepted,
}

impl Finding for AcceptsNothing<'_> {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::warning("accepts-nothing", "nothing here depends on the order of messages")
            .at(self.accepted.span, "this accepts nothing")
            .note("what only inherits a dependence is accepted where that begins")
            .help("remove it")
    }
}
