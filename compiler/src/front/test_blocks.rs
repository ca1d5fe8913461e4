//! Tests: tree -> what the host feeds and what is expected. What it feeds is checked as facts of a program of its own, which
//! has the inputs of the program and no rules; what is expected becomes claims, as invariants do.

use std::collections::BTreeMap;

use floret_ir::{
    Diagnostic, Diagnostics, Expectation, Expr, Fact, Feed, FileId, InputMode, Program, Relation, RoleId,
    Severity, Span, Test, VarId, closest, evaluate,
};
use floret_lang::tree::{
    Arg, Call, Collection, CollectionKind, ColumnDecl, Expr as TreeExpr, ExprKind, Modifier, Name, Path,
    Statement, StatementKind, TestStep, TestStepKind, Tree, TypeExpr,
};

use super::claims::{self, Written, keep, name, statement};
use super::findings::{LateStaticRow, StepForNoInput, TestCountOfNodes, TestOfUnknownCollection, TestRole};
use super::split::{self, Names};

/// The tables of the times and the counts. No collection of a program is called so.
const TIME: &str = "$time";
const COUNT: &str = "$count";

/// Compiles the tests of a program that has no errors. The result is meaningful if `sink` got no errors.
pub fn tests(tree: &Tree, file: FileId, program: &Program, sink: &mut Diagnostics) -> Vec<Test> {
    let mut found = Vec::new();
    collect(&tree.statements, &mut found);
    if found.is_empty() {
        return Vec::new();
    }
    let mut own = Diagnostics::new();
    claims::duplicates(found.iter().map(|block| block.name), &mut own);
    let facts = facts(tree, file, program, &found, &mut own);
    let names = Names::of(tree);
    let mut tests = Vec::new();
    for block in &found {
        tests.push(Test {
            name: block.name.text.clone(),
            span: block.span,
            nodes: nodes(block, program, &facts, &mut own),
            feeds: block.steps.iter().filter_map(|step| feed(step, program, &facts, &mut own)).collect(),
            claims: expected(block, tree, file, program, &names, &mut own),
            expectations: block.steps.iter().filter_map(expectation).collect(),
        });
    }
    own.sorted().into_iter().for_each(|found| sink.add(in_words(found)));
    tests
}

/// A test as it is written.
struct Block<'t> {
    name: &'t Name,
    nodes: &'t [(Name, TreeExpr)],
    steps: &'t [TestStep],
    span: Span,
}

fn collect<'t>(statements: &'t [Statement], into: &mut Vec<Block<'t>>) {
    for statement in statements {
        match &statement.kind {
            StatementKind::Test { name, nodes, steps } => {
                into.push(Block { name, nodes, steps, span: statement.span });
            }
            StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => {
                collect(statements, into);
            }
            _ => {}
        }
    }
}

// ---- What the host feeds ----

/// The facts that the tests' times, counts and rows are, by where they are written.
struct Facts {
    program: Program,
    times: BTreeMap<Span, Expr<VarId>>,
    counts: BTreeMap<Span, Expr<VarId>>,
    rows: BTreeMap<Span, Fact>,
}

fn facts(tree: &Tree, file: FileId, program: &Program, found: &[Block<'_>], sink: &mut Diagnostics) -> Facts {
    let span = Span { file, start: 0, end: 0 };
    let mut statements = Vec::new();
    keep(&tree.statements, &mut statements);
    inputs(&tree.statements, &mut statements);
    // Anywhere: they are asked what they say, and nothing else.
    let on = program.roles.iter().next().filter(|role| !role.implicit).map(|role| name(&role.name, span));
    statements.push(table(TIME, "duration", on.as_ref(), span));
    statements.push(table(COUNT, "int", on.as_ref(), span));
    for block in found {
        statements.extend(block.nodes.iter().map(|(_, count)| fact(COUNT, count)));
        for step in block.steps {
            let TestStepKind::At(time, call) = &step.kind else { continue };
            if !is_zero(time) {
                statements.push(fact(TIME, time));
            }
            if is_input(call, program) {
                statements.push(statement(StatementKind::Fact(call.clone()), call.span));
            }
        }
    }
    let mut found = Diagnostics::new();
    let tree = Tree { statements, comments: Vec::new() };
    let checked = super::check_with(&tree, file, &[], &mut found);
    // Warnings are about facts of one program, which these are not.
    let errors = found.sorted().into_iter().filter(|found| found.severity == Severity::Error);
    errors.for_each(|error| sink.add(error));
    let mut facts = Facts {
        times: BTreeMap::new(),
        counts: BTreeMap::new(),
        rows: BTreeMap::new(),
        program: Program::default(),
    };
    for fact in &checked.facts {
        match (checked.relations[fact.relation].name.as_str(), fact.values.first()) {
            (TIME, Some(time)) => drop(facts.times.insert(fact.span, time.clone())),
            (COUNT, Some(count)) => drop(facts.counts.insert(fact.span, count.clone())),
            _ => drop(facts.rows.insert(fact.span, fact.clone())),
        }
    }
    facts.program = checked;
    facts
}

/// The program's inputs, at their roles, and with no attributes.
fn inputs(statements: &[Statement], into: &mut Vec<Statement>) {
    for found in statements {
        match &found.kind {
            StatementKind::Collection(collection)
                if collection.modifiers.iter().any(|(modifier, _)| *modifier == Modifier::Input) =>
            {
                into.push(statement(found.kind.clone(), found.span));
            }
            StatementKind::On { role, statements } => {
                let mut inside = Vec::new();
                inputs(statements, &mut inside);
                let on = StatementKind::On { role: role.clone(), statements: inside };
                into.push(statement(on, found.span));
            }
            StatementKind::Monotone(statements) => inputs(statements, into),
            _ => {}
        }
    }
}

fn table(of: &str, ty: &str, on: Option<&Name>, span: Span) -> Statement {
    let path = Path { parts: vec![name(ty, span)], span };
    let ty = TypeExpr::Named { path, args: Vec::new(), span };
    let collection = Collection {
        modifiers: Vec::new(),
        kind: CollectionKind::Table,
        name: name(of, span),
        columns: vec![ColumnDecl { name: name("value", span), ty }],
        key: None,
        on: on.cloned(),
        shards: None,
        clauses: Vec::new(),
    };
    statement(StatementKind::Collection(collection), span)
}

fn fact(of: &str, value: &TreeExpr) -> Statement {
    let span = value.span;
    let path = Path { parts: vec![name(of, span)], span };
    let args = vec![Arg { name: None, value: value.clone() }];
    statement(StatementKind::Fact(Call { path, place: None, args, span }), span)
}

fn is_zero(time: &TreeExpr) -> bool {
    matches!(time.kind, ExprKind::Int(Some(0)))
}

/// The collection that a step feeds.
fn fed<'p>(call: &Call, program: &'p Program) -> Option<&'p Relation> {
    program.relations.get(program.relation_named(&split::text(&call.path))?)
}

fn is_input(call: &Call, program: &Program) -> bool {
    fed(call, program).is_some_and(|relation| relation.input.is_some())
}

fn feed(step: &TestStep, program: &Program, facts: &Facts, sink: &mut Diagnostics) -> Option<Feed> {
    let TestStepKind::At(time, call) = &step.kind else { return None };
    let Some(relation) = fed(call, program) else {
        let name = split::text(&call.path);
        let inputs = program.relations.iter().filter(|relation| relation.input.is_some());
        let suggestion = closest(&name, inputs.map(|relation| relation.name.as_str()));
        sink.push(TestOfUnknownCollection { name, span: call.path.span, suggestion });
        return None;
    };
    if relation.input.is_none() {
        sink.push(StepForNoInput {
            name: relation.name.clone(),
            kind: relation.kind,
            span: call.path.span,
            declared: relation.span,
        });
        return None;
    }
    if relation.input == Some(InputMode::Static) && !is_zero(time) {
        sink.push(LateStaticRow { name: relation.name.clone(), span: time.span, declared: relation.span });
        return None;
    }
    // What is missing has a diagnostic.
    let mut fact = facts.rows.get(&call.span)?.clone();
    fact.relation = program.relation_named(&facts.program.relations[fact.relation].name)?;
    let time = if is_zero(time) { None } else { Some(facts.times.get(&time.span)?.clone()) };
    Some(Feed { time, fact })
}

// ---- Nodes ----

fn nodes(
    block: &Block<'_>,
    program: &Program,
    facts: &Facts,
    sink: &mut Diagnostics,
) -> Vec<(RoleId, Expr<VarId>)> {
    let mut nodes: Vec<(RoleId, Expr<VarId>)> = Vec::new();
    for (role, count) in block.nodes {
        let known = program.role_named(&role.text).filter(|role| !program.roles[*role].implicit);
        let twice = known.is_some_and(|role| nodes.iter().any(|(known, _)| *known == role));
        let Some(id) = known.filter(|_| !twice) else {
            let roles = program.roles.iter().filter(|role| !role.implicit);
            let suggestion = closest(&role.text, roles.clone().map(|role| role.name.as_str()));
            let has_roles = roles.count() > 0;
            let name = role.text.clone();
            sink.push(TestRole { name, span: role.span, twice, suggestion, has_roles });
            continue;
        };
        let Some(expr) = facts.counts.get(&count.span) else { continue };
        let deployment = floret_ir::Deployment::new(program.roles.iter().map(|_| 1).collect());
        let site = floret_ir::Site { me: floret_ir::Address { role: id, index: 0 }, deployment };
        let value = evaluate(expr, &|_: &VarId| None, &site).ok();
        if value.is_some_and(|value| Test::count(&value).is_none()) && !super::facts::depends_on_node(expr) {
            sink.push(TestCountOfNodes { span: count.span });
        }
        nodes.push((id, expr.clone()));
    }
    nodes
}

// ---- What is expected ----

fn expectation(step: &TestStep) -> Option<Expectation> {
    match &step.kind {
        TestStepKind::At(..) => None,
        TestStepKind::Claim(word, _) => Some(Expectation { word: *word, span: step.span }),
    }
}

fn expected(
    block: &Block<'_>,
    tree: &Tree,
    file: FileId,
    program: &Program,
    names: &Names,
    sink: &mut Diagnostics,
) -> floret_ir::Claims {
    let steps = block.steps.iter().filter_map(|step| match &step.kind {
        TestStepKind::At(..) => None,
        TestStepKind::Claim(word, body) => Some((name(word.text(), step.span), body, step.span)),
    });
    let steps: Vec<_> = steps.collect();
    let written: Vec<Written<'_>> =
        steps.iter().map(|(name, body, span)| Written { name, text: None, body, span: *span }).collect();
    if written.is_empty() {
        return floret_ir::Claims::default();
    }
    // A mistake in one test is none in another.
    let mut own = Diagnostics::new();
    let claims = claims::compile(tree, file, program, &written, names, &mut own);
    own.sorted().into_iter().for_each(|found| sink.add(claims::in_words(found)));
    claims
}

/// Puts words in the place of the compiler's own names.
fn in_words(mut found: Diagnostic) -> Diagnostic {
    let words = [
        ("column `value` of `$time`", "the time of a step"),
        ("column `value` of `$count`", "a number of nodes"),
        ("this invariant", "this step"),
        ("an invariant", "a test"),
        (", and a fact has none", ", and the host feeds values"),
        (" of this fact ", " of this row "),
    ];
    for (from, to) in words {
        split::rename(&mut found, from, to);
    }
    // The tables of times and counts are written nowhere.
    found.labels.retain(|label| label.primary || label.span.start < label.span.end);
    if found.title.starts_with("the time of a step") && found.help.is_none() {
        found = found.help("write a unit, as in `50ms`; only `0`, the start, has none");
    }
    found
}
