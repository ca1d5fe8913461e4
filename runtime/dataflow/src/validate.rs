//! Checks a plan before anything of it is rendered, so that rendering and running need no further doubt: plans come
//! from artifacts, which can be anything.

use std::collections::BTreeSet;

use floret_ir::plan::{Loop, Mapping, Operator, Plan, Sink, Step};
use floret_ir::{Column, EngineError, Expr, NodeId, Program, RelationId, RoleId, Scalar, Site};

use crate::row::MAX_COLUMNS;

type Checked<T = ()> = Result<T, String>;

/// Refuses plans that can't be rendered.
pub(crate) fn validate(program: &Program, plan: &Plan, site: &Site) -> Result<(), EngineError> {
    let mut check = Check { program, plan, site, known: BTreeSet::new() };
    check.plan().map_err(|why| EngineError::Failed(format!("the plan can't be run: {why}")))
}

struct Check<'a> {
    program: &'a Program,
    plan: &'a Plan,
    site: &'a Site,
    /// The operators rendered so far.
    known: BTreeSet<NodeId>,
}

impl Check<'_> {
    fn plan(&mut self) -> Checked {
        if self.site.deployment.counts.get(self.site.me.role).is_none() {
            return Err("this node's role is not deployed".into());
        }
        for step in &self.plan.steps {
            match step {
                Step::Operator(node) => self.operator(*node)?,
                Step::Loop(recursion) => self.recursion(recursion)?,
            }
        }
        self.plan.sinks.iter().try_for_each(|sink| self.sink(sink))
    }

    fn recursion(&mut self, recursion: &Loop) -> Checked {
        for variable in &recursion.variables {
            self.relation(variable.relation)?;
            self.columns(variable.variable)?;
            let Some(Operator::Variable { .. }) = self.plan.nodes.get(variable.variable).map(|n| &n.operator)
            else {
                return Err(format!("operator {} is no variable", variable.variable.0));
            };
            self.add(variable.variable)?;
        }
        recursion.items.iter().try_for_each(|node| self.operator(*node))?;
        for variable in &recursion.variables {
            let feedback = self.read(variable.feedback)?;
            same(feedback, self.columns(variable.variable)?, "a variable and its feedback")?;
        }
        for export in &recursion.exports {
            let node = self.plan.nodes.get(*export).ok_or_else(|| missing(*export))?;
            let Operator::Leave { inner } = node.operator else {
                return Err(format!("export {} doesn't leave", export.0));
            };
            same(self.read(inner)?, self.columns(*export)?, "an operator and what leaves")?;
            self.add(*export)?;
        }
        Ok(())
    }

    fn operator(&mut self, id: NodeId) -> Checked {
        let columns = self.columns(id)?;
        let node = &self.plan.nodes[id];
        for input in node.operator.inputs() {
            self.read(input)?;
        }
        match &node.operator {
            Operator::Source { relation } => {
                same(self.relation(*relation)?, columns, "a relation and its source")?
            }
            Operator::Members { role } => {
                self.role(*role)?;
                same(1, columns, "an address and members")?;
            }
            Operator::Unit => same(0, columns, "nothing and a unit")?,
            Operator::Clock => same(2, columns, "a time with a seed and the clock")?,
            Operator::Unnest { input, value } => {
                let arity = self.columns(*input)?;
                self.scalar(value, arity)?;
                same(arity + 1, columns, "an input with an element and the output")?;
            }
            Operator::Map { input, mapping } => self.mapping(mapping, self.columns(*input)?, columns)?,
            Operator::Errors { input, mapping } => {
                let arity = self.columns(*input)?;
                self.mapping(mapping, arity, mapping.columns.len())?;
                same(arity, columns, "an input and its errors")?;
            }
            Operator::Join { left, right, on, mapping } => {
                let (left, right) = (self.columns(*left)?, self.columns(*right)?);
                keys(on, left, right)?;
                self.mapping(mapping, left + right, columns)?;
            }
            Operator::Antijoin { left, right, on } => {
                keys(on, self.columns(*left)?, self.columns(*right)?)?;
                same(self.columns(*left)?, columns, "an antijoin and its left side")?;
            }
            Operator::Aggregate { input, group, aggregates } => {
                let arity = self.columns(*input)?;
                within(*group, arity + 1)?;
                aggregates
                    .iter()
                    .flat_map(|aggregate| aggregate.column.into_iter().chain(aggregate.by))
                    .try_for_each(|c| within(c, arity))?;
                same(group + aggregates.len(), columns, "groups with aggregates and the output")?;
            }
            Operator::Overflow { aggregate } => match self.plan.nodes[*aggregate].operator {
                Operator::Aggregate { group, .. } => same(group, columns, "groups and overflows")?,
                _ => return Err(format!("operator {} is no aggregate", aggregate.0)),
            },
            Operator::Union { inputs } => {
                for input in inputs {
                    same(self.columns(*input)?, columns, "the parts of a union")?;
                }
            }
            Operator::Distinct { input } => {
                same(self.columns(*input)?, columns, "an input and its distinct rows")?
            }
            Operator::Resolve { base, derived, key, merges } => {
                same(key + merges.len(), columns, "a key with its values and the output")?;
                for input in base.iter().chain([derived]) {
                    same(self.columns(*input)?, columns, "the sides of a key's resolution")?;
                }
            }
            Operator::Losers { resolve } => match self.plan.nodes[*resolve].operator {
                Operator::Resolve { .. } => same(self.columns(*resolve)?, columns, "rows and losers")?,
                _ => return Err(format!("operator {} resolves nothing", resolve.0)),
            },
            Operator::Variable { .. } | Operator::Leave { .. } => {
                return Err(format!("operator {} stands outside of its loop", id.0));
            }
        }
        self.add(id)
    }

    fn sink(&self, sink: &Sink) -> Checked {
        let columns = self.read(sink.node())?;
        match sink {
            Sink::Content { relation, .. }
            | Sink::Insert { relation, .. }
            | Sink::Replace { relation, .. }
            | Sink::Conflicts { relation, .. } => {
                same(self.relation(*relation)?, columns, "a relation and a sink")
            }
            Sink::Delete { relation, any, .. } => {
                same(self.relation(*relation)?, columns, "a relation and a sink")?;
                any.iter().try_for_each(|column| within(*column, columns))
            }
            Sink::Send { relation, .. } => {
                let sender = self.program.relations.get(*relation).is_some_and(|channel| channel.sender);
                same(self.relation(*relation)? + 1, columns + usize::from(sender), "a channel and a sink")
            }
            Sink::Errors { .. } | Sink::Overflow { .. } => Ok(()),
        }
    }

    fn mapping(&self, mapping: &Mapping, inputs: usize, outputs: usize) -> Checked {
        for (at, value) in mapping.lets.iter().enumerate() {
            self.scalar(value, inputs + at)?;
        }
        let known = inputs + mapping.lets.len();
        mapping.conditions.iter().chain(&mapping.columns).try_for_each(|expr| self.scalar(expr, known))?;
        same(mapping.columns.len(), outputs, "a mapping and its output")
    }

    fn scalar(&self, expr: &Scalar, known: usize) -> Checked {
        match expr {
            Expr::Const(_) | Expr::Param { .. } | Expr::SelfAddress(_) => Ok(()),
            Expr::Var(column) => within(*column, known),
            Expr::Member { role, index } => {
                self.role(*role)?;
                self.scalar(index, known)
            }
            Expr::Unary { value, .. } | Expr::Project { value, .. } => self.scalar(value, known),
            Expr::Binary { left, right, .. } => {
                self.scalar(left, known)?;
                self.scalar(right, known)
            }
            Expr::If { condition, then, otherwise } => {
                [condition, then, otherwise].into_iter().try_for_each(|expr| self.scalar(expr, known))
            }
            Expr::Call { args, .. } | Expr::Construct { parts: args, .. } => {
                args.iter().try_for_each(|arg| self.scalar(arg, known))
            }
        }
    }

    fn add(&mut self, id: NodeId) -> Checked {
        if self.known.insert(id) { Ok(()) } else { Err(format!("operator {} comes twice", id.0)) }
    }

    /// The arity of an operator that is read: it must have been rendered.
    fn read(&self, id: NodeId) -> Checked<usize> {
        if self.known.contains(&id) { self.columns(id) } else { Err(missing(id)) }
    }

    fn columns(&self, id: NodeId) -> Checked<usize> {
        let node = self.plan.nodes.get(id).ok_or_else(|| missing(id))?;
        let columns = node.columns.len();
        if columns <= MAX_COLUMNS {
            return Ok(columns);
        }
        let of = match node.rule.and_then(|rule| self.program.rules.get(rule)) {
            Some(rule) => match self.program.relations.get(rule.head.relation) {
                Some(relation) => format!("a rule for `{}` needs rows of", relation.name),
                None => "a rule needs rows of".into(),
            },
            None => "there are rows of".into(),
        };
        Err(format!("{of} {columns} columns; at most {MAX_COLUMNS} are supported"))
    }

    fn relation(&self, id: RelationId) -> Checked<usize> {
        let relation =
            self.program.relations.get(id).ok_or_else(|| format!("there is no relation {}", id.0))?;
        let columns = relation.arity();
        if columns <= MAX_COLUMNS {
            return Ok(columns);
        }
        Err(format!("`{}` has {columns} columns; at most {MAX_COLUMNS} are supported", relation.name))
    }

    fn role(&self, id: RoleId) -> Checked {
        match self.site.deployment.counts.get(id) {
            Some(_) => Ok(()),
            None => Err(format!("role {} is not deployed", id.0)),
        }
    }
}

fn missing(id: NodeId) -> String {
    format!("operator {} is read before it exists", id.0)
}

fn same(a: usize, b: usize, what: &str) -> Checked {
    if a == b { Ok(()) } else { Err(format!("{what} have {a} and {b} columns")) }
}

fn within(column: Column, columns: usize) -> Checked {
    if column < columns { Ok(()) } else { Err(format!("there is no column {column} of {columns}")) }
}

fn keys(on: &[(Column, Column)], left: usize, right: usize) -> Checked {
    on.iter().try_for_each(|(l, r)| within(*l, left).and(within(*r, right)))
}
