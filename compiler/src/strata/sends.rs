//! `<~` rules of which it can't be said when they send (LANGUAGE section 4, "When a message is sent").

use floret_ir::{
    AtomSource, Diagnostic, Diagnostics, Finding, Firing, IndexVec, Presence, Program, RelationId, RuleId,
    RuleOp, Span,
};

use super::graph::{atoms, relation_of};

/// A message rule that reads arrivals, but none of them by a positive atom of an arriving collection.
struct UnclearSend {
    head: String,
    rule: Span,
    /// The atoms that are neither stored nor a positive read of arrivals.
    obstacles: Vec<Obstacle>,
}

/// What stands in the way of saying when the message is sent.
enum Obstacle {
    /// `!event(..)` without a positive arrival beside it.
    Negated { name: String, columns: String, span: Span },
    /// `now()` or `random()`, new in every tick.
    Clock { spans: Vec<Span> },
    /// A view or event some of whose rows need an arrival and some don't.
    Mixed { name: String, span: Span, rules: Vec<(Span, bool)> },
}

/// Pushes an error per `<~` rule that neither has a positive arriving atom nor reads stored collections only.
pub(super) fn report(
    program: &Program,
    presence: &IndexVec<RelationId, Presence>,
    firing: &IndexVec<RuleId, Firing>,
    sink: &mut Diagnostics,
) {
    for (rule_id, rule) in program.rules.entries() {
        if rule.op != RuleOp::Later || firing[rule_id] == Firing::EachTick {
            continue;
        }
        let mut obstacles: Vec<Obstacle> = atoms(rule)
            .filter_map(|(atom, source, _)| match presence[source] {
                Presence::Stored => None,
                Presence::Arriving => {
                    let relation = &program.relations[source];
                    let columns: Vec<&str> = relation.columns.iter().map(|column| &*column.name).collect();
                    let columns = columns.join(", ");
                    Some(Obstacle::Negated { name: relation.name.clone(), columns, span: atom.span })
                }
                Presence::Mixed => {
                    let name = program.relations[source].name.clone();
                    Some(Obstacle::Mixed {
                        name,
                        span: atom.span,
                        rules: rules_of(program, presence, source),
                    })
                }
            })
            .collect();
        let clocks = rule.positive_atoms().filter(|atom| atom.source == AtomSource::Clock);
        let spans: Vec<Span> = clocks.map(|atom| atom.span).collect();
        if !spans.is_empty() {
            obstacles.push(Obstacle::Clock { spans });
        }
        if !obstacles.is_empty() {
            let head = program.relations[rule.head.relation].name.clone();
            sink.push(UnclearSend { head, rule: rule.span, obstacles });
        }
    }
}

/// The rules that fill a mixed relation, and whether each needs an arrival.
fn rules_of(
    program: &Program,
    presence: &IndexVec<RelationId, Presence>,
    relation: RelationId,
) -> Vec<(Span, bool)> {
    let fills = program.rules.iter().filter(|rule| rule.head.relation == relation);
    fills
        .map(|rule| {
            let sources = rule.positive_atoms().filter_map(relation_of);
            let arrival =
                sources.map(|source| presence[source]).any(|presence| presence == Presence::Arriving);
            (rule.span, arrival)
        })
        .collect()
}

impl Finding for UnclearSend {
    fn diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(
            "unclear-send",
            format!("it is not clear in which ticks `{}` is to be sent", self.head),
        );
        let mut splits = Vec::new();
        for obstacle in &self.obstacles {
            match obstacle {
                Obstacle::Negated { name, columns, span } => {
                    diagnostic = diagnostic.at(
                        *span,
                        format!("`{name}` is there for one tick only, and only its absence is asked for"),
                    );
                    splits.push(format!(
                        "remember what arrived and ask the table: `table {name}_seen({columns})` with these columns' \
                         types, `{name}_seen({columns}) <= {name}({columns});`, and `!{name}_seen(..)` here; or add a \
                         positive atom of the event or channel whose arrival sends the message"
                    ));
                }
                Obstacle::Clock { spans } => {
                    for span in spans {
                        diagnostic = diagnostic.at(*span, "this is another value in every tick");
                    }
                    splits.push(
                        "add a positive atom of the event, channel or timer whose rows send the message (a timer: \
                         `timer beat every 1s;` and `beat(_)` here)"
                            .into(),
                    );
                }
                Obstacle::Mixed { name, span, rules } => {
                    diagnostic = diagnostic.at(
                        *span,
                        format!("some rows of `{name}` come with an arrival, others stay from tick to tick"),
                    );
                    for (rule, arrival) in rules {
                        let text =
                            if *arrival { "these rows need an arrival" } else { "these rows need none" };
                        diagnostic = diagnostic.because(*rule, text);
                    }
                    splits.push(format!(
                        "split `{name}` in two, `{name}_arrived` with the rules that need an arrival and `{name}_stored` \
                         with those over tables and their views, and write this rule twice, once over each"
                    ));
                }
            }
        }
        diagnostic
            .because(self.rule, "this rule sends")
            .note(
                "a `<~` rule with a positive atom of an event, channel or timer sends in every tick in which it derives a \
                 row; one over tables and their views, without `now()` and `random()`, sends each row once, when it becomes \
                 true; this rule is neither",
            )
            .help(splits.join("; "))
    }
}
