//! Tables that nobody declared: made for the first fact that is typed, or file that is loaded, for them.

use std::sync::Arc;

use floret_data::{Format, InputSpec, guess_columns};
use floret_ir::{Diagnostics, FileId, Program, closest, print};
use floret_lang::tree::{Arg, Call, ExprKind, StatementKind};

use crate::repl::definition::{Definition, Number, Origin, Piece, Statement};
use crate::repl::program::{Refusal, Text, analyse};

/// The view from whose columns the types are learned.
const VALUES: &str = "values_of_the_fact";
/// Its only support.
const ONCE: &str = "one_row";

/// Adds a statement that the user typed or loaded; a declaration takes the place of an automatic one of its name.
pub fn add(definition: &mut Definition, statement: Statement, kind: &StatementKind) {
    let automatic = match kind {
        StatementKind::Collection(collection) => definition.statements.iter().position(|known| {
            known.origin == Origin::Automatic
                && declared(&known.piece).as_ref() == Some(&collection.name.text)
        }),
        _ => None,
    };
    match automatic.and_then(|at| definition.statements.get_mut(at)) {
        Some(known) => *known = Arc::new(statement),
        None => definition.statements.push(Arc::new(statement)),
    }
}

/// The collection that a statement declares.
fn declared(piece: &Piece) -> Option<String> {
    let tree = floret_lang::parse(piece.text(), FileId(0), &mut Diagnostics::new());
    tree.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Collection(collection) => Some(collection.name.text.clone()),
        _ => None,
    })
}

/// Declares a table for a fact of what was typed, if there is no collection of its name yet.
///
/// # Errors
/// A value of the fact has no type.
pub fn table_for(call: &Call, typed: &Piece, new: &mut Definition) -> Result<Option<Number>, Refusal> {
    let [name] = call.path.parts.as_slice() else { return Ok(None) };
    // Without its facts the program says what is declared; if it is wrong, it will be refused as a whole.
    let mut text = Text::default();
    for statement in &new.statements {
        text.add(Some(statement.number), &statement.piece);
    }
    let Ok((known, _)) = analyse(&mut text) else { return Ok(None) };
    let is_known = known.program.relation_named(&name.text).is_some();
    if is_known || call.args.is_empty() || is_slip(&name.text, Some(call.args.len()), &known.program) {
        return Ok(None);
    }
    let role = call.place.as_deref().and_then(|place| match &place.kind {
        ExprKind::Index(role, _) => match &role.kind {
            ExprKind::Path(path) => path.parts.first().map(|role| role.text.clone()),
            _ => None,
        },
        _ => None,
    });
    let on = role.map_or(String::new(), |role| format!(" on {role}"));
    text.push(&format!("table {ONCE}(){on};\n"));
    let offset = |at: u32| typed.start + at as usize;
    let mut before = format!("{VALUES}(");
    for arg in &call.args {
        let (start, end) = (offset(arg.value.span.start), offset(arg.value.span.end));
        text.add_between(&before, None, &typed.part(start, end), "");
        before = ", ".to_owned();
    }
    text.push(&format!(") <= {ONCE}();\n"));
    let (probe, _) = analyse(&mut text)?;
    let program = &probe.program;
    let Some(values) = program.relation_named(VALUES) else { return Ok(None) };
    let columns: Vec<String> = program.relations[values]
        .columns
        .iter()
        .zip(call.args.iter().enumerate())
        .map(|(column, (at, arg))| format!("{}: {}", column_name(arg, at), print::ty(column.ty, program)))
        .collect();
    let number = new.number();
    let declaration = format!("table {}({}){on};", name.text, columns.join(", "));
    let piece = Piece::whole(number.to_string(), declaration);
    new.statements.push(Arc::new(Statement { number, piece, origin: Origin::Automatic }));
    Ok(Some(number))
}

/// Whether a name is rather a slip of the pen for one that there is (with so many columns).
fn is_slip(name: &str, columns: Option<usize>, program: &Program) -> bool {
    let names = program
        .relations
        .iter()
        .filter(|relation| columns.is_none_or(|columns| columns == relation.columns.len()))
        .map(|relation| relation.name.as_str());
    // Short names are near to each other without meaning the same.
    name.chars().count() >= 4 && closest(name, names).is_some()
}

/// The argument's name, or one by its position.
fn column_name(arg: &Arg, position: usize) -> String {
    arg.name.as_ref().map_or_else(|| format!("c{position}"), |name| name.text.clone())
}

/// Declares an input table for the rows of a CSV file, if there is no collection of that name yet.
///
/// # Errors
/// The file can't be read, or its header has no names that columns can have.
pub fn table_for_file(spec: &str, known: &Program, new: &mut Definition) -> Result<Option<Number>, String> {
    let spec = InputSpec::parse(spec).map_err(|error| error.to_string())?;
    let is_csv = Format::of_path(&spec.path) == Some(Format::Csv);
    if known.relation_named(&spec.relation).is_some() || !is_csv || is_slip(&spec.relation, None, known) {
        return Ok(None);
    }
    let columns = guess_columns(&spec.path).map_err(|error| error.to_string())?;
    let texts: Vec<String> =
        columns.iter().map(|(name, ty)| format!("{name}: {}", print::ty(*ty, known))).collect();
    let on = spec.node.as_ref().map_or(String::new(), |(role, _)| format!(" on {role}"));
    let declaration = format!("input table {}({}){on};", spec.relation, texts.join(", "));
    let mut sink = Diagnostics::new();
    floret_lang::parse(&declaration, FileId(0), &mut sink);
    if sink.has_errors() || columns.is_empty() {
        return Err(format!(
            "`{}` is not declared, and the header of {} has no names for its columns; declare it and name them",
            spec.relation, spec.path
        ));
    }
    let number = new.number();
    let piece = Piece::whole(number.to_string(), declaration);
    new.statements.push(Arc::new(Statement { number, piece, origin: Origin::Automatic }));
    Ok(Some(number))
}
