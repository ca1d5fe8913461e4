//! The file, its statements and blocks.

use crate::format::exprs::{BRACES, LastComma, NO_LAST_COMMA, PARENS};
use crate::format::layout::{End, Layout};
use crate::token::Token;
use crate::tree::{
    Attribute, Collection, ColumnDecl, Expr, ExprKind, Literal, ModuleParam, Name, Rule, Statement,
    StatementKind, TestStep, TestStepKind, Tree, TypeExpr, UseTarget,
};

impl Layout<'_> {
    pub(super) fn file(&mut self, tree: &Tree) {
        let any = self.each_on_its_line(&tree.statements, Self::statement);
        self.end_line(if any { End::Statement } else { End::FirstStatement }, false);
    }

    /// Statements or steps, each on a line of its own; whether anything was written.
    fn each_on_its_line<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) -> bool {
        let mut any = self.lone_semicolons(false);
        for item in items {
            self.end_line(if any { End::Statement } else { End::FirstStatement }, false);
            write(self, item);
            any = self.lone_semicolons(true);
        }
        any
    }

    /// A `;` without a statement is left out, but not after a doc comment, which would go over to the next statement.
    fn lone_semicolons(&mut self, any: bool) -> bool {
        let mut any = any;
        while self.is_next(&Token::Semicolon) {
            if self.doc_is_next() {
                self.end_line(if any { End::Statement } else { End::FirstStatement }, false);
                self.token();
                any = true;
            } else {
                self.skip();
            }
        }
        any
    }

    fn block<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.space();
        self.terminator();
        self.indent();
        if self.each_on_its_line(items, write) {
            self.close_line(End::Statement);
            self.token();
        } else {
            self.close_empty();
        }
    }

    fn statement(&mut self, statement: &Statement) {
        for attribute in &statement.attributes {
            self.attribute(attribute);
            self.end_line(End::Hard, false);
        }
        self.kind(&statement.kind);
    }

    fn attribute(&mut self, attribute: &Attribute) {
        self.token();
        self.token();
        if self.is_next(&Token::ParenOpen) {
            self.list(&attribute.args, PARENS, Self::expr);
        }
    }

    fn kind(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::Role { name: _, durable } => {
                self.token();
                self.word();
                if durable.is_some() {
                    self.word();
                }
            }
            StatementKind::Collection(collection) => self.collection(collection),
            StatementKind::Output(path) | StatementKind::Confluent(path) => {
                self.token();
                self.space();
                self.path(path);
            }
            StatementKind::Timer { name: _, every, on } => {
                self.token();
                self.word();
                self.word();
                self.space();
                self.expr(every);
                if on.is_some() {
                    self.word();
                    self.word();
                }
            }
            StatementKind::On { role: _, statements } => {
                self.token();
                self.word();
                return self.block(statements, Self::statement);
            }
            StatementKind::Monotone(statements) => {
                self.token();
                return self.block(statements, Self::statement);
            }
            StatementKind::Fact(call) => self.call(call),
            StatementKind::Rule(rule) => self.rule(rule),
            StatementKind::Seal(rule) => {
                self.token();
                self.space();
                self.rule(rule);
            }
            StatementKind::Const { name: _, ty, value } => self.constant(ty.as_ref(), Some(value)),
            StatementKind::Param { name: _, ty, value } => self.constant(Some(ty), value.as_ref()),
            StatementKind::Function { name: _, params, result, body } => {
                self.token();
                self.word();
                self.list(params, PARENS, Self::column);
                self.word();
                self.space();
                self.type_expr(result);
                self.word();
                self.assigned(body);
            }
            StatementKind::Struct { name: _, fields } => {
                self.token();
                self.word();
                self.space();
                return self.list(fields, BRACES, Self::column);
            }
            StatementKind::Enum { name: _, variants } => {
                self.token();
                self.word();
                self.space();
                return self.list(variants, BRACES, Self::variant);
            }
            StatementKind::Lattice { name: _, over, params: (left, right), merge } => {
                self.token();
                self.word();
                self.word();
                self.space();
                self.type_expr(over);
                self.word();
                self.word();
                self.list(&[left, right], NO_LAST_COMMA, |inner, _| inner.token());
                self.word();
                self.assigned(merge);
            }
            StatementKind::Use { target, args, alias } => self.module_use(target, args, alias.is_some()),
            StatementKind::Module { name: _, params, statements } => {
                self.token();
                self.word();
                if self.is_next(&Token::ParenOpen) {
                    self.list(params, PARENS, Self::module_param);
                }
                return self.block(statements, Self::statement);
            }
            StatementKind::Invariant { name: _, text, body } => {
                self.token();
                self.word();
                if text.is_some() {
                    self.word();
                }
                self.group(|inner| {
                    inner.token();
                    inner.body(body);
                });
            }
            StatementKind::Test { name: _, nodes, steps } => {
                self.token();
                self.word();
                self.nodes(nodes);
                return self.block(steps, Self::step);
            }
        }
        self.terminator();
    }

    /// `HEAD OP BODY`
    fn rule(&mut self, rule: &Rule) {
        self.group(|inner| {
            inner.call(&rule.head);
            inner.word();
            inner.body(&rule.body);
        });
    }

    /// The literals, in one line or each on its own.
    fn body(&mut self, body: &[Literal]) {
        self.indent();
        for (at, literal) in body.iter().enumerate() {
            if at > 0 {
                self.token();
            }
            self.line(" ");
            self.literal(literal);
        }
        self.dedent();
    }

    /// `const NAME: TYPE = VALUE`
    fn constant(&mut self, ty: Option<&TypeExpr>, value: Option<&Expr>) {
        self.token();
        self.word();
        if let Some(ty) = ty {
            self.token();
            self.space();
            self.type_expr(ty);
        }
        if let Some(value) = value {
            self.word();
            self.assigned(value);
        }
    }

    fn column(&mut self, column: &ColumnDecl) {
        self.token();
        self.token();
        self.space();
        self.type_expr(&column.ty);
    }

    fn variant(&mut self, (_, types): &(Name, Vec<TypeExpr>)) {
        self.token();
        if self.is_next(&Token::ParenOpen) {
            self.list(types, PARENS, Self::type_expr);
        }
    }

    fn module_use(&mut self, target: &UseTarget, args: &[(Name, Expr)], alias: bool) {
        self.token();
        self.space();
        match target {
            UseTarget::File(_) => self.token(),
            UseTarget::Path(path) => self.path(path),
        }
        if self.is_next(&Token::ParenOpen) {
            self.list(args, PARENS, |inner, (_, value)| {
                inner.token();
                inner.word();
                inner.assigned(value);
            });
        }
        if alias {
            self.word();
            self.word();
        }
    }

    fn module_param(&mut self, param: &ModuleParam) {
        match param {
            ModuleParam::Role(_) => {
                self.token();
                self.word();
            }
            ModuleParam::Value(column) => self.column(column),
            ModuleParam::Collection(collection) => self.collection(collection),
        }
    }

    /// `with Server = 3, Client = 2`
    fn nodes(&mut self, nodes: &[(Name, Expr)]) {
        self.group(|inner| {
            inner.indent();
            for (at, (_, count)) in nodes.iter().enumerate() {
                if at == 0 {
                    inner.word();
                    inner.space();
                } else {
                    inner.token();
                    inner.line(" ");
                }
                inner.token();
                inner.word();
                inner.space();
                let plain = matches!(
                    count.kind,
                    ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Duration(_) | ExprKind::Path(_)
                );
                inner.expr_in_parens(count, plain);
            }
            inner.dedent();
        });
    }

    fn step(&mut self, step: &TestStep) {
        self.token();
        match &step.kind {
            TestStepKind::At(time, call) => {
                self.space();
                self.expr(time);
                self.token();
                self.space();
                self.call(call);
            }
            TestStepKind::Claim(_, body) => self.group(|inner| inner.body(body)),
        }
        self.terminator();
    }

    fn collection(&mut self, collection: &Collection) {
        self.token();
        for _ in &collection.modifiers {
            self.word();
        }
        self.word();
        self.columns(&collection.columns, collection.key);
        self.stiff_group(|inner| {
            inner.indent();
            // `on` may stand anywhere among them.
            while inner.peek().is_some_and(begins_clause) {
                inner.line(" ");
                inner.clause(collection.shards.as_ref());
            }
            inner.dedent();
        });
    }

    /// `(k: int => v: int)`
    fn columns(&mut self, columns: &[ColumnDecl], key: Option<usize>) {
        if key.is_none() {
            return self.list(columns, PARENS, Self::column);
        }
        self.group(|inner| {
            inner.token();
            inner.indent();
            inner.line("");
            for (at, column) in columns.iter().enumerate() {
                if key == Some(at) {
                    inner.key_end(at > 0);
                    inner.line(" ");
                } else if at > 0 {
                    inner.token();
                    inner.line(" ");
                }
                inner.column(column);
            }
            if key == Some(columns.len()) {
                inner.key_end(!columns.is_empty());
            } else {
                inner.last_comma(LastComma::Broken);
            }
            inner.close_line(End::Soft(""));
            inner.token();
        });
    }

    /// `=>`
    fn key_end(&mut self, after_columns: bool) {
        self.skip_if(&Token::Comma);
        if after_columns {
            self.space();
        }
        self.token();
    }

    /// The clause that begins with the next token.
    fn clause(&mut self, shards: Option<&Expr>) {
        let word = self.peek();
        self.token();
        match word {
            Some(Token::On) => {
                self.word();
                if let Some(shards) = shards {
                    self.list(std::slice::from_ref(shards), NO_LAST_COMMA, Self::expr);
                }
            }
            Some(Token::From) => self.word(),
            Some(Token::Ordered) => self.clause_part(&Token::Via),
            Some(Token::Sealed) => {
                if self.is_next(&Token::By) {
                    self.clause_part(&Token::By);
                    while self.is_next(&Token::Comma) {
                        self.token();
                        self.word();
                    }
                }
                self.clause_part(&Token::From);
            }
            Some(_) | None => {}
        }
    }

    /// A word and a name, if the word is next.
    fn clause_part(&mut self, word: &Token) {
        if self.is_next(word) {
            self.word();
            self.word();
        }
    }
}

fn begins_clause(token: &Token) -> bool {
    use Token::{Durable, From, Lossy, On, Ordered, Reliable, Sealed};
    matches!(token, Durable | From | Lossy | On | Ordered | Reliable | Sealed)
}
