//! The value of an expression, as LANGUAGE section 4 defines it.

use serde::{Deserialize, Serialize};

use crate::{BinaryOp, Expr, Projection, Shape, Site, Type, UnaryOp, Value};

/// Why an expression has no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum NoValue {
    /// An int outside 64 bits.
    Overflow,
    /// Int division or remainder by zero.
    DivisionByZero,
    /// A text that doesn't spell what it should.
    Parse,
    /// An element, key or content that isn't there.
    Missing,
    /// A result longer than any value may be.
    TooLarge,
    /// A variable whose `let` has no value.
    Unbound,
    /// Operands of other types than the checked program promised (a corrupted artifact).
    Mistyped,
}

impl std::fmt::Display for NoValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            NoValue::Overflow => "the result does not fit in 64 bits",
            NoValue::DivisionByZero => "division by zero",
            NoValue::Parse => "the text doesn't spell such a value",
            NoValue::Missing => "there is no such element",
            NoValue::TooLarge => "the result would be too large",
            NoValue::Unbound => "it uses a value that could not be computed",
            NoValue::Mistyped => "the operands have the wrong types",
        })
    }
}

/// Evaluates `expr`; `var` gives the variables' values (`None`: that variable has none).
///
/// # Errors
/// [`NoValue`] says why there is none.
pub fn evaluate<'v, V>(
    expr: &Expr<V>,
    var: &impl Fn(&V) -> Option<&'v Value>,
    site: &Site,
) -> Result<Value, NoValue> {
    match expr {
        Expr::Const(value) => Ok(value.clone()),
        Expr::Param { index, .. } => {
            site.deployment.params.get(*index as usize).cloned().ok_or(NoValue::Unbound)
        }
        Expr::Var(v) => var(v).cloned().ok_or(NoValue::Unbound),
        Expr::SelfAddress(_) => Ok(Value::Address(site.me)),
        Expr::Member { role, index } => match evaluate(index, var, site)? {
            Value::Int(number) => Ok(Value::Address(site.deployment.member(*role, number))),
            _ => Err(NoValue::Mistyped),
        },
        Expr::Unary { op, value, .. } => unary(*op, &evaluate(value, var, site)?),
        Expr::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right, .. } => {
            // Neither side goes first: the deciding value wins even over an error (so plans can reorder).
            let deciding = Value::Bool(*op == BinaryOp::Or);
            match (evaluate(left, var, site), evaluate(right, var, site)) {
                (Ok(value), _) | (_, Ok(value)) if value == deciding => Ok(value),
                (Ok(_), Ok(value)) => Ok(value),
                (Err(error), _) | (_, Err(error)) => Err(error),
            }
        }
        Expr::Binary { op, left, right, .. } => {
            binary(*op, &evaluate(left, var, site)?, &evaluate(right, var, site)?)
        }
        Expr::If { condition, then, otherwise } => match evaluate(condition, var, site)? {
            Value::Bool(true) => evaluate(then, var, site),
            Value::Bool(false) => evaluate(otherwise, var, site),
            _ => Err(NoValue::Mistyped),
        },
        Expr::Call { function, args, types, .. } => {
            let args: Vec<Value> =
                args.iter().map(|arg| evaluate(arg, var, site)).collect::<Result<_, _>>()?;
            function.apply(&args, types)
        }
        Expr::Construct { shape, parts, .. } => {
            let parts: Vec<Value> =
                parts.iter().map(|part| evaluate(part, var, site)).collect::<Result<_, _>>()?;
            Ok(construct(*shape, parts))
        }
        Expr::Project { projection, value, .. } => project(*projection, &evaluate(value, var, site)?),
    }
}

/// Makes a composite value.
pub fn construct(shape: Shape, parts: Vec<Value>) -> Value {
    match shape {
        Shape::Tuple => Value::Tuple(parts.into()),
        Shape::List => Value::List(parts.into()),
        Shape::Variant(index) => Value::Variant(index, parts.into()),
    }
}

/// Takes a part out of a composite value.
///
/// # Errors
/// [`NoValue`] for the argument of another constructor.
pub fn project(projection: Projection, value: &Value) -> Result<Value, NoValue> {
    match (projection, value) {
        (Projection::Field(index), Value::Tuple(parts)) => {
            parts.get(index as usize).cloned().ok_or(NoValue::Mistyped)
        }
        (Projection::IsVariant(wanted), Value::Variant(index, _)) => Ok(Value::Bool(wanted == *index)),
        (Projection::Payload(wanted, part), Value::Variant(index, args)) => {
            if wanted != *index {
                return Err(NoValue::Missing);
            }
            args.get(part as usize).cloned().ok_or(NoValue::Mistyped)
        }
        (Projection::Field(_) | Projection::IsVariant(_) | Projection::Payload(..), _) => {
            Err(NoValue::Mistyped)
        }
    }
}

/// Applies an operator to its operand.
///
/// # Errors
/// [`NoValue`] on overflow.
pub fn unary(op: UnaryOp, value: &Value) -> Result<Value, NoValue> {
    match (op, value) {
        (UnaryOp::Negate, Value::Int(i)) => i.checked_neg().map(Value::Int).ok_or(NoValue::Overflow),
        (UnaryOp::Negate, Value::Duration(d)) => {
            d.checked_neg().map(Value::Duration).ok_or(NoValue::Overflow)
        }
        (UnaryOp::Negate, Value::Float(f)) => Ok(Value::float(-f.get())),
        (UnaryOp::Not, Value::Bool(b)) => Ok(Value::Bool(!b)),
        _ => Err(NoValue::Mistyped),
    }
}

/// Applies an operator other than `and` and `or` (those don't need both values) to its operands.
///
/// # Errors
/// [`NoValue`] on overflow and int division by zero.
pub fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, NoValue> {
    use BinaryOp as B;
    match op {
        B::Equal => return Ok(Value::Bool(left == right)),
        B::NotEqual => return Ok(Value::Bool(left != right)),
        B::Less => return Ok(Value::Bool(left < right)),
        B::LessEqual => return Ok(Value::Bool(left <= right)),
        B::Greater => return Ok(Value::Bool(left > right)),
        B::GreaterEqual => return Ok(Value::Bool(left >= right)),
        B::Add
        | B::Subtract
        | B::Multiply
        | B::Divide
        | B::Remainder
        | B::SaturatingAdd
        | B::SaturatingSubtract
        | B::SaturatingMultiply
        | B::And
        | B::Or => {}
    }
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => int_arithmetic(op, *a, *b).map(Value::Int),
        (Value::Duration(a), Value::Duration(b)) => int_arithmetic(op, *a, *b).map(Value::Duration),
        (Value::Float(a), Value::Float(b)) => {
            let (a, b) = (a.get(), b.get());
            Ok(Value::float(match op {
                B::Add => a + b,
                B::Subtract => a - b,
                B::SaturatingAdd => saturating_sum(a, b),
                B::SaturatingSubtract => saturating_sum(a, -b),
                B::Multiply | B::SaturatingMultiply => a * b,
                B::Divide => a / b,
                B::Remainder => a % b,
                _ => return Err(NoValue::Mistyped),
            }))
        }
        (Value::String(a), Value::String(b)) if matches!(op, B::Add | B::SaturatingAdd) => {
            Ok(Value::String(format!("{a}{b}").into()))
        }
        _ => Err(NoValue::Mistyped),
    }
}

/// A sum that goes up with both operands: opposite infinities make infinity, not the NaN that is greater than all.
fn saturating_sum(a: f64, b: f64) -> f64 {
    let sum = a + b;
    if sum.is_nan() && !a.is_nan() && !b.is_nan() { f64::INFINITY } else { sum }
}

/// Int arithmetic, for `+ - * / %` (checked) and the saturating operators.
///
/// # Errors
/// [`NoValue`] on overflow and division by zero.
pub fn int_arithmetic(op: BinaryOp, a: i64, b: i64) -> Result<i64, NoValue> {
    match op {
        BinaryOp::Add => a.checked_add(b).ok_or(NoValue::Overflow),
        BinaryOp::Subtract => a.checked_sub(b).ok_or(NoValue::Overflow),
        BinaryOp::Multiply => a.checked_mul(b).ok_or(NoValue::Overflow),
        BinaryOp::SaturatingAdd => Ok(a.saturating_add(b)),
        BinaryOp::SaturatingSubtract => Ok(a.saturating_sub(b)),
        BinaryOp::SaturatingMultiply => Ok(a.saturating_mul(b)),
        BinaryOp::Divide | BinaryOp::Remainder if b == 0 => Err(NoValue::DivisionByZero),
        BinaryOp::Divide => a.checked_div(b).ok_or(NoValue::Overflow),
        // i64::MIN % -1 is 0; only the machine instruction overflows.
        BinaryOp::Remainder => Ok(a.wrapping_rem(b)),
        _ => Err(NoValue::Mistyped),
    }
}

/// `avg` of ints: their exact sum and count, each as the nearest float, divided.
pub fn mean(sum: i128, count: u64) -> Value {
    Value::float(sum as f64 / count as f64)
}

/// Some value of a type, for operators that need one in an unused word.
pub fn zero(ty: Type) -> Value {
    match ty {
        Type::Int => Value::Int(0),
        Type::Float => Value::float(0.0),
        Type::Bool => Value::Bool(false),
        Type::String => Value::string(""),
        Type::Bytes => Value::Bytes([].into()),
        Type::Time => Value::Time(0),
        Type::Duration => Value::Duration(0),
        Type::Address(role) => Value::Address(crate::Address { role, index: 0 }),
        Type::Node => Value::Address(crate::Address { role: crate::RoleId(0), index: 0 }),
        Type::Tuple(_) | Type::Struct(_) => {
            Value::tuple(ty.fields().unwrap_or_default().into_iter().map(zero))
        }
        Type::List(_) => Value::list([]),
        Type::Set(_) => Value::set([]),
        Type::Map(..) => Value::map([]),
        Type::Option(_) => Value::none(),
        Type::Enum(_) => Value::Variant(0, ty.variant(0).unwrap_or_default().into_iter().map(zero).collect()),
    }
}
