//! Expressions as they are written.

use crate::{BinaryOp, Expr, Program, UnaryOp};

use super::{literal, ty};

/// How tightly an expression binds; operands that bind less need parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    If,
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Negation,
    Operand,
}

/// An expression as it is written, with names for its variables.
pub fn expr<V>(expr: &Expr<V>, program: &Program, name: &impl Fn(&V) -> String) -> String {
    text(expr, program, name).1
}

fn text<V>(expr: &Expr<V>, program: &Program, name: &impl Fn(&V) -> String) -> (Binding, String) {
    let operand = |of: &Expr<V>, least: Binding| {
        let (binding, text) = text(of, program, name);
        if binding < least { format!("({text})") } else { text }
    };
    match expr {
        Expr::Const(value) => {
            let text = literal(value, program);
            (if text.starts_with('-') { Binding::Negation } else { Binding::Operand }, text)
        }
        Expr::Var(var) => (Binding::Operand, name(var)),
        Expr::SelfAddress(_) => (Binding::Operand, "self".into()),
        Expr::Member { role, index } => {
            let role = ty(crate::Type::Address(*role), program);
            (Binding::Operand, format!("{role}[{}]", operand(index, Binding::If)))
        }
        Expr::Unary { op: UnaryOp::Negate, value, .. } => {
            // `--x` would read as something else.
            (Binding::Negation, format!("-{}", operand(value, Binding::Operand)))
        }
        Expr::Unary { op: UnaryOp::Not, value, .. } => {
            (Binding::Not, format!("not {}", operand(value, Binding::Not)))
        }
        Expr::Binary { op, left, right, .. } => {
            let (binding, least_left, least_right) = operator_binding(*op);
            let (left, right) = (operand(left, least_left), operand(right, least_right));
            (binding, format!("{left} {} {right}", op.symbol()))
        }
        Expr::If { condition, then, otherwise } => {
            let [condition, then, otherwise] =
                [condition, then, otherwise].map(|part| operand(part, Binding::If));
            (Binding::If, format!("if {condition} then {then} else {otherwise}"))
        }
        Expr::Call { function, args } => {
            let args: Vec<String> = args.iter().map(|arg| operand(arg, Binding::If)).collect();
            (Binding::Operand, format!("{}({})", function.name(), args.join(", ")))
        }
    }
}

/// How tightly an operator binds, and how tightly its operands must.
fn operator_binding(op: BinaryOp) -> (Binding, Binding, Binding) {
    use BinaryOp::{
        Add, And, Divide, Equal, Greater, GreaterEqual, Less, LessEqual, Multiply, NotEqual, Or, Remainder,
        Subtract,
    };
    match op {
        Or => (Binding::Or, Binding::Or, Binding::And),
        And => (Binding::And, Binding::And, Binding::Not),
        Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual => {
            (Binding::Comparison, Binding::Sum, Binding::Sum)
        }
        Add | Subtract => (Binding::Sum, Binding::Sum, Binding::Product),
        Multiply | Divide | Remainder => (Binding::Product, Binding::Product, Binding::Negation),
    }
}
