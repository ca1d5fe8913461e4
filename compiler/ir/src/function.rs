//! The library functions: names, signatures and what they compute, once for every evaluator.

use serde::{Deserialize, Serialize};

use crate::{Float, NoValue, Type, Value, hash::hash_value};

/// What a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Param {
    /// A value of this type.
    Exactly(Type),
    /// A value of any type.
    Any,
}

/// Parameters and result of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature {
    /// One per argument.
    pub params: &'static [Param],
    /// The result's type.
    pub result: Type,
}

macro_rules! functions {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal ($($param:expr),*) -> $result:expr, fallible $fallible:literal;)*) => {
        /// A library function. All are pure; the fallible ones have no value for some arguments.
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
                use {Param::Any, Type::{Bool, Float, Int, String}};
                #[allow(non_snake_case, unused)]
                const fn X(ty: Type) -> Param { Param::Exactly(ty) }
                match self { $(Function::$variant => {
                    const PARAMS: &[Param] = &[$($param),*];
                    Signature { params: PARAMS, result: $result }
                })* }
            }
            /// Whether it has no value for some arguments.
            pub fn is_fallible(self) -> bool {
                match self { $(Function::$variant => $fallible,)* }
            }
        }
    };
}

functions! {
    /// A 64-bit hash, the same on all platforms and versions.
    Hash "hash" (Any) -> Int, fallible false;
    /// The value as text.
    ToString "to_string" (Any) -> String, fallible false;
    /// The number of characters.
    Len "len" (X(String)) -> Int, fallible false;
    /// Lower case.
    Lower "lower" (X(String)) -> String, fallible false;
    /// Upper case.
    Upper "upper" (X(String)) -> String, fallible false;
    /// Without white space at both ends.
    Trim "trim" (X(String)) -> String, fallible false;
    /// Whether the first text contains the second.
    Contains "contains" (X(String), X(String)) -> Bool, fallible false;
    /// Whether the first text starts with the second.
    StartsWith "starts_with" (X(String), X(String)) -> Bool, fallible false;
    /// Whether the first text ends with the second.
    EndsWith "ends_with" (X(String), X(String)) -> Bool, fallible false;
    /// At most `count` characters from character `start` (from 0; what lies outside is left out).
    Substring "substring" (X(String), X(Int), X(Int)) -> String, fallible false;
    /// The int that the text spells; no value for other texts.
    ParseInt "parse_int" (X(String)) -> Int, fallible true;
    /// The float that the text spells; no value for other texts.
    ParseFloat "parse_float" (X(String)) -> Float, fallible true;
    /// The nearest float.
    ToFloat "to_float" (X(Int)) -> Float, fallible false;
    /// The float without its fraction; no value outside the ints.
    ToInt "to_int" (X(Float)) -> Int, fallible true;
    /// Without sign; no value for the least int.
    Abs "abs" (X(Int)) -> Int, fallible true;
}

impl Function {
    /// The function of that name.
    pub fn by_name(name: &str) -> Option<Function> {
        Function::ALL.iter().copied().find(|function| function.name() == name)
    }

    /// Applies the function to arguments of its signature.
    ///
    /// # Errors
    /// [`NoValue`] where a fallible function has none.
    pub fn apply(self, args: &[Value]) -> Result<Value, NoValue> {
        use Value::{Int, String as Str};
        Ok(match (self, args) {
            (Function::Hash, [value]) => Int(hash_value(value)),
            (Function::ToString, [value]) => Value::string(&crate::print::value_text(value)),
            (Function::Len, [Str(s)]) => Int(s.chars().count() as i64),
            (Function::Lower, [Str(s)]) => Value::string(&s.to_lowercase()),
            (Function::Upper, [Str(s)]) => Value::string(&s.to_uppercase()),
            (Function::Trim, [Str(s)]) => Value::string(s.trim()),
            (Function::Contains, [Str(s), Str(t)]) => Value::Bool(s.contains(&**t)),
            (Function::StartsWith, [Str(s), Str(t)]) => Value::Bool(s.starts_with(&**t)),
            (Function::EndsWith, [Str(s), Str(t)]) => Value::Bool(s.ends_with(&**t)),
            (Function::Substring, [Str(s), Int(start), Int(count)]) => {
                let end = start.saturating_add((*count).max(0)).max(0) as usize;
                let start = (*start).max(0) as usize;
                let text: String = s.chars().skip(start).take(end.saturating_sub(start)).collect();
                Value::string(&text)
            }
            (Function::ParseInt, [Str(s)]) => Int(s.trim().parse().map_err(|_| NoValue::Parse)?),
            (Function::ParseFloat, [Str(s)]) => Value::float(s.trim().parse().map_err(|_| NoValue::Parse)?),
            (Function::ToFloat, [Int(i)]) => Value::float(*i as f64),
            (Function::ToInt, [Value::Float(f)]) => Int(to_int(*f)?),
            (Function::Abs, [Int(i)]) => Int(i.checked_abs().ok_or(NoValue::Overflow)?),
            _ => return Err(NoValue::Mistyped),
        })
    }
}

fn to_int(float: Float) -> Result<i64, NoValue> {
    let whole = float.get().trunc();
    // 2^63 is exact as a float; NaN is in no range.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole) {
        Ok(whole as i64)
    } else {
        Err(NoValue::Overflow)
    }
}
