//! What the program says about order: `@accept`, `confluent`, `monotone`.

use std::collections::HashMap;

use floret_ir::{AboutOrder, Accepted, Confluent, Monotone};
use floret_ir::{Diagnostics, Id, RelationId, RuleId, Span};
use floret_lang::tree::{Attribute, ExprKind, Path, Statement, StatementKind};

use super::items::Item;
use super::names::Names;
use crate::front::findings::{MisplacedAccept, NameKind, NoReason};
use crate::front::resolved::Rule;

/// Collects them.
#[derive(Default)]
pub(super) struct Collector {
    promises: AboutOrder,
    /// By a rule's place, shared by all its parts: the entries of `accepted` and `monotone` that it belongs to.
    rules: HashMap<Span, (Option<usize>, Option<usize>)>,
    /// The block of each entry of `monotone`.
    blocks: HashMap<Span, usize>,
}

impl Collector {
    /// Takes the attributes of a statement, and whether it is in a block.
    pub fn statement(&mut self, item: &Item<'_>, names: &Names, sink: &mut Diagnostics) {
        let Statement { attributes, kind, span, .. } = item.statement;
        let mut accepted = None;
        for attribute in attributes {
            if attribute.name.text == "accept" {
                let target = match kind {
                    StatementKind::Rule(_) => Some(None),
                    StatementKind::Collection(collection) => Some(names.relation(&collection.name.text)),
                    StatementKind::Timer { name, .. } => Some(names.relation(&name.text)),
                    StatementKind::Output(path) => {
                        Some(path.parts.last().and_then(|name| names.relation(&name.text)))
                    }
                    StatementKind::Role { .. }
                    | StatementKind::Confluent(_)
                    | StatementKind::On { .. }
                    | StatementKind::Monotone(_)
                    | StatementKind::Fact(_)
                    | StatementKind::Seal(_)
                    | StatementKind::Const { .. }
                    | StatementKind::Param { .. }
                    | StatementKind::Function { .. }
                    | StatementKind::Struct { .. }
                    | StatementKind::Enum { .. }
                    | StatementKind::Lattice { .. }
                    | StatementKind::Use { .. }
                    | StatementKind::Module { .. }
                    | StatementKind::Invariant { .. }
                    | StatementKind::Test { .. } => None,
                };
                match target {
                    Some(relation) => accepted = self.accept(attribute, relation, sink).or(accepted),
                    None => sink.push(MisplacedAccept { span: attribute.name.span }),
                }
            } else {
                names.unknown(NameKind::Attribute, &attribute.name.text, attribute.name.span, sink);
            }
        }
        if let StatementKind::Rule(_) = kind {
            let block = item.monotone.and_then(|block| self.blocks.get(&block).copied());
            if accepted.is_some() || block.is_some() {
                self.rules.insert(*span, (accepted, block));
            }
        } else if let StatementKind::Monotone(_) = kind {
            self.blocks.insert(*span, self.promises.monotone.len());
            self.promises.monotone.push(Monotone { rules: Vec::new(), span: *span });
        }
    }

    /// The entry's number.
    fn accept(
        &mut self,
        attribute: &Attribute,
        relation: Option<RelationId>,
        sink: &mut Diagnostics,
    ) -> Option<usize> {
        let reason = match attribute.args.as_slice() {
            [reason] => match &reason.kind {
                ExprKind::String(text) if !text.trim().is_empty() => Some(text.clone()),
                _ => None,
            },
            _ => None,
        };
        let Some(reason) = reason else {
            sink.push(NoReason { span: attribute.name.span });
            return None;
        };
        let span = attribute.name.span;
        self.promises.accepted.push(Accepted { rules: Vec::new(), relation, reason, span });
        Some(self.promises.accepted.len() - 1)
    }

    /// Takes `confluent x;`
    pub fn confluent(&mut self, path: &Path, names: &Names, sink: &mut Diagnostics) {
        let Some(name) = names.single(path, sink) else { return };
        match names.relation(&name.text) {
            Some(relation) => self.promises.confluent.push(Confluent { relation, span: path.span }),
            None if names.is_refused(&name.text) || names.incomplete => {}
            None => names.unknown(NameKind::Collection, &name.text, name.span, sink),
        }
    }

    /// All of them, of these rules.
    pub fn finish(mut self, rules: &[Rule]) -> AboutOrder {
        for (number, rule) in rules.iter().enumerate() {
            let Some((accepted, monotone)) = self.rules.get(&rule.span) else { continue };
            let id = RuleId::from_index(number);
            if let Some(accepted) = accepted.and_then(|at| self.promises.accepted.get_mut(at)) {
                accepted.rules.push(id);
            }
            if let Some(monotone) = monotone.and_then(|at| self.promises.monotone.get_mut(at)) {
                monotone.rules.push(id);
            }
        }
        self.promises
    }
}
