//! Composite values and patterns.

use floret_ir::{Diagnostic, Finding, Span};

use super::types::Evidence;
use super::{counted, list};

/// A constructor with too many or too few arguments.
pub(in crate::front) struct ConstructorArity {
    pub name: String,
    pub takes: usize,
    pub given: usize,
    pub span: Span,
}

impl Finding for ConstructorArity {
    fn diagnostic(&self) -> Diagnostic {
        let ConstructorArity { name, takes, given, .. } = self;
        let verb = if *given == 1 { "is" } else { "are" };
        let diagnostic = Diagnostic::error(
            "wrong-arity",
            format!("`{name}` takes {}, but {given} {verb} given", counted(*takes, "argument")),
        )
        .at(self.span, "");
        let args = vec!["_"; *takes].join(", ");
        match (takes, given) {
            (0, _) => diagnostic.help(format!("write `{name}` without parentheses")),
            (_, 0) => {
                diagnostic.help(format!("write `{name}(...)`; in a pattern, `{name}({args})` takes all"))
            }
            _ => diagnostic,
        }
    }
}

/// A field that a struct doesn't have.
pub(in crate::front) struct UnknownField {
    pub of: String,
    pub field: String,
    pub span: Span,
    pub fields: Vec<String>,
    pub suggestion: Option<String>,
}

impl Finding for UnknownField {
    fn diagnostic(&self) -> Diagnostic {
        let diagnostic =
            Diagnostic::error("unknown-field", format!("`{}` has no field `{}`", self.of, self.field))
                .at(self.span, "no such field");
        match &self.suggestion {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help(format!("its fields are {}", list(&self.fields))),
        }
    }
}

/// A struct without a value for a field.
pub(in crate::front) struct MissingField {
    pub of: String,
    pub field: String,
    pub span: Span,
}

impl Finding for MissingField {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("missing-field", format!("field `{}` of `{}` gets no value", self.field, self.of))
            .at(self.span, "a struct has a value for each of its fields")
            .help(format!("add `{}: ...`", self.field))
    }
}

/// A field of something without fields.
pub(in crate::front) struct NoFields {
    pub found: String,
    pub field: String,
    pub span: Span,
    pub because: Evidence,
}

impl Finding for NoFields {
    fn diagnostic(&self) -> Diagnostic {
        let NoFields { found, field, .. } = self;
        let diagnostic = Diagnostic::error("unknown-field", format!("`{found}` has no part `{field}`"))
            .at(self.span, "no such part");
        let diagnostic = if self.because.span == self.span {
            diagnostic
        } else {
            diagnostic.because(self.because.span, self.because.text.clone())
        };
        diagnostic.help(if found.starts_with('(') {
            "the parts of a tuple are numbered from 0: `pair.0`, `pair.1`"
        } else {
            "structs have fields, and tuples have numbered parts; what an `option` or `enum` holds is read with `match`"
        })
    }
}

/// A function of the program named without being called.
pub(in crate::front) struct FunctionWithoutCall {
    pub name: String,
    pub span: Span,
}

impl Finding for FunctionWithoutCall {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.name;
        Diagnostic::error(
            "function-without-call",
            format!("`{name}` is a function, and functions are no values"),
        )
        .at(self.span, "not called")
        .help(format!("call it, `{name}(...)`, or give the variable another name"))
    }
}

/// A text with a unit that is no duration.
pub(in crate::front) struct WrongDuration {
    pub span: Span,
}

impl Finding for WrongDuration {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("wrong-duration", "this is no duration")
            .at(self.span, "whole numbers with units, up to 292 years")
            .help("as `500ms`, `1m30s`; the units are `d h m s ms us ns`")
    }
}

/// A `match` without arms.
pub(in crate::front) struct NoArms {
    pub span: Span,
}

impl Finding for NoArms {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("match-not-complete", "this `match` has no arms")
            .at(self.span, "")
            .help("write one for each case: `match x { none => 0, some(y) => y }`")
    }
}

/// Something in a pattern that is none.
pub(in crate::front) struct NoPattern {
    pub span: Span,
}

impl Finding for NoPattern {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("no-pattern", "this is no pattern")
            .at(self.span, "")
            .note("patterns are literals, names, `_`, tuples, structs, and constructors of enums and options")
            .help("bind a name, and compare it in the arm: `x => if x == ... then ... else ...`")
    }
}

/// A `match` that leaves a case out.
pub(in crate::front) struct NotComplete {
    pub span: Span,
    /// A case that no arm takes.
    pub missing: String,
}

impl Finding for NotComplete {
    fn diagnostic(&self) -> Diagnostic {
        let missing = &self.missing;
        Diagnostic::error("match-not-complete", format!("no arm of this `match` takes `{missing}`"))
            .at(self.span, "every value needs an arm")
            .help(format!("add `{missing} => ...`, or `_ => ...` for all others"))
    }
}

/// An arm whose values earlier arms take.
pub(in crate::front) struct UnreachableArm {
    pub span: Span,
}

impl Finding for UnreachableArm {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::warning("unreachable-arm", "no value gets to this arm")
            .at(self.span, "the arms before it take all that it takes")
            .help("leave it out, or move it up")
    }
}

/// A `match` of too many combinations to look at.
pub(in crate::front) struct MatchTooLarge {
    pub span: Span,
}

impl Finding for MatchTooLarge {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("match-too-large", "this `match` has too many combinations of cases to check")
            .at(self.span, "")
            .help("match one part after the other")
    }
}

/// An empty list or `none` whose type nothing tells.
pub(in crate::front) struct UndeterminedValue {
    pub span: Span,
    /// As it is written.
    pub value: &'static str,
}

impl Finding for UndeterminedValue {
    fn diagnostic(&self) -> Diagnostic {
        let value = self.value;
        let what = if value == "none" { "what it could hold" } else { "what its elements would be" };
        Diagnostic::error("undetermined-type", format!("nothing determines the type of `{value}`"))
            .at(self.span, format!("nothing says {what}"))
            .help("declare the column that it fills, or use it where the type is known")
    }
}

/// A variable whose type nothing tells.
pub(in crate::front) struct UndeterminedVariable {
    pub name: String,
    pub span: Span,
}

impl Finding for UndeterminedVariable {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("undetermined-type", format!("nothing determines the type of `{}`", self.name))
            .at(self.span, "it is used, but nothing says as what")
            .help("declare the collections that the rule reads and fills")
    }
}
