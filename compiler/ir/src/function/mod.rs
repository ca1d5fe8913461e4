//! The library functions: names, signatures, classes and what they compute, once for every evaluator.

mod apply;
mod collections;
#[cfg(test)]
mod documented;
mod numbers;
mod signature;
mod texts;

use serde::{Deserialize, Serialize};

pub use signature::{Effect, Pattern, Signature};

macro_rules! functions {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal ($($param:expr),*) -> $result:expr, $fallible:ident, $effect:ident;)*) => {
        /// A library function. All are pure; the fallible ones have no value for some arguments. Several may have one
        /// name: then their first parameters tell them apart.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum Function { $($(#[doc = $doc])* $variant,)* }

        impl Function {
            /// All functions, in the order of the documentation.
            pub const ALL: &'static [Function] = &[$(Function::$variant,)*];

            /// As it is written in programs.
            pub fn name(self) -> &'static str {
                match self { $(Function::$variant => $name,)* }
            }
            /// What it does, for help texts.
            pub fn help(self) -> &'static str {
                match self { $(Function::$variant => concat!($($doc,)*),)* }
            }
            /// Parameters and result.
            pub fn signature(self) -> Signature {
                #[allow(unused_imports)]
                use Pattern::{Any, Bool, Bytes, Duration, Float, Int, List, Map, Option, Pair, Set, String, Time};
                const A: &Pattern = &Pattern::Var(0);
                const B: &Pattern = &Pattern::Var(1);
                const TEXT: &Pattern = &Pattern::String;
                const NUMBER: &Pattern = &Pattern::Int;
                const PAIR: &Pattern = &Pattern::Pair(A, B);
                const NUMBERED: &Pattern = &Pattern::Pair(NUMBER, A);
                match self { $(Function::$variant => {
                    const PARAMS: &[Pattern] = &[$($param),*];
                    Signature { params: PARAMS, result: $result }
                })* }
            }
            /// Whether it has no value for some arguments.
            pub fn is_fallible(self) -> bool {
                match self { $(Function::$variant => functions!(@ $fallible),)* }
            }
            /// How it treats lattices.
            pub fn effect(self) -> Effect {
                match self { $(Function::$variant => Effect::$effect,)* }
            }
        }
    };
    (@ total) => { false };
    (@ partial) => { true };
}

functions! {
    /// A 64-bit hash, the same on all platforms and versions.
    Hash "hash" (Any) -> Int, total, Exact;
    /// A 64-bit hash that depends on a seed, too.
    HashWith "hash_with" (Int, Any) -> Int, total, Exact;
    /// The value as text.
    ToString "to_string" (Any) -> String, total, Exact;
    /// The greater of two values.
    Greatest "greatest" (*A, *A) -> *A, total, Monotone;
    /// The lesser of two values.
    Least "least" (*A, *A) -> *A, total, Monotone;

    /// The number of characters.
    Len "len" (String) -> Int, total, Exact;
    /// Lower case.
    Lower "lower" (String) -> String, total, Exact;
    /// Upper case.
    Upper "upper" (String) -> String, total, Exact;
    /// Without white space at both ends.
    Trim "trim" (String) -> String, total, Exact;
    /// Whether the first text contains the second.
    Contains "contains" (String, String) -> Bool, total, Exact;
    /// Whether the first text starts with the second.
    StartsWith "starts_with" (String, String) -> Bool, total, Exact;
    /// Whether the first text ends with the second.
    EndsWith "ends_with" (String, String) -> Bool, total, Exact;
    /// At most `count` characters from character `start` (from 0; what lies outside is left out).
    Substring "substring" (String, Int, Int) -> String, total, Exact;
    /// The text with every occurrence of the second text replaced by the third; no value if it gets too long.
    Replace "replace" (String, String, String) -> String, partial, Exact;
    /// The parts between the occurrences of a separator; an empty separator splits into characters.
    Split "split" (String, String) -> List(TEXT), total, Exact;
    /// The texts one after the other with a separator between them; no value if it gets too long.
    Join "join" (List(TEXT), String) -> String, partial, Exact;
    /// The characters, each a text.
    Chars "chars" (String) -> List(TEXT), total, Exact;
    /// The number of the first character where the second text begins (from 0), if it is in the first.
    IndexOf "index_of" (String, String) -> Option(NUMBER), total, Exact;
    /// The text so many times; no value if it gets too long.
    Repeat "repeat" (String, Int) -> String, partial, Exact;
    /// The characters in opposite order.
    Reverse "reverse" (String) -> String, total, Exact;
    /// The Unicode number of the first character; no value for the empty text.
    CodePoint "code_point" (String) -> Int, partial, Exact;
    /// The character of that Unicode number; no value where there is none.
    FromCodePoint "from_code_point" (Int) -> String, partial, Exact;

    /// The int that the text spells; no value for other texts.
    ParseInt "parse_int" (String) -> Int, partial, Exact;
    /// The float that the text spells; no value for other texts.
    ParseFloat "parse_float" (String) -> Float, partial, Exact;
    /// The time that the text spells (RFC 3339); no value for other texts.
    ParseTime "parse_time" (String) -> Time, partial, Exact;
    /// The duration that the text spells (`1h30m`, `500ms`); no value for other texts.
    ParseDuration "parse_duration" (String) -> Duration, partial, Exact;

    /// The nearest float.
    ToFloat "to_float" (Int) -> Float, total, Monotone;
    /// The float without its fraction; no value outside the ints.
    ToInt "to_int" (Float) -> Int, partial, Exact;
    /// Without sign; no value for the least int.
    Abs "abs" (Int) -> Int, partial, Exact;
    /// Without sign.
    AbsFloat "abs" (Float) -> Float, total, Exact;
    /// Without sign; no value for the least duration.
    AbsDuration "abs" (Duration) -> Duration, partial, Exact;
    /// -1, 0 or 1.
    Sign "sign" (Int) -> Int, total, Monotone;
    /// The remainder that is never negative; no value for 0 as divisor.
    Modulo "modulo" (Int, Int) -> Int, partial, Exact;
    /// The first int to the power of the second; no value for negative powers and what doesn't fit.
    Pow "pow" (Int, Int) -> Int, partial, Exact;
    /// The square root (NaN of negative numbers).
    Sqrt "sqrt" (Float) -> Float, total, Exact;
    /// The greatest whole float that is not greater.
    Floor "floor" (Float) -> Float, total, Monotone;
    /// The least whole float that is not less.
    Ceil "ceil" (Float) -> Float, total, Monotone;
    /// The nearest whole float, halves away from zero.
    Round "round" (Float) -> Float, total, Monotone;
    /// Whether it is no number.
    IsNan "is_nan" (Float) -> Bool, total, Exact;
    /// Bits set in both.
    BitAnd "bit_and" (Int, Int) -> Int, total, Exact;
    /// Bits set in one or both.
    BitOr "bit_or" (Int, Int) -> Int, total, Exact;
    /// Bits set in one, not both.
    BitXor "bit_xor" (Int, Int) -> Int, total, Exact;
    /// Bits moved up by 0 to 63 places; no value for other counts.
    ShiftLeft "shift_left" (Int, Int) -> Int, partial, Exact;
    /// Bits moved down by 0 to 63 places, the sign kept; no value for other counts.
    ShiftRight "shift_right" (Int, Int) -> Int, partial, Exact;

    /// `time + duration`
    AddTime "add_time" (Time, Duration) -> Time, partial, Exact;
    /// `time - duration`
    SubtractTime "subtract_time" (Time, Duration) -> Time, partial, Exact;
    /// `time - time`: from the second to the first.
    Between "between" (Time, Time) -> Duration, partial, Exact;
    /// `duration * int`
    Scale "scale" (Duration, Int) -> Duration, partial, Exact;
    /// `duration / int`, without fraction; no value for 0.
    Divide "divide" (Duration, Int) -> Duration, partial, Exact;
    /// The last multiple of the duration since 1970 that is not later; no value unless the duration is positive.
    Truncate "truncate" (Time, Duration) -> Time, partial, Exact;
    /// A duration in nanoseconds.
    Nanoseconds "nanoseconds" (Duration) -> Int, total, Monotone;
    /// So many nanoseconds.
    FromNanoseconds "from_nanoseconds" (Int) -> Duration, total, Monotone;
    /// A duration in seconds.
    Seconds "seconds" (Duration) -> Float, total, Monotone;
    /// A time in whole seconds since 1970 (UTC).
    Unix "unix" (Time) -> Int, total, Monotone;
    /// So many seconds after 1970 (UTC).
    FromUnix "from_unix" (Int) -> Time, partial, Exact;
    /// The year (UTC).
    Year "year" (Time) -> Int, total, Monotone;
    /// The month, 1 to 12 (UTC).
    Month "month" (Time) -> Int, total, Exact;
    /// The day of the month, from 1 (UTC).
    Day "day" (Time) -> Int, total, Exact;
    /// The hour, 0 to 23 (UTC).
    Hour "hour" (Time) -> Int, total, Exact;
    /// The minute, 0 to 59.
    Minute "minute" (Time) -> Int, total, Exact;
    /// The second, 0 to 59.
    Second "second" (Time) -> Int, total, Exact;
    /// The day of the week, 1 (Monday) to 7 (UTC).
    Weekday "weekday" (Time) -> Int, total, Exact;

    /// The number of elements.
    LenList "len" (List(A)) -> Int, total, Exact;
    /// The element of that number (from 0), if there is one.
    GetList "get" (List(A), Int) -> Option(A), total, Exact;
    /// `list[number]`: the element of that number (from 0); no value if there is none.
    Element "element" (List(A), Int) -> *A, partial, Exact;
    /// The first element, if there is one.
    First "first" (List(A)) -> Option(A), total, Exact;
    /// The last element, if there is one.
    Last "last" (List(A)) -> Option(A), total, Exact;
    /// The list with one more element at its end.
    Append "append" (List(A), *A) -> List(A), partial, Exact;
    /// The elements of the first list, then those of the second.
    ConcatList "concat" (List(A), List(A)) -> List(A), partial, Exact;
    /// At most `count` elements from number `start` (from 0; what lies outside is left out).
    Slice "slice" (List(A), Int, Int) -> List(A), total, Exact;
    /// The elements in opposite order.
    ReverseList "reverse" (List(A)) -> List(A), total, Exact;
    /// The elements in ascending order.
    Sort "sort" (List(A)) -> List(A), total, Exact;
    /// Whether it is an element.
    ContainsList "contains" (List(A), *A) -> Bool, total, Exact;
    /// Each element with its number (from 0).
    Enumerate "enumerate" (List(A)) -> List(NUMBERED), total, Exact;
    /// The ints from the first to the one before the second; no value for more than a million.
    Range "range" (Int, Int) -> List(NUMBER), partial, Exact;
    /// The sum of ints; no value if it doesn't fit.
    Total "total" (List(NUMBER)) -> Int, partial, Exact;

    /// The set of a list's elements.
    SetOf "set" (List(A)) -> Set(A), total, Exact;
    /// The elements in ascending order.
    ToList "to_list" (Set(A)) -> List(A), total, Exact;
    /// The number of elements.
    LenSet "len" (Set(A)) -> Int, total, Monotone;
    /// The number of elements.
    Size "size" (Set(A)) -> Int, total, Monotone;
    /// Whether it is an element.
    ContainsSet "contains" (Set(A), *A) -> Bool, total, Monotone;
    /// The set with this element.
    InsertSet "insert" (Set(A), *A) -> Set(A), total, Morphism;
    /// The set without this element.
    RemoveSet "remove" (Set(A), *A) -> Set(A), total, Morphism;
    /// The elements of either set.
    Union "union" (Set(A), Set(A)) -> Set(A), total, Monotone;
    /// The elements of both sets.
    Intersection "intersection" (Set(A), Set(A)) -> Set(A), total, Monotone;
    /// The elements of the first set that are not in the second.
    Difference "difference" (Set(A), Set(A)) -> Set(A), total, Exact;
    /// Whether all elements of the first set are in the second.
    IsSubset "is_subset" (Set(A), Set(A)) -> Bool, total, Exact;

    /// The map of (key, value) pairs; of several values for one key the last stays.
    MapOf "map" (List(PAIR)) -> Map(A, B), total, Exact;
    /// The (key, value) pairs in ascending order.
    Pairs "pairs" (Map(A, B)) -> List(PAIR), total, Exact;
    /// The number of keys.
    LenMap "len" (Map(A, B)) -> Int, total, Monotone;
    /// The number of keys.
    SizeMap "size" (Map(A, B)) -> Int, total, Monotone;
    /// The key's value, if it has one.
    GetMap "get" (Map(A, B), *A) -> Option(B), total, Exact;
    /// The key's value, else the third argument.
    GetOr "get_or" (Map(A, B), *A, *B) -> *B, total, Exact;
    /// Whether the key has a value.
    ContainsKey "contains" (Map(A, B), *A) -> Bool, total, Monotone;
    /// The map in which the key has this value.
    InsertMap "insert" (Map(A, B), *A, *B) -> Map(A, B), total, Exact;
    /// The map without the key.
    RemoveMap "remove" (Map(A, B), *A) -> Map(A, B), total, Exact;
    /// The set of keys.
    Keys "keys" (Map(A, B)) -> Set(A), total, Morphism;
    /// The values in the order of their keys.
    Values "values" (Map(A, B)) -> List(B), total, Exact;

    /// Whether there is a content.
    IsSome "is_some" (Option(A)) -> Bool, total, Exact;
    /// Whether there is no content.
    IsNone "is_none" (Option(A)) -> Bool, total, Exact;
    /// The content, else the second argument.
    UnwrapOr "unwrap_or" (Option(A), *A) -> *A, total, Exact;
    /// The content; no value if there is none.
    Content "content" (Option(A)) -> *A, partial, Exact;

    /// The number of bytes.
    LenBytes "len" (Bytes) -> Int, total, Exact;
    /// The text in UTF-8.
    ToBytes "to_bytes" (String) -> Bytes, total, Exact;
    /// The text that the bytes are in UTF-8; no value for other bytes.
    FromBytes "from_bytes" (Bytes) -> String, partial, Exact;
    /// Two lower-case hexadecimal digits a byte.
    Hex "hex" (Bytes) -> String, total, Exact;
    /// The bytes that hexadecimal digits spell; no value for other texts.
    ParseHex "parse_hex" (String) -> Bytes, partial, Exact;
    /// The bytes of the first, then those of the second.
    ConcatBytes "concat" (Bytes, Bytes) -> Bytes, partial, Exact;
}

impl Function {
    /// The functions of that name; they differ in their first parameter.
    pub fn by_name(name: &str) -> impl Iterator<Item = Function> + Clone + '_ {
        Function::ALL.iter().copied().filter(move |function| function.name() == name)
    }
}
