//! Aggregates that are only compared upward: once true, always true.

use floret_ir::coordination::Class;
use floret_ir::{
    AggregateKind, Atom, AtomSource, BinaryOp, Expr, HeadTerm, Literal, RelationId, RelationKind, Rule,
    RuleOp, Term, VarId,
};

use super::body;
use super::fixpoint::Context;

/// Which way a column's values go while the rows under the aggregate grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Direction {
    /// It stays: a column of the group in every rule.
    Fixed,
    /// `count() count(x) max`, or fixed.
    Up,
    /// `min`, or fixed.
    Down,
    /// Both occur.
    Either,
}

/// Whether the positive atom reads a view of aggregates over growing only in ways that stay true: columns of the group
/// in any way, aggregates not at all or in upward thresholds. The bound may be any value without such a column.
pub(super) fn stays_true(cx: &Context<'_>, rule: &Rule, atom: &Atom) -> bool {
    // Two aggregates of one group are one row or two, so an aggregate over this read is no threshold of the first.
    if rule.has_aggregate() {
        return false;
    }
    let Some((relation, directions)) = aggregated(cx, atom) else { return false };
    debug_assert_eq!(cx.program.relations[relation].kind, RelationKind::View);
    atom.terms.iter().zip(directions).all(|(term, direction)| match (direction, term) {
        (Direction::Fixed, _) | (_, Term::Any) => true,
        (Direction::Up | Direction::Down, Term::Var(var)) => {
            only_compared(cx, rule, *var, direction == Direction::Up)
        }
        (Direction::Up | Direction::Down | Direction::Either, Term::Const(_) | Term::Var(_)) => false,
    })
}

/// The atom's relation and its columns' directions, if it is a view whose rules aggregate over growing.
fn aggregated(cx: &Context<'_>, atom: &Atom) -> Option<(RelationId, Vec<Direction>)> {
    let AtomSource::Relation(relation) = atom.source else { return None };
    let declared = &cx.program.relations[relation];
    if declared.kind != RelationKind::View || declared.resolved_key().is_some() {
        return None;
    }
    let mut directions = vec![Direction::Fixed; declared.arity()];
    for &rule in &cx.fills[relation] {
        let rule = &cx.program.rules[rule];
        let grows = match body::without_aggregate(cx, rule).class {
            Class::Static | Class::Growing => true,
            Class::Fleeting | Class::Converging | Class::OrderDependent => false,
        };
        if rule.op != RuleOp::Now || !grows {
            return None;
        }
        for (term, direction) in rule.head.terms.iter().zip(&mut directions) {
            *direction = merged(*direction, term)?;
        }
    }
    Some((relation, directions))
}

/// The direction of a column that also has this head term. `None`: the row may vanish.
fn merged(direction: Direction, term: &HeadTerm) -> Option<Direction> {
    let other = match term {
        HeadTerm::Expr(_) | HeadTerm::Any => Direction::Fixed,
        HeadTerm::Aggregate { kind, .. } => match kind {
            AggregateKind::Count | AggregateKind::CountDistinct | AggregateKind::Max => Direction::Up,
            AggregateKind::Min => Direction::Down,
            // A sum goes both ways, and a group whose int sum overflows has no row.
            AggregateKind::Sum
            | AggregateKind::Avg
            | AggregateKind::ArgMin
            | AggregateKind::ArgMax
            | AggregateKind::Collect
            | AggregateKind::Any => return None,
        },
    };
    Some(match (direction, other) {
        (Direction::Fixed, other) => other,
        (direction, Direction::Fixed) => direction,
        (Direction::Up, Direction::Up) => Direction::Up,
        (Direction::Down, Direction::Down) => Direction::Down,
        (
            Direction::Up | Direction::Down | Direction::Either,
            Direction::Up | Direction::Down | Direction::Either,
        ) => Direction::Either,
    })
}

/// Whether the variable stands in one column of one atom and else only alone on one side of comparisons that go its
/// way, their other sides being free of variables that come from aggregates.
fn only_compared(cx: &Context<'_>, rule: &Rule, var: VarId, up: bool) -> bool {
    let uses = |expr: &Expr<VarId>| expr.vars().contains(&var);
    let mut columns = 0;
    let in_body = rule.body.iter().all(|literal| match literal {
        Literal::Atom(atom) => {
            columns += atom.terms.iter().filter(|term| **term == Term::Var(var)).count();
            true
        }
        Literal::Negation(atom) => !atom.terms.contains(&Term::Var(var)),
        Literal::Condition { expr, .. } => !uses(expr) || is_threshold(cx, rule, expr, var, up),
        Literal::Let { value, .. } | Literal::Unnest { value, .. } => !uses(value),
    });
    let in_head = rule.head.place.as_ref().is_some_and(uses)
        || rule.head.terms.iter().any(|term| match term {
            HeadTerm::Expr(expr) => uses(expr),
            HeadTerm::Aggregate { argument, by, .. } => argument.iter().chain(by).any(uses),
            HeadTerm::Any => false,
        });
    in_body && columns == 1 && !in_head
}

/// `var >= bound` and the like (`<=` where values go down), either way round.
fn is_threshold(cx: &Context<'_>, rule: &Rule, expr: &Expr<VarId>, var: VarId, up: bool) -> bool {
    let Expr::Binary { op, left, right, .. } = expr else { return false };
    let (greater, less) = match op {
        BinaryOp::Greater | BinaryOp::GreaterEqual => (left, right),
        BinaryOp::Less | BinaryOp::LessEqual => (right, left),
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Add
        | BinaryOp::Subtract
        | BinaryOp::Multiply
        | BinaryOp::Divide
        | BinaryOp::Remainder
        | BinaryOp::SaturatingAdd
        | BinaryOp::SaturatingSubtract
        | BinaryOp::SaturatingMultiply
        | BinaryOp::And
        | BinaryOp::Or => return false,
    };
    let (tested, bound) = if up { (greater, less) } else { (less, greater) };
    **tested == Expr::Var(var) && bound.vars().iter().all(|used| stays(cx, rule, *used))
}

/// Whether a variable's value is a column of a static or growing atom (through no `let`).
fn stays(cx: &Context<'_>, rule: &Rule, var: VarId) -> bool {
    rule.positive_atoms().any(|atom| {
        let binds = atom.terms.contains(&Term::Var(var));
        binds
            && match cx.class_of(rule, atom) {
                Class::Static | Class::Growing => true,
                Class::Fleeting | Class::Converging | Class::OrderDependent => false,
            }
    })
}
