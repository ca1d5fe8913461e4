//! Inputs on their way to the coordinator: read in a thread of their own, since reading may block.

use floret_ir::{Address, InputRow, Program, RelationId};
use tokio::sync::mpsc;

/// Rows of tables are read in pieces of this many.
pub(crate) const TABLE_PIECE: usize = 8192;

/// A piece of the inputs.
#[derive(Debug)]
pub(crate) enum Feed<E> {
    /// Rows, all of tables or all of events.
    Rows { tables: bool, rows: Vec<(Address, InputRow)> },
    /// A table's row came after rows of events.
    LateTable(RelationId),
    /// Reading failed.
    Failed(E),
    /// There are no more.
    End,
}

/// Starts reading. The thread ends with the inputs or the receiver; one that is blocked in reading is left behind.
pub(crate) fn start<I, E>(
    program: &Program,
    inputs: I,
    batch: usize,
) -> std::io::Result<mpsc::Receiver<Feed<E>>>
where
    I: Iterator<Item = Result<(Address, InputRow), E>> + Send + 'static,
    E: Send + 'static,
{
    let tables: Vec<bool> = program.relations.iter().map(|relation| relation.is_table()).collect();
    let is_table = move |id: RelationId| tables.get(id.0 as usize).copied().unwrap_or(false);
    let (sender, receiver) = mpsc::channel(1);
    std::thread::Builder::new().name("inputs".into()).spawn(move || {
        pieces(inputs, is_table, batch.max(1), |feed| sender.blocking_send(feed).is_ok());
    })?;
    Ok(receiver)
}

/// Cuts inputs into pieces, until they end or `give` doesn't want more.
fn pieces<E>(
    inputs: impl Iterator<Item = Result<(Address, InputRow), E>>,
    is_table: impl Fn(RelationId) -> bool,
    batch: usize,
    mut give: impl FnMut(Feed<E>) -> bool,
) {
    let (mut tables, mut rows) = (true, Vec::new());
    for input in inputs {
        let (node, row) = match input {
            Ok(input) => input,
            Err(error) => {
                give(Feed::Failed(error));
                return;
            }
        };
        let table = is_table(row.relation);
        if table && !tables {
            give(Feed::LateTable(row.relation));
            return;
        }
        if tables != table {
            if !rows.is_empty() && !give(Feed::Rows { tables, rows: std::mem::take(&mut rows) }) {
                return;
            }
            tables = table;
        }
        rows.push((node, row));
        let full = if tables { TABLE_PIECE } else { batch };
        if rows.len() >= full && !give(Feed::Rows { tables, rows: std::mem::take(&mut rows) }) {
            return;
        }
    }
    if rows.is_empty() || give(Feed::Rows { tables, rows }) {
        give(Feed::End);
    }
}

#[cfg(test)]
mod tests {
    use floret_ir::RoleId;

    use super::*;

    const TABLE: RelationId = RelationId(0);
    const EVENT: RelationId = RelationId(1);

    fn check(inputs: &[Result<RelationId, &'static str>], batch: usize) -> Vec<String> {
        let node = Address { role: RoleId(0), index: 0 };
        let inputs =
            inputs.iter().map(|input| input.map(|relation| (node, InputRow { relation, row: vec![] })));
        let mut given = Vec::new();
        pieces(
            inputs,
            |id| id == TABLE,
            batch,
            |feed| {
                given.push(match feed {
                    Feed::Rows { tables, rows } => {
                        format!("{} {}", rows.len(), if tables { "tables" } else { "events" })
                    }
                    Feed::LateTable(id) => format!("late {}", id.0),
                    Feed::Failed(why) => why.to_owned(),
                    Feed::End => "end".to_owned(),
                });
                true
            },
        );
        given
    }

    #[test]
    fn tables_come_first_and_events_in_batches() {
        let (t, e) = (Ok(TABLE), Ok(EVENT));
        assert_eq!(check(&[t, t, e, e, e], 2), ["2 tables", "2 events", "1 events", "end"]);
        assert_eq!(check(&[e, e], 2), ["2 events", "end"]);
        assert_eq!(check(&[], 2), ["end"]);
        assert_eq!(check(&[t, e, t], 1), ["1 tables", "1 events", "late 0"]);
        assert_eq!(check(&[t, Err("line 2"), t], 1), ["line 2"]);
    }
}
