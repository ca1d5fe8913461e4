//! Hashes by which nodes recognise that they run the same program, or speak of the same channel.

use std::collections::HashMap;

use crate::hash::{StableHasher, hash_bytes};
use crate::print;
use crate::{AboutOrder, FileId, Lattice, Program, RelationId, RelationKind, Span, Stratified, Type};

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
    program.about_order = AboutOrder::default();
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

/// A hash of what both ends of a channel must agree on: its name, its columns (roles by name, structs, enums and
/// lattices with all they are made of), its key, whether senders are asked for, its promise.
/// `0` for ids of no relation.
pub fn channel_hash(program: &Program, channel: RelationId) -> u64 {
    let Some(relation) = program.relations.get(channel) else { return 0 };
    let mut contents = Contents { program, known: HashMap::new() };
    let mut hasher = StableHasher::default();
    let mut text = |text: &str| {
        hasher.write(&(text.len() as u64).to_le_bytes());
        hasher.write(text.as_bytes());
    };
    text(&relation.name);
    for column in &relation.columns {
        text(&column.name);
        text(&contents.of(column.ty).to_string());
        if let Some(lattice) = &column.lattice {
            text(&lattice_text(lattice, program));
        }
    }
    text(&relation.key.map_or_else(String::new, |key| key.to_string()));
    text(if relation.sender { "sender" } else { "" });
    let promise = match relation.kind {
        RelationKind::Channel { promise, .. } => promise.clause(),
        RelationKind::Table | RelationKind::View | RelationKind::Event | RelationKind::Timer { .. } => None,
    };
    text(promise.unwrap_or("reliable"));
    hasher.finish()
}

/// Hashes of types by all they are made of, each worked out once: types may share parts.
struct Contents<'p> {
    program: &'p Program,
    known: HashMap<Type, u64>,
}

impl Contents<'_> {
    fn of(&mut self, ty: Type) -> u64 {
        if let Some(known) = self.known.get(&ty) {
            return *known;
        }
        let mut parts = vec![print::ty(ty, self.program)];
        match ty {
            Type::Int
            | Type::Float
            | Type::Bool
            | Type::String
            | Type::Bytes
            | Type::Time
            | Type::Duration
            | Type::Address(_)
            | Type::Node => {}
            Type::Tuple(of) => parts.extend(of.iter().map(|part| self.of(*part).to_string())),
            Type::List(of) | Type::Set(of) | Type::Option(of) => parts.push(self.of(*of).to_string()),
            Type::Map(key, of) => parts.extend([key, of].map(|part| self.of(*part).to_string())),
            Type::Struct(of) => {
                for (name, ty) in &of.fields {
                    parts.extend([name.clone(), self.of(*ty).to_string()]);
                }
            }
            Type::Enum(of) => {
                for (name, types) in &of.variants {
                    parts.extend([name.clone(), types.len().to_string()]);
                    parts.extend(types.iter().map(|ty| self.of(*ty).to_string()));
                }
            }
        }
        let hash = hash_bytes(&postcard::to_stdvec(&parts).unwrap_or_default());
        self.known.insert(ty, hash);
        hash
    }
}

/// A lattice with all it is made of. (The carriers of its parts are in the column's type.)
fn lattice_text(of: &Lattice, program: &Program) -> String {
    let parts = |parts: &[Lattice]| -> String {
        parts.iter().map(|part| format!("({})", lattice_text(part, program))).collect()
    };
    let name = print::lattice(of, program);
    match of {
        Lattice::Max(_)
        | Lattice::Min(_)
        | Lattice::Any
        | Lattice::All
        | Lattice::Set(_)
        | Lattice::Lww(_) => name,
        Lattice::Map(_, of) => format!("{name} {}", lattice_text(of, program)),
        Lattice::Tuple(of) | Lattice::Struct(_, of) => format!("{name} {}", parts(of)),
        Lattice::User(of) => {
            let merge = print::expr(&of.merge, program, &|var| format!("${var}"));
            format!("{name} = {merge}")
        }
    }
}
