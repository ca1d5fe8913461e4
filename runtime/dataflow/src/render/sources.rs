//! Where rows come from: what the engine feeds (the clock is a part of that), the members of a role, and the one row without columns.

use floret_ir::{RelationId, RoleId, Value};

use super::Renderer;
use super::streams::Rows;
use crate::graph::Fed;
use crate::row::encode;

impl<'s> Renderer<'_, 's, '_> {
    /// What the engine puts into a relation.
    pub(super) fn source(&mut self, relation: RelationId) -> Rows<'s> {
        self.fed(Fed::Relation(relation))
    }

    /// The tick's time and seed.
    pub(super) fn clock(&mut self) -> Rows<'s> {
        self.fed(Fed::Clock)
    }

    fn fed(&mut self, of: Fed) -> Rows<'s> {
        if let Some(rows) = self.fed.get(&of) {
            return rows.clone();
        }
        let Some(at) = self.job.inputs.iter().position(|(fed, _)| *fed == of) else {
            return Rows::empty(self.scope, 0);
        };
        let rows = self.sessions[at].enter(self.outer, self.scope);
        self.fed.insert(of, rows.clone());
        rows
    }

    /// The addresses of a role's members.
    pub(super) fn members(&self, role: RoleId) -> Rows<'s> {
        let context = &self.job.context;
        let members = context.site.deployment.members(role);
        let rows = members.map(|member| vec![encode(&Value::Address(member), &context.interner)]).collect();
        self.constant(1, rows)
    }

    /// One row without columns.
    pub(super) fn unit(&self) -> Rows<'s> {
        self.constant(0, vec![Vec::new()])
    }

    /// Rows that are always there; one worker has them for all.
    fn constant(&self, arity: usize, rows: Vec<Vec<u64>>) -> Rows<'s> {
        Rows::fixed(self.scope, arity, if self.scope.index() == 0 { rows } else { Vec::new() })
    }
}
