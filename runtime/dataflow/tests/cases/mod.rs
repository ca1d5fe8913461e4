//! Hand-built plans and hand-written expectations. Every case runs with one and with two workers.

mod aggregates;
mod collections;
mod effects;
mod growth;
mod joins;
mod keys;
mod lattices;
mod negation;
mod recursion;
mod refusals;
mod waits;

use floret_ir::plan::{ChangeKind, Loop, Mapping, Node, Operator, Plan, Sink, Step};
use floret_ir::{
    Address, Arrivals, BinaryOp, Deployment, Effects, Engine, EngineError, Expr, Fact, FileId, Head, Id,
    IndexVec, InputMode, InputRow, Message, NodeId, Observe, Program, Promise, Relation, RelationColumn,
    RelationId, RelationKind, Report, Role, RoleId, Row, Rule, RuleId, RuleOp, Scalar, Site, Span, Type,
    Value, constant_type, print,
};

use floret_dataflow::{Dataflow, Options};

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };
const ME: Address = Address { role: RoleId(0), index: 0 };

/// A program and its plan under construction. Types are written as letters: int, string, float, bool, address.
struct Build {
    program: Program,
    plan: Plan,
    options: Options,
}

fn types(letters: &str) -> Vec<Type> {
    let ty = |letter| match letter {
        'i' => Type::Int,
        's' => Type::String,
        'f' => Type::Float,
        'b' => Type::Bool,
        'a' => Type::Address(RoleId(0)),
        't' => Type::Time,
        'l' => Type::list(Type::Int),
        'e' => Type::set(Type::Int),
        other => panic!("no type {other}"),
    };
    letters.chars().map(ty).collect()
}

impl Build {
    fn new() -> Self {
        let mut program = Program::default();
        program.roles.push(Role { name: "Node".into(), implicit: true, durable: false, span: NOWHERE });
        let plan = Plan { role: RoleId(0), nodes: IndexVec::new(), steps: Vec::new(), sinks: Vec::new() };
        let options = Options { observe: Observe::Everything, tick_limit: 100, ..Options::default() };
        Build { program, plan, options }
    }

    fn relation(&mut self, name: &str, kind: RelationKind, columns: &str, key: Option<usize>) -> RelationId {
        let columns = types(columns).into_iter().enumerate();
        self.program.relations.push(Relation {
            name: name.into(),
            kind,
            columns: columns
                .map(|(at, ty)| RelationColumn { name: format!("c{at}"), ty, lattice: None })
                .collect(),
            key,
            key_proven: false,
            sender: false,
            role: RoleId(0),
            input: Some(InputMode::Add),
            shards: None,
            output: true,
            inferred: false,
            span: NOWHERE,
        })
    }
    fn table(&mut self, name: &str, columns: &str) -> RelationId {
        self.relation(name, RelationKind::Table, columns, None)
    }
    fn event(&mut self, name: &str, columns: &str) -> RelationId {
        self.relation(name, RelationKind::Event, columns, None)
    }
    fn view(&mut self, name: &str, columns: &str) -> RelationId {
        self.relation(name, RelationKind::View, columns, None)
    }
    fn channel(&mut self, name: &str, columns: &str) -> RelationId {
        self.relation(name, RelationKind::Channel { from: None, promise: Promise::Reliable }, columns, None)
    }

    fn fact(&mut self, relation: RelationId, values: &[i64]) {
        let values = values.iter().map(|int| Expr::Const(Value::Int(*int))).collect();
        self.program.facts.push(Fact { relation, place: None, values, span: NOWHERE });
    }

    /// A rule that plans can name; its body is in the plan only.
    fn rule(&mut self, op: RuleOp, relation: RelationId) -> RuleId {
        let head = Head { relation, place: None, terms: Vec::new(), span: NOWHERE };
        let variables = IndexVec::new();
        self.program.rules.push(Rule {
            op,
            role: RoleId(0),
            head,
            body: Vec::new(),
            variables,
            span: NOWHERE,
        })
    }

    /// An operator without a step.
    fn inner(&mut self, operator: Operator, columns: &str) -> NodeId {
        let columns = types(columns);
        self.plan.nodes.push(Node { operator, columns, changes: ChangeKind::Any, rule: None })
    }
    fn add(&mut self, operator: Operator, columns: &str) -> NodeId {
        let node = self.inner(operator, columns);
        self.plan.steps.push(Step::Operator(node));
        node
    }
    fn source(&mut self, relation: RelationId) -> NodeId {
        let columns = self.program.relations[relation].columns.iter().map(|column| column.ty).collect();
        let operator = Operator::Source { relation };
        let node = self.plan.nodes.push(Node { operator, columns, changes: ChangeKind::Any, rule: None });
        self.plan.steps.push(Step::Operator(node));
        node
    }
    fn recursion(&mut self, recursion: Loop) {
        self.plan.steps.push(Step::Loop(recursion));
    }
    fn sink(&mut self, sink: Sink) {
        self.plan.sinks.push(sink);
    }
    fn content(&mut self, relation: RelationId, node: NodeId) {
        self.sink(Sink::Content { relation, node });
    }

    fn engine(&self, workers: usize) -> Result<Dataflow, EngineError> {
        let options = Options { workers, ..self.options };
        Dataflow::new(&self.program, &self.plan, &site(), options)
    }

    /// Runs ticks: arrivals as `r 1 2; s "x"; -r 1 2; now 5`, and what is to be seen of each as [`text`] says it.
    #[track_caller]
    fn check(&self, ticks: &[(&str, &str)]) {
        for workers in [1, 2] {
            let mut engine = self.engine(workers).unwrap();
            for (at, (arrivals, expected)) in ticks.iter().enumerate() {
                let effects = engine.tick(&self.arrivals(arrivals)).unwrap();
                assert_eq!(self.text(&effects), *expected, "tick {at} with {workers} workers");
            }
        }
    }

    fn arrivals(&self, text: &str) -> Arrivals {
        let mut arrivals = Arrivals::default();
        for row in text.split(';').map(str::trim).filter(|row| !row.is_empty()) {
            let mut words = row.split_whitespace();
            let name = words.next().unwrap();
            if name == "now" && self.program.relation_named("now").is_none() {
                arrivals.now = words.next().unwrap().parse().unwrap();
                continue;
            }
            let deleted = name.strip_prefix('-');
            let relation = self.program.relation_named(deleted.unwrap_or(name)).unwrap();
            let declared = &self.program.relations[relation];
            let row: Row =
                words.zip(&declared.columns).map(|(word, column)| value(word, column.ty)).collect();
            match declared.kind {
                RelationKind::Channel { .. } => arrivals.messages.push(Message { relation, row, sender: ME }),
                RelationKind::Timer { .. } => arrivals.timers.push(relation),
                RelationKind::Table | RelationKind::Event | RelationKind::View if deleted.is_some() => {
                    arrivals.deletes.push(InputRow { relation, row });
                }
                RelationKind::Table | RelationKind::Event | RelationKind::View => {
                    arrivals.inputs.push(InputRow { relation, row });
                }
            }
        }
        arrivals
    }

    /// `+r(1) -r(2) send c(1)@0 error 0(1) overflow 0(1) conflict r(1) again`, each in order.
    fn text(&self, effects: &Effects) -> String {
        let row = |row: &Row| row.iter().map(text_of).collect::<Vec<_>>().join(",");
        let name = |relation: RelationId| &self.program.relations[relation].name;
        let mut parts = Vec::new();
        for (relation, changes) in &effects.changes {
            for change in changes {
                parts.push(format!(
                    "{}{}({})",
                    if change.added { '+' } else { '-' },
                    name(*relation),
                    row(&change.row)
                ));
            }
        }
        for send in &effects.sends {
            parts.push(format!("send {}({})@{}", name(send.relation), row(&send.row), send.to.index));
        }
        for report in &effects.reports {
            parts.push(match report {
                Report::Error { rule, bindings } => format!("error {}({})", rule.index(), row(bindings)),
                Report::Overflow { rule, group } => format!("overflow {}({})", rule.index(), row(group)),
                Report::Conflict { relation, lost } => format!("conflict {}({})", name(*relation), row(lost)),
            });
        }
        if effects.again {
            parts.push("again".into());
        }
        parts.join(" ")
    }
}

/// A list or set is written as its ints with points between.
fn value(word: &str, ty: Type) -> Value {
    let ints = || word.split('.').filter(|int| !int.is_empty()).map(|int| Value::Int(int.parse().unwrap()));
    match ty {
        Type::Int => Value::Int(word.parse().unwrap()),
        Type::Float => Value::float(word.parse().unwrap()),
        Type::Bool => Value::Bool(word.parse().unwrap()),
        Type::String => Value::string(word),
        Type::Address(role) => Value::Address(Address { role, index: word.parse().unwrap() }),
        Type::Time => Value::Time(word.parse().unwrap()),
        Type::List(_) => Value::list(ints()),
        Type::Set(_) => Value::set(ints()),
        other => panic!("no text form of {other:?} here"),
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Time(nanoseconds) => nanoseconds.to_string(),
        Value::List(elements) | Value::Set(elements) => {
            elements.iter().map(text_of).collect::<Vec<_>>().join(".")
        }
        other => print::value_text(other, constant_type(other).unwrap_or(Type::Bool)),
    }
}

/// A node among three.
fn site() -> Site {
    Site { me: ME, deployment: Deployment::new([3].into_iter().collect()) }
}

/// A mapping that copies columns.
fn copy(columns: &[usize]) -> Mapping {
    compute(columns.iter().map(|column| Expr::Var(*column)).collect())
}
fn compute(columns: Vec<Scalar>) -> Mapping {
    Mapping { columns, ..Mapping::default() }
}
fn int(int: i64) -> Scalar {
    Expr::Const(Value::Int(int))
}
fn binary(op: BinaryOp, left: Scalar, right: Scalar) -> Scalar {
    Expr::Binary { op, operands: Type::Int, left: Box::new(left), right: Box::new(right) }
}
