//! Whether channels kept their promises in a run: a checker of histories that knows nothing of sessions and numbers.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Address, Program, Promise, RelationId, RelationKind, Row, print};

use super::chronicle::Chronicle;

/// A sender, a receiver and a channel between them.
type Lane = (Address, Address, RelationId);
/// A tick's rows on a lane.
type Batch = BTreeSet<Row>;

/// Looks at what committed ticks sent and took. Of a reliable or ordered channel no row is taken more often than it was sent
/// (by one life of a receiver without a disk), of an ordered one the rows of a tick are taken together and in their order; of a
/// lossy one only what was sent is taken. With `complete`, where nothing can have been lost, everything that was sent is
/// taken.
///
/// # Errors
/// The first broken promise, in words.
pub fn check_promises(chronicle: &Chronicle, program: &Program, complete: bool) -> Result<(), String> {
    let mut sent: BTreeMap<Lane, Vec<Batch>> = BTreeMap::new();
    let mut taken: BTreeMap<(Lane, u64), Vec<Vec<Row>>> = BTreeMap::new();
    let mut lives: BTreeMap<Address, u64> = BTreeMap::new();
    for (at, record) in chronicle.records.iter().enumerate() {
        let durable = program.roles.get(record.node.role).is_some_and(|role| role.durable);
        let life = lives.entry(record.node).or_insert(0);
        if record.tick == 1 && !durable {
            *life += 1;
        }
        if !chronicle.committed.contains(&at) {
            continue;
        }
        let mut batches: BTreeMap<Lane, Batch> = BTreeMap::new();
        for send in &record.effects.sends {
            let lane = (record.node, send.to, send.relation);
            batches.entry(lane).or_default().insert(send.row.clone());
        }
        for (lane, batch) in batches {
            sent.entry(lane).or_default().push(batch);
        }
        let mut came: BTreeMap<Lane, Vec<Row>> = BTreeMap::new();
        for message in &record.arrivals.messages {
            let lane = (message.sender, record.node, message.relation);
            came.entry(lane).or_default().push(message.row.clone());
        }
        for (lane, rows) in came {
            taken.entry((lane, *life)).or_default().push(rows);
        }
    }
    let nothing = Vec::new();
    for ((lane, life), came) in &taken {
        let batches = sent.get(lane).unwrap_or(&nothing);
        check(batches, came, promise(program, lane.2))
            .map_err(|why| format!("{}, life {life} of the receiver: {why}", lane_text(*lane, program)))?;
    }
    if complete {
        for (lane, batches) in &sent {
            let arrived = taken.iter().filter(|((of, _), _)| of == lane).flat_map(|(_, came)| came);
            let arrived: usize = arrived.map(Vec::len).sum();
            let all: usize = batches.iter().map(Batch::len).sum();
            if promise(program, lane.2) != Promise::Lossy && arrived != all {
                let lane = lane_text(*lane, program);
                return Err(format!("{lane}: {all} rows were sent and {arrived} taken"));
            }
        }
    }
    Ok(())
}

fn promise(program: &Program, relation: RelationId) -> Promise {
    match program.relations.get(relation).map(|relation| relation.kind) {
        Some(RelationKind::Channel { promise, .. }) => promise,
        Some(RelationKind::Table | RelationKind::View | RelationKind::Event | RelationKind::Timer { .. })
        | None => Promise::Reliable,
    }
}

fn lane_text((from, to, channel): Lane, program: &Program) -> String {
    let name = program.relations.get(channel).map_or("?", |channel| channel.name.as_str());
    format!("{name} from {} to {}", print::address(from, program), print::address(to, program))
}

fn check(sent: &[Batch], taken: &[Vec<Row>], promise: Promise) -> Result<(), String> {
    if promise == Promise::Ordered {
        let mut left = sent.iter();
        for (nth, rows) in taken.iter().enumerate() {
            let batch: Batch = rows.iter().cloned().collect();
            if batch.len() != rows.len() || !left.any(|sent| *sent == batch) {
                return Err(format!(
                    "what came in batch {nth} is not the next batch that was sent: {rows:?}"
                ));
            }
        }
        return Ok(());
    }
    let mut counts: BTreeMap<&Row, (usize, usize)> = BTreeMap::new();
    for row in sent.iter().flatten() {
        counts.entry(row).or_default().0 += 1;
    }
    for row in taken.iter().flatten() {
        counts.entry(row).or_default().1 += 1;
    }
    match counts.iter().find(|(_, (sent, taken))| taken > sent) {
        Some((row, (sent, taken))) => {
            Err(format!("a row was sent {sent} times and taken {taken} times: {row:?}"))
        }
        None => Ok(()),
    }
}
