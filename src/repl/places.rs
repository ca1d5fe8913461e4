//! What kind of question was asked, and at which nodes.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Diagnostics, FileId, Function, RuleOp, print};
use floret_lang::tree::{Call, Expr, ExprKind, Literal, StatementKind};

use crate::repl::definition::Piece;
use crate::repl::machine::Machine;
use crate::repl::program::{Refusal, Text};

/// The view that a query is.
pub const QUERY: &str = "the_query";
/// Begins the name of a table that holds a collection's rows at all nodes.
pub const AT: &str = "at_";

/// A table with one row, for what is to be evaluated once.
pub const ONCE: &str = "one_row";

/// What was asked for.
pub enum Shape {
    /// A head of its own: `big(x, count()) <= ...`.
    Headed,
    /// An expression.
    Value,
    /// A call of something that is no collection.
    Unknown,
    /// A body, with the atoms over collections in it.
    Body(Vec<Asked>),
}

/// An atom of a query. Places are bytes of the query's source.
pub struct Asked {
    /// The collection.
    name: String,
    /// Where its name starts and ends.
    path: (usize, usize),
    /// Whether its columns are named, or there are none.
    named: bool,
    empty: bool,
    place: Option<Place>,
}

/// `@place` behind a name.
struct Place {
    /// Where it starts, after the `@`.
    start: usize,
    end: usize,
    text: String,
    /// Whether it is a variable.
    variable: bool,
}

/// What kind of question it is.
///
/// # Errors
/// It can't be read.
pub fn shape(body: &Piece, machine: &Machine) -> Result<Shape, Refusal> {
    let program = machine.program();
    let is_collection =
        |name: &str| program.relation_named(name).is_some() || program.role_named(name).is_some();
    let statement = format!("{};", body.text());
    let mut sink = Diagnostics::new();
    let tree = floret_lang::parse(&statement, FileId(0), &mut sink);
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
    if let [Literal::Expr(expr)] = rule.body.as_slice() {
        match &expr.kind {
            ExprKind::Call(call) if is_collection(&name(call)) => {}
            ExprKind::Call(_) => return Ok(Shape::Unknown),
            _ => return Ok(Shape::Value),
        }
    }
    let in_source = |at: u32| (at as usize).saturating_sub(before.len()) + body.start;
    let calls = rule.body.iter().filter_map(|literal| match literal {
        Literal::Expr(Expr { kind: ExprKind::Call(call), .. }) | Literal::Negation(call, _) => Some(call),
        Literal::Expr(_) | Literal::Let(..) | Literal::In(..) => None,
    });
    let atoms = calls.filter(|call| program.relation_named(&name(call)).is_some()).map(|call| Asked {
        name: name(call),
        path: (in_source(call.path.span.start), in_source(call.path.span.end)),
        named: call.args.first().is_some_and(|arg| arg.name.is_some()),
        empty: call.args.is_empty(),
        place: place(call, body, &in_source),
    });
    Ok(Shape::Body(atoms.collect()))
}

fn name(call: &Call) -> String {
    call.path.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::")
}

fn place(call: &Call, body: &Piece, in_source: &dyn Fn(u32) -> usize) -> Option<Place> {
    let place = call.place.as_ref()?;
    let source = &body.source.text;
    let (path_end, end) = (in_source(call.path.span.end), in_source(place.span.end));
    let start = path_end + source.get(path_end..end)?.find('@')? + 1;
    // A place in brackets ends with them, and its span may not say so.
    let (at, rest) = (source.get(start..end)?, source.get(end..)?);
    let closed = at.matches('(').count() > at.matches(')').count() && rest.trim_start().starts_with(')');
    let end = if closed { end + rest.find(')')? + 1 } else { end };
    let text = source.get(start..end)?.trim().to_owned();
    let variable = matches!(&place.kind, ExprKind::Path(path) if path.parts.len() == 1);
    Some(Place { start, end, text, variable })
}

/// A body that can be evaluated at one node.
pub struct Placed {
    /// Pieces of the query, with words before each that nobody typed.
    pub pieces: Vec<(String, Piece)>,
    /// Words after them.
    pub after: String,
    /// Tables that hold what is at all nodes.
    pub declarations: String,
    /// Whether it looks at several nodes, so that its rows are at none.
    pub everywhere: bool,
}

impl Placed {
    /// A body that says nothing of places.
    pub fn as_it_is(body: &Piece) -> Placed {
        Placed {
            pieces: vec![(String::new(), body.clone())],
            after: String::new(),
            declarations: String::new(),
            everywhere: false,
        }
    }
}

/// The body without places: asked at each node alone if all its atoms are at one, else over tables with the rows of all
/// nodes.
///
/// # Errors
/// It looks at several nodes, but does not say for some atom at which.
pub fn placed(body: &Piece, atoms: &[Asked], machine: &Machine) -> Result<Placed, String> {
    let texts: BTreeSet<&str> =
        atoms.iter().filter_map(|atom| atom.place.as_ref()).map(|place| place.text.as_str()).collect();
    match texts.len() {
        0 if atoms.is_empty() => Ok(nowhere(body, machine)),
        0 => Ok(Placed::as_it_is(body)),
        1 if atoms.iter().all(|atom| atom.place.is_some()) => Ok(one_node(body, atoms)),
        _ => several_nodes(body, atoms, machine),
    }
}

/// A body that reads no collection, as `Server(s)` or `x in [1, 2]`: it is evaluated once.
fn nowhere(body: &Piece, machine: &Machine) -> Placed {
    let mut placed = Placed::as_it_is(body);
    placed.everywhere = true;
    placed.declarations = once(machine);
    placed.after = format!(", {ONCE}()");
    placed
}

/// The declaration of a table with one row, at the first role.
pub fn once(machine: &Machine) -> String {
    let role = machine.program().roles.iter().find(|role| !role.implicit);
    let on = role.map_or(String::new(), |role| format!(" on {}", role.name));
    format!("table {ONCE}(){on};\n")
}

fn one_node(body: &Piece, atoms: &[Asked]) -> Placed {
    let mut placed = Placed::as_it_is(body);
    placed.pieces.clear();
    let mut start = body.start;
    for place in atoms.iter().filter_map(|atom| atom.place.as_ref()) {
        placed.pieces.push((String::new(), body.part(start, place.start - 1)));
        start = place.end;
        placed.after = match (place.text.as_str(), place.variable) {
            ("self", _) => String::new(),
            (text, true) => format!(", let {text} = self"),
            (text, false) => format!(", self == {text}"),
        };
    }
    placed.pieces.push((String::new(), body.part(start, body.end)));
    placed
}

fn several_nodes(body: &Piece, atoms: &[Asked], machine: &Machine) -> Result<Placed, String> {
    let program = machine.program();
    let mut placed = Placed::as_it_is(body);
    placed.pieces.clear();
    placed.everywhere = true;
    let first_role = program.roles.iter().next().map_or("", |role| role.name.as_str());
    let mut declarations = BTreeMap::new();
    let (mut start, mut words) = (body.start, String::new());
    for atom in atoms {
        let (Some(place), Some(relation)) = (&atom.place, program.relation_named(&atom.name)) else {
            return Err(format!(
                "say at which node `{name}` is read, as `{name}@Role[0](...)`: other parts of the query are at other nodes",
                name = atom.name
            ));
        };
        let relation = &program.relations[relation];
        placed.pieces.push((std::mem::take(&mut words), body.part(start, atom.path.0)));
        placed.pieces.push((AT.to_owned(), body.part(atom.path.0, atom.path.1)));
        let named = if atom.named { "at_node: " } else { "" };
        placed.pieces.push((format!("({named}"), body.part(place.start, place.end)));
        if !atom.empty {
            words.push(',');
        }
        let open = body.source.text.get(place.end..).and_then(|rest| rest.find('(')).unwrap_or(0);
        start = place.end + open + 1;
        let columns: Vec<String> = relation
            .columns
            .iter()
            .map(|column| format!(", {}: {}", column.name, print::ty(column.ty, program)))
            .collect();
        let role = program.roles.get(relation.role).map_or("", |role| role.name.as_str());
        let (name, columns) = (&relation.name, columns.concat());
        let declaration = format!("table {AT}{name}(at_node: {role}{columns}) on {first_role};\n");
        declarations.insert(name.clone(), declaration);
    }
    placed.pieces.push((words, body.part(start, body.end)));
    placed.declarations = declarations.into_values().collect();
    Ok(placed)
}
