//! Rows packed by content, one postcard after the other. They are unpacked one by one and checked as they come, so a
//! short frame that claims much costs nothing.

use std::fmt;

use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::MAX_FRAME;
use super::schema::Misfit;

/// Items are put into frames of about this size.
pub const CHUNK: usize = 1 << 20;
/// Room in a frame for everything besides the items.
const ENVELOPE: usize = 256;

/// Some items' bytes.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Packed {
    count: u32,
    bytes: Bytes,
}

/// Bytes that serde takes as such and not one by one.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
struct Bytes(Vec<u8>);

/// An item that does not fit into a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLarge {
    /// Its size in bytes.
    pub size: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a row of {} bytes is over what a message may hold ({})", self.size, MAX_FRAME - ENVELOPE)
    }
}

/// Packs items in their order into pieces of about [`CHUNK`] bytes. No items make no piece.
///
/// # Errors
/// An item is too large for a frame of its own.
pub fn pack<'a, T: Serialize + 'a>(items: impl IntoIterator<Item = &'a T>) -> Result<Vec<Packed>, TooLarge> {
    let mut pieces = Vec::new();
    let mut piece = Packed::default();
    for item in items {
        let before = piece.bytes.0.len();
        // Our items always serialise into memory; were one not to, its piece would be empty and refused on arrival.
        piece.bytes.0 = postcard::to_extend(item, std::mem::take(&mut piece.bytes.0)).unwrap_or_default();
        piece.count += 1;
        let size = piece.bytes.0.len().saturating_sub(before);
        if size > MAX_FRAME - ENVELOPE {
            return Err(TooLarge { size });
        }
        if piece.bytes.0.len() >= CHUNK {
            if before + size > MAX_FRAME - ENVELOPE {
                // Only a very large item after others gets here: it goes alone.
                let last = piece.bytes.0.split_off(before);
                piece.count -= 1;
                pieces.push(std::mem::replace(&mut piece, Packed { count: 1, bytes: Bytes(last) }));
            }
            pieces.push(std::mem::take(&mut piece));
        }
    }
    if piece.count > 0 {
        pieces.push(piece);
    }
    Ok(pieces)
}

impl Packed {
    /// How many items it says it holds.
    pub fn count(&self) -> u32 {
        self.count
    }
    /// How many bytes they take.
    pub fn size(&self) -> usize {
        self.bytes.0.len()
    }
    /// The items, each of which passed the check.
    ///
    /// # Errors
    /// Bytes that are no items, another number of them, or what the check says.
    pub fn unpack<T: DeserializeOwned>(
        &self,
        mut check: impl FnMut(&T) -> Result<(), Misfit>,
    ) -> Result<Vec<T>, Misfit> {
        let mut items = Vec::new();
        let mut rest = self.bytes.0.as_slice();
        for _ in 0..self.count {
            // Items take at least a byte each, else a count alone could make many.
            if rest.is_empty() {
                return Err(Misfit::NoRows);
            }
            let (item, after) = postcard::take_from_bytes::<T>(rest).map_err(|_| Misfit::NoRows)?;
            check(&item)?;
            items.push(item);
            rest = after;
        }
        if rest.is_empty() { Ok(items) } else { Err(Misfit::NoRows) }
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytewise;
        impl Visitor<'_> for Bytewise {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytewise)
    }
}

#[cfg(test)]
mod tests {
    use floret_ir::{Row, Value};

    use super::*;

    fn unpack(packed: &Packed) -> Result<Vec<Row>, Misfit> {
        packed.unpack(|_| Ok(()))
    }

    #[test]
    fn rows_come_back_in_order_over_several_pieces() {
        let rows: Vec<Row> =
            (0..5).map(|n| vec![Value::Int(n), Value::string(&"x".repeat(CHUNK / 2))]).collect();
        let pieces = pack(&rows).unwrap();
        assert_eq!(pieces.iter().map(Packed::count).collect::<Vec<_>>(), [2, 2, 1]);
        let back: Vec<Row> = pieces.iter().flat_map(|piece| unpack(piece).unwrap()).collect();
        assert_eq!(back, rows);
        assert_eq!(pack::<Row>([]).unwrap(), []);
    }

    #[test]
    fn rows_without_columns_come_back() {
        let rows: Vec<Row> = vec![vec![], vec![]];
        assert_eq!(unpack(&pack(&rows).unwrap()[0]).unwrap(), rows);
    }

    #[test]
    fn a_large_row_goes_alone_and_a_larger_one_is_refused() {
        let small: Row = vec![Value::Int(1)];
        let large: Row = vec![Value::string(&"x".repeat(MAX_FRAME - ENVELOPE - 16))];
        let counts: Vec<u32> = pack([&small, &large, &small]).unwrap().iter().map(Packed::count).collect();
        assert_eq!(counts, [2, 1]);
        let counts: Vec<u32> = pack([&vec![Value::string(&"y".repeat(CHUNK - 100))], &large])
            .unwrap()
            .iter()
            .map(Packed::count)
            .collect();
        assert_eq!(counts, [1, 1]);
        let larger: Row = vec![Value::string(&"x".repeat(MAX_FRAME))];
        assert!(pack([&larger]).unwrap_err().size > MAX_FRAME);
    }

    #[test]
    fn counts_that_do_not_fit_the_bytes_are_refused() {
        let packed = pack(&[vec![Value::Int(1)], vec![Value::Int(2)]]).unwrap().remove(0);
        for count in [0, 1, 3, u32::MAX] {
            assert_eq!(unpack(&Packed { count, ..packed.clone() }), Err(Misfit::NoRows));
        }
    }
}
