//! Tests at the crate's boundary. All expected results are written by hand.

mod bad;
mod command_line;
mod good;
mod keys;
mod output;
mod random;

use std::io::{Cursor, Write};
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use floret_ir::{
    Deployment, EnumType, Expr, FileId, Function, InputMode, Interned, Program, Relation, RelationColumn,
    RelationId, RelationKind, Role, RoleId, Row, Shards, Span, StructType, Type, Value, constant_type, print,
};

use crate::records::Lines;
use crate::{DataError, Format, InputFile};

const SPAN: Span = Span { file: FileId(0), start: 0, end: 0 };
const LINK: RelationId = RelationId(0);
const MIXED: RelationId = RelationId(1);
const NAME: RelationId = RelationId(2);
const KEYED: RelationId = RelationId(3);
const SHARDED: RelationId = RelationId(4);
const RICH: RelationId = RelationId(6);

/// Roles Server and Client; inputs
/// `link(from: string, to: string, cost: int)`, `mixed(i: int, f: float, b: bool, s: string, a: Server)`,
/// `name(name: string)`, `keyed(at: int, k: string => v: int)` on Server and
/// `sharded(n: int) on Server[abs(n)]`; and `view shown(s: string, n: int)`, no input.
fn program() -> Program {
    let mut program = Program::default();
    let server =
        program.roles.push(Role { name: "Server".into(), implicit: false, durable: false, span: SPAN });
    let client =
        program.roles.push(Role { name: "Client".into(), implicit: false, durable: false, span: SPAN });
    let (int, string) = (Type::Int, Type::String);
    program.relations.push(relation("link", &[("from", string), ("to", string), ("cost", int)], client));
    let mixed =
        [("i", int), ("f", Type::Float), ("b", Type::Bool), ("s", string), ("a", Type::Address(server))];
    program.relations.push(relation("mixed", &mixed, server));
    program.relations.push(relation("name", &[("name", string)], client));
    let keyed = relation("keyed", &[("at", int), ("k", string), ("v", int)], server);
    program.relations.push(Relation { key: Some(2), ..keyed });
    let member =
        Expr::Call { function: Function::Abs, args: vec![Expr::Var(0)], types: vec![int], result: int };
    let sharded = relation("sharded", &[("n", int)], server);
    program.relations.push(Relation { shards: Some(Shards { member }), ..sharded });
    let shown = relation("shown", &[("s", string), ("n", int)], client);
    program.relations.push(Relation { input: None, kind: RelationKind::View, ..shown });
    program.relations.push(relation("rich", &rich(), server));
    program
}

/// A column of every composite type.
fn rich() -> Vec<(&'static str, Type)> {
    let (int, string) = (Type::Int, Type::String);
    let optional = Type::option(string);
    let point =
        StructType { name: "Point".into(), fields: vec![("x".into(), int), ("tag".into(), optional)] };
    let vote = EnumType {
        name: "Vote".into(),
        variants: vec![
            ("Yes".into(), vec![]),
            ("No".into(), vec![string]),
            ("Pair".into(), vec![int, Type::list(int)]),
        ],
    };
    vec![
        ("by", Type::Bytes),
        ("at", Type::Time),
        ("span", Type::Duration),
        ("pair", Type::tuple(vec![int, string])),
        ("texts", Type::list(string)),
        ("set", Type::set(int)),
        ("words", Type::map(string, int)),
        ("numbers", Type::map(int, optional)),
        ("maybe", optional),
        ("nested", Type::option(Type::option(int))),
        ("point", Type::Struct(Interned::new(point))),
        ("vote", Type::Enum(Interned::new(vote))),
        (
            "votes",
            Type::option(Type::Enum(Interned::new(EnumType {
                name: "Either".into(),
                variants: vec![("some".into(), vec![int]), ("other".into(), vec![])],
            }))),
        ),
    ]
}

fn relation(name: &str, columns: &[(&str, Type)], role: RoleId) -> Relation {
    Relation {
        name: name.into(),
        kind: RelationKind::Table,
        columns: columns
            .iter()
            .map(|(name, ty)| RelationColumn { name: (*name).into(), ty: *ty, lattice: None })
            .collect(),
        key: None,
        key_proven: false,
        sender: false,
        role,
        input: Some(InputMode::Add),
        shards: None,
        output: false,
        inferred: false,
        span: SPAN,
    }
}

/// The same relations in a program without roles.
fn without_roles() -> Program {
    let mut program = program();
    program.roles =
        [Role { name: "Node".into(), implicit: true, durable: false, span: SPAN }].into_iter().collect();
    program.relations.iter_mut().for_each(|relation| relation.role = RoleId(0));
    program
}

fn deployment(servers: u32, clients: u32) -> Deployment {
    Deployment::new([servers, clients].into_iter().collect())
}

/// Opens bytes as if they were a file of that name; `-` as standard input.
fn open(name: &str, bytes: &[u8], relation: RelationId) -> Result<InputFile, DataError> {
    let program = program();
    let total = Some(bytes.len() as u64);
    let compressed = if name == "-" { None } else { Some(name.ends_with(".gz")) };
    let lines = Lines::over(name, Cursor::new(bytes.to_vec()), compressed, total)?;
    let format = if name == "-" { None } else { Format::of_path(name) };
    InputFile::over(lines, format, &program.relations[relation], &program)
}

/// Every row as text, and every error's message.
fn read(name: &str, bytes: &[u8], relation: RelationId) -> String {
    let mut file = match open(name, bytes, relation) {
        Ok(file) => file,
        Err(error) => return format!("{error}\n"),
    };
    let mut out = String::new();
    loop {
        match file.next_row() {
            Ok(Some(row)) => out += &format!("{}: {}\n", file.line(), text(&row)),
            Ok(None) => return out,
            Err(error) => out += &format!("{error}\n"),
        }
    }
}

fn text(row: &Row) -> String {
    let program = program();
    let text = |value| print::literal(value, constant_type(value).unwrap_or(Type::Bool), &program);
    row.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// The rows of a file without errors.
fn rows(file: &mut InputFile) -> Vec<Row> {
    std::iter::from_fn(|| file.next_row().expect("a row")).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> (tempfile::TempDir, impl Fn(&str) -> PathBuf + use<>) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().to_owned();
    for (name, content) in files {
        std::fs::write(path.join(name), content).expect("a file");
    }
    (dir, move |name| path.join(name))
}

fn link(from: &str, to: &str, cost: i64) -> Row {
    vec![Value::string(from), Value::string(to), Value::Int(cost)]
}
