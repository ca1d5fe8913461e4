//! What is at a node before its rules run: stored rows, waiting event rows, facts and arrivals.

use floret_ir::{Arrivals, EngineError, Fact, RelationId, RelationKind, Row, Value, VarId, evaluate};

use crate::findings::Findings;
use crate::keys::settle;
use crate::state::{Rows, State};
use crate::tick::Context;

/// The rows before any rule runs.
pub(crate) struct Base {
    /// Tables: at most one row per key, none of which a derived row can displace.
    pub(crate) kept: Rows,
    /// Events and channels: rows that compete with derived ones for their key.
    pub(crate) momentary: Rows,
}

/// Puts together what rules start from.
pub(crate) fn arrive(
    context: &Context<'_>,
    state: &State,
    arrivals: &Arrivals,
    findings: &mut Findings,
) -> Result<Base, EngineError> {
    let mut new = Rows::new();
    if !state.started {
        for fact in &context.program().facts {
            if let Some(row) = fact_row(context, fact)? {
                new.entry(fact.relation).or_default().insert(row);
            }
        }
    }
    for input in &arrivals.inputs {
        check_arrival(context, input.relation, &input.row, false)?;
        new.entry(input.relation).or_default().insert(input.row.clone());
    }
    for message in &arrivals.messages {
        check_arrival(context, message.relation, &message.row, true)?;
        new.entry(message.relation).or_default().insert(message.row.clone());
    }
    let mut base = Base { kept: state.stored.clone(), momentary: state.waiting.clone() };
    for (relation, rows) in new {
        let declared = &context.program().relations[relation];
        if declared.is_table() {
            let stored = base.kept.remove(&relation).unwrap_or_default();
            let settled = settle(declared.resolved_key(), stored, rows);
            findings.lost_now(relation, settled.lost);
            base.kept.insert(relation, settled.rows);
        } else {
            base.momentary.entry(relation).or_default().extend(rows);
        }
    }
    Ok(base)
}

/// The row of a fact, if it is for this node.
fn fact_row(context: &Context<'_>, fact: &Fact) -> Result<Option<Row>, EngineError> {
    let relation = &context.program().relations[fact.relation];
    let value = |expr| {
        evaluate(expr, &|_: &VarId| None, context.site).map_err(|why| {
            EngineError::Failed(format!("a fact for `{}` has no value here: {why}", relation.name))
        })
    };
    let here = match &fact.place {
        None => relation.role == context.site.me.role,
        Some(place) => value(place)? == Value::Address(context.site.me),
    };
    if !here {
        return Ok(None);
    }
    fact.values.iter().map(value).collect::<Result<Row, _>>().map(Some)
}

/// Refuses rows that the program has no place for at this node. (Hosts check before; this keeps a mistake of theirs
/// from turning into wrong content.)
fn check_arrival(
    context: &Context<'_>,
    relation: RelationId,
    row: &Row,
    message: bool,
) -> Result<(), EngineError> {
    let fits = context.program().relations.get(relation).is_some_and(|declared| {
        let takes = match declared.kind {
            RelationKind::Channel { .. } => message,
            RelationKind::Table | RelationKind::Event => !message && declared.input.is_some(),
            RelationKind::View => false,
        };
        takes && declared.role == context.site.me.role && declared.arity() == row.len()
    });
    if fits {
        Ok(())
    } else {
        Err(EngineError::Failed(format!(
            "a row arrived that relation {} of this node can't take",
            relation.0
        )))
    }
}
