//! Texts of times and durations.

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;

/// Units with their nanoseconds, greatest first.
const UNITS: &[(&str, i64)] = &[
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// A time as `2026-11-25T14:02:12.5Z`.
pub fn time_text(nanoseconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanoseconds))
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("{nanoseconds}ns"))
}

/// The time that an RFC 3339 text spells, if 64 bits of nanoseconds hold it.
pub fn parse_time(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos()).ok()
}

/// A duration as `1h30m`, `500ms`, `-2s`; zero is `0s`.
pub fn duration_text(nanoseconds: i64) -> String {
    let mut rest = nanoseconds.unsigned_abs();
    let mut text = String::new();
    if nanoseconds < 0 {
        text.push('-');
    }
    if rest == 0 {
        return "0s".into();
    }
    for (unit, size) in UNITS {
        let size = size.unsigned_abs();
        if rest >= size {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    text
}

/// The duration that a text spells: numbers with units (`d h m s ms us ns`), one after the other, perhaps with a `-` before
/// all; `_` may separate digits. What is less than a nanosecond is cut off.
pub fn parse_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '_' && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let number = number.replace('_', "");
        let (whole, fraction) = number.split_once('.').unwrap_or((&number, "0"));
        // 18 digits say more than nanoseconds of a day do.
        let fraction = fraction.get(..18).unwrap_or(fraction);
        let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
        let (whole, fraction): (u64, u64) = (whole.parse().ok()?, fraction.parse().ok()?);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let size = i128::from(*size);
        total = total.checked_add(i128::from(whole) * size + i128::from(fraction) * size / scale)?;
        rest = after;
    }
    i64::try_from(if negative { -total } else { total }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_back() {
        let cases = [
            (0, "0s"),
            (90_000_000_000, "1m30s"),
            (1, "1ns"),
            (-1_500_000, "-1ms500us"),
            (500_000_000, "500ms"),
        ];
        for (nanoseconds, text) in cases {
            assert_eq!(duration_text(nanoseconds), text);
            assert_eq!(parse_duration(text), Some(nanoseconds));
        }
        assert_eq!(parse_duration(&duration_text(i64::MIN)), Some(i64::MIN));
        assert_eq!(parse_duration("1.5s"), Some(1_500_000_000));
        assert_eq!(parse_duration("0.0000000019s1_0ns"), Some(11));
        for text in
            ["", "-", "5", "s", "5x", "1.s", ".5s", "1..5s", "1.5", "99999999999999999999s", "200000000d"]
        {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn times_read_back() {
        assert_eq!(time_text(0), "1970-01-01T00:00:00Z");
        assert_eq!(parse_time("2026-11-25T14:02:12.5Z"), Some(1_795_615_332_500_000_000));
        for at in [i64::MIN, i64::MAX, -1] {
            assert_eq!(parse_time(&time_text(at)), Some(at));
        }
        assert_eq!(parse_time("yesterday"), None);
    }
}
