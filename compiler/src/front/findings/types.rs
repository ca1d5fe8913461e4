//! Types that clash or are missing.

use floret_ir::{Diagnostic, Finding, Span};

/// Why something has its type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::front) struct Evidence {
    pub span: Span,
    pub text: String,
}

/// What kind of expression has the wrong type.
#[derive(Clone)]
pub(in crate::front) enum Subject {
    Variable(String),
    Constant {
        /// A text that a number is in, as `"3"`.
        quoted_number: bool,
    },
    Other,
}

/// Something of one type where another is needed.
pub(in crate::front) struct Mismatch {
    /// What is wrong, in one line.
    pub title: String,
    /// The place of the clash.
    pub span: Span,
    /// The type found there.
    pub found: String,
    /// The type needed there.
    pub needed: String,
    /// Why there is that type.
    pub found_because: Evidence,
    /// Why the other one is needed.
    pub needed_because: Evidence,
    /// What stands at the place.
    pub subject: Subject,
}

impl Finding for Mismatch {
    fn diagnostic(&self) -> Diagnostic {
        let Mismatch { found, needed, .. } = self;
        let mut diagnostic = Diagnostic::error("type-mismatch", self.title.clone()).at(
            self.span,
            match &self.subject {
                Subject::Variable(name) => format!("`{name}` is `{found}`"),
                Subject::Constant { .. } | Subject::Other => format!("this is `{found}`"),
            },
        );
        for evidence in [&self.needed_because, &self.found_because] {
            // The place itself is no evidence.
            if !diagnostic.labels.iter().any(|label| label.span == evidence.span) {
                diagnostic = diagnostic.because(evidence.span, evidence.text.clone());
            }
        }
        let argument = match &self.subject {
            Subject::Variable(name) => name,
            Subject::Other => "...",
            Subject::Constant { quoted_number } => {
                return match (found.as_str(), needed.as_str()) {
                    ("int", "float") => {
                        diagnostic.help("int and float don't mix: write it with a point, as `1.0`")
                    }
                    ("float", "int") => diagnostic
                        .help("int and float don't mix: turn the int into a float with `to_float(x)`"),
                    ("string", "int" | "float") if *quoted_number => {
                        diagnostic.help("a number stands without quotes")
                    }
                    _ => diagnostic,
                };
            }
        };
        match (found.as_str(), needed.as_str()) {
            ("int", "float") => diagnostic.help(format!("int and float don't mix: write `to_float({argument})`")),
            ("float", "int") => diagnostic.help(format!(
                "int and float don't mix: turn the int into a float with `to_float(x)`, or this into an int with `to_int({argument})`"
            )),
            ("int" | "float" | "bool", "string") => {
                diagnostic.help(format!("`to_string({argument})` is its text"))
            }
            ("string", "int") => diagnostic.help(format!("`parse_int({argument})` is the int that a text spells")),
            ("string", "float") => {
                diagnostic.help(format!("`parse_float({argument})` is the float that a text spells"))
            }
            _ => diagnostic,
        }
    }
}

/// An operator, function or aggregate on a type it doesn't take.
pub(in crate::front) struct NotFor {
    /// As it is written.
    pub operator: String,
    /// What it takes.
    pub takes: String,
    pub found: String,
    pub span: Span,
    pub found_because: Evidence,
}

impl Finding for NotFor {
    fn diagnostic(&self) -> Diagnostic {
        let diagnostic = Diagnostic::error(
            "type-mismatch",
            format!("`{}` takes {}, not `{}`", self.operator, self.takes, self.found),
        )
        .at(self.span, format!("this is `{}`", self.found));
        if self.found_because.span == self.span {
            diagnostic
        } else {
            diagnostic.because(self.found_because.span, self.found_because.text.clone())
        }
    }
}

/// Columns of a view whose types nothing determines.
pub(in crate::front) struct Undetermined {
    pub relation: String,
    pub columns: Vec<(String, Span)>,
    pub all_columns: Vec<String>,
}

impl Finding for Undetermined {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.relation;
        let columns: Vec<String> = self.columns.iter().map(|(column, _)| format!("`{column}`")).collect();
        let plural = if columns.len() == 1 { "type of column" } else { "types of columns" };
        let mut diagnostic = Diagnostic::error(
            "undetermined-type",
            format!("nothing determines the {plural} {} of `{name}`", columns.join(", ")),
        );
        for (index, (_, span)) in self.columns.iter().enumerate() {
            let text = "its rules only pass the value around";
            diagnostic =
                if index == 0 { diagnostic.at(*span, text) } else { diagnostic.because(*span, "and here") };
        }
        let columns: Vec<String> = self.all_columns.iter().map(|column| format!("{column}: TYPE")).collect();
        diagnostic.help(format!("declare it: `view {name}({});`", columns.join(", ")))
    }
}

/// An int literal outside 64 bits.
pub(in crate::front) struct IntOutOfRange {
    pub span: Span,
}

impl Finding for IntOutOfRange {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("int-out-of-range", "this number doesn't fit in an int")
            .at(self.span, "too large")
            .note(format!("an int is 64 bits wide: {} to {}", i64::MIN, i64::MAX))
    }
}

/// A type that would be a part of itself.
pub(in crate::front) struct EndlessType {
    pub span: Span,
}

impl Finding for EndlessType {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("type-mismatch", "this value would contain itself")
            .at(self.span, "its type has no end")
            .help("a list and its elements, an option and its content are of different types")
    }
}
