//! Messages about the shape of a file: blocks, nesting, sizes.

use floret_ir::{Diagnostic, Finding, Span};

use crate::unit::{DEPTH_LIMIT, Stop};

/// A `}` without its `{`.
pub struct UnmatchedBrace {
    /// The `}`.
    pub brace: Span,
}

impl Finding for UnmatchedBrace {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("syntax", "this `}` closes nothing")
            .at(self.brace, "no block is open here")
            .help("remove it, or add the block's beginning, as `on Server {`")
    }
}

/// A block that the file ends in.
pub struct UnclosedBlock {
    /// Its `{`.
    pub brace: Span,
    /// The end of the file.
    pub end: Span,
}

impl Finding for UnclosedBlock {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("syntax", "this block is not closed")
            .at(self.brace, "opened here")
            .because(self.end, "the file ends here")
            .help("add a `}`")
    }
}

/// Why the parser stopped, apart from an unexpected token.
pub struct Stopped<'a> {
    /// Why.
    pub stop: &'a Stop,
    /// Where.
    pub span: Span,
}

impl Finding for Stopped<'_> {
    fn diagnostic(&self) -> Diagnostic {
        match self.stop {
            Stop::TooDeep => Diagnostic::error("too-deep", "this nests too deep")
                .at(
                    self.span,
                    format!("more than {DEPTH_LIMIT} brackets, operators or blocks in one another"),
                )
                .help("name parts of it with `let`, or with views of their own"),
            Stop::Unreadable => Diagnostic::error("syntax", "this cannot be read").at(self.span, ""),
            Stop::SecondPlace { first, second } => {
                Diagnostic::error("syntax", "a collection lives on one role")
                    .at(*second, "a second role")
                    .because(*first, "the first")
                    .help("remove one `on`, or declare two collections")
            }
        }
    }
}

/// A file with so many mistakes that the rest is not told.
pub struct TooManyErrors {
    /// Where the next is.
    pub next: Span,
}

impl Finding for TooManyErrors {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("syntax", "too many mistakes")
            .at(self.next, "further ones, from here on, are not shown")
    }
}

/// A file that spans cannot address.
pub struct FileTooLong {
    /// Its beginning.
    pub start: Span,
}

impl Finding for FileTooLong {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("file-too-long", "this file is longer than 4 GiB")
            .at(self.start, "")
            .help("split it; rows belong into input files")
    }
}
