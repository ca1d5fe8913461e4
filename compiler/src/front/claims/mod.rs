//! Invariants: tree -> tree, and that one checked. A body over any nodes becomes a rule at one node, over tables that hold
//! the rows of all nodes: each collection of the program, with the node's address as a column more.

mod body;

use std::collections::BTreeMap;

use floret_ir::{
    ClaimRead, Claims, Diagnostic, Diagnostics, FileId, Invariant, Program, Relation, RuleOp, Span, Type,
};
use floret_lang::tree::{
    Collection, CollectionKind, ColumnDecl, Expr, ExprKind, Literal, Modifier, Name, Path, Rule, Statement,
    StatementKind, Tree, TypeExpr,
};

use super::findings::Duplicate;
use super::split::{Names, OWN, text};

/// The column that tells at which node a row is. No column of a program is called so.
const NODE: &str = "$node";
/// The role of the claims' own node. No role of a program is called so.
const ROLE: &str = "$claims";
/// The one role of a program that declares none.
const IMPLICIT: &str = "$Node";

/// Compiles the invariants of a program that has no errors. The result is meaningful if `sink` got no errors.
pub fn claims(tree: &Tree, file: FileId, program: &Program, sink: &mut Diagnostics) -> Claims {
    let mut found = Vec::new();
    collect(&tree.statements, &mut found);
    if found.is_empty() {
        return Claims::default();
    }
    let mut own = Diagnostics::new();
    duplicates(found.iter().map(|written| written.name), &mut own);
    let claims = compile(tree, file, program, &found, &Names::of(tree), &mut own);
    own.sorted().into_iter().for_each(|found| sink.add(in_words(found)));
    claims
}

/// An invariant, or what a test expects, as it is written.
pub(super) struct Written<'t> {
    pub name: &'t Name,
    pub text: Option<&'t Name>,
    pub body: &'t [floret_lang::tree::Literal],
    pub span: Span,
}

fn collect<'t>(statements: &'t [Statement], into: &mut Vec<Written<'t>>) {
    for statement in statements {
        match &statement.kind {
            StatementKind::Invariant { name, text, body } => {
                into.push(Written { name, text: text.as_ref(), body, span: statement.span });
            }
            StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => {
                collect(statements, into);
            }
            _ => {}
        }
    }
}

/// Reports names that are there twice.
pub(super) fn duplicates<'t>(names: impl IntoIterator<Item = &'t Name>, sink: &mut Diagnostics) {
    let mut known: BTreeMap<&str, Span> = BTreeMap::new();
    for name in names {
        match known.get(name.text.as_str()) {
            Some(&first) => sink.push(Duplicate { name: name.text.clone(), first, second: name.span }),
            None => {
                known.insert(&name.text, name.span);
            }
        }
    }
}

/// Compiles bodies over any nodes, at least one. The result is meaningful if `sink` got no errors.
pub(super) fn compile(
    tree: &Tree,
    file: FileId,
    program: &Program,
    found: &[Written<'_>],
    names: &Names,
    sink: &mut Diagnostics,
) -> Claims {
    let mut statements = Vec::new();
    let span = Span { file, start: 0, end: 0 };
    if program.roles.iter().any(|role| role.implicit) {
        statements.push(role(IMPLICIT, span));
    }
    keep(&tree.statements, &mut statements);
    statements.push(role(ROLE, span));
    let mut types = Vec::new();
    let mut inside: Vec<Statement> = program
        .relations
        .iter()
        .filter(|relation| is_readable(relation))
        .map(|relation| table(relation, &mut types))
        .collect();
    for (number, written) in found.iter().enumerate() {
        let Some((args, body)) = body::of(&joined(written.body, program), program, names, sink) else {
            continue;
        };
        let head = body::call(&view(number), args, written.name.span);
        let rule = Rule { head, op: RuleOp::Now, op_span: written.name.span, body };
        inside.push(statement(StatementKind::Rule(rule), written.span));
    }
    let on = StatementKind::On { role: name(ROLE, span), statements: inside };
    statements.push(statement(on, span));
    let tree = Tree { statements, comments: Vec::new() };
    let checked = super::check_with(&tree, file, &types, sink);
    if sink.has_errors() {
        return Claims::default();
    }
    let stratified = crate::strata::stratify(checked, sink);
    let own = &stratified.program;
    let read = |of, relation: &Relation| {
        let table = own.relation_named(&relation.name)?;
        let used = own.rules.iter().flat_map(|rule| rule.positive_atoms().chain(rule.negated_atoms()));
        let mut sources = used.map(|atom| atom.source);
        let read = ClaimRead { of, table, momentary: relation.is_momentary() };
        sources.any(|source| source == floret_ir::AtomSource::Relation(table)).then_some(read)
    };
    let mut reads: Vec<ClaimRead> =
        program.relations.entries().filter_map(|(of, relation)| read(of, relation)).collect();
    reads.sort_by_key(|read| read.table);
    let invariant = |(number, written): (usize, &Written<'_>)| {
        Some(Invariant {
            name: written.name.text.clone(),
            text: written.text.map(|text| text.text.clone()),
            view: own.relation_named(&view(number))?,
            span: written.span,
        })
    };
    let invariants = found.iter().enumerate().filter_map(invariant).collect();
    Claims { stratified, reads, invariants }
}

/// `c::sealed` as one name.
fn joined(body: &[Literal], program: &Program) -> Vec<Literal> {
    let mut body = body.to_vec();
    for literal in &mut body {
        let (Literal::Negation(call, _) | Literal::Expr(Expr { kind: ExprKind::Call(call), .. })) = literal
        else {
            continue;
        };
        let full = text(&call.path);
        let channels = program.seals.iter().map(|seal| seal.sealed);
        let mut sealed = channels.chain(program.sealed_inputs.iter().map(|input| input.sealed));
        if sealed.any(|sealed| program.relations[sealed].name == full) {
            call.path = Path { parts: vec![name(&full, call.path.span)], span: call.path.span };
        }
    }
    body
}

/// The view of what violates an invariant.
fn view(number: usize) -> String {
    format!("$claim{number}")
}

/// The compiler's own channels and the built-in events are no collections of the program's author.
fn is_readable(relation: &Relation) -> bool {
    !relation.is_generated() && !relation.name.starts_with("floret::")
}

/// The statements that bodies need but for collections, in order (so that roles and parameters keep their numbers).
pub(super) fn keep(statements: &[Statement], into: &mut Vec<Statement>) {
    for statement in statements {
        match &statement.kind {
            StatementKind::Role { .. }
            | StatementKind::Const { .. }
            | StatementKind::Param { .. }
            | StatementKind::Function { .. }
            | StatementKind::Struct { .. }
            | StatementKind::Enum { .. } => into.push(statement.clone()),
            StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => {
                keep(statements, into);
            }
            StatementKind::Collection(_)
            | StatementKind::Output(_)
            | StatementKind::Confluent(_)
            | StatementKind::Timer { .. }
            | StatementKind::Fact(_)
            | StatementKind::Rule(_)
            | StatementKind::Seal(_)
            | StatementKind::Lattice { .. }
            | StatementKind::Use { .. }
            | StatementKind::Module { .. }
            | StatementKind::Invariant { .. }
            | StatementKind::Test { .. } => {}
        }
    }
}

pub(super) fn name(text: &str, span: Span) -> Name {
    Name { text: text.to_owned(), span }
}

pub(super) fn statement(kind: StatementKind, span: Span) -> Statement {
    Statement { attributes: Vec::new(), doc: None, kind, span }
}

fn role(text: &str, span: Span) -> Statement {
    statement(StatementKind::Role { name: name(text, span), durable: None }, span)
}

/// The table of a collection's rows at all nodes. Its columns' types get names that no type of a program has.
fn table(relation: &Relation, types: &mut Vec<(String, Type)>) -> Statement {
    let span = relation.span;
    let mut column = |text: &str, ty: Type| {
        let of = format!("${}", types.len());
        let path = Path { parts: vec![name(&of, span)], span };
        types.push((of, ty));
        ColumnDecl { name: name(text, span), ty: TypeExpr::Named { path, args: Vec::new(), span } }
    };
    let sent = relation.columns.iter().take(relation.sent_arity());
    let mut columns: Vec<ColumnDecl> = sent.map(|of| column(&of.name, of.ty)).collect();
    columns.push(column(NODE, Type::Address(relation.role)));
    let collection = Collection {
        modifiers: vec![(Modifier::Static, span), (Modifier::Input, span)],
        kind: CollectionKind::Table,
        name: name(&relation.name, span),
        columns,
        key: None,
        on: None,
        shards: None,
        clauses: Vec::new(),
    };
    statement(StatementKind::Collection(collection), span)
}

/// Puts words in the place of the compiler's own names.
pub(super) fn in_words(mut found: Diagnostic) -> Diagnostic {
    let own = format!("`{OWN}`");
    let words = [
        (own.as_str(), "`self`"),
        ("column `$node` of", "the node of"),
        ("`$node` of", "the node of"),
        (" of this rule ", " of this invariant "),
    ];
    for (from, to) in words {
        super::split::rename(&mut found, from, to);
    }
    found
}
