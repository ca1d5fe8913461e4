//! Expressions as closures over words, made once when an operator is rendered.

use std::cmp::Ordering;
use std::sync::Arc;

use floret_ir::{
    Address, BinaryOp, Function, NoValue, Scalar, Site, Type, UnaryOp, Value, binary, construct,
    int_arithmetic, project, unary,
};

use crate::intern::Interner;
use crate::row::{compare, decode, encode, int_word, word_int};

/// What expressions are compiled for.
#[derive(Clone)]
pub(crate) struct Context {
    /// The texts.
    pub(crate) interner: Arc<Interner>,
    /// Where they run.
    pub(crate) site: Arc<Site>,
}

/// The words an expression reads.
pub(crate) struct Frame<'a> {
    /// Inputs and the values of lets.
    pub(crate) words: &'a [u64],
    /// Per word, whether the let has a value (true for inputs).
    pub(crate) valid: &'a [bool],
}

/// A compiled expression.
pub(crate) type Code = Box<dyn Fn(&Frame<'_>) -> Result<u64, NoValue>>;

/// A compiled expression whose value isn't a word yet: what is only on the way to a result is not interned.
pub(crate) type ValueCode = Box<dyn Fn(&Frame<'_>) -> Result<Value, NoValue>>;

/// Where the columns of an operator's input lie in its frame.
pub(crate) struct Columns {
    /// Types by column.
    pub(crate) types: Vec<Type>,
    /// Positions in the frame by column.
    pub(crate) places: Vec<usize>,
    /// How many columns always have a value; the others are lets.
    pub(crate) inputs: usize,
}

impl Columns {
    /// The type of an expression over these columns.
    pub(crate) fn type_of(&self, expr: &Scalar) -> Type {
        expr.ty(&|column| self.types.get(*column).copied().unwrap_or(Type::Bool))
    }

    /// The position of a column that always has a value.
    pub(crate) fn place_of(&self, expr: &Scalar) -> Option<usize> {
        match expr {
            Scalar::Var(column) if *column < self.inputs => self.places.get(*column).copied(),
            _ => None,
        }
    }
}

/// Compiles an expression. (The plan was validated: its columns exist.)
pub(crate) fn compile(expr: &Scalar, columns: &Columns, context: &Context) -> Code {
    match expr {
        Scalar::Const(value) => constant(encode(value, &context.interner)),
        Scalar::Param { index, .. } => match context.site.deployment.params.get(*index as usize) {
            Some(value) => constant(encode(value, &context.interner)),
            None => Box::new(|_| Err(NoValue::Unbound)),
        },
        Scalar::Var(column) => variable(*column, columns),
        Scalar::SelfAddress(_) => constant(encode(&Value::Address(context.site.me), &context.interner)),
        Scalar::Member { role, index } => {
            let (index, site, role) = (compile(index, columns, context), context.site.clone(), *role);
            Box::new(move |frame| {
                let Address { role, index } = site.deployment.member(role, word_int(index(frame)?));
                Ok(u64::from(role.0) << 32 | u64::from(index))
            })
        }
        Scalar::Unary { op: UnaryOp::Not, value, .. } => {
            let code = compile(value, columns, context);
            Box::new(move |frame| Ok(code(frame)? ^ 1))
        }
        Scalar::Binary { op, operands, left, right } if !op.is_arithmetic() || is_int(*operands) => {
            let (left, right) = (compile(left, columns, context), compile(right, columns, context));
            binary_code(*op, *operands, left, right, context)
        }
        Scalar::If { condition, then, otherwise } => {
            let condition = compile(condition, columns, context);
            let (then, otherwise) = (compile(then, columns, context), compile(otherwise, columns, context));
            Box::new(move |frame| if condition(frame)? != 0 { then(frame) } else { otherwise(frame) })
        }
        Scalar::Call { function: function @ (Function::Greatest | Function::Least), args, .. } => {
            match args.as_slice() {
                [a, b] => chosen(*function == Function::Greatest, a, b, columns, context),
                _ => Box::new(|_| Err(NoValue::Mistyped)),
            }
        }
        Scalar::Unary { .. }
        | Scalar::Binary { .. }
        | Scalar::Call { .. }
        | Scalar::Construct { .. }
        | Scalar::Project { .. } => {
            let (code, interner) = (valued(expr, columns, context), context.interner.clone());
            Box::new(move |frame| code(frame).map(|value| encode(&value, &interner)))
        }
    }
}

/// Compiles an expression for its value.
pub(crate) fn valued(expr: &Scalar, columns: &Columns, context: &Context) -> ValueCode {
    let all = |exprs: &[Scalar]| -> Vec<ValueCode> {
        exprs.iter().map(|expr| valued(expr, columns, context)).collect()
    };
    match expr {
        Scalar::Const(value) => {
            let value = value.clone();
            Box::new(move |_| Ok(value.clone()))
        }
        Scalar::Unary { op: op @ UnaryOp::Negate, value, .. } => {
            let (op, value) = (*op, valued(value, columns, context));
            Box::new(move |frame| unary(op, &value(frame)?))
        }
        Scalar::Binary { op, operands, left, right } if op.is_arithmetic() && !is_int(*operands) => {
            let (op, left, right) = (*op, valued(left, columns, context), valued(right, columns, context));
            Box::new(move |frame| {
                let (left, right) = (left(frame)?, right(frame)?);
                binary(op, &left, &right)
            })
        }
        Scalar::If { condition, then, otherwise } => {
            let condition = compile(condition, columns, context);
            let (then, otherwise) = (valued(then, columns, context), valued(otherwise, columns, context));
            Box::new(move |frame| if condition(frame)? != 0 { then(frame) } else { otherwise(frame) })
        }
        Scalar::Call { function, args, types, .. } => {
            let (function, types, args) = (*function, types.clone(), all(args));
            Box::new(move |frame| {
                let args: Vec<Value> = args.iter().map(|arg| arg(frame)).collect::<Result<_, _>>()?;
                function.apply(&args, &types)
            })
        }
        Scalar::Construct { shape, parts, .. } => {
            let (shape, parts) = (*shape, all(parts));
            Box::new(move |frame| {
                let parts: Vec<Value> = parts.iter().map(|part| part(frame)).collect::<Result<_, _>>()?;
                Ok(construct(shape, parts))
            })
        }
        Scalar::Project { projection, value, .. } => {
            let (projection, value) = (*projection, valued(value, columns, context));
            Box::new(move |frame| project(projection, &value(frame)?))
        }
        Scalar::Param { .. }
        | Scalar::Var(_)
        | Scalar::SelfAddress(_)
        | Scalar::Member { .. }
        | Scalar::Unary { .. }
        | Scalar::Binary { .. } => {
            let (code, ty) = (compile(expr, columns, context), columns.type_of(expr));
            let interner = context.interner.clone();
            Box::new(move |frame| code(frame).map(|word| decode(word, ty, &interner)))
        }
    }
}

/// The greater or lesser of two values, which need not be looked at unless they are interned.
fn chosen(greatest: bool, a: &Scalar, b: &Scalar, columns: &Columns, context: &Context) -> Code {
    let ty = columns.type_of(a);
    let (a, b, interner) =
        (compile(a, columns, context), compile(b, columns, context), context.interner.clone());
    Box::new(move |frame| {
        let (a, b) = (a(frame)?, b(frame)?);
        Ok(if compare(a, b, ty, &interner).is_ge() == greatest { a } else { b })
    })
}

/// Whether words of this type are those of ints.
fn is_int(ty: Type) -> bool {
    matches!(ty, Type::Int | Type::Duration)
}

fn constant(word: u64) -> Code {
    Box::new(move |_| Ok(word))
}

fn variable(column: usize, columns: &Columns) -> Code {
    let place = columns.places.get(column).copied().unwrap_or_default();
    let word = move |frame: &Frame<'_>| frame.words.get(place).copied().ok_or(NoValue::Unbound);
    if column < columns.inputs {
        return Box::new(word);
    }
    Box::new(move |frame| {
        if frame.valid.get(place).copied().unwrap_or_default() { word(frame) } else { Err(NoValue::Unbound) }
    })
}

/// Operators that don't need the operands' values: comparisons, and arithmetic on ints.
fn binary_code(op: BinaryOp, ty: Type, left: Code, right: Code, context: &Context) -> Code {
    use BinaryOp as B;
    match op {
        B::Equal => Box::new(move |frame| Ok(u64::from(left(frame)? == right(frame)?))),
        B::NotEqual => Box::new(move |frame| Ok(u64::from(left(frame)? != right(frame)?))),
        B::Less => ordering(ty, left, right, context, Ordering::is_lt),
        B::LessEqual => ordering(ty, left, right, context, Ordering::is_le),
        B::Greater => ordering(ty, left, right, context, Ordering::is_gt),
        B::GreaterEqual => ordering(ty, left, right, context, Ordering::is_ge),
        B::And | B::Or => {
            // The deciding value wins even over an error on the other side.
            let deciding = u64::from(op == B::Or);
            Box::new(move |frame| match left(frame) {
                Ok(word) if word == deciding => Ok(word),
                Ok(_) => right(frame),
                Err(error) => match right(frame) {
                    Ok(word) if word == deciding => Ok(word),
                    Ok(_) | Err(_) => Err(error),
                },
            })
        }
        B::Add
        | B::Subtract
        | B::Multiply
        | B::Divide
        | B::Remainder
        | B::SaturatingAdd
        | B::SaturatingSubtract
        | B::SaturatingMultiply => Box::new(move |frame| {
            int_arithmetic(op, word_int(left(frame)?), word_int(right(frame)?)).map(int_word)
        }),
    }
}

fn ordering(ty: Type, left: Code, right: Code, context: &Context, test: fn(Ordering) -> bool) -> Code {
    let interner = context.interner.clone();
    Box::new(move |frame| Ok(u64::from(test(compare(left(frame)?, right(frame)?, ty, &interner)))))
}

#[cfg(test)]
mod tests {
    use floret_ir::{Deployment, Expr, Projection, RoleId, Shape, evaluate};
    use proptest::prelude::*;

    use super::*;

    fn context() -> Context {
        let role = RoleId(0);
        let deployment = Deployment::new([3].into_iter().collect());
        let site = Site { me: Address { role, index: 1 }, deployment };
        Context { interner: Arc::default(), site: Arc::new(site) }
    }

    /// A function of the string.
    fn call(function: Function) -> Scalar {
        Expr::Call { function, args: vec![Expr::Var(2)], types: vec![Type::String], result: Type::Int }
    }

    /// Ints and bools over columns 0 and 1 (ints) and 2 (a string).
    fn int() -> BoxedStrategy<Scalar> {
        let leaf = prop_oneof![
            Just(Expr::Var(0)),
            Just(Expr::Var(1)),
            prop_oneof![-2i64..3, Just(i64::MIN), Just(i64::MAX)].prop_map(|i| Expr::Const(Value::Int(i))),
            Just(call(Function::ParseInt)),
            Just(call(Function::Hash)),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            use BinaryOp as B;
            let op = prop_oneof![
                Just(B::Add),
                Just(B::Subtract),
                Just(B::Multiply),
                Just(B::Divide),
                Just(B::Remainder),
                Just(B::SaturatingAdd),
                Just(B::SaturatingMultiply)
            ];
            let arithmetic = (op, inner.clone(), inner.clone()).prop_map(|(op, left, right)| Expr::Binary {
                op,
                operands: Type::Int,
                left: Box::new(left),
                right: Box::new(right),
            });
            let negate = inner.clone().prop_map(|value| Expr::Unary {
                op: UnaryOp::Negate,
                operand: Type::Int,
                value: Box::new(value),
            });
            let choice =
                (boolean(inner.clone()), inner.clone(), inner.clone()).prop_map(|(c, then, otherwise)| {
                    Expr::If { condition: Box::new(c), then: Box::new(then), otherwise: Box::new(otherwise) }
                });
            let greatest =
                (any::<bool>(), inner.clone(), inner.clone()).prop_map(|(greatest, a, b)| Expr::Call {
                    function: if greatest { Function::Greatest } else { Function::Least },
                    args: vec![a, b],
                    types: vec![Type::Int; 2],
                    result: Type::Int,
                });
            let pair = Type::tuple(vec![Type::Int; 2]);
            let part = (0u32..2, inner.clone(), inner.clone()).prop_map(move |(part, a, b)| Expr::Project {
                projection: Projection::Field(part),
                value: Box::new(Expr::Construct { shape: Shape::Tuple, parts: vec![a, b], ty: pair }),
                ty: Type::Int,
            });
            let option = Type::option(Type::Int);
            let payload = inner.clone().prop_map(move |value| Expr::Project {
                projection: Projection::Payload(1, 0),
                value: Box::new(Expr::If {
                    condition: Box::new(Expr::Binary {
                        op: B::Less,
                        operands: Type::Int,
                        left: Box::new(Expr::Var(0)),
                        right: Box::new(Expr::Const(Value::Int(0))),
                    }),
                    then: Box::new(Expr::Construct { shape: Shape::Variant(0), parts: vec![], ty: option }),
                    otherwise: Box::new(Expr::Construct {
                        shape: Shape::Variant(1),
                        parts: vec![value],
                        ty: option,
                    }),
                }),
                ty: Type::Int,
            });
            prop_oneof![arithmetic, negate, choice, greatest, part, payload]
        })
        .boxed()
    }

    fn boolean(int: impl Strategy<Value = Scalar> + Clone + 'static) -> BoxedStrategy<Scalar> {
        use BinaryOp as B;
        let op = prop_oneof![Just(B::Less), Just(B::GreaterEqual), Just(B::Equal), Just(B::NotEqual)];
        let leaf = (op, int.clone(), int).prop_map(|(op, left, right)| Expr::Binary {
            op,
            operands: Type::Int,
            left: Box::new(left),
            right: Box::new(right),
        });
        leaf.prop_recursive(2, 8, 2, |inner| {
            (prop_oneof![Just(B::And), Just(B::Or)], inner.clone(), inner).prop_map(|(op, left, right)| {
                Expr::Binary { op, operands: Type::Bool, left: Box::new(left), right: Box::new(right) }
            })
        })
        .boxed()
    }

    proptest! {
        #[test]
        fn compiled_is_evaluated(expr in prop_oneof![int(), boolean(int())], a in -3i64..4, b in any::<i64>(), c in "[0-3x]") {
            let context = context();
            let row = [Value::Int(a), Value::Int(b), Value::string(&c)];
            let columns = Columns { types: vec![Type::Int, Type::Int, Type::String], places: vec![0, 1, 2], inputs: 3 };
            let words: Vec<u64> = row.iter().map(|value| encode(value, &context.interner)).collect();
            let code = compile(&expr, &columns, &context);
            let got = code(&Frame { words: &words, valid: &[true; 3] })
                .map(|word| decode(word, columns.type_of(&expr), &context.interner));
            prop_assert_eq!(got.ok(), evaluate(&expr, &|column| row.get(*column), &context.site).ok());
        }
    }
}
