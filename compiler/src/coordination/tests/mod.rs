//! Programs whose verdicts are written by hand from COORDINATION's tables, and what their messages say.

mod clock;
mod confluent;
mod crashes;
mod ends;
mod fixes;
mod lattices;
mod order_dependent;
mod promises;
mod seals;
mod sequencers;
mod verdicts;
mod wording;

use floret_ir::coordination::{Coordination, PointOfOrder};
use floret_ir::{Diagnostics, FileId, Program, RelationId};

/// Compiles a program without errors and classifies it.
fn analyse(source: &str) -> (Program, Coordination) {
    let mut sink = Diagnostics::new();
    let tree = floret_lang::parse(source, FileId(0), &mut sink);
    let program = crate::front::check(&tree, FileId(0), &mut sink);
    let stratified = crate::strata::stratify(program, &mut sink);
    assert!(!sink.has_errors(), "{:#?}", sink.sorted());
    let coordination = super::check(&stratified);
    (stratified.program, coordination)
}

/// Holds the outputs' classes and all points of order against what was written by hand: a line `NAME CLASS` per output
/// (declared ones first), then per point `KIND at RULE`, `by PATH`, `in OUTPUTS`.
fn check(source: &str, expected: &str) {
    let (program, coordination) = analyse(source);
    let mut found = String::new();
    for (id, relation) in program.relations.entries().filter(|(_, relation)| relation.output) {
        let class = super::output_class(&coordination, &program, id).name();
        found.push_str(&format!("{} {class}\n", relation.name));
    }
    for point in &coordination.points {
        found.push_str(&shown(point, &program, source));
    }
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let found: Vec<&str> = found.lines().map(str::trim).collect();
    assert_eq!(found, expected, "{:#?}", coordination.reasons);
}

fn shown(point: &PointOfOrder, program: &Program, source: &str) -> String {
    let name = |relation: RelationId| program.relations[relation].name.as_str();
    let kind = point.kind.name();
    let place = match point.rule {
        Some(rule) => {
            let span = program.rules[rule].span;
            &source[span.start as usize..span.end as usize]
        }
        None => name(point.relation),
    };
    let mut path: Vec<&str> = point.path.first().map(|step| name(step.from)).into_iter().collect();
    for (index, step) in point.path.iter().enumerate() {
        assert_eq!(program.rules[step.rule].head.relation, step.to, "a step's rule fills what it goes to");
        assert!(index == 0 || point.path[index - 1].to == step.from, "steps hang together");
        path.push(name(step.to));
    }
    let outputs: Vec<&str> = point.outputs.iter().map(|&output| name(output)).collect();
    format!("{kind} at {place}\nby {}\nin {}\n", path.join(" -> "), outputs.join(", "))
}

/// The class of one collection.
fn class(source: &str, relation: &str) -> &'static str {
    let (program, coordination) = analyse(source);
    let id = program.relation_named(relation).expect("the relation exists");
    coordination.classes[id].name()
}
