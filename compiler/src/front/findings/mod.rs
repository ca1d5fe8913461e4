//! Every kind of finding of the front end: facts as fields, wording in `diagnostic()`.

mod calls;
mod claims;
mod declarations;
mod declared;
mod facts;
mod keys;
mod names;
mod placement;
mod promises;
mod safety;
mod seals;
mod sequencers;
mod split;
mod test_blocks;
mod types;
mod values;

pub(super) use calls::*;
pub(super) use claims::*;
pub(super) use declarations::*;
pub(super) use declared::*;
pub(super) use facts::*;
pub(super) use keys::*;
pub(super) use names::*;
pub(super) use placement::*;
pub(super) use promises::*;
pub(super) use safety::*;
pub(super) use seals::*;
pub(super) use sequencers::*;
pub(super) use split::*;
pub(super) use test_blocks::*;
pub(super) use types::*;
pub(super) use values::*;

use floret_ir::RelationKind;

/// The word for a kind of collection.
fn word(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table => "table",
        RelationKind::View => "view",
        RelationKind::Event => "event",
        RelationKind::Channel { .. } => "channel",
        RelationKind::Timer { .. } => "timer",
    }
}

/// "a table", "an event".
fn a(kind: RelationKind) -> String {
    let article = if kind == RelationKind::Event { "an" } else { "a" };
    format!("{article} {}", word(kind))
}

/// "1 column", "2 columns".
fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
