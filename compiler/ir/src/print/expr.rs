//! Expressions as they are written.

use crate::{BinaryOp, Expr, Program, Projection, Shape, Type, UnaryOp, constant_type};

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
            let ty = constant_type(value).unwrap_or(crate::Type::Bool);
            let text = literal(value, ty, program);
            (if text.starts_with('-') { Binding::Negation } else { Binding::Operand }, text)
        }
        Expr::Param { index, .. } => {
            let param = program.params.get(*index as usize);
            (Binding::Operand, param.map_or_else(|| format!("param {index}"), |param| param.name.clone()))
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
        Expr::Construct { shape, parts, ty } => {
            let parts: Vec<String> = parts.iter().map(|part| operand(part, Binding::If)).collect();
            (Binding::Operand, construct(*shape, *ty, &parts))
        }
        Expr::Project { projection, value, .. } => {
            let of = operand(value, Binding::Operand);
            (
                Binding::Operand,
                match projection {
                    Projection::Field(index) => format!("{of}.{index}"),
                    Projection::IsVariant(index) => format!("{of}.is({index})"),
                    Projection::Payload(index, part) => format!("{of}.as({index}).{part}"),
                },
            )
        }
        Expr::Call { function, args, .. } => {
            let args: Vec<String> = args.iter().map(|arg| operand(arg, Binding::If)).collect();
            (Binding::Operand, format!("{}({})", function.name(), args.join(", ")))
        }
    }
}

fn construct(shape: Shape, ty: Type, parts: &[String]) -> String {
    match (shape, ty) {
        (Shape::List, _) => format!("[{}]", parts.join(", ")),
        (Shape::Tuple, Type::Struct(of)) => {
            let fields: Vec<String> =
                of.fields.iter().zip(parts).map(|((name, _), part)| format!("{name}: {part}")).collect();
            format!("{} {{ {} }}", of.name, fields.join(", "))
        }
        (Shape::Tuple, _) => format!("({})", parts.join(", ")),
        (Shape::Variant(index), _) => {
            let name = match (ty, index) {
                (Type::Enum(of), _) => of.variants.get(index as usize).map(|(name, _)| name.clone()),
                (Type::Option(_), 0) => Some("none".into()),
                (Type::Option(_), 1) => Some("some".into()),
                _ => None,
            };
            let name = name.unwrap_or_else(|| format!("#{index}"));
            if parts.is_empty() { name } else { format!("{name}({})", parts.join(", ")) }
        }
    }
}

/// How tightly an operator binds, and how tightly its operands must.
fn operator_binding(op: BinaryOp) -> (Binding, Binding, Binding) {
    use BinaryOp::{
        Add, And, Divide, Equal, Greater, GreaterEqual, Less, LessEqual, Multiply, NotEqual, Or, Remainder,
        SaturatingAdd, SaturatingMultiply, SaturatingSubtract, Subtract,
    };
    match op {
        Or => (Binding::Or, Binding::Or, Binding::And),
        And => (Binding::And, Binding::And, Binding::Not),
        Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual => {
            (Binding::Comparison, Binding::Sum, Binding::Sum)
        }
        Add | Subtract | SaturatingAdd | SaturatingSubtract => (Binding::Sum, Binding::Sum, Binding::Product),
        Multiply | Divide | Remainder | SaturatingMultiply => {
            (Binding::Product, Binding::Product, Binding::Negation)
        }
    }
}
