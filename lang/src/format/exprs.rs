//! Expressions, calls, literals and types.

use floret_ir::UnaryOp;

use crate::format::layout::{End, Layout};
use crate::format::parens::{Level, Position, levels, operand_of};
use crate::token::Token;
use crate::tree::{Arg, Call, Expr, ExprKind, Literal, Path, TypeExpr};

/// What a list in brackets is like.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct List {
    /// What stands inside its brackets if it is on one line.
    pub inside: &'static str,
    /// Its last comma.
    pub last_comma: LastComma,
}

/// Whether a comma follows the last item.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum LastComma {
    Never,
    /// If each item is on a line of its own.
    Broken,
    Always,
}

/// `(a, b)`
pub(super) const PARENS: List = List { inside: "", last_comma: LastComma::Broken };
/// `{ a, b }`
pub(super) const BRACES: List = List { inside: " ", last_comma: LastComma::Broken };
/// `<a, b>`, and what else may not end in a comma.
pub(super) const NO_LAST_COMMA: List = List { inside: "", last_comma: LastComma::Never };

impl Layout<'_> {
    /// A list with the brackets around it.
    pub(super) fn list<T>(&mut self, items: &[T], list: List, item: impl Fn(&mut Self, &T)) {
        self.group(|inner| {
            inner.token();
            inner.indent();
            if items.is_empty() {
                inner.skip_if(&Token::Comma);
                inner.close_empty();
                return;
            }
            inner.line(list.inside);
            for (at, one) in items.iter().enumerate() {
                if at > 0 {
                    inner.token();
                    inner.line(" ");
                }
                item(inner, one);
            }
            inner.last_comma(list.last_comma);
            inner.close_line(End::Soft(list.inside));
            inner.token();
        });
    }

    /// The end of a list without items or of a block without statements; its indentation ends.
    pub(super) fn close_empty(&mut self) {
        if self.comment_wants_line() {
            self.close_line(End::Hard);
        } else {
            self.dedent();
        }
        self.token();
    }

    /// The comma after the last item, as it should be.
    pub(super) fn last_comma(&mut self, comma: LastComma) {
        match comma {
            LastComma::Always => self.token(),
            LastComma::Broken => {
                self.skip_if(&Token::Comma);
                self.comma_if_broken();
            }
            LastComma::Never => {}
        }
    }

    pub(super) fn path(&mut self, path: &Path) {
        self.token();
        for _ in path.parts.iter().skip(1) {
            self.token();
            self.token();
        }
    }

    pub(super) fn type_expr(&mut self, ty: &TypeExpr) {
        match ty {
            TypeExpr::Named { path, args, span: _ } => {
                self.path(path);
                if !args.is_empty() {
                    self.list(args, NO_LAST_COMMA, Self::type_expr);
                }
            }
            TypeExpr::Tuple(types, _) => self.list(types, PARENS, Self::type_expr),
        }
    }

    pub(super) fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Expr(expr) => self.expr(expr),
            Literal::Negation(call, _) => {
                self.token();
                self.call(call);
            }
            Literal::Let(_, value, _) => {
                self.token();
                self.word();
                self.word();
                self.assigned(value);
            }
            Literal::In(_, value, _) => {
                self.token();
                self.word();
                self.space();
                self.expr(value);
            }
        }
    }

    /// What follows `=` or `->`.
    pub(super) fn assigned(&mut self, value: &Expr) {
        if matches!(value.kind, ExprKind::If(..)) {
            self.group(|inner| {
                inner.indent();
                inner.line(" ");
                inner.expr(value);
                inner.dedent();
            });
        } else {
            self.space();
            self.expr(value);
        }
    }

    pub(super) fn call(&mut self, call: &Call) {
        self.path(&call.path);
        if let Some(place) = &call.place {
            self.token();
            self.place(place);
        }
        self.list(&call.args, PARENS, Self::arg);
    }

    /// `n`, `self`, `Role[e]`, `(e)` after `@`.
    fn place(&mut self, place: &Expr) {
        let is_path = |expr: &Expr| matches!(expr.kind, ExprKind::Path(_));
        let plain = is_path(place)
            || place.kind == ExprKind::SelfNode
            || matches!(&place.kind, ExprKind::Index(role, _) if is_path(role));
        self.expr_in_parens(place, plain);
    }

    /// An expression that needs parentheses here, unless it is `plain`.
    pub(super) fn expr_in_parens(&mut self, expr: &Expr, plain: bool) {
        if !self.is_next(&Token::ParenOpen) {
            self.expr(expr);
        } else if plain {
            self.skip();
            self.expr(expr);
            self.skip();
        } else {
            self.list(std::slice::from_ref(expr), NO_LAST_COMMA, Self::expr);
        }
    }

    fn arg(&mut self, arg: &Arg) {
        if arg.name.is_some() {
            self.token();
            self.token();
            self.space();
        }
        self.expr(&arg.value);
    }

    /// An expression where any may stand.
    pub(super) fn expr(&mut self, expr: &Expr) {
        self.operand(expr, Position::Whole);
    }

    fn operand(&mut self, expr: &Expr, position: Position) {
        let pairs = self.pairs(expr);
        let kept = usize::from(self.keeps_parens(expr, position));
        (kept..pairs).for_each(|_| self.skip());
        if kept == 1 {
            self.list(std::slice::from_ref(expr), NO_LAST_COMMA, Self::bare);
        } else {
            self.bare(expr);
        }
        (kept..pairs).for_each(|_| self.skip());
    }

    /// An expression without the parentheses around it.
    fn bare(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::String(_)
            | ExprKind::Bool(_)
            | ExprKind::Duration(_)
            | ExprKind::Bytes(_)
            | ExprKind::Wildcard
            | ExprKind::SelfNode
            | ExprKind::Missing => self.token(),
            ExprKind::Path(path) => self.path(path),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Index(value, index) => {
                self.operand(value, Position::Left(Level::Postfix));
                self.list(std::slice::from_ref(&**index), NO_LAST_COMMA, Self::expr);
            }
            ExprKind::Field(value, field) => {
                self.operand(value, Position::Left(Level::Postfix));
                // The numbers of `x.0.1` are one token, written with the first of them.
                if !self.is_written(field) {
                    // `1 .3` is a part of 1, and `x.0 .1` has two numbers; without the space there is one.
                    if self.is_after_int() && field.text.starts_with(|c: char| c.is_ascii_digit()) {
                        self.space();
                    }
                    self.token();
                    self.token();
                }
            }
            ExprKind::Unary(op, value) => {
                self.token();
                if *op == UnaryOp::Not {
                    self.space();
                }
                self.operand(value, operand_of(*op));
            }
            ExprKind::Binary(..) => self.group(|inner| {
                inner.chain(expr);
                inner.dedent();
            }),
            ExprKind::If(..) => self.group(|inner| inner.if_chain(expr)),
            ExprKind::Match(value, arms) => {
                self.token();
                self.space();
                self.expr(value);
                self.space();
                self.list(arms, BRACES, |inner, (pattern, result)| {
                    inner.expr(pattern);
                    inner.word();
                    inner.assigned(result);
                });
            }
            ExprKind::Tuple(values) => {
                let last_comma = if values.len() == 1 { LastComma::Always } else { LastComma::Broken };
                self.list(values, List { last_comma, ..PARENS }, Self::expr);
            }
            ExprKind::List(values) => self.list(values, PARENS, Self::expr),
            ExprKind::Struct(path, fields) => {
                self.path(path);
                self.space();
                self.list(fields, BRACES, |inner, (_, value)| {
                    inner.token();
                    inner.token();
                    inner.space();
                    inner.expr(value);
                });
            }
        }
    }

    /// `a + b - c`, with one indentation for all operators of a level, which stays open.
    fn chain(&mut self, expr: &Expr) {
        let ExprKind::Binary(op, left, right) = &expr.kind else { return };
        let (own, left_least, right_least) = levels(*op);
        let position = Position::Left(left_least);
        let goes_on = matches!(&left.kind, ExprKind::Binary(op, ..) if levels(*op).0 == own)
            && !self.keeps_parens(left, position);
        if goes_on {
            let pairs = self.pairs(left);
            (0..pairs).for_each(|_| self.skip());
            self.chain(left);
            (0..pairs).for_each(|_| self.skip());
        } else {
            self.operand(left, position);
            self.indent();
        }
        self.line(" ");
        self.token();
        self.space();
        self.operand(right, Position::Right(own, right_least));
    }

    /// `if a then b else if c then d else e`
    fn if_chain(&mut self, expr: &Expr) {
        let ExprKind::If(condition, then, otherwise) = &expr.kind else { return };
        self.group(|inner| {
            inner.token();
            inner.space();
            inner.expr(condition);
            inner.indent();
            inner.line(" ");
            inner.token();
            inner.space();
            inner.expr(then);
            inner.dedent();
        });
        self.line(" ");
        self.token();
        self.space();
        if matches!(otherwise.kind, ExprKind::If(..)) {
            let pairs = self.pairs(otherwise);
            (0..pairs).for_each(|_| self.skip());
            self.if_chain(otherwise);
            (0..pairs).for_each(|_| self.skip());
        } else {
            self.expr(otherwise);
        }
    }
}
