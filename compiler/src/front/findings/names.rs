//! Names that are unknown or declared twice.

use floret_ir::{Diagnostic, Finding, RuleOp, Span};

use super::list;

/// What a name was looked up as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::front) enum NameKind {
    Collection,
    Role,
    /// In an expression.
    Function,
    Type,
    Attribute,
    Struct,
    /// In a pattern.
    Constructor,
    /// The first part of `a::b`.
    Module,
    /// After `floret::`.
    Builtin,
}

/// A name that nothing has.
pub(in crate::front) struct UnknownName {
    pub kind: NameKind,
    pub name: String,
    pub span: Span,
    pub suggestion: Option<String>,
}

impl Finding for UnknownName {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.name;
        let (what, otherwise) = match self.kind {
            NameKind::Collection => (
                "collection",
                Some(format!(
                    "declare it (`table {name}(...);` or another kind), or fill it: `{name}(...) <= ...;`"
                )),
            ),
            NameKind::Role => ("role", Some(format!("declare it: `role {name};`"))),
            NameKind::Function => (
                "function",
                Some(format!(
                    "declare it: `fn {name}(x: int) -> int = ...;`; the language reference lists those of the library"
                )),
            ),
            NameKind::Type => (
                "type",
                Some(format!(
                    "the types are `int`, `float`, `bool`, `string`, `bytes`, `time`, `duration`, tuples, `list<T>`, \
                     `set<T>`, `map<K, V>`, `option<T>`, the roles' names, and what is declared: `struct {name} {{ ... }}`"
                )),
            ),
            NameKind::Struct => ("struct", Some(format!("declare it: `struct {name} {{ field: int }}`"))),
            NameKind::Constructor => (
                "constructor",
                Some("constructors are those of enums, `some` and `none`; a name that a pattern binds begins with a small letter".to_owned()),
            ),
            NameKind::Builtin => ("collection", Some("there are `floret::error` and `floret::conflict`".to_owned())),
            NameKind::Attribute => ("attribute", None),
            NameKind::Module => ("module", None),
        };
        let diagnostic = Diagnostic::error("unknown-name", format!("there is no {what} `{name}`"))
            .at(self.span, "unknown name");
        match (&self.suggestion, otherwise) {
            (Some(near), _) => diagnostic.help(format!("did you mean `{near}`?")),
            (None, Some(help)) => diagnostic.help(help),
            (None, None) => diagnostic,
        }
    }
}

/// A head of an operator that doesn't make a view, without a declaration.
pub(in crate::front) struct UndeclaredHead {
    pub name: String,
    /// `None`: a fact.
    pub op: Option<RuleOp>,
    pub span: Span,
    pub suggestion: Option<String>,
}

impl Finding for UndeclaredHead {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.name;
        let how = match self.op {
            None => "a fact".to_owned(),
            Some(op) => format!("a rule with `{}`", op.symbol()),
        };
        let kind = match self.op {
            None => "table",
            Some(RuleOp::Later) => "channel",
            Some(RuleOp::Now | RuleOp::Next | RuleOp::Delete | RuleOp::Replace) => "table",
        };
        let diagnostic = Diagnostic::error("unknown-name", format!("there is no collection `{name}`"))
            .at(self.span, format!("{how} needs a declared collection"))
            .note("only a head with `<=` makes an undeclared collection: a view");
        diagnostic.help(match &self.suggestion {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it: `{kind} {name}(...);`"),
        })
    }
}

/// A column that the collection doesn't have.
pub(in crate::front) struct UnknownColumn {
    pub relation: String,
    pub column: String,
    pub span: Span,
    pub declared: Option<Span>,
    pub columns: Vec<String>,
    pub suggestion: Option<String>,
}

impl Finding for UnknownColumn {
    fn diagnostic(&self) -> Diagnostic {
        let UnknownColumn { relation, column, .. } = self;
        let mut diagnostic =
            Diagnostic::error("unknown-column", format!("`{relation}` has no column `{column}`"))
                .at(self.span, "no such column");
        if let Some(declared) = self.declared {
            diagnostic = diagnostic.because(declared, format!("`{relation}` is declared here"));
        }
        match &self.suggestion {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None if self.columns.is_empty() => diagnostic,
            None => diagnostic.help(format!("its columns are {}", list(&self.columns))),
        }
    }
}

/// One name for two things.
pub(in crate::front) struct Duplicate {
    pub name: String,
    pub first: Span,
    pub second: Span,
}

impl Finding for Duplicate {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("duplicate-name", format!("`{}` is declared twice", self.name))
            .at(self.second, "declared again")
            .because(self.first, "first declared here")
            .help("give one of them another name")
    }
}
