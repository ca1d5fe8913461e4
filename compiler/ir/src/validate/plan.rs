//! Plans: every operator is rendered once, after what it reads, and what it reads has the columns it names.

use std::collections::BTreeSet;

use crate::plan::{Loop, Mapping, Operator, Plan, Sink, Step};
use crate::{Column, IndexVec, Lattice, NodeId, Program, RelationId, RuleId, Type};

use super::expr::Context;
use super::program::aggregate_type;
use super::{Check, Invalid, ensure, present};

pub(super) fn check(plan: &Plan, program: &Program) -> Check {
    let context = Context { program, here: plan.role };
    context.role(plan.role)?;
    let mut walk = Walk { plan, context, scopes: plan.nodes.iter().map(|_| None).collect() };
    for (number, step) in plan.steps.iter().enumerate() {
        match step {
            Step::Operator(node) => {
                walk.operator(*node, Scope::Outside, &BTreeSet::new())
                    .map_err(|invalid| invalid.within(format_args!("operator {}", node.0)))?;
            }
            Step::Loop(looped) => {
                walk.looped(looped, Scope::Loop(number))
                    .map_err(|invalid| invalid.within(format_args!("loop in step {number}")))?;
            }
        }
    }
    ensure(walk.scopes.iter().all(Option::is_some), "an operator is in no step")?;
    for sink in &plan.sinks {
        walk.sink(sink)?;
    }
    let contents: Vec<RelationId> = plan
        .sinks
        .iter()
        .filter_map(|sink| if let Sink::Content { relation, .. } = sink { Some(*relation) } else { None })
        .collect();
    let here: Vec<RelationId> = program
        .relations
        .entries()
        .filter(|(_, relation)| relation.role == plan.role)
        .map(|(id, _)| id)
        .collect();
    let distinct: BTreeSet<&RelationId> = contents.iter().collect();
    let once = here.iter().collect::<BTreeSet<_>>() == distinct;
    ensure(once && contents.len() == here.len(), "there is not one content for each collection")
}

/// Where an operator was rendered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Outside,
    Loop(usize),
}

struct Walk<'a> {
    plan: &'a Plan,
    context: Context<'a>,
    /// Of the operators rendered so far.
    scopes: IndexVec<NodeId, Option<Scope>>,
}

impl Walk<'_> {
    /// An operator that is neither a variable nor an export.
    fn operator(&mut self, id: NodeId, scope: Scope, imports: &BTreeSet<NodeId>) -> Check {
        let node = present(self.plan.nodes.get(id), "it does not exist")?;
        let own_place = matches!(node.operator, Operator::Variable { .. } | Operator::Leave { .. });
        ensure(!own_place, "a variable or export is in a wrong place")?;
        for input in node.operator.inputs() {
            let rendered = self.scopes.get(input).copied().flatten();
            let imported = imports.contains(&input);
            ensure(rendered == Some(scope) || imported, "it reads what is not there yet")?;
        }
        ensure(self.output(&node.operator, scope)? == node.columns, "its columns are not what it computes")?;
        self.rendered(id, scope)
    }

    fn rendered(&mut self, id: NodeId, scope: Scope) -> Check {
        let node = present(self.plan.nodes.get(id), "it does not exist")?;
        ensure(self.scopes[id].is_none(), "it is rendered twice")?;
        ensure(
            node.rule.is_none_or(|rule| self.context.program.rules.get(rule).is_some()),
            "its rule does not exist",
        )?;
        self.scopes[id] = Some(scope);
        Ok(())
    }

    fn looped(&mut self, looped: &Loop, scope: Scope) -> Check {
        let imports: BTreeSet<NodeId> = looped.imports.iter().copied().collect();
        for import in &looped.imports {
            let rendered = self.scopes.get(*import).copied().flatten();
            ensure(rendered == Some(Scope::Outside), "it imports what is not there yet")?;
        }
        for variable in &looped.variables {
            let node = present(self.plan.nodes.get(variable.variable), "a variable does not exist")?;
            ensure(
                node.operator == Operator::Variable { relation: variable.relation },
                "a variable is none",
            )?;
            ensure(self.relation(variable.relation)? == node.columns, "a variable has wrong columns")?;
            self.rendered(variable.variable, scope)?;
        }
        for item in &looped.items {
            self.operator(*item, scope, &imports)
                .map_err(|invalid| invalid.within(format_args!("operator {}", item.0)))?;
        }
        for variable in &looped.variables {
            let is_item = looped.items.contains(&variable.feedback);
            ensure(
                is_item && self.columns(variable.feedback)? == self.columns(variable.variable)?,
                "a feedback is wrong",
            )?;
        }
        for export in &looped.exports {
            let node = present(self.plan.nodes.get(*export), "an export does not exist")?;
            let Operator::Leave { inner } = node.operator else {
                return Err(Invalid("an export is none".to_owned()));
            };
            let inside = self.scopes.get(inner).copied().flatten() == Some(scope);
            ensure(
                inside && self.columns(inner)? == node.columns.as_slice(),
                "an export is of something else",
            )?;
            self.rendered(*export, Scope::Outside)?;
        }
        Ok(())
    }

    fn columns(&self, node: NodeId) -> Check<&[Type]> {
        Ok(&present(self.plan.nodes.get(node), "an operator does not exist")?.columns)
    }

    /// The columns of a relation of this role.
    fn relation(&self, relation: RelationId) -> Check<Vec<Type>> {
        let relation = present(self.context.program.relations.get(relation), "a collection does not exist")?;
        ensure(relation.role == self.context.here, "a collection is at another role")?;
        Ok(relation.columns.iter().map(|column| column.ty).collect())
    }

    /// The columns that an operator computes.
    fn output(&self, operator: &Operator, scope: Scope) -> Check<Vec<Type>> {
        let same = |node: NodeId| self.columns(node).map(<[Type]>::to_vec);
        match operator {
            Operator::Source { relation } => self.relation(*relation),
            Operator::Variable { relation } => self.relation(*relation),
            Operator::Members { role } => {
                self.context.role(*role)?;
                Ok(vec![Type::Address(*role)])
            }
            Operator::Clock => Ok(vec![Type::Time, Type::Int]),
            Operator::Unit => Ok(Vec::new()),
            Operator::Unnest { input, value } => {
                let mut columns = same(*input)?;
                let of = self.context.expr(value, &|column| columns.get(*column).copied())?;
                columns.push(present(of.element(), "an unnested value has no elements")?);
                Ok(columns)
            }
            Operator::Map { input, mapping } => self.mapping(mapping, self.columns(*input)?),
            Operator::Errors { input, mapping } => {
                self.mapping(mapping, self.columns(*input)?)?;
                same(*input)
            }
            Operator::Join { left, right, on, mapping } => {
                self.on(*left, *right, on)?;
                let inputs = [self.columns(*left)?, self.columns(*right)?].concat();
                self.mapping(mapping, &inputs)
            }
            Operator::Antijoin { left, right, on } => {
                self.on(*left, *right, on)?;
                same(*left)
            }
            Operator::Aggregate { input, group, aggregates } => {
                let inputs = self.columns(*input)?;
                let mut columns = present(inputs.get(..*group), "a group has too many columns")?.to_vec();
                for aggregate in aggregates {
                    let argument = aggregate.column.map(|column| {
                        present(inputs.get(column).copied(), "an aggregate's column does not exist")
                    });
                    let by = aggregate.by.map(|by| {
                        present(inputs.get(by), "an aggregate's column does not exist").map(|_| ())
                    });
                    by.transpose()?;
                    columns.push(aggregate_type(
                        aggregate.kind,
                        argument.transpose()?,
                        aggregate.by.is_some(),
                    )?);
                }
                Ok(columns)
            }
            Operator::Overflow { aggregate } => {
                let Operator::Aggregate { group, .. } = self.partner(*aggregate, scope)? else {
                    return Err(Invalid("it reads no aggregate".to_owned()));
                };
                Ok(present(self.columns(*aggregate)?.get(..*group), "a group has too many columns")?.to_vec())
            }
            Operator::Union { inputs } => {
                let first = present(inputs.first(), "a union has no inputs")?;
                for input in inputs {
                    ensure(self.columns(*input)? == self.columns(*first)?, "a union's inputs differ")?;
                }
                same(*first)
            }
            Operator::Distinct { input } | Operator::Leave { inner: input } => same(*input),
            Operator::Resolve { base, derived, key, merges } => {
                let columns = same(*derived)?;
                ensure(*key <= columns.len(), "a key has too many columns")?;
                let carriers = merges.iter().map(|merge| merge.as_ref().map(Lattice::carrier));
                let fits =
                    carriers.zip(columns.iter().skip(*key)).all(|(of, ty)| of.is_none_or(|of| of == *ty));
                ensure(fits && key + merges.len() == columns.len(), "a merge has another type")?;
                if let Some(base) = base {
                    ensure(self.columns(*base)? == columns, "stored and derived rows differ")?;
                }
                Ok(columns)
            }
            Operator::Losers { resolve } => {
                let is_resolve = matches!(self.partner(*resolve, scope)?, Operator::Resolve { .. });
                ensure(is_resolve, "it reads no resolve")?;
                same(*resolve)
            }
        }
    }

    /// An operator whose inner workings another one shows; both are in one scope.
    fn partner(&self, node: NodeId, scope: Scope) -> Check<&Operator> {
        ensure(self.scopes.get(node).copied().flatten() == Some(scope), "its partner is elsewhere")?;
        Ok(&present(self.plan.nodes.get(node), "an operator does not exist")?.operator)
    }

    fn on(&self, left: NodeId, right: NodeId, on: &[(Column, Column)]) -> Check {
        let (left, right) = (self.columns(left)?, self.columns(right)?);
        for (l, r) in on {
            let (l, r) = (left.get(*l), right.get(*r));
            ensure(l.is_some() && l == r, "the columns of a join do not exist or differ")?;
        }
        Ok(())
    }

    fn mapping(&self, mapping: &Mapping, inputs: &[Type]) -> Check<Vec<Type>> {
        let mut types = inputs.to_vec();
        for value in &mapping.lets {
            let ty = self.context.expr(value, &|column| types.get(*column).copied())?;
            types.push(ty);
        }
        let column = |column: &Column| types.get(*column).copied();
        for condition in &mapping.conditions {
            self.context.expects(condition, Type::Bool, &column)?;
        }
        mapping.columns.iter().map(|expr| self.context.expr(expr, &column)).collect()
    }

    fn sink(&self, sink: &Sink) -> Check {
        let program = self.context.program;
        let outside = self.scopes.get(sink.node()).copied().flatten() == Some(Scope::Outside);
        ensure(outside, "a sink reads inside a loop or nothing")?;
        let columns = match sink {
            Sink::Content { relation, .. }
            | Sink::Insert { relation, .. }
            | Sink::Replace { relation, .. }
            | Sink::Conflicts { relation, .. } => self.relation(*relation)?,
            Sink::Delete { relation, any, .. } => {
                let columns = self.relation(*relation)?;
                ensure(any.iter().all(|column| *column < columns.len()), "a deletion names no column")?;
                columns
            }
            Sink::Send { rule, relation, .. } => {
                self.rule(*rule)?;
                let channel = present(program.relations.get(*relation), "a channel does not exist")?;
                ensure(channel.is_channel(), "a message goes into no channel")?;
                let columns = channel.columns.iter().take(channel.sent_arity()).map(|column| column.ty);
                [Type::Address(channel.role)].into_iter().chain(columns).collect()
            }
            Sink::Errors { rule, .. } => {
                let rule = self.rule(*rule)?;
                rule.atom_variables().into_iter().map(|var| rule.variables[var].ty).collect()
            }
            Sink::Overflow { rule, node, .. } => {
                self.rule(*rule)?;
                self.columns(*node)?.to_vec()
            }
        };
        ensure(self.columns(sink.node())? == columns, "a sink has wrong columns")
    }

    fn rule(&self, rule: RuleId) -> Check<&crate::Rule> {
        let rule = present(self.context.program.rules.get(rule), "a sink's rule does not exist")?;
        ensure(rule.role == self.context.here, "a sink's rule is at another role")?;
        Ok(rule)
    }
}
