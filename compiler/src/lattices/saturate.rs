//! Arithmetic on lattice values saturates, and an aggregate that is its column's merge is left to the merge.

use floret_ir::{
    AggregateKind, BinaryOp, Expr, Function, HeadTerm, IndexVec, Literal, Program, Rule, Shape, Type,
    UnaryOp, Value, VarId,
};

use super::flow::{RuleFlow, is_merge, is_of_lattices};
use super::sense::Sense;
use super::{LatticeFlow, declared};

/// Rewrites every rule.
pub(super) fn rewrite(program: &mut Program) {
    let flow = LatticeFlow::of(program);
    let merged: Vec<bool> = program.rules.iter().map(|rule| aggregates_are_merges(program, rule)).collect();
    for ((rule, flow), merged) in program.rules.iter_mut().zip(flow.rules.iter()).zip(merged) {
        saturate(rule, flow);
        if merged {
            leave_to_the_merge(rule);
        }
    }
}

/// Whether the rule has aggregates and all of them are what its head's columns do anyway. In channels nothing merges
/// before it is sent, so there an aggregate saves messages.
fn aggregates_are_merges(program: &Program, rule: &Rule) -> bool {
    let column = declared(program);
    let is_channel = program.relations.get(rule.head.relation).is_some_and(floret_ir::Relation::is_channel);
    let mut terms = rule.head.terms.iter().enumerate();
    !is_channel
        && rule.has_aggregate()
        && terms.all(|(number, term)| match term {
            HeadTerm::Aggregate { kind, .. } => is_merge(*kind, &column(rule.head.relation, number)),
            HeadTerm::Expr(_) | HeadTerm::Any => true,
        })
}

fn leave_to_the_merge(rule: &mut Rule) {
    for term in &mut rule.head.terms {
        let HeadTerm::Aggregate { kind, argument: Some(argument), .. } = term else { continue };
        let ty = argument.ty(&|var| rule.variables.get(*var).map_or(Type::Bool, |variable| variable.ty));
        let argument = argument.clone();
        *term = HeadTerm::Expr(match kind {
            AggregateKind::Collect => Expr::Call {
                function: Function::SetOf,
                args: vec![Expr::Construct { shape: Shape::List, parts: vec![argument], ty: Type::list(ty) }],
                types: vec![Type::list(ty)],
                result: Type::set(ty),
            },
            AggregateKind::Max
            | AggregateKind::Min
            | AggregateKind::Count
            | AggregateKind::CountDistinct
            | AggregateKind::Sum
            | AggregateKind::Avg
            | AggregateKind::ArgMin
            | AggregateKind::ArgMax
            | AggregateKind::Any => argument,
        });
    }
}

fn saturate(rule: &mut Rule, flow: &RuleFlow) {
    if flow.senses.iter().all(Sense::is_plain) {
        return;
    }
    let each = |expr: &mut Expr<VarId>| saturate_expr(expr, &flow.senses);
    for literal in &mut rule.body {
        match literal {
            Literal::Atom(_) | Literal::Negation(_) => {}
            Literal::Condition { expr: value, .. }
            | Literal::Let { value, .. }
            | Literal::Unnest { value, .. } => each(value),
        }
    }
    rule.head.place.iter_mut().for_each(each);
    for term in &mut rule.head.terms {
        match term {
            HeadTerm::Any => {}
            HeadTerm::Expr(value) => each(value),
            HeadTerm::Aggregate { argument, by, .. } => argument.iter_mut().chain(by).for_each(each),
        }
    }
}

fn saturate_expr(expr: &mut Expr<VarId>, senses: &IndexVec<VarId, Sense>) {
    if !is_of_lattices(expr, senses) {
        return;
    }
    match expr {
        Expr::Const(_) | Expr::Param { .. } | Expr::Var(_) | Expr::SelfAddress(_) => {}
        Expr::Unary { op: UnaryOp::Negate, operand: operand @ (Type::Int | Type::Duration), value } => {
            saturate_expr(value, senses);
            let zero = if *operand == Type::Int { Value::Int(0) } else { Value::Duration(0) };
            *expr = Expr::Binary {
                op: BinaryOp::SaturatingSubtract,
                operands: *operand,
                left: Box::new(Expr::Const(zero)),
                right: value.clone(),
            };
        }
        Expr::Member { index: value, .. } | Expr::Unary { value, .. } | Expr::Project { value, .. } => {
            saturate_expr(value, senses);
        }
        Expr::Binary { op, operands, left, right } => {
            saturate_expr(left, senses);
            saturate_expr(right, senses);
            if matches!(operands, Type::Int | Type::Duration | Type::Float) {
                *op = op.saturating();
            }
        }
        Expr::If { condition, then, otherwise } => {
            for part in [condition, then, otherwise] {
                saturate_expr(part, senses);
            }
        }
        Expr::Call { args, .. } | Expr::Construct { parts: args, .. } => {
            args.iter_mut().for_each(|arg| saturate_expr(arg, senses));
        }
    }
}
