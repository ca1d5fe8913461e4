//! Contents of relations, component by component.

use floret_ir::plan::Sink;
use floret_ir::{
    AtomSource, Component, Firing, Literal, NodeId, Presence, RelationId, RelationKind, Rule, RuleId,
};

use super::builder::Builder;
use super::{errors, head};

/// Lowers the relations of a component with the `<=` rules that fill them.
pub(super) fn component(builder: &mut Builder, component: &Component) {
    if component.recursive {
        recursive(builder, component);
    } else {
        for &relation in &component.relations {
            let rules = rules_of(builder, component, relation);
            let derived = rules.into_iter().map(|rule| head::rule(builder, rule)).collect();
            let content = content(builder, relation, derived);
            builder.set_content(relation, content);
        }
    }
    for &relation in &component.relations {
        let node = builder.content(relation);
        builder.sink(Sink::Content { relation, node });
    }
}

fn rules_of(builder: &Builder, component: &Component, relation: RelationId) -> Vec<RuleId> {
    let program = builder.program;
    component.rules.iter().copied().filter(|rule| program.rules[*rule].head.relation == relation).collect()
}

/// What the engine puts into a relation; views have nothing.
fn source(builder: &mut Builder, relation: RelationId) -> Option<NodeId> {
    match builder.program.relations[relation].kind {
        RelationKind::Table
        | RelationKind::Event
        | RelationKind::Channel { .. }
        | RelationKind::Timer { .. } => Some(builder.source(relation)),
        RelationKind::View => None,
    }
}

fn content(builder: &mut Builder, relation: RelationId, derived: Vec<NodeId>) -> NodeId {
    let source = source(builder, relation);
    let program = builder.program;
    let declared = &program.relations[relation];
    match (declared.resolved_key(), source) {
        (Some(_), Some(source)) if declared.is_table() => {
            if derived.is_empty() {
                return source;
            }
            let derived = builder.union(derived, relation);
            resolved(builder, relation, Some(source), derived)
        }
        (Some(_), source) => {
            let derived = builder.union(source.into_iter().chain(derived).collect(), relation);
            resolved(builder, relation, None, derived)
        }
        (None, Some(source)) if derived.is_empty() => source,
        (None, source) => {
            let all = builder.union(source.into_iter().chain(derived).collect(), relation);
            builder.distinct(all)
        }
    }
}

fn resolved(builder: &mut Builder, relation: RelationId, base: Option<NodeId>, derived: NodeId) -> NodeId {
    let resolve = builder.resolve(base, derived, relation);
    let node = builder.losers(resolve);
    let firing = match builder.strata.presence[relation] {
        Presence::Arriving => Firing::EachTick,
        Presence::Stored | Presence::Mixed => Firing::OnChange,
    };
    builder.sink(Sink::Conflicts { relation, node, firing });
    resolve
}

/// One loop for the component. Rules that read none of its relations (all those with aggregates are among them) run
/// outside and are imported. Keys need no care here, for one that isn't proven never takes part in a recursion; but
/// lattice columns merge, round by round, as all that reads them in the component is monotone.
fn recursive(builder: &mut Builder, component: &Component) {
    let program = builder.program;
    let reads_component = |rule: &Rule| {
        rule.body.iter().any(|literal| match literal {
            Literal::Atom(atom) | Literal::Negation(atom) => match atom.source {
                AtomSource::Relation(relation) => component.relations.contains(&relation),
                AtomSource::Members(_) | AtomSource::Clock => false,
            },
            Literal::Condition { .. } | Literal::Let { .. } | Literal::Unnest { .. } => false,
        })
    };
    let mut entering: Vec<(RelationId, Vec<NodeId>)> = Vec::new();
    for &relation in &component.relations {
        let mut nodes: Vec<NodeId> = source(builder, relation).into_iter().collect();
        for rule in rules_of(builder, component, relation) {
            if !reads_component(&program.rules[rule]) {
                nodes.push(head::rule(builder, rule));
            }
        }
        entering.push((relation, nodes));
    }
    builder.open_loop(&component.relations);
    let mut feedbacks = Vec::new();
    for (relation, mut nodes) in entering {
        for rule in rules_of(builder, component, relation) {
            if reads_component(&program.rules[rule]) {
                nodes.push(head::rule_in_loop(builder, rule));
            }
        }
        let all = builder.union(nodes, relation);
        let merges = program.relations[relation].has_lattice();
        let feedback = if merges { builder.resolve(None, all, relation) } else { builder.distinct(all) };
        feedbacks.push((relation, feedback));
    }
    builder.close_loop(&feedbacks);
    for &rule in &component.rules {
        if reads_component(&program.rules[rule]) {
            errors::after_loop(builder, rule);
        }
    }
}
