//! What relations hold while a tick is worked out, with an index for each set of columns that a body looks up.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Arrivals, AtomSource, Column, RelationId, Row, Site, Value};

use crate::state::Rows;
use crate::stop::Stop;

/// The content of everything atoms can read at one node.
#[derive(Default)]
pub(crate) struct Content(BTreeMap<AtomSource, Indexed>, Stop);

#[derive(Default)]
struct Indexed {
    rows: BTreeSet<Row>,
    /// For some columns: the rows by their values in those columns.
    indexes: BTreeMap<Vec<Column>, BTreeMap<Row, Vec<Row>>>,
}

/// The row's values in these columns. (Rows have their relation's arity: arrivals are checked.)
fn project(row: &Row, columns: &[Column]) -> Row {
    columns.iter().filter_map(|column| row.get(*column).cloned()).collect()
}

impl Content {
    /// No rows but the members of all roles, and the tick's clock and seed.
    pub(crate) fn new(site: &Site, arrivals: &Arrivals) -> Self {
        let mut content = Content::default();
        for node in site.deployment.nodes() {
            content.add(AtomSource::Members(node.role), vec![Value::Address(node)]);
        }
        let clock = vec![Value::Time(arrivals.now), Value::Int(arrivals.seed as i64)];
        content.add(AtomSource::Clock, clock);
        content
    }

    /// What is worked out over it ends when `stop` is set.
    pub(crate) fn until(mut self, stop: &Stop) -> Self {
        self.1 = stop.clone();
        self
    }

    /// Whether to give up: what is found from now on is of no use.
    pub(crate) fn is_stopped(&self) -> bool {
        self.1.is_set()
    }

    /// The rows of a relation.
    pub(crate) fn rows(&self, relation: RelationId) -> &BTreeSet<Row> {
        static NONE: BTreeSet<Row> = BTreeSet::new();
        self.0.get(&AtomSource::Relation(relation)).map_or(&NONE, |indexed| &indexed.rows)
    }

    /// Adds rows to a relation.
    pub(crate) fn insert(&mut self, relation: RelationId, rows: impl IntoIterator<Item = Row>) {
        for row in rows {
            self.add(AtomSource::Relation(relation), row);
        }
    }

    /// Takes a row out of a relation.
    pub(crate) fn remove(&mut self, relation: RelationId, row: &Row) {
        if let Some(indexed) = self.0.get_mut(&AtomSource::Relation(relation)) {
            indexed.rows.remove(row);
            for (columns, index) in &mut indexed.indexes {
                if let Some(rows) = index.get_mut(&project(row, columns)) {
                    rows.retain(|known| known != row);
                }
            }
        }
    }

    fn add(&mut self, source: AtomSource, row: Row) {
        let indexed = self.0.entry(source).or_default();
        if indexed.rows.insert(row.clone()) {
            for (columns, index) in &mut indexed.indexes {
                index.entry(project(&row, columns)).or_default().push(row.clone());
            }
        }
    }

    /// Makes sure that [`Content::matching`] can look rows up by these columns.
    pub(crate) fn index(&mut self, source: AtomSource, columns: &[Column]) {
        let Indexed { rows, indexes } = self.0.entry(source).or_default();
        if columns.is_empty() || indexes.contains_key(columns) {
            return;
        }
        let mut index: BTreeMap<Row, Vec<Row>> = BTreeMap::new();
        for row in rows.iter() {
            index.entry(project(row, columns)).or_default().push(row.clone());
        }
        indexes.insert(columns.to_vec(), index);
    }

    /// The rows with these values in these columns, which [`Content::index`] was called for.
    pub(crate) fn matching<'c>(
        &'c self,
        source: AtomSource,
        columns: &[Column],
        values: &Row,
    ) -> Box<dyn Iterator<Item = &'c Row> + 'c> {
        let Some(indexed) = self.0.get(&source) else { return Box::new(std::iter::empty()) };
        if columns.is_empty() {
            return Box::new(indexed.rows.iter());
        }
        let index = indexed.indexes.get(columns);
        debug_assert!(index.is_some(), "matching() needs index()");
        Box::new(index.and_then(|index| index.get(values)).into_iter().flatten())
    }

    /// The rows alone; empty relations are absent.
    pub(crate) fn into_rows(self) -> Rows {
        self.0
            .into_iter()
            .filter_map(|(source, indexed)| match source {
                AtomSource::Relation(relation) => Some((relation, indexed.rows)),
                AtomSource::Members(_) | AtomSource::Clock => None,
            })
            .filter(|(_, rows)| !rows.is_empty())
            .collect()
    }
}
