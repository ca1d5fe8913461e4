//! Lattices: value columns whose rows merge (LANGUAGE section 7; "Logic and lattices", Conway et al., SoCC 2012).
//!
//! A lattice column holds plain values of its carrier type; merging is associative, commutative and idempotent.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Expr, Interned, NoValue, Site, Span, StructType, Type, Value, evaluate};

/// How the rows of a value column merge.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Lattice {
    /// `max<T>`: the greatest.
    Max(Type),
    /// `min<T>`: the least.
    Min(Type),
    /// `any<bool>`: or.
    Any,
    /// `all<bool>`: and.
    All,
    /// `set<T>`: union.
    Set(Type),
    /// `map<K, L>`: pointwise.
    Map(Type, #[serde(deserialize_with = "crate::nested::boxed")] Box<Lattice>),
    /// `lww<V>`: the greatest of `(time, node, value)`.
    Lww(Type),
    /// A tuple of lattices: part by part.
    Tuple(#[serde(deserialize_with = "crate::nested::list")] Vec<Lattice>),
    /// A struct of lattices: field by field.
    Struct(Interned<StructType>, #[serde(deserialize_with = "crate::nested::list")] Vec<Lattice>),
    /// A declared one.
    User(Arc<UserLattice>),
}

/// `lattice name over T = merge(a, b) -> expr;`
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct UserLattice {
    /// Its name.
    pub name: String,
    /// The carrier.
    pub over: Type,
    /// The merged value of variables 0 and 1; total, without `self` and parameters.
    pub merge: Expr<usize>,
    /// Where it is declared.
    pub span: Span,
}

impl PartialOrd for UserLattice {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for UserLattice {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Names are unique in a program.
        (&self.name, self.over, self.span).cmp(&(&other.name, other.over, other.span))
    }
}

impl Lattice {
    /// The type of its values.
    pub fn carrier(&self) -> Type {
        match self {
            Lattice::Max(of) | Lattice::Min(of) => *of,
            Lattice::Any | Lattice::All => Type::Bool,
            Lattice::Set(of) => Type::set(*of),
            Lattice::Map(key, of) => Type::map(*key, of.carrier()),
            Lattice::Lww(of) => Type::tuple(vec![Type::Time, Type::Node, *of]),
            Lattice::Tuple(parts) => Type::tuple(parts.iter().map(Lattice::carrier).collect()),
            Lattice::Struct(of, _) => Type::Struct(*of),
            Lattice::User(of) => of.over,
        }
    }

    /// The join of two values of the carrier.
    ///
    /// # Errors
    /// [`NoValue`] for values of other types, or where a declared merge has none (the compiler rejects those).
    pub fn merge(&self, a: &Value, b: &Value) -> Result<Value, NoValue> {
        match (self, a, b) {
            (Lattice::Max(_) | Lattice::Lww(_) | Lattice::Any, _, _) => Ok(a.max(b).clone()),
            (Lattice::Min(_) | Lattice::All, _, _) => Ok(a.min(b).clone()),
            (Lattice::Set(_), Value::Set(a), Value::Set(b)) => Ok(Value::set(a.iter().chain(&**b).cloned())),
            (Lattice::Map(_, of), Value::Map(a), Value::Map(b)) => {
                let mut pairs: BTreeMap<Value, Value> = a.iter().cloned().collect();
                for (key, value) in b.iter() {
                    let merged = match pairs.get(key) {
                        Some(known) => of.merge(known, value)?,
                        None => value.clone(),
                    };
                    pairs.insert(key.clone(), merged);
                }
                Ok(Value::Map(pairs.into_iter().collect()))
            }
            (Lattice::Tuple(parts) | Lattice::Struct(_, parts), Value::Tuple(a), Value::Tuple(b)) => {
                let merged: Result<Vec<Value>, NoValue> =
                    parts.iter().zip(a.iter().zip(&**b)).map(|(part, (a, b))| part.merge(a, b)).collect();
                merged.map(Value::tuple)
            }
            (Lattice::User(of), _, _) => {
                evaluate(&of.merge, &|var| Some(if *var == 0 { a } else { b }), &Site::nowhere())
            }
            (Lattice::Set(_) | Lattice::Map(..) | Lattice::Tuple(_) | Lattice::Struct(..), _, _) => {
                Err(NoValue::Mistyped)
            }
        }
    }

    /// Whether `a` is at most `b`: merging `a` into `b` changes nothing.
    pub fn at_most(&self, a: &Value, b: &Value) -> bool {
        self.merge(a, b).as_ref() == Ok(b)
    }
}
