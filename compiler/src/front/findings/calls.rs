//! Atoms, heads and functions that are not written as they are declared, or stand where they can't.

use floret_ir::{Diagnostic, Finding, Span};

use super::counted;

/// An atom, head or fact with too many or too few columns.
pub(in crate::front) struct WrongArity {
    pub relation: String,
    pub columns: usize,
    pub given: usize,
    pub span: Span,
    /// Where the collection gets its columns from.
    pub declared: Span,
    pub inferred: bool,
}

impl Finding for WrongArity {
    fn diagnostic(&self) -> Diagnostic {
        let WrongArity { relation, columns, given, .. } = self;
        let origin = if self.inferred {
            format!("this head makes `{relation}` a view of {}", counted(*columns, "column"))
        } else {
            format!("`{relation}` is declared here")
        };
        let diagnostic = Diagnostic::error(
            "wrong-arity",
            format!("`{relation}` has {}, but {given} {} given", counted(*columns, "column"), are(*given)),
        )
        .at(self.span, format!("{} here", counted(*given, "column")))
        .because(self.declared, origin);
        if given < columns {
            diagnostic.help(format!(
                "in a body, write `_` for a column that doesn't matter, or name columns: `{relation}(column: value)`; a \
                 head or fact has a value for every column"
            ))
        } else {
            diagnostic
        }
    }
}

fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// A function with too many or too few arguments.
pub(in crate::front) struct FunctionArity {
    pub function: String,
    pub params: usize,
    pub given: usize,
    pub span: Span,
    pub does: &'static str,
}

impl Finding for FunctionArity {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(
            "wrong-arity",
            format!(
                "`{}` takes {}, but {} {} given",
                self.function,
                counted(self.params, "argument"),
                self.given,
                are(self.given)
            ),
        )
        .at(self.span, format!("{} here", counted(self.given, "argument")))
        .note(format!("`{}`: {}", self.function, self.does.trim()))
    }
}

/// A collection or role inside an expression.
pub(in crate::front) struct CollectionInExpression {
    pub name: String,
    pub span: Span,
    /// Right under `not`.
    pub negated: bool,
}

impl Finding for CollectionInExpression {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.name;
        Diagnostic::error("collection-in-expression", format!("`{name}` is a collection, not a function"))
            .at(self.span, "a collection has no value")
            .help(if self.negated {
                format!("write `!{name}(...)` as a literal of its own")
            } else {
                format!("read it as a literal of its own, `{name}(...)`, and use the variables it binds")
            })
    }
}

/// `!` before a function.
pub(in crate::front) struct NegatedFunction {
    pub name: String,
    pub span: Span,
}

impl Finding for NegatedFunction {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(
            "negated-function",
            format!("`{}` is a function, and `!` negates collections", self.name),
        )
        .at(self.span, "")
        .help(format!("write `not {}(...)`", self.name))
    }
}

/// An aggregate somewhere else than as a whole head argument.
pub(in crate::front) struct MisplacedAggregate {
    pub name: String,
    pub span: Span,
    /// Why not here.
    pub place: &'static str,
}

impl Finding for MisplacedAggregate {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("misplaced-aggregate", format!("the aggregate `{}` can't stand {}", self.name, self.place))
            .at(self.span, "")
            .help(format!(
                "an aggregate is a whole argument of a head: fill a view with it, `total(key, {}(...)) <= ...;`, and read that",
                self.name
            ))
    }
}

/// An aggregate with the wrong number of arguments.
pub(in crate::front) struct AggregateArity {
    pub name: String,
    pub span: Span,
}

impl Finding for AggregateArity {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.name;
        let (count, help) = match name.as_str() {
            "count" => (
                "at most one argument",
                "write `count()` for the number of rows, `count(x)` for the number of different values"
                    .to_owned(),
            ),
            "arg_min" | "arg_max" => {
                let which = if name == "arg_min" { "least" } else { "greatest" };
                ("two arguments", format!("`{name}(x, by)` is the x of the {which} `by`"))
            }
            _ => ("one argument", format!("`{name}` takes one expression: `{name}(x)`")),
        };
        Diagnostic::error("wrong-arity", format!("the aggregate `{name}` takes {count}"))
            .at(self.span, "")
            .help(help)
    }
}

/// A named argument where nothing has names.
pub(in crate::front) struct NamedArgument {
    pub callee: String,
    pub span: Span,
}

impl Finding for NamedArgument {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("named-argument", format!("the arguments of `{}` have no names", self.callee))
            .at(self.span, "write the value alone")
    }
}

/// An unnamed argument after a named one.
pub(in crate::front) struct UnnamedAfterNamed {
    pub span: Span,
    pub named: Span,
}

impl Finding for UnnamedAfterNamed {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("named-argument", "an argument without a name stands after one with a name")
            .at(self.span, "which column is this?")
            .because(self.named, "named from here on")
            .help("name this one too")
    }
}

/// Two arguments for one column.
pub(in crate::front) struct GivenTwice {
    pub relation: String,
    pub column: String,
    pub first: Span,
    pub second: Span,
}

impl Finding for GivenTwice {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(
            "named-argument",
            format!("column `{}` of `{}` is given twice", self.column, self.relation),
        )
        .at(self.second, "given again")
        .because(self.first, "given here")
    }
}

/// A head or fact by name that leaves a column out.
pub(in crate::front) struct MissingColumn {
    pub relation: String,
    pub column: String,
    pub span: Span,
    pub declared: Span,
}

impl Finding for MissingColumn {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(
            "missing-column",
            format!("column `{}` of `{}` gets no value", self.column, self.relation),
        )
        .at(self.span, "a head or fact says what every column is")
        .because(self.declared, "the column")
        .help(format!("add `{}: ...`", self.column))
    }
}

/// `_` where a value is needed.
pub(in crate::front) struct MisplacedWildcard {
    pub span: Span,
    pub place: WildcardPlace,
}

/// Where a misplaced `_` stands.
#[derive(Clone, Copy)]
pub(in crate::front) enum WildcardPlace {
    Expression,
    Head,
    Fact,
    /// In a `<-` head, but in a column of the key.
    DeletedKey,
}

impl Finding for MisplacedWildcard {
    fn diagnostic(&self) -> Diagnostic {
        let (title, help) = match self.place {
            WildcardPlace::Expression => {
                ("`_` has no value to compute with", "give it a name and bind that in an atom")
            }
            WildcardPlace::Head => {
                ("`_` in a head says nothing about what is derived", "write the value of the column")
            }
            WildcardPlace::Fact => ("`_` in a fact says nothing", "write the value of the column"),
            WildcardPlace::DeletedKey => (
                "in a head of `<-`, `_` stands for value columns only (those after `=>`)",
                "bind the column by reading the rows to delete in the body",
            ),
        };
        Diagnostic::error("misplaced-wildcard", title).at(self.span, "").help(help)
    }
}

/// `f@n(...)` of something that has no place.
pub(in crate::front) struct MisplacedPlace {
    pub name: String,
    pub span: Span,
}

impl Finding for MisplacedPlace {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(
            "misplaced-place",
            format!("`{}` is not at a node: `@` is for collections", self.name),
        )
        .at(self.span, "leave the `@` out")
    }
}
