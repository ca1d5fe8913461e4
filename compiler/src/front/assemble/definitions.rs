//! Bodies of constants, functions and merges, checked once, over their parameters' numbers.

use std::collections::HashMap;
use std::sync::Arc;

use floret_ir::{Diagnostics, Expr, IndexVec, Param, Site, UserLattice, VarId, evaluate};

use super::Context;
use super::expr::{Builder, Typed};
use crate::front::findings::{NoConstant, PartialMerge};
use crate::front::resolved::{ColumnType, DefId, DefKind, Resolved};
use crate::front::types::Types;

/// What is defined; what is missing got a diagnostic.
pub(super) type Bodies = HashMap<DefId, Typed>;

/// Builds all definitions, each after those it uses.
pub(super) fn build(resolved: &Resolved, types: &Types, sink: &mut Diagnostics) -> Bodies {
    let mut bodies = Bodies::new();
    for &id in &resolved.def_order {
        let def = &resolved.defs[id];
        let params: IndexVec<VarId, _> = def
            .types
            .iter()
            .map(|ty| match ty {
                ColumnType::Declared(ty, _) => Some(*ty),
                ColumnType::Inferred | ColumnType::Sender | ColumnType::Unknown => None,
            })
            .collect();
        let context = Context { resolved, types, bodies: &bodies };
        let mut builder = Builder::new(&context, &params, None, sink);
        builder.parameters(&def.params);
        let Some(body) = builder.typed(&def.body) else { continue };
        if def.kind == DefKind::Constant
            && !asks_deployment(&body.expr)
            && let Err(why) = evaluate(&body.expr, &|_: &VarId| None, &Site::nowhere())
        {
            sink.push(NoConstant { name: def.name.clone(), span: def.body.span, why });
        }
        bodies.insert(id, body);
    }
    bodies
}

fn asks_deployment(expr: &Expr<VarId>) -> bool {
    crate::front::facts::depends_on_node(expr)
}

/// The declared lattices.
pub(super) fn lattices(
    resolved: &Resolved,
    bodies: &Bodies,
    sink: &mut Diagnostics,
) -> Option<Vec<Arc<UserLattice>>> {
    let mut lattices = Vec::new();
    for lattice in &resolved.lattices {
        let id = lattice.merge?;
        let merge = bodies.get(&id)?;
        if merge.expr.is_fallible() {
            sink.push(PartialMerge { name: lattice.name.clone(), span: resolved.defs[id].body.span });
        }
        lattices.push(Arc::new(UserLattice {
            name: lattice.name.clone(),
            over: lattice.over?,
            merge: merge.expr.map_vars(&mut |var| Expr::Var(var.0 as usize)),
            span: lattice.span,
        }));
    }
    Some(lattices)
}

/// The deployment's parameters with their defaults.
pub(super) fn params(resolved: &Resolved, bodies: &Bodies, sink: &mut Diagnostics) -> Option<Vec<Param>> {
    let mut params = Vec::new();
    for param in &resolved.params {
        let ColumnType::Declared(ty, _) = param.ty else { return None };
        let mut default = None;
        if let Some(id) = param.default {
            match evaluate(&bodies.get(&id)?.expr, &|_: &VarId| None, &Site::nowhere()) {
                Ok(value) => default = Some(value),
                Err(why) => {
                    let span = resolved.defs[id].body.span;
                    sink.push(NoConstant { name: param.name.clone(), span, why });
                }
            }
        }
        params.push(Param { name: param.name.clone(), ty, default, span: param.span });
    }
    Some(params)
}
