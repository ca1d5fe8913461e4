//! What the resolver makes of the tree: every name is an id, nothing has a type yet.
//!
//! Whatever could not be resolved has a form of its own here (`Source::Unknown`, `ExprKind::Error`, `Home::Unknown`, a
//! column without a type), of which later passes never complain: the one message was given where it was found.

mod expr;
mod lattice;

use floret_ir::{
    AboutOrder, AggregateKind, IndexVec, InputMode, NoticeKind, RelationId, RelationKind, Role, RoleId,
    RuleOp, Span, Type, Value, VarId,
};

pub(super) use expr::{Arm, DefId, Expr, ExprKind, HoleId, LocalId, Pattern, PatternKind};
pub(super) use lattice::LatticeForm;

/// A resolved program.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// The roles; at least one.
    pub roles: IndexVec<RoleId, Role>,
    /// Declared and inferred collections.
    pub relations: IndexVec<RelationId, Relation>,
    /// The rules in source order.
    pub rules: Vec<Rule>,
    /// What the program says about order.
    pub about_order: AboutOrder,
    /// The facts in source order.
    pub facts: Vec<Fact>,
    /// Constants, functions and the merges of lattices, in source order.
    pub defs: IndexVec<DefId, Def>,
    /// The definitions, each after those it uses.
    pub def_order: Vec<DefId>,
    /// What a deployment may set, in source order.
    pub params: Vec<Param>,
    /// The declared lattices, in source order.
    pub lattices: Vec<UserLattice>,
    /// The names that patterns and parameters bind.
    pub locals: IndexVec<LocalId, Variable>,
    /// Values whose type only their use tells.
    pub holes: IndexVec<HoleId, Hole>,
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
    pub input: Option<InputMode>,
    /// `on R[expr]`, an expression whose variables are the columns' numbers.
    pub shards: Option<Expr>,
    pub output: bool,
    pub inferred: bool,
    /// The rule that asks for its messages' `sender`, first; the last column is that.
    pub sender: Option<Span>,
    /// Its name's place.
    pub span: Span,
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub name: String,
    pub ty: ColumnType,
    /// How its rows merge, of a lattice column (its type is the carrier).
    pub lattice: Option<LatticeForm>,
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
    /// The address of whoever sent the message.
    Sender,
    /// What is written is no type.
    Unknown,
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
#[derive(Debug)]
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
    Aggregate { kind: AggregateKind, argument: Option<Expr>, by: Option<Expr>, span: Span },
    Any,
}

/// A body literal.
#[derive(Debug)]
pub(super) enum Literal {
    Atom(Atom),
    Negation(Atom),
    Condition(Expr),
    Let { var: VarId, name_span: Span, value: Expr, span: Span },
    Unnest { var: VarId, name_span: Span, value: Expr, span: Span },
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
    /// What went wrong at this node in the tick before.
    Report(NoticeKind),
    /// `now()` and the tick's seed.
    Clock,
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

/// A constant, a function or the merge of a lattice: a value over its parameters.
#[derive(Debug)]
pub(super) struct Def {
    pub name: String,
    pub params: Vec<LocalId>,
    /// The parameters' types.
    pub types: Vec<ColumnType>,
    pub result: ColumnType,
    pub body: Expr,
    pub kind: DefKind,
    /// Its name's place.
    pub span: Span,
}

/// What is defined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DefKind {
    Constant,
    Function,
    Merge,
    /// The default of a parameter.
    Default,
}

/// `param name: type = default;`
#[derive(Debug)]
pub(super) struct Param {
    pub name: String,
    pub ty: ColumnType,
    pub default: Option<DefId>,
    pub span: Span,
}

/// `lattice name over type = merge(a, b) -> expr;`
#[derive(Debug)]
pub(super) struct UserLattice {
    pub name: String,
    /// `None`: a diagnostic was given.
    pub over: Option<Type>,
    /// `None`: a diagnostic was given.
    pub merge: Option<DefId>,
    pub span: Span,
}

/// A value whose type only its use tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hole {
    pub kind: HoleKind,
    pub span: Span,
}

/// Which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HoleKind {
    /// `[]`
    EmptyList,
    /// `none`
    None,
}

impl Rule {
    /// The positive and the negated atoms, in order.
    pub fn atoms(&self) -> impl Iterator<Item = &Atom> {
        self.body.iter().filter_map(|literal| match literal {
            Literal::Atom(atom) | Literal::Negation(atom) => Some(atom),
            Literal::Condition(_) | Literal::Let { .. } | Literal::Unnest { .. } => None,
        })
    }
}

impl Resolved {
    /// The name of a role.
    pub fn role(&self, id: RoleId) -> &str {
        &self.roles[id].name
    }
}
