//! What the resolver makes of the tree: every name is an id, nothing has a type yet.
//!
//! Whatever could not be resolved has a form of its own here (`Source::Unknown`, `ExprKind::Error`, `Home::Unknown`, a
//! column without a type), of which later passes never complain: the one message was given where it was found.

use floret_ir::{
    AggregateKind, BinaryOp, Function, IndexVec, InputMode, RelationId, RelationKind, ReportKind, Role,
    RoleId, RuleOp, Span, Type, UnaryOp, Value, VarId,
};

/// A resolved program.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// The roles; at least one.
    pub roles: IndexVec<RoleId, Role>,
    /// Declared and inferred collections.
    pub relations: IndexVec<RelationId, Relation>,
    /// The rules in source order.
    pub rules: Vec<Rule>,
    /// The facts in source order.
    pub facts: Vec<Fact>,
    /// Statements are missing because they could not be read: what is undetermined may be determined there.
    pub incomplete: bool,
}

/// Where a collection lives, as far as it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Home {
    /// `on ROLE`, with the place of that word.
    At(RoleId, Span),
    /// Nothing is written.
    Unwritten,
    /// The role that is written doesn't exist.
    Unknown,
}

/// A collection.
#[derive(Debug)]
pub(super) struct Relation {
    pub name: String,
    pub kind: RelationKind,
    pub columns: Vec<Column>,
    /// `Some(n)`: n columns before `=>`, and at least one after it.
    pub key: Option<usize>,
    pub home: Home,
    /// The last column is the sender's address.
    pub sender: bool,
    pub input: Option<InputMode>,
    /// `on R[expr]`, an expression whose variables are the columns' numbers.
    pub shards: Option<Expr>,
    pub output: bool,
    pub inferred: bool,
    /// Its name's place.
    pub span: Span,
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub name: String,
    pub ty: ColumnType,
    /// Its name's place, or the head argument that infers it.
    pub span: Span,
}

/// A column's type, as far as it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ColumnType {
    /// Written there.
    Declared(Type, Span),
    /// Nothing is written.
    Inferred,
    /// What is written is no type.
    Unknown,
    /// The address of whoever sent the message: of the only role that sends to the channel.
    Sender,
}

/// A rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub op: RuleOp,
    pub op_span: Span,
    /// The `on ROLE { ... }` around it.
    pub home: Home,
    pub head: Head,
    pub body: Vec<Literal>,
    pub variables: IndexVec<VarId, Variable>,
    pub span: Span,
}

/// A variable of a rule, or a column in `on R[expr]`.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub name: String,
    /// Its first occurrence.
    pub span: Span,
}

/// A head.
#[derive(Debug)]
pub(super) struct Head {
    /// `None`: unknown, or not called as it is declared.
    pub relation: Option<RelationId>,
    pub place: Option<Expr>,
    pub terms: Vec<HeadTerm>,
    pub span: Span,
}

/// An argument of a head.
#[derive(Debug)]
pub(super) enum HeadTerm {
    Expr(Expr),
    Aggregate { kind: AggregateKind, argument: Option<Expr>, span: Span },
    Any,
}

/// A body literal.
#[derive(Debug)]
pub(super) enum Literal {
    Atom(Atom),
    Negation(Atom),
    Condition(Expr),
    Let { var: VarId, name_span: Span, value: Expr, span: Span },
}

/// An atom.
#[derive(Debug)]
pub(super) struct Atom {
    pub source: Source,
    pub terms: Vec<Term>,
    pub span: Span,
}

/// What an atom reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    Relation(RelationId),
    Members(RoleId),
    /// The tick's time and seed.
    Clock,
    /// `floret::error` or `floret::conflict` of the rule's own role.
    Reports(ReportKind),
    /// A diagnostic was given; its variables count as bound, with any type.
    Unknown,
}

/// An argument of an atom.
#[derive(Debug)]
pub(super) struct Term {
    pub kind: TermKind,
    pub span: Span,
}

/// What an atom says of a column.
#[derive(Debug)]
pub(super) enum TermKind {
    Var(VarId),
    Const(Value),
    Any,
}

/// An untyped expression.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, Debug)]
pub(super) enum ExprKind {
    Const(Value),
    Var(VarId),
    SelfAddress,
    Member(RoleId, Box<Expr>),
    Unary(UnaryOp, Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    Call(Function, Vec<Expr>),
    /// A diagnostic was given.
    Error,
}

/// A fact.
#[derive(Debug)]
pub(super) struct Fact {
    pub relation: RelationId,
    /// The `on ROLE { ... }` around it.
    pub home: Home,
    pub place: Option<Expr>,
    pub values: Vec<Expr>,
    pub span: Span,
}

impl Expr {
    pub fn error(span: Span) -> Self {
        Expr { kind: ExprKind::Error, span }
    }

    /// Calls `visit` on every variable with its place, left to right.
    pub fn for_each_var(&self, visit: &mut impl FnMut(VarId, Span)) {
        match &self.kind {
            ExprKind::Const(_) | ExprKind::SelfAddress | ExprKind::Error => {}
            ExprKind::Var(var) => visit(*var, self.span),
            ExprKind::Member(_, value) | ExprKind::Unary(_, value) => value.for_each_var(visit),
            ExprKind::Binary(_, left, right) => {
                left.for_each_var(visit);
                right.for_each_var(visit);
            }
            ExprKind::If(condition, then, otherwise) => {
                condition.for_each_var(visit);
                then.for_each_var(visit);
                otherwise.for_each_var(visit);
            }
            ExprKind::Call(_, args) => args.iter().for_each(|arg| arg.for_each_var(visit)),
        }
    }
}

impl Rule {
    /// The positive and the negated atoms, in order.
    pub fn atoms(&self) -> impl Iterator<Item = &Atom> {
        self.body.iter().filter_map(|literal| match literal {
            Literal::Atom(atom) | Literal::Negation(atom) => Some(atom),
            Literal::Condition(_) | Literal::Let { .. } => None,
        })
    }
}

impl Resolved {
    /// The name of a role.
    pub fn role(&self, id: RoleId) -> &str {
        &self.roles[id].name
    }
}
