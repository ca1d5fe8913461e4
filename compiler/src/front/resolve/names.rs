//! What the program's names stand for.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Diagnostics, Function, IndexVec, NoticeKind, RelationId, RoleId, Span, Type, Value};
use floret_lang::tree::{Name, Path};

use crate::front::findings::{Duplicate, NameKind, UnknownName};
use crate::front::resolved::{DefId, Hole, HoleId, HoleKind, LatticeForm, LocalId, Variable};
use floret_ir::closest;

/// The names of the program. All share one space, since most of them can be called in bodies.
#[derive(Default)]
pub(super) struct Names {
    roles: BTreeMap<String, RoleId>,
    relations: BTreeMap<String, RelationId>,
    definitions: BTreeMap<String, Definition>,
    params: BTreeMap<String, u32>,
    types: BTreeMap<String, NamedType>,
    constructors: BTreeMap<String, (Type, u32)>,
    /// What resolving expressions makes on the way.
    made: RefCell<Made>,
    /// Names declared by something that was refused, or wrongly: uses of them give no second message.
    refused: BTreeSet<String>,
    /// Where each declared name stands.
    declared: BTreeMap<String, Span>,
    /// Statements are missing because they could not be read; unknown names may be declared there.
    pub incomplete: bool,
}

/// What is made while expressions are resolved.
#[derive(Default)]
pub(super) struct Made {
    pub locals: IndexVec<LocalId, Variable>,
    pub holes: IndexVec<HoleId, Hole>,
}

/// A constant or function of the program.
#[derive(Clone)]
pub(super) struct Definition {
    pub id: DefId,
    /// How many parameters; `None`: a constant.
    pub params: Option<usize>,
    /// The value of a constant that is one literal.
    pub literal: Option<Value>,
}

/// A declared type.
#[derive(Clone)]
pub(super) struct NamedType {
    pub ty: Type,
    /// How it merges as a value column.
    pub lattice: Option<LatticeForm>,
    /// It is a `lattice`: nothing but a value column.
    pub is_lattice: bool,
}

/// What a path in a call stands for.
pub(super) enum Callee {
    Relation(RelationId),
    Role(RoleId),
    /// Any function of the library with this one's name.
    Function(Function),
    /// A function of the program, or a constant.
    Definition(Definition),
    /// A constructor of an enum.
    Constructor(Type, u32),
    /// `some`
    Some,
    /// `now`, `random`
    Clock,
    /// `floret::error`, `floret::conflict`
    Report(NoticeKind),
    Aggregate,
    /// A diagnostic was given, here or at the declaration.
    Refused,
    /// Nothing.
    Unknown,
}

/// The names of aggregates.
pub(super) const AGGREGATES: [&str; 9] =
    ["count", "sum", "min", "max", "avg", "arg_min", "arg_max", "collect", "any"];

/// What a rule asks the clock.
const CLOCK: [&str; 2] = ["now", "random"];

/// The types that need no declaration.
pub(super) const TYPES: [&str; 16] = [
    "int", "float", "bool", "string", "bytes", "time", "duration", "list", "set", "map", "option", "max",
    "min", "any", "all", "lww",
];

/// Whether the language itself gives the name to something that is called: a function or an aggregate.
pub(crate) fn is_builtin(name: &str) -> bool {
    Function::by_name(name).next().is_some()
        || AGGREGATES.contains(&name)
        || name == "now"
        || name == "random"
}

/// Whether the name is an aggregate's.
pub(crate) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.contains(&name)
}

impl Names {
    /// No names yet.
    pub fn new(incomplete: bool) -> Self {
        Names { incomplete, ..Names::default() }
    }
    /// Enters a declared name. `false`: it has a meaning already (a diagnostic was given).
    pub fn declare(&mut self, name: &Name, sink: &mut Diagnostics) -> bool {
        if let Some(&span) = self.declared.get(&name.text) {
            // Roles are entered before collections, wherever they stand.
            let (first, second) = (span.min(name.span), span.max(name.span));
            sink.push(Duplicate { name: name.text.clone(), first, second });
            return false;
        }
        self.declared.insert(name.text.clone(), name.span);
        true
    }
    pub fn add_role(&mut self, name: &str, id: RoleId) {
        self.roles.insert(name.to_owned(), id);
    }
    pub fn add_relation(&mut self, name: &str, id: RelationId) {
        self.relations.insert(name.to_owned(), id);
    }
    pub fn add_definition(&mut self, name: &str, definition: Definition) {
        self.definitions.insert(name.to_owned(), definition);
    }
    pub fn add_param(&mut self, name: &str, number: u32) {
        self.params.insert(name.to_owned(), number);
    }
    pub fn add_type(&mut self, name: &str, ty: NamedType) {
        self.types.insert(name.to_owned(), ty);
    }
    pub fn add_constructor(&mut self, name: &str, ty: Type, index: u32) {
        self.constructors.insert(name.to_owned(), (ty, index));
    }
    pub fn definition(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name)
    }
    pub fn param(&self, name: &str) -> Option<u32> {
        self.params.get(name).copied()
    }
    pub fn named_type(&self, name: &str) -> Option<&NamedType> {
        self.types.get(name)
    }
    /// The constructor that a path names: `Yes` or `Vote::Yes`.
    pub fn constructor(&self, path: &Path) -> Option<(Type, u32)> {
        match path.parts.as_slice() {
            [name] => self.constructors.get(&name.text).copied(),
            [outer, name] => {
                let Type::Enum(of) = self.types.get(&outer.text)?.ty else { return None };
                let index = of.variants.iter().position(|(variant, _)| *variant == name.text)?;
                Some((Type::Enum(of), u32::try_from(index).ok()?))
            }
            _ => None,
        }
    }
    pub fn local(&self, name: &str, span: Span) -> LocalId {
        self.made.borrow_mut().locals.push(Variable { name: name.to_owned(), span })
    }
    pub fn hole(&self, kind: HoleKind, span: Span) -> HoleId {
        self.made.borrow_mut().holes.push(Hole { kind, span })
    }
    /// All that was made.
    pub fn into_made(self) -> Made {
        self.made.into_inner()
    }
    /// Enters a name that must cause no more messages.
    pub fn refuse(&mut self, name: &str) {
        self.refused.insert(name.to_owned());
    }
    pub fn is_refused(&self, name: &str) -> bool {
        self.refused.contains(name)
    }
    pub fn relation(&self, name: &str) -> Option<RelationId> {
        self.relations.get(name).copied()
    }
    pub fn is_role(&self, name: &str) -> bool {
        self.roles.contains_key(name)
    }

    /// The role of that name, with a message if there is none.
    pub fn role(&self, name: &Name, sink: &mut Diagnostics) -> Option<RoleId> {
        let found = self.roles.get(&name.text).copied();
        if found.is_none() && !self.is_refused(&name.text) && !self.incomplete {
            self.unknown(NameKind::Role, &name.text, name.span, sink);
        }
        found
    }
    /// The name of a role.
    pub fn role_name(&self, id: RoleId) -> Option<&str> {
        self.roles.iter().find(|(_, found)| **found == id).map(|(name, _)| name.as_str())
    }
    /// Where a name is declared.
    pub fn declared(&self, name: &str) -> Option<Span> {
        self.declared.get(name).copied()
    }
    /// The role of that name, without a message.
    pub fn role_quietly(&self, name: &str) -> Option<RoleId> {
        self.roles.get(name).copied()
    }

    /// What is called. `in_expression`: functions go before collections of the same name.
    pub fn callee(&self, path: &Path, in_expression: bool, sink: &mut Diagnostics) -> Callee {
        if let Some((ty, index)) = self.constructor(path) {
            return Callee::Constructor(ty, index);
        }
        if let Some(kind) = report(path) {
            return Callee::Report(kind);
        }
        let Some(name) = self.single(path, sink) else { return Callee::Refused };
        let text = name.text.as_str();
        if let Some(definition) = self.definitions.get(text) {
            return Callee::Definition(definition.clone());
        }
        let function = Function::by_name(text).next().map(Callee::Function);
        let function = function.or_else(|| (text == "some").then_some(Callee::Some));
        let function = function.or_else(|| CLOCK.contains(&text).then_some(Callee::Clock));
        let relation = self.relation(text).map(Callee::Relation);
        let found = if in_expression { function.or(relation) } else { relation.or(function) };
        if let Some(found) = found.or_else(|| self.role_quietly(text).map(Callee::Role)) {
            found
        } else if self.is_refused(text) {
            Callee::Refused
        } else if AGGREGATES.contains(&text) {
            Callee::Aggregate
        } else {
            Callee::Unknown
        }
    }

    /// The name, if the path has one part; others are refused here.
    pub fn single<'p>(&self, path: &'p Path, sink: &mut Diagnostics) -> Option<&'p Name> {
        let first = path.parts.first()?;
        if path.parts.len() == 1 {
            return Some(first);
        }
        if first.text == "floret" {
            self.floret(path, sink);
        } else if let (Some(_), Some(last)) = (self.types.get(&first.text), path.parts.last()) {
            self.unknown(NameKind::Constructor, &last.text, last.span, sink);
        } else if !self.is_refused(&first.text) && !self.incomplete {
            self.unknown(NameKind::Module, &first.text, first.span, sink);
        }
        None
    }

    /// Something of `floret::` that can't stand here.
    fn floret(&self, path: &Path, sink: &mut Diagnostics) {
        match path.parts.last() {
            Some(last) if report(path).is_none() => {
                let name = format!("floret::{}", last.text);
                self.unknown(NameKind::Builtin, &name, last.span, sink);
            }
            _ => sink.push(crate::front::findings::BuiltinEvent { span: path.span }),
        }
    }

    /// Says that nothing has this name.
    pub fn unknown(&self, kind: NameKind, name: &str, span: Span, sink: &mut Diagnostics) {
        let functions = || {
            let own = self.definitions.keys().map(String::as_str);
            Function::ALL.iter().map(|function| function.name()).chain(own)
        };
        let constructors = || self.constructors.keys().map(String::as_str);
        let suggestion = match kind {
            NameKind::Collection => {
                // A literal that is a call can be any of the three.
                closest(name, self.relation_names().chain(self.role_names()).chain(functions()))
            }
            NameKind::Role => closest(name, self.role_names()),
            NameKind::Function => closest(name, functions().chain(constructors())),
            NameKind::Type => {
                let own = self.types.keys().map(String::as_str);
                closest(name, TYPES.into_iter().chain(own).chain(self.role_names()))
            }
            NameKind::Struct => {
                let own = self.types.iter().filter(|(_, of)| matches!(of.ty, Type::Struct(_)));
                closest(name, own.map(|(name, _)| name.as_str()))
            }
            NameKind::Constructor => closest(name, constructors().chain(["some", "none"])),
            NameKind::Attribute => closest(name, ["accept"]),
            NameKind::Module => closest(name, ["floret"]),
            NameKind::Builtin => closest(name, ["floret::error", "floret::conflict", "floret::peer"]),
        };
        sink.push(UnknownName { kind, name: name.to_owned(), span, suggestion });
    }
    pub fn relation_names(&self) -> impl Iterator<Item = &str> {
        self.relations.keys().map(String::as_str)
    }
    fn role_names(&self) -> impl Iterator<Item = &str> {
        self.roles.keys().map(String::as_str)
    }
}

/// The built-in event that a path names.
fn report(path: &Path) -> Option<NoticeKind> {
    match path.parts.as_slice() {
        [outer, name] if outer.text == "floret" => match name.text.as_str() {
            "error" => Some(NoticeKind::Error),
            "conflict" => Some(NoticeKind::Conflict),
            "peer" => Some(NoticeKind::Peer),
            _ => None,
        },
        _ => None,
    }
}
