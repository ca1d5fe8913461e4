//! Functions over numbers, times and durations.

use ::time::OffsetDateTime;

use super::Function;
use crate::{Float, NoValue, Value};

const SECOND: i64 = 1_000_000_000;

/// Applies one of them.
pub(super) fn apply(function: Function, args: &[Value]) -> Result<Value, NoValue> {
    use Function as F;
    use Value::{Bool, Duration, Int, Time};
    let overflow = |number: Option<i64>| number.ok_or(NoValue::Overflow);
    Ok(match (function, args) {
        (F::ToFloat, [Int(i)]) => Value::float(*i as f64),
        (F::ToInt, [Value::Float(f)]) => Int(to_int(*f)?),
        (F::Abs, [Int(i)]) => Int(overflow(i.checked_abs())?),
        (F::AbsFloat, [Value::Float(f)]) => Value::float(f.get().abs()),
        (F::AbsDuration, [Duration(d)]) => Duration(overflow(d.checked_abs())?),
        (F::Sign, [Int(i)]) => Int(i.signum()),
        (F::Modulo, [Int(a), Int(b)]) => {
            if *b == 0 {
                return Err(NoValue::DivisionByZero);
            }
            Int(overflow(i64::try_from(i128::from(*a).rem_euclid(i128::from(*b))).ok())?)
        }
        (F::Pow, [Int(a), Int(b)]) => {
            let power = u32::try_from(*b).map_err(|_| NoValue::Overflow)?;
            Int(overflow(a.checked_pow(power))?)
        }
        (F::Sqrt, [Value::Float(f)]) => Value::float(f.get().sqrt()),
        (F::Floor, [Value::Float(f)]) => Value::float(f.get().floor()),
        (F::Ceil, [Value::Float(f)]) => Value::float(f.get().ceil()),
        (F::Round, [Value::Float(f)]) => Value::float(f.get().round()),
        (F::IsNan, [Value::Float(f)]) => Bool(f.get().is_nan()),
        (F::BitAnd, [Int(a), Int(b)]) => Int(a & b),
        (F::BitOr, [Int(a), Int(b)]) => Int(a | b),
        (F::BitXor, [Int(a), Int(b)]) => Int(a ^ b),
        (F::ShiftLeft, [Int(a), Int(places)]) => Int(a << shift(*places)?),
        (F::ShiftRight, [Int(a), Int(places)]) => Int(a >> shift(*places)?),
        (F::AddTime, [Time(at), Duration(span)]) => Time(overflow(at.checked_add(*span))?),
        (F::SubtractTime, [Time(at), Duration(span)]) => Time(overflow(at.checked_sub(*span))?),
        (F::Between, [Time(to), Time(from)]) => Duration(overflow(to.checked_sub(*from))?),
        (F::Scale, [Duration(span), Int(by)]) => Duration(overflow(span.checked_mul(*by))?),
        (F::Divide, [Duration(_), Int(0)]) => return Err(NoValue::DivisionByZero),
        (F::Divide, [Duration(span), Int(by)]) => Duration(overflow(span.checked_div(*by))?),
        (F::Truncate, [Time(at), Duration(span)]) => {
            if *span <= 0 {
                return Err(NoValue::DivisionByZero);
            }
            Time(overflow(at.checked_sub(at.rem_euclid(*span)))?)
        }
        (F::Nanoseconds, [Duration(span)]) => Int(*span),
        (F::FromNanoseconds, [Int(count)]) => Duration(*count),
        (F::Seconds, [Duration(span)]) => Value::float(*span as f64 / SECOND as f64),
        (F::Unix, [Time(at)]) => Int(at.div_euclid(SECOND)),
        (F::FromUnix, [Int(seconds)]) => Time(overflow(seconds.checked_mul(SECOND))?),
        (F::Year | F::Month | F::Day | F::Hour | F::Minute | F::Second | F::Weekday, [Time(at)]) => {
            Int(calendar(function, *at)?)
        }
        _ => return Err(NoValue::Mistyped),
    })
}

fn calendar(function: Function, at: i64) -> Result<i64, NoValue> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at)).map_err(|_| NoValue::Overflow)?;
    Ok(match function {
        Function::Year => at.year().into(),
        Function::Month => u8::from(at.month()).into(),
        Function::Day => at.day().into(),
        Function::Hour => at.hour().into(),
        Function::Minute => at.minute().into(),
        Function::Second => at.second().into(),
        Function::Weekday => at.weekday().number_from_monday().into(),
        _ => return Err(NoValue::Mistyped),
    })
}

fn shift(places: i64) -> Result<u32, NoValue> {
    u32::try_from(places).ok().filter(|places| *places < 64).ok_or(NoValue::Overflow)
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
