//! What is laid out: texts, places where a line may end, and groups of them.

/// A piece of the layout.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Piece<'a> {
    /// Stands where it is; without line ends.
    Text(&'a str),
    /// The line ends here, or this text stands here.
    Line(&'static str),
    /// The line ends here, and an empty one follows if `blank`.
    Hard {
        /// Whether an empty line follows.
        blank: bool,
    },
    /// Begins a group: either all its own `Line`s end the line or none does.
    Open {
        /// Whether a line ends within it in any case.
        broken: bool,
        /// Whether groups before it on the line end theirs first.
        stiff: bool,
    },
    /// Ends the innermost group.
    Close,
    /// Lines that begin from here on are indented deeper.
    Indent,
    /// Takes the innermost `Indent` back.
    Dedent,
    /// A comma if the group's lines end.
    CommaIfBroken,
    /// A comment at the end of the line; `Hard` follows.
    Trailing(Comment<'a>),
    /// A `//` comment on a line of its own, in the column of the comment above; `Hard` stands before and after it.
    Below(&'a str),
    /// A comment that begins a line; `Hard` stands before and after it.
    Own(Comment<'a>),
}

/// A comment as written.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Comment<'a> {
    /// With its marks.
    pub text: &'a str,
    /// The column it begins in (in characters, from 0), 0 if something stands before it on its line.
    pub indent: usize,
}

impl Comment<'_> {
    /// Whether it reaches to the end of its line.
    pub fn is_line(&self) -> bool {
        self.text.starts_with("//")
    }

    /// Whether it belongs to the statement after it.
    pub fn is_doc(&self) -> bool {
        self.text.starts_with("///")
    }

    /// Whether something may follow on its line.
    pub fn is_inline(&self) -> bool {
        !self.is_line() && !self.text.contains('\n')
    }
}
