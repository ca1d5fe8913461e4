//! Diagnostics as data. They are rendered in one place, `floret_lang::render`.

use serde::{Deserialize, Serialize};

use crate::Span;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Severity {
    /// Worth a look; the program still compiles.
    Warning,
    /// The program is refused.
    Error,
}

/// A marked piece of source with a few words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What about it; may be empty.
    pub text: String,
    /// Whether this is *the* place (else it is evidence).
    pub primary: bool,
}

/// A message to the programmer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable kebab-case name of the kind of finding, as `unknown-name`.
    pub code: String,
    /// What is wrong, in one line.
    pub title: String,
    /// The places, most important first.
    pub labels: Vec<Label>,
    /// Explanations, one paragraph each.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without labels yet.
    pub fn error(code: &str, title: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, title.into())
    }
    /// A warning without labels yet.
    pub fn warning(code: &str, title: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, title.into())
    }
    fn new(severity: Severity, code: &str, title: String) -> Self {
        Diagnostic {
            severity,
            code: code.to_owned(),
            title,
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }
    /// Marks the place.
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), primary: true });
        self
    }
    /// Marks a place that is evidence.
    pub fn because(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), primary: false });
        self
    }
    /// Adds an explanation.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }
    /// Says what to do.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

/// One kind of finding: its facts are the fields, its wording is [`Finding::diagnostic`].
pub trait Finding {
    /// The finding in words.
    fn diagnostic(&self) -> Diagnostic;
}

/// The sink that passes push their findings into.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }
    /// Takes a finding.
    pub fn push(&mut self, finding: impl Finding) {
        self.list.push(finding.diagnostic());
    }
    /// Takes a finished diagnostic.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }
    /// Whether any error was pushed.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }
    /// All findings in the order of their first label's place.
    pub fn sorted(&self) -> Vec<Diagnostic> {
        let mut list = self.list.clone();
        list.sort_by_key(|d| d.labels.first().map(|label| label.span));
        list.dedup();
        list
    }
}

impl Finding for Diagnostic {
    fn diagnostic(&self) -> Diagnostic {
        self.clone()
    }
}
