//! Programs for the tests of runtime crates, which must not know the compiler: a small reader of a notation that looks
//! like Floret but knows nothing of precedence (operators apply left to right), checks or good messages. Columns are ints
//! unless they name a type of [`types`] or a lattice of [`lattices`]. Its strata are computed in the most direct way.
//! Mistakes panic. A view that isn't declared must be filled before it is read.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{
    Address, AggregateKind, Atom, AtomSource, BinaryOp, Component, Expr, Fact, FileId, Firing, Function,
    Head, HeadTerm, IndexVec, InputMode, Lattice, Literal, NoticeEvent, NoticeKind, Param, Presence, Program,
    Promise, Relation, RelationColumn, RelationId, RelationKind, Role, RoleId, Row, Rule, RuleOp, Shape,
    Site, Span, Strata, Stratified, Term, Type, UnaryOp, Value, VarId, Variable, evaluate, time,
};

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

/// Reads a program: statements end in `;`. Undeclared heads are views at the role of their rule.
pub(crate) fn program(text: &str) -> Stratified {
    let mut program = Program::default();
    let statements: Vec<&str> = text.split(';').map(str::trim).filter(|s| !s.is_empty()).collect();
    for name in statements.iter().filter_map(|s| s.strip_prefix("role ")) {
        program.roles.push(Role { name: name.into(), implicit: false, durable: false, span: NOWHERE });
    }
    if program.roles.is_empty() {
        program.roles.push(Role { name: "Node".into(), implicit: true, durable: false, span: NOWHERE });
    }
    let is_declaration = |s: &str| split_call(s).0.contains(' ');
    statements.iter().filter(|s| is_declaration(s)).for_each(|s| declare(&mut program, s));
    for statement in statements.into_iter().filter(|s| !is_declaration(s)) {
        let after_head = split_call(statement).2.trim_start();
        let op = [RuleOp::Replace, RuleOp::Now, RuleOp::Next, RuleOp::Delete, RuleOp::Later]
            .into_iter()
            .find(|op| after_head.starts_with(op.symbol()));
        match op {
            Some(op) => rule(&mut program, statement, op, &after_head[op.symbol().len()..]),
            None => fact(&mut program, statement),
        }
    }
    stratified(program)
}

/// The id of a relation.
pub(crate) fn relation(stratified: &Stratified, name: &str) -> RelationId {
    stratified.program.relation_named(name).unwrap_or_else(|| panic!("no relation {name}"))
}

/// A row as `1, "a", Server[0]`.
pub(crate) fn row(stratified: &Stratified, text: &str) -> Row {
    let mut scope = Scope { program: &stratified.program, variables: IndexVec::new() };
    let values = split(text, ',').into_iter().map(|text| match scope.expr(text) {
        Expr::Const(value) => value,
        Expr::Member { role, index } => match *index {
            Expr::Const(Value::Int(index)) => Value::Address(Address { role, index: index as u32 }),
            other => panic!("not a member: {other:?}"),
        },
        expr => evaluate(&expr, &|_| None, &Site::nowhere()).unwrap(),
    });
    values.collect()
}

/// What a column may be called after `name:`.
fn types(program: &Program, name: &str) -> Option<Type> {
    Some(match name {
        "int" => Type::Int,
        "bool" => Type::Bool,
        "node" => Type::Node,
        "string" => Type::String,
        "time" => Type::Time,
        "list" => Type::list(Type::Int),
        "ints" => Type::set(Type::Int),
        "pairs" => Type::map(Type::Int, Type::Int),
        "maybe" => Type::option(Type::Int),
        "pair" => Type::tuple(vec![Type::Int, Type::Int]),
        role => Type::Address(program.role_named(role)?),
    })
}

/// Lattices that a value column may be, all over ints.
fn lattices(name: &str) -> Option<Lattice> {
    Some(match name {
        "max" => Lattice::Max(Type::Int),
        "min" => Lattice::Min(Type::Int),
        "any" => Lattice::Any,
        "all" => Lattice::All,
        "set" => Lattice::Set(Type::Int),
        "map" => Lattice::Map(Type::Int, Box::new(Lattice::Max(Type::Int))),
        "lww" => Lattice::Lww(Type::Int),
        "range" => Lattice::Tuple(vec![Lattice::Min(Type::Int), Lattice::Max(Type::Int)]),
        _ => return None,
    })
}

/// `name@place(args) rest`: name, args, rest; the place is found by [`place`].
fn split_call(text: &str) -> (&str, &str, &str) {
    let mut brackets = 0;
    let open = text
        .char_indices()
        .find(|(_, c)| {
            brackets += i32::from(*c == '[') - i32::from(*c == ']');
            *c == '(' && brackets == 0
        })
        .map(|(at, _)| at);
    let Some(open) = open else { return (text, "", "") };
    let mut depth = 0;
    for (at, c) in text[open..].char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 {
            let (args, rest) = (&text[open + 1..open + at], &text[open + at + 1..]);
            return (text[..open].split('@').next().unwrap().trim(), args, rest);
        }
    }
    panic!("unbalanced: {text}")
}

/// What stands between `@` and the arguments.
fn place(text: &str) -> Option<&str> {
    let (name, args, _) = split_call(text);
    let before = &text[..text.find(&format!("({args})")).unwrap()];
    before.trim().strip_prefix(name).and_then(|rest| rest.strip_prefix('@'))
}

/// Splits outside of brackets; nothing for an empty text.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            c if c == separator && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// `[input|static input|mutable input] [output] kind name(keys => values) [on ROLE] [from ROLE] [ordered|lossy] [sender]`, where `sender`
/// makes the last column one; `timer name() [every N] [on ROLE]`, in nanoseconds; `reports kind() [on ROLE]` for the event `kind`;
/// `param name()`, an int
fn declare(program: &mut Program, text: &str) {
    if text.starts_with("role ") {
        return;
    }
    let (words, columns, clauses) = split_call(text);
    let mut words: Vec<&str> = words.split_whitespace().collect();
    let name = words.pop().unwrap();
    let clauses: Vec<&str> = clauses.split_whitespace().collect();
    let clause = |word| {
        let at = clauses.iter().position(|clause| *clause == word)?;
        program.role_named(clauses[at + 1])
    };
    let role = clause("on").unwrap_or(RoleId(0));
    let kind = match *words.last().unwrap() {
        "param" => {
            program.params.push(Param { name: name.into(), ty: Type::Int, default: None, span: NOWHERE });
            return;
        }
        "timer" => {
            let relation = view(program, name, &["at: time"], role);
            let every = clauses.iter().position(|clause| *clause == "every");
            let kind = RelationKind::Timer { every: every.map_or(1, |at| clauses[at + 1].parse().unwrap()) };
            program.relations.push(Relation { kind, inferred: false, ..relation });
            return;
        }
        "reports" => {
            let (kind, columns) = match name {
                "error" => (NoticeKind::Error, &["rule", "at: string", "values: string"][..]),
                "conflict" => (NoticeKind::Conflict, &["collection: string", "row: string"][..]),
                "peer" => (NoticeKind::Peer, &["node: node", "up: bool"][..]),
                other => panic!("no such report: {other}"),
            };
            let event = view(program, name, columns, role);
            let relation = program.relations.push(Relation { kind: RelationKind::Event, ..event });
            program.notices.push(NoticeEvent { kind, relation });
            return;
        }

        "table" => RelationKind::Table,
        "view" => RelationKind::View,
        "event" => RelationKind::Event,
        "channel" => {
            let has = |promise: &Promise| promise.clause().is_some_and(|word| clauses.contains(&word));
            let promise = [Promise::Ordered, Promise::Lossy].into_iter().find(has).unwrap_or_default();
            RelationKind::Channel { from: clause("from"), promise }
        }
        other => panic!("not a kind: {other}"),
    };
    let key = columns.split_once("=>").map(|(keys, _)| split(keys, ',').len());
    let names = columns.replace("=>", ",");
    let relation = Relation {
        input: match (words.contains(&"static"), words.contains(&"mutable"), words.contains(&"input")) {
            (true, _, _) => Some(InputMode::Static),
            (_, true, _) => Some(InputMode::Mutable),
            (false, false, true) => Some(InputMode::Add),
            (false, false, false) => None,
        },
        sender: clauses.contains(&"sender"),
        output: words.contains(&"output"),
        key,
        ..view(program, name, &split(&names, ','), role)
    };
    program.relations.push(Relation { kind, inferred: false, ..relation });
}

fn view(program: &Program, name: &str, columns: &[&str], role: RoleId) -> Relation {
    let column = |text: &&str| {
        let (name, of) = text.split_once(": ").unwrap_or((text, "int"));
        let (lattice, ty) = (lattices(of), types(program, of));
        let ty = ty.or(lattice.as_ref().map(Lattice::carrier)).unwrap_or_else(|| panic!("no type {of}"));
        RelationColumn { name: name.into(), ty, lattice }
    };
    let columns = columns.iter().map(column).collect();
    Relation {
        name: name.into(),
        kind: RelationKind::View,
        columns,
        key: None,
        key_proven: false,
        sender: false,
        role,
        input: None,
        shards: None,
        output: false,
        inferred: true,
        span: NOWHERE,
    }
}

fn fact(program: &mut Program, text: &str) {
    let mut scope = Scope { program, variables: IndexVec::new() };
    let (name, args, _) = split_call(text);
    let fact = Fact {
        relation: program.relation_named(name).unwrap(),
        place: place(text).map(|text| scope.expr(text)),
        values: split(args, ',').into_iter().map(|text| scope.expr(text)).collect(),
        span: NOWHERE,
    };
    program.facts.push(fact);
}

fn rule(program: &mut Program, head: &str, op: RuleOp, body: &str) {
    let (name, args, _) = split_call(head);
    let literals = split(body, ',');
    let role_of = |literal: &&str| {
        let name = split_call(literal.trim_start_matches('!')).0;
        program.relation_named(name).map(|relation| program.relations[relation].role)
    };
    let role = literals.iter().find_map(role_of).unwrap_or(RoleId(0));
    if program.relation_named(name).is_none() {
        let relation = view(program, name, &split(args, ','), role);
        program.relations.push(relation);
    }
    let mut scope = Scope { program, variables: IndexVec::new() };
    let body = literals.into_iter().map(|literal| scope.literal(literal)).collect();
    let head = Head {
        relation: program.relation_named(name).unwrap(),
        place: place(head).map(|text| scope.expr(text)),
        terms: split(args, ',').into_iter().map(|term| scope.head_term(term)).collect(),
        span: NOWHERE,
    };
    let variables = scope.variables;
    program.rules.push(Rule { op, role, head, body, variables, span: NOWHERE });
}

struct Scope<'p> {
    program: &'p Program,
    variables: IndexVec<VarId, Variable>,
}

impl Scope<'_> {
    fn var(&mut self, name: &str) -> VarId {
        self.var_of(name, Type::Int)
    }

    /// The variable; if it is new, of that type.
    fn var_of(&mut self, name: &str, ty: Type) -> VarId {
        let known = self.variables.entries().find(|(_, variable)| variable.name == name).map(|(id, _)| id);
        known.unwrap_or_else(|| self.variables.push(Variable { name: name.into(), ty, span: NOWHERE }))
    }

    fn ty(&self, expr: &Expr<VarId>) -> Type {
        expr.ty(&|var| self.variables[*var].ty)
    }

    fn literal(&mut self, text: &str) -> Literal {
        if let Some((var, value)) = text.strip_prefix("let ").and_then(|text| text.split_once(" = ")) {
            let value = self.expr(value);
            let ty = self.ty(&value);
            return Literal::Let { var: self.var_of(var, ty), value, span: NOWHERE };
        }
        if let Some((var, value)) = text.split_once(" in ") {
            let value = self.expr(value);
            let ty = self.ty(&value).element().unwrap();
            return Literal::Unnest { var: self.var_of(var, ty), value, span: NOWHERE };
        }
        if let Some(atom) = text.strip_prefix('!') {
            return Literal::Negation(self.atom(atom));
        }
        let (name, _, rest) = split_call(text);
        let is_atom = name == "clock"
            || self.program.relation_named(name).is_some()
            || self.program.role_named(name).is_some();
        if is_atom && rest.is_empty() {
            Literal::Atom(self.atom(text))
        } else {
            Literal::Condition { expr: self.expr(text), span: NOWHERE }
        }
    }

    fn atom(&mut self, text: &str) -> Atom {
        let (name, args, _) = split_call(text);
        let source = match (self.program.relation_named(name), self.program.role_named(name)) {
            (Some(relation), _) => AtomSource::Relation(relation),
            (None, Some(role)) => AtomSource::Members(role),
            (None, None) if name == "clock" => AtomSource::Clock,
            (None, None) => panic!("no relation {name}"),
        };
        let types = match source {
            AtomSource::Relation(id) => self.program.relations[id].columns.iter().map(|c| c.ty).collect(),
            AtomSource::Members(role) => vec![Type::Address(role)],
            AtomSource::Clock => vec![Type::Time, Type::Int],
        };
        let terms = split(args, ',').into_iter().zip(types).map(|(term, ty)| match (term, value(term)) {
            ("_", _) => Term::Any,
            (_, Some(value)) => Term::Const(value),
            (name, None) => Term::Var(self.var_of(name, ty)),
        });
        Atom { source, terms: terms.collect(), span: NOWHERE }
    }

    fn head_term(&mut self, text: &str) -> HeadTerm {
        let (name, args, rest) = split_call(text);
        let kind = match (name, args) {
            ("count", "") => AggregateKind::Count,
            ("count", _) => AggregateKind::CountDistinct,
            ("sum", _) => AggregateKind::Sum,
            ("min", _) => AggregateKind::Min,
            ("max", _) => AggregateKind::Max,
            ("avg", _) => AggregateKind::Avg,
            ("arg_min", _) => AggregateKind::ArgMin,
            ("arg_max", _) => AggregateKind::ArgMax,
            ("collect", _) => AggregateKind::Collect,
            ("any", _) => AggregateKind::Any,
            ("_", _) => return HeadTerm::Any,
            _ => return HeadTerm::Expr(self.expr(text)),
        };
        if !rest.is_empty() || !text.contains('(') {
            return HeadTerm::Expr(self.expr(text));
        }
        let mut args = split(args, ',').into_iter().map(|arg| self.expr(arg));
        HeadTerm::Aggregate { kind, argument: args.next(), by: args.next() }
    }

    fn list(&mut self, text: &str) -> Vec<Expr<VarId>> {
        split(text, ',').into_iter().map(|part| self.expr(part)).collect()
    }

    fn expr(&mut self, text: &str) -> Expr<VarId> {
        let parts = split(text, ' ');
        let mut left = self.operand(parts[0]);
        for pair in parts[1..].chunks(2) {
            let right = Box::new(self.operand(pair[1]));
            let operands = self.ty(&left);
            left = Expr::Binary { op: operator(pair[0]), operands, left: Box::new(left), right };
        }
        left
    }

    fn operand(&mut self, text: &str) -> Expr<VarId> {
        if let Some(value) = value(text) {
            return Expr::Const(value);
        }
        let role = |name: &str| self.program.role_named(name);
        if let Some((role, index)) = text.split_once('[').and_then(|(name, rest)| Some((role(name)?, rest))) {
            let index = Box::new(self.expr(index.strip_suffix(']').unwrap()));
            return Expr::Member { role, index };
        }
        let (name, args, _) = split_call(text);
        if Function::by_name(name).next().is_some() {
            let args = self.list(args);
            let types: Vec<Type> = args.iter().map(|arg| self.ty(arg)).collect();
            let takes = |function: Function| Some((function, function.signature().result_of(&types)?));
            let (function, result) = Function::by_name(name).find_map(takes).unwrap();
            return Expr::Call { function, args, types, result };
        }
        if let Some(index) = self.program.params.iter().position(|param| param.name == text) {
            return Expr::Param { index: index as u32, ty: Type::Int };
        }
        let option = Type::option(Type::Int);
        match text {
            "self" => Expr::SelfAddress(RoleId(0)),
            "none" => Expr::Construct { shape: Shape::Variant(0), parts: Vec::new(), ty: option },
            _ if name == "some" => {
                Expr::Construct { shape: Shape::Variant(1), parts: self.list(args), ty: option }
            }
            _ if text.starts_with('[') => {
                let parts = self.list(&text[1..text.len() - 1]);
                let ty = Type::list(parts.first().map_or(Type::Int, |part| self.ty(part)));
                Expr::Construct { shape: Shape::List, parts, ty }
            }
            _ if text.starts_with('(') && split(args, ',').len() > 1 => {
                let parts = self.list(args);
                let ty = Type::tuple(parts.iter().map(|part| self.ty(part)).collect());
                Expr::Construct { shape: Shape::Tuple, parts, ty }
            }
            _ if text.starts_with('(') => self.expr(args),
            _ if text.starts_with('-') => Expr::Unary {
                op: UnaryOp::Negate,
                operand: Type::Int,
                value: Box::new(self.operand(&text[1..])),
            },
            name => {
                assert!(!name.contains('('), "nothing is called {name}");
                Expr::Var(self.var(name))
            }
        }
    }
}

/// `1`, `1.5`, `"x"`, `true`, `'2026-11-25T00:00:00Z'`.
fn value(text: &str) -> Option<Value> {
    if let Ok(number) = text.parse() {
        return Some(Value::Int(number));
    }
    match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ if text.starts_with('\'') => time::parse_time(text.trim_matches('\'')).map(Value::Time),
        _ if text.starts_with('"') => Some(Value::string(text.trim_matches('"'))),
        _ if text.starts_with(|c: char| c.is_ascii_digit()) => text.parse().ok().map(Value::float),
        _ => None,
    }
}

fn operator(symbol: &str) -> BinaryOp {
    use BinaryOp as B;
    let all = [
        B::Add,
        B::Subtract,
        B::Multiply,
        B::Divide,
        B::Remainder,
        B::Equal,
        B::NotEqual,
        B::Less,
        B::LessEqual,
        B::Greater,
        B::GreaterEqual,
        B::And,
        B::Or,
    ];
    all.into_iter().find(|op| op.symbol() == symbol).unwrap_or_else(|| panic!("no operator {symbol}"))
}

fn stratified(program: Program) -> Stratified {
    let presence = presence(&program);
    let firing = program
        .rules
        .iter()
        .map(|rule| if arrives(rule, &presence) { Firing::EachTick } else { Firing::OnChange })
        .collect();
    let strata = Strata { components: components(&program), presence, firing };
    Stratified { program, strata }
}

fn relation_of(atom: &Atom) -> Option<RelationId> {
    match atom.source {
        AtomSource::Relation(relation) => Some(relation),
        AtomSource::Members(_) | AtomSource::Clock => None,
    }
}

fn now_rules(program: &Program, head: RelationId) -> impl Iterator<Item = &Rule> {
    program.rules.iter().filter(move |rule| rule.op == RuleOp::Now && rule.head.relation == head)
}

fn components(program: &Program) -> Vec<Component> {
    // Everything a relation's content depends on in the same tick.
    let mut below: BTreeMap<RelationId, BTreeSet<RelationId>> = BTreeMap::new();
    for _ in program.relations.ids() {
        for head in program.relations.ids() {
            let direct: BTreeSet<_> = now_rules(program, head)
                .flat_map(|rule| rule.positive_atoms().chain(rule.negated_atoms()).filter_map(relation_of))
                .collect();
            let indirect = direct.iter().filter_map(|read| below.get(read)).flatten().copied().collect();
            below.entry(head).or_default().extend(direct.union(&indirect));
        }
    }
    let mut components: Vec<Component> = Vec::new();
    let mut left: BTreeSet<RelationId> = program.relations.ids().collect();
    while let Some(first) = left.iter().find(|id| {
        let open = |below_id: &RelationId| left.contains(below_id) && !below[below_id].contains(id);
        !below[id].iter().any(open)
    }) {
        let first = *first;
        let together =
            |id: &&RelationId| **id == first || below[id].contains(&first) && below[&first].contains(id);
        let relations: Vec<RelationId> = left.iter().filter(together).copied().collect();
        left.retain(|id| !relations.contains(id));
        let fills = |rule: &Rule| rule.op == RuleOp::Now && relations.contains(&rule.head.relation);
        let rules = program.rules.entries().filter(|(_, rule)| fills(rule)).map(|(id, _)| id).collect();
        components.push(Component { rules, recursive: below[&first].contains(&first), relations });
    }
    components
}

fn arrives(rule: &Rule, presence: &IndexVec<RelationId, Presence>) -> bool {
    rule.positive_atoms().filter_map(relation_of).any(|read| presence[read] == Presence::Arriving)
}

fn presence(program: &Program) -> IndexVec<RelationId, Presence> {
    let arrives_itself = |id: RelationId, relation: &Relation| {
        relation.input.is_some()
            || relation.is_channel()
            || matches!(relation.kind, RelationKind::Timer { .. })
            || program.notices.iter().any(|event| event.relation == id)
            || program.facts.iter().any(|fact| fact.relation == id)
            || program.rules.iter().any(|rule| rule.op == RuleOp::Next && rule.head.relation == id)
    };
    // Greatest fixpoint: views and events arrive until a rule shows otherwise.
    let mut presence: IndexVec<RelationId, Presence> = program
        .relations
        .iter()
        .map(|relation| if relation.is_table() { Presence::Stored } else { Presence::Arriving })
        .collect();
    for _ in program.relations.ids() {
        for (id, relation) in program.relations.entries() {
            if relation.is_table() || relation.is_momentary() && arrives_itself(id, relation) {
                continue;
            }
            let clock = |rule: &Rule| rule.positive_atoms().any(|atom| atom.source == AtomSource::Clock);
            let stored = now_rules(program, id).all(|rule| {
                !clock(rule)
                    && rule
                        .positive_atoms()
                        .chain(rule.negated_atoms())
                        .filter_map(relation_of)
                        .all(|read| presence[read] == Presence::Stored || read == id)
            });
            presence[id] = if now_rules(program, id).all(|rule| arrives(rule, &presence)) {
                Presence::Arriving
            } else if stored && !relation.is_momentary() {
                Presence::Stored
            } else {
                Presence::Mixed
            };
        }
    }
    presence
}
