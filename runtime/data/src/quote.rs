//! How pieces of input are shown in messages: short, on one line, and harmless to terminals.

/// Most characters of a field or line that a message shows.
const LONGEST: usize = 120;

/// The bytes as one printable line: control characters are escaped, what isn't UTF-8 shows as `�`, long texts are cut.
pub(crate) fn shown(bytes: &[u8]) -> String {
    // Four bytes make at most one shown character less than they cost, so this prefix is always enough.
    let cut = bytes.len().min(LONGEST * 4);
    let text = String::from_utf8_lossy(bytes.get(..cut).unwrap_or(bytes));
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            break;
        }
        push_printable(&mut out, c);
    }
    if cut < bytes.len() || text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

/// Adds a character, escaped if a terminal would obey it instead of showing it.
pub(crate) fn push_printable(out: &mut String, c: char) {
    // Bidirectional overrides reorder the rest of the line.
    if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
        out.extend(c.escape_default());
    } else {
        out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn shows_on_one_harmless_line() {
        assert_eq!(shown(b"a\tb\x1b[31m"), "a\\tb\\u{1b}[31m");
        assert_eq!(shown(b"\xff\xfeok"), "\u{fffd}\u{fffd}ok");
        assert_eq!(shown("é".repeat(120).as_bytes()), "é".repeat(120));
        assert_eq!(shown("é".repeat(121).as_bytes()), format!("{}…", "é".repeat(120)));
        assert_eq!(shown(&[b'x'; 10_000]), format!("{}…", "x".repeat(120)));
    }
}
