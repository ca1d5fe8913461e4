//! Frames of messages, checked against the program before they reach the links.

use floret_ir::{Address, Promise, RelationId, Row};

use super::bundle::promise;
use super::incoming::Arrived;
use super::limits::weight;
use crate::wire::{Data, Lossy, Misfit, Schema};

/// The rows of a frame that `sender` sent to `me`.
///
/// # Errors
/// They don't fit the program.
pub fn arrived(schema: &Schema, me: Address, sender: Address, data: Data) -> Result<Arrived, Misfit> {
    let Data { channel, relation: id, first, tick, last, rows: packed } = data;
    let relation = schema.incoming(me, sender, id, channel)?;
    let rows: Vec<Row> = packed.unpack(|row| schema.fits_message(row, relation))?;
    let ordered = match promise(&schema.program, id) {
        Promise::Reliable => None,
        Promise::Ordered => Some((tick, last)),
        Promise::Lossy => return Err(Misfit::WrongMessage),
    };
    let weight = weight(rows.len(), packed.size());
    Ok(Arrived { relation: id, ordered, first, rows, weight })
}

/// The rows of a frame of a lossy channel, and what they count in the inbox.
///
/// # Errors
/// They don't fit the program.
pub fn arrived_lossy(
    schema: &Schema,
    me: Address,
    sender: Address,
    lossy: &Lossy,
) -> Result<(RelationId, Vec<Row>, usize), Misfit> {
    let Lossy { channel, relation: id, rows: packed } = lossy;
    let relation = schema.incoming(me, sender, *id, *channel)?;
    if promise(&schema.program, *id) != Promise::Lossy {
        return Err(Misfit::WrongMessage);
    }
    let rows: Vec<Row> = packed.unpack(|row| schema.fits_message(row, relation))?;
    let weight = weight(rows.len(), packed.size());
    Ok((*id, rows, weight))
}
