//! What the targets share: the bound on memory, and a program whose inputs have columns of every type.

pub mod bounded;

// From here, so that no target is linked without the allocator.
pub use libfuzzer_sys::fuzz_target;

use std::sync::{Arc, OnceLock};

use floret_data::{Format, InputFile};
use floret_ir::Deployment;
use floret_ir::artifact::Artifact;
use floret_node::wire::Schema;

/// Its input has columns of every type, in a place where files are read.
pub const EVERY_TYPE: &str = "
role Server;
struct Point { x: int, tag: option<string> }
enum Vote { Yes, No(string), Pair(int, list<int>) }
input event every(
    i: int, f: float, b: bool, s: string, by: bytes, at: time, span: duration, node: Server,
    pair: (int, string), texts: list<string>, numbers: set<int>, words: map<string, int>,
    pairs: map<int, option<string>>, maybe: option<string>, nested: option<option<int>>, point: Point, vote: Vote
) on Server;
input table narrow(a: int, b: option<int>) on Server;
";

/// The program, compiled once.
///
/// # Panics
/// If it doesn't compile: then the target is wrong.
pub fn program() -> &'static Artifact {
    static PROGRAM: OnceLock<Artifact> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let compiled =
            floret_compiler::driver::compile("every.flo", EVERY_TYPE, &floret_compiler::modules::OneFile);
        let diagnostics = format!("{:?}", compiled.diagnostics);
        compiled.artifact.unwrap_or_else(|| panic!("{diagnostics}"))
    })
}

/// A program whose channels have columns of every type, on two nodes.
///
/// # Panics
/// If it doesn't compile: then the target is wrong.
pub fn channels() -> Arc<Schema> {
    static SCHEMA: OnceLock<Arc<Schema>> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let text = EVERY_TYPE.replace("input event", "channel").replace("input table", "channel");
        let compiled =
            floret_compiler::driver::compile("channels.flo", &text, &floret_compiler::modules::OneFile);
        let diagnostics = format!("{:?}", compiled.diagnostics);
        let artifact = compiled.artifact.unwrap_or_else(|| panic!("{diagnostics}"));
        let deployment = Deployment::new([2].into_iter().collect());
        Arc::new(Schema::new(Arc::new(artifact.stratified.program), deployment))
    });
    Arc::clone(schema)
}

/// Reads bytes as a file of each input, to their end; every record is a row or an error that names the file.
pub fn read(format: Format, bytes: &[u8]) {
    let program = &program().stratified.program;
    for (_, relation) in program.relations.entries().filter(|(_, relation)| relation.input.is_some()) {
        let Ok(mut file) = InputFile::of_bytes("fuzz", bytes.to_vec(), format, relation, program) else {
            continue;
        };
        // Each step but the last takes a byte at least.
        for _ in 0..=bytes.len() + 1 {
            match file.next_row() {
                Ok(None) => break,
                Ok(Some(row)) => {
                    assert!(row.iter().zip(&relation.columns).all(|(value, column)| value.is_of(column.ty)));
                }
                Err(error) => assert_eq!(error.file(), Some("fuzz")),
            }
        }
        assert!(matches!(file.next_row(), Ok(None)), "reading goes on after the end");
    }
}
