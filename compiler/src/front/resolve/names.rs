//! What the program's names stand for.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Diagnostics, Function, RelationId, ReportKind, RoleId, Span};
use floret_lang::tree::{Name, Path};

use crate::front::findings::{Duplicate, NameKind, NotYet, UnknownName};
use floret_ir::closest;

/// The names of the program. Collections and roles share one space, since both are called in bodies.
#[derive(Default)]
pub(super) struct Names {
    roles: BTreeMap<String, RoleId>,
    relations: BTreeMap<String, RelationId>,
    /// Names declared by something that was refused, or wrongly: uses of them give no second message.
    refused: BTreeSet<String>,
    /// Where each declared name stands.
    declared: BTreeMap<String, Span>,
    /// Statements are missing because they could not be read; unknown names may be declared there.
    pub incomplete: bool,
}

/// What a path in a call stands for.
pub(super) enum Callee {
    Relation(RelationId),
    Role(RoleId),
    Function(Function),
    Aggregate,
    /// `now`
    Now,
    /// `random`
    Random,
    /// `floret::error`, `floret::conflict`
    Reports(ReportKind),
    /// A diagnostic was given, here or at the declaration.
    Refused,
    /// Nothing.
    Unknown,
}

/// The names of aggregates. Which of them are supported, `rule` says.
pub(super) const AGGREGATES: [&str; 9] =
    ["count", "sum", "min", "max", "avg", "arg_min", "arg_max", "collect", "any"];

/// Whether the language itself gives the name to something that is called: a function or an aggregate.
pub(crate) fn is_builtin(name: &str) -> bool {
    Function::by_name(name).next().is_some()
        || AGGREGATES.contains(&name)
        || name == "now"
        || name == "random"
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
        if let [module, name] = path.parts.as_slice()
            && module.text == "floret"
        {
            return match name.text.as_str() {
                "error" => Callee::Reports(ReportKind::Error),
                "conflict" => Callee::Reports(ReportKind::Conflict),
                "peer" => {
                    sink.push(NotYet::new("`floret::peer`", path.span));
                    Callee::Refused
                }
                other => {
                    let suggestion =
                        closest(other, ["error", "conflict"]).map(|name| format!("floret::{name}"));
                    let name = format!("floret::{other}");
                    sink.push(UnknownName { kind: NameKind::Collection, name, span: path.span, suggestion });
                    Callee::Refused
                }
            };
        }
        let Some(name) = self.single(path, sink) else { return Callee::Refused };
        let function = Function::by_name(&name.text).next().map(Callee::Function);
        let relation = self.relation(&name.text).map(Callee::Relation);
        let found = if in_expression { function.or(relation) } else { relation.or(function) };
        if let Some(found) = found.or_else(|| self.role_quietly(&name.text).map(Callee::Role)) {
            found
        } else if self.is_refused(&name.text) {
            Callee::Refused
        } else if AGGREGATES.contains(&name.text.as_str()) {
            Callee::Aggregate
        } else if name.text == "now" {
            Callee::Now
        } else if name.text == "random" {
            Callee::Random
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
            sink.push(NotYet::new("the collections of `floret::`", path.span));
        } else if !self.is_refused(&first.text) && !self.incomplete {
            self.unknown(NameKind::Module, &first.text, first.span, sink);
        }
        None
    }

    /// Says that nothing has this name.
    pub fn unknown(&self, kind: NameKind, name: &str, span: Span, sink: &mut Diagnostics) {
        let functions = || Function::ALL.iter().map(|function| function.name());
        let suggestion = match kind {
            NameKind::Collection => {
                // A literal that is a call can be any of the three.
                closest(name, self.relation_names().chain(self.role_names()).chain(functions()))
            }
            NameKind::Role => closest(name, self.role_names()),
            NameKind::Function => closest(name, functions()),
            NameKind::Type => {
                closest(name, ["int", "float", "bool", "string"].into_iter().chain(self.role_names()))
            }
            NameKind::Attribute => closest(name, ["accept"]),
            NameKind::Module => closest(name, ["floret"]),
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
