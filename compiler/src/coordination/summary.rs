//! One line per output, for `floret check`.

use floret_ir::coordination::{Class, Coordination};
use floret_ir::{Program, RelationId, RelationKind, Sources};

use super::crashes::{Crashes, lines};

/// The class of a collection as the host observes it: an output view is seen as it is at the end, so a fleeting one
/// promises nothing.
pub fn output_class(coordination: &Coordination, program: &Program, relation: RelationId) -> Class {
    let class = coordination.classes.get(relation).copied().unwrap_or(Class::OrderDependent);
    let view = program.relations.get(relation).is_some_and(|relation| relation.kind == RelationKind::View);
    if view {
        class.join(if class == Class::Fleeting { Class::OrderDependent } else { class })
    } else {
        class
    }
}

/// One line per output: its name, its class, and what that promises; with `crashes`, which roles' crashes it survives below
/// it. Empty if there is no output.
pub fn summary(coordination: &Coordination, crashes: Option<&Crashes>, program: &Program) -> String {
    let outputs: Vec<_> = program.relations.entries().filter(|(_, relation)| relation.output).collect();
    let width = outputs.iter().map(|(_, relation)| relation.name.chars().count()).max().unwrap_or(0);
    let class_width = Class::OrderDependent.name().len();
    let mut text = String::new();
    for (id, relation) in outputs {
        let class = output_class(coordination, program, id);
        let promise = promise(coordination, program, class, id);
        let (name, class) = (&relation.name, class.name());
        text.push_str(&format!("{name:width$}  {class:class_width$}  {promise}\n"));
        for line in crashes.into_iter().flat_map(|crashes| lines(crashes, program, id)) {
            text.push_str(&format!("{:width$}  {line}\n", ""));
        }
    }
    text
}

/// One line per point of order that the program accepts, with its reason.
pub fn accepted(coordination: &Coordination, program: &Program, sources: &Sources) -> String {
    let mut text = String::new();
    for point in &coordination.points {
        let Some(reason) = &point.accepted else { continue };
        let place = match point.rule {
            Some(rule) => program.rules.get(rule).map(|rule| rule.span),
            None => program.relations.get(point.relation).map(|relation| relation.span),
        };
        let place = place.and_then(|span| Some((sources.get(span.file)?, span)));
        let place = place.map_or_else(String::new, |(source, span)| {
            format!(" ({}:{})", source.name, source.line_column(span.start).0)
        });
        let name = program.relations.get(point.relation).map_or("?", |relation| relation.name.as_str());
        text.push_str(&format!("accepted at `{name}`{place}: {}: {reason}\n", point.kind.name()));
    }
    text
}

/// What is known of the nodes of the collection's role beside one another, in words.
pub fn replicas(coordination: &Coordination, program: &Program, relation: RelationId) -> Option<String> {
    let found = coordination.replicas.get(relation)?.as_ref()?;
    if !found.agree {
        return Some("replicas may diverge".into());
    }
    let volatile: Vec<&str> = found
        .volatile
        .iter()
        .filter_map(|role| program.roles.get(*role))
        .map(|role| role.name.as_str())
        .collect();
    Some(if volatile.is_empty() {
        "replicas agree".into()
    } else {
        format!("replicas agree while no {} restarts (not durable)", volatile.join(" and no "))
    })
}

fn promise(coordination: &Coordination, program: &Program, class: Class, output: RelationId) -> String {
    match class {
        Class::Static => "the same from the first tick on".into(),
        Class::Growing => "only grows, to the same rows in every run".into(),
        Class::Fleeting => "the same rows in every run, each at its own time".into(),
        Class::Converging => "the same in the end of every run; rows may come and go before".into(),
        Class::OrderDependent => {
            let points: Vec<_> =
                coordination.points.iter().filter(|point| point.outputs.contains(&output)).collect();
            let plural = if points.len() == 1 { "" } else { "s" };
            let accepted = match points.iter().filter(|point| point.accepted.is_some()).count() {
                0 => String::new(),
                accepted => format!(", {accepted} accepted"),
            };
            let replicas = match replicas(coordination, program, output) {
                Some(words) => format!("; {words}"),
                None => String::new(),
            };
            format!(
                "may differ from run to run ({} point{plural} of order{accepted}){replicas}",
                points.len()
            )
        }
    }
}
