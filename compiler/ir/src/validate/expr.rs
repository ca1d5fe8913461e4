//! Expressions: variables in range, operands of the right types.

use crate::{BinaryOp, Expr, Program, Projection, RoleId, Shape, Type, UnaryOp, Value, constant_type};

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
                    UnaryOp::Negate => matches!(operand, Type::Int | Type::Float | Type::Duration),
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
            Expr::Call { function, args, types, result } => {
                let found: Vec<Type> = args.iter().map(|arg| self.expr(arg, var)).collect::<Check<_>>()?;
                ensure(found == *types, "a function has an argument of a wrong type")?;
                let fits = function.signature().result_of(types) == Some(*result);
                ensure(fits, "a function has arguments of wrong types")?;
                Ok(*result)
            }
            Expr::Param { index, ty } => {
                let param = present(self.program.params.get(*index as usize), "a parameter does not exist")?;
                ensure(param.ty == *ty, "a parameter has another type")?;
                Ok(*ty)
            }
            Expr::Construct { shape, parts, ty } => {
                self.ty(*ty)?;
                let found: Vec<Type> = parts.iter().map(|part| self.expr(part, var)).collect::<Check<_>>()?;
                let fits = match (shape, ty) {
                    (Shape::List, Type::List(of)) => found.iter().all(|part| *part == **of),
                    (Shape::Tuple, _) => ty.fields().is_some_and(|types| are_of(&found, &types)),
                    (Shape::Variant(index), _) => ty.variant(*index) == Some(found),
                    (Shape::List, _) => false,
                };
                ensure(fits, "a value is made of parts of wrong types")?;
                Ok(*ty)
            }
            Expr::Project { projection, value, ty } => {
                let of = self.expr(value, var)?;
                let part = match projection {
                    Projection::Field(index) => {
                        of.fields().and_then(|types| types.get(*index as usize).copied())
                    }
                    Projection::IsVariant(index) => of.variant(*index).map(|_| Type::Bool),
                    Projection::Payload(index, part) => {
                        of.variant(*index).and_then(|types| types.get(*part as usize).copied())
                    }
                };
                ensure(part == Some(*ty), "a value has no such part")?;
                Ok(*ty)
            }
        }
    }

    pub(super) fn expects<V>(&self, expr: &Expr<V>, ty: Type, var: &impl Fn(&V) -> Option<Type>) -> Check {
        let found = self.expr(expr, var)?;
        ensure(found == ty, "an expression has a wrong type")
    }

    pub(super) fn value(&self, value: &Value) -> Check<Type> {
        if let Value::Address(address) = value {
            self.role(address.role)?;
        }
        present(constant_type(value), "a constant is a composite value")
    }

    pub(super) fn role(&self, role: RoleId) -> Check {
        ensure(self.program.roles.get(role).is_some(), "a role does not exist")
    }

    pub(super) fn ty(&self, ty: Type) -> Check {
        match ty {
            Type::Int
            | Type::Float
            | Type::Bool
            | Type::String
            | Type::Bytes
            | Type::Time
            | Type::Duration
            | Type::Node => Ok(()),
            Type::Address(role) => self.role(role),
            Type::List(of) | Type::Set(of) | Type::Option(of) => self.ty(*of),
            Type::Map(key, of) => {
                self.ty(*key)?;
                self.ty(*of)
            }
            Type::Tuple(_) | Type::Struct(_) => {
                ty.fields().unwrap_or_default().into_iter().try_for_each(|of| self.ty(of))
            }
            Type::Enum(of) => of.variants.iter().flat_map(|(_, types)| types).try_for_each(|of| self.ty(*of)),
        }
    }
}

/// Whether parts of the found types make a value of the wanted ones: the address of a node of some role is one of any.
fn are_of(found: &[Type], wanted: &[Type]) -> bool {
    let is_of = |(found, wanted): (&Type, &Type)| {
        found == wanted || (*wanted == Type::Node && matches!(found, Type::Address(_)))
    };
    found.len() == wanted.len() && found.iter().zip(wanted).all(is_of)
}

fn takes(op: BinaryOp, operands: Type) -> bool {
    use BinaryOp::{
        Add, And, Divide, Equal, Greater, GreaterEqual, Less, LessEqual, Multiply, NotEqual, Or, Remainder,
        SaturatingAdd, SaturatingMultiply, SaturatingSubtract, Subtract,
    };
    match op {
        Add | SaturatingAdd => matches!(operands, Type::Int | Type::Float | Type::String | Type::Duration),
        Subtract | SaturatingSubtract => matches!(operands, Type::Int | Type::Float | Type::Duration),
        Multiply | SaturatingMultiply | Divide | Remainder => matches!(operands, Type::Int | Type::Float),
        And | Or => operands == Type::Bool,
        Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual => true,
    }
}
