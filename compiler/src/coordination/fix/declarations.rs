//! Edits of declarations, with those of the rules that fill them.

use std::collections::BTreeSet;

use floret_ir::coordination::PointOfOrder;
use floret_ir::{
    AggregateKind, FileId, HeadTerm, InputMode, Relation, RelationId, RelationKind, RuleOp, Span, Type,
};
use floret_lang::tree::{Call, Clause, ExprKind, TypeExpr};

use super::super::ways_out::{column_names, declaration, fresh_name};
use super::statements::single;
use super::{Edit, Site};
use crate::strata::graph::atoms;

impl Site<'_> {
    fn relation(&self, relation: RelationId) -> Option<&Relation> {
        self.program.relations.get(relation)
    }

    /// Another kind in a collection's declaration.
    pub(super) fn kind(&self, relation: RelationId, kind: &str) -> Option<Edit> {
        let (statement, collection) = self.statements.declaration(self.name(relation)?)?;
        let before = self.text.get(statement.span.start as usize..collection.name.span.start as usize)?;
        let old = match self.relation(relation)?.kind {
            RelationKind::Table => "table",
            RelationKind::View => "view",
            RelationKind::Event => "event",
            RelationKind::Channel { .. } | RelationKind::Timer { .. } => return None,
        };
        let start = statement.span.start + u32::try_from(before.rfind(old)?).ok()?;
        let end = start + u32::try_from(old.len()).ok()?;
        Some(Edit { span: Span { file: FileId(0), start, end }, text: kind.to_owned() })
    }

    pub(super) fn make_static(&self, relation: RelationId) -> Option<Edit> {
        let (statement, _) = self.statements.declaration(self.name(relation)?)?;
        Some(Edit { span: super::place(statement.span.start), text: "static ".to_owned() })
    }

    /// Leaves `lossy` out.
    pub(super) fn keep_messages(&self, relation: RelationId) -> Option<Vec<Edit>> {
        let (_, collection) = self.statements.declaration(self.name(relation)?)?;
        let span = collection.clauses.iter().find_map(|clause| match clause {
            Clause::Lossy(span) => Some(*span),
            Clause::From(_)
            | Clause::Ordered { .. }
            | Clause::Reliable(_)
            | Clause::Durable(_)
            | Clause::Sealed { .. } => None,
        })?;
        // The space before it, too.
        let before = self.text.get(..span.start as usize)?;
        let start = u32::try_from(before.trim_end().len()).ok()?;
        Some(vec![Edit { span: Span { start, ..span }, text: String::new() }])
    }

    /// Orders a channel via its own role.
    pub(super) fn sequence(&self, channel: RelationId) -> Option<Vec<Edit>> {
        let (statement, collection) = self.statements.declaration(self.name(channel)?)?;
        let role = &self.program.roles.get(self.relation(channel)?.role)?.name;
        let ordered = collection.clauses.iter().find_map(|clause| match clause {
            Clause::Ordered { span, via: None } => Some(*span),
            Clause::Ordered { .. }
            | Clause::From(_)
            | Clause::Lossy(_)
            | Clause::Reliable(_)
            | Clause::Durable(_)
            | Clause::Sealed { .. } => None,
        });
        if let Some(ordered) = ordered {
            return Some(vec![Edit { span: super::place(ordered.end), text: format!(" via {role}") }]);
        }
        let reliable = collection.clauses.iter().find_map(|clause| match clause {
            Clause::Reliable(span) => Some(*span),
            Clause::Ordered { .. }
            | Clause::From(_)
            | Clause::Lossy(_)
            | Clause::Durable(_)
            | Clause::Sealed { .. } => None,
        });
        if let Some(span) = reliable {
            return Some(vec![Edit { span, text: format!("ordered via {role}") }]);
        }
        let text = self.text.get(statement.span.start as usize..statement.span.end as usize)?;
        let end = statement.span.start + u32::try_from(text.trim_end_matches(';').trim_end().len()).ok()?;
        Some(vec![Edit { span: super::place(end), text: format!(" ordered via {role}") }])
    }

    /// Value columns that merge; the rules that replaced add.
    pub(super) fn make_a_lattice(&self, id: RelationId) -> Option<Vec<Edit>> {
        let name = self.name(id)?;
        let relation = self.relation(id)?;
        let (_, collection) = self.statements.declaration(name)?;
        if self.would_read_itself(id, &[RuleOp::Replace]) {
            return None;
        }
        let mut edits = Vec::new();
        let columns = collection.columns.iter().zip(&relation.columns).enumerate().skip(relation.key?);
        for (number, (written, column)) in columns {
            if column.lattice.is_some() {
                continue;
            }
            let lattice = match column.ty {
                Type::Bool => "any",
                // As a value column a set is a lattice.
                Type::Set(_) => continue,
                _ if self.takes_least(id, number) => "min",
                _ => "max",
            };
            let span = match &written.ty {
                TypeExpr::Named { span, .. } | TypeExpr::Tuple(_, span) => *span,
            };
            let old = self.text.get(span.start as usize..span.end as usize)?;
            edits.push(Edit { span, text: format!("{lattice}<{old}>") });
        }
        for rule in self.statements.filling(name).filter(|rule| rule.op == RuleOp::Replace) {
            edits.push(Edit { span: rule.op_span, text: "<=".to_owned() });
        }
        Some(edits)
    }

    /// Whether the collection would come of itself within one tick, if its rules with these operators had `<=`.
    fn would_read_itself(&self, id: RelationId, ops: &[RuleOp]) -> bool {
        let rules = || self.program.rules.iter();
        let sources = |rule| atoms(rule).map(|(_, source, _)| source).collect::<Vec<_>>();
        let changed = rules().filter(|rule| rule.head.relation == id && ops.contains(&rule.op));
        let mut queue: Vec<RelationId> = changed.flat_map(sources).collect();
        let mut reached: BTreeSet<RelationId> = queue.iter().copied().collect();
        while let Some(at) = queue.pop() {
            let now = rules().filter(|rule| rule.head.relation == at && rule.op == RuleOp::Now);
            queue.extend(now.flat_map(sources).filter(|source| reached.insert(*source)));
        }
        reached.contains(&id)
    }

    /// Whether a rule fills the column with the least of several values.
    fn takes_least(&self, relation: RelationId, column: usize) -> bool {
        let rules = self.program.rules.iter().filter(|rule| rule.head.relation == relation);
        rules.filter_map(|rule| rule.head.terms.get(column)).any(|term| match term {
            HeadTerm::Aggregate { kind, .. } => *kind == AggregateKind::Min,
            HeadTerm::Expr(_) | HeadTerm::Any => false,
        })
    }

    /// The collection becomes a view that settles on one of the rows that a set keeps.
    pub(super) fn keep_every_row(&self, id: RelationId) -> Option<Vec<Edit>> {
        let name = self.name(id)?;
        let relation = self.relation(id)?;
        let (statement, _) = self.statements.declaration(name)?;
        let (key, [value]) = relation.columns.split_at(relation.key?.min(relation.arity())) else {
            return None;
        };
        if relation.kind != RelationKind::Table
            || relation.input.is_some()
            || value.lattice.is_some()
            || self.would_read_itself(id, &[RuleOp::Now, RuleOp::Replace])
        {
            return None;
        }
        let all = fresh_name(self.program, name, "written");
        let settle = if self.takes_least(id, key.len()) { "min" } else { "max" };
        let keys: String = key.iter().map(|column| format!("{}, ", column.name)).collect();
        let lines = [
            format!("{};", declaration(self.program, "table", &all, relation, None)),
            format!("{name}({keys}{settle}({0})) <= {all}({keys}{0});", value.name),
        ];
        let mut edits = vec![self.kind(id, "view")?, self.after(statement.span, &lines)];
        for rule in self.statements.filling(name) {
            edits.push(Edit { span: rule.head.path.span, text: all.clone() });
            match rule.op {
                RuleOp::Now | RuleOp::Next => {}
                RuleOp::Replace => edits.push(Edit { span: rule.op_span, text: "<=".to_owned() }),
                RuleOp::Delete | RuleOp::Later => return None,
            }
            // What settled the writers of one tick settles all of them, in the view.
            if let Some(ExprKind::Call(call)) = rule.head.args.last().map(|arg| &arg.value.kind)
                && let (Some("min" | "max"), [of]) = (single(&call.path), call.args.as_slice())
            {
                let text = self.text.get(of.value.span.start as usize..of.value.span.end as usize)?;
                edits.push(Edit { span: call.span, text: text.to_owned() });
            }
        }
        edits.extend(self.facts_into(name, &all));
        Some(edits)
    }

    /// A set becomes a view of what was added and not deleted.
    pub(super) fn tombstones(&self, id: RelationId) -> Option<Vec<Edit>> {
        let name = self.name(id)?;
        let relation = self.relation(id)?;
        let (statement, _) = self.statements.declaration(name)?;
        if relation.kind != RelationKind::Table
            || relation.input.is_some()
            || relation.key.is_some()
            || self.would_read_itself(id, &[RuleOp::Delete])
        {
            return None;
        }
        let (added, deleted) =
            (fresh_name(self.program, name, "added"), fresh_name(self.program, name, "deleted"));
        let columns = column_names(relation);
        let table = |name: &str| format!("{};", declaration(self.program, "table", name, relation, None));
        let lines = [
            table(&added),
            table(&deleted),
            format!("{name}({columns}) <= {added}({columns}), !{deleted}({columns});"),
        ];
        let mut edits = vec![self.kind(id, "view")?, self.after(statement.span, &lines)];
        for rule in self.statements.filling(name) {
            let into = match rule.op {
                RuleOp::Delete => {
                    edits.push(Edit { span: rule.op_span, text: "<=".to_owned() });
                    &deleted
                }
                RuleOp::Now | RuleOp::Next => &added,
                RuleOp::Replace | RuleOp::Later => return None,
            };
            edits.push(Edit { span: rule.head.path.span, text: into.clone() });
        }
        edits.extend(self.facts_into(name, &added));
        Some(edits)
    }

    fn facts_into(&self, name: &str, into: &str) -> Vec<Edit> {
        let facts = self.statements.facts.iter().filter(|fact: &&&Call| single(&fact.path) == Some(name));
        facts.map(|fact| Edit { span: fact.path.span, text: into.to_owned() }).collect()
    }

    /// An output view as something whose rows are all observed.
    pub(super) fn observe(&self, id: RelationId, kind: &str) -> Option<Vec<Edit>> {
        let name = self.name(id)?;
        if self.statements.declaration(name).is_some() {
            return Some(vec![self.kind(id, kind)?]);
        }
        let statement = self.statements.output(name)?;
        let relation = self.relation(id)?;
        let kind = format!("output {kind}");
        let text = format!("{};", declaration(self.program, &kind, name, relation, relation.key));
        Some(vec![Edit { span: statement.span, text }])
    }

    /// `@accept` before the rule, or the declaration of what is a point itself.
    pub(super) fn accept(&self, point: &PointOfOrder) -> Option<Vec<Edit>> {
        let span = match point.rule {
            Some(rule) => self.statements.rule(self.program.rules.get(rule)?.span)?.0.span,
            None => {
                let name = self.name(point.relation)?;
                let declared = self.statements.declaration(name).map(|(statement, _)| statement);
                declared.or_else(|| self.statements.output(name))?.span
            }
        };
        let reason = self.reason.replace('\\', "\\\\").replace('"', "\\\"");
        Some(vec![self.before(span.start, &[format!("@accept(\"{reason}\")")])])
    }

    /// Whether the collection is an input, or filled otherwise than at once: no view then.
    pub(super) fn can_be_a_view(&self, id: RelationId) -> bool {
        let Some(relation) = self.relation(id) else { return false };
        let fills = self.program.rules.iter().filter(|rule| rule.head.relation == id);
        let input = match relation.input {
            Some(InputMode::Add | InputMode::Static | InputMode::Mutable) => true,
            None => false,
        };
        !input && fills.into_iter().all(|rule| rule.op == RuleOp::Now)
    }
}
