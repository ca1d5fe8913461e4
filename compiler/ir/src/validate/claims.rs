//! The invariants of an artifact.

use crate::{Claims, InputMode, Program, RelationKind, Sources, Type};

use super::{Check, check_span, ensure, present, program};

pub(super) fn check(claims: &Claims, about: &Program, sources: &Sources) -> Check {
    let Some(role) = claims.role() else {
        return ensure(*claims == Claims::default(), "there are invariants without a program");
    };
    program::check(&claims.stratified.program, sources).map_err(|invalid| invalid.within("invariants"))?;
    program::check_strata(&claims.stratified).map_err(|invalid| invalid.within("invariants"))?;
    let own = &claims.stratified.program;
    ensure(own.roles.len() == about.roles.len() + 1, "the invariants are of other roles")?;
    ensure(own.params.len() == about.params.len(), "the invariants have other parameters")?;
    ensure(own.relations.iter().all(|relation| relation.role == role), "invariants are at other nodes")?;
    for read in &claims.reads {
        let of =
            present(about.relations.get(read.of), "an invariant reads a collection that does not exist")?;
        let table = present(own.relations.get(read.table), "an invariant's table does not exist")?;
        let columns: Vec<Type> = of.types().take(of.sent_arity()).chain([Type::Address(of.role)]).collect();
        let fits = table.kind == RelationKind::Table
            && table.input == Some(InputMode::Static)
            && table.key.is_none()
            && table.types().eq(columns)
            && read.momentary == of.is_momentary();
        ensure(fits, "an invariant's table has other columns")?;
    }
    for invariant in &claims.invariants {
        check_span(invariant.span, sources)?;
        present(own.relations.get(invariant.view), "an invariant's view does not exist")?;
    }
    Ok(())
}
