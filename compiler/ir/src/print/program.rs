//! The checked program as text: every name resolved, every type there, one statement per line.

use std::fmt::Write;

use crate::{
    AggregateKind, Atom, AtomSource, Expr, Fact, HeadTerm, InputMode, Literal, Program, Relation, RelationId,
    RelationKind, Rule, Term, VarId,
};

use super::{expr, lattice, literal, ty};
use crate::constant_type;

/// The whole program: roles, collections, rules (with their numbers), facts.
pub fn program(program: &Program) -> String {
    let mut out = String::new();
    for role in program.roles.iter().filter(|role| !role.implicit) {
        let durable = if role.durable { " durable" } else { "" };
        let _ = writeln!(out, "role {}{durable};", role.name);
    }
    for declared in program.relations.iter() {
        let _ = writeln!(out, "{};", relation(declared, program));
    }
    for (id, of) in program.rules.entries() {
        let place =
            if program.has_roles() { format!(" at {}", program.roles[of.role].name) } else { String::new() };
        let _ = writeln!(out, "{};  // rule {}{place}", rule(of, program), id.0);
    }
    for of in &program.facts {
        let _ = writeln!(out, "{};", fact(of, program));
    }
    out
}

/// A collection as it would be declared.
pub fn relation(relation: &Relation, program: &Program) -> String {
    let mut out = String::new();
    match relation.input {
        Some(InputMode::Add) => out.push_str("input "),
        Some(InputMode::Static) => out.push_str("static input "),
        Some(InputMode::Mutable) => out.push_str("mutable input "),
        None => {}
    }
    if relation.output {
        out.push_str("output ");
    }
    if let RelationKind::Timer { every } = relation.kind {
        let _ = write!(out, "timer {} every {}", relation.name, crate::time::duration_text(every));
        if program.has_roles() {
            let _ = write!(out, " on {}", program.roles[relation.role].name);
        }
        return out;
    }
    let (kind, from, promise) = match relation.kind {
        RelationKind::Table => ("table", None, None),
        RelationKind::View => ("view", None, None),
        RelationKind::Event | RelationKind::Timer { .. } => ("event", None, None),
        RelationKind::Channel { from, promise } => ("channel", from, promise.clause()),
    };
    let _ = write!(out, "{kind} {}(", relation.name);
    for (index, column) in relation.columns.iter().enumerate() {
        let separator = match (index, relation.key) {
            (0, Some(0)) => "=> ",
            (0, _) => "",
            (_, Some(key)) if key == index => " => ",
            _ => ", ",
        };
        let of = match &column.lattice {
            Some(of) => lattice(of, program),
            None => ty(column.ty, program),
        };
        let _ = write!(out, "{separator}{}: {of}", column.name);
    }
    out.push(')');
    if program.has_roles() {
        let _ = write!(out, " on {}", program.roles[relation.role].name);
    }
    if let Some(shards) = &relation.shards {
        let member = expr(&shards.member, program, &|column| relation.columns[*column].name.clone());
        let _ = write!(out, "[{member}]");
    }
    if let Some(from) = from {
        let _ = write!(out, " from {}", program.roles[from].name);
    }
    if let Some(promise) = promise {
        let _ = write!(out, " {promise}");
    }
    out
}

/// A rule without its `;`.
pub fn rule(rule: &Rule, program: &Program) -> String {
    let name = |var: &VarId| rule.variables[*var].name.clone();
    let terms: Vec<String> = rule
        .head
        .terms
        .iter()
        .map(|term| match term {
            HeadTerm::Expr(of) => expr(of, program, &name),
            HeadTerm::Any => "_".into(),
            HeadTerm::Aggregate { kind, argument, by } => {
                let argument = argument.as_ref().map_or_else(String::new, |of| expr(of, program, &name));
                let by = by.as_ref().map_or_else(String::new, |of| format!(", {}", expr(of, program, &name)));
                format!("{}({argument}{by})", aggregate(*kind))
            }
        })
        .collect();
    let body: Vec<String> = rule.body.iter().map(|of| body_literal(of, rule, program)).collect();
    let place = rule.head.place.as_ref().map_or_else(String::new, |of| place(of, program, &name));
    let head = &program.relations[rule.head.relation].name;
    format!("{head}{place}({}) {} {}", terms.join(", "), rule.op.symbol(), body.join(", "))
}

fn place<V>(of: &Expr<V>, program: &Program, name: &impl Fn(&V) -> String) -> String {
    let text = expr(of, program, name);
    match of {
        Expr::Var(_) | Expr::SelfAddress(_) | Expr::Member { .. } | Expr::Const(_) => format!("@{text}"),
        Expr::Unary { .. }
        | Expr::Binary { .. }
        | Expr::If { .. }
        | Expr::Param { .. }
        | Expr::Construct { .. }
        | Expr::Project { .. }
        | Expr::Call { .. } => format!("@({text})"),
    }
}

/// A body literal of a rule.
pub fn body_literal(of: &Literal, rule: &Rule, program: &Program) -> String {
    let name = |var: &VarId| rule.variables[*var].name.clone();
    match of {
        Literal::Atom(of) => atom(of, rule, program),
        Literal::Negation(of) => format!("!{}", atom(of, rule, program)),
        Literal::Condition { expr: of, .. } => expr(of, program, &name),
        Literal::Unnest { var, value, .. } => format!("{} in {}", name(var), expr(value, program, &name)),
        Literal::Let { var, value, .. } => format!("let {} = {}", name(var), expr(value, program, &name)),
    }
}

fn atom(atom: &Atom, rule: &Rule, program: &Program) -> String {
    let source = match atom.source {
        AtomSource::Relation(relation) => program.relations[relation].name.as_str(),
        AtomSource::Members(role) => program.roles[role].name.as_str(),
        AtomSource::Clock => "$clock",
    };
    let terms: Vec<String> = atom
        .terms
        .iter()
        .map(|term| match term {
            Term::Var(var) => rule.variables[*var].name.clone(),
            Term::Const(value) => literal(value, constant_type(value).unwrap_or(crate::Type::Bool), program),
            Term::Any => "_".into(),
        })
        .collect();
    format!("{source}({})", terms.join(", "))
}

fn fact(fact: &Fact, program: &Program) -> String {
    let closed = |_: &VarId| "?".to_owned();
    let values: Vec<String> = fact.values.iter().map(|value| expr(value, program, &closed)).collect();
    let place = fact.place.as_ref().map_or_else(String::new, |of| place(of, program, &closed));
    format!("{}{place}({})", program.relations[fact.relation].name, values.join(", "))
}

/// An aggregate's name in programs.
pub fn aggregate(kind: AggregateKind) -> &'static str {
    match kind {
        AggregateKind::Count | AggregateKind::CountDistinct => "count",
        AggregateKind::Sum => "sum",
        AggregateKind::Min => "min",
        AggregateKind::Max => "max",
        AggregateKind::Avg => "avg",
        AggregateKind::ArgMin => "arg_min",
        AggregateKind::ArgMax => "arg_max",
        AggregateKind::Collect => "collect",
        AggregateKind::Any => "any",
    }
}

/// A relation's name; `?` for ids of no relation.
pub(super) fn relation_name(program: &Program, relation: RelationId) -> &str {
    program.relations.get(relation).map_or("?", |relation| &relation.name)
}
