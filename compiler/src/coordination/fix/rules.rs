//! Edits of the rule that is the point of order.

use floret_ir::coordination::PointOfOrder;
use floret_ir::{
    AggregateKind, AtomSource, BinaryOp, FileId, HeadTerm, Lattice, Literal, RelationId, RelationKind, Rule,
    RuleOp, Span,
};
use floret_lang::tree::{self, ExprKind};

use super::super::ways_out::{column_names, declaration, fresh_name};
use super::statements::{atoms_of, occurrences, single};
use super::{Edit, Site};

/// Which way a column's value goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Site<'_> {
    fn point_rule(&self, point: &PointOfOrder) -> Option<(&Rule, &tree::Statement, &tree::Rule)> {
        let rule = self.program.rules.get(point.rule?)?;
        let (statement, written) = self.statements.rule(rule.span)?;
        Some((rule, statement, written))
    }

    /// Tables that remember what arrives, read instead. Where the head would then take an early verdict it becomes a view.
    pub(super) fn remember(
        &self,
        point: &PointOfOrder,
        sources: &[RelationId],
        merging: bool,
    ) -> Option<Vec<Edit>> {
        let (rule, statement, written) = self.point_rule(point)?;
        let mut lines = Vec::new();
        let mut edits = Vec::new();
        for &source in sources {
            let name = self.name(source)?;
            let relation = self.program.relations.get(source)?;
            if relation.sender {
                return None;
            }
            let kept = fresh_name(self.program, name, "kept");
            let columns = column_names(relation);
            let key = relation.key.filter(|_| merging || relation.has_lattice());
            lines.push(format!("{};", declaration(self.program, "table", &kept, relation, key)));
            lines.push(format!("{kept}({columns}) <= {name}({columns});"));
            let atoms = atoms_of(written, name);
            edits.extend(atoms.iter().map(|atom| Edit { span: atom.path.span, text: kept.clone() }));
        }
        // What is there in every tick would fill the next one for ever.
        let head = self.program.relations.get(rule.head.relation)?;
        if rule.op == RuleOp::Next && head.kind == RelationKind::Event {
            return None;
        }
        let verdict = rule.has_aggregate() || rule.negated_atoms().next().is_some() || merging;
        if verdict && head.kind != RelationKind::View {
            if !self.can_be_a_view(rule.head.relation) {
                return None;
            }
            edits.push(self.kind(rule.head.relation, "view")?);
        }
        edits.push(self.before(statement.span.start, &lines));
        Some(edits)
    }

    /// The rule at every beat of a timer, over what is remembered.
    pub(super) fn send_again(&self, point: &PointOfOrder, arriving: &[RelationId]) -> Option<Vec<Edit>> {
        let (rule, statement, _) = self.point_rule(point)?;
        let beat = fresh_name(self.program, "resend", "beat");
        let place = match self.program.roles.get(rule.role) {
            Some(role) if !role.implicit => format!(" on {}", role.name),
            Some(_) | None => String::new(),
        };
        let mut edits = if arriving.is_empty() { Vec::new() } else { self.remember(point, arriving, false)? };
        let timer = format!("timer {beat} every 1s{place};");
        edits.push(self.before(statement.span.start, &[timer]));
        let end = statement.span.end.checked_sub(1)?;
        edits.push(Edit { span: super::place(end), text: format!(", {beat}(_)") });
        Some(edits)
    }

    /// `==` with a column that only goes one way as `>=` or `<=`.
    pub(super) fn compare_upward(&self, point: &PointOfOrder, culprit: RelationId) -> Option<Vec<Edit>> {
        let (_, _, written) = self.point_rule(point)?;
        let name = self.name(culprit)?;
        let mut edits = Vec::new();
        for (column, way) in self.ways(culprit) {
            for atom in atoms_of(written, name) {
                let ExprKind::Path(path) = &atom.args.get(column)?.value.kind else { return None };
                let variable = single(path)?;
                // Bound by the atom, used by the condition, and by nothing else.
                if occurrences(written, variable) != 2 {
                    return None;
                }
                edits.extend(written.body.iter().filter_map(|literal| condition(literal, variable, way)));
            }
        }
        Some(edits)
    }

    /// The columns that only go one way while what they are made of grows.
    fn ways(&self, relation: RelationId) -> Vec<(usize, Way)> {
        let Some(declared) = self.program.relations.get(relation) else { return Vec::new() };
        let lattices = declared.columns.iter().enumerate().filter_map(|(number, column)| {
            let way = match column.lattice.as_ref()? {
                Lattice::Max(_) | Lattice::Lww(_) => Way::Up,
                Lattice::Min(_) => Way::Down,
                Lattice::Any
                | Lattice::All
                | Lattice::Set(_)
                | Lattice::Map(..)
                | Lattice::Tuple(_)
                | Lattice::Struct(..)
                | Lattice::User(_) => return None,
            };
            Some((number, way))
        });
        let rule = self.program.rules.iter().find(|rule| rule.head.relation == relation);
        let terms = rule.map_or(&[][..], |rule| &rule.head.terms);
        let aggregates = terms.iter().enumerate().filter_map(|(number, term)| {
            let HeadTerm::Aggregate { kind, .. } = term else { return None };
            match kind {
                AggregateKind::Count | AggregateKind::CountDistinct | AggregateKind::Max => {
                    Some((number, Way::Up))
                }
                AggregateKind::Min => Some((number, Way::Down)),
                AggregateKind::Sum
                | AggregateKind::Avg
                | AggregateKind::ArgMin
                | AggregateKind::ArgMax
                | AggregateKind::Collect
                | AggregateKind::Any => None,
            }
        });
        lattices.chain(aggregates).collect()
    }

    /// `min` in the place of `any`.
    pub(super) fn choose_by_order(&self, point: &PointOfOrder) -> Option<Vec<Edit>> {
        let (_, _, written) = self.point_rule(point)?;
        let edits = written.head.args.iter().filter_map(|arg| match &arg.value.kind {
            ExprKind::Call(call) if single(&call.path) == Some("any") => {
                Some(Edit { span: call.path.span, text: "min".to_owned() })
            }
            _ => None,
        });
        Some(edits.collect())
    }

    /// `_` for a timer's time that nothing uses.
    pub(super) fn beat_only(&self, point: &PointOfOrder, timer: RelationId) -> Option<Vec<Edit>> {
        let (rule, _, written) = self.point_rule(point)?;
        let clock = |literal: &Literal| match literal {
            Literal::Atom(atom) => atom.source == AtomSource::Clock,
            Literal::Negation(_)
            | Literal::Condition { .. }
            | Literal::Let { .. }
            | Literal::Unnest { .. } => false,
        };
        if rule.body.iter().any(clock) {
            return None;
        }
        let name = self.name(timer)?;
        let mut edits = Vec::new();
        for atom in atoms_of(written, name) {
            for arg in &atom.args {
                let ExprKind::Path(path) = &arg.value.kind else { continue };
                if occurrences(written, single(path)?) != 1 {
                    return None;
                }
                edits.push(Edit { span: path.span, text: "_".to_owned() });
            }
        }
        Some(edits)
    }
}

/// `variable == bound` or `bound == variable`, upward.
fn condition(literal: &tree::Literal, variable: &str, way: Way) -> Option<Edit> {
    let tree::Literal::Expr(tree::Expr { kind: ExprKind::Binary(BinaryOp::Equal, left, right), .. }) =
        literal
    else {
        return None;
    };
    let is_it = |expr: &tree::Expr| match &expr.kind {
        ExprKind::Path(path) => single(path) == Some(variable),
        _ => false,
    };
    let op = match (is_it(left), is_it(right), way) {
        (true, false, Way::Up) | (false, true, Way::Down) => " >= ",
        (true, false, Way::Down) | (false, true, Way::Up) => " <= ",
        (true, true, _) | (false, false, _) => return None,
    };
    let span = Span { file: FileId(0), start: left.span.end, end: right.span.start };
    Some(Edit { span, text: op.to_owned() })
}
