//! The message about a token that the grammar cannot read where it stands.

use floret_ir::{Diagnostic, Finding, Span};
use logos::Logos;

use crate::expected::Expected;
use crate::token::Token;

/// A token that cannot stand where it does.
pub struct Unexpected<'a> {
    /// The token; `None` at the end of the file.
    pub found: Option<&'a Token>,
    /// Its place.
    pub span: Span,
    /// Its text.
    pub text: &'a str,
    /// The text of the next one.
    pub after: &'a str,
    /// The token before it, if it belongs to the same statement.
    pub before: Option<(Span, &'a str)>,
    /// Whether it is the second of its statement.
    pub second: bool,
    /// What could stand there, as the grammar names it.
    pub expected: &'a [String],
    /// The innermost bracket open there.
    pub open_bracket: Option<(Span, &'a str)>,
    /// Whether a new statement seems to start here.
    pub separate: bool,
    /// Whether it is in a test's block.
    pub in_test: bool,
}

/// Words that begin a statement.
const STATEMENT_WORDS: [&str; 25] = [
    "role",
    "durable",
    "input",
    "output",
    "mutable",
    "static",
    "table",
    "view",
    "event",
    "channel",
    "timer",
    "on",
    "monotone",
    "confluent",
    "seal",
    "const",
    "param",
    "fn",
    "struct",
    "enum",
    "lattice",
    "use",
    "module",
    "invariant",
    "test",
];

impl Finding for Unexpected<'_> {
    fn diagnostic(&self) -> Diagnostic {
        let Some(before) = self.before else { return self.no_statement() };
        if let Some(known) = self.known_mistake(before) {
            return known;
        }
        let expected = Expected(self.expected);
        if self.separate && expected.has(";") {
            let end = Span { start: before.0.end, ..before.0 };
            return Diagnostic::error("syntax", "expected `;`").at(end, "a `;` is missing here");
        }
        let found = match self.found {
            Some(_) => format!("found `{}`", self.text),
            None => "the file ends here".to_owned(),
        };
        let error =
            Diagnostic::error("syntax", format!("expected {}", expected.in_words())).at(self.span, found);
        match self.unclosed() {
            Some((open, text)) => error.because(open, format!("this `{text}` is not closed")),
            None => error,
        }
    }
}

impl Unexpected<'_> {
    /// The open bracket, if it seems to be what is wrong.
    fn unclosed(&self) -> Option<(Span, &str)> {
        let ends = match self.found {
            Some(Token::Semicolon | Token::BraceClose | Token::ParenClose | Token::BracketClose) | None => {
                true
            }
            Some(_) => self.separate,
        };
        self.open_bracket.filter(|(_, text)| {
            let closer = match *text {
                "(" => ")",
                "[" => "]",
                _ => "}",
            };
            ends && closer != self.text
        })
    }

    fn no_statement(&self) -> Diagnostic {
        let error =
            |title: &str| Diagnostic::error("syntax", title).at(self.span, format!("found `{}`", self.text));
        if self.in_test {
            error("expected a step of the test")
                .help("write `at 0: r(1);`, `eventually r(1);`, `always ...;` or `never ...;`")
        } else if self.found.is_some_and(Token::is_hard_keyword) {
            error("expected a statement")
                .help(format!("`{}` is a keyword; it stands in bodies and expressions only", self.text))
        } else {
            error("expected a statement")
                .help("a statement is a declaration, a fact `link(\"a\", \"b\");` or a rule `path(x, y) <= link(x, y);`")
        }
    }

    /// Mistakes that many make have a message of their own.
    fn known_mistake(&self, (before_span, before): (Span, &str)) -> Option<Diagnostic> {
        let found = self.found?;
        let expected = Expected(self.expected);
        let error = |title: String, label: &str| Diagnostic::error("syntax", title).at(self.span, label);
        let text = self.text;
        match found {
            Token::OpDelete | Token::OpNext | Token::OpReplace | Token::OpLater
                if expected.after_expression() =>
            {
                Some(
                    error(
                        format!("`{text}` stands only between a head and its body"),
                        "a rule has one operator",
                    )
                    .help(format!("to compare, write `{}`", self.comparison(found, before))),
                )
            }
            Token::Equal
            | Token::NotEqual
            | Token::Less
            | Token::LessEqual
            | Token::Greater
            | Token::GreaterEqual
                if expected.after_expression() =>
            {
                Some(
                    error("comparisons do not chain".to_owned(), "a second comparison of one operand")
                        .help("write `a < b and b < c`, or put parentheses around one comparison"),
                )
            }
            Token::Assign if expected.has("==") => Some(
                error("`=` does not compare".to_owned(), "not a comparison")
                    .help("write `==` to compare, or `let x = ...` to name a value"),
            ),
            Token::Colon if expected.has("<~") && self.after == "-" => Some(
                error("`:-` is not an operator".to_owned(), "found here")
                    .help("write `<=` between a head and its body"),
            ),
            Token::Dot if expected.has(";") && !expected.after_expression() => {
                Some(error("expected `;`".to_owned(), "found `.`").help("statements end in `;`"))
            }
            _ if before == "!" => Some(
                error("`!` negates an atom only".to_owned(), "no atom starts here")
                    .because(before_span, "negation")
                    .help("to negate a condition write `not (...)`"),
            ),
            Token::Colon if is_hard_keyword(before) => Some(
                Diagnostic::error("syntax", format!("`{before}` is a keyword and cannot be a name"))
                    .at(before_span, "expected a name")
                    .help("choose another name"),
            ),
            _ if found.is_hard_keyword() && expected.has("NAME") && !expected.starts_expression() => Some(
                error(format!("`{text}` is a keyword and cannot be a name"), "expected a name")
                    .help("choose another name"),
            ),
            _ if self.second
                && !self.in_test
                && expected.has("@")
                && expected.has("::")
                && !expected.has(";") =>
            {
                Some(self.no_declaration(before_span, before))
            }
            _ => None,
        }
    }

    /// What somebody who wrote `x <-1` may have meant.
    fn comparison(&self, operator: &Token, before: &str) -> String {
        let is_word = |text: &str| {
            text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') && !text.is_empty()
        };
        let left = if is_word(before) { before } else { "x" };
        let right = if is_word(self.after) { self.after } else { "y" };
        let sign = if matches!(operator, Token::OpDelete | Token::OpReplace) { "-" } else { "" };
        format!("{left} < {sign}{right}")
    }

    /// `tabel t(x: int);`
    fn no_declaration(&self, word_span: Span, word: &str) -> Diagnostic {
        let found = match self.found {
            Some(_) => format!("found `{}`", self.text),
            None => "the file ends here".to_owned(),
        };
        let error = Diagnostic::error("syntax", format!("expected `(` after `{word}`")).at(self.span, found);
        if let Some(follows) = after_statement_word(word) {
            return Diagnostic { title: format!("expected {follows} after `{word}`"), ..error };
        }
        let near = STATEMENT_WORDS.iter().map(|known| (distance(word, known), known)).min();
        match near {
            Some((edits, known)) if edits > 0 && edits <= 2 && edits < known.len() / 2 => error
                .because(word_span, "no declaration starts with this")
                .help(format!("did you mean `{known}`?")),
            _ => error.help(
                "a statement starts with a word such as `table`, or with a call, as `path(x, y) <= ...;`",
            ),
        }
    }
}

fn is_hard_keyword(text: &str) -> bool {
    let mut tokens = Token::lexer(text);
    matches!(tokens.next(), Some(Ok(token)) if token.is_hard_keyword())
}

/// What a declaration has after its first word.
fn after_statement_word(word: &str) -> Option<&'static str> {
    match word {
        "input" | "mutable" | "static" => Some("a kind, as `table`,"),
        "output" => Some("a name or a kind, as `table`,"),
        "monotone" => Some("`{`"),
        "durable" => Some("`role`"),
        "test" => Some("a name in quotes"),
        "use" => Some("a file name in quotes or a module"),
        "seal" => Some("a channel"),
        _ if STATEMENT_WORDS.contains(&word) => Some("a name"),
        _ => None,
    }
}

/// How many letters to change, add, drop or swap with their neighbour to get from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    // No word to compare with is longer than a few letters.
    if from.len().abs_diff(to.len()) > 2 {
        return from.len().abs_diff(to.len());
    }
    let mut table = vec![vec![0; to.len() + 1]; from.len() + 1];
    for i in 0..=from.len() {
        for j in 0..=to.len() {
            if i == 0 || j == 0 {
                table[i][j] = i + j;
                continue;
            }
            let change = usize::from(from[i - 1] != to[j - 1]);
            let mut best = (table[i - 1][j] + 1).min(table[i][j - 1] + 1).min(table[i - 1][j - 1] + change);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(table[i - 2][j - 2] + 1);
            }
            table[i][j] = best;
        }
    }
    table[from.len()][to.len()]
}
