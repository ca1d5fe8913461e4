//! The syntax tree: what was written, nothing more. It covers the whole language; the resolver says what it makes of it.

pub use floret_ir::ClaimWord;
use floret_ir::{BinaryOp, RuleOp, Span, UnaryOp};

/// A piece of text with its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Name {
    /// The text.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A possibly qualified name, `a::b::c`; at least one part.
#[derive(Clone, PartialEq, Debug)]
pub struct Path {
    /// The parts.
    pub parts: Vec<Name>,
    /// All of it.
    pub span: Span,
}

/// A whole file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tree {
    /// The statements that could be read, in order.
    pub statements: Vec<Statement>,
    /// All comments in order (`//`, `///`, `/* */`, with their marks).
    pub comments: Vec<Name>,
}

/// A statement.
#[derive(Clone, PartialEq, Debug)]
pub struct Statement {
    /// `@accept("...")` and the like before it.
    pub attributes: Vec<Attribute>,
    /// The text of the `///` comments right before it.
    pub doc: Option<String>,
    /// What it says.
    pub kind: StatementKind,
    /// From its first token (without attributes) to its `;` or `}`.
    pub span: Span,
}

/// `@name(args)`.
#[derive(Clone, PartialEq, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: Name,
    /// Its arguments.
    pub args: Vec<Expr>,
}

/// The kinds of statement.
#[derive(Clone, PartialEq, Debug)]
pub enum StatementKind {
    /// `role A;` or `durable role A;` / `role A durable;`
    Role {
        /// Its name.
        name: Name,
        /// Where `durable` stands.
        durable: Option<Span>,
    },
    /// `[input|output] KIND name(...) [on ROLE] [clauses];`
    Collection(Collection),
    /// `output x;`
    Output(Path),
    /// `confluent x;`
    Confluent(Path),
    /// `timer beat every 500ms on R;`
    Timer {
        /// Its name.
        name: Name,
        /// The period, as written.
        every: Expr,
        /// Its role.
        on: Option<Name>,
    },
    /// `on Server { ... }`
    On {
        /// The role.
        role: Name,
        /// What it holds for.
        statements: Vec<Statement>,
    },
    /// `monotone { ... }`
    Monotone(Vec<Statement>),
    /// `link("a", "b", 3);`
    Fact(Call),
    /// `HEAD OP BODY;`
    Rule(Rule),
    /// `seal votes@c(b) <~ ...;`
    Seal(Rule),
    /// `const N = 3;`
    Const {
        /// Its name.
        name: Name,
        /// Its type, if written.
        ty: Option<TypeExpr>,
        /// Its value.
        value: Expr,
    },
    /// `param replicas: int = 3;`
    Param {
        /// Its name.
        name: Name,
        /// Its type.
        ty: TypeExpr,
        /// The default.
        value: Option<Expr>,
    },
    /// `fn name(x: int) -> int = expr;`
    Function {
        /// Its name.
        name: Name,
        /// Its parameters.
        params: Vec<ColumnDecl>,
        /// Its result.
        result: TypeExpr,
        /// Its body.
        body: Expr,
    },
    /// `struct S { a: int, b: string }`
    Struct {
        /// Its name.
        name: Name,
        /// Its fields.
        fields: Vec<ColumnDecl>,
    },
    /// `enum Vote { Yes, No(string) }`
    Enum {
        /// Its name.
        name: Name,
        /// Its constructors with their arguments.
        variants: Vec<(Name, Vec<TypeExpr>)>,
    },
    /// `lattice name over T = merge(a, b) -> expr;`
    Lattice {
        /// Its name.
        name: Name,
        /// The values.
        over: TypeExpr,
        /// The two parameters of `merge`.
        params: (Name, Name),
        /// The merged value.
        merge: Expr,
    },
    /// `use "file.flo" as d;`, `use std::quorum(Voter = Replica) as q;`
    Use {
        /// What.
        target: UseTarget,
        /// The module's arguments.
        args: Vec<(Name, Expr)>,
        /// The instance's name.
        alias: Option<Name>,
    },
    /// `module Quorum(role Voter, n: int) { ... }`
    Module {
        /// Its name.
        name: Name,
        /// Its parameters.
        params: Vec<ModuleParam>,
        /// Its statements.
        statements: Vec<Statement>,
    },
    /// `invariant name "text": body;`
    Invariant {
        /// Its name.
        name: Name,
        /// What is wrong when it is violated.
        text: Option<Name>,
        /// What must never have a solution.
        body: Vec<Literal>,
    },
    /// `test "name" with Server = 3 { ... }`
    Test {
        /// Its name.
        name: Name,
        /// Node counts.
        nodes: Vec<(Name, Expr)>,
        /// Its steps.
        steps: Vec<TestStep>,
    },
}

/// What a `use` names.
#[derive(Clone, PartialEq, Debug)]
pub enum UseTarget {
    /// A file.
    File(Name),
    /// A module by path.
    Path(Path),
}

/// A parameter of a module.
#[derive(Clone, PartialEq, Debug)]
pub enum ModuleParam {
    /// `role Voter`
    Role(Name),
    /// `n: int`
    Value(ColumnDecl),
    /// `table t(...)` and the like.
    Collection(Collection),
}

/// A step of a test.
#[derive(Clone, PartialEq, Debug)]
pub struct TestStep {
    /// What it says.
    pub kind: TestStepKind,
    /// Where it is, with its `;`.
    pub span: Span,
}

/// What a step of a test says.
#[derive(Clone, PartialEq, Debug)]
pub enum TestStepKind {
    /// `at 0: atom;`
    At(Expr, Call),
    /// `eventually`, `always` or `never`, then a body.
    Claim(ClaimWord, Vec<Literal>),
}

/// A collection's declaration.
#[derive(Clone, PartialEq, Debug)]
pub struct Collection {
    /// `input`, `output`, `mutable`, `static`, with their places.
    pub modifiers: Vec<(Modifier, Span)>,
    /// The kind.
    pub kind: CollectionKind,
    /// Its name.
    pub name: Name,
    /// Columns; those before `=>` are the key.
    pub columns: Vec<ColumnDecl>,
    /// How many columns stand before `=>`, if there is one.
    pub key: Option<usize>,
    /// `on ROLE`
    pub on: Option<Name>,
    /// `on ROLE[expr]`: the member that gets a row of an input.
    pub shards: Option<Expr>,
    /// `ordered`, `lossy`, `via S`, `from R`, `sealed by k from R`, in order.
    pub clauses: Vec<Clause>,
}

/// A word before a collection's kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Modifier {
    /// `input`
    Input,
    /// `output`
    Output,
    /// `mutable`
    Mutable,
    /// `static`
    Static,
}

/// The kind of collection that was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CollectionKind {
    /// `table`
    Table,
    /// `view`
    View,
    /// `event`
    Event,
    /// `channel`
    Channel,
}

/// A clause after a collection's columns.
#[derive(Clone, PartialEq, Debug)]
pub enum Clause {
    /// `from ROLE`
    From(Name),
    /// `ordered`, perhaps `via S`
    Ordered {
        /// The word.
        span: Span,
        /// The sequencer.
        via: Option<Name>,
    },
    /// `lossy`
    Lossy(Span),
    /// `reliable`
    Reliable(Span),
    /// `sealed by k, l from R`
    Sealed {
        /// The word.
        span: Span,
        /// The columns; none: it is sealed as a whole.
        by: Vec<Name>,
        /// The producers.
        from: Option<Name>,
    },
    /// `durable`
    Durable(Span),
}

/// `name: type`
#[derive(Clone, PartialEq, Debug)]
pub struct ColumnDecl {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
}

/// A type as written.
#[derive(Clone, PartialEq, Debug)]
pub enum TypeExpr {
    /// `int`, `Server`, `list<int>`, `m::t`.
    Named {
        /// The name.
        path: Path,
        /// Its arguments.
        args: Vec<TypeExpr>,
        /// All of it.
        span: Span,
    },
    /// `(a, b)`
    Tuple(Vec<TypeExpr>, Span),
}

/// A rule.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    /// The head.
    pub head: Call,
    /// The operator.
    pub op: RuleOp,
    /// Where the operator is.
    pub op_span: Span,
    /// The body.
    pub body: Vec<Literal>,
}

/// A body literal.
#[derive(Clone, PartialEq, Debug)]
pub enum Literal {
    /// An expression: an atom, or a condition. The resolver tells them apart.
    Expr(Expr),
    /// `!r(...)`
    Negation(Call, Span),
    /// `let x = e`
    Let(Name, Expr, Span),
    /// `m in members`
    In(Name, Expr, Span),
}

/// `path[@place](args)`: an atom, a function call, a constructor, a collection of role members; or a head or fact.
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    /// What is called.
    pub path: Path,
    /// `@n`, `@self`, `@Role[e]`, `@(e)`.
    pub place: Option<Box<Expr>>,
    /// The arguments.
    pub args: Vec<Arg>,
    /// All of it.
    pub span: Span,
}

/// An argument.
#[derive(Clone, PartialEq, Debug)]
pub struct Arg {
    /// `name:`, if written.
    pub name: Option<Name>,
    /// The value; `Expr::Wildcard` for `_`.
    pub value: Expr,
}

/// An expression with its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// `12`; `None`: written, but outside 64 bits (a diagnostic was given). The magnitude of i64::MIN is allowed
    /// under a minus only, so this is wider.
    Int(Option<i128>),
    /// `1.5`
    Float(f64),
    /// `"text"`, unescaped
    String(String),
    /// `true`, `false`
    Bool(bool),
    /// `500ms`: number and unit, as written
    Duration(String),
    /// `b"..."`
    Bytes(Vec<u8>),
    /// `x` or `m::x`
    Path(Path),
    /// `_`
    Wildcard,
    /// `self`
    SelfNode,
    /// A call.
    Call(Call),
    /// `Role[e]`, `list[e]`
    Index(Box<Expr>, Box<Expr>),
    /// `e.field`
    Field(Box<Expr>, Name),
    /// `-e`, `not e`
    Unary(UnaryOp, Box<Expr>),
    /// `a + b` and the like
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `if c then a else b`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `match e { pattern => e, ... }`; patterns are expressions of constructors, names and `_`
    Match(Box<Expr>, Vec<(Expr, Expr)>),
    /// `(a, b)`
    Tuple(Vec<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `S { a: 1, b: 2 }`
    Struct(Path, Vec<(Name, Expr)>),
    /// Could not be read; a diagnostic was given.
    Missing,
}
