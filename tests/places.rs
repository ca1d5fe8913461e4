//! Rules that read at several places, against a direct evaluation of the rule as it is written: over the contents of all
//! nodes at once, which is what the messages must amount to in a quiet network (tables that never change, one question).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use floret_ir::{Address, Deployment, Id, Observe, RoleId, Site, Value};
use floret_reference::Reference;
use floret_sim::{Network, Settings};

use crate::compile::{Compiled, compiled};

/// Nodes of the roles A and B.
const NODES: [u32; 2] = [2, 3];
const ROLES: [&str; 2] = ["A", "B"];
/// Name, role, and columns: `None` an int, `Some(role)` an address.
type Table = (&'static str, usize, &'static [Option<usize>]);
/// The first arrives, the others are tables.
const TABLES: [Table; 6] = [
    ("ask", 0, &[None, Some(0), Some(1)]),
    ("p", 0, &[None, None]),
    ("q", 0, &[None, Some(1)]),
    ("r", 1, &[None, None]),
    ("s", 1, &[None, Some(0)]),
    ("u", 1, &[None]),
];
const OUTS: [&str; 2] = ["to_a", "to_b"];

/// A value: an int, or the number of a node of a role.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Val {
    Int(i64),
    Node(usize, u32),
}

/// A variable's name says its type: `i0`, `a1`, `b0`.
type Var = String;

#[derive(Clone, Debug)]
enum Term {
    Var(Var),
    Const(i64),
    Any,
    /// `var + 1`
    Next(Var),
    /// `self`
    Own,
}

#[derive(Clone, Debug)]
enum Place {
    /// Nothing, or `self`.
    Own,
    Var(Var),
    /// `Role[var]`
    Member(Var),
    /// `Role[0]`
    Zero,
}

#[derive(Clone, Debug)]
struct Atom {
    table: usize,
    place: Place,
    terms: Vec<Term>,
    negated: bool,
}

#[derive(Clone, Debug)]
enum Other {
    /// `x < y`
    Less(Var, Var),
    /// `a != self`
    NotOwn(Var),
    /// `let y = x + 1`
    Let(Var, Var),
}

#[derive(Clone, Debug)]
struct Rule {
    atoms: Vec<Atom>,
    others: Vec<Other>,
    /// The role of the head's channel, its place, its two columns.
    head: (usize, Place, Vec<Term>),
    /// The order in which the literals are written.
    order: Vec<usize>,
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() { None } else { Some(from[self.below(from.len())].clone()) }
    }
}

fn of_type(vars: &[Var], ty: Option<usize>) -> Vec<Var> {
    let first = ["a", "b"];
    let start = ty.map_or("i", |role| first[role]);
    vars.iter().filter(|var| var.starts_with(start)).cloned().collect()
}

fn new_var(vars: &mut Vec<Var>, ty: Option<usize>) -> Var {
    let name = format!("{}{}", ty.map_or("i", |role| ["a", "b"][role]), of_type(vars, ty).len());
    vars.push(name.clone());
    name
}

fn place(random: &mut Random, vars: &[Var], role: usize) -> Place {
    let addresses = of_type(vars, Some(role));
    let ints = of_type(vars, None);
    match random.below(4) {
        0 => Place::Zero,
        1 | 2 if !addresses.is_empty() => Place::Var(random.pick(&addresses).unwrap()),
        _ => random.pick(&ints).map_or(Place::Zero, Place::Member),
    }
}

fn rule(random: &mut Random) -> Rule {
    let mut vars = Vec::new();
    let mut atoms = Vec::new();
    let own_name = random.below(2) == 0;
    let terms = TABLES[0].2.iter().map(|ty| Term::Var(new_var(&mut vars, *ty))).collect();
    let mut first = Atom { table: 0, place: Place::Own, terms, negated: false };
    if own_name {
        first.place = Place::Var("a9".into());
        vars.push("a9".into());
    }
    atoms.push(first);
    for _ in 0..1 + random.below(3) {
        let table = 1 + random.below(5);
        let (_, role, columns) = TABLES[table];
        let own = role == 0 && random.below(3) == 0;
        let place = if own { Place::Own } else { place(random, &vars, role) };
        let negated = random.below(4) == 0;
        let known = vars.clone();
        let terms = columns.iter().map(|ty| match random.below(8) {
            0 => Term::Any,
            1 if ty.is_none() => Term::Const(random.below(3) as i64),
            2 if ty.is_none() && !of_type(&known, None).is_empty() => {
                Term::Next(random.pick(&of_type(&known, None)).unwrap())
            }
            3 if *ty == Some(0) => Term::Own,
            4 | 5 if !negated => Term::Var(new_var(&mut vars, *ty)),
            _ => random.pick(&of_type(&known, *ty)).map_or(Term::Any, Term::Var),
        });
        let terms = terms.collect();
        atoms.push(Atom { table, place, terms, negated });
    }
    let mut others = Vec::new();
    for _ in 0..random.below(3) {
        let ints = of_type(&vars, None);
        match random.below(3) {
            0 => others.push(Other::Less(random.pick(&ints).unwrap(), random.pick(&ints).unwrap())),
            1 => others.push(Other::NotOwn(random.pick(&of_type(&vars, Some(0))).unwrap())),
            _ => {
                let from = random.pick(&ints).unwrap();
                others.push(Other::Let(new_var(&mut vars, None), from));
            }
        }
    }
    let role = random.below(2);
    let to = if role == 0 && random.below(3) == 0 { Place::Own } else { place(random, &vars, role) };
    let ints = of_type(&vars, None);
    let head = vec![
        Term::Var(random.pick(&ints).unwrap()),
        if random.below(3) == 0 {
            Term::Own
        } else {
            Term::Var(random.pick(&of_type(&vars, Some(0))).unwrap())
        },
    ];
    let count = atoms.len() + others.len();
    let mut order: Vec<usize> = (0..count).collect();
    for at in (1..count).rev() {
        order.swap(at, random.below(at + 1));
    }
    Rule { atoms, others, head: (role, to, head), order }
}

fn term_text(term: &Term) -> String {
    match term {
        Term::Var(var) => var.clone(),
        Term::Const(value) => value.to_string(),
        Term::Any => "_".into(),
        Term::Next(var) => format!("{var} + 1"),
        Term::Own => "self".into(),
    }
}

fn place_text(place: &Place, role: usize) -> String {
    match place {
        Place::Own => String::new(),
        Place::Var(var) => format!("@{var}"),
        Place::Member(var) => format!("@{}[{var}]", ROLES[role]),
        Place::Zero => format!("@{}[0]", ROLES[role]),
    }
}

fn rule_text(rule: &Rule) -> String {
    let terms = |terms: &[Term]| terms.iter().map(term_text).collect::<Vec<_>>().join(", ");
    let mut literals: Vec<String> = rule
        .atoms
        .iter()
        .map(|atom| {
            let (name, role, _) = TABLES[atom.table];
            let not = if atom.negated { "!" } else { "" };
            format!("{not}{name}{}({})", place_text(&atom.place, role), terms(&atom.terms))
        })
        .collect();
    literals.extend(rule.others.iter().map(|other| match other {
        Other::Less(x, y) => format!("{x} < {y}"),
        Other::NotOwn(x) => format!("{x} != self"),
        Other::Let(x, y) => format!("let {x} = {y} + 1"),
    }));
    let body: Vec<&str> = rule.order.iter().map(|at| literals[*at].as_str()).collect();
    let (role, to, head) = &rule.head;
    format!("{}{}({}) <~ {};", OUTS[*role], place_text(to, *role), terms(head), body.join(", "))
}

/// The rows of each table at each node.
type Contents = BTreeMap<(usize, u32), BTreeSet<Vec<Val>>>;

fn contents(random: &mut Random) -> Contents {
    let mut contents = Contents::new();
    for (table, (_, role, columns)) in TABLES.iter().enumerate() {
        for node in 0..NODES[*role] {
            let rows = contents.entry((table, node)).or_default();
            for _ in 0..1 + random.below(5) {
                rows.insert(
                    columns
                        .iter()
                        .map(|ty| match ty {
                            None => Val::Int(random.below(3) as i64),
                            Some(role) => Val::Node(*role, random.below(NODES[*role] as usize) as u32),
                        })
                        .collect(),
                );
            }
        }
    }
    contents
}

fn program_text(rule: &Rule, contents: &Contents) -> String {
    let mut text = String::from("role A; role B;\n");
    for (number, (name, role, columns)) in TABLES.iter().enumerate() {
        let columns: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(at, ty)| format!("c{at}: {}", ty.map_or("int", |role| ROLES[role])))
            .collect();
        let kind = if number == 0 { "event" } else { "table" };
        let _ = writeln!(text, "{kind} {name}({}) on {};", columns.join(", "), ROLES[*role]);
    }
    for ((table, node), rows) in contents {
        let (name, role, _) = TABLES[*table];
        for row in rows {
            let values: Vec<String> = row
                .iter()
                .map(|value| match value {
                    Val::Int(value) => value.to_string(),
                    Val::Node(role, index) => format!("{}[{index}]", ROLES[*role]),
                })
                .collect();
            let _ = writeln!(text, "{name}@{}[{node}]({});", ROLES[role], values.join(", "));
        }
    }
    text.push_str("channel to_a(x: int, by: A) on A; channel to_b(x: int, by: A) on B;\n");
    text.push_str(&rule_text(rule));
    text
}

type Bindings = BTreeMap<Var, Val>;
/// What is bound so far, and the node and row of each positive atom.
type Choice = (Bindings, Vec<(u32, Vec<Val>)>);

fn value(term: &Term, own: u32, bindings: &Bindings) -> Option<Val> {
    match term {
        Term::Var(var) => bindings.get(var).copied(),
        Term::Const(value) => Some(Val::Int(*value)),
        Term::Any => None,
        Term::Next(var) => match bindings.get(var)? {
            Val::Int(value) => Some(Val::Int(value + 1)),
            Val::Node(..) => None,
        },
        Term::Own => Some(Val::Node(0, own)),
    }
}

/// The node that a place names.
fn node(place: &Place, role: usize, own: u32, bindings: &Bindings) -> Option<u32> {
    match place {
        Place::Own => Some(own),
        Place::Zero => Some(0),
        Place::Var(var) => match bindings.get(var)? {
            Val::Node(_, index) => Some(*index),
            Val::Int(_) => None,
        },
        Place::Member(var) => match bindings.get(var)? {
            Val::Int(value) => Some(value.rem_euclid(i64::from(NODES[role])) as u32),
            Val::Node(..) => None,
        },
    }
}

/// Whether a row is what the atom asks for. With `bind`, variables without a value get one.
fn fits(atom: &Atom, row: &[Val], own: u32, bindings: &mut Bindings, bind: bool) -> bool {
    atom.terms.iter().zip(row).all(|(term, found)| match (term, value(term, own, bindings)) {
        (Term::Any, _) => true,
        (_, Some(value)) => value == *found,
        (Term::Var(var), None) if bind => {
            bindings.insert(var.clone(), *found);
            true
        }
        // An expression over what is not bound yet is looked at when all is.
        (_, None) => bind,
    })
}

/// All that the rule says, over the contents of all nodes: the rows each node of the head's role gets.
fn evaluate(rule: &Rule, contents: &Contents) -> BTreeSet<(u32, Vec<Val>)> {
    let mut sent = BTreeSet::new();
    for own in 0..NODES[0] {
        let mut start = Bindings::new();
        if matches!(&rule.atoms[0].place, Place::Var(_)) {
            start.insert("a9".into(), Val::Node(0, own));
        }
        // Every choice of a row at some node for each positive atom.
        let positive: Vec<&Atom> = rule.atoms.iter().filter(|atom| !atom.negated).collect();
        let mut choices: Vec<Choice> = vec![(start, Vec::new())];
        for atom in &positive {
            let mut longer = Vec::new();
            for (bindings, chosen) in &choices {
                for node in 0..NODES[TABLES[atom.table].1] {
                    for row in &contents[&(atom.table, node)] {
                        let mut bindings = bindings.clone();
                        if fits(atom, row, own, &mut bindings, true) {
                            let mut chosen = chosen.clone();
                            chosen.push((node, row.clone()));
                            longer.push((bindings, chosen));
                        }
                    }
                }
            }
            choices = longer;
        }
        for (mut bindings, chosen) in choices {
            for _ in 0..rule.others.len() {
                for other in &rule.others {
                    if let Other::Let(x, y) = other
                        && let Some(value) = value(&Term::Next(y.clone()), own, &bindings)
                    {
                        bindings.insert(x.clone(), value);
                    }
                }
            }
            let at = |place: &Place, role: usize| node(place, role, own, &bindings);
            let holds = positive.iter().zip(&chosen).all(|(atom, (node, row))| {
                at(&atom.place, TABLES[atom.table].1) == Some(*node)
                    && fits(atom, row, own, &mut bindings.clone(), false)
            });
            let absent = rule.atoms.iter().filter(|atom| atom.negated).all(|atom| {
                let node = at(&atom.place, TABLES[atom.table].1).unwrap();
                !contents[&(atom.table, node)]
                    .iter()
                    .any(|row| fits(atom, row, own, &mut bindings.clone(), false))
            });
            let conditions = rule.others.iter().all(|other| match other {
                Other::Less(x, y) => bindings[x] < bindings[y],
                Other::NotOwn(x) => bindings[x] != Val::Node(0, own),
                Other::Let(..) => true,
            });
            if holds && absent && conditions {
                let (role, to, head) = &rule.head;
                let row = head.iter().map(|term| value(term, own, &bindings).unwrap()).collect();
                sent.insert((at(to, *role).unwrap(), row));
            }
        }
    }
    sent
}

/// What the nodes of the head's role got, when all messages have arrived.
fn run(compiled: &Compiled, out: &str, seed: u64) -> BTreeSet<(u32, Vec<Val>)> {
    let program = &compiled.stratified().program;
    let deployment = Deployment::new(NODES.into_iter().collect());
    let engine = |me: Address| {
        let site = Site { me, deployment: deployment.clone() };
        let options = floret_reference::Options { observe: Observe::Everything, tick_limit: 100 };
        Reference::new(compiled.stratified(), site, options)
    };
    let settings = Settings { seed, inputs_first: false };
    let mut network = Network::new(program, &deployment, Vec::new(), settings, engine).unwrap();
    assert!(network.run_to_rest(2_000).unwrap().is_reached());
    let out = program.relation_named(out).unwrap();
    let mut got = BTreeSet::new();
    for node in deployment.members(program.relations[out].role) {
        for row in network.history().ever(node, out) {
            let row = row.iter().map(|value| match value {
                Value::Int(value) => Val::Int(*value),
                Value::Address(address) => Val::Node(address.role.index(), address.index),
                other => panic!("{other:?}"),
            });
            got.insert((node.index, row.collect()));
        }
    }
    assert_eq!(program.roles.ids().map(RoleId::index).collect::<Vec<_>>(), [0, 1]);
    got
}

#[test]
fn split_rules_do_what_the_whole_rule_says() {
    let (mut with_rows, mut messages) = (0, 0);
    let (seed, cases) = crate::long::cases("places", 300, 2_000, 20_000);
    let mut random = Random(seed);
    for number in 0..cases {
        let rule = rule(&mut random);
        let contents = contents(&mut random);
        let text = program_text(&rule, &contents);
        let compiled = compiled(&text);
        let program = &compiled.stratified().program;
        let hops = program.relations.iter().filter(|relation| relation.name.starts_with('$')).count();
        let expected = evaluate(&rule, &contents);
        for seed in 0..2 {
            let got = run(&compiled, OUTS[rule.head.0], seed);
            assert_eq!(got, expected, "case {number}:\n{text}");
        }
        messages += hops;
        with_rows += usize::from(!expected.is_empty() && hops > 0);
    }
    println!("places: {cases} compared, {with_rows} with rows and messages, {messages} messages");
    assert!(with_rows * 10 >= cases * 3, "{with_rows} of {cases} did something");
}
