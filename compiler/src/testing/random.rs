//! Small random rows.

use std::collections::BTreeSet;

use floret_ir::{Address, Row, Type, Value};

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
            Type::Address(role) => Value::Address(Address { role, index: self.below(3) as u32 }),
        }
    }

    pub(crate) fn rows(&mut self, columns: &[Type], most: usize) -> BTreeSet<Row> {
        (0..self.below(most + 1)).map(|_| columns.iter().map(|ty| self.value(*ty)).collect()).collect()
    }
}
