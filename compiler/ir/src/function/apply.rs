//! What functions compute: one match, arms by file.

use super::{Function, collections, numbers, texts};
use crate::hash::{hash_value, seeded_hash};
use crate::{NoValue, Type, Value, print};

/// The greatest number of elements or bytes of a value that a function makes.
pub(super) const SIZE_LIMIT: usize = 1 << 24;

impl Function {
    /// Applies the function to arguments of its signature; `types` are theirs.
    ///
    /// # Errors
    /// [`NoValue`] where a fallible function has none.
    pub fn apply(self, args: &[Value], types: &[Type]) -> Result<Value, NoValue> {
        use Function as F;
        match (self, args) {
            (F::Hash, [value]) => Ok(Value::Int(hash_value(value))),
            (F::HashWith, [Value::Int(seed), value]) => Ok(Value::Int(seeded_hash(*seed as u64, value))),
            (F::ToString, [value]) => {
                let ty = types.first().copied().ok_or(NoValue::Mistyped)?;
                Ok(Value::string(&print::value_text(value, ty)))
            }
            (F::Greatest, [a, b]) => Ok(a.max(b).clone()),
            (F::Least, [a, b]) => Ok(a.min(b).clone()),
            (
                F::Len
                | F::Lower
                | F::Upper
                | F::Trim
                | F::Contains
                | F::StartsWith
                | F::EndsWith
                | F::Substring
                | F::Replace
                | F::Split
                | F::Join
                | F::Chars
                | F::IndexOf
                | F::Repeat
                | F::Reverse
                | F::CodePoint
                | F::FromCodePoint
                | F::ParseInt
                | F::ParseFloat
                | F::ParseTime
                | F::ParseDuration
                | F::LenBytes
                | F::ToBytes
                | F::FromBytes
                | F::Hex
                | F::ParseHex
                | F::ConcatBytes,
                _,
            ) => texts::apply(self, args),
            (
                F::ToFloat
                | F::ToInt
                | F::Abs
                | F::AbsFloat
                | F::AbsDuration
                | F::Sign
                | F::Modulo
                | F::Pow
                | F::Sqrt
                | F::Floor
                | F::Ceil
                | F::Round
                | F::IsNan
                | F::BitAnd
                | F::BitOr
                | F::BitXor
                | F::ShiftLeft
                | F::ShiftRight
                | F::AddTime
                | F::SubtractTime
                | F::Between
                | F::Scale
                | F::Divide
                | F::Truncate
                | F::Nanoseconds
                | F::FromNanoseconds
                | F::Seconds
                | F::Unix
                | F::FromUnix
                | F::Year
                | F::Month
                | F::Day
                | F::Hour
                | F::Minute
                | F::Second
                | F::Weekday,
                _,
            ) => numbers::apply(self, args),
            (
                F::LenList
                | F::GetList
                | F::Element
                | F::First
                | F::Last
                | F::Append
                | F::ConcatList
                | F::Slice
                | F::ReverseList
                | F::Sort
                | F::ContainsList
                | F::Enumerate
                | F::Range
                | F::Total
                | F::SetOf
                | F::ToList
                | F::LenSet
                | F::Size
                | F::ContainsSet
                | F::InsertSet
                | F::RemoveSet
                | F::Union
                | F::Intersection
                | F::Difference
                | F::IsSubset
                | F::MapOf
                | F::Pairs
                | F::LenMap
                | F::SizeMap
                | F::GetMap
                | F::GetOr
                | F::ContainsKey
                | F::InsertMap
                | F::RemoveMap
                | F::Keys
                | F::Values
                | F::IsSome
                | F::IsNone
                | F::UnwrapOr
                | F::Content,
                _,
            ) => collections::apply(self, args),
            (F::Hash | F::HashWith | F::ToString | F::Greatest | F::Least, _) => Err(NoValue::Mistyped),
        }
    }
}
