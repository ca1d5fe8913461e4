//! Types, found by unification over all rules at once; every type knows the place it comes from.

mod calls;
mod cells;
mod context;
mod delayed;
mod expr;
mod operators;
mod patterns;

use std::collections::HashMap;

use floret_ir::{
    AggregateKind, Diagnostics, IndexVec, NoticeKind, RelationId, RelationKind, Role, RoleId, RuleOp, Span,
    Type, Value, VarId,
};

use super::findings::{
    EndlessType, Evidence, Mismatch, NotFor, SenderUnknown, Subject, TypeTooLarge, Undetermined,
    UndeterminedValue, UndeterminedVariable,
};
use super::placement::Places;
use super::resolve::TYPE_LIMIT;
use super::resolve::report;
use super::resolved::{
    Atom, ColumnType, DefId, Expr, ExprKind, HeadTerm, HoleId, HoleKind, Home, LatticeForm, Literal, LocalId,
    Resolved, Rule, Source, TermKind, Variable,
};
use cells::{Cell, Cells, Clash, Head, NoType, Seen};
use context::{Context, Takes};
use delayed::Delayed;

/// The types of everything that has a name; `None`: a diagnostic was given.
pub(super) struct Types {
    pub columns: IndexVec<RelationId, Vec<Option<Type>>>,
    /// Rule by rule.
    pub variables: Vec<IndexVec<VarId, Option<Type>>>,
    pub holes: IndexVec<HoleId, Option<Type>>,
}

/// Finds the types of a program.
pub(super) fn infer(resolved: &Resolved, places: &Places, sink: &mut Diagnostics) -> Types {
    let mut inference = Inference {
        resolved,
        places,
        cells: Cells::default(),
        columns: IndexVec::new(),
        demands: Vec::new(),
        delayed: Vec::new(),
        locals: HashMap::new(),
        holes: IndexVec::new(),
        results: HashMap::new(),
        sink,
    };
    inference.columns();
    inference.definitions();
    // First what is read and passed on as it is: its types are the best evidence against expressions.
    let variables: Vec<IndexVec<VarId, Cell>> =
        resolved.rules.iter().map(|rule| inference.variables(rule)).collect();
    for ((rule, variables), role) in resolved.rules.iter().zip(&variables).zip(&places.rules) {
        inference.rule(rule, &Frame { cells: variables, variables: &rule.variables, role: *role });
    }
    inference.facts_and_shards();
    inference.settle();
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
    /// What waits for a type.
    delayed: Vec<Delayed>,
    /// What patterns and parameters bind.
    locals: HashMap<LocalId, Cell>,
    holes: IndexVec<HoleId, Cell>,
    /// The values of definitions.
    results: HashMap<DefId, Cell>,
    sink: &'s mut Diagnostics,
}

impl Inference<'_, '_> {
    fn columns(&mut self) {
        self.holes = self.resolved.holes.iter().map(|_| self.cells.open()).collect();
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
                    ColumnType::Inferred => self.cells.open(),
                    ColumnType::Sender => self.sender(id, column.span),
                    ColumnType::Unknown => self.cells.broken(),
                });
            }
            self.columns.push(columns);
        }
    }

    /// The type of a channel's `sender`: the one role that sends.
    fn sender(&mut self, channel: RelationId, span: Span) -> Cell {
        let relation = &self.resolved.relations[channel];
        let mut roles: Vec<RoleId> = match relation.kind {
            RelationKind::Channel { from: Some(from), .. } => vec![from],
            _ => {
                let rules = self.resolved.rules.iter().zip(&self.places.rules);
                let sending =
                    rules.filter(|(rule, _)| rule.head.relation == Some(channel) && rule.op == RuleOp::Later);
                sending.filter_map(|(_, role)| *role).collect()
            }
        };
        roles.sort_unstable();
        roles.dedup();
        if let ([], Some(only), 1) =
            (roles.as_slice(), self.resolved.roles.ids().next(), self.resolved.roles.len())
        {
            roles = vec![only];
        }
        if let [role] = roles.as_slice() {
            let name = self.resolved.role(*role);
            let text = format!("messages of `{}` come from a {name}", relation.name);
            return self.cells.known(Type::Address(*role), Evidence { span, text });
        }
        if !self.sink.has_errors() {
            self.sink.push(SenderUnknown {
                channel: relation.name.clone(),
                span,
                declared: relation.span,
                roles: roles.iter().map(|role| self.resolved.role(*role).to_owned()).collect(),
            });
        }
        self.cells.broken()
    }

    /// The cell of a written type.
    fn written(&mut self, ty: ColumnType, what: &str) -> Cell {
        match ty {
            ColumnType::Declared(ty, span) => {
                let text = format!("{what} is declared `{}`", type_name(ty, &self.resolved.roles));
                self.cells.known(ty, Evidence { span, text })
            }
            ColumnType::Inferred => self.cells.open(),
            ColumnType::Unknown | ColumnType::Sender => self.cells.broken(),
        }
    }

    fn definitions(&mut self) {
        let resolved = self.resolved;
        let (cells, variables) = (IndexVec::new(), IndexVec::new());
        let frame = Frame { cells: &cells, variables: &variables, role: None };
        for &id in &resolved.def_order {
            let def = &resolved.defs[id];
            for (local, ty) in def.params.iter().zip(&def.types) {
                let name = format!("`{}`", resolved_name(resolved, *local));
                let cell = self.written(*ty, &name);
                self.locals.insert(*local, cell);
            }
            let result = self.written(def.result, &format!("`{}`", def.name));
            self.results.insert(id, result);
            self.require(&def.body, result, &Context::Definition(def.name.clone()), &frame);
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
                    self.fill(head, index, expr, &frame);
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
                    self.require(&expr, wanted, &Context::Members(name), frame);
                }
                // Which nodes it tells of, the rest of the rule says.
                Source::Report(NoticeKind::Peer) if index == 0 => {
                    let value = self.operand(&expr, frame);
                    self.delay(Delayed::Peer { value });
                }
                Source::Report(kind) => {
                    let event = report::event(kind, atom.span);
                    let Some(column) = event.columns.get(index) else { continue };
                    let wanted = self.written(column.ty, &format!("`{}` of `{}`", column.name, event.name));
                    let context =
                        Context::Column { relation: event.name.clone(), column: column.name.clone() };
                    self.require(&expr, wanted, &context, frame);
                }
                Source::Clock => {
                    let (ty, text) = match index {
                        0 => (Type::Time, "`now()` is a `time`"),
                        _ => (Type::Int, "`random()` is an `int`"),
                    };
                    let wanted = self.cells.known(ty, Evidence { span: atom.span, text: text.into() });
                    self.require(&expr, wanted, &Context::Unknown, frame);
                }
                Source::Unknown => {
                    let wanted = self.cells.broken();
                    self.require(&expr, wanted, &Context::Unknown, frame);
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
        let context = Context::Column { relation, column: column.name.clone() };
        self.require(expr, wanted, &context, frame);
    }

    /// An expression that a head or fact puts into a column: a `lww` column takes a plain value, too.
    fn fill(&mut self, relation: RelationId, index: usize, expr: &Expr, frame: &Frame<'_>) {
        let resolved = self.resolved;
        let found = resolved.relations[relation].columns.get(index);
        let (Some(LatticeForm::Lww(of)), Some(column)) =
            (found.and_then(|column| column.lattice.as_ref()), found)
        else {
            return self.column(relation, index, expr, frame);
        };
        let Some(&whole) = self.columns[relation].get(index) else { return };
        let relation = resolved.relations[relation].name.clone();
        let text = format!("`{}` of `{relation}` is `lww<{}>`", column.name, type_name(*of, &resolved.roles));
        let plain = self.cells.known(*of, Evidence { span: column.span, text });
        let value = self.operand(expr, frame);
        let context = Context::Column { relation, column: column.name.clone() };
        self.delay(Delayed::Stamp { value, whole, plain, context });
    }

    fn rule(&mut self, rule: &Rule, frame: &Frame<'_>) {
        for literal in &rule.body {
            match literal {
                Literal::Atom(_) | Literal::Negation(_) => {}
                Literal::Condition(expr) => self.expect_type(expr, Type::Bool, &Context::Condition, frame),
                Literal::Let { var, value, .. } => {
                    let wanted = frame.cells[*var];
                    let name = frame.variables[*var].name.clone();
                    self.require(value, wanted, &Context::Let(name), frame);
                }
                Literal::Unnest { var, value, .. } => {
                    let value = self.operand(value, frame);
                    self.delay(Delayed::Unnest { value, element: frame.cells[*var] });
                }
            }
        }
        let Some(head) = rule.head.relation else { return };
        for (index, term) in rule.head.terms.iter().enumerate() {
            match term {
                HeadTerm::Any | HeadTerm::Expr(Expr { kind: ExprKind::Var(_), .. }) => {}
                HeadTerm::Expr(expr) => self.fill(head, index, expr, frame),
                HeadTerm::Aggregate { kind, argument, by, span } => {
                    if let Some(by) = by {
                        self.expr(by, frame);
                    }
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
            (AggregateKind::Sum | AggregateKind::Avg, Some(cell)) => {
                let operator = if kind == AggregateKind::Sum { "sum" } else { "avg" };
                let place = argument.map_or(span, |argument| argument.span);
                self.demand(cell, operator, Takes::Numbers, place);
                if kind == AggregateKind::Sum {
                    cell
                } else {
                    self.cells.known(Type::Float, Evidence { span, text: "`avg` gives a `float`".into() })
                }
            }
            (AggregateKind::Collect, Some(cell)) => {
                let because = Evidence { span, text: "`collect` gives a set".into() };
                self.cells.made(Head::Set, vec![cell], because)
            }
            (
                AggregateKind::Min
                | AggregateKind::Max
                | AggregateKind::ArgMin
                | AggregateKind::ArgMax
                | AggregateKind::Any,
                Some(cell),
            ) => cell,
            // The resolver counts the arguments.
            (
                AggregateKind::Sum
                | AggregateKind::Avg
                | AggregateKind::Collect
                | AggregateKind::Min
                | AggregateKind::Max
                | AggregateKind::ArgMin
                | AggregateKind::ArgMax
                | AggregateKind::Any,
                None,
            ) => self.cells.broken(),
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
        self.require(place, wanted, &context, frame);
    }

    fn facts_and_shards(&mut self) {
        let none = IndexVec::new();
        let no_cells = IndexVec::new();
        for fact in &self.resolved.facts {
            let frame =
                Frame { cells: &no_cells, variables: &none, role: self.places.relations[fact.relation] };
            for (index, value) in fact.values.iter().enumerate() {
                self.fill(fact.relation, index, value, &frame);
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
            let Seen::Known(head, _) = self.cells.see(demand.cell) else { continue };
            let accepted = demand.takes.accepts_head(head)
                && self.cells.get(demand.cell).is_ok_and(|ty| demand.takes.accepts(ty));
            // What is undetermined in it gets a message of its own.
            let judged = !demand.takes.accepts_head(head) || self.cells.get(demand.cell).is_ok();
            if !accepted
                && judged
                && let Some(found_because) = self.cells.evidence(demand.cell)
            {
                self.sink.push(NotFor {
                    operator: demand.operator,
                    takes: demand.takes.words().to_owned(),
                    found: self.cells.text(demand.cell, &self.resolved.roles),
                    span: demand.span,
                    found_because,
                });
            }
        }
    }

    fn undetermined(&mut self) {
        if self.resolved.incomplete {
            return;
        }
        self.undetermined_columns(|cells, cell| cells.is_open(cell));
        for (id, hole) in self.resolved.holes.entries() {
            let cell = self.holes[id];
            if self.cells.get(cell) == Err(NoType::Open) {
                let value = match hole.kind {
                    HoleKind::EmptyList => "[]",
                    HoleKind::None => "none",
                };
                self.sink.push(UndeterminedValue { span: hole.span, value });
                if let Seen::Known(_, parts) = self.cells.see(cell) {
                    parts.into_iter().for_each(|part| self.give_up_open(part));
                }
                self.cells.give_up(cell);
            }
        }
        self.undetermined_columns(|cells, cell| cells.get(cell) == Err(NoType::Open));
    }

    /// Breaks what is open in a cell.
    fn give_up_open(&mut self, cell: Cell) {
        let mut parts = vec![cell];
        let mut left = TYPE_LIMIT;
        while let Some(part) = parts.pop() {
            left = left.saturating_sub(1);
            match self.cells.see(part) {
                Seen::Open => self.cells.give_up(part),
                Seen::Known(_, inner) if left > 0 => parts.extend(inner),
                Seen::Known(..) | Seen::Broken => {}
            }
        }
    }

    fn undetermined_columns(&mut self, is_open: impl Fn(&mut Cells, Cell) -> bool) {
        for (id, relation) in self.resolved.relations.entries() {
            let cells: Vec<Cell> =
                self.columns[id].iter().copied().filter(|cell| is_open(&mut self.cells, *cell)).collect();
            let open: Vec<(String, Span)> = relation
                .columns
                .iter()
                .zip(&self.columns[id])
                .filter(|(_, cell)| cells.contains(cell))
                .map(|(column, _)| (column.name.clone(), column.span))
                .collect();
            // Views that pass values to each other are one mistake: the first is shown.
            cells.iter().for_each(|cell| self.give_up_open(*cell));
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
        let holes = std::mem::take(&mut self.holes);
        let mut found = Types { columns: IndexVec::new(), variables: Vec::new(), holes: IndexVec::new() };
        let resolved = self.resolved;
        for (id, cells) in columns.entries() {
            let span = resolved.relations[id].span;
            found.columns.push(cells.iter().map(|cell| self.final_type(*cell, span)).collect());
        }
        for (rule, cells) in resolved.rules.iter().zip(variables) {
            let mut types = IndexVec::new();
            for (id, cell) in cells.entries() {
                let variable = &rule.variables[id];
                // Where something else is wrong, what is open may be so for that.
                if self.cells.get(*cell) == Err(NoType::Open) && !self.sink.has_errors() {
                    let name = if variable.name.starts_with('$') { "this" } else { &variable.name };
                    self.sink.push(UndeterminedVariable { name: name.to_owned(), span: variable.span });
                }
                types.push(self.final_type(*cell, variable.span));
            }
            found.variables.push(types);
        }
        for (id, cell) in holes.entries() {
            found.holes.push(self.final_type(*cell, resolved.holes[id].span));
        }
        found
    }

    fn final_type(&mut self, cell: Cell, span: Span) -> Option<Type> {
        match self.cells.get(cell) {
            Ok(ty) => Some(ty),
            Err(NoType::TooLarge) => {
                self.sink.push(TypeTooLarge { span, limit: TYPE_LIMIT });
                None
            }
            Err(NoType::Open | NoType::Broken) => None,
        }
    }

    /// Makes `found` the wanted type, or says at `span` that it isn't (and returns `false`).
    fn unify(&mut self, wanted: Cell, found: Cell, span: Span, subject: Subject, context: &Context) -> bool {
        match self.cells.unify(wanted, found) {
            Ok(()) => return true,
            Err(Clash::Endless) => {
                self.sink.push(EndlessType { span });
                return false;
            }
            Err(Clash::Different) => {}
        }
        let needed = self.cells.text(wanted, &self.resolved.roles);
        let found_text = self.cells.text(found, &self.resolved.roles);
        let nothing = || Evidence { span, text: String::new() };
        self.sink.push(Mismatch {
            title: context.title(&needed, &found_text),
            span,
            found: found_text,
            needed,
            found_because: self.cells.evidence(found).unwrap_or_else(nothing),
            needed_because: self.cells.evidence(wanted).unwrap_or_else(nothing),
            subject,
        });
        false
    }
}

/// The name of a parameter or of what a pattern binds.
fn resolved_name(resolved: &Resolved, local: LocalId) -> String {
    resolved.locals.get(local).map_or_else(String::new, |variable| variable.name.clone())
}

/// A type as it is written.
pub(super) fn type_name(ty: Type, roles: &IndexVec<RoleId, Role>) -> String {
    let all = |types: &[Type]| types.iter().map(|ty| type_name(*ty, roles)).collect::<Vec<_>>().join(", ");
    match ty {
        Type::Int => "int".into(),
        Type::Float => "float".into(),
        Type::Bool => "bool".into(),
        Type::String => "string".into(),
        Type::Bytes => "bytes".into(),
        Type::Time => "time".into(),
        Type::Duration => "duration".into(),
        Type::Node => "node".into(),
        Type::Address(role) => roles[role].name.clone(),
        Type::Tuple(parts) => format!("({})", all(&parts)),
        Type::List(of) => format!("list<{}>", all(&[*of])),
        Type::Set(of) => format!("set<{}>", all(&[*of])),
        Type::Option(of) => format!("option<{}>", all(&[*of])),
        Type::Map(key, of) => format!("map<{}>", all(&[*key, *of])),
        Type::Struct(of) => of.name.clone(),
        Type::Enum(of) => of.name.clone(),
    }
}

/// The type of a constant.
pub(super) fn value_type(value: &Value) -> Type {
    floret_ir::constant_type(value).unwrap_or(Type::Bool)
}
