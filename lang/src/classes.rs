//! What each piece of a text is, for highlighting and for telling whether a statement is over: no grammar, so that it
//! works on texts that are being typed.

use std::ops::Range;

use floret_ir::FileId;

use crate::lexer::lex;
use crate::token::{ProblemKind, Token};

/// What a piece of text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenClass {
    /// A word of the language, or one that is where it stands (`table`, `from`).
    Keyword,
    /// A name.
    Name,
    /// A number or duration.
    Number,
    /// A text or bytes.
    Text,
    /// A comment.
    Comment,
    /// `(`, `[`, `{`.
    Open,
    /// `)`, `]`, `}`.
    Close,
    /// `;`
    End,
    /// `<=`, `<+`, `<-`, `<+-`, `<~`: between head and body.
    RuleOp,
    /// Any other sign.
    Sign,
    /// No token.
    Unreadable,
}

/// The pieces of a text in order, by their bytes; what is between them is white space.
pub fn classes(text: &str) -> Vec<(Range<usize>, TokenClass)> {
    if u32::try_from(text.len()).is_err() {
        return Vec::new();
    }
    let lexed = lex(text, FileId(0));
    let range = |start: u32, end: u32| start as usize..end as usize;
    let tokens = lexed.lexemes.iter().map(|lexeme| (range(lexeme.start, lexeme.end), class(&lexeme.token)));
    let comments = lexed
        .comments
        .iter()
        .map(|comment| (range(comment.span.start, comment.span.end), TokenClass::Comment));
    let mut pieces: Vec<_> = tokens.chain(comments).collect();
    pieces.sort_by_key(|(range, _)| range.start);
    pieces
}

/// Whether a text stops inside of a comment or a bracket, so that more must follow.
pub fn is_open(text: &str) -> bool {
    let mut depth = 0usize;
    for (_, class) in classes(text) {
        match class {
            TokenClass::Open => depth += 1,
            TokenClass::Close => depth = depth.saturating_sub(1),
            TokenClass::Keyword
            | TokenClass::Name
            | TokenClass::Number
            | TokenClass::Text
            | TokenClass::Comment
            | TokenClass::End
            | TokenClass::RuleOp
            | TokenClass::Sign
            | TokenClass::Unreadable => {}
        }
    }
    depth > 0 || lex(text, FileId(0)).problems.iter().any(|p| p.kind == ProblemKind::UnclosedComment)
}

fn class(token: &Token) -> TokenClass {
    match token {
        Token::Number(_) => TokenClass::Number,
        Token::String(_) | Token::Bytes(_) => TokenClass::Text,
        Token::Unreadable => TokenClass::Unreadable,
        Token::Comment => TokenClass::Comment,
        Token::ParenOpen | Token::BracketOpen | Token::BraceOpen | Token::FieldsOpen => TokenClass::Open,
        Token::ParenClose | Token::BracketClose | Token::BraceClose => TokenClass::Close,
        Token::Semicolon => TokenClass::End,
        Token::LessEqual | Token::OpNext | Token::OpDelete | Token::OpReplace | Token::OpLater => {
            TokenClass::RuleOp
        }
        Token::Ident(_) => TokenClass::Name,
        token if token.is_hard_keyword() || token.is_soft_keyword() => TokenClass::Keyword,
        _ => TokenClass::Sign,
    }
}

#[cfg(test)]
mod tests {
    use super::TokenClass::{
        Close, Comment, End, Keyword, Name, Number, Open, RuleOp, Sign, Text, Unreadable,
    };
    use super::{classes, is_open};

    #[test]
    fn every_piece_has_a_class() {
        let text = "table t(x: int); t(1, \"a\") <= u[1] // é\n# 5ms";
        let found: Vec<_> = classes(text).into_iter().map(|(range, class)| (&text[range], class)).collect();
        let expected = [
            ("table", Keyword),
            ("t", Name),
            ("(", Open),
            ("x", Name),
            (":", Sign),
            ("int", Name),
            (")", Close),
            (";", End),
            ("t", Name),
            ("(", Open),
            ("1", Number),
            (",", Sign),
            ("\"a\"", Text),
            (")", Close),
            ("<=", RuleOp),
            ("u", Name),
            ("[", Open),
            ("1", Number),
            ("]", Close),
            ("// é", Comment),
            ("#", Unreadable),
            ("5ms", Number),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn open_brackets_and_comments_ask_for_more() {
        for open in ["t(", "on R {", "t([1, 2)", "/* x", "{ t(1); "] {
            assert!(is_open(open), "{open}");
        }
        for closed in ["", "t(1)", "t(1);", ")", "t(\"(\")", "// (", "/* ( */"] {
            assert!(!is_open(closed), "{closed}");
        }
    }
}
