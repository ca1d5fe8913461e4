//! Types, found by unification over all rules at once; every type knows the place it comes from.

mod cells;
mod context;
mod expr;

use floret_ir::{
    AggregateKind, Diagnostics, IndexVec, RelationId, RelationKind, Role, RoleId, Span, Type, Value, VarId,
};

use super::findings::{Evidence, Mismatch, NotFor, SenderOfManyRoles, Subject, Undetermined};
use super::placement::Places;
use super::resolved::{
    Atom, ColumnType, Expr, ExprKind, HeadTerm, Home, Literal, Resolved, Rule, Source, TermKind, Variable,
};
use cells::{Cell, Cells};
use context::{Context, Takes};

/// The types of everything that has a name; `None`: a diagnostic was given.
pub(super) struct Types {
    pub columns: IndexVec<RelationId, Vec<Option<Type>>>,
    /// Rule by rule.
    pub variables: Vec<IndexVec<VarId, Option<Type>>>,
}

/// Finds the types of a program.
pub(super) fn infer(resolved: &Resolved, places: &Places, sink: &mut Diagnostics) -> Types {
    let mut inference = Inference {
        resolved,
        places,
        cells: Cells::default(),
        columns: IndexVec::new(),
        demands: Vec::new(),
        sink,
    };
    inference.columns();
    // First what is read and passed on as it is: its types are the best evidence against expressions.
    let variables: Vec<IndexVec<VarId, Cell>> =
        resolved.rules.iter().map(|rule| inference.variables(rule)).collect();
    for ((rule, variables), role) in resolved.rules.iter().zip(&variables).zip(&places.rules) {
        inference.rule(rule, &Frame { cells: variables, variables: &rule.variables, role: *role });
    }
    inference.facts_and_shards();
    inference.demands();
    inference.undetermined();
    inference.finish(&variables)
}

/// What an expression may refer to.
struct Frame<'r> {
    cells: &'r IndexVec<VarId, Cell>,
    variables: &'r IndexVec<VarId, Variable>,
    /// Where it is computed: the type of `self`.
    role: Option<RoleId>,
}

/// An operator that doesn't take every type, checked once all types are known.
struct Demand {
    cell: Cell,
    operator: String,
    takes: Takes,
    span: Span,
}

struct Inference<'r, 's> {
    resolved: &'r Resolved,
    places: &'r Places,
    cells: Cells,
    columns: IndexVec<RelationId, Vec<Cell>>,
    demands: Vec<Demand>,
    sink: &'s mut Diagnostics,
}

impl Inference<'_, '_> {
    fn columns(&mut self) {
        for (id, relation) in self.resolved.relations.entries() {
            let mut columns = Vec::new();
            for column in &relation.columns {
                columns.push(match column.ty {
                    ColumnType::Declared(ty, span) => {
                        let text = format!(
                            "`{}` of `{}` is declared `{}`",
                            column.name,
                            relation.name,
                            type_name(ty, &self.resolved.roles)
                        );
                        self.cells.known(ty, Evidence { span, text })
                    }
                    ColumnType::Sender => match self.sender_role(id) {
                        Some(role) => {
                            let name = self.resolved.role(role);
                            let text = format!("messages of `{}` are sent by {name}", relation.name);
                            self.cells.known(Type::Address(role), Evidence { span: column.span, text })
                        }
                        None => self.cells.broken(),
                    },
                    ColumnType::Inferred => self.cells.open(),
                    ColumnType::Unknown => self.cells.broken(),
                });
            }
            self.columns.push(columns);
        }
    }

    /// The only role whose nodes send to a channel.
    fn sender_role(&mut self, channel: RelationId) -> Option<RoleId> {
        let relation = &self.resolved.relations[channel];
        if let RelationKind::Channel { from: Some(role) } = relation.kind {
            return Some(role);
        }
        let mut senders: Vec<(RoleId, Span)> = Vec::new();
        for (rule, role) in self.resolved.rules.iter().zip(&self.places.rules) {
            if rule.head.relation == Some(channel) {
                // A rule without a place got its message.
                senders.push(((*role)?, rule.head.span));
            }
        }
        match senders.first() {
            Some((first, _)) if senders.iter().all(|(role, _)| role == first) => Some(*first),
            _ => {
                let named = senders.iter().map(|(role, span)| (self.resolved.role(*role).to_owned(), *span));
                self.sink.push(SenderOfManyRoles {
                    channel: relation.name.clone(),
                    span: relation.span,
                    senders: named.collect(),
                });
                None
            }
        }
    }

    /// Cells for a rule's variables, with what its atoms and the plain variables of its head say about them.
    fn variables(&mut self, rule: &Rule) -> IndexVec<VarId, Cell> {
        let cells: IndexVec<VarId, Cell> = rule.variables.iter().map(|_| self.cells.open()).collect();
        let frame = Frame { cells: &cells, variables: &rule.variables, role: None };
        for atom in rule.atoms() {
            self.atom(atom, &frame);
        }
        if let Some(head) = rule.head.relation {
            for (index, term) in rule.head.terms.iter().enumerate() {
                if let HeadTerm::Expr(expr @ Expr { kind: ExprKind::Var(_), .. }) = term {
                    self.column(head, index, expr, &frame);
                }
            }
        }
        cells
    }

    fn atom(&mut self, atom: &Atom, frame: &Frame<'_>) {
        for (index, term) in atom.terms.iter().enumerate() {
            let kind = match &term.kind {
                TermKind::Any => continue,
                TermKind::Var(var) => ExprKind::Var(*var),
                TermKind::Const(value) => ExprKind::Const(value.clone()),
            };
            let expr = Expr { kind, span: term.span };
            match atom.source {
                Source::Relation(id) => self.column(id, index, &expr, frame),
                Source::Members(role) => {
                    let name = self.resolved.role(role).to_owned();
                    let text = format!("`{name}(...)` ranges over the addresses of `{name}`");
                    let wanted = self.cells.known(Type::Address(role), Evidence { span: atom.span, text });
                    self.expect(&expr, wanted, &Context::Members(name), frame);
                }
                Source::Clock | Source::Reports(_) => {
                    let (name, ty) = match atom.source {
                        Source::Reports(kind) => {
                            let column = kind.columns().get(index).copied().unwrap_or(("", Type::String));
                            (kind.name(), column.1)
                        }
                        _ => ("now()", if index == 0 { Type::Time } else { Type::Int }),
                    };
                    let text = format!("`{name}` gives a `{}` here", type_name(ty, &self.resolved.roles));
                    let wanted = self.cells.known(ty, Evidence { span: atom.span, text });
                    self.expect(&expr, wanted, &Context::Members(name.to_owned()), frame);
                }
                Source::Unknown => {
                    let wanted = self.cells.broken();
                    self.expect(&expr, wanted, &Context::Unknown, frame);
                }
            }
        }
    }

    /// An expression that is or fills a column.
    fn column(&mut self, relation: RelationId, index: usize, expr: &Expr, frame: &Frame<'_>) {
        let resolved = self.resolved;
        let relation_columns = &resolved.relations[relation].columns;
        let (Some(&wanted), Some(column)) = (self.columns[relation].get(index), relation_columns.get(index))
        else {
            return;
        };
        let relation = resolved.relations[relation].name.clone();
        self.expect(expr, wanted, &Context::Column { relation, column: column.name.clone() }, frame);
    }

    fn rule(&mut self, rule: &Rule, frame: &Frame<'_>) {
        for literal in &rule.body {
            match literal {
                Literal::Atom(_) | Literal::Negation(_) => {}
                Literal::Condition(expr) => self.expect_type(expr, Type::Bool, &Context::Condition, frame),
                Literal::Let { var, value, .. } => {
                    let wanted = frame.cells[*var];
                    let name = frame.variables[*var].name.clone();
                    self.expect(value, wanted, &Context::Let(name), frame);
                }
            }
        }
        let Some(head) = rule.head.relation else { return };
        for (index, term) in rule.head.terms.iter().enumerate() {
            match term {
                HeadTerm::Any | HeadTerm::Expr(Expr { kind: ExprKind::Var(_), .. }) => {}
                HeadTerm::Expr(expr) => self.column(head, index, expr, frame),
                HeadTerm::Aggregate { kind, argument, span } => {
                    self.aggregate(head, index, *kind, argument.as_ref(), *span, frame);
                }
            }
        }
        if let Some(place) = &rule.head.place {
            self.place(head, place, frame);
        }
    }

    fn aggregate(
        &mut self,
        head: RelationId,
        index: usize,
        kind: AggregateKind,
        argument: Option<&Expr>,
        span: Span,
        frame: &Frame<'_>,
    ) {
        let of = argument.map(|argument| self.expr(argument, frame));
        let result = match (kind, of) {
            (AggregateKind::Count | AggregateKind::CountDistinct, _) => {
                self.cells.known(Type::Int, Evidence { span, text: "`count` gives an `int`".into() })
            }
            (AggregateKind::Sum, Some(cell)) => {
                let operator = "sum".to_owned();
                let place = argument.map_or(span, |argument| argument.span);
                self.demands.push(Demand { cell, operator, takes: Takes::Numbers, span: place });
                cell
            }
            (AggregateKind::Min | AggregateKind::Max, Some(cell)) => cell,
            // The resolver counts the arguments.
            (_, _) => self.cells.broken(),
        };
        let (Some(&wanted), Some(column)) =
            (self.columns[head].get(index), self.resolved.relations[head].columns.get(index))
        else {
            return;
        };
        let relation = self.resolved.relations[head].name.clone();
        self.unify(
            wanted,
            result,
            span,
            Subject::Other,
            &Context::Column { relation, column: column.name.clone() },
        );
    }

    /// `r@place`: an address of the role where `r` lives.
    fn place(&mut self, id: RelationId, place: &Expr, frame: &Frame<'_>) {
        let relation = &self.resolved.relations[id];
        let Some(role) = self.places.relations[id] else { return };
        let span = match relation.home {
            Home::At(_, span) => span,
            Home::Unwritten | Home::Unknown => relation.span,
        };
        let role_name = self.resolved.role(role).to_owned();
        let text = format!("`{}` is at {role_name}", relation.name);
        let wanted = self.cells.known(Type::Address(role), Evidence { span, text });
        let context = Context::Place { relation: relation.name.clone(), role: role_name };
        self.expect(place, wanted, &context, frame);
    }

    fn facts_and_shards(&mut self) {
        let none = IndexVec::new();
        let no_cells = IndexVec::new();
        for fact in &self.resolved.facts {
            let frame =
                Frame { cells: &no_cells, variables: &none, role: self.places.relations[fact.relation] };
            for (index, value) in fact.values.iter().enumerate() {
                self.column(fact.relation, index, value, &frame);
            }
            if let Some(place) = &fact.place {
                self.place(fact.relation, place, &frame);
            }
        }
        for (id, relation) in self.resolved.relations.entries() {
            let Some(shards) = &relation.shards else { continue };
            let cells: IndexVec<VarId, Cell> = self.columns[id].iter().copied().collect();
            let variables = relation
                .columns
                .iter()
                .map(|column| Variable { name: column.name.clone(), span: column.span })
                .collect();
            let frame = Frame { cells: &cells, variables: &variables, role: None };
            self.expect_type(shards, Type::Int, &Context::MemberNumber, &frame);
        }
    }

    fn demands(&mut self) {
        for demand in std::mem::take(&mut self.demands) {
            let Some((ty, because)) = self.cells.get(demand.cell) else { continue };
            if !demand.takes.accepts(ty) {
                self.sink.push(NotFor {
                    operator: demand.operator,
                    takes: demand.takes.words(),
                    found: type_name(ty, &self.resolved.roles),
                    span: demand.span,
                    found_because: because.clone(),
                });
            }
        }
    }

    fn undetermined(&mut self) {
        if self.resolved.incomplete {
            return;
        }
        for (id, relation) in self.resolved.relations.entries() {
            let cells: Vec<Cell> =
                self.columns[id].iter().copied().filter(|cell| self.cells.is_open(*cell)).collect();
            let open: Vec<(String, Span)> = relation
                .columns
                .iter()
                .zip(&self.columns[id])
                .filter(|(_, cell)| cells.contains(cell))
                .map(|(column, _)| (column.name.clone(), column.span))
                .collect();
            // Views that pass values to each other are one mistake: the first is shown.
            cells.iter().for_each(|cell| self.cells.give_up(*cell));
            // A rule whose variable is unbound gets that message instead.
            if !open.is_empty() && !self.has_unsafe_rule(id) {
                self.sink.push(Undetermined {
                    relation: relation.name.clone(),
                    columns: open,
                    all_columns: relation.columns.iter().map(|column| column.name.clone()).collect(),
                });
            }
        }
    }

    fn has_unsafe_rule(&self, relation: RelationId) -> bool {
        let mut rules = self.resolved.rules.iter().filter(|rule| rule.head.relation == Some(relation));
        rules.any(super::safety::is_unsafe)
    }

    fn finish(mut self, variables: &[IndexVec<VarId, Cell>]) -> Types {
        let columns = std::mem::take(&mut self.columns);
        let mut get = |cell: &Cell| self.cells.get(*cell).map(|(ty, _)| ty);
        Types {
            columns: columns.iter().map(|cells| cells.iter().map(&mut get).collect()).collect(),
            variables: variables.iter().map(|cells| cells.iter().map(&mut get).collect()).collect(),
        }
    }

    /// Makes `found` the wanted type, or says at `span` that it isn't (and returns `false`).
    fn unify(&mut self, wanted: Cell, found: Cell, span: Span, subject: Subject, context: &Context) -> bool {
        let Err(clash) = self.cells.unify(wanted, found) else { return true };
        let needed = type_name(clash.left.0, &self.resolved.roles);
        let found = type_name(clash.right.0, &self.resolved.roles);
        self.sink.push(Mismatch {
            title: context.title(&needed, &found),
            span,
            found,
            needed,
            found_because: clash.right.1,
            needed_because: clash.left.1,
            subject,
        });
        false
    }
}

/// A type as it is written.
fn type_name(ty: Type, roles: &IndexVec<RoleId, Role>) -> String {
    match ty {
        Type::Int => "int".into(),
        Type::Float => "float".into(),
        Type::Bool => "bool".into(),
        Type::String => "string".into(),
        Type::Address(role) => roles[role].name.clone(),
        _ => format!("{ty:?}"),
    }
}

/// The type of a constant.
pub(super) fn value_type(value: &Value) -> Type {
    floret_ir::constant_type(value).unwrap_or(Type::Bool)
}
