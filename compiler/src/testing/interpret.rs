//! What plan.rs says that operators hold, spelled out over rows in memory.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::plan::{AggregateColumn, Mapping, Operator, Plan, Step};
use floret_ir::{
    AggregateKind, Column, Expr, IndexVec, Lattice, NoValue, NodeId, RelationId, Row, Site, Value, evaluate,
};

/// Rows with their multiplicities.
pub(crate) type Bag = BTreeMap<Row, u64>;
/// The content of every operator.
pub(crate) type Contents = IndexVec<NodeId, Bag>;
/// What the engine puts into each relation.
pub(crate) type Sources = BTreeMap<RelationId, BTreeSet<Row>>;
/// The tick's time and seed.
pub(crate) type Clock = (i64, i64);

/// The content of every operator, given that of the sources. `None` if a loop doesn't come to rest.
pub(crate) fn interpret(plan: &Plan, site: &Site, sources: &Sources, clock: Clock) -> Option<Contents> {
    let given = &Given { plan, site, sources, clock };
    let mut contents: Contents = plan.nodes.iter().map(|_| Bag::new()).collect();
    for step in &plan.steps {
        match step {
            Step::Operator(node) => contents[*node] = content(given, &contents, *node),
            Step::Loop(looped) => {
                let mut rounds = 0;
                loop {
                    for &item in &looped.items {
                        contents[item] = content(given, &contents, item);
                    }
                    let mut changed = false;
                    for variable in &looped.variables {
                        changed |= contents[variable.variable] != contents[variable.feedback];
                        contents[variable.variable] = contents[variable.feedback].clone();
                    }
                    if !changed {
                        break;
                    }
                    rounds += 1;
                    if rounds > 200 {
                        return None;
                    }
                }
                for &export in &looped.exports {
                    contents[export] = content(given, &contents, export);
                }
            }
        }
    }
    Some(contents)
}

fn set(rows: impl IntoIterator<Item = Row>) -> Bag {
    rows.into_iter().map(|row| (row, 1)).collect()
}

struct Given<'a> {
    plan: &'a Plan,
    site: &'a Site,
    sources: &'a Sources,
    clock: Clock,
}

fn content(given: &Given, contents: &Contents, node: NodeId) -> Bag {
    let Given { plan, site, sources, clock: (now, seed) } = *given;
    let mut out = Bag::new();
    // Saturating: the plans of damaged artifacts may go round and round.
    let mut add = |row: Row, count: u64| {
        let known: &mut u64 = out.entry(row).or_default();
        *known = known.saturating_add(count);
    };
    match &plan.nodes[node].operator {
        Operator::Source { relation } => return set(sources.get(relation).into_iter().flatten().cloned()),
        Operator::Members { role } => {
            return set(site.deployment.members(*role).map(|address| vec![Value::Address(address)]));
        }
        Operator::Clock => return set([vec![Value::Time(now), Value::Int(seed)]]),
        Operator::Unit => return set([Vec::new()]),
        Operator::Unnest { input, value } => {
            for (row, count) in &contents[*input] {
                let found = evaluate(value, &|column: &Column| row.get(*column), site);
                for element in found.iter().flat_map(elements) {
                    add(row.iter().cloned().chain([element]).collect(), *count);
                }
            }
        }
        Operator::Map { input, mapping } => {
            for (row, count) in &contents[*input] {
                if let Outcome::Row(row) = map(mapping, row, site) {
                    add(row, *count);
                }
            }
        }
        Operator::Errors { input, mapping } => {
            for (row, count) in &contents[*input] {
                if let Outcome::Error = map(mapping, row, site) {
                    add(row.clone(), *count);
                }
            }
        }
        Operator::Join { left, right, on, mapping } => {
            for (l, left_count) in &contents[*left] {
                for (r, right_count) in &contents[*right] {
                    if on.iter().all(|(i, j)| l[*i] == r[*j])
                        && let Outcome::Row(row) = map(mapping, &[l.as_slice(), r].concat(), site)
                    {
                        add(row, left_count.saturating_mul(*right_count));
                    }
                }
            }
        }
        Operator::Antijoin { left, right, on } => {
            for (l, count) in &contents[*left] {
                if !contents[*right].keys().any(|r| on.iter().all(|(i, j)| l[*i] == r[*j])) {
                    add(l.clone(), *count);
                }
            }
        }
        Operator::Aggregate { input, group, aggregates } => {
            for (group, columns) in groups(&contents[*input], *group, aggregates, site) {
                if let Some(columns) = columns {
                    add([group, columns].concat(), 1);
                }
            }
        }
        Operator::Overflow { aggregate } => {
            let Operator::Aggregate { input, group, aggregates } = &plan.nodes[*aggregate].operator else {
                panic!("an overflow of something else");
            };
            for (group, columns) in groups(&contents[*input], *group, aggregates, site) {
                if columns.is_none() {
                    add(group, 1);
                }
            }
        }
        Operator::Union { inputs } => {
            for (row, count) in inputs.iter().flat_map(|input| &contents[*input]) {
                add(row.clone(), *count);
            }
        }
        Operator::Distinct { input } => return set(contents[*input].keys().cloned()),
        Operator::Resolve { .. } => return set(resolve(plan, contents, node).into_values()),
        Operator::Losers { resolve: of } => {
            let Operator::Resolve { derived, key, merges, .. } = &plan.nodes[*of].operator else {
                panic!("losers of something else");
            };
            let chosen = resolve(plan, contents, *of);
            let lost = contents[*derived].keys().filter(|row| {
                let (key, values) = row.split_at(*key);
                plain(merges, values) != plain(merges, &chosen[key][key.len()..])
            });
            return set(lost.cloned());
        }
        Operator::Variable { .. } => panic!("a variable is no item"),
        Operator::Leave { inner } => return contents[*inner].clone(),
    }
    out
}

/// The value columns that don't merge.
fn plain<'v>(merges: &[Option<Lattice>], values: &'v [Value]) -> Vec<&'v Value> {
    values.iter().zip(merges).filter(|(_, merge)| merge.is_none()).map(|(value, _)| value).collect()
}

fn resolve(plan: &Plan, contents: &Contents, node: NodeId) -> BTreeMap<Row, Row> {
    let Operator::Resolve { base, derived, key, merges } = &plan.nodes[node].operator else {
        panic!("not a resolve");
    };
    let mut rows: Vec<&Row> = contents[*derived].keys().collect();
    rows.sort_by_key(|row| plain(merges, &row[*key..]));
    let mut chosen: BTreeMap<Row, Row> = BTreeMap::new();
    for row in base.iter().flat_map(|base| contents[*base].keys()).chain(rows) {
        let (key, values) = row.split_at(*key);
        let held = chosen.entry(key.to_vec()).or_insert_with(|| row.clone());
        if plain(merges, values) == plain(merges, &held[key.len()..]) {
            for (held, (value, merge)) in held[key.len()..].iter_mut().zip(values.iter().zip(merges)) {
                if let Some(lattice) = merge {
                    *held = lattice.merge(held, value).unwrap();
                }
            }
        }
    }
    chosen
}

/// What `x in value` ranges over.
fn elements(value: &Value) -> BTreeSet<Value> {
    match value {
        Value::List(elements) | Value::Set(elements) | Value::Variant(_, elements) => {
            elements.iter().cloned().collect()
        }
        Value::Map(pairs) => {
            pairs.iter().map(|(key, value)| Value::tuple([key.clone(), value.clone()])).collect()
        }
        other => panic!("{other:?} has no elements"),
    }
}

enum Outcome {
    Row(Row),
    False,
    Error,
}

fn map(mapping: &Mapping, row: &[Value], site: &Site) -> Outcome {
    let mut values: Vec<Option<Value>> = row.iter().cloned().map(Some).collect();
    let mut error = false;
    let mut value = |values: &[Option<Value>], scalar: &Expr<Column>| {
        let result = evaluate(scalar, &|column: &Column| values[*column].as_ref(), site);
        assert_ne!(result, Err(NoValue::Mistyped), "{scalar:?} over {values:?}");
        error |= result.is_err();
        result.ok()
    };
    for scalar in &mapping.lets {
        let next = value(&values, scalar);
        values.push(next);
    }
    let conditions: Vec<_> = mapping.conditions.iter().map(|scalar| value(&values, scalar)).collect();
    let columns: Vec<_> = mapping.columns.iter().map(|scalar| value(&values, scalar)).collect();
    if conditions.contains(&Some(Value::Bool(false))) {
        return Outcome::False;
    }
    match columns.into_iter().collect() {
        Some(row) if !error => Outcome::Row(row),
        Some(_) | None => Outcome::Error,
    }
}

/// The aggregates of each group; `None` where one doesn't fit.
fn groups(
    input: &Bag,
    group: usize,
    aggregates: &[AggregateColumn],
    site: &Site,
) -> BTreeMap<Row, Option<Row>> {
    let mut groups: BTreeMap<Row, Vec<(Row, u64)>> = BTreeMap::new();
    for (row, count) in input {
        groups.entry(row[..group].to_vec()).or_default().push((row.clone(), *count));
    }
    let of_group = |(key, rows): (Row, Vec<(Row, u64)>)| {
        let columns = aggregates.iter().map(|column| aggregate(column, &rows, site)).collect();
        (key, columns)
    };
    groups.into_iter().map(of_group).collect()
}

fn aggregate(column: &AggregateColumn, rows: &[(Row, u64)], site: &Site) -> Option<Value> {
    let mut values: Vec<Value> = Vec::new();
    for (row, count) in rows {
        for _ in 0..*count {
            values.push(column.column.map_or(Value::Int(0), |column| row[column].clone()));
        }
    }
    values.sort();
    match column.kind {
        AggregateKind::Count => Some(Value::Int(values.len() as i64)),
        AggregateKind::CountDistinct => Some(Value::Int(values.iter().collect::<BTreeSet<_>>().len() as i64)),
        AggregateKind::Min => values.first().cloned(),
        AggregateKind::Max => values.last().cloned(),
        AggregateKind::Avg => {
            let sum: f64 = values
                .iter()
                .map(|value| match value {
                    Value::Int(i) => *i as f64,
                    Value::Float(f) => f.get(),
                    other => panic!("the mean of {other:?}"),
                })
                .sum();
            Some(Value::float(sum / values.len() as f64))
        }
        AggregateKind::ArgMin | AggregateKind::ArgMax => {
            let (x, by) = (column.column?, column.by?);
            let found = rows.iter().map(|(row, _)| &row[by]);
            let best = if column.kind == AggregateKind::ArgMin { found.min() } else { found.max() };
            rows.iter().filter(|(row, _)| Some(&row[by]) == best).map(|(row, _)| row[x].clone()).min()
        }
        AggregateKind::Collect => Some(Value::set(values)),
        AggregateKind::Any => {
            let seed = site.deployment.seed;
            values.into_iter().min_by_key(|value| floret_ir::hash::seeded_hash(seed, value))
        }
        AggregateKind::Sum => match &values[0] {
            Value::Float(_) => {
                let sum = values.iter().map(|v| if let Value::Float(f) = v { f.get() } else { 0.0 }).sum();
                Some(Value::float(sum))
            }
            _ => {
                let sum: i128 =
                    values.iter().map(|v| if let Value::Int(i) = v { i128::from(*i) } else { 0 }).sum();
                i64::try_from(sum).ok().map(Value::Int)
            }
        },
    }
}
