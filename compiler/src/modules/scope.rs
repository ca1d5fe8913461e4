//! What names mean inside one instance of a module.

use std::collections::BTreeMap;
use std::rc::Rc;

use floret_ir::{FileId, Span};
use floret_lang::tree::{Expr, Name, Path};

use super::template::{Interface, Kind, Member, TemplateId, Templates};

/// An instance, or the program itself.
pub(super) struct Scope {
    pub template: TemplateId,
    /// Before every name that it declares; empty in the program itself.
    pub prefix: String,
    /// The file of all its places: of its own for each instance, so that later passes' findings tell which it is.
    pub file: FileId,
    /// The instance of the module that the module is written in.
    pub outer: Option<Rc<Scope>>,
    pub arguments: BTreeMap<String, Argument>,
}

/// What a parameter stands for.
#[derive(Clone)]
pub(super) enum Argument {
    Role(String),
    Value(Expr),
    Collection(CollectionArgument),
    /// A diagnostic was given.
    Broken,
}

/// A collection of the user's.
#[derive(Clone)]
pub(super) struct CollectionArgument {
    /// Its name after expansion.
    pub name: String,
    pub kind: Kind,
    /// The columns as the parameter names them.
    pub columns: Vec<String>,
}

/// What a name stands for.
pub(super) enum Found<'s> {
    /// Something of this name after expansion.
    Name(String),
    Value(&'s Expr),
    Collection(&'s CollectionArgument),
    /// A parameter whose argument is wrong; a diagnostic was given.
    Broken,
}

impl Scope {
    /// The program's own scope.
    pub fn main(template: TemplateId) -> Self {
        Scope { template, prefix: String::new(), file: FileId(0), outer: None, arguments: BTreeMap::new() }
    }

    pub fn is_main(&self) -> bool {
        self.prefix.is_empty()
    }

    /// A name of this instance as later passes see it.
    pub fn own(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A place of the module's text as later passes see it.
    pub fn at(&self, span: Span) -> Span {
        Span { file: self.file, ..span }
    }

    /// What a `use` in this instance makes: its names' prefix, and what is seen of it. `None`: there is no such instance.
    /// Within, `None`: a diagnostic was given.
    pub fn instance<'t>(
        &self,
        name: &str,
        templates: &'t Templates<'_>,
    ) -> Option<Option<(String, &'t Interface, TemplateId)>> {
        let made = templates[self.template].uses.get(name)?;
        let of = |target| (format!("{}{name}::", self.prefix), &templates[target].interface, target);
        Some(made.target.map(of))
    }

    /// `instance::name`, if it is that and seen from here.
    pub fn member(&self, path: &Path, templates: &Templates<'_>) -> Option<(String, Member)> {
        let (first, rest) = path.parts.split_first()?;
        let (prefix, interface, _) = self.instance(&first.text, templates)??;
        let name = joined(rest);
        interface.members.get(&name).map(|member| (format!("{prefix}{name}"), *member))
    }

    /// A collection: this module's own, or a parameter.
    pub fn collection(&self, name: &str, templates: &Templates<'_>) -> Option<Found<'_>> {
        if templates[self.template].declares.collections.contains_key(name) {
            return Some(Found::Name(self.own(name)));
        }
        match self.arguments.get(name)? {
            Argument::Collection(argument) => Some(Found::Collection(argument)),
            Argument::Broken => Some(Found::Broken),
            Argument::Role(_) | Argument::Value(_) => None,
        }
    }

    /// A role: this module's own, a parameter, or one around it.
    pub fn role(&self, name: &str, templates: &Templates<'_>) -> Option<Found<'_>> {
        if templates[self.template].declares.roles.contains_key(name) {
            return Some(Found::Name(self.own(name)));
        }
        match self.arguments.get(name) {
            Some(Argument::Role(role)) => Some(Found::Name(role.clone())),
            Some(Argument::Broken) => Some(Found::Broken),
            Some(Argument::Value(_) | Argument::Collection(_)) => None,
            None => self.outer.as_deref()?.role(name, templates),
        }
    }

    /// A value: this module's own constant or constructor, a parameter, or one around it.
    pub fn value(&self, name: &str, templates: &Templates<'_>) -> Option<Found<'_>> {
        if templates[self.template].declares.values.contains_key(name) {
            return Some(Found::Name(self.own(name)));
        }
        match self.arguments.get(name) {
            Some(Argument::Value(value)) => Some(Found::Value(value)),
            Some(Argument::Broken) => Some(Found::Broken),
            Some(Argument::Role(_) | Argument::Collection(_)) => None,
            None => self.outer.as_deref()?.value(name, templates),
        }
    }

    /// A struct, enum or lattice: this module's own, or one around it.
    pub fn ty(&self, name: &str, templates: &Templates<'_>) -> Option<String> {
        if templates[self.template].declares.types.contains_key(name) {
            return Some(self.own(name));
        }
        self.outer.as_deref()?.ty(name, templates)
    }

    /// A function: this module's own, or one around it.
    pub fn function(&self, name: &str, templates: &Templates<'_>) -> Option<String> {
        if templates[self.template].declares.functions.contains_key(name) {
            return Some(self.own(name));
        }
        self.outer.as_deref()?.function(name, templates)
    }

    /// What the name is in the program or around this module, for whoever doesn't see it here.
    pub fn outside(&self, name: &str, templates: &Templates<'_>) -> Option<(&'static str, Span)> {
        let mut around = self.outer.as_deref();
        while let Some(scope) = around {
            if let Some(found) = declared_as(scope.template, name, templates) {
                return Some(found);
            }
            around = scope.outer.as_deref();
        }
        if self.is_main() { None } else { declared_as(templates.main()?, name, templates) }
    }
}

/// `a::b`
pub(super) fn joined(parts: &[Name]) -> String {
    parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::")
}

fn declared_as(template: TemplateId, name: &str, templates: &Templates<'_>) -> Option<(&'static str, Span)> {
    let declares = &templates[template].declares;
    let collection = declares.collections.get(name).map(|found| (found.kind.word(), found.span));
    collection
        .or_else(|| declares.roles.get(name).map(|span| ("role", *span)))
        .or_else(|| declares.types.get(name).map(|span| ("type", *span)))
        .or_else(|| declares.functions.get(name).map(|span| ("function", *span)))
}
