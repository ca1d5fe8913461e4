//! Parameters, results and classes of functions.

use crate::Type;

/// What a parameter takes or a result is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pattern {
    /// `int`
    Int,
    /// `float`
    Float,
    /// `bool`
    Bool,
    /// `string`
    String,
    /// `bytes`
    Bytes,
    /// `time`
    Time,
    /// `duration`
    Duration,
    /// Any type.
    Any,
    /// Any type, the same wherever this number stands.
    Var(u8),
    /// `(A, B)`
    Pair(&'static Pattern, &'static Pattern),
    /// `list<A>`
    List(&'static Pattern),
    /// `set<A>`
    Set(&'static Pattern),
    /// `map<A, B>`
    Map(&'static Pattern, &'static Pattern),
    /// `option<A>`
    Option(&'static Pattern),
}

/// How a function treats lattices, for arguments that are lattices in their own order (LANGUAGE section 7).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Effect {
    /// Of merged arguments it gives the merged results.
    Morphism,
    /// Of greater arguments it gives a result that is not less.
    Monotone,
    /// Neither: it reads exactly.
    Exact,
}

/// Parameters and result of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature {
    /// One per argument.
    pub params: &'static [Pattern],
    /// The result.
    pub result: Pattern,
}

/// What the variables of a signature stand for.
type Bindings = [Option<Type>; 2];

impl Signature {
    /// The result's type for arguments of these types, if the function takes them.
    pub fn result_of(&self, types: &[Type]) -> Option<Type> {
        let mut bindings = Bindings::default();
        let fits = types.len() == self.params.len()
            && self.params.iter().zip(types).all(|(param, ty)| param.takes(*ty, &mut bindings));
        if fits { self.result.made(&bindings) } else { None }
    }
}

impl Pattern {
    fn takes(&self, ty: Type, bindings: &mut Bindings) -> bool {
        match (self, ty) {
            (Pattern::Any, _)
            | (Pattern::Int, Type::Int)
            | (Pattern::Float, Type::Float)
            | (Pattern::Bool, Type::Bool)
            | (Pattern::String, Type::String)
            | (Pattern::Bytes, Type::Bytes)
            | (Pattern::Time, Type::Time)
            | (Pattern::Duration, Type::Duration) => true,
            (Pattern::Var(number), _) => match bindings.get_mut(usize::from(*number)) {
                Some(bound) => *bound.get_or_insert(ty) == ty,
                None => false,
            },
            (Pattern::List(of), Type::List(element))
            | (Pattern::Set(of), Type::Set(element))
            | (Pattern::Option(of), Type::Option(element)) => of.takes(*element, bindings),
            (Pattern::Map(key, of), Type::Map(k, v)) => key.takes(*k, bindings) && of.takes(*v, bindings),
            (Pattern::Pair(left, right), Type::Tuple(parts)) => match &**parts {
                [a, b] => left.takes(*a, bindings) && right.takes(*b, bindings),
                _ => false,
            },
            (
                Pattern::Int
                | Pattern::Float
                | Pattern::Bool
                | Pattern::String
                | Pattern::Bytes
                | Pattern::Time
                | Pattern::Duration
                | Pattern::Pair(..)
                | Pattern::List(_)
                | Pattern::Set(_)
                | Pattern::Map(..)
                | Pattern::Option(_),
                _,
            ) => false,
        }
    }

    fn made(&self, bindings: &Bindings) -> Option<Type> {
        Some(match self {
            Pattern::Int => Type::Int,
            Pattern::Float => Type::Float,
            Pattern::Bool => Type::Bool,
            Pattern::String => Type::String,
            Pattern::Bytes => Type::Bytes,
            Pattern::Time => Type::Time,
            Pattern::Duration => Type::Duration,
            Pattern::Any => return None,
            Pattern::Var(number) => bindings.get(usize::from(*number)).copied().flatten()?,
            Pattern::Pair(left, right) => Type::tuple(vec![left.made(bindings)?, right.made(bindings)?]),
            Pattern::List(of) => Type::list(of.made(bindings)?),
            Pattern::Set(of) => Type::set(of.made(bindings)?),
            Pattern::Map(key, of) => Type::map(key.made(bindings)?, of.made(bindings)?),
            Pattern::Option(of) => Type::option(of.made(bindings)?),
        })
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Pattern::Int => f.write_str("int"),
            Pattern::Float => f.write_str("float"),
            Pattern::Bool => f.write_str("bool"),
            Pattern::String => f.write_str("string"),
            Pattern::Bytes => f.write_str("bytes"),
            Pattern::Time => f.write_str("time"),
            Pattern::Duration => f.write_str("duration"),
            Pattern::Any => f.write_str("any"),
            Pattern::Var(0) => f.write_str("A"),
            Pattern::Var(_) => f.write_str("B"),
            Pattern::Pair(a, b) => write!(f, "({a}, {b})"),
            Pattern::List(of) => write!(f, "list<{of}>"),
            Pattern::Set(of) => write!(f, "set<{of}>"),
            Pattern::Map(key, of) => write!(f, "map<{key}, {of}>"),
            Pattern::Option(of) => write!(f, "option<{of}>"),
        }
    }
}
