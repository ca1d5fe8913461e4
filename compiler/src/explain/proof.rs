//! Why a collection has its class: the proof of the coordination check, rule by rule, down to inputs and facts.

use std::collections::BTreeSet;
use std::fmt::Write;

use floret_ir::coordination::{Coordination, Verdict};
use floret_ir::{
    Atom, AtomSource, InputMode, Literal, Program, RelationId, RelationKind, Rule, Sources, Span, Stratified,
};

/// The proof of a collection's class: each collection that it comes of once, nearest first, with what the host or the node
/// makes of it and what each of its rules gives to it, by the row of COORDINATION's tables that applied.
pub fn proof(
    stratified: &Stratified,
    coordination: &Coordination,
    sources: &Sources,
    relation: RelationId,
) -> String {
    let program = &stratified.program;
    let mut out = String::new();
    let mut seen = BTreeSet::from([relation]);
    let mut queue = std::collections::VecDeque::from([relation]);
    while let Some(id) = queue.pop_front() {
        let (Some(of), Some(class)) = (program.relations.get(id), coordination.classes.get(id)) else {
            continue;
        };
        let _ = writeln!(out, "{} is {}", of.name, class.name());
        if let Some(words) = own(id, program) {
            let _ = writeln!(out, "  {words}");
        }
        for (rule_id, rule) in program.rules.entries().filter(|(_, rule)| rule.head.relation == id) {
            if let Some(verdict) = coordination.verdicts.get(rule_id) {
                step(rule, verdict, coordination, program, sources, &mut out);
            }
            for (atom, _) in atoms(rule) {
                if let AtomSource::Relation(source) = atom.source
                    && seen.insert(source)
                {
                    queue.push_back(source);
                }
            }
        }
    }
    out
}

/// What isn't derived by rules.
fn own(id: RelationId, program: &Program) -> Option<&'static str> {
    let relation = program.relations.get(id)?;
    let told = program.notices.iter().any(|event| event.relation == id);
    match (relation.kind, relation.input) {
        _ if told => Some("the node fills it, in the tick after what it tells"),
        (RelationKind::Timer { .. }, _) => Some("the clock fills it"),
        (_, Some(InputMode::Add)) => Some("the host adds rows at any time"),
        (_, Some(InputMode::Static)) => Some("the host fills it before the first tick"),
        (_, Some(InputMode::Mutable)) => Some("the host adds and deletes rows at any time"),
        (
            RelationKind::Table | RelationKind::View | RelationKind::Event | RelationKind::Channel { .. },
            None,
        ) => program.facts.iter().any(|fact| fact.relation == id).then_some("it has facts"),
    }
}

fn step(
    rule: &Rule,
    verdict: &Verdict,
    coordination: &Coordination,
    program: &Program,
    sources: &Sources,
    out: &mut String,
) {
    let _ = writeln!(out, "  {}: {}", place(rule.span, sources), shown(rule, program, sources));
    let _ = writeln!(out, "    gives {} ({}): {}", verdict.class.name(), verdict.row, verdict.because);
    let mut reads: Vec<String> = Vec::new();
    for (atom, negated) in atoms(rule) {
        let text = match atom.source {
            AtomSource::Relation(id) => {
                let name = program.relations.get(id).map_or("?", |of| of.name.as_str());
                let class = coordination.classes.get(id).map_or("?", |class| class.name());
                format!("{}{name} (which is {class})", if negated { "!" } else { "" })
            }
            AtomSource::Members(role) => {
                let name = program.roles.get(role).map_or("?", |role| role.name.as_str());
                format!("the members of {name} (static)")
            }
            AtomSource::Clock => "the clock".to_owned(),
        };
        if !reads.contains(&text) {
            reads.push(text);
        }
    }
    if !reads.is_empty() {
        let _ = writeln!(out, "    reads {}", reads.join(", "));
    }
}

/// The file and line.
pub(crate) fn place(span: Span, sources: &Sources) -> String {
    sources
        .get(span.file)
        .map_or_else(String::new, |source| format!("{}:{}", source.name, source.line_column(span.start).0))
}

/// The rule as it is written; a part of one that was split as it is.
pub(crate) fn shown(rule: &Rule, program: &Program, sources: &Sources) -> String {
    let generated = |id: RelationId| program.relations.get(id).is_some_and(|of| of.is_generated());
    let part = generated(rule.head.relation)
        || atoms(rule).any(|(atom, _)| match atom.source {
            AtomSource::Relation(id) => generated(id),
            AtomSource::Members(_) | AtomSource::Clock => false,
        });
    let written = sources.get(rule.span.file);
    let written =
        written.and_then(|source| source.text.get(rule.span.start as usize..rule.span.end as usize));
    match written {
        Some(text) if !part => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Some(_) | None => floret_ir::print::rule(rule, program),
    }
}

/// Its atoms, and whether they are negated.
fn atoms(rule: &Rule) -> impl Iterator<Item = (&Atom, bool)> {
    rule.body.iter().filter_map(|literal| match literal {
        Literal::Atom(atom) => Some((atom, false)),
        Literal::Negation(atom) => Some((atom, true)),
        Literal::Condition { .. } | Literal::Let { .. } | Literal::Unnest { .. } => None,
    })
}

#[cfg(test)]
mod tests {
    use super::proof;
    use crate::driver;
    use crate::modules::OneFile;

    /// Written by hand from COORDINATION's tables.
    #[test]
    fn the_proof_of_a_quorum_goes_down_to_the_host() {
        let source = "role Coord;
input event vote(b: int, who: string) on Coord;
table votes(b: int, who: string) on Coord;
votes(b, w) <= vote(b, w);
n(b, count()) <= votes(b, _);
won(b) <= n(b, c), c >= 2;
output won;
";
        let checked = driver::check("q.flo", source, &OneFile);
        let (stratified, coordination) = checked.result.unwrap();
        let won = stratified.program.relation_named("won").unwrap();
        let expected = "won is growing
  q.flo:6: won(b) <= n(b, c), c >= 2;
    gives growing (threshold): an aggregate over growing, only compared upward or merged into a lattice: once true, always true
    reads n (which is converging)
n is converging
  q.flo:5: n(b, count()) <= votes(b, _);
    gives converging (last-word): negation, aggregate or exact lattice read over growing or converging into a view: the last word is the same
    reads votes (which is growing)
votes is growing
  q.flo:4: votes(b, w) <= vote(b, w);
    gives growing (remembered): fleeting rows into a table: it remembers them
    reads vote (which is fleeting)
vote is fleeting
  the host adds rows at any time
";
        assert_eq!(proof(&stratified, &coordination, &checked.sources, won), expected);
    }
}
