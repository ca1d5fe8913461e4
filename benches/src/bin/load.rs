//! How long floret-data takes to read the Debian files as typed rows: `load [DATA_DIR]`.

use std::time::Instant;

use floret_data::InputFile;
use floret_ir::{FileId, InputMode, Program, Relation, RelationColumn, RelationKind, Role, Span, Type};

/// An input file's name and its columns.
type File = (&'static str, &'static [(&'static str, Type)]);

const FILES: [File; 3] = [
    (
        "package",
        &[
            ("name", Type::String),
            ("section", Type::String),
            ("priority", Type::String),
            ("installed_kib", Type::Int),
        ],
    ),
    ("depends", &[("package", Type::String), ("target", Type::String), ("alternative", Type::Int)]),
    ("provides", &[("package", Type::String), ("name", Type::String)]),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args().nth(1).unwrap_or_else(|| "examples/debian".into());
    let span = Span { file: FileId(0), start: 0, end: 0 };
    let mut program = Program::default();
    let role = program.roles.push(Role { name: "Node".into(), implicit: true, span });
    let begin = Instant::now();
    let mut count = 0;
    let mut kept = Vec::new();
    for (name, columns) in FILES {
        let columns = columns.iter().map(|(name, ty)| RelationColumn { name: (*name).into(), ty: *ty });
        let relation = Relation {
            name: name.into(),
            kind: RelationKind::Table,
            columns: columns.collect(),
            key: None,
            key_proven: false,
            role,
            input: Some(InputMode::Static),
            shards: None,
            output: false,
            inferred: false,
            span,
        };
        let mut file = InputFile::open(&format!("{dir}/{name}.csv.gz"), &relation, &program)?;
        while let Some(row) = file.next_row()? {
            kept.push(row);
            count += 1;
        }
    }
    println!("{count} rows in {:.3} s", begin.elapsed().as_secs_f64());
    Ok(())
}
