//! Reports of nodes (errors, conflicts) in words, a few of each kind.

use std::collections::BTreeMap;

use floret_compiler::coordination::written;
use floret_ir::artifact::Artifact;
use floret_ir::{
    Address, Deployment, Expr, HeadTerm, Literal, NoValue, Program, RelationId, Report, RuleId, Site, Value,
    VarId, evaluate, print,
};

/// Of each rule or relation so many reports are printed; the rest is counted.
const SHOWN: u64 = 3;

/// Prints the first reports of each kind to stderr and counts all.
pub struct Reports<'p> {
    artifact: &'p Artifact,
    deployment: &'p Deployment,
    rules: BTreeMap<RuleId, u64>,
    relations: BTreeMap<RelationId, u64>,
}

impl<'p> Reports<'p> {
    /// Nothing reported yet.
    pub fn new(artifact: &'p Artifact, deployment: &'p Deployment) -> Self {
        Reports { artifact, deployment, rules: BTreeMap::new(), relations: BTreeMap::new() }
    }

    /// Takes a report of a node.
    pub fn add(&mut self, node: Address, report: &Report) {
        let count = match report {
            Report::Error { rule, .. } | Report::Overflow { rule, .. } => {
                self.rules.entry(*rule).or_default()
            }
            Report::Conflict { relation, .. } => self.relations.entry(*relation).or_default(),
        };
        *count += 1;
        if *count <= SHOWN {
            eprintln!("warning: {}", self.text(node, report));
        }
    }

    /// How many there were.
    pub fn total(&self) -> u64 {
        self.rules.values().chain(self.relations.values()).sum()
    }

    /// Says how many were not printed.
    pub fn finish(&self) {
        let hidden: u64 =
            self.rules.values().chain(self.relations.values()).map(|n| n.saturating_sub(SHOWN)).sum();
        if hidden > 0 {
            eprintln!("warning: {hidden} more of the same kinds; --stats FILE counts them");
        }
    }

    fn text(&self, node: Address, report: &Report) -> String {
        let program = &self.artifact.stratified.program;
        let at_node =
            if program.has_roles() { format!("{}: ", print::address(node, program)) } else { String::new() };
        let text = describe(program, self.deployment, node, report, &|rule| self.place(rule));
        format!("{at_node}{text}")
    }

    /// `file:line`.
    fn place(&self, rule: RuleId) -> String {
        let span = self.artifact.stratified.program.rules[rule].span;
        match self.artifact.sources.get(span.file) {
            Some(source) => format!("{}:{}", source.name, source.line_column(span.start).0),
            None => format!("rule {}", rule.0),
        }
    }
}

/// A report in words; `place` says where a rule is.
pub fn describe(
    program: &Program,
    deployment: &Deployment,
    node: Address,
    report: &Report,
    place: &dyn Fn(RuleId) -> String,
) -> String {
    match report {
        Report::Error { rule, bindings } => {
            let vars = program.rules[*rule].atom_variables();
            let bound: Vec<String> = vars
                .iter()
                .zip(bindings)
                .map(|(var, value)| {
                    let variable = &program.rules[*rule].variables[*var];
                    format!("{} = {}", variable.name, print::literal(value, variable.ty, program))
                })
                .collect();
            let head = program.rules[*rule].head.relation;
            let why = match program.relations[head].name.strip_suffix("::refused") {
                Some(input) if program.sealed_inputs.iter().any(|of| of.refused == head) => {
                    format!("`{input}` was at its end before")
                }
                Some(channel) => {
                    format!("`{channel}` is sealed for this key, or the key is another producer's")
                }
                None => why(program, deployment, node, *rule, bindings),
            };
            format!("{}: {why} for {}; the rule derives nothing there", place(*rule), bound.join(", "))
        }
        Report::Overflow { rule, group } => format!(
            "{}: the sum does not fit in 64 bits for the group ({}); it has no row",
            place(*rule),
            print::row(group, program.rules[*rule].group_types(), program)
        ),
        Report::Conflict { relation, lost } => {
            let of = &program.relations[*relation];
            let row = print::row(lost, of.types(), program);
            let name = written(&of.name);
            format!("key conflict: {name}({row}) lost against another row of its key")
        }
    }
}

/// The first reason, looking at lets, conditions and head in source order.
fn why(
    program: &Program,
    deployment: &Deployment,
    node: Address,
    rule: RuleId,
    bindings: &[Value],
) -> String {
    let rule = &program.rules[rule];
    let site = Site { me: node, deployment: deployment.clone() };
    let mut values: BTreeMap<VarId, Value> =
        rule.atom_variables().into_iter().zip(bindings.iter().cloned()).collect();
    let mut reason = None;
    let mut look = |expr: &Expr<VarId>, values: &BTreeMap<VarId, Value>| {
        let value = evaluate(expr, &|var| values.get(var), &site);
        match value {
            Ok(value) => Some(value),
            Err(NoValue::Unbound) => None,
            Err(why) => {
                reason.get_or_insert(why);
                None
            }
        }
    };
    for literal in &rule.body {
        match literal {
            Literal::Let { var, value, .. } => {
                if let Some(value) = look(value, &values) {
                    values.insert(*var, value);
                }
            }
            Literal::Unnest { value: expr, .. } | Literal::Condition { expr, .. } => {
                look(expr, &values);
            }
            Literal::Atom(_) | Literal::Negation(_) => {}
        }
    }
    let terms = rule.head.terms.iter().flat_map(|term| match term {
        HeadTerm::Expr(expr) => [Some(expr), None],
        HeadTerm::Aggregate { argument, by, .. } => [argument.as_ref(), by.as_ref()],
        HeadTerm::Any => [None, None],
    });
    for expr in rule.head.place.iter().chain(terms.flatten()) {
        look(expr, &values);
    }
    reason.map_or_else(|| "an expression has no value".to_owned(), |why| why.to_string())
}
