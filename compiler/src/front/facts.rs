//! Facts whose values can't be computed.

use floret_ir::{Address, Deployment, Diagnostics, Expr, Program, Site, VarId, evaluate};

use super::findings::FactWithoutValue;

/// Refuses facts with an expression that has no value, as `1 / 0`.
pub(super) fn check(program: &Program, sink: &mut Diagnostics) {
    for fact in &program.facts {
        let relation = &program.relations[fact.relation];
        let deployment = Deployment::new(program.roles.iter().map(|_| 1).collect());
        let site = Site { me: Address { role: relation.role, index: 0 }, deployment };
        for (value, column) in fact.values.iter().zip(&relation.columns) {
            if let Err(why) = evaluate(value, &|_: &VarId| None, &site)
                && !depends_on_node(value)
            {
                sink.push(FactWithoutValue { span: fact.span, column: column.name.clone(), why });
            }
        }
    }
}

pub(super) fn depends_on_node(value: &Expr<VarId>) -> bool {
    match value {
        Expr::SelfAddress(_) | Expr::Member { .. } | Expr::Param { .. } => true,
        Expr::Const(_) | Expr::Var(_) => false,
        Expr::Unary { value, .. } | Expr::Project { value, .. } => depends_on_node(value),
        Expr::Binary { left, right, .. } => depends_on_node(left) || depends_on_node(right),
        Expr::If { condition, then, otherwise } => {
            depends_on_node(condition) || depends_on_node(then) || depends_on_node(otherwise)
        }
        Expr::Call { args, .. } | Expr::Construct { parts: args, .. } => args.iter().any(depends_on_node),
    }
}
