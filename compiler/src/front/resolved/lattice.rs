//! Lattice types as written; declared ones by number, since their merges have no types yet.

use std::sync::Arc;

use floret_ir::{Interned, Lattice, StructType, Type, UserLattice};

/// A lattice type.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::front) enum LatticeForm {
    Max(Type),
    Min(Type),
    Any,
    All,
    Set(Type),
    Map(Type, Box<LatticeForm>),
    Lww(Type),
    Tuple(Vec<LatticeForm>),
    Struct(Interned<StructType>, Vec<LatticeForm>),
    /// A declared one: its number and carrier.
    User(usize, Type),
}

impl LatticeForm {
    /// The type of its values.
    pub fn carrier(&self) -> Type {
        match self {
            LatticeForm::Max(of) | LatticeForm::Min(of) | LatticeForm::User(_, of) => *of,
            LatticeForm::Any | LatticeForm::All => Type::Bool,
            LatticeForm::Set(of) => Type::set(*of),
            LatticeForm::Map(key, of) => Type::map(*key, of.carrier()),
            LatticeForm::Lww(of) => Type::tuple(vec![Type::Time, Type::Node, *of]),
            LatticeForm::Tuple(parts) => Type::tuple(parts.iter().map(LatticeForm::carrier).collect()),
            LatticeForm::Struct(of, _) => Type::Struct(*of),
        }
    }

    /// The checked lattice, given the declared ones.
    pub fn build(&self, declared: &[Arc<UserLattice>]) -> Option<Lattice> {
        let all =
            |parts: &[LatticeForm]| parts.iter().map(|part| part.build(declared)).collect::<Option<_>>();
        Some(match self {
            LatticeForm::Max(of) => Lattice::Max(*of),
            LatticeForm::Min(of) => Lattice::Min(*of),
            LatticeForm::Any => Lattice::Any,
            LatticeForm::All => Lattice::All,
            LatticeForm::Set(of) => Lattice::Set(*of),
            LatticeForm::Map(key, of) => Lattice::Map(*key, Box::new(of.build(declared)?)),
            LatticeForm::Lww(of) => Lattice::Lww(*of),
            LatticeForm::Tuple(parts) => Lattice::Tuple(all(parts)?),
            LatticeForm::Struct(of, parts) => Lattice::Struct(*of, all(parts)?),
            LatticeForm::User(number, _) => Lattice::User(declared.get(*number)?.clone()),
        })
    }
}
