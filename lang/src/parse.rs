//! Text to tree. The grammar reads one item at a time; here the items are found, put into their blocks, and after a
//! mistake the next item is looked for.

use floret_ir::{Diagnostics, FileId, Finding, Span};
use lalrpop_util::ParseError;

use crate::grammar::{ItemParser, StepParser};
use crate::item::{Header, Item, ItemKind};
use crate::lexer::{Lexed, Lexeme, lex};
use crate::lexical_error::Unreadable;
use crate::structure_error::{FileTooLong, Stopped, TooManyErrors, UnclosedBlock, UnmatchedBrace};
use crate::syntax_error::Unexpected;
use crate::token::Token;
use crate::tree::{Attribute, Statement, StatementKind, TestStep, Tree};
use crate::unit::{DEPTH_LIMIT, Stop, Unit, UnitEnd, starts_declaration};

/// After more mistakes than this the rest of a file is not read: it is probably no program.
const ERROR_LIMIT: usize = 100;

/// Reads a file. What cannot be read is left out of the tree, and `sink` says where and why.
pub fn parse(text: &str, file: FileId, sink: &mut Diagnostics) -> Tree {
    if u32::try_from(text.len()).is_err() {
        sink.push(FileTooLong { start: Span { file, start: 0, end: 0 } });
        return Tree::default();
    }
    let Lexed { lexemes, comments, problems } = lex(text, file);
    let mut errors = Diagnostics::new();
    for problem in &problems {
        errors.push(Unreadable::new(problem, text, file));
    }
    let mut parser = Parser {
        text,
        file,
        lexemes: &lexemes,
        comments: &comments,
        blocks: vec![Block::file()],
        errors,
        failures: 0,
        next: 0,
    };
    parser.file();
    let Parser { mut blocks, errors, .. } = parser;
    let statements = blocks.pop().map(|file| file.statements).unwrap_or_default();
    report(errors, sink);
    Tree { statements, comments }
}

fn report(errors: Diagnostics, sink: &mut Diagnostics) {
    let errors = errors.sorted();
    let next = errors.get(ERROR_LIMIT).and_then(|error| error.labels.first()).map(|label| label.span);
    for error in errors.into_iter().take(ERROR_LIMIT) {
        sink.add(error);
    }
    if let Some(next) = next {
        sink.push(TooManyErrors { next });
    }
}

/// A block that is being read, and what is in it so far.
struct Block {
    /// Nothing for the file itself, and for a block whose beginning could not be read.
    header: Option<Header>,
    attributes: Vec<Attribute>,
    doc: Option<String>,
    /// From its first token to its `{`.
    span: Span,
    statements: Vec<Statement>,
    steps: Vec<TestStep>,
}

impl Block {
    fn file() -> Self {
        Self::unreadable(Span { file: FileId(0), start: 0, end: 0 })
    }

    /// A block whose contents are given to the block around it.
    fn unreadable(span: Span) -> Self {
        Block {
            header: None,
            attributes: Vec::new(),
            doc: None,
            span,
            statements: Vec::new(),
            steps: Vec::new(),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    file: FileId,
    lexemes: &'a [Lexeme],
    comments: &'a [crate::tree::Name],
    /// The file, then the blocks open at `next`; never empty.
    blocks: Vec<Block>,
    errors: Diagnostics,
    /// How many mistakes were found.
    failures: usize,
    /// The next token.
    next: usize,
}

/// What the grammar made of an item, and the token after it.
enum Outcome {
    Item(Item, usize),
    Step(TestStep, usize),
    Failed(Failure),
}

/// Where and why the grammar's parser stopped.
struct Failure {
    /// The token it stopped at.
    at: usize,
    why: Why,
    /// The innermost bracket open there.
    open_bracket: Option<usize>,
    unit_end: UnitEnd,
}

enum Why {
    Unexpected(Vec<String>),
    Stop(Stop),
}

impl Parser<'_> {
    fn file(&mut self) {
        while let Some(lexeme) = self.lexemes.get(self.next).filter(|_| self.failures <= ERROR_LIMIT) {
            match lexeme.token {
                // An empty statement: harmless, as after a block.
                Token::Semicolon => self.next += 1,
                Token::BraceClose => {
                    let span = self.span(self.next, self.next);
                    self.next += 1;
                    if self.blocks.len() > 1 {
                        self.close_block(span);
                    } else {
                        self.failures += 1;
                        self.errors.push(UnmatchedBrace { brace: span });
                    }
                }
                _ => self.item(),
            }
        }
        let end = self.end_of_text();
        let cut_off = self.failures > ERROR_LIMIT;
        while self.blocks.len() > 1 {
            if !cut_off && let Some(block) = self.blocks.last() {
                let brace = Span { start: block.span.end.saturating_sub(1), ..block.span };
                self.errors.push(UnclosedBlock { brace, end });
            }
            self.close_block(end);
        }
    }

    fn in_test(&self) -> bool {
        matches!(self.blocks.last(), Some(Block { header: Some(Header::Test { .. }), .. }))
    }

    /// Reads one item. Always goes forward by at least one token.
    fn item(&mut self) {
        let start = self.next;
        match self.attempt(self.lexemes, start) {
            Outcome::Item(item, next) => {
                self.next = next;
                self.take(item, start);
            }
            Outcome::Step(step, next) => {
                self.next = next;
                self.take_step(step);
            }
            Outcome::Failed(failure) => self.recover(start, &failure),
        }
    }

    fn attempt(&self, lexemes: &[Lexeme], start: usize) -> Outcome {
        let mut unit = Unit::new(lexemes, start);
        let result = if self.in_test() {
            StepParser::new().parse(self.file, &mut unit).map(|step| Outcome::Step(step, unit.next))
        } else {
            ItemParser::new().parse(self.file, &mut unit).map(|item| Outcome::Item(item, unit.next))
        };
        result.unwrap_or_else(|error| {
            let before = unit.next.saturating_sub(1).max(start);
            let (at, why) = match error {
                ParseError::UnrecognizedToken { expected, .. } => (before, Why::Unexpected(expected)),
                ParseError::UnrecognizedEof { expected, .. } => (unit.next, Why::Unexpected(expected)),
                ParseError::ExtraToken { .. } => (before, Why::Unexpected(Vec::new())),
                ParseError::InvalidToken { .. } => (before, Why::Unexpected(Vec::new())),
                ParseError::User { error } => (before, Why::Stop(error)),
            };
            let open_bracket = Unit::new(lexemes, start).open_bracket_before(at);
            Outcome::Failed(Failure { at, why, open_bracket, unit_end: unit.end })
        })
    }

    fn take(&mut self, item: Item, start: usize) {
        let doc = self.doc_before(start);
        let Item { attributes, kind, span } = item;
        match kind {
            ItemKind::Statement(kind) => self.add(Statement { attributes, doc, kind, span }),
            ItemKind::Open(_) if self.blocks.len() > DEPTH_LIMIT => {
                self.errors.push(Stopped { stop: &Stop::TooDeep, span });
                self.skip_block();
            }
            ItemKind::Open(header) => {
                let (statements, steps) = (Vec::new(), Vec::new());
                self.blocks.push(Block { header: Some(header), attributes, doc, span, statements, steps });
            }
        }
    }

    fn add(&mut self, statement: Statement) {
        if let Some(block) = self.blocks.last_mut() {
            block.statements.push(statement);
        }
    }

    fn take_step(&mut self, step: TestStep) {
        if let Some(block) = self.blocks.last_mut() {
            block.steps.push(step);
        }
    }

    /// Puts the innermost block, which ends at `end`, into the one around it.
    fn close_block(&mut self, end: Span) {
        let Some(Block { header, attributes, doc, span, statements, steps }) = self.blocks.pop() else {
            return;
        };
        let kind = match header {
            Some(Header::On(role)) => StatementKind::On { role, statements },
            Some(Header::Monotone) => StatementKind::Monotone(statements),
            Some(Header::Module { name, params }) => StatementKind::Module { name, params, statements },
            Some(Header::Test { name, nodes }) => StatementKind::Test { name, nodes, steps },
            None => {
                statements.into_iter().for_each(|statement| self.add(statement));
                return;
            }
        };
        self.add(Statement { attributes, doc, kind, span: span.to(end) });
    }

    /// Passes over a block's contents and its `}`; `next` is right after its `{`.
    fn skip_block(&mut self) {
        let mut open = 1;
        while let Some(lexeme) = self.lexemes.get(self.next).filter(|_| open > 0) {
            match lexeme.token {
                Token::BraceOpen | Token::FieldsOpen => open += 1,
                Token::BraceClose => open -= 1,
                _ => {}
            }
            self.next += 1;
        }
    }

    /// Says what is wrong with the item at `start`, keeps what can be kept, and goes to where the next one starts.
    fn recover(&mut self, start: usize, failure: &Failure) {
        let at = failure.at;
        self.failures += 1;
        match &failure.why {
            Why::Stop(stop) => {
                if *stop != Stop::Unreadable {
                    let span = self.span(at, at);
                    self.errors.push(Stopped { stop, span });
                }
            }
            Why::Unexpected(expected) => {
                let separate = self.starts_afresh(start, at);
                self.unexpected(start, failure, expected, separate);
                // Only the `;` is missing: the item is whole, and the next one starts here.
                if separate && at > start && expected.iter().any(|token| token == "\";\"") {
                    self.take_with_semicolon(start, at);
                    return;
                }
            }
        }
        self.next = self.resynchronise(start, failure).max(start + 1);
    }

    fn unexpected(&mut self, start: usize, failure: &Failure, expected: &[String], separate: bool) {
        let at = failure.at;
        let before = at.checked_sub(1).filter(|before| *before >= start);
        let error = Unexpected {
            found: self.lexemes.get(at).map(|lexeme| &lexeme.token),
            span: self.span(at, at),
            text: self.slice(at),
            after: self.slice(at + 1),
            before: before.map(|before| (self.span(before, before), self.slice(before))),
            second: at == start + 1,
            expected,
            open_bracket: failure
                .open_bracket
                .map(|bracket| (self.span(bracket, bracket), self.slice(bracket))),
            separate,
            in_test: self.in_test(),
        };
        let message = error.diagnostic();
        self.errors.add(message);
    }

    /// Whether a new item seems to start at `at`: at the end, before a `}`, at a line's beginning that is indented no
    /// deeper than the item's, or at a keyword with what it needs.
    fn starts_afresh(&self, start: usize, at: usize) -> bool {
        let Some(lexeme) = self.lexemes.get(at) else { return true };
        lexeme.token == Token::BraceClose
            || self.starts_line(start, at)
            || starts_declaration(self.lexemes, at)
    }

    fn starts_line(&self, start: usize, at: usize) -> bool {
        match (self.lexemes.get(start), self.lexemes.get(at)) {
            (Some(item), Some(lexeme)) => {
                at > start
                    && lexeme.starts_line
                    && lexeme.indent <= item.indent
                    && (lexeme.token.is_name() || lexeme.token == Token::At)
            }
            (None, _) | (_, None) => false,
        }
    }

    /// Reads the item `start..at` again as if a `;` stood at its end.
    fn take_with_semicolon(&mut self, start: usize, at: usize) {
        let mut lexemes = self.lexemes[start..at].to_vec();
        let end = lexemes.last().map_or(0, |lexeme| lexeme.end);
        lexemes.push(Lexeme { token: Token::Semicolon, start: end, end, starts_line: false, indent: 0 });
        self.next = at;
        match self.attempt(&lexemes, 0) {
            Outcome::Item(item, _) => self.take(item, start),
            Outcome::Step(step, _) => self.take_step(step),
            // The grammar said that a `;` could follow; it can still refuse the whole.
            Outcome::Failed(_) => {}
        }
    }

    /// Where the item after the one that failed starts.
    fn resynchronise(&mut self, start: usize, failure: &Failure) -> usize {
        let mut open: usize = 0;
        for lexeme in &self.lexemes[start..failure.at.min(self.lexemes.len())] {
            match lexeme.token {
                Token::BraceOpen | Token::FieldsOpen => open += 1,
                Token::BraceClose => open = open.saturating_sub(1),
                _ => {}
            }
        }
        for at in failure.at..self.lexemes.len() {
            if at > start && self.starts_line(start, at) {
                return at;
            }
            match self.lexemes[at].token {
                Token::Semicolon if failure.unit_end != UnitEnd::ClosingBrace || open == 0 => return at + 1,
                Token::BraceOpen | Token::FieldsOpen
                    if failure.unit_end == UnitEnd::OpeningBrace && open == 0 =>
                {
                    let span = self.span(start, at);
                    self.blocks.push(Block::unreadable(span));
                    return at + 1;
                }
                Token::BraceOpen | Token::FieldsOpen => open += 1,
                Token::BraceClose if open == 0 => return at,
                Token::BraceClose => {
                    open -= 1;
                    if failure.unit_end == UnitEnd::ClosingBrace && open == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
        }
        self.lexemes.len()
    }

    /// The `///` comments between the item at `start` and what stands before it.
    fn doc_before(&self, start: usize) -> Option<String> {
        let after =
            start.checked_sub(1).and_then(|before| self.lexemes.get(before)).map_or(0, |lexeme| lexeme.end);
        let until = self.lexemes.get(start).map_or(0, |lexeme| lexeme.start);
        let first = self.comments.partition_point(|comment| comment.span.start < after);
        let lines = self.comments[first..]
            .iter()
            .take_while(|comment| comment.span.start < until)
            .filter_map(|comment| comment.text.strip_prefix("///"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect::<Vec<_>>();
        if lines.is_empty() { None } else { Some(lines.join("\n")) }
    }

    /// The text of a token.
    fn slice(&self, at: usize) -> &str {
        let text =
            self.lexemes.get(at).and_then(|lexeme| self.text.get(lexeme.start as usize..lexeme.end as usize));
        text.unwrap_or("")
    }

    /// From the first token to the last.
    fn span(&self, first: usize, last: usize) -> Span {
        match (self.lexemes.get(first), self.lexemes.get(last)) {
            (Some(first), Some(last)) => Span { file: self.file, start: first.start, end: last.end },
            (None, _) | (_, None) => self.end_of_text(),
        }
    }

    /// The place right after the last token.
    fn end_of_text(&self) -> Span {
        let end = self.lexemes.last().map_or(0, |lexeme| lexeme.end);
        Span { file: self.file, start: end, end }
    }
}
