//! Untyped expressions and patterns.

use floret_ir::{BinaryOp, Function, Id, RoleId, Span, Type, UnaryOp, Value, VarId};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub(in crate::front) struct $name(u32);

        impl Id for $name {
            fn from_index(index: usize) -> Self {
                // Programs are bounded by their source's length, which is far below 2^32.
                $name(index as u32)
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A name that a pattern or a parameter binds.
    LocalId
    /// A definition.
    DefId
    /// A value whose type only its use tells.
    HoleId
}

/// An untyped expression.
#[derive(Clone, Debug)]
pub(in crate::front) struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, Debug)]
pub(in crate::front) enum ExprKind {
    Const(Value),
    Var(VarId),
    Local(LocalId),
    /// A parameter of the deployment, by number.
    Param(u32),
    SelfAddress,
    Member(RoleId, Box<Expr>),
    Unary(UnaryOp, Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A function of the library: any of its name, as the arguments' types tell.
    Call(Function, Vec<Expr>),
    /// A constant or function of the program.
    Apply(DefId, Vec<Expr>),
    Tuple(Vec<Expr>),
    /// At least one element.
    List(Vec<Expr>),
    /// `[]` or `none`
    Hole(HoleId),
    Some(Box<Expr>),
    /// A constructor of an enum.
    Variant(Type, u32, Vec<Expr>),
    /// A struct's fields in order.
    Struct(Type, Vec<Expr>),
    /// A field of a struct, or a part of a tuple by its number.
    Field(Box<Expr>, String, Span),
    /// At least one arm.
    Match(Box<Expr>, Vec<Arm>),
    /// A diagnostic was given.
    Error,
}

/// `pattern => body`
#[derive(Clone, Debug)]
pub(in crate::front) struct Arm {
    pub pattern: Pattern,
    pub body: Expr,
}

/// A pattern.
#[derive(Clone, Debug)]
pub(in crate::front) struct Pattern {
    pub kind: PatternKind,
    pub span: Span,
}

/// What a pattern takes.
#[derive(Clone, Debug)]
pub(in crate::front) enum PatternKind {
    Any,
    Bind(LocalId),
    Const(Value),
    Tuple(Vec<Pattern>),
    None,
    Some(Box<Pattern>),
    Variant(Type, u32, Vec<Pattern>),
    /// One for each field in order.
    Struct(Type, Vec<Pattern>),
    /// A diagnostic was given.
    Error,
}

impl Expr {
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Expr { kind, span }
    }
    pub fn error(span: Span) -> Self {
        Expr { kind: ExprKind::Error, span }
    }

    /// Its direct parts, left to right.
    pub fn parts(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Const(_)
            | ExprKind::Var(_)
            | ExprKind::Local(_)
            | ExprKind::Param(_)
            | ExprKind::SelfAddress
            | ExprKind::Hole(_)
            | ExprKind::Error => Vec::new(),
            ExprKind::Member(_, value)
            | ExprKind::Unary(_, value)
            | ExprKind::Some(value)
            | ExprKind::Field(value, ..) => vec![value],
            ExprKind::Binary(_, left, right) => vec![left, right],
            ExprKind::If(condition, then, otherwise) => vec![condition, then, otherwise],
            ExprKind::Call(_, args)
            | ExprKind::Apply(_, args)
            | ExprKind::Tuple(args)
            | ExprKind::List(args)
            | ExprKind::Variant(_, _, args)
            | ExprKind::Struct(_, args) => args.iter().collect(),
            ExprKind::Match(value, arms) => {
                std::iter::once(&**value).chain(arms.iter().map(|arm| &arm.body)).collect()
            }
        }
    }

    /// Calls `visit` on itself and everything in it, left to right.
    pub fn for_each(&self, visit: &mut impl FnMut(&Expr)) {
        visit(self);
        for part in self.parts() {
            part.for_each(visit);
        }
    }

    /// Calls `visit` on every variable of the rule with its place, left to right.
    pub fn for_each_var(&self, visit: &mut impl FnMut(VarId, Span)) {
        self.for_each(&mut |expr| {
            if let ExprKind::Var(var) = &expr.kind {
                visit(*var, expr.span);
            }
        });
    }

    /// Whether it is `self` somewhere.
    pub fn contains_self(&self) -> Option<Span> {
        let mut found = None;
        self.for_each(&mut |expr| {
            if matches!(expr.kind, ExprKind::SelfAddress) {
                found.get_or_insert(expr.span);
            }
        });
        found
    }
}
