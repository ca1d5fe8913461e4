//! Variables that get no value, or two.

use floret_ir::{Diagnostic, Finding, Span};

/// Where an unbound variable is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::front) enum Use {
    Head,
    Place,
    Negation,
    Condition,
    LetValue,
    Unnest,
}

/// A variable without a value.
pub(in crate::front) struct Unbound {
    pub name: String,
    pub span: Span,
    pub used: Use,
    /// It is one whole side of a `==` in a condition.
    pub is_compared: bool,
    /// The most similar bound variable.
    pub suggestion: Option<String>,
    /// It is a role's name.
    pub is_role: bool,
    /// It is a collection's name.
    pub is_collection: bool,
}

impl Finding for Unbound {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.name;
        let place = match self.used {
            Use::Head => "in the head",
            Use::Place => "after `@`",
            Use::Negation => "in the negation",
            Use::Condition => "in this condition",
            Use::LetValue => "in the value of this `let`",
            Use::Unnest => "in what this `in` takes apart",
        };
        let help = if self.is_role {
            format!(
                "`{name}` is a role: `{name}[e]` is one of its members, and a literal `{name}(n)` ranges over them"
            )
        } else if self.is_collection {
            format!("`{name}` is a collection: read it with `{name}(...)`")
        } else if let Some(near) = &self.suggestion {
            format!("did you mean `{near}`?")
        } else if self.is_compared {
            format!("`==` compares; to give `{name}` a value write `let {name} = ...`")
        } else {
            match self.used {
                Use::Negation => {
                    format!("write `_` if any value will do, or bind `{name}` in a positive atom")
                }
                Use::Head | Use::Place | Use::Condition | Use::LetValue | Use::Unnest => {
                    format!("bind `{name}` in a positive atom of the body, or with `let {name} = ...`")
                }
            }
        };
        Diagnostic::error("unbound-variable", format!("the variable `{name}` {place} has no value"))
            .at(self.span, "no positive atom and no `let` of this rule binds it")
            .help(help)
    }
}

/// A `let` of a variable that has a value already.
pub(in crate::front) struct BoundTwice {
    pub name: String,
    pub second: Span,
    pub first: Span,
}

impl Finding for BoundTwice {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.name;
        Diagnostic::error("bound-twice", format!("`let` gives `{name}` a value that it has already"))
            .at(self.second, "bound again")
            .because(self.first, "bound here")
            .help(format!("to compare, write `{name} == ...` without `let`; else use another name"))
    }
}

/// `let`s that need each other's values.
pub(in crate::front) struct LetCycle {
    /// Names and places, each needing a later one; the last needs the first.
    pub lets: Vec<(String, Span)>,
}

impl Finding for LetCycle {
    fn diagnostic(&self) -> Diagnostic {
        let names: Vec<String> = self.lets.iter().map(|(name, _)| format!("`{name}`")).collect();
        let title = match names.as_slice() {
            [one] => format!("the value of {one} needs {one}"),
            _ => format!("the values of {} need each other", names.join(", ")),
        };
        let mut diagnostic = Diagnostic::error("let-cycle", title);
        for (index, (_, span)) in self.lets.iter().enumerate() {
            diagnostic = if index == 0 { diagnostic.at(*span, "") } else { diagnostic.because(*span, "") };
        }
        diagnostic.help("bind one of them in a positive atom")
    }
}
