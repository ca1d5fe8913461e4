//! Hashes by which nodes recognise that they run the same program, or speak of the same channel.

use crate::hash::{StableHasher, hash_bytes};
use crate::print;
use crate::{FileId, Program, RelationId, Span, Stratified};

/// A hash of the program's meaning: equal for texts that differ in layout, comments and names of local variables.
pub fn program_hash(stratified: &Stratified) -> u64 {
    // Plain data without maps and cycles: encoding can't fail.
    hash_bytes(&postcard::to_stdvec(&canonical(&stratified.program)).unwrap_or_default())
}

/// The program without places in its text and without names that nothing outside sees.
fn canonical(program: &Program) -> Program {
    let nowhere = Span { file: FileId(0), start: 0, end: 0 };
    let mut program = program.clone();
    program.for_each_span(&mut |span| *span = nowhere);
    for relation in program.relations.iter_mut() {
        if relation.inferred && !relation.output {
            // Named after some rule's local variables.
            relation.columns.iter_mut().for_each(|column| column.name.clear());
        }
    }
    for rule in program.rules.iter_mut() {
        rule.variables.iter_mut().for_each(|variable| variable.name.clear());
    }
    program
}

/// A hash of what both ends of a channel must agree on: its name, its columns (roles by name), its key, its promise.
/// `0` for ids of no relation.
pub fn channel_hash(program: &Program, channel: RelationId) -> u64 {
    let Some(relation) = program.relations.get(channel) else { return 0 };
    let mut hasher = StableHasher::default();
    let mut text = |text: &str| {
        hasher.write(&(text.len() as u64).to_le_bytes());
        hasher.write(text.as_bytes());
    };
    text(&relation.name);
    for column in &relation.columns {
        text(&column.name);
        text(&print::ty(column.ty, program));
    }
    text(&relation.key.map_or_else(String::new, |key| key.to_string()));
    text("reliable");
    hasher.finish()
}
