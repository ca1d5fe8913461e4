//! What columns a CSV file seems to have, for people who have not declared them yet.

use floret_ir::Type;

use crate::csv_reader::CsvReader;
use crate::records::Lines;
use crate::{DataError, Format, Problem};

/// What a column's texts can all be read as.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// Whether there was a text at all.
    any: bool,
    not_int: bool,
    not_float: bool,
    not_bool: bool,
}

impl Seen {
    fn take(&mut self, text: &[u8]) {
        let text = std::str::from_utf8(text).unwrap_or("x");
        let digits = text.strip_prefix('-').unwrap_or(text);
        // `inf` and `nan` are floats too, but hardly what was meant.
        let number = digits.starts_with(|c: char| c.is_ascii_digit());
        self.any = true;
        self.not_int |= !number || text.parse::<i64>().is_err();
        self.not_float |= !number || text.parse::<f64>().is_err();
        self.not_bool |= !matches!(text, "true" | "false");
    }

    fn ty(self) -> Type {
        match self {
            Seen { any: true, not_int: false, .. } => Type::Int,
            Seen { any: true, not_float: false, .. } => Type::Float,
            Seen { any: true, not_bool: false, .. } => Type::Bool,
            Seen { .. } => Type::String,
        }
    }
}

/// The names in a CSV file's header, each with a type as which all its texts can be read.
///
/// # Errors
/// The file is no CSV file, or can't be read.
pub fn guess_columns(path: &str) -> Result<Vec<(String, Type)>, DataError> {
    if Format::of_path(path) != Some(Format::Csv) {
        return Err(DataError::new(Problem::UnknownFormat).in_file(path));
    }
    guess(Lines::open(path)?)
}

fn guess(lines: Lines) -> Result<Vec<(String, Type)>, DataError> {
    let mut reader = CsvReader::without_schema(lines)?;
    let mut columns: Vec<(String, Seen)> =
        reader.header().iter().map(|name| (name.clone(), Seen::default())).collect();
    while reader.next_record(true)? {
        for (number, (_, seen)) in columns.iter_mut().enumerate() {
            seen.take(reader.field(number));
        }
    }
    Ok(columns.into_iter().map(|(name, seen)| (name, seen.ty())).collect())
}

#[cfg(test)]
mod tests {
    use floret_ir::Type::{self, Bool, Float, Int, String as Text};

    fn check(text: &str, expected: &[(&str, Type)]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.csv");
        std::fs::write(&path, text).unwrap();
        let found = super::guess_columns(&path.display().to_string()).unwrap();
        let expected: Vec<_> = expected.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn columns_are_what_all_their_texts_are() {
        check("a,b,c,d\n1,1.5,true,x\n-2,3,false,4\n", &[("a", Int), ("b", Float), ("c", Bool), ("d", Text)]);
        check("a,b\n9223372036854775808,inf\n", &[("a", Float), ("b", Text)]);
        check("a,\"b c\"\r\n\"1\",\"x,\ny\"\r\n", &[("a", Int), ("b c", Text)]);
        // No rows say nothing.
        check("a\n", &[("a", Text)]);
        check("a,b\n1\n", &[("a", Int), ("b", Text)]);
    }
}
