//! `? BODY` and `? EXPRESSION`: a rule over what the nodes hold now, which leaves nothing behind.

use std::collections::BTreeSet;

use floret_compiler::strata;
use floret_data::OutputRows;
use floret_ir::{
    Address, Arrivals, AtomSource, Diagnostics, Engine, FileId, Function, InputMode, InputRow, Literal,
    Observe, RelationId, RelationKind, Report, Row, RuleOp, Site, Stratified, print,
};
use floret_lang::tree::{Call, Expr, ExprKind, Literal as TreeLiteral, StatementKind};
use floret_reference::{Options, Reference};

use crate::repl::definition::{Definition, Piece};
use crate::repl::machine::{Machine, TICK_LIMIT};
use crate::repl::output::{Output, Tone};
use crate::repl::program::{Refusal, Text, analyse};
use crate::reports;

/// The view that a query is.
const QUERY: &str = "the_query";
/// The view that holds an expression's value.
const VALUE: &str = "the_value";
/// A table with one row, to evaluate an expression once.
const ONCE: &str = "one_row";
/// Most rows that are printed.
const MOST_ROWS: usize = 500;

/// Answers a query; `asked` is what follows the `?`.
pub fn ask(asked: &Piece, definition: &Definition, machine: &Machine, width: usize) -> Output {
    let Some(body) = without_end(asked) else {
        return Output::wrong("what do you want to know? `? path(\"a\", x)` or `? 1 + 2`");
    };
    let program = machine.program();
    if program.relation_named(body.text()).is_some() {
        return crate::repl::show::state(machine, Some(body.text()), width);
    }
    match shape(&body, machine) {
        Err(refusal) => Output::refused(refusal.diagnostics, refusal.sources),
        Ok(Shape::Headed) => headed(&body, definition, machine, width),
        Ok(Shape::Value) => value(&body, definition, machine),
        Ok(Shape::Unknown) => {
            let output = value(&body, definition, machine);
            if output.failed { solutions(&[body], "", definition, machine, width) } else { output }
        }
        Ok(Shape::Body(places)) => match one_place(&body, &places) {
            Ok((pieces, literal)) => solutions(&pieces, &literal, definition, machine, width),
            Err(why) => Output::wrong(why),
        },
    }
}

/// The piece without white space and `;` around it; nothing if nothing is left.
fn without_end(piece: &Piece) -> Option<Piece> {
    let text = piece.text();
    let end = text.trim_end_matches(|c: char| c.is_whitespace() || c == ';').len();
    let start = text.len() - text.trim_start().len();
    (start < end).then(|| piece.part(piece.start + start, piece.start + end))
}

/// What was asked for.
enum Shape {
    /// A head of its own: `big(x, count()) <= ...`.
    Headed,
    /// An expression.
    Value,
    /// A call of something that is no collection.
    Unknown,
    /// A body, with the places written in it (with their `@`).
    Body(Vec<Place>),
}

/// `@place` in a body.
struct Place {
    /// Where it is in the piece's source.
    start: usize,
    end: usize,
    text: String,
    /// Whether it is a variable.
    variable: bool,
}

fn shape(body: &Piece, machine: &Machine) -> Result<Shape, Refusal> {
    let program = machine.program();
    let statement = format!("{};", body.text());
    let mut sink = Diagnostics::new();
    let tree = floret_lang::parse(&statement, FileId(0), &mut sink);
    let name = |call: &Call| match call.path.parts.as_slice() {
        [name] => name.text.clone(),
        parts => parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::"),
    };
    let is_collection =
        |name: &str| program.relation_named(name).is_some() || program.role_named(name).is_some();
    if let ([statement], false) = (tree.statements.as_slice(), sink.has_errors())
        && let StatementKind::Rule(rule) = &statement.kind
        && rule.op == RuleOp::Now
        && !is_collection(&name(&rule.head))
        && Function::by_name(&name(&rule.head)).next().is_none()
    {
        return Ok(Shape::Headed);
    }
    let before = format!("{QUERY}() <= ");
    let mut text = Text::default();
    text.add_between(&before, None, body, ";");
    let mut sink = Diagnostics::new();
    let tree = floret_lang::parse(text.text(), FileId(0), &mut sink);
    if sink.has_errors() {
        let (diagnostics, sources) = (text.diagnostics(sink.sorted()), text.sources());
        return Err(Refusal { diagnostics, sources, numbers: BTreeSet::new() });
    }
    let Some(StatementKind::Rule(rule)) = tree.statements.first().map(|statement| &statement.kind) else {
        return Ok(Shape::Value);
    };
    if let [TreeLiteral::Expr(expr)] = rule.body.as_slice() {
        match &expr.kind {
            ExprKind::Call(call) if is_collection(&name(call)) => {}
            ExprKind::Call(_) => return Ok(Shape::Unknown),
            _ => return Ok(Shape::Value),
        }
    }
    let calls = rule.body.iter().filter_map(|literal| match literal {
        TreeLiteral::Expr(Expr { kind: ExprKind::Call(call), .. }) | TreeLiteral::Negation(call, _) => {
            Some(call)
        }
        TreeLiteral::Expr(_) | TreeLiteral::Let(..) | TreeLiteral::In(..) => None,
    });
    let in_source = |at: u32| (at as usize).saturating_sub(before.len()) + body.start;
    let places = calls.filter_map(|call| {
        let place = call.place.as_ref()?;
        let (start, end) = (in_source(call.path.span.end), in_source(place.span.end));
        let at = body.source.text.get(start..end)?;
        // A place in brackets ends with them, and its span may not say so.
        let rest = body.source.text.get(end..)?;
        let closed = at.matches('(').count() > at.matches(')').count() && rest.trim_start().starts_with(')');
        let end = if closed { end + rest.find(')')? + 1 } else { end };
        let text = body.source.text.get(start..end)?.trim().trim_start_matches('@').trim().to_owned();
        let variable = matches!(&place.kind, ExprKind::Path(path) if path.parts.len() == 1);
        Some(Place { start, end, text, variable })
    });
    Ok(Shape::Body(places.collect()))
}

/// The body at one node: without its places, and with a literal that says which node is meant.
fn one_place(body: &Piece, places: &[Place]) -> Result<(Vec<Piece>, String), String> {
    let Some(first) = places.first() else { return Ok((vec![body.clone()], String::new())) };
    if let Some(other) = places.iter().find(|place| place.text != first.text) {
        return Err(format!(
            "a query looks at one node at a time, not at `{}` and `{}`; write a rule for what needs both",
            first.text, other.text
        ));
    }
    let mut pieces = Vec::new();
    let mut start = body.start;
    for place in places {
        pieces.push(body.part(start, place.start));
        start = place.end;
    }
    pieces.push(body.part(start, body.end));
    let literal = match (first.text.as_str(), first.variable) {
        ("self", _) => String::new(),
        (text, true) => format!(", let {text} = self"),
        (text, false) => format!(", self == {text}"),
    };
    Ok((pieces, literal))
}

/// All assignments to the variables of a body.
fn solutions(
    body: &[Piece],
    literal: &str,
    definition: &Definition,
    machine: &Machine,
    width: usize,
) -> Output {
    let with_head = |columns: &str| {
        let mut text = Text::of(definition);
        let mut before = format!("{QUERY}({columns}) <= ");
        for piece in body {
            text.add_between(&before, None, piece, "");
            before.clear();
        }
        text.push(&format!("{literal};\n"));
        text
    };
    // The first time to learn which variables there are.
    let variables = match analyse(&mut with_head("")) {
        Ok((stratified, _)) => variables(&stratified),
        Err(refusal) => return Output::refused(refusal.diagnostics, refusal.sources),
    };
    let mut text = with_head(&variables.join(", "));
    show(&mut text, QUERY, machine, width)
}

fn variables(stratified: &Stratified) -> Vec<String> {
    let program = &stratified.program;
    let query = program.relation_named(QUERY);
    let rule = program.rules.iter().find(|rule| Some(rule.head.relation) == query);
    let names = rule.into_iter().flat_map(|rule| rule.variables.iter().map(|variable| &variable.name));
    names.filter(|name| !name.starts_with('$')).cloned().collect()
}

/// A query with a head of its own.
fn headed(rule: &Piece, definition: &Definition, machine: &Machine, width: usize) -> Output {
    let mut text = Text::of(definition);
    text.add_between("", None, rule, ";");
    let head: String = rule.text().chars().take_while(|c| *c != '(').collect();
    show(&mut text, head.trim(), machine, width)
}

fn show(text: &mut Text, view: &str, machine: &Machine, width: usize) -> Output {
    let stratified = match analyse(text) {
        Ok((stratified, _)) => stratified,
        Err(refusal) => return Output::refused(refusal.diagnostics, refusal.sources),
    };
    let program = &stratified.program;
    let Some(relation) = program.relation_named(view) else { return Output::wrong("there is no answer") };
    let mut output = Output::default();
    match evaluate(&stratified, relation, machine) {
        Err(why) => output.append(Output::wrong(why)),
        Ok(Answer { rows, reports }) => {
            if program.relations[relation].columns.is_empty() && reports.is_empty() {
                output.line(Tone::Strong, if rows.is_empty() { "no" } else { "yes" });
            } else {
                output.append(table(&rows, relation, &stratified, width));
            }
            for text in reports {
                output.line(Tone::Wrong, format!("! {text}"));
            }
        }
    }
    output
}

/// A table of rows with their nodes, and how many there are.
pub fn table(
    rows: &BTreeSet<(Address, Row)>,
    relation: RelationId,
    stratified: &Stratified,
    width: usize,
) -> Output {
    let mut output = Output::default();
    let program = &stratified.program;
    if !rows.is_empty() {
        let shown = rows.iter().take(MOST_ROWS).cloned();
        let rows = OutputRows::new(&program.relations[relation], program, shown);
        output.line(Tone::Plain, rows.table_text(width));
    }
    let count = rows.len();
    let plural = if count == 1 { "" } else { "s" };
    let cut = if count > MOST_ROWS { format!(", of which {MOST_ROWS} are shown") } else { String::new() };
    output.line(Tone::Note, format!("{count} row{plural}{cut}"));
    output
}

/// The value of an expression.
fn value(expression: &Piece, definition: &Definition, machine: &Machine) -> Output {
    let mut text = Text::of(definition);
    let role = machine.program().roles.iter().find(|role| !role.implicit);
    let on = role.map_or(String::new(), |role| format!(" on {}", role.name));
    let before = format!("table {ONCE}(){on};\n{VALUE}(");
    text.add_between(&before, None, expression, &format!(") <= {ONCE}();"));
    let stratified = match analyse(&mut text) {
        Ok((stratified, _)) => stratified,
        Err(refusal) => return Output::refused(refusal.diagnostics, refusal.sources),
    };
    let program = &stratified.program;
    let Some(relation) = program.relation_named(VALUE) else { return Output::wrong("there is no value") };
    let answer = match evaluate(&stratified, relation, machine) {
        Ok(answer) => answer,
        Err(why) => return Output::wrong(why),
    };
    if let Some((_, row)) = answer.rows.first() {
        let text = print::row(row, program.relations[relation].types(), program);
        return Output::of(Tone::Strong, text);
    }
    let why = answer.reports.first().map_or("the expression has no value", String::as_str);
    // No rule that the user knows is concerned, and no rows.
    Output::wrong(why.split(" for ").next().unwrap_or(why))
}

/// What a query finds.
struct Answer {
    rows: BTreeSet<(Address, Row)>,
    /// What has no value, in words.
    reports: Vec<String>,
}

/// Evaluates the rules of one view over what the nodes hold: everything else becomes a table with just that content.
fn evaluate(stratified: &Stratified, view: RelationId, machine: &Machine) -> Result<Answer, String> {
    let mut program = stratified.program.clone();
    program.facts.clear();
    program.rules = program.rules.iter().filter(|rule| rule.head.relation == view).cloned().collect();
    let ids: Vec<RelationId> = program.relations.ids().filter(|id| *id != view).collect();
    for (id, relation) in program.relations.iter_mut().enumerate() {
        if ids.iter().any(|other| other.0 as usize == id) {
            relation.kind = RelationKind::Table;
            relation.input = Some(InputMode::Add);
            relation.key = None;
        }
    }
    let read: BTreeSet<RelationId> = program
        .rules
        .iter()
        .flat_map(|rule| &rule.body)
        .filter_map(|literal| match literal {
            Literal::Atom(atom) | Literal::Negation(atom) => match atom.source {
                AtomSource::Relation(relation) => Some(relation),
                AtomSource::Members(_) | AtomSource::Clock => None,
            },
            Literal::Condition { .. } | Literal::Let { .. } | Literal::Unnest { .. } => None,
        })
        .collect();
    let role = program.relations[view].role;
    let query = strata::stratify(program, &mut Diagnostics::new());
    let options = Options { observe: Observe::Everything, tick_limit: TICK_LIMIT };
    let mut answer = Answer { rows: BTreeSet::new(), reports: Vec::new() };
    for me in machine.deployment.members(role) {
        let mut arrivals = Arrivals { now: machine.now(), ..Arrivals::default() };
        for relation in &read {
            let name = &query.program.relations[*relation].name;
            let rows = match machine.program().relation_named(name) {
                Some(known) => machine.content(me, known),
                None if name == ONCE => BTreeSet::from([Row::new()]),
                None => BTreeSet::new(),
            };
            arrivals.inputs.extend(rows.into_iter().map(|row| InputRow { relation: *relation, row }));
        }
        let site = Site { me, deployment: machine.deployment.clone() };
        let mut engine = Reference::new(&query, site, options).until(machine.stop());
        let effects = engine.tick(&arrivals).map_err(|error| match error {
            floret_ir::EngineError::Failed(_) if machine.is_stopped() => "interrupted".to_owned(),
            floret_ir::EngineError::Failed(why) => why,
            floret_ir::EngineError::TickLimit { rounds, .. } => {
                format!("the query still got new rows after {rounds} rounds")
            }
        })?;
        answer.rows.extend(engine.holds(view).iter().map(|row| (me, row.clone())));
        let describe = |report: &Report| {
            let text = reports::describe(&query.program, &machine.deployment, me, report, &|_| String::new());
            text.trim_start_matches(": ").to_owned()
        };
        answer.reports.extend(effects.reports.iter().map(describe));
    }
    Ok(answer)
}
