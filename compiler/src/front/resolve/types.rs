//! Types as written.

use floret_ir::{Diagnostics, Span, Type};
use floret_lang::tree::{Path, TypeExpr};

use super::names::Names;
use crate::front::findings::{MisplacedLattice, NameKind, TypeArity, WrongLattice};
use crate::front::resolved::{ColumnType, LatticeForm};
use crate::front::split::INFERRED;

/// A type with what it is as a value column.
pub(super) struct Written {
    pub ty: Type,
    pub lattice: Option<LatticeForm>,
    /// Where it says that it is a lattice, beyond `set` and `map`, which are types of their own.
    pub marked: Option<Span>,
}

/// A type that is not a value column's.
pub(super) fn plain(ty: &TypeExpr, names: &Names, sink: &mut Diagnostics) -> ColumnType {
    if let TypeExpr::Named { path, .. } = ty
        && let [name] = path.parts.as_slice()
        && name.text == INFERRED
    {
        return ColumnType::Inferred;
    }
    match written(ty, names, sink).and_then(|found| unmarked(found, sink)) {
        Some(found) => ColumnType::Declared(found, span_of(ty)),
        None => ColumnType::Unknown,
    }
}

/// A column's type, and how its rows merge if it is a lattice.
pub(super) fn column(
    ty: &TypeExpr,
    is_value: bool,
    names: &Names,
    sink: &mut Diagnostics,
) -> (ColumnType, Option<LatticeForm>) {
    if !is_value {
        return (plain(ty, names, sink), None);
    }
    let Some(found) = written(ty, names, sink) else { return (ColumnType::Unknown, None) };
    let declared = ColumnType::Declared(found.ty, span_of(ty));
    match (found.lattice, found.marked) {
        (None, Some(span)) => {
            sink.push(WrongLattice { span, why: "a lattice stands beside a type that is none" });
            (declared, None)
        }
        (lattice, _) => (declared, lattice),
    }
}

/// What is written; `None`: a diagnostic was given.
pub(super) fn written(ty: &TypeExpr, names: &Names, sink: &mut Diagnostics) -> Option<Written> {
    match ty {
        TypeExpr::Tuple(parts, span) => tuple(parts, *span, names, sink),
        TypeExpr::Named { path, args, span } => named(path, args, *span, names, sink),
    }
}

/// The place of a type.
pub(super) fn span_of(ty: &TypeExpr) -> Span {
    match ty {
        TypeExpr::Named { span, .. } | TypeExpr::Tuple(_, span) => *span,
    }
}

fn unmarked(found: Written, sink: &mut Diagnostics) -> Option<Type> {
    match found.marked {
        Some(span) => {
            sink.push(MisplacedLattice { span });
            None
        }
        None => Some(found.ty),
    }
}

fn simple(ty: Type) -> Written {
    Written { ty, lattice: None, marked: None }
}

fn lattice(form: LatticeForm, span: Span) -> Written {
    Written { ty: form.carrier(), lattice: Some(form), marked: Some(span) }
}

fn tuple(parts: &[TypeExpr], span: Span, names: &Names, sink: &mut Diagnostics) -> Option<Written> {
    if let [one] = parts {
        return written(one, names, sink);
    }
    if parts.is_empty() {
        sink.push(TypeArity { name: "a tuple".into(), takes: "two types or more", span });
        return None;
    }
    let parts: Vec<Option<Written>> = parts.iter().map(|part| written(part, names, sink)).collect();
    let parts: Vec<Written> = parts.into_iter().collect::<Option<_>>()?;
    let lattices: Option<Vec<LatticeForm>> = parts.iter().map(|part| part.lattice.clone()).collect();
    Some(Written {
        ty: Type::tuple(parts.iter().map(|part| part.ty).collect()),
        lattice: lattices.map(LatticeForm::Tuple),
        marked: parts.iter().find_map(|part| part.marked),
    })
}

fn named(
    path: &Path,
    args: &[TypeExpr],
    span: Span,
    names: &Names,
    sink: &mut Diagnostics,
) -> Option<Written> {
    let name = names.single(path, sink)?;
    let takes: usize = match name.text.as_str() {
        "list" | "set" | "option" | "max" | "min" | "any" | "all" | "lww" => 1,
        "map" => 2,
        _ => 0,
    };
    if takes != args.len() {
        let takes = match takes {
            0 => "no types in `<...>`",
            1 => "one type in `<...>`",
            _ => "two types in `<...>`",
        };
        sink.push(TypeArity { name: format!("`{}`", name.text), takes, span });
        return None;
    }
    let args: Vec<Option<Written>> = args.iter().map(|arg| written(arg, names, sink)).collect();
    let mut args = args.into_iter().collect::<Option<Vec<Written>>>()?.into_iter();
    match (args.next(), args.next()) {
        (None, _) => without_args(&name.text, span, names, sink),
        (Some(of), None) => with_arg(&name.text, of, span, sink),
        (Some(key), Some(of)) => {
            let key = unmarked(key, sink)?;
            Some(Written {
                ty: Type::map(key, of.ty),
                lattice: of.lattice.map(|of| LatticeForm::Map(key, Box::new(of))),
                marked: of.marked,
            })
        }
    }
}

fn without_args(name: &str, span: Span, names: &Names, sink: &mut Diagnostics) -> Option<Written> {
    Some(simple(match name {
        "int" => Type::Int,
        "float" => Type::Float,
        "bool" => Type::Bool,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "time" => Type::Time,
        "duration" => Type::Duration,
        _ => {
            if let Some(role) = names.role_quietly(name) {
                return Some(simple(Type::Address(role)));
            }
            if let Some(found) = names.named_type(name) {
                let marked = found.is_lattice.then_some(span);
                return Some(Written { ty: found.ty, lattice: found.lattice.clone(), marked });
            }
            if !names.is_refused(name) && !names.incomplete {
                names.unknown(NameKind::Type, name, span, sink);
            }
            return None;
        }
    }))
}

fn with_arg(name: &str, of: Written, span: Span, sink: &mut Diagnostics) -> Option<Written> {
    let of = unmarked(of, sink)?;
    match (name, of) {
        ("list", _) => Some(simple(Type::list(of))),
        ("option", _) => Some(simple(Type::option(of))),
        ("set", _) => Some(Written { ty: Type::set(of), lattice: Some(LatticeForm::Set(of)), marked: None }),
        ("max", _) => Some(lattice(LatticeForm::Max(of), span)),
        ("min", _) => Some(lattice(LatticeForm::Min(of), span)),
        ("lww", _) => Some(lattice(LatticeForm::Lww(of), span)),
        ("any", Type::Bool) => Some(lattice(LatticeForm::Any, span)),
        ("all", Type::Bool) => Some(lattice(LatticeForm::All, span)),
        _ => {
            sink.push(WrongLattice {
                span,
                why: "`any` and `all` merge truth values: `any<bool>`, `all<bool>`",
            });
            None
        }
    }
}
