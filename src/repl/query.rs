//! `? BODY` and `? EXPRESSION`: a rule over what the nodes hold now, which leaves nothing behind.

use std::collections::BTreeSet;

use floret_compiler::strata;
use floret_data::OutputRows;
use floret_ir::{
    Address, Arrivals, AtomSource, Diagnostics, Engine, InputMode, InputRow, Literal, Observe, RelationId,
    RelationKind, Report, Row, Site, Stratified, Type, Value,
};
use floret_reference::{Options, Reference};

use crate::repl::definition::{Definition, Piece};
use crate::repl::machine::{Machine, TICK_LIMIT, values_text};
use crate::repl::output::{Output, Tone};
use crate::repl::places::{AT, ONCE, Placed, QUERY, Shape, once, placed, shape};
use crate::repl::program::{Text, analyse};
use crate::reports;

/// The view that holds an expression's value.
const VALUE: &str = "the_value";
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
    let question = Question { definition, machine, width };
    match shape(&body, machine) {
        Err(refusal) => Output::refused(refusal.diagnostics, refusal.sources),
        Ok(Shape::Headed) => question.headed(&body),
        Ok(Shape::Value) => question.value(&body),
        Ok(Shape::Unknown) => {
            let output = question.value(&body);
            if output.failed { question.solutions(&Placed::as_it_is(&body)) } else { output }
        }
        Ok(Shape::Body(atoms)) => match placed(&body, &atoms, machine) {
            Ok(placed) => question.solutions(&placed),
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

/// All that an answer depends on.
struct Question<'s> {
    definition: &'s Definition,
    machine: &'s Machine,
    width: usize,
}

impl Question<'_> {
    /// All assignments to the variables of a body.
    fn solutions(&self, body: &Placed) -> Output {
        let with_head = |columns: &str| {
            let mut text = Text::of(self.definition);
            text.push(&body.declarations);
            text.push(&format!("{QUERY}({columns}) <= "));
            for (before, piece) in &body.pieces {
                text.add_between(before, None, piece, "");
            }
            text.push(&format!("{};\n", body.after));
            text
        };
        // The first time to learn which variables there are.
        let variables = match analyse(&mut with_head("")) {
            Ok((stratified, _)) => variables(&stratified),
            Err(refusal) => return Output::refused(refusal.diagnostics, refusal.sources),
        };
        self.show(&mut with_head(&variables.join(", ")), QUERY, body.everywhere)
    }

    /// A query with a head of its own.
    fn headed(&self, rule: &Piece) -> Output {
        let mut text = Text::of(self.definition);
        text.add_between("", None, rule, ";");
        let head: String = rule.text().chars().take_while(|c| *c != '(').collect();
        self.show(&mut text, head.trim(), false)
    }

    fn show(&self, text: &mut Text, view: &str, everywhere: bool) -> Output {
        let machine = self.machine;
        let stratified = match analyse(text) {
            Ok((stratified, _)) => stratified,
            Err(refusal) => return Output::refused(refusal.diagnostics, refusal.sources),
        };
        let program = &stratified.program;
        let Some(relation) = program.relation_named(view) else { return Output::wrong("there is no answer") };
        let mut output = Output::default();
        match evaluate(&stratified, relation, machine, everywhere) {
            Err(why) => output.append(Output::wrong(why)),
            Ok(Answer { rows, reports }) => {
                if program.relations[relation].columns.is_empty() && reports.is_empty() {
                    output.line(Tone::Strong, if rows.is_empty() { "no" } else { "yes" });
                } else {
                    // Where all nodes were asked at once, no answer is at a node.
                    let mut stratified = stratified.clone();
                    if everywhere {
                        stratified.program.roles.iter_mut().for_each(|role| role.implicit = true);
                    }
                    output.append(table(&rows, relation, &stratified, self.width));
                }
                for text in reports {
                    output.line(Tone::Wrong, format!("! {text}"));
                }
            }
        }
        output
    }

    /// The value of an expression.
    fn value(&self, expression: &Piece) -> Output {
        let (definition, machine) = (self.definition, self.machine);
        let mut text = Text::of(definition);
        let before = format!("{}{VALUE}(", once(machine));
        text.add_between(&before, None, expression, &format!(") <= {ONCE}();"));
        let stratified = match analyse(&mut text) {
            Ok((stratified, _)) => stratified,
            Err(refusal) => return Output::refused(refusal.diagnostics, refusal.sources),
        };
        let program = &stratified.program;
        let Some(relation) = program.relation_named(VALUE) else { return Output::wrong("there is no value") };
        let answer = match evaluate(&stratified, relation, machine, false) {
            Ok(answer) => answer,
            Err(why) => return Output::wrong(why),
        };
        if let Some((_, row)) = answer.rows.first() {
            let text = values_text(row, program.relations[relation].types(), program);
            return Output::of(Tone::Strong, text);
        }
        let why = answer.reports.first().map_or("the expression has no value", String::as_str);
        // No rule that the user knows is concerned, and no rows.
        Output::wrong(why.split(" for ").next().unwrap_or(why))
    }
}

fn variables(stratified: &Stratified) -> Vec<String> {
    let program = &stratified.program;
    let query = program.relation_named(QUERY);
    let rule = program.rules.iter().find(|rule| Some(rule.head.relation) == query);
    let names = rule.into_iter().flat_map(|rule| rule.variables.iter().map(|variable| &variable.name));
    names.filter(|name| !name.starts_with('$')).cloned().collect()
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
        let mut relation = program.relations[relation].clone();
        let types: Vec<Type> = relation.types().collect();
        for column in relation.columns.iter_mut().filter(|column| is_composite(column.ty)) {
            column.ty = Type::String;
        }
        // In a file composite values are JSON; people know them as they write them.
        let written = |(node, row): &(Address, Row)| {
            let values = row.iter().zip(&types).map(|(value, ty)| match is_composite(*ty) {
                true => Value::string(&values_text(std::slice::from_ref(value), [*ty], program)),
                false => value.clone(),
            });
            (*node, values.collect::<Row>())
        };
        let rows = OutputRows::new(&relation, program, rows.iter().take(MOST_ROWS).map(written));
        output.line(Tone::Plain, rows.table_text(width));
    }
    let count = rows.len();
    let plural = if count == 1 { "" } else { "s" };
    let cut = if count > MOST_ROWS { format!(", of which {MOST_ROWS} are shown") } else { String::new() };
    output.line(Tone::Note, format!("{count} row{plural}{cut}"));
    output
}

/// Whether values of the type are made of others.
fn is_composite(ty: Type) -> bool {
    match ty {
        Type::Int
        | Type::Float
        | Type::Bool
        | Type::String
        | Type::Bytes
        | Type::Time
        | Type::Duration
        | Type::Address(_)
        | Type::Node => false,
        Type::Tuple(_)
        | Type::List(_)
        | Type::Set(_)
        | Type::Map(..)
        | Type::Option(_)
        | Type::Struct(_)
        | Type::Enum(_) => true,
    }
}

/// What a query finds.
struct Answer {
    rows: BTreeSet<(Address, Row)>,
    /// What has no value, in words.
    reports: Vec<String>,
}

/// Evaluates the rules of one view over what the nodes hold: everything else becomes a table with just that content.
fn evaluate(
    stratified: &Stratified,
    view: RelationId,
    machine: &Machine,
    everywhere: bool,
) -> Result<Answer, String> {
    let mut program = stratified.program.clone();
    program.facts.clear();
    program.rules = program.rules.iter().filter(|rule| rule.head.relation == view).cloned().collect();
    let ids: Vec<RelationId> = program.relations.ids().filter(|id| *id != view).collect();
    for (id, relation) in program.relations.iter_mut().enumerate() {
        if ids.iter().any(|other| other.0 as usize == id) {
            relation.kind = RelationKind::Table;
            relation.input = Some(InputMode::Add);
            // The rows are there already: nothing is to be settled or merged.
            relation.key = None;
            relation.columns.iter_mut().for_each(|column| column.lattice = None);
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
    let nodes = machine.deployment.members(role);
    for me in nodes.take(if everywhere { 1 } else { usize::MAX }) {
        let mut arrivals = Arrivals { now: machine.now(), ..Arrivals::default() };
        for relation in &read {
            let name = &query.program.relations[*relation].name;
            let elsewhere = name.strip_prefix(AT).and_then(|name| machine.program().relation_named(name));
            let rows = match (machine.program().relation_named(name), elsewhere) {
                (Some(known), _) => machine.content(me, known),
                (None, Some(known)) => with_nodes(machine, known),
                (None, None) if name == ONCE => BTreeSet::from([Row::new()]),
                (None, None) => BTreeSet::new(),
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

/// What a relation holds at all nodes, each row after its node.
fn with_nodes(machine: &Machine, relation: RelationId) -> BTreeSet<Row> {
    let nodes = machine.nodes_of(relation).into_iter();
    let at = |node: Address| {
        let rows = machine.content(node, relation).into_iter();
        rows.map(move |row| std::iter::once(Value::Address(node)).chain(row).collect())
    };
    nodes.flat_map(at).collect()
}
