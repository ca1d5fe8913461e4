//! Small random rows.

use std::collections::BTreeSet;

use floret_ir::{Address, RoleId, Row, Type, Value};

/// A sequence of random numbers (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound
    }

    /// Few different values, so that rows meet; some that overflow or don't parse.
    pub(crate) fn value(&mut self, ty: Type) -> Value {
        match ty {
            Type::Int => Value::Int([0, 1, 2, 3, -1, i64::MAX][self.below(6)]),
            Type::Float => Value::float([0.0, 0.5, 1e300, -2.0][self.below(4)]),
            Type::Bool => Value::Bool(self.below(2) == 1),
            Type::String => Value::string(["a", "A", "b", "2", ""][self.below(5)]),
            Type::Bytes => Value::Bytes([self.below(3) as u8].into()),
            Type::Time => Value::Time(self.below(3) as i64),
            Type::Duration => Value::Duration([0, 1, -1, i64::MAX][self.below(4)]),
            Type::Node => Value::Address(Address { role: RoleId(0), index: self.below(3) as u32 }),
            Type::Tuple(_) | Type::Struct(_) => {
                let types = ty.fields().unwrap_or_default();
                Value::tuple(types.into_iter().map(|ty| self.value(ty)).collect::<Vec<_>>())
            }
            Type::List(of) => Value::list((0..self.below(3)).map(|_| self.value(*of)).collect::<Vec<_>>()),
            Type::Set(of) => Value::set((0..self.below(3)).map(|_| self.value(*of)).collect::<Vec<_>>()),
            Type::Map(key, of) => {
                let pairs: Vec<_> = (0..self.below(3)).map(|_| (self.value(*key), self.value(*of))).collect();
                Value::map(pairs)
            }
            Type::Option(_) | Type::Enum(_) => {
                let count = if let Type::Enum(of) = ty { of.variants.len() } else { 2 };
                let index = self.below(count) as u32;
                let types = ty.variant(index).unwrap_or_default();
                Value::Variant(index, types.into_iter().map(|ty| self.value(ty)).collect())
            }
            Type::Address(role) => Value::Address(Address { role, index: self.below(3) as u32 }),
        }
    }

    pub(crate) fn rows(&mut self, columns: &[Type], most: usize) -> BTreeSet<Row> {
        (0..self.below(most + 1)).map(|_| columns.iter().map(|ty| self.value(*ty)).collect()).collect()
    }
}
