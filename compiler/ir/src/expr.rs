//! Checked expressions, over a rule's variables or over a plan's columns.

use serde::{Deserialize, Serialize};

use crate::{Function, RoleId, Type, Value};

/// Operators with one operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum UnaryOp {
    /// `-x` on int (checked) and float.
    Negate,
    /// `not x`.
    Not,
}

/// Operators with two operands of one type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum BinaryOp {
    /// `+`: int (checked), float, string (concatenation).
    Add,
    /// `-`: int (checked), float.
    Subtract,
    /// `*`: int (checked), float.
    Multiply,
    /// `/`: int (truncates; by zero is an error), float.
    Divide,
    /// `%`: int (sign of the dividend; by zero is an error), float.
    Remainder,
    /// `==`, any type.
    Equal,
    /// `!=`, any type.
    NotEqual,
    /// `<`, any type.
    Less,
    /// `<=`, any type.
    LessEqual,
    /// `>`, any type.
    Greater,
    /// `>=`, any type.
    GreaterEqual,
    /// `and`: false if either side is false, even if the other has no value.
    And,
    /// `or`: true if either side is true, even if the other has no value.
    Or,
    /// `+` on a lattice's int or duration: stops at the greatest and least. On floats opposite infinities make infinity.
    SaturatingAdd,
    /// `-` on a lattice's int or duration: stops at the greatest and least. On floats equal infinities make infinity.
    SaturatingSubtract,
    /// `*` on a lattice's int: stops at the greatest and least.
    SaturatingMultiply,
}

/// What [`Expr::Construct`] makes of its parts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Shape {
    /// A tuple, or a struct from its fields in order.
    Tuple,
    /// A list of its elements.
    List,
    /// A constructor of an enum or option, by number.
    Variant(u32),
}

/// What [`Expr::Project`] takes out of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Projection {
    /// A part of a tuple or field of a struct, by number.
    Field(u32),
    /// Whether it is this constructor: a bool.
    IsVariant(u32),
    /// An argument of a constructor (variant, argument); no value if it is another constructor.
    Payload(u32, u32),
}

/// A typed expression over variables `V`: `VarId` in rules, [`Column`] in plans.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Expr<V> {
    /// A constant. Never a tuple, list, set, map or variant: those are made by [`Expr::Construct`] and functions.
    Const(Value),
    /// A parameter of the deployment, by number in `Program::params`.
    Param {
        /// Which.
        index: u32,
        /// Its type.
        ty: Type,
    },
    /// A variable or column.
    Var(V),
    /// `self`, at a node of this role.
    SelfAddress(RoleId),
    /// `Role[index]`: a member by number.
    Member {
        /// The role.
        role: RoleId,
        /// An int.
        #[serde(deserialize_with = "crate::nested::boxed")]
        index: Box<Expr<V>>,
    },
    /// An operator with one operand.
    Unary {
        /// Which.
        op: UnaryOp,
        /// The operand's type.
        operand: Type,
        /// The operand.
        #[serde(deserialize_with = "crate::nested::boxed")]
        value: Box<Expr<V>>,
    },
    /// An operator with two operands.
    Binary {
        /// Which.
        op: BinaryOp,
        /// The operands' common type.
        operands: Type,
        /// Left operand.
        #[serde(deserialize_with = "crate::nested::boxed")]
        left: Box<Expr<V>>,
        /// Right operand.
        #[serde(deserialize_with = "crate::nested::boxed")]
        right: Box<Expr<V>>,
    },
    /// `if c then a else b`; only the chosen branch needs a value.
    If {
        /// A bool.
        #[serde(deserialize_with = "crate::nested::boxed")]
        condition: Box<Expr<V>>,
        /// Where it is true.
        #[serde(deserialize_with = "crate::nested::boxed")]
        then: Box<Expr<V>>,
        /// Where it is false.
        #[serde(deserialize_with = "crate::nested::boxed")]
        otherwise: Box<Expr<V>>,
    },
    /// A library function.
    Call {
        /// Which.
        function: Function,
        /// Arguments, as its signature asks.
        #[serde(deserialize_with = "crate::nested::list")]
        args: Vec<Expr<V>>,
        /// The arguments' types.
        types: Vec<Type>,
        /// The result's type, as the signature makes it of `types`.
        result: Type,
    },
    /// A composite value made of its parts.
    Construct {
        /// What is made.
        shape: Shape,
        /// Of what.
        #[serde(deserialize_with = "crate::nested::list")]
        parts: Vec<Expr<V>>,
        /// Its type.
        ty: Type,
    },
    /// A part of a composite value.
    Project {
        /// Which part.
        projection: Projection,
        /// Of what.
        #[serde(deserialize_with = "crate::nested::boxed")]
        value: Box<Expr<V>>,
        /// The part's type.
        ty: Type,
    },
}

/// A column of an operator's input, from 0.
pub type Column = usize;

/// An expression over columns.
pub type Scalar = Expr<Column>;

impl<V: Clone> Expr<V> {
    /// Calls `visit` on every variable, left to right, with repetitions.
    pub fn for_each_var(&self, visit: &mut impl FnMut(&V)) {
        match self {
            Expr::Const(_) | Expr::Param { .. } | Expr::SelfAddress(_) => {}
            Expr::Var(var) => visit(var),
            Expr::Member { index: value, .. } | Expr::Unary { value, .. } | Expr::Project { value, .. } => {
                value.for_each_var(visit);
            }
            Expr::Binary { left, right, .. } => {
                left.for_each_var(visit);
                right.for_each_var(visit);
            }
            Expr::If { condition, then, otherwise } => {
                condition.for_each_var(visit);
                then.for_each_var(visit);
                otherwise.for_each_var(visit);
            }
            Expr::Call { args, .. } | Expr::Construct { parts: args, .. } => {
                args.iter().for_each(|arg| arg.for_each_var(visit));
            }
        }
    }

    /// The variables, left to right, with repetitions.
    pub fn vars(&self) -> Vec<V> {
        let mut vars = Vec::new();
        self.for_each_var(&mut |var| vars.push(var.clone()));
        vars
    }

    /// The same expression over other variables.
    pub fn map_vars<W>(&self, rename: &mut impl FnMut(&V) -> Expr<W>) -> Expr<W> {
        match self {
            Expr::Const(value) => Expr::Const(value.clone()),
            Expr::Param { index, ty } => Expr::Param { index: *index, ty: *ty },
            Expr::Var(var) => rename(var),
            Expr::SelfAddress(role) => Expr::SelfAddress(*role),
            Expr::Member { role, index } => {
                Expr::Member { role: *role, index: Box::new(index.map_vars(rename)) }
            }
            Expr::Unary { op, operand, value } => {
                Expr::Unary { op: *op, operand: *operand, value: Box::new(value.map_vars(rename)) }
            }
            Expr::Binary { op, operands, left, right } => Expr::Binary {
                op: *op,
                operands: *operands,
                left: Box::new(left.map_vars(rename)),
                right: Box::new(right.map_vars(rename)),
            },
            Expr::If { condition, then, otherwise } => Expr::If {
                condition: Box::new(condition.map_vars(rename)),
                then: Box::new(then.map_vars(rename)),
                otherwise: Box::new(otherwise.map_vars(rename)),
            },
            Expr::Call { function, args, types, result } => Expr::Call {
                function: *function,
                args: args.iter().map(|arg| arg.map_vars(rename)).collect(),
                types: types.clone(),
                result: *result,
            },
            Expr::Construct { shape, parts, ty } => Expr::Construct {
                shape: *shape,
                parts: parts.iter().map(|part| part.map_vars(rename)).collect(),
                ty: *ty,
            },
            Expr::Project { projection, value, ty } => {
                Expr::Project { projection: *projection, value: Box::new(value.map_vars(rename)), ty: *ty }
            }
        }
    }

    /// Whether the expression itself can have no value although its variables have one.
    pub fn is_fallible(&self) -> bool {
        match self {
            Expr::Const(_) | Expr::Param { .. } | Expr::Var(_) | Expr::SelfAddress(_) => false,
            Expr::Member { index, .. } => index.is_fallible(),
            Expr::Unary { op, operand, value } => {
                (*op == UnaryOp::Negate && is_checked(*operand)) || value.is_fallible()
            }
            Expr::Binary { op, operands, left, right } => {
                (op.is_checked() && is_checked(*operands)) || left.is_fallible() || right.is_fallible()
            }
            Expr::If { condition, then, otherwise } => {
                condition.is_fallible() || then.is_fallible() || otherwise.is_fallible()
            }
            Expr::Call { function, args, .. } => function.is_fallible() || args.iter().any(Expr::is_fallible),
            Expr::Construct { parts, .. } => parts.iter().any(Expr::is_fallible),
            Expr::Project { projection, value, .. } => match projection {
                Projection::Payload(..) => true,
                Projection::Field(_) | Projection::IsVariant(_) => value.is_fallible(),
            },
        }
    }

    /// The type, given the variables' types.
    pub fn ty(&self, var: &impl Fn(&V) -> Type) -> Type {
        match self {
            Expr::Const(value) => constant_type(value).unwrap_or(Type::Bool),
            Expr::Param { ty, .. } | Expr::Construct { ty, .. } | Expr::Project { ty, .. } => *ty,
            Expr::Var(v) => var(v),
            Expr::SelfAddress(role) | Expr::Member { role, .. } => Type::Address(*role),
            Expr::Unary { operand, .. } => *operand,
            Expr::Binary { op, operands, .. } => {
                if op.is_arithmetic() {
                    *operands
                } else {
                    Type::Bool
                }
            }
            Expr::If { then, .. } => then.ty(var),
            Expr::Call { result, .. } => *result,
        }
    }
}

/// The type of a constant, if its value alone tells (that of an empty list doesn't).
pub fn constant_type(value: &Value) -> Option<Type> {
    Some(match value {
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Float,
        Value::String(_) => Type::String,
        Value::Address(address) => Type::Address(address.role),
        Value::Bytes(_) => Type::Bytes,
        Value::Time(_) => Type::Time,
        Value::Duration(_) => Type::Duration,
        Value::Tuple(_) | Value::List(_) | Value::Set(_) | Value::Map(_) | Value::Variant(..) => return None,
    })
}

/// Whether arithmetic on the type can leave it.
fn is_checked(ty: Type) -> bool {
    matches!(ty, Type::Int | Type::Duration)
}

impl BinaryOp {
    /// `+ - * / %` on values that don't come from lattices: in error where the result doesn't fit.
    pub fn is_checked(self) -> bool {
        use BinaryOp::{Add, Divide, Multiply, Remainder, Subtract};
        matches!(self, Add | Subtract | Multiply | Divide | Remainder)
    }

    /// The same operator on values of lattices.
    pub fn saturating(self) -> BinaryOp {
        match self {
            BinaryOp::Add => BinaryOp::SaturatingAdd,
            BinaryOp::Subtract => BinaryOp::SaturatingSubtract,
            BinaryOp::Multiply => BinaryOp::SaturatingMultiply,
            other => other,
        }
    }

    /// `+ - * / %`, whose result has the operands' type; all others give a bool.
    pub fn is_arithmetic(self) -> bool {
        use BinaryOp::{
            Add, And, Divide, Equal, Greater, GreaterEqual, Less, LessEqual, Multiply, NotEqual, Or,
            Remainder, SaturatingAdd, SaturatingMultiply, SaturatingSubtract, Subtract,
        };
        match self {
            Add | Subtract | Multiply | Divide | Remainder | SaturatingAdd | SaturatingSubtract
            | SaturatingMultiply => true,
            Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual | And | Or => false,
        }
    }

    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add | BinaryOp::SaturatingAdd => "+",
            BinaryOp::Subtract | BinaryOp::SaturatingSubtract => "-",
            BinaryOp::Multiply | BinaryOp::SaturatingMultiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Remainder => "%",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::And => "and",
            BinaryOp::Or => "or",
        }
    }
}
