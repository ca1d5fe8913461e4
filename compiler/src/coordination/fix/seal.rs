//! Edits that let rules wait: a channel and inputs become sealed.

use floret_ir::RelationId;
use floret_ir::coordination::PointOfOrder;
use floret_lang::tree::Clause;

use super::super::endings;
use super::{Edit, Site};

impl Site<'_> {
    /// The channel is sealed as a whole, what it comes of is sealed, and the rules wait.
    pub(super) fn seal(&self, point: &PointOfOrder) -> Option<Vec<Edit>> {
        let wait = endings::wait(self.program, self.classes, point.rule?).ok()?;
        let name = self.name(wait.channel)?;
        let (_, collection) = self.statements.declaration(name)?;
        let said = collection.clauses.iter().any(|clause| matches!(clause, Clause::From(_)));
        let from = &self.program.roles.get(wait.from)?.name;
        let clause = if said { " sealed".to_owned() } else { format!(" sealed from {from}") };
        let mut edits = vec![self.clause(wait.channel, clause)?];
        for input in wait.inputs {
            edits.push(self.clause(input, " sealed".to_owned())?);
        }
        for rule in wait.rules {
            let (statement, _) = self.statements.rule(self.program.rules.get(rule)?.span)?;
            let end = statement.span.end.checked_sub(1)?;
            edits.push(Edit { span: super::place(end), text: format!(", {name}::sealed()") });
        }
        Some(edits)
    }

    /// One more clause in a declaration.
    fn clause(&self, relation: RelationId, text: String) -> Option<Edit> {
        let (statement, _) = self.statements.declaration(self.name(relation)?)?;
        let end = statement.span.end.checked_sub(1)?;
        Some(Edit { span: super::place(end), text })
    }
}
