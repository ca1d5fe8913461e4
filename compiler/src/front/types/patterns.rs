//! Types of `match` and its patterns.

use floret_ir::{Span, Type};

use super::cells::{Cell, Head, Seen};
use super::context::Context;
use super::{Frame, Inference, Subject, value_type};
use crate::front::findings::Evidence;
use crate::front::resolved::{Arm, Expr, Pattern, PatternKind};

impl Inference<'_, '_> {
    pub(super) fn match_arms(&mut self, value: &Expr, arms: &[Arm], frame: &Frame<'_>) -> Cell {
        let matched = self.expr(value, frame);
        for arm in arms {
            self.pattern(&arm.pattern, matched);
        }
        let mut result = None;
        for arm in arms {
            match result {
                None => result = Some(self.expr(&arm.body, frame)),
                Some(cell) => {
                    if !self.require(&arm.body, cell, &Context::Arms, frame) {
                        result = Some(self.cells.broken());
                    }
                }
            }
        }
        result.unwrap_or_else(|| self.cells.broken())
    }

    fn pattern(&mut self, pattern: &Pattern, matched: Cell) {
        let span = pattern.span;
        match &pattern.kind {
            PatternKind::Any | PatternKind::Error => {}
            PatternKind::Bind(local) => {
                self.locals.insert(*local, matched);
            }
            PatternKind::Const(value) => {
                self.takes(matched, Head::Plain(value_type(value)), Vec::new(), span);
            }
            PatternKind::Tuple(parts) => {
                let cells: Vec<Cell> = parts.iter().map(|_| self.cells.open()).collect();
                self.parts(matched, Head::Tuple, cells, parts, span);
            }
            PatternKind::None => {
                let of = self.cells.open();
                self.takes(matched, Head::Option, vec![of], span);
            }
            PatternKind::Some(content) => {
                let of = self.cells.open();
                self.parts(matched, Head::Option, vec![of], std::slice::from_ref(content), span);
            }
            PatternKind::Variant(ty, index, args) => {
                let fits = self.takes(matched, Head::Plain(*ty), Vec::new(), span);
                self.declared(&ty.variant(*index).unwrap_or_default(), args, span, fits);
            }
            PatternKind::Struct(ty, fields) => {
                let fits = self.takes(matched, Head::Plain(*ty), Vec::new(), span);
                self.declared(&ty.fields().unwrap_or_default(), fields, span, fits);
            }
        }
    }

    /// Parts whose types a declaration says.
    fn declared(&mut self, types: &[Type], patterns: &[Pattern], span: Span, fits: bool) {
        for (ty, pattern) in types.iter().zip(patterns) {
            let text = format!("this part is `{}`", self.type_name(*ty));
            let cell =
                if fits { self.cells.known(*ty, Evidence { span, text }) } else { self.cells.broken() };
            self.pattern(pattern, cell);
        }
    }

    /// Parts of a type that is made of them.
    fn parts(&mut self, matched: Cell, head: Head, cells: Vec<Cell>, patterns: &[Pattern], span: Span) {
        let fits = self.takes(matched, head, cells.clone(), span);
        for (cell, pattern) in cells.into_iter().zip(patterns) {
            let cell = if fits { cell } else { self.cells.broken() };
            self.pattern(pattern, cell);
        }
    }

    fn takes(&mut self, matched: Cell, head: Head, parts: Vec<Cell>, span: Span) -> bool {
        if matches!(self.cells.see(matched), Seen::Broken) {
            return false;
        }
        let text = "this pattern takes such values".to_owned();
        let found = self.cells.made(head, parts, Evidence { span, text });
        self.unify(matched, found, span, Subject::Other, &Context::Pattern)
    }
}
