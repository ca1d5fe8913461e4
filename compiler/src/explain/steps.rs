//! One rule at one node: what starts it, what it joins, what comes out.

use std::collections::BTreeSet;
use std::fmt::Write;

use floret_ir::{
    Atom, AtomSource, Expr, Firing, HeadTerm, Literal, Presence, Program, Relation, RelationId, Rule, RuleId,
    RuleOp, Stratified, Term, VarId, print,
};

/// A rule and those that go on where its messages arrive, in their order.
pub(super) fn chain(rule: RuleId, program: &Program) -> Vec<RuleId> {
    let mut chain = vec![rule];
    while let Some(last) = chain.last().and_then(|last| program.rules.get(*last)) {
        let head = last.head.relation;
        let is_hop = is_hop(program, head);
        // What a rule would send to a sealed channel is sent by the next.
        let seal = program.seals.iter().find(|seal| seal.rows.contains(&head));
        let goes_on = |rule: &Rule| is_hop || seal.is_some_and(|seal| seal.channel == rule.head.relation);
        let reads = |rule: &Rule| rule.positive_atoms().any(|atom| atom.source == AtomSource::Relation(head));
        let next = program.rules.entries().find(|(_, rule)| goes_on(rule) && reads(rule));
        match next {
            Some((next, _)) if !chain.contains(&next) => chain.push(next),
            Some(_) | None => break,
        }
    }
    chain
}

/// Whether the collection is a channel between the parts of a rule.
pub(super) fn is_hop(program: &Program, relation: RelationId) -> bool {
    let is_hop = |of: &Relation| of.is_generated() && of.is_channel();
    program.relations.get(relation).is_some_and(is_hop)
        && program.seals.iter().all(|seal| seal.message != relation)
}

/// Writes what the rule does at its node.
pub(super) fn describe(id: RuleId, mark: &str, stratified: &Stratified, out: &mut String) {
    let program = &stratified.program;
    let Some(rule) = program.rules.get(id) else { return };
    let indent = " ".repeat(mark.len());
    let atoms: Vec<&Atom> = rule.positive_atoms().collect();
    let presence = |atom: &Atom| match atom.source {
        AtomSource::Relation(relation) => stratified.strata.presence.get(relation).copied(),
        AtomSource::Members(_) | AtomSource::Clock => None,
    };
    let arrives = atoms.iter().position(|atom| presence(atom) == Some(Presence::Arriving));
    let is_relation = |atom: &&Atom| matches!(atom.source, AtomSource::Relation(_));
    let start = arrives.or_else(|| atoms.iter().position(is_relation));
    let at = if program.has_roles() {
        format!("at {}", program.roles.get(rule.role).map_or("?", |role| role.name.as_str()))
    } else {
        "at the node".to_owned()
    };
    let each = match start.and_then(|start| atoms.get(start)) {
        Some(atom) => format!("for each {}", row_of(atom, program)),
        None => "once".to_owned(),
    };
    let when = match (stratified.strata.firing.get(id), rule.op) {
        (Some(Firing::OnChange), RuleOp::Later) => ", when it becomes true",
        (Some(Firing::EachTick | Firing::OnChange) | None, _) => "",
    };
    let _ = writeln!(out, "  {mark}{at}, {each}{when}");
    let mut bound: BTreeSet<VarId> = BTreeSet::new();
    let mut count = Count::default();
    if let Some(atom) = start.and_then(|start| atoms.get(start)) {
        bound.extend(variables(atom));
        if atom.terms.iter().any(|term| matches!(term, Term::Const(_))) {
            count.some = true;
        }
    }
    for (at, atom) in atoms.iter().enumerate() {
        if Some(at) == start {
            continue;
        }
        let text = join(atom, rule, &bound, program, &mut count);
        if !text.is_empty() {
            let _ = writeln!(out, "    {indent}{text}");
        }
        bound.extend(variables(atom));
    }
    for literal in &rule.body {
        let text = print::body_literal(literal, rule, program);
        match literal {
            Literal::Atom(_) => {}
            Literal::Negation(atom) => {
                count.some = true;
                let text = text.trim_start_matches('!');
                let _ = writeln!(out, "    {indent}where {} has no {text}", source_name(atom, program));
            }
            Literal::Condition { .. } => {
                count.some = true;
                let _ = writeln!(out, "    {indent}where {text}");
            }
            Literal::Let { .. } => {
                let _ = writeln!(out, "    {indent}{text}");
            }
            Literal::Unnest { .. } => {
                count.each.push("element".to_owned());
                let _ = writeln!(out, "    {indent}for each {text}");
            }
        }
    }
    let _ = writeln!(out, "    {indent}{}", result(rule, &count, program));
}

/// How many results one start has.
#[derive(Default)]
struct Count {
    /// One for each of these.
    each: Vec<String>,
    /// Perhaps none.
    some: bool,
}

fn source_name(atom: &Atom, program: &Program) -> String {
    match atom.source {
        AtomSource::Relation(id) => program
            .relations
            .get(id)
            .map_or_else(|| "?".to_owned(), |relation| format!("`{}`", relation.name)),
        AtomSource::Members(role) => {
            program.roles.get(role).map_or_else(|| "?".to_owned(), |role| role.name.clone())
        }
        AtomSource::Clock => "the clock".to_owned(),
    }
}

/// What one row of a source is.
fn row_of(atom: &Atom, program: &Program) -> String {
    let name = source_name(atom, program);
    match atom.source {
        AtomSource::Relation(id) => match program.relations.get(id) {
            Some(_) if is_hop(program, id) => format!("message {name}"),
            Some(_) | None => format!("row of {name}"),
        },
        AtomSource::Members(_) => format!("node of {name}"),
        AtomSource::Clock => "tick".to_owned(),
    }
}

fn variables(atom: &Atom) -> impl Iterator<Item = VarId> + '_ {
    atom.terms.iter().filter_map(|term| match term {
        Term::Var(var) => Some(*var),
        Term::Const(_) | Term::Any => None,
    })
}

/// A further atom, in words; empty for what is always there.
fn join(atom: &Atom, rule: &Rule, bound: &BTreeSet<VarId>, program: &Program, count: &mut Count) -> String {
    let name = source_name(atom, program);
    let relation = match atom.source {
        AtomSource::Clock => return String::new(),
        AtomSource::Members(_) => {
            return if variables(atom).any(|var| !bound.contains(&var)) {
                count.each.push(row_of(atom, program));
                format!("for each {}", row_of(atom, program))
            } else {
                count.some = true;
                format!(
                    "where {} is a member",
                    print::body_literal(&Literal::Atom(atom.clone()), rule, program)
                )
            };
        }
        AtomSource::Relation(id) => match program.relations.get(id) {
            Some(relation) => relation,
            None => return String::new(),
        },
    };
    count.some = true;
    let is_bound = |term: &Term| match term {
        Term::Const(_) => true,
        Term::Var(var) => bound.contains(var),
        Term::Any => false,
    };
    let text = |term: &Term| match term {
        Term::Var(var) => rule.variables.get(*var).map_or_else(String::new, |var| var.name.clone()),
        Term::Const(_) | Term::Any => print_constant(term, program),
    };
    let on: Vec<String> = relation
        .columns
        .iter()
        .zip(&atom.terms)
        .filter(|(_, term)| is_bound(term))
        .map(|(column, term)| format!("{} = {}", column.name, text(term)))
        .collect();
    let key = relation.key.unwrap_or(relation.columns.len());
    let is_one = atom.terms.len() >= key && atom.terms.iter().take(key).all(is_bound);
    let rows = if is_one { "at most one row" } else { "any number of rows" };
    if !is_one {
        count.each.push(format!("row of {name} that fits"));
    }
    if on.is_empty() {
        format!("with every row of {name}")
    } else {
        format!("joins {name} on {}: {rows}", on.join(", "))
    }
}

fn print_constant(term: &Term, program: &Program) -> String {
    match term {
        Term::Const(value) => match value {
            floret_ir::Value::Int(value) => value.to_string(),
            floret_ir::Value::String(text) => format!("{text:?}"),
            floret_ir::Value::Bool(value) => value.to_string(),
            floret_ir::Value::Address(address) => print::address(*address, program),
            _ => "a constant".to_owned(),
        },
        Term::Var(_) | Term::Any => "_".to_owned(),
    }
}

/// What comes out.
fn result(rule: &Rule, count: &Count, program: &Program) -> String {
    let Some(relation) = program.relations.get(rule.head.relation) else { return String::new() };
    let columns: Vec<String> = relation
        .columns
        .iter()
        .map(|column| format!("{}: {}", column.name, print::ty(column.ty, program)))
        .collect();
    let (verb, thing) = match rule.op {
        RuleOp::Now => ("fills", "row"),
        RuleOp::Next => ("adds at the next tick to", "row"),
        RuleOp::Delete => ("deletes at the next tick from", "row"),
        RuleOp::Replace => ("replaces at the next tick in", "row"),
        RuleOp::Later => ("sends", "message"),
    };
    let name = match rule.op {
        RuleOp::Later => format!("{}({})", relation.name, columns.join(", ")),
        RuleOp::Now | RuleOp::Next | RuleOp::Delete | RuleOp::Replace => format!("`{}`", relation.name),
    };
    let variable = |var: &VarId| rule.variables.get(*var).map_or_else(String::new, |var| var.name.clone());
    let to = match (&rule.head.place, rule.op) {
        (Some(place), _) => format!(" to {}", print::expr(place, program, &variable)),
        (None, RuleOp::Later) => " to itself".to_owned(),
        (None, RuleOp::Now | RuleOp::Next | RuleOp::Delete | RuleOp::Replace) => String::new(),
    };
    let is_multicast = rule.positive_atoms().any(|atom| {
        matches!(atom.source, AtomSource::Members(_))
            && variables(atom).any(|var| rule.head.place == Some(Expr::Var(var)))
    });
    let groups = rule.head.terms.iter().any(|term| matches!(term, HeadTerm::Aggregate { .. }));
    let how_many = if groups {
        format!("one {thing} for each group")
    } else if count.each.is_empty() {
        format!("{} {thing}", if count.some { "at most one" } else { "one" })
    } else {
        format!("one {thing} for each {}", count.each.join(" and each "))
    };
    let multicast = if is_multicast { " (a multicast)" } else { "" };
    format!("{verb} {name}{to}: {how_many}{multicast}")
}
