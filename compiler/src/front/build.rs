//! Pieces of trees, all at one place of the text.

use floret_ir::{BinaryOp, RuleOp, Span};
use floret_lang::tree::{
    Arg, Attribute, Call, Clause, Collection, CollectionKind, ColumnDecl, Expr, ExprKind, Literal, Name,
    Path, Rule, Statement, StatementKind, TypeExpr,
};

use crate::front::split::variable;

/// Makes pieces of trees.
#[derive(Clone, Copy)]
pub(super) struct Build {
    pub span: Span,
}

impl Build {
    pub fn name(self, text: &str) -> Name {
        Name { text: text.to_owned(), span: self.span }
    }
    pub fn path(self, text: &str) -> Path {
        Path { parts: vec![self.name(text)], span: self.span }
    }
    pub fn expr(self, kind: ExprKind) -> Expr {
        Expr { kind, span: self.span }
    }
    pub fn var(self, name: &str) -> Expr {
        variable(name, self.span)
    }
    pub fn wildcard(self) -> Expr {
        self.expr(ExprKind::Wildcard)
    }
    pub fn int(self, value: i128) -> Expr {
        self.expr(ExprKind::Int(Some(value)))
    }
    pub fn myself(self) -> Expr {
        self.expr(ExprKind::SelfNode)
    }
    pub fn call(self, name: &str, args: Vec<Expr>) -> Call {
        let args = args.into_iter().map(|value| Arg { name: None, value }).collect();
        Call { path: self.path(name), place: None, args, span: self.span }
    }
    pub fn apply(self, name: &str, args: Vec<Expr>) -> Expr {
        self.expr(ExprKind::Call(self.call(name, args)))
    }
    pub fn binary(self, op: BinaryOp, left: Expr, right: Expr) -> Expr {
        self.expr(ExprKind::Binary(op, Box::new(left), Box::new(right)))
    }
    pub fn atom(self, name: &str, args: Vec<Expr>) -> Literal {
        Literal::Expr(self.apply(name, args))
    }
    pub fn not(self, name: &str, args: Vec<Expr>) -> Literal {
        Literal::Negation(self.call(name, args), self.span)
    }
    pub fn rule(self, head: Call, op: RuleOp, body: Vec<Literal>) -> Statement {
        self.statement(StatementKind::Rule(Rule { head, op, op_span: self.span, body }))
    }
    pub fn statement(self, kind: StatementKind) -> Statement {
        Statement { attributes: Vec::<Attribute>::new(), doc: None, kind, span: self.span }
    }
    /// A condition that is always in error.
    pub fn error(self) -> Literal {
        let empty = self.expr(ExprKind::String(String::new()));
        let value = self.apply("parse_int", vec![empty]);
        Literal::Expr(self.binary(BinaryOp::Equal, value, self.int(0)))
    }
    /// A variable for a column. `is_value`: whether a name in an expression stands for a value of the program.
    pub fn column_variable(self, column: &ColumnDecl, is_value: &dyn Fn(&str) -> bool) -> Expr {
        let name = &column.name.text;
        let taken = is_value(name) || name == "sender";
        self.var(&if taken { format!("${name}") } else { name.clone() })
    }
    /// A column of a type without arguments.
    pub fn column(self, name: &str, ty: &str) -> ColumnDecl {
        let path = self.path(ty);
        ColumnDecl { name: self.name(name), ty: TypeExpr::Named { path, args: Vec::new(), span: self.span } }
    }
    pub fn collection(
        self,
        kind: CollectionKind,
        name: &str,
        columns: Vec<ColumnDecl>,
        on: &str,
        clauses: Vec<Clause>,
    ) -> Statement {
        self.collection_at(kind, name, columns, Some(on), clauses)
    }
    /// The same where the role is that of a program without roles.
    pub fn collection_at(
        self,
        kind: CollectionKind,
        name: &str,
        columns: Vec<ColumnDecl>,
        on: Option<&str>,
        clauses: Vec<Clause>,
    ) -> Statement {
        self.statement(StatementKind::Collection(Collection {
            modifiers: Vec::new(),
            kind,
            name: self.name(name),
            columns,
            key: None,
            on: on.map(|on| self.name(on)),
            shards: None,
            clauses,
        }))
    }
}

/// Visits all declarations of collections, each with the role of the block that it stands in.
pub(super) fn visit_collections(
    statements: &mut [Statement],
    block: Option<&Name>,
    visit: &mut dyn FnMut(&mut Collection, Option<&Name>),
) {
    for statement in statements {
        match &mut statement.kind {
            StatementKind::On { role, statements } => visit_collections(statements, Some(role), visit),
            StatementKind::Monotone(statements) => visit_collections(statements, block, visit),
            StatementKind::Collection(collection) => visit(collection, block),
            _ => {}
        }
    }
}
