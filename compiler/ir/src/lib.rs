//! The plain data that compiler and runtime share: spans and diagnostics, types, values and the library functions over
//! them, the checked program, the placed plan, the artifact, and what a tick takes and gives. No passes live here.

mod about_order;
pub mod artifact;
mod claims;
pub mod coordination;
mod deployment;
mod diagnostic;
mod eval;
mod expr;
mod function;
pub mod hash;
mod ids;
mod lattice;
pub mod moments;
mod nested;
mod places;
pub mod plan;
pub mod print;
mod program;
mod report;
mod seal;
mod sequenced;
mod span;
mod strata;
mod suggest;
mod test_block;
mod tick;
pub mod time;
mod timers;
mod types;
pub mod validate;
mod value;
pub mod waits;
pub mod way;

pub use about_order::{AboutOrder, Accepted, Confluent, Monotone};
pub use claims::{ClaimRead, Claims, Invariant};
pub use deployment::{Deployment, Site};
pub use diagnostic::{Diagnostic, Diagnostics, Finding, Label, Severity};
pub use eval::{NoValue, binary, construct, evaluate, int_arithmetic, mean, project, unary, zero};
pub use expr::{BinaryOp, Column, Expr, Projection, Scalar, Shape, UnaryOp, constant_type};
pub use function::{Effect, Function, Pattern, Signature};
pub use ids::{FileId, Id, IndexVec, NodeId, RelationId, RoleId, RuleId, VarId};
pub use lattice::{Lattice, UserLattice};
pub use program::{
    AggregateKind, Atom, AtomSource, Fact, Head, HeadTerm, InputMode, Literal, NoticeEvent, NoticeKind,
    Param, Program, Promise, Relation, RelationColumn, RelationKind, Role, Rule, RuleOp, Shards, Term,
    Variable,
};
pub use report::{assignment_text, group_text, peer_rows, report_row, row_text};
pub use seal::{Seal, SealedInput};
pub use sequenced::Sequenced;
pub use span::{Source, Sources, Span};
pub use strata::{Component, Firing, Presence, Strata, Stratified};
pub use suggest::closest;
pub use test_block::{ClaimWord, Expectation, Feed, Test};
pub use tick::{
    Arrivals, Changes, Counters, Effects, Engine, EngineError, InputRow, Message, Observe, PeerChange,
    Report, RowChange, Send, Stored,
};
pub use timers::Timers;
pub use types::{EnumType, Internable, Interned, StructType, Type};
pub use value::{Address, Float, Row, Value};
