//! Expressions: variables in range, operands of the right types.

use crate::{BinaryOp, Expr, Param, Program, RoleId, Type, UnaryOp, Value};

use super::{Check, ensure, present};

/// Where expressions stand.
#[derive(Clone, Copy)]
pub(super) struct Context<'p> {
    pub(super) program: &'p Program,
    /// The role of the node that evaluates them.
    pub(super) here: RoleId,
}

impl Context<'_> {
    /// The expression's type.
    pub(super) fn expr<V>(&self, expr: &Expr<V>, var: &impl Fn(&V) -> Option<Type>) -> Check<Type> {
        match expr {
            Expr::Const(value) => self.value(value),
            Expr::Var(of) => present(var(of), "a variable or column does not exist or is not bound"),
            Expr::SelfAddress(role) => {
                ensure(*role == self.here, "`self` is at another role")?;
                Ok(Type::Address(*role))
            }
            Expr::Member { role, index } => {
                self.role(*role)?;
                self.expects(index, Type::Int, var)?;
                Ok(Type::Address(*role))
            }
            Expr::Unary { op, operand, value } => {
                let fits = match op {
                    UnaryOp::Negate => matches!(operand, Type::Int | Type::Float),
                    UnaryOp::Not => *operand == Type::Bool,
                };
                ensure(fits, "an operator has operands of a wrong type")?;
                self.expects(value, *operand, var)?;
                Ok(*operand)
            }
            Expr::Binary { op, operands, left, right } => {
                ensure(takes(*op, *operands), "an operator has operands of a wrong type")?;
                self.expects(left, *operands, var)?;
                self.expects(right, *operands, var)?;
                Ok(if op.is_arithmetic() { *operands } else { Type::Bool })
            }
            Expr::If { condition, then, otherwise } => {
                self.expects(condition, Type::Bool, var)?;
                let ty = self.expr(then, var)?;
                self.expects(otherwise, ty, var)?;
                Ok(ty)
            }
            Expr::Call { function, args } => {
                let signature = function.signature();
                ensure(args.len() == signature.params.len(), "a function has a wrong number of arguments")?;
                for (arg, param) in args.iter().zip(signature.params) {
                    let ty = self.expr(arg, var)?;
                    let fits = match param {
                        Param::Exactly(expected) => ty == *expected,
                        Param::Any => true,
                    };
                    ensure(fits, "a function has an argument of a wrong type")?;
                }
                Ok(signature.result)
            }
        }
    }

    pub(super) fn expects<V>(&self, expr: &Expr<V>, ty: Type, var: &impl Fn(&V) -> Option<Type>) -> Check {
        let found = self.expr(expr, var)?;
        ensure(found == ty, "an expression has a wrong type")
    }

    pub(super) fn value(&self, value: &Value) -> Check<Type> {
        Ok(match value {
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Float(_) => Type::Float,
            Value::String(_) => Type::String,
            Value::Address(address) => {
                self.role(address.role)?;
                Type::Address(address.role)
            }
        })
    }

    pub(super) fn role(&self, role: RoleId) -> Check {
        ensure(self.program.roles.get(role).is_some(), "a role does not exist")
    }

    pub(super) fn ty(&self, ty: Type) -> Check {
        match ty {
            Type::Int | Type::Float | Type::Bool | Type::String => Ok(()),
            Type::Address(role) => self.role(role),
        }
    }
}

fn takes(op: BinaryOp, operands: Type) -> bool {
    use BinaryOp::{
        Add, And, Divide, Equal, Greater, GreaterEqual, Less, LessEqual, Multiply, NotEqual, Or, Remainder,
        Subtract,
    };
    match op {
        Add => matches!(operands, Type::Int | Type::Float | Type::String),
        Subtract | Multiply | Divide | Remainder => matches!(operands, Type::Int | Type::Float),
        And | Or => operands == Type::Bool,
        Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual => true,
    }
}
