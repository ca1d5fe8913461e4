//! Types of columns and expressions.
//!
//! Types are hash-consed: equal types are one object for the life of the process, so a [`Type`] is a word that is copied
//! and compared as such. Programs have few types, and what comes from files is bounded in depth and by its length.

use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::ops::Deref;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::RoleId;
use crate::nested::Level;

/// A type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Type {
    /// 64-bit signed, checked.
    Int,
    /// 64-bit IEEE with one NaN and one zero, totally ordered.
    Float,
    /// `false < true`.
    Bool,
    /// Unicode text, ordered by bytes.
    String,
    /// Bytes, ordered by their values.
    Bytes,
    /// A point in time: nanoseconds since 1970 (UTC).
    Time,
    /// A span of time: nanoseconds.
    Duration,
    /// The address of a node of a role.
    Address(RoleId),
    /// The address of a node of any role (the stamp of `lww`).
    Node,
    /// `(a, b)`
    Tuple(Interned<Vec<Type>>),
    /// `list<T>`
    List(Interned<Type>),
    /// `set<T>`
    Set(Interned<Type>),
    /// `map<K, V>`
    Map(Interned<Type>, Interned<Type>),
    /// `option<T>`
    Option(Interned<Type>),
    /// A declared `struct`.
    Struct(Interned<StructType>),
    /// A declared `enum`.
    Enum(Interned<EnumType>),
}

/// A declared `struct`; its values are [`crate::Value::Tuple`]s.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct StructType {
    /// Its name.
    pub name: String,
    /// Names and types of its fields, in order.
    pub fields: Vec<(String, Type)>,
}

/// A declared `enum`; its values are [`crate::Value::Variant`]s.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct EnumType {
    /// Its name.
    pub name: String,
    /// Names of its constructors with the types of their arguments, in order.
    pub variants: Vec<(String, Vec<Type>)>,
}

impl Type {
    /// `(a, b, ...)`
    pub fn tuple(parts: Vec<Type>) -> Type {
        Type::Tuple(Interned::new(parts))
    }
    /// `list<of>`
    pub fn list(of: Type) -> Type {
        Type::List(Interned::new(of))
    }
    /// `set<of>`
    pub fn set(of: Type) -> Type {
        Type::Set(Interned::new(of))
    }
    /// `map<key, value>`
    pub fn map(key: Type, value: Type) -> Type {
        Type::Map(Interned::new(key), Interned::new(value))
    }
    /// `option<of>`
    pub fn option(of: Type) -> Type {
        Type::Option(Interned::new(of))
    }

    /// The types of a tuple's parts or a struct's fields, in order; `None` for others.
    pub fn fields(self) -> Option<Vec<Type>> {
        match self {
            Type::Tuple(parts) => Some(parts.to_vec()),
            Type::Struct(of) => Some(of.fields.iter().map(|(_, ty)| *ty).collect()),
            Type::Int
            | Type::Float
            | Type::Bool
            | Type::String
            | Type::Bytes
            | Type::Time
            | Type::Duration
            | Type::Address(_)
            | Type::Node
            | Type::List(_)
            | Type::Set(_)
            | Type::Map(..)
            | Type::Option(_)
            | Type::Enum(_) => None,
        }
    }

    /// The types of a variant's arguments (of an enum or option); `None` for others.
    pub fn variant(self, index: u32) -> Option<Vec<Type>> {
        match (self, index) {
            (Type::Option(_), 0) => Some(Vec::new()),
            (Type::Option(of), 1) => Some(vec![*of]),
            (Type::Enum(of), _) => of.variants.get(index as usize).map(|(_, types)| types.clone()),
            (
                Type::Int
                | Type::Float
                | Type::Bool
                | Type::String
                | Type::Bytes
                | Type::Time
                | Type::Duration
                | Type::Address(_)
                | Type::Node
                | Type::Tuple(_)
                | Type::List(_)
                | Type::Set(_)
                | Type::Map(..)
                | Type::Option(_)
                | Type::Struct(_),
                _,
            ) => None,
        }
    }

    /// What `x in xs` ranges over: the elements of lists, sets and options, the (key, value) pairs of maps.
    pub fn element(self) -> Option<Type> {
        match self {
            Type::List(of) | Type::Set(of) | Type::Option(of) => Some(*of),
            Type::Map(key, value) => Some(Type::tuple(vec![*key, *value])),
            Type::Int
            | Type::Float
            | Type::Bool
            | Type::String
            | Type::Bytes
            | Type::Time
            | Type::Duration
            | Type::Address(_)
            | Type::Node
            | Type::Tuple(_)
            | Type::Struct(_)
            | Type::Enum(_) => None,
        }
    }
}

/// A part of a type, kept once for the life of the process.
pub struct Interned<T: 'static>(&'static T);

/// What can be kept.
pub trait Internable: Eq + Hash + Sized + Sync + 'static {
    /// All that were ever seen.
    fn pool() -> &'static Mutex<HashSet<&'static Self>>;
}

macro_rules! internable {
    ($($ty:ty),*) => {$(
        impl Internable for $ty {
            fn pool() -> &'static Mutex<HashSet<&'static Self>> {
                static POOL: OnceLock<Mutex<HashSet<&'static $ty>>> = OnceLock::new();
                POOL.get_or_init(Mutex::default)
            }
        }
    )*};
}
internable!(Type, Vec<Type>, StructType, EnumType);

impl<T: Internable> Interned<T> {
    /// The one object equal to `value`.
    pub fn new(value: T) -> Self {
        let mut pool = T::pool().lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = pool.get(&value) {
            return Interned(known);
        }
        let kept: &'static T = Box::leak(Box::new(value));
        pool.insert(kept);
        Interned(kept)
    }
}

impl<T> Clone for Interned<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Interned<T> {}
impl<T> Deref for Interned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0
    }
}
impl<T> PartialEq for Interned<T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}
impl<T> Eq for Interned<T> {}
impl<T: Ord> PartialOrd for Interned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T: Ord> Ord for Interned<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if self == other { std::cmp::Ordering::Equal } else { self.0.cmp(other.0) }
    }
}
impl<T: Hash> Hash for Interned<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        // By content: hashes of programs must not depend on addresses.
        self.0.hash(state);
    }
}
impl<T: fmt::Debug> fmt::Debug for Interned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl<T: Serialize> Serialize for Interned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
impl<'de, T: Internable + Deserialize<'de>> Deserialize<'de> for Interned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let _level = Level::enter()?;
        T::deserialize(deserializer).map(Interned::new)
    }
}
