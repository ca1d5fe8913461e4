//! The checked program: names resolved, everything typed, every rule local to one role.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    AboutOrder, Expr, IndexVec, Lattice, RelationId, RoleId, Row, RuleId, Seal, Sequenced, Span, Type,
    UserLattice, Value, VarId,
};

/// A checked and placed program.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Program {
    /// The roles; a program that declares none has one, implicit.
    pub roles: IndexVec<RoleId, Role>,
    /// Declared and inferred collections.
    pub relations: IndexVec<RelationId, Relation>,
    /// The rules in source order.
    pub rules: IndexVec<RuleId, Rule>,
    /// The facts in source order.
    pub facts: Vec<Fact>,
    /// What a deployment may set, in source order.
    pub params: Vec<Param>,
    /// The declared lattices, in source order (those of columns carry their definition with them).
    pub lattices: Vec<Arc<UserLattice>>,
    /// The built-in events that tell a role's program of its errors, its conflicts and its peers, where it reads them.
    pub notices: Vec<NoticeEvent>,
    /// The sealed inputs, in source order.
    pub sealed_inputs: Vec<crate::SealedInput>,
    /// The sealed channels, in source order.
    pub seals: Vec<Seal>,
    /// The channels `ordered via` a role, in source order.
    pub sequenced: Vec<Sequenced>,
    /// What the program says about its dependence on order.
    pub about_order: AboutOrder,
}

/// `param replicas: int = 3;`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Its value where the deployment says nothing; none: the deployment must.
    pub default: Option<Value>,
    /// Where it is declared.
    pub span: Span,
}

/// A built-in event, filled by the node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NoticeEvent {
    /// What it tells.
    pub kind: NoticeKind,
    /// The event: `floret::error(rule: int, at: string, values: string)`, `floret::conflict(collection: string,
    /// row: string)` or `floret::peer(node: Node, up: bool)`. Its role says of which nodes. Where `node` is the address of a
    /// role, it tells of the nodes of that role only; a role may have several such events.
    pub relation: RelationId,
}

/// What a built-in event tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum NoticeKind {
    /// `floret::error`: in the tick after the error.
    Error,
    /// `floret::conflict`: in the tick after the conflict.
    Conflict,
    /// `floret::peer`: another node came or went, as far as this one knows ([`crate::Arrivals::peers`]).
    Peer,
}

impl NoticeKind {
    /// The event's name.
    pub fn name(self) -> &'static str {
        match self {
            NoticeKind::Error => "floret::error",
            NoticeKind::Conflict => "floret::conflict",
            NoticeKind::Peer => "floret::peer",
        }
    }
    /// The event's columns.
    pub fn columns(self) -> &'static [(&'static str, Type)] {
        match self {
            NoticeKind::Error => &[("rule", Type::Int), ("at", Type::String), ("values", Type::String)],
            NoticeKind::Conflict => &[("collection", Type::String), ("row", Type::String)],
            NoticeKind::Peer => &[("node", Type::Node), ("up", Type::Bool)],
        }
    }
}

/// A kind of node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Role {
    /// Its name; `Node` for the implicit one.
    pub name: String,
    /// Whether the program declares no roles and this is its only one, with one node.
    pub implicit: bool,
    /// Whether its nodes keep their tables, and what they have sent and received, when they crash.
    pub durable: bool,
    /// Where it is declared (for the implicit one: the file's start).
    pub span: Span,
}

/// What a collection holds from tick to tick.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum RelationKind {
    /// Persists until deleted.
    Table,
    /// What its rules derive this tick.
    View,
    /// This tick only.
    Event,
    /// This tick only; filled by messages.
    Channel {
        /// The only role that may send (none: any).
        from: Option<RoleId>,
        /// What becomes of a message.
        promise: Promise,
    },
    /// An event `(at: time)` that the clock fills every so many nanoseconds.
    Timer {
        /// The period in nanoseconds; positive.
        every: i64,
    },
}

/// What a channel promises for its messages (LANGUAGE section 6), per pair of incarnations of sender and receiver.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Promise {
    /// Each arrives, once, in any order.
    #[default]
    Reliable,
    /// Reliable; rows that one tick sent arrive together in one tick, rows of two ticks of one sender never share a tick,
    /// and come in their order.
    Ordered,
    /// Each arrives at most once.
    Lossy,
}

impl Promise {
    /// As it is written in a declaration; nothing for the default.
    pub fn clause(self) -> Option<&'static str> {
        match self {
            Promise::Reliable => None,
            Promise::Ordered => Some("ordered"),
            Promise::Lossy => Some("lossy"),
        }
    }
}

/// How the host may feed an input.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum InputMode {
    /// The host adds rows at any time.
    Add,
    /// Complete before the first tick, then fixed.
    Static,
    /// The host adds and deletes rows (`mutable input table`).
    Mutable,
}

/// Which node of its role the host gives a row of an input to, where the program says so: `on R[expr]`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shards {
    /// The member's number, an int over the row's columns.
    pub member: Expr<crate::Column>,
}

/// A collection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Relation {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: RelationKind,
    /// Columns, the key's first.
    pub columns: Vec<RelationColumn>,
    /// `Some(n)`: the first n columns are a key that determines the others (n < columns). `None`: a set.
    pub key: Option<usize>,
    /// For keyed relations: the compiler proved that two rows of one key never differ in value columns that are no
    /// lattices, so nothing resolves conflicts at run time. Meaningless for sets.
    pub key_proven: bool,
    /// Channels whose messages' senders the program asks for: the last column is the sender's address. It is filled when
    /// a message arrives; what is sent doesn't have it.
    pub sender: bool,
    /// Where it lives.
    pub role: RoleId,
    /// Whether and how the host feeds it.
    pub input: Option<InputMode>,
    /// For inputs: which node gets which row; `None`: row n goes to node n modulo their count.
    pub shards: Option<Shards>,
    /// Whether the host observes it.
    pub output: bool,
    /// Whether it is an undeclared view.
    pub inferred: bool,
    /// Its declaration's name, or the first head that infers it.
    pub span: Span,
}

/// A column of a relation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RelationColumn {
    /// Its name; inferred relations take their first head's variable, or `c0`, `c1`, ... (always unique in the relation).
    pub name: String,
    /// Its type; of a lattice column its carrier.
    pub ty: Type,
    /// How rows of one key merge, if they do (value columns of keyed relations only).
    pub lattice: Option<Lattice>,
}

/// When and how a head takes its rows (LANGUAGE section 4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum RuleOp {
    /// `<=`: in this tick.
    Now,
    /// `<+`: from the next tick on (tables), in the next tick (events).
    Next,
    /// `<-`: gone at the next tick.
    Delete,
    /// `<+-`: the key's row at the next tick. Only on keyed tables (on a set the compiler turns it into `Next`).
    Replace,
    /// `<~`: a message.
    Later,
}

impl RuleOp {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            RuleOp::Now => "<=",
            RuleOp::Next => "<+",
            RuleOp::Delete => "<-",
            RuleOp::Replace => "<+-",
            RuleOp::Later => "<~",
        }
    }
}

/// A rule, all of whose literals are at one node of `role`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// How the head takes its rows.
    pub op: RuleOp,
    /// Where the rule runs: its body's role. The head is at the same node, except for `Later`.
    pub role: RoleId,
    /// What is derived.
    pub head: Head,
    /// From what. Every variable of a head, negation, condition or `let` value is bound by a positive atom or by an
    /// *earlier* `let` (the compiler puts the lets into such an order).
    pub body: Vec<Literal>,
    /// The rule's variables.
    pub variables: IndexVec<VarId, Variable>,
    /// The whole rule in the source.
    pub span: Span,
}

/// A variable of a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Variable {
    /// Its name (unique in the rule; those the compiler made start with `$`).
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Its first occurrence.
    pub span: Span,
}

/// A rule's head.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Head {
    /// The collection it fills.
    pub relation: RelationId,
    /// For `Later`: the addressed node (an expression of the relation's role's address type). `None`: this node.
    pub place: Option<Expr<VarId>>,
    /// One per column.
    pub terms: Vec<HeadTerm>,
    /// Where it is.
    pub span: Span,
}

/// What a head says about one column.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum HeadTerm {
    /// This value.
    Expr(Expr<VarId>),
    /// An aggregate over the group that the `Expr` terms (and the place) make.
    Aggregate {
        /// Which.
        kind: AggregateKind,
        /// Over what; `None` only for `count()`.
        argument: Option<Expr<VarId>>,
        /// What `arg_min` and `arg_max` compare; `None` for all others.
        by: Option<Expr<VarId>>,
    },
    /// `_` in `<-`: any value (value columns of keyed tables only).
    Any,
}

/// An aggregate. They range over the distinct assignments to all columns of the positive atoms, `_` included.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum AggregateKind {
    /// `count()`: how many assignments. Int.
    Count,
    /// `count(x)`: how many distinct values. Int.
    CountDistinct,
    /// Exact sum (int: in error if it doesn't fit; floats add in ascending order). Type of the argument.
    Sum,
    /// Least value.
    Min,
    /// Greatest value.
    Max,
    /// `avg(x)`: the mean, a float (floats added in ascending order).
    Avg,
    /// `arg_min(x, by)`: the x of the least `by`; of several the least x.
    ArgMin,
    /// `arg_max(x, by)`: the x of the greatest `by`; of several the least x.
    ArgMax,
    /// `collect(x)`: the set of all values.
    Collect,
    /// `any(x)`: the value with the least [`crate::hash::seeded_hash`] under the deployment's seed (of equal hashes, the least).
    Any,
}

/// A body literal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Literal {
    /// A positive atom.
    Atom(Atom),
    /// `!atom`; its variables are bound elsewhere.
    Negation(Atom),
    /// A bool expression that must hold.
    Condition {
        /// It.
        expr: Expr<VarId>,
        /// Where it is.
        span: Span,
    },
    /// `let var = value`.
    Let {
        /// The variable it binds (bound only here).
        var: VarId,
        /// Its value.
        value: Expr<VarId>,
        /// Where it is.
        span: Span,
    },
    /// `var in value`: one assignment for each (distinct) element of a list, set or option or (key, value) of a map.
    /// Assignments differ by it as by the row of a positive atom. Without a value there are no elements, and the
    /// assignment is in error.
    Unnest {
        /// The variable it binds. It may also be bound by positive atoms (then it must be equal), by no other literal.
        var: VarId,
        /// Over bound variables, perhaps of earlier `let`s and unnestings.
        value: Expr<VarId>,
        /// Where it is.
        span: Span,
    },
}

/// An atom over a relation or over the members of a role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Atom {
    /// What is read.
    pub source: AtomSource,
    /// One per column.
    pub terms: Vec<Term>,
    /// Where it is.
    pub span: Span,
}

/// What an atom reads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum AtomSource {
    /// A collection at this node.
    Relation(RelationId),
    /// The addresses of a role's members (one column).
    Members(RoleId),
    /// The tick's `now()` and seed: one row (time, int) in every tick. Positive only.
    Clock,
}

/// What an atom says about one column. (Other expressions in atoms are resolved into variables and conditions.)
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Term {
    /// This variable, bound here or equal to what another atom or `let` binds.
    Var(VarId),
    /// This constant.
    Const(Value),
    /// `_` or not named.
    Any,
}

/// A fact: in a table before the first tick, in an event in the first tick.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fact {
    /// The collection.
    pub relation: RelationId,
    /// The node that gets it (no variables); `None`: every node of the relation's role.
    pub place: Option<Expr<VarId>>,
    /// One value per column (no variables; `self` is the node that gets it).
    pub values: Vec<Expr<VarId>>,
    /// Where it is.
    pub span: Span,
}

impl Relation {
    /// The columns' types.
    pub fn types(&self) -> impl Iterator<Item = Type> {
        self.columns.iter().map(|column| column.ty)
    }
    /// Number of columns.
    pub fn arity(&self) -> usize {
        self.columns.len()
    }
    /// Whether rows stay from tick to tick.
    pub fn is_table(&self) -> bool {
        self.kind == RelationKind::Table
    }
    /// Whether it is a channel of the compiler's, between the parts of a rule that reads at several places.
    pub fn is_generated(&self) -> bool {
        // `$` is in no name of the language.
        self.name.starts_with('$')
    }
    /// Whether it is a channel.
    pub fn is_channel(&self) -> bool {
        matches!(self.kind, RelationKind::Channel { .. })
    }
    /// Whether it holds rows for one tick and is shown by every row it ever held (events and channels).
    pub fn is_momentary(&self) -> bool {
        match self.kind {
            RelationKind::Event | RelationKind::Channel { .. } | RelationKind::Timer { .. } => true,
            RelationKind::Table | RelationKind::View => false,
        }
    }
    /// The number of key columns, where rows of one key can conflict or merge at run time.
    pub fn resolved_key(&self) -> Option<usize> {
        self.key.filter(|_| !self.key_proven || self.has_lattice())
    }
    /// Whether two rows of one key may differ in a value column that doesn't merge: then one of them loses, whole.
    pub fn may_conflict(&self) -> bool {
        let plain = |key: usize| self.columns.iter().skip(key).any(|column| column.lattice.is_none());
        !self.key_proven && self.key.is_some_and(plain)
    }
    /// Whether a value column is a lattice.
    pub fn has_lattice(&self) -> bool {
        self.columns.iter().any(|column| column.lattice.is_some())
    }
    /// How each value column merges (`None`: it doesn't), in order; empty for sets.
    pub fn merges(&self) -> Vec<Option<Lattice>> {
        let key = self.key.unwrap_or(self.arity());
        self.columns.iter().skip(key).map(|column| column.lattice.clone()).collect()
    }
    /// The row's values in the columns that don't merge.
    pub fn plain_columns(&self, row: &Row) -> Row {
        let columns = self.columns.iter().zip(row);
        columns.filter(|(column, _)| column.lattice.is_none()).map(|(_, value)| value.clone()).collect()
    }
    /// The join of two rows; `None` if they differ in a plain column.
    pub fn merge(&self, a: &Row, b: &Row) -> Option<Row> {
        let columns = self.columns.iter().zip(a.iter().zip(b));
        columns
            .map(|(column, (a, b))| match &column.lattice {
                // A declared merge is total; of values that it was not made for the first stays.
                Some(lattice) => Some(lattice.merge(a, b).unwrap_or_else(|_| a.clone())),
                None => (a == b).then(|| a.clone()),
            })
            .collect()
    }
    /// How many columns a message of it has (all but a `sender`).
    pub fn sent_arity(&self) -> usize {
        self.arity() - usize::from(self.sender && self.arity() > 0)
    }
}

impl Rule {
    /// The positive atoms in body order.
    pub fn positive_atoms(&self) -> impl Iterator<Item = &Atom> {
        self.body.iter().filter_map(|literal| match literal {
            Literal::Atom(atom) => Some(atom),
            Literal::Negation(_)
            | Literal::Condition { .. }
            | Literal::Let { .. }
            | Literal::Unnest { .. } => None,
        })
    }
    /// The negated atoms in body order.
    pub fn negated_atoms(&self) -> impl Iterator<Item = &Atom> {
        self.body.iter().filter_map(|literal| match literal {
            Literal::Negation(atom) => Some(atom),
            Literal::Atom(_) | Literal::Condition { .. } | Literal::Let { .. } | Literal::Unnest { .. } => {
                None
            }
        })
    }
    /// The types of an aggregating rule's groups: the place's (if any), then the `Expr` head terms'.
    pub fn group_types(&self) -> Vec<Type> {
        let exprs = self.head.terms.iter().filter_map(|term| match term {
            HeadTerm::Expr(expr) => Some(expr),
            HeadTerm::Aggregate { .. } | HeadTerm::Any => None,
        });
        let var = |var: &VarId| self.variables.get(*var).map_or(Type::Bool, |variable| variable.ty);
        self.head.place.iter().chain(exprs).map(|expr| expr.ty(&var)).collect()
    }
    /// Whether a head column is an aggregate.
    pub fn has_aggregate(&self) -> bool {
        self.head.terms.iter().any(|term| matches!(term, HeadTerm::Aggregate { .. }))
    }
    /// The variables that some positive atom binds (but not the clock, which would make every tick's error another), in
    /// order of their ids: an assignment in error is reported by them.
    pub fn atom_variables(&self) -> Vec<VarId> {
        let mut vars: Vec<VarId> = self
            .positive_atoms()
            .filter(|atom| atom.source != AtomSource::Clock)
            .flat_map(|atom| &atom.terms)
            .filter_map(|term| match term {
                Term::Var(var) => Some(*var),
                Term::Const(_) | Term::Any => None,
            })
            .collect();
        vars.sort_unstable();
        vars.dedup();
        vars
    }
}

impl Program {
    /// The relation of that name.
    pub fn relation_named(&self, name: &str) -> Option<RelationId> {
        self.relations.entries().find(|(_, relation)| relation.name == name).map(|(id, _)| id)
    }
    /// The role of that name.
    pub fn role_named(&self, name: &str) -> Option<RoleId> {
        self.roles.entries().find(|(_, role)| role.name == name).map(|(id, _)| id)
    }
    /// Whether the program declares roles.
    pub fn has_roles(&self) -> bool {
        self.roles.iter().any(|role| !role.implicit)
    }
}
