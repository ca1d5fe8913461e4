//! What can be judged only once more is known: fields, overloaded functions, arithmetic on times.

use floret_ir::{BinaryOp, Function, NoticeKind, Span, Type};

use super::cells::{Cell, Head, Seen};
use super::context::Context;
use super::{Frame, Inference, Subject};
use crate::front::findings::{Evidence, NoFields, NotFor};
use crate::front::resolved::Expr;

/// An expression whose type may not be known yet.
#[derive(Clone)]
pub(super) struct Operand {
    pub cell: Cell,
    pub span: Span,
    pub subject: Subject,
}

/// What waits for a type.
pub(super) enum Delayed {
    Arithmetic {
        op: BinaryOp,
        left: Operand,
        right: Operand,
        span: Span,
        result: Cell,
    },
    Call {
        function: Function,
        args: Vec<Operand>,
        span: Span,
        result: Cell,
    },
    Field {
        value: Operand,
        field: String,
        span: Span,
        result: Cell,
    },
    Unnest {
        value: Operand,
        element: Cell,
    },
    /// The node that `floret::peer` tells of: of a role, or any.
    Peer {
        value: Operand,
    },
    /// A value for a `lww` column: `whole`, or `plain` and stamped.
    Stamp {
        value: Operand,
        whole: Cell,
        plain: Cell,
        context: Context,
    },
}

impl Inference<'_, '_> {
    pub(super) fn operand(&mut self, expr: &Expr, frame: &Frame<'_>) -> Operand {
        let cell = self.expr(expr, frame);
        Operand { cell, span: expr.span, subject: Self::subject(expr, frame) }
    }

    /// Judges it now, or later.
    pub(super) fn delay(&mut self, delayed: Delayed) {
        if !self.judge(&delayed, false) {
            self.delayed.push(delayed);
        }
    }

    /// Judges all that waits: first what can be, then one after the other what never will be.
    pub(super) fn settle(&mut self) {
        loop {
            let waiting = std::mem::take(&mut self.delayed);
            let before = waiting.len();
            for delayed in waiting {
                self.delay(delayed);
            }
            if self.delayed.len() < before {
                continue;
            }
            if self.delayed.is_empty() {
                return;
            }
            let first = self.delayed.remove(0);
            self.judge(&first, true);
        }
    }

    /// Whether it could be judged. `last`: nothing more will be known.
    fn judge(&mut self, delayed: &Delayed, last: bool) -> bool {
        match delayed {
            Delayed::Arithmetic { op, left, right, span, result } => {
                let Some(found) = self.arithmetic(*op, left, right, *span, last) else { return false };
                self.same(*result, found, *span);
                true
            }
            Delayed::Call { function, args, span, result } => {
                let Some(found) = self.overload(*function, args, *span, last) else { return false };
                self.same(*result, found, *span);
                true
            }
            Delayed::Field { value, field, span, result } => {
                let Some(found) = self.field(value, field, *span) else { return last };
                self.same(*result, found, *span);
                true
            }
            Delayed::Unnest { value, element } => self.unnest(value, *element) || last,
            Delayed::Peer { value } => match self.cells.see(value.cell) {
                Seen::Open if !last => false,
                Seen::Broken | Seen::Known(Head::Plain(Type::Address(_) | Type::Node), _) => true,
                Seen::Open | Seen::Known(..) => {
                    let text = "`floret::peer` tells of nodes".to_owned();
                    let wanted = self.cells.known(Type::Node, Evidence { span: value.span, text });
                    let column = NoticeKind::Peer.columns().first().map_or("", |(name, _)| name).to_owned();
                    let context = Context::Column { relation: NoticeKind::Peer.name().to_owned(), column };
                    self.unify(wanted, value.cell, value.span, value.subject.clone(), &context);
                    true
                }
            },
            Delayed::Stamp { value, whole, plain, context } => {
                let wanted = match self.is_stamped(value.cell) {
                    Some(true) => *whole,
                    Some(false) => *plain,
                    None if last => *plain,
                    None => return false,
                };
                self.unify(wanted, value.cell, value.span, value.subject.clone(), context);
                true
            }
        }
    }

    /// Gives the open cell of a result its type; what the context took it for may clash with that.
    fn same(&mut self, result: Cell, found: Cell, span: Span) {
        self.unify(result, found, span, Subject::Other, &Context::Unknown);
    }

    /// Whether a value is that of a `lww` column already.
    fn is_stamped(&mut self, cell: Cell) -> Option<bool> {
        match self.cells.see(cell) {
            Seen::Open => None,
            Seen::Broken => Some(false),
            Seen::Known(Head::Tuple, parts) => match parts.as_slice() {
                [time, node, _] => match (self.cells.see(*time), self.cells.see(*node)) {
                    (Seen::Open, _) | (_, Seen::Open) => None,
                    (Seen::Known(Head::Plain(Type::Time), _), Seen::Known(Head::Plain(Type::Node), _)) => {
                        Some(true)
                    }
                    _ => Some(false),
                },
                _ => Some(false),
            },
            Seen::Known(..) => Some(false),
        }
    }

    fn field(&mut self, value: &Operand, field: &str, span: Span) -> Option<Cell> {
        let found = match self.cells.see(value.cell) {
            Seen::Open => return None,
            Seen::Broken => return Some(self.cells.broken()),
            Seen::Known(Head::Plain(Type::Struct(of)), _) => {
                of.fields.iter().find(|(name, _)| name == field).map(|(name, ty)| {
                    let text = format!("field `{name}` of `{}` is `{}`", of.name, self.type_name(*ty));
                    self.cells.known(*ty, Evidence { span, text })
                })
            }
            Seen::Known(Head::Tuple, parts) => {
                field.parse::<usize>().ok().and_then(|number| parts.get(number).copied())
            }
            Seen::Known(..) => None,
        };
        Some(found.unwrap_or_else(|| {
            let because = self.cells.evidence(value.cell);
            self.sink.push(NoFields {
                found: self.cells.text(value.cell, &self.resolved.roles),
                field: field.to_owned(),
                span,
                because: because.unwrap_or(Evidence { span, text: String::new() }),
            });
            self.cells.broken()
        }))
    }

    fn unnest(&mut self, value: &Operand, element: Cell) -> bool {
        let of = match self.cells.see(value.cell) {
            Seen::Open => return false,
            Seen::Broken => Some(self.cells.broken()),
            Seen::Known(Head::List | Head::Set | Head::Option, parts) => parts.first().copied(),
            Seen::Known(Head::Map, parts) => {
                let because = Evidence { span: value.span, text: "a map holds (key, value) pairs".into() };
                Some(self.cells.made(Head::Tuple, parts, because))
            }
            Seen::Known(..) => None,
        };
        match of {
            Some(of) => {
                self.unify(element, of, value.span, Subject::Other, &Context::Unnest);
            }
            None => {
                let because = self.cells.evidence(value.cell);
                self.sink.push(NotFor {
                    operator: "in".into(),
                    takes: "lists, sets, maps and options".into(),
                    found: self.cells.text(value.cell, &self.resolved.roles),
                    span: value.span,
                    found_because: because.unwrap_or(Evidence { span: value.span, text: String::new() }),
                });
                self.cells.give_up(element);
            }
        }
        true
    }
}
