//! Declared types: `struct`, `enum` and `lattice`, each after those it uses.

use std::collections::BTreeMap;

use floret_ir::{Diagnostics, EnumType, Interned, Span, StructType, Type};
use floret_lang::tree::{Name, Statement, StatementKind, TypeExpr};

use super::items::Item;
use super::names::{NamedType, Names};
use super::types;
use crate::front::findings::{Duplicate, ImpossibleDeclaration, RecursiveType, TypeTooLarge, WrongLattice};
use crate::front::resolved::{LatticeForm, UserLattice};

/// How many parts a declared type may have, all in all.
pub(in crate::front) const TYPE_LIMIT: usize = 5_000;
/// How deep types may nest.
pub(in crate::front) const TYPE_DEPTH: usize = 100;

/// Enters all declared types; the lattices, whose merges are missing yet.
pub(super) fn declare(items: &[Item<'_>], names: &mut Names, sink: &mut Diagnostics) -> Vec<UserLattice> {
    let mut statements: BTreeMap<&str, (&Name, &Statement)> = BTreeMap::new();
    let mut in_order = Vec::new();
    for item in items {
        let (StatementKind::Struct { name, .. }
        | StatementKind::Enum { name, .. }
        | StatementKind::Lattice { name, .. }) = &item.statement.kind
        else {
            continue;
        };
        if names.declare(name, sink) {
            statements.insert(&name.text, (name, item.statement));
            in_order.push(name);
        }
    }
    let mut declare =
        Declare { statements, names, sink, path: Vec::new(), sizes: BTreeMap::new(), lattices: Vec::new() };
    for name in &in_order {
        declare.visit(&name.text);
    }
    declare.lattices
}

/// The number of parts, and how deep they nest.
#[derive(Clone, Copy)]
struct Size {
    parts: usize,
    depth: usize,
}

impl Size {
    fn over(own: Size, parts: impl Iterator<Item = Size>) -> Size {
        parts.fold(own, |size, part| Size {
            parts: size.parts.saturating_add(part.parts),
            depth: size.depth.max(part.depth.saturating_add(1)),
        })
    }
}

struct Declare<'t, 'n, 's> {
    statements: BTreeMap<&'t str, (&'t Name, &'t Statement)>,
    names: &'n mut Names,
    sink: &'s mut Diagnostics,
    /// The types being declared, outermost first.
    path: Vec<&'t Name>,
    /// Of those that are done.
    sizes: BTreeMap<&'t str, Size>,
    lattices: Vec<UserLattice>,
}

impl<'t> Declare<'t, '_, '_> {
    fn visit(&mut self, name: &str) {
        let Some(&(name, statement)) = self.statements.get(name) else { return };
        if self.sizes.contains_key(name.text.as_str()) {
            return;
        }
        if let Some(start) = self.path.iter().position(|open| open.text == name.text) {
            let cycle: Vec<(String, Span)> =
                self.path.iter().skip(start).map(|name| (name.text.clone(), name.span)).collect();
            if !self.names.is_refused(&name.text) {
                self.sink.push(RecursiveType { cycle: cycle.clone() });
            }
            cycle.iter().for_each(|(name, _)| self.names.refuse(name));
            return;
        }
        if self.path.len() > TYPE_DEPTH {
            self.sink.push(TypeTooLarge { span: name.span, limit: TYPE_LIMIT });
            self.names.refuse(&name.text);
            refuse_constructors(statement, self.names);
            self.sizes.insert(&name.text, Size { parts: 1, depth: 1 });
            return;
        }
        self.path.push(name);
        let parts = parts(statement);
        for part in &parts {
            for used in mentioned(part) {
                self.visit(&used);
            }
        }
        self.path.pop();
        let size = Size::over(Size { parts: 1, depth: 1 }, parts.iter().map(|part| self.size(part)));
        self.sizes.insert(&name.text, size);
        if size.parts > TYPE_LIMIT || size.depth > TYPE_DEPTH {
            self.sink.push(TypeTooLarge { span: name.span, limit: TYPE_LIMIT });
            self.names.refuse(&name.text);
        }
        if self.names.is_refused(&name.text) {
            refuse_constructors(statement, self.names);
            return;
        }
        self.enter(name, statement);
    }

    fn size(&self, ty: &TypeExpr) -> Size {
        let one = Size { parts: 1, depth: 1 };
        let (own, args) = match ty {
            TypeExpr::Tuple(parts, _) => (one, parts),
            TypeExpr::Named { path, args, .. } => {
                let name = path.parts.last().map_or("", |part| part.text.as_str());
                (self.sizes.get(name).copied().unwrap_or(one), args)
            }
        };
        Size::over(own, args.iter().map(|arg| self.size(arg)))
    }

    fn enter(&mut self, name: &'t Name, statement: &'t Statement) {
        match &statement.kind {
            StatementKind::Struct { fields, .. } => self.enter_struct(name, fields),
            StatementKind::Enum { variants, .. } => self.enter_enum(name, variants),
            StatementKind::Lattice { over, .. } => {
                let number = self.lattices.len();
                let over = match types::plain(over, self.names, self.sink) {
                    crate::front::resolved::ColumnType::Declared(ty, _) => Some(ty),
                    _ => None,
                };
                match over {
                    Some(ty) => {
                        let lattice = Some(LatticeForm::User(number, ty));
                        self.names.add_type(&name.text, NamedType { ty, lattice, is_lattice: true });
                    }
                    None => self.names.refuse(&name.text),
                }
                self.lattices.push(UserLattice {
                    name: name.text.clone(),
                    over,
                    merge: None,
                    span: name.span,
                });
            }
            _ => {}
        }
    }

    fn enter_struct(&mut self, name: &'t Name, fields: &'t [floret_lang::tree::ColumnDecl]) {
        if fields.is_empty() {
            self.sink.push(ImpossibleDeclaration {
                title: format!("the struct `{}` has no fields", name.text),
                span: name.span,
                label: "nothing to hold",
                help: "give it a field, or declare an `enum` with one constructor",
            });
            self.names.refuse(&name.text);
            return;
        }
        let mut first: BTreeMap<&str, Span> = BTreeMap::new();
        let (mut found, mut lattices, mut marked, mut fine) = (Vec::new(), Vec::new(), None, true);
        for field in fields {
            if let Some(&first) = first.get(field.name.text.as_str()) {
                self.sink.push(Duplicate { name: field.name.text.clone(), first, second: field.name.span });
                fine = false;
            }
            first.insert(&field.name.text, field.name.span);
            match types::written(&field.ty, self.names, self.sink) {
                Some(written) => {
                    found.push((field.name.text.clone(), written.ty));
                    lattices.push(written.lattice);
                    marked = marked.or(written.marked);
                }
                None => fine = false,
            }
        }
        let lattices: Option<Vec<LatticeForm>> = lattices.into_iter().collect();
        if let (None, Some(span)) = (&lattices, marked) {
            self.sink.push(WrongLattice { span, why: "a lattice stands beside a field that is none" });
            fine = false;
        }
        if !fine {
            self.names.refuse(&name.text);
            return;
        }
        let of = Interned::new(StructType { name: name.text.clone(), fields: found });
        let lattice = lattices.map(|parts| LatticeForm::Struct(of, parts));
        self.names.add_type(&name.text, NamedType { ty: Type::Struct(of), lattice, is_lattice: false });
    }

    fn enter_enum(&mut self, name: &'t Name, declared: &'t [(Name, Vec<TypeExpr>)]) {
        if declared.is_empty() {
            self.sink.push(ImpossibleDeclaration {
                title: format!("the enum `{}` has no constructors", name.text),
                span: name.span,
                label: "it would have no values",
                help: "give it one: `enum Vote { Yes, No(string) }`",
            });
            self.names.refuse(&name.text);
            return;
        }
        let (mut variants, mut fine) = (Vec::new(), true);
        for (constructor, args) in declared {
            if !self.names.declare(constructor, self.sink) {
                fine = false;
                continue;
            }
            let mut types = Vec::new();
            for arg in args {
                match types::plain(arg, self.names, self.sink) {
                    crate::front::resolved::ColumnType::Declared(ty, _) => types.push(ty),
                    _ => fine = false,
                }
            }
            variants.push((constructor.text.clone(), types));
        }
        if !fine {
            self.names.refuse(&name.text);
            for (constructor, _) in declared {
                self.names.refuse(&constructor.text);
            }
            return;
        }
        let of = EnumType { name: name.text.clone(), variants };
        let ty = Type::Enum(Interned::new(of));
        self.names.add_type(&name.text, NamedType { ty, lattice: None, is_lattice: false });
        for ((constructor, _), index) in declared.iter().zip(0..) {
            self.names.add_constructor(&constructor.text, ty, index);
        }
    }
}

fn refuse_constructors(statement: &Statement, names: &mut Names) {
    if let StatementKind::Enum { variants, .. } = &statement.kind {
        for (constructor, _) in variants {
            names.refuse(&constructor.text);
        }
    }
}

/// The types in a declaration.
fn parts(statement: &Statement) -> Vec<&TypeExpr> {
    match &statement.kind {
        StatementKind::Struct { fields, .. } => fields.iter().map(|field| &field.ty).collect(),
        StatementKind::Enum { variants, .. } => variants.iter().flat_map(|(_, args)| args).collect(),
        StatementKind::Lattice { over, .. } => vec![over],
        _ => Vec::new(),
    }
}

/// The names in a type.
fn mentioned(ty: &TypeExpr) -> Vec<String> {
    match ty {
        TypeExpr::Tuple(parts, _) => parts.iter().flat_map(mentioned).collect(),
        TypeExpr::Named { path, args, .. } => {
            let own = match path.parts.as_slice() {
                [name] => Some(name.text.clone()),
                _ => None,
            };
            own.into_iter().chain(args.iter().flat_map(mentioned)).collect()
        }
    }
}
