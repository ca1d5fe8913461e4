//! Functions over texts and bytes.

use super::Function;
use super::apply::SIZE_LIMIT;
use crate::time::{parse_duration, parse_time};
use crate::{NoValue, Value};

/// Applies one of them.
pub(super) fn apply(function: Function, args: &[Value]) -> Result<Value, NoValue> {
    use Function as F;
    use Value::{Bool, Bytes, Int, List, String as Str};
    Ok(match (function, args) {
        (F::Len, [Str(s)]) => Int(s.chars().count() as i64),
        (F::Lower, [Str(s)]) => Value::string(&s.to_lowercase()),
        (F::Upper, [Str(s)]) => Value::string(&s.to_uppercase()),
        (F::Trim, [Str(s)]) => Value::string(s.trim()),
        (F::Contains, [Str(s), Str(t)]) => Bool(s.contains(&**t)),
        (F::StartsWith, [Str(s), Str(t)]) => Bool(s.starts_with(&**t)),
        (F::EndsWith, [Str(s), Str(t)]) => Bool(s.ends_with(&**t)),
        (F::Substring, [Str(s), Int(start), Int(count)]) => {
            let end = start.saturating_add((*count).max(0)).max(0) as usize;
            let start = (*start).max(0) as usize;
            let text: String = s.chars().skip(start).take(end.saturating_sub(start)).collect();
            Value::string(&text)
        }
        (F::Replace, [Str(s), Str(from), Str(to)]) => {
            let found = s.matches(&**from).count();
            fits(s.len().saturating_add(found.saturating_mul(to.len())))?;
            Value::string(&s.replace(&**from, to))
        }
        (F::Split, [Str(s), Str(separator)]) if separator.is_empty() => chars(s),
        (F::Split, [Str(s), Str(separator)]) => Value::list(s.split(&**separator).map(Value::string)),
        (F::Join, [List(parts), Str(separator)]) => {
            let mut text = String::new();
            for (index, part) in parts.iter().enumerate() {
                let Str(part) = part else { return Err(NoValue::Mistyped) };
                if index > 0 {
                    text.push_str(separator);
                }
                text.push_str(part);
                fits(text.len())?;
            }
            Value::string(&text)
        }
        (F::Chars, [Str(s)]) => chars(s),
        (F::IndexOf, [Str(s), Str(t)]) => match s.find(&**t) {
            Some(at) => Value::some(Int(s.get(..at).map_or(0, |before| before.chars().count()) as i64)),
            None => Value::none(),
        },
        (F::Repeat, [Str(s), Int(count)]) => {
            let count = usize::try_from((*count).max(0)).map_err(|_| NoValue::TooLarge)?;
            fits(s.len().saturating_mul(count))?;
            // An empty text stays empty however often.
            Value::string(&if s.is_empty() { String::new() } else { s.repeat(count) })
        }
        (F::Reverse, [Str(s)]) => Value::string(&s.chars().rev().collect::<String>()),
        (F::CodePoint, [Str(s)]) => Int(i64::from(u32::from(s.chars().next().ok_or(NoValue::Missing)?))),
        (F::FromCodePoint, [Int(number)]) => {
            let character = u32::try_from(*number).ok().and_then(char::from_u32).ok_or(NoValue::Missing)?;
            Value::string(&character.to_string())
        }
        (F::ParseInt, [Str(s)]) => Int(s.trim().parse().map_err(|_| NoValue::Parse)?),
        (F::ParseFloat, [Str(s)]) => Value::float(s.trim().parse().map_err(|_| NoValue::Parse)?),
        (F::ParseTime, [Str(s)]) => Value::Time(parse_time(s.trim()).ok_or(NoValue::Parse)?),
        (F::ParseDuration, [Str(s)]) => Value::Duration(parse_duration(s.trim()).ok_or(NoValue::Parse)?),
        (F::LenBytes, [Bytes(bytes)]) => Int(bytes.len() as i64),
        (F::ToBytes, [Str(s)]) => Bytes(s.as_bytes().into()),
        (F::FromBytes, [Bytes(bytes)]) => {
            Value::string(std::str::from_utf8(bytes).map_err(|_| NoValue::Parse)?)
        }
        (F::Hex, [Bytes(bytes)]) => {
            Value::string(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
        (F::ParseHex, [Str(s)]) => Bytes(parse_hex(s).ok_or(NoValue::Parse)?.into()),
        (F::ConcatBytes, [Bytes(a), Bytes(b)]) => {
            fits(a.len().saturating_add(b.len()))?;
            Bytes(a.iter().chain(&**b).copied().collect())
        }
        _ => return Err(NoValue::Mistyped),
    })
}

fn fits(length: usize) -> Result<(), NoValue> {
    if length > SIZE_LIMIT { Err(NoValue::TooLarge) } else { Ok(()) }
}

fn chars(text: &str) -> Value {
    Value::list(text.chars().map(|c| Value::string(c.encode_utf8(&mut [0; 4]))))
}

/// The bytes that pairs of hexadecimal digits spell.
pub(crate) fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}
