//! The text of a module with the names of one instance: everything that is not a statement.

use floret_ir::{BinaryOp, Diagnostics, Span, closest};
use floret_lang::tree::{Arg, Call, Clause, ColumnDecl, Expr, ExprKind, Literal, Name, Path, Rule, TypeExpr};

use super::findings::{NotVisible, UnknownInstance, UnknownMember};
use super::scope::{Found, Scope, joined};
use super::template::{Kind, Member, TemplateId, Templates};
use crate::front::{is_builtin, sealed_name};

/// Where a call stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A head, a fact, or a literal of a body: collections first.
    Literal,
    /// Inside an expression: functions first.
    Expression,
}

/// Renames what belongs to one instance.
pub(super) struct Renamer<'r, 't> {
    pub scope: &'r Scope,
    pub templates: &'r Templates<'t>,
    pub sink: &'r mut Diagnostics,
    /// Names that stand for themselves: a function's parameters, the columns of a declaration.
    pub locals: Vec<String>,
}

/// What a call calls after expansion.
struct Callee {
    path: Path,
    /// The columns as a parameter names them, for a collection that is passed as one.
    columns: Option<Vec<String>>,
}

fn single(text: String, span: Span) -> Path {
    Path { parts: vec![Name { text, span }], span }
}

impl Renamer<'_, '_> {
    pub fn span(&self, span: Span) -> Span {
        self.scope.at(span)
    }

    /// The name as it stands.
    pub fn plain(&self, name: &Name) -> Name {
        Name { text: name.text.clone(), span: self.span(name.span) }
    }

    /// A name that the module declares.
    pub fn own(&self, name: &Name) -> Name {
        Name { text: self.scope.own(&name.text), span: self.span(name.span) }
    }

    fn plain_path(&self, path: &Path) -> Path {
        Path { parts: path.parts.iter().map(|part| self.plain(part)).collect(), span: self.span(path.span) }
    }

    /// The name of a role.
    pub fn role(&mut self, name: &Name) -> Name {
        let text = match self.scope.role(&name.text, self.templates) {
            Some(Found::Name(text)) => text,
            Some(Found::Broken | Found::Value(_) | Found::Collection(_)) => name.text.clone(),
            None => self.unknown(name),
        };
        Name { text, span: self.span(name.span) }
    }

    /// A name that means nothing here. It must not come to mean what the program calls so.
    fn unknown(&mut self, name: &Name) -> String {
        if self.scope.is_main() {
            return name.text.clone();
        }
        if let Some((what, declared)) = self.scope.outside(&name.text, self.templates) {
            let module = self.templates[self.scope.template].name.clone();
            let span = self.span(name.span);
            self.sink.push(NotVisible { name: name.text.clone(), what, module, span, declared });
        }
        self.scope.own(&name.text)
    }

    /// `instance::name`, if the path is one. `None`: it is left as it is.
    pub fn member(&mut self, path: &Path) -> Option<(String, Member)> {
        let (first, rest) = path.parts.split_first()?;
        if rest.is_empty() {
            return None;
        }
        if let Some(text) = self.seals(first, rest) {
            // A program without modules is left as it is.
            return (!self.scope.is_main())
                .then_some((text, Member::Collection { is_input: false, kind: Kind::View }));
        }
        let found = self.scope.member(path, self.templates);
        if found.is_none() {
            match self.scope.instance(&first.text, self.templates) {
                None => self.no_instance(first),
                Some(None) => {}
                Some(Some((_, _, target))) => self.no_member(first, rest, target, path.span),
            }
        }
        found
    }

    /// `channel::sealed`, the keys of a channel that are sealed.
    fn seals(&self, first: &Name, rest: &[Name]) -> Option<String> {
        let [last] = rest else { return None };
        let is_instance = self.scope.instance(&first.text, self.templates).is_some();
        if last.text != "sealed" || is_instance {
            return None;
        }
        match self.scope.collection(&first.text, self.templates)? {
            Found::Name(channel) => Some(sealed_name(&channel)),
            Found::Collection(argument) => Some(sealed_name(&argument.name)),
            Found::Broken | Found::Value(_) => None,
        }
    }

    fn no_member(&mut self, instance: &Name, rest: &[Name], target: TemplateId, span: Span) {
        let template = &self.templates[target];
        let members = &template.interface.members;
        let name = joined(rest);
        let inner = rest.first().map_or("", |part| part.text.as_str());
        let private = template.declares.declares(inner) || template.uses.contains_key(inner);
        if template.incomplete && !private {
            return;
        }
        self.sink.push(UnknownMember {
            instance: instance.text.clone(),
            module: template.name.clone(),
            suggestion: closest(&name, members.keys().map(String::as_str)),
            members: members.keys().cloned().collect(),
            name,
            private,
            span: self.scope.at(span),
        });
    }

    fn no_instance(&mut self, first: &Name) {
        // `floret::error` and the like are the resolver's.
        let is_type = self.scope.ty(&first.text, self.templates).is_some();
        if first.text == "floret" || is_type {
            return;
        }
        let template = &self.templates[self.scope.template];
        let suggestion = closest(&first.text, template.uses.keys().map(String::as_str));
        let is_module = template.modules.contains_key(first.text.as_str());
        let span = self.span(first.span);
        self.sink.push(UnknownInstance { name: first.text.clone(), is_module, suggestion, span });
    }

    /// A path of several parts that names no instance's member: `Vote::Yes`, or wrong.
    fn other_path(&self, path: &Path) -> Path {
        let mut renamed = self.plain_path(path);
        if let Some(first) = renamed.parts.first_mut()
            && let Some(ty) = self.scope.ty(&first.text, self.templates)
        {
            first.text = ty;
        }
        renamed
    }

    /// The path of a collection that a statement names (`output x;`).
    pub fn collection(&mut self, path: &Path) -> Path {
        let span = self.span(path.span);
        match path.parts.as_slice() {
            [name] => match self.scope.collection(&name.text, self.templates) {
                Some(Found::Name(text)) => single(text, span),
                Some(Found::Collection(argument)) => single(argument.name.clone(), span),
                Some(Found::Broken | Found::Value(_)) => self.plain_path(path),
                None => single(self.unknown(name), span),
            },
            _ => match self.member(path) {
                Some((text, _)) => single(text, span),
                None => self.plain_path(path),
            },
        }
    }

    pub fn type_expr(&mut self, ty: &TypeExpr) -> TypeExpr {
        match ty {
            TypeExpr::Tuple(types, span) => {
                TypeExpr::Tuple(types.iter().map(|ty| self.type_expr(ty)).collect(), self.span(*span))
            }
            TypeExpr::Named { path, args, span } => TypeExpr::Named {
                path: self.type_path(path),
                args: args.iter().map(|ty| self.type_expr(ty)).collect(),
                span: self.span(*span),
            },
        }
    }

    fn type_path(&mut self, path: &Path) -> Path {
        let span = self.span(path.span);
        let [name] = path.parts.as_slice() else {
            return match self.member(path) {
                Some((text, _)) => single(text, span),
                None => self.plain_path(path),
            };
        };
        if let Some(ty) = self.scope.ty(&name.text, self.templates) {
            return single(ty, span);
        }
        match self.scope.role(&name.text, self.templates) {
            Some(Found::Name(text)) => single(text, span),
            Some(Found::Broken | Found::Value(_) | Found::Collection(_)) => self.plain_path(path),
            // Perhaps a type of the language; what the program declares of that name is not meant.
            None if self.scope.outside(&name.text, self.templates).is_some() => {
                single(self.unknown(name), span)
            }
            None => self.plain_path(path),
        }
    }

    pub fn column(&mut self, column: &ColumnDecl) -> ColumnDecl {
        ColumnDecl { name: self.plain(&column.name), ty: self.type_expr(&column.ty) }
    }

    pub fn clause(&mut self, clause: &Clause) -> Clause {
        match clause {
            Clause::From(role) => Clause::From(self.role(role)),
            Clause::Ordered { span, via } => {
                Clause::Ordered { span: self.span(*span), via: via.as_ref().map(|role| self.role(role)) }
            }
            Clause::Lossy(span) => Clause::Lossy(self.span(*span)),
            Clause::Reliable(span) => Clause::Reliable(self.span(*span)),
            Clause::Durable(span) => Clause::Durable(self.span(*span)),
            Clause::Sealed { span, by, from } => Clause::Sealed {
                span: self.span(*span),
                by: by.iter().map(|column| self.plain(column)).collect(),
                from: from.as_ref().map(|role| self.role(role)),
            },
        }
    }

    pub fn rule(&mut self, rule: &Rule) -> Rule {
        Rule {
            head: self.call(&rule.head, Place::Literal),
            op: rule.op,
            op_span: self.span(rule.op_span),
            body: self.body(&rule.body),
        }
    }

    pub fn body(&mut self, body: &[Literal]) -> Vec<Literal> {
        body.iter().map(|literal| self.literal(literal)).collect()
    }

    pub fn literal(&mut self, literal: &Literal) -> Literal {
        match literal {
            Literal::Expr(expr) => Literal::Expr(match &expr.kind {
                ExprKind::Call(call) => self.call_literal(call, expr.span),
                _ => self.expr(expr),
            }),
            Literal::Negation(call, span) => {
                Literal::Negation(self.call(call, Place::Literal), self.span(*span))
            }
            Literal::Let(name, value, span) => {
                Literal::Let(self.variable(name), self.expr(value), self.span(*span))
            }
            Literal::In(name, value, span) => {
                Literal::In(self.variable(name), self.expr(value), self.span(*span))
            }
        }
    }

    /// An atom, or a condition that is a call.
    fn call_literal(&mut self, call: &Call, span: Span) -> Expr {
        let renamed = self.call(call, Place::Literal);
        let span = self.span(span);
        let is_builtin = matches!(call.path.parts.as_slice(), [name]
            if is_builtin(&name.text) && renamed.path.parts.first().is_some_and(|part| part.text == name.text));
        let kind = ExprKind::Call(renamed);
        // Without this a collection of the program's that is called like the function would be meant.
        if is_builtin
            && call.path.parts.iter().any(|name| self.scope.outside(&name.text, self.templates).is_some())
        {
            let call = Box::new(Expr { kind, span });
            let yes = Box::new(Expr { kind: ExprKind::Bool(true), span });
            return Expr { kind: ExprKind::Binary(BinaryOp::Equal, call, yes), span };
        }
        Expr { kind, span }
    }

    /// A variable of a rule. It keeps its name, unless the program calls a value so that this module doesn't see.
    fn variable(&self, name: &Name) -> Name {
        let shadowed = !self.scope.is_main()
            && self.scope.value(&name.text, self.templates).is_none()
            && self
                .templates
                .main()
                .is_some_and(|main| self.templates[main].declares.values.contains_key(name.text.as_str()));
        if shadowed { self.own(name) } else { self.plain(name) }
    }

    /// A name or path in an expression.
    fn value(&mut self, path: &Path, span: Span) -> Expr {
        let span = self.span(span);
        let of = |path| Expr { kind: ExprKind::Path(path), span };
        let [name] = path.parts.as_slice() else {
            return match self.member(path) {
                Some((text, _)) => of(single(text, span)),
                None => of(self.other_path(path)),
            };
        };
        if self.locals.contains(&name.text) {
            return of(self.plain_path(path));
        }
        match self.scope.value(&name.text, self.templates) {
            Some(Found::Name(text)) => of(single(text, span)),
            // Its place is here, where it is used.
            Some(Found::Value(value)) => Expr { kind: value.kind.clone(), span },
            Some(Found::Broken | Found::Collection(_)) => Expr { kind: ExprKind::Missing, span },
            None => {
                let name = self.variable(name);
                of(Path { span: name.span, parts: vec![name] })
            }
        }
    }

    pub fn call(&mut self, call: &Call, place: Place) -> Call {
        let Callee { path, columns } = self.callee(&call.path, place);
        let args: Vec<Arg> = call
            .args
            .iter()
            .map(|arg| Arg {
                name: arg.name.as_ref().map(|name| self.plain(name)),
                value: self.expr(&arg.value),
            })
            .collect();
        let span = self.span(call.span);
        let args = match columns {
            Some(columns) if args.iter().any(|arg| arg.name.is_some()) => by_position(args, &columns, span),
            Some(_) | None => args,
        };
        Call { path, place: call.place.as_deref().map(|place| Box::new(self.expr(place))), args, span }
    }

    fn callee(&mut self, path: &Path, place: Place) -> Callee {
        let span = self.span(path.span);
        let named = |text| Callee { path: single(text, span), columns: None };
        let [name] = path.parts.as_slice() else {
            return match self.member(path) {
                Some((text, _)) => named(text),
                None => Callee { path: self.other_path(path), columns: None },
            };
        };
        let text = name.text.as_str();
        let builtin = || is_builtin(text).then(|| text.to_owned());
        let callable = match place {
            Place::Literal => None,
            Place::Expression => self.scope.function(text, self.templates).or_else(builtin),
        };
        if let Some(text) = callable {
            return named(text);
        }
        let found = self.scope.collection(text, self.templates);
        let found = found.or_else(|| self.scope.role(text, self.templates));
        let found = found.or_else(|| self.scope.value(text, self.templates));
        match found {
            Some(Found::Name(text)) => named(text),
            Some(Found::Collection(argument)) => {
                Callee { path: single(argument.name.clone(), span), columns: Some(argument.columns.clone()) }
            }
            Some(Found::Broken | Found::Value(_)) => Callee { path: self.plain_path(path), columns: None },
            None => match self.scope.function(text, self.templates).or_else(builtin) {
                Some(text) => named(text),
                None => named(self.unknown(name)),
            },
        }
    }

    pub fn exprs(&mut self, exprs: &[Expr]) -> Vec<Expr> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn boxed(&mut self, expr: &Expr) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    pub fn expr(&mut self, expr: &Expr) -> Expr {
        let kind = match &expr.kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::String(_)
            | ExprKind::Bool(_)
            | ExprKind::Duration(_)
            | ExprKind::Bytes(_)
            | ExprKind::Wildcard
            | ExprKind::SelfNode
            | ExprKind::Missing => expr.kind.clone(),
            ExprKind::Path(path) => return self.value(path, expr.span),
            ExprKind::Call(call) => ExprKind::Call(self.call(call, Place::Expression)),
            ExprKind::Index(base, index) => ExprKind::Index(self.indexed(base), self.boxed(index)),
            ExprKind::Field(value, field) => ExprKind::Field(self.boxed(value), self.plain(field)),
            ExprKind::Unary(op, value) => ExprKind::Unary(*op, self.boxed(value)),
            ExprKind::Binary(op, left, right) => ExprKind::Binary(*op, self.boxed(left), self.boxed(right)),
            ExprKind::If(condition, then, otherwise) => {
                ExprKind::If(self.boxed(condition), self.boxed(then), self.boxed(otherwise))
            }
            ExprKind::Match(value, arms) => ExprKind::Match(
                self.boxed(value),
                arms.iter().map(|(pattern, value)| (self.expr(pattern), self.expr(value))).collect(),
            ),
            ExprKind::Tuple(items) => ExprKind::Tuple(self.exprs(items)),
            ExprKind::List(items) => ExprKind::List(self.exprs(items)),
            ExprKind::Struct(path, fields) => ExprKind::Struct(
                self.constructor(path),
                fields.iter().map(|(name, value)| (self.plain(name), self.expr(value))).collect(),
            ),
        };
        Expr { kind, span: self.span(expr.span) }
    }

    /// `Role[e]` or `list[e]`
    fn indexed(&mut self, base: &Expr) -> Box<Expr> {
        if let ExprKind::Path(path) = &base.kind
            && let [name] = path.parts.as_slice()
            && !self.locals.contains(&name.text)
        {
            let is_value = self.scope.value(&name.text, self.templates).is_some();
            let is_role = self.scope.role(&name.text, self.templates).is_some();
            // Roles are written with a capital.
            if is_role || (!is_value && name.text.starts_with(char::is_uppercase)) {
                let name = self.role(name);
                let span = name.span;
                return Box::new(Expr { kind: ExprKind::Path(Path { parts: vec![name], span }), span });
            }
        }
        self.boxed(base)
    }

    /// The name before `{ field: ... }`.
    fn constructor(&mut self, path: &Path) -> Path {
        let [name] = path.parts.as_slice() else {
            return match self.member(path) {
                Some((text, _)) => single(text, self.span(path.span)),
                None => self.other_path(path),
            };
        };
        match self.scope.value(&name.text, self.templates) {
            Some(Found::Name(text)) => single(text, self.span(path.span)),
            Some(Found::Value(_) | Found::Broken | Found::Collection(_)) | None => self.type_path(path),
        }
    }
}

/// The arguments in the order of the columns; as they are, if they don't fit (the resolver says how).
fn by_position(args: Vec<Arg>, columns: &[String], span: Span) -> Vec<Arg> {
    let mut positions = Vec::new();
    for (number, arg) in args.iter().enumerate() {
        let position = match &arg.name {
            None => Some(number),
            Some(name) => columns.iter().position(|column| *column == name.text),
        };
        match position {
            Some(position) if position < columns.len() && !positions.contains(&position) => {
                positions.push(position);
            }
            Some(_) | None => return args,
        }
    }
    let open = || Arg { name: None, value: Expr { kind: ExprKind::Wildcard, span } };
    let mut ordered: Vec<Arg> = columns.iter().map(|_| open()).collect();
    for (arg, position) in args.into_iter().zip(positions) {
        if let Some(slot) = ordered.get_mut(position) {
            *slot = Arg { name: None, value: arg.value };
        }
    }
    ordered
}
