//! Arguments of a `use`: roles, constant values, collections.

use std::collections::BTreeMap;

use floret_ir::{Diagnostics, Span, closest};
use floret_lang::tree::{Collection, Expr, ExprKind, ModuleParam, Name, Path, TypeExpr};

use super::findings::{
    DeclaredTwice, MissingArguments, NotConstant, OutsideParameters, TooLarge, UnlikeCollection, WrongKind,
};
use super::rename::Renamer;
use super::scope::{Argument, CollectionArgument, Found, Scope};
use super::template::{Kind, Member, Templates, param_name};

/// How many operators, names, values and calls an argument may have: it is put wherever the parameter is used.
const LARGEST: usize = 100;

/// Gives `scope`, a new instance, its arguments.
pub(super) fn pass(
    args: &[(Name, Expr)],
    span: Span,
    user: &Scope,
    scope: &mut Scope,
    templates: &Templates<'_>,
    sink: &mut Diagnostics,
) {
    let template = &templates[scope.template];
    let mut given: BTreeMap<&str, &Expr> = BTreeMap::new();
    for (name, value) in args {
        let names = || template.params.iter().map(|param| param_name(param).text.as_str());
        if !names().any(|param| param == name.text) {
            sink.push(OutsideParameters {
                module: template.name.clone(),
                name: name.text.clone(),
                suggestion: closest(&name.text, names()),
                params: names().map(str::to_owned).collect(),
                span: user.at(name.span),
            });
        } else if given.insert(&name.text, value).is_some() {
            sink.push(DeclaredTwice {
                what: "argument",
                name: name.text.clone(),
                second: user.at(name.span),
            });
        }
    }
    let missing = template.params.iter().filter(|param| !given.contains_key(param_name(param).text.as_str()));
    let missing: Vec<String> = missing.map(describe).collect();
    if !missing.is_empty() {
        sink.push(MissingArguments { module: template.name.clone(), missing, span });
    }
    // Types of collections may name roles.
    let (roles, others): (Vec<&ModuleParam>, Vec<&ModuleParam>) =
        template.params.iter().partition(|param| matches!(param, ModuleParam::Role(_)));
    for param in roles.into_iter().chain(others) {
        let name = &param_name(param).text;
        let argument = given.get(name.as_str()).and_then(|value| {
            let mut pass = Pass { user, scope, templates, sink };
            match param {
                ModuleParam::Role(_) => pass.role(name, value),
                ModuleParam::Value(column) => pass.value(name, &column.ty, value),
                ModuleParam::Collection(declared) => pass.collection(declared, value),
            }
        });
        scope.arguments.insert(name.clone(), argument.unwrap_or(Argument::Broken));
    }
}

/// A parameter, as it is written in a `use`.
fn describe(param: &ModuleParam) -> String {
    let name = &param_name(param).text;
    match param {
        ModuleParam::Role(_) => format!("`{name}` (a role)"),
        ModuleParam::Value(column) => format!("`{name}` (`{}`)", column.ty),
        ModuleParam::Collection(collection) => format!("`{name}` (a {})", Kind::of(collection.kind).word()),
    }
}

struct Pass<'p, 't> {
    user: &'p Scope,
    scope: &'p Scope,
    templates: &'p Templates<'t>,
    sink: &'p mut Diagnostics,
}

/// A collection of the user's.
struct Given<'t> {
    name: String,
    kind: Kind,
    /// Its declaration and whose it is, if the user declares it itself.
    declared: Option<&'t Collection>,
    /// How many columns it has, as far as it is known here.
    arity: Option<usize>,
}

impl<'t> Pass<'_, 't> {
    fn wrong(&mut self, param: &str, wanted: String, value: &Expr) -> Option<Argument> {
        self.sink.push(WrongKind {
            module: self.templates[self.scope.template].name.clone(),
            param: param.to_owned(),
            wanted,
            found: self.found(value),
            span: self.user.at(value.span),
        });
        None
    }

    /// What an argument is, for messages.
    fn found(&self, value: &Expr) -> String {
        if let Some(ty) = literal_type(value) {
            return format!("`{ty}`");
        }
        let ExprKind::Path(path) = &value.kind else { return "a value".to_owned() };
        let [name] = path.parts.as_slice() else { return "something else".to_owned() };
        self.found_name(&name.text).to_owned()
    }

    fn found_name(&self, name: &str) -> &'static str {
        if self.user.role(name, self.templates).is_some() {
            "a role"
        } else if self.user.value(name, self.templates).is_some() {
            "a value"
        } else {
            match self.user.collection(name, self.templates) {
                Some(Found::Collection(argument)) => argument.kind.with_article(),
                Some(Found::Name(_) | Found::Value(_) | Found::Broken) => {
                    let declared = &self.templates[self.user.template].declares.collections;
                    declared.get(name).map_or("a collection", |found| found.kind.with_article())
                }
                None => "nothing that is declared",
            }
        }
    }

    fn role(&mut self, param: &str, value: &Expr) -> Option<Argument> {
        let wanted = || "a role".to_owned();
        let ExprKind::Path(Path { parts, .. }) = &value.kind else {
            return self.wrong(param, wanted(), value);
        };
        let [name] = parts.as_slice() else { return self.wrong(param, wanted(), value) };
        match self.user.role(&name.text, self.templates) {
            Some(Found::Name(role)) => Some(Argument::Role(role)),
            Some(Found::Broken) => None,
            Some(Found::Value(_) | Found::Collection(_)) | None => self.wrong(param, wanted(), value),
        }
    }

    fn value(&mut self, param: &str, ty: &TypeExpr, value: &Expr) -> Option<Argument> {
        if let Some(span) = self.not_constant(value) {
            let span = self.user.at(span);
            self.sink.push(NotConstant { param: param.to_owned(), span });
            return None;
        }
        if literal_type(value).is_some_and(|found| is_other_type(ty, found)) {
            return self.wrong(param, format!("a value of the type `{ty}`"), value);
        }
        let mut renamer =
            Renamer { scope: self.user, templates: self.templates, sink: self.sink, locals: Vec::new() };
        let renamed = renamer.expr(value);
        // Part of it is a parameter with a wrong argument of its own.
        if is_broken(&renamed) {
            return None;
        }
        if size(&renamed) > LARGEST {
            let what = format!("more than {LARGEST} operators, names and values in one argument");
            self.sink.push(TooLarge { what, span: renamed.span });
            return None;
        }
        Some(Argument::Value(renamed))
    }

    /// The place of what makes it no constant.
    fn not_constant(&self, value: &Expr) -> Option<Span> {
        match &value.kind {
            ExprKind::Wildcard | ExprKind::SelfNode => Some(value.span),
            ExprKind::Path(path) => match path.parts.as_slice() {
                [name] => {
                    let known = self.user.value(&name.text, self.templates).is_some();
                    (!known).then_some(value.span)
                }
                _ => None,
            },
            ExprKind::Call(call) => {
                let is_moving =
                    call.path.parts.iter().any(|part| part.text == "now" || part.text == "random");
                if is_moving || call.place.is_some() {
                    return Some(value.span);
                }
                call.args.iter().find_map(|arg| self.not_constant(&arg.value))
            }
            ExprKind::Index(base, index) => {
                let is_role = matches!(&base.kind, ExprKind::Path(Path { parts, .. })
                    if matches!(parts.as_slice(), [name] if self.user.role(&name.text, self.templates).is_some()));
                if is_role { self.not_constant(index) } else { Some(value.span) }
            }
            // What matches binds variables; a constant or function of the user's can hold such an expression.
            ExprKind::Match(..) => Some(value.span),
            kind => kind.children().into_iter().find_map(|child| self.not_constant(child)),
        }
    }

    fn collection(&mut self, param: &Collection, value: &Expr) -> Option<Argument> {
        let name = &param.name.text;
        let kind = Kind::of(param.kind);
        let wanted = || kind.with_article().to_owned();
        let ExprKind::Path(path) = &value.kind else { return self.wrong(name, wanted(), value) };
        let given = match path.parts.as_slice() {
            [single] => match self.user.collection(&single.text, self.templates) {
                Some(Found::Name(text)) => {
                    let declared =
                        self.templates[self.user.template].declares.collections.get(single.text.as_str())?;
                    let arity = declared
                        .declaration
                        .map(|found| found.columns.len())
                        .or_else(|| declared.head.map(|head| head.args.len()));
                    Given { name: text, kind: declared.kind, declared: declared.declaration, arity }
                }
                Some(Found::Collection(argument)) => Given {
                    name: argument.name.clone(),
                    kind: argument.kind,
                    declared: None,
                    arity: Some(argument.columns.len()),
                },
                Some(Found::Broken | Found::Value(_)) => return None,
                None => return self.wrong(name, wanted(), value),
            },
            _ => {
                let mut renamer = Renamer {
                    scope: self.user,
                    templates: self.templates,
                    sink: self.sink,
                    locals: Vec::new(),
                };
                match renamer.member(path)? {
                    (name, Member::Collection { kind, .. }) => {
                        Given { name, kind, declared: None, arity: None }
                    }
                    (_, Member::Type) => return self.wrong(name, wanted(), value),
                }
            }
        };
        // A module reads a view; whether its rows are stored makes no difference there.
        if given.kind != kind && !(kind == Kind::View && given.kind == Kind::Table) {
            return self.wrong(name, wanted(), value);
        }
        if let Some(problem) = self.mismatch(param, &given) {
            self.sink.push(UnlikeCollection {
                param: name.clone(),
                collection: path.parts.last().map_or_else(String::new, |part| part.text.clone()),
                problem,
                span: self.user.at(value.span),
                declared: param.name.span,
            });
            return None;
        }
        let columns = param.columns.iter().map(|column| column.name.text.clone()).collect();
        Some(Argument::Collection(CollectionArgument { name: given.name, kind: given.kind, columns }))
    }

    /// How the user's collection differs from the parameter, as far as it can be told before types are known.
    fn mismatch(&mut self, param: &Collection, given: &Given<'t>) -> Option<String> {
        let wanted = param.columns.len();
        if let Some(found) = given.arity.filter(|found| *found != wanted) {
            let plural = if wanted == 1 { "" } else { "s" };
            return Some(format!("the parameter has {wanted} column{plural}, the collection {found}"));
        }
        if let Some(role) = &param.on {
            let at = match self.scope.role(&role.text, self.templates) {
                Some(Found::Name(at)) => at,
                Some(Found::Broken | Found::Value(_) | Found::Collection(_)) => return None,
                None => {
                    return Some(format!(
                        "the parameter is `on {}`, which is no role of the module",
                        role.text
                    ));
                }
            };
            let on = given.declared.and_then(|declared| declared.on.as_ref());
            if let Some(on) = on
                && let Some(Found::Name(there)) = self.user.role(&on.text, self.templates)
                && there != at
            {
                return Some(format!("the parameter is at `{at}`, the collection at `{there}`"));
            }
        }
        let declared = given.declared?;
        let key = |collection: &Collection| collection.key.filter(|key| *key < collection.columns.len());
        if key(param) != key(declared) {
            return Some("their keys (what stands before `=>`) are not the same columns".to_owned());
        }
        for (wanted, found) in param.columns.iter().zip(&declared.columns) {
            let (inner, outer) =
                (self.type_text(self.scope, &wanted.ty), self.type_text(self.user, &found.ty));
            if inner != outer {
                return Some(format!(
                    "the column `{}` is `{inner}` in the parameter and `{outer}` (`{}`) in the collection",
                    wanted.name.text, found.name.text
                ));
            }
        }
        None
    }

    fn type_text(&self, scope: &Scope, ty: &TypeExpr) -> String {
        // Unknown types are reported where they are declared.
        let mut silent = Diagnostics::new();
        let mut renamer = Renamer { scope, templates: self.templates, sink: &mut silent, locals: Vec::new() };
        renamer.type_expr(ty).to_string()
    }
}

/// The type of a literal.
fn literal_type(value: &Expr) -> Option<&'static str> {
    match &value.kind {
        ExprKind::Int(_) => Some("int"),
        ExprKind::Float(_) => Some("float"),
        ExprKind::String(_) => Some("string"),
        ExprKind::Bool(_) => Some("bool"),
        ExprKind::Duration(_) => Some("duration"),
        ExprKind::Bytes(_) => Some("bytes"),
        ExprKind::Unary(floret_ir::UnaryOp::Negate, value) => literal_type(value),
        _ => None,
    }
}

/// Whether both are simple types and differ.
fn is_other_type(ty: &TypeExpr, found: &str) -> bool {
    let simple = ["int", "float", "string", "bool", "duration", "bytes", "time"];
    let text = ty.to_string();
    simple.contains(&text.as_str()) && text != found
}

/// Whether some of it could not be made.
fn is_broken(expr: &Expr) -> bool {
    expr.kind == ExprKind::Missing || expr.kind.children().into_iter().any(is_broken)
}

/// How many expressions it is made of.
fn size(expr: &Expr) -> usize {
    expr.kind.children().into_iter().fold(1, |sum, child| sum.saturating_add(size(child)))
}
