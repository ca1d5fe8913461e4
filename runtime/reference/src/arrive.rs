//! What is at a node before its rules run: stored rows, waiting event rows, facts and arrivals.

use floret_ir::{
    Arrivals, EngineError, Fact, InputMode, InputRow, Relation, RelationId, RelationKind, Row, Value, VarId,
    evaluate, peer_rows,
};

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

/// Puts together what rules start from: P(t) with the facts, minus the host's deletes, plus what arrived.
pub(crate) fn arrive(
    context: &Context<'_>,
    state: &State,
    arrivals: &Arrivals,
    findings: &mut Findings,
) -> Result<Base, EngineError> {
    let mut base = Base { kept: state.stored.clone(), momentary: state.waiting.clone() };
    let mut new = Rows::new();
    if !state.started {
        for fact in &context.program().facts {
            if let Some(row) = fact_row(context, fact)? {
                new.entry(fact.relation).or_default().insert(row);
            }
        }
    }
    for InputRow { relation, row } in &arrivals.deletes {
        let declared = declared(context, *relation, |declared| {
            declared.input == Some(InputMode::Mutable)
                && (row.len() == declared.arity() || Some(row.len()) == declared.key)
        })?;
        let gone = row.get(..declared.key.unwrap_or(row.len())).unwrap_or(row);
        for rows in [&mut base.kept, &mut new] {
            if let Some(rows) = rows.get_mut(relation) {
                rows.retain(|row| !row.starts_with(gone));
            }
        }
    }
    for InputRow { relation, row } in &arrivals.inputs {
        declared(context, *relation, |to| to.input.is_some() && to.arity() == row.len())?;
        new.entry(*relation).or_default().insert(row.clone());
    }
    for message in &arrivals.messages {
        let fits = |to: &Relation| to.is_channel() && to.sent_arity() == message.row.len();
        let channel = declared(context, message.relation, fits)?;
        let sender = channel.sender.then_some(Value::Address(message.sender));
        let row = message.row.iter().cloned().chain(sender).collect();
        new.entry(message.relation).or_default().insert(row);
    }
    for timer in &arrivals.timers {
        declared(context, *timer, |to| matches!(to.kind, RelationKind::Timer { .. }))?;
        new.entry(*timer).or_default().insert(vec![Value::Time(arrivals.now)]);
    }
    for (event, rows) in peer_rows(context.program(), context.site.me.role, &arrivals.peers) {
        new.entry(event).or_default().extend(rows);
    }
    for (relation, rows) in new {
        let declared = &context.program().relations[relation];
        if declared.is_table() {
            let stored = base.kept.remove(&relation).unwrap_or_default();
            let settled = settle(declared, stored, rows);
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

/// The relation, or a refusal of what the program has no place for at this node. (Hosts check before; this keeps a
/// mistake of theirs from turning into wrong content.)
fn declared<'p>(
    context: &Context<'p>,
    relation: RelationId,
    takes: impl Fn(&Relation) -> bool,
) -> Result<&'p Relation, EngineError> {
    let here = |declared: &&Relation| declared.role == context.site.me.role && takes(declared);
    context.program().relations.get(relation).filter(here).ok_or_else(|| {
        EngineError::Failed(format!("something arrived that relation {} of this node can't take", relation.0))
    })
}
