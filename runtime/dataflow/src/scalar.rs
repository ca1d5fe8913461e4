//! Expressions as closures over words, made once when an operator is rendered.

use std::cmp::Ordering;
use std::sync::Arc;

use floret_ir::{
    Address, BinaryOp, Function, NoValue, Scalar, Site, Type, UnaryOp, Value, binary, int_arithmetic, unary,
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
        Scalar::Var(column) => variable(*column, columns),
        Scalar::SelfAddress(_) => constant(encode(&Value::Address(context.site.me), &context.interner)),
        Scalar::Member { role, index } => {
            let (index, site, role) = (compile(index, columns, context), context.site.clone(), *role);
            Box::new(move |frame| {
                let Address { role, index } = site.deployment.member(role, word_int(index(frame)?));
                Ok(u64::from(role.0) << 32 | u64::from(index))
            })
        }
        Scalar::Unary { op, operand, value } => {
            let code = compile(value, columns, context);
            match op {
                UnaryOp::Not => Box::new(move |frame| Ok(code(frame)? ^ 1)),
                UnaryOp::Negate => {
                    let (op, ty, interner) = (*op, *operand, context.interner.clone());
                    Box::new(move |frame| {
                        unary(op, &decode(code(frame)?, ty, &interner)).map(|value| encode(&value, &interner))
                    })
                }
            }
        }
        Scalar::Binary { op, operands, left, right } => {
            let (left, right) = (compile(left, columns, context), compile(right, columns, context));
            binary_code(*op, *operands, left, right, context)
        }
        Scalar::If { condition, then, otherwise } => {
            let condition = compile(condition, columns, context);
            let (then, otherwise) = (compile(then, columns, context), compile(otherwise, columns, context));
            Box::new(move |frame| if condition(frame)? != 0 { then(frame) } else { otherwise(frame) })
        }
        Scalar::Call { function, args } => call(*function, args, columns, context),
    }
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
        B::Add | B::Subtract | B::Multiply | B::Divide | B::Remainder if ty == Type::Int => {
            Box::new(move |frame| {
                int_arithmetic(op, word_int(left(frame)?), word_int(right(frame)?)).map(int_word)
            })
        }
        B::Add | B::Subtract | B::Multiply | B::Divide | B::Remainder => {
            let interner = context.interner.clone();
            Box::new(move |frame| {
                let (left, right) = (left(frame)?, right(frame)?);
                let value = binary(op, &decode(left, ty, &interner), &decode(right, ty, &interner))?;
                Ok(encode(&value, &interner))
            })
        }
    }
}

fn ordering(ty: Type, left: Code, right: Code, context: &Context, test: fn(Ordering) -> bool) -> Code {
    let interner = context.interner.clone();
    Box::new(move |frame| Ok(u64::from(test(compare(left(frame)?, right(frame)?, ty, &interner)))))
}

fn call(function: Function, args: &[Scalar], columns: &Columns, context: &Context) -> Code {
    let interner = context.interner.clone();
    let args: Vec<(Code, Type)> =
        args.iter().map(|arg| (compile(arg, columns, context), columns.type_of(arg))).collect();
    Box::new(move |frame| {
        let args: Vec<Value> = args
            .iter()
            .map(|(code, ty)| code(frame).map(|word| decode(word, *ty, &interner)))
            .collect::<Result<_, _>>()?;
        function.apply(&args).map(|value| encode(&value, &interner))
    })
}

#[cfg(test)]
mod tests {
    use floret_ir::{Deployment, Expr, RoleId, evaluate};
    use proptest::prelude::*;

    use super::*;

    fn context() -> Context {
        let role = RoleId(0);
        let deployment = Deployment { counts: [3].into_iter().collect() };
        let site = Site { me: Address { role, index: 1 }, deployment };
        Context { interner: Arc::default(), site: Arc::new(site) }
    }

    /// Ints and bools over columns 0 and 1 (ints) and 2 (a string).
    fn int() -> BoxedStrategy<Scalar> {
        let leaf = prop_oneof![
            Just(Expr::Var(0)),
            Just(Expr::Var(1)),
            prop_oneof![-2i64..3, Just(i64::MIN), Just(i64::MAX)].prop_map(|i| Expr::Const(Value::Int(i))),
            Just(Expr::Call { function: Function::ParseInt, args: vec![Expr::Var(2)] }),
            Just(Expr::Call { function: Function::Hash, args: vec![Expr::Var(2)] }),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            use BinaryOp as B;
            let op = prop_oneof![
                Just(B::Add),
                Just(B::Subtract),
                Just(B::Multiply),
                Just(B::Divide),
                Just(B::Remainder)
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
            let choice = (boolean(inner.clone()), inner.clone(), inner).prop_map(|(c, then, otherwise)| {
                Expr::If { condition: Box::new(c), then: Box::new(then), otherwise: Box::new(otherwise) }
            });
            prop_oneof![arithmetic, negate, choice]
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
