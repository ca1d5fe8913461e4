//! Sealed channels in the simulator, while frames are lost, repeated and late and durable nodes crash and come back: a count
//! is never given before all rows of its key are there, and in the end every count is. Mistakes that are planted in what
//! the compiler wrote out are found where messages arrive in any order.

use std::collections::BTreeSet;

use floret_ir::artifact::Artifact;
use floret_ir::{
    Address, BinaryOp, Deployment, Expr, HeadTerm, InputRow, Literal, Observe, RelationId, Rule, Site, Term,
    Type, Value,
};
use floret_reference::{Options, Reference};
use floret_sim::world::{Job, RunOf, extent, run, run_of};
use floret_sim::{Network, Settings};

use crate::compile::compiled;
use crate::long::cases;
use crate::simulated::searched;

/// Each Producer gets the items of each key at some time, sends them to the Counters and seals the key in the same tick.
const PROGRAM: &str = "
role Producer durable;
role Counter durable;
input event order(k: int, item: int) on Producer[item];
input event last(k: int, items: int) on Producer;
table orders(k: int, item: int) on Producer;
table lasts(k: int, items: int) on Producer;
table owed(k: int, to: Counter, item: int) on Producer;
channel line(k: int, by: Producer, item: int) on Counter sealed by k from Producer;
table came(k: int, by: Producer, item: int) on Counter;
output table counted(k: int, n: int) on Counter;

orders(k, i) <= order(k, i);
lasts(k, n) <= last(k, n);
owed(k, Counter[i / 2], i) <= orders(k, i);
have(k, count()) <= orders(k, _);
line@Counter[i / 2](k, self, i) <~ order(k, i);
seal line@c(k) <~ lasts(k, n), have(k, n), Counter(c);
came(k, p, i) <= line(k, p, i);
counted(k, count()) <= line(k, _, _);

invariant early \"counted before a row was there\": counted@c(k, _), owed@p(k, c, i), !came@c(k, p, i);
invariant alone \"counted before all had sealed\": counted@c(k, _), lasts@p(k, n), !have@p(k, n);
invariant changed \"counted twice\": counted@c(k, n), counted@c(k, m), n != m;
";

const PRODUCERS: u32 = 3;
const COUNTERS: u32 = 2;
const KEYS: i64 = 3;
/// Items of each key; those of a Producer are the ones that have its number modulo three.
const ITEMS: i64 = 12;

fn named(artifact: &Artifact, name: &str) -> RelationId {
    artifact.stratified.program.relation_named(name).unwrap()
}

/// The rules that fill a collection.
fn rules<'a>(artifact: &'a mut Artifact, head: &str) -> Vec<&'a mut Rule> {
    let head = named(artifact, head);
    artifact.stratified.program.rules.iter_mut().filter(|rule| rule.head.relation == head).collect()
}

fn inputs(artifact: &Artifact) -> Vec<(Address, InputRow)> {
    let role = artifact.stratified.program.role_named("Producer").unwrap();
    let (order, last) = (named(artifact, "order"), named(artifact, "last"));
    let mut rows = Vec::new();
    for key in 0..KEYS {
        for index in 0..PRODUCERS {
            let items = (0..ITEMS).filter(|item| item % i64::from(PRODUCERS) == i64::from(index));
            let mut feed = |relation, value| {
                let row = vec![Value::Int(key), Value::Int(value)];
                rows.push((Address { role, index }, InputRow { relation, row }));
            };
            items.clone().for_each(|item| feed(order, item));
            feed(last, items.count() as i64);
        }
    }
    rows
}

/// What was counted in a run, by key and number.
type Counted = BTreeSet<(Address, i64, i64)>;

/// The first seed that fails and why, and what each of the first seeds counted.
fn simulated(
    artifact: &Artifact,
    faults: &str,
    seeds: u64,
    looked_at: u64,
) -> (Option<String>, Vec<Counted>) {
    let members = [PRODUCERS, COUNTERS];
    let found = searched(artifact, &members, &inputs(artifact), None, faults, seeds, |job, faults| {
        let extent = extent(job, faults);
        (0..looked_at).map(|seed| counted(artifact, job, &run_of(job, faults, &extent, seed))).collect()
    });
    println!("seals, {seeds} seeds: {}", found.tally.text());
    (found.failure, found.looked)
}

fn counted(artifact: &Artifact, job: &Job<'_>, of: &RunOf) -> Counted {
    let relation = named(artifact, "counted");
    let outcome = run(job, of);
    let mut found = Counted::new();
    for &number in &outcome.chronicle.committed {
        let record = &outcome.chronicle.records[number];
        for change in record.effects.changes.get(&relation).into_iter().flatten() {
            let [Value::Int(key), Value::Int(number)] = change.row.as_slice() else { panic!("no count") };
            found.insert((record.node, *key, *number));
        }
    }
    found
}

/// Each Counter gets the items whose halves have its number modulo two: six of each key.
fn expected(artifact: &Artifact) -> Counted {
    let role = artifact.stratified.program.role_named("Counter").unwrap();
    let of = |index| (0..KEYS).map(move |key| (Address { role, index }, key, ITEMS / i64::from(COUNTERS)));
    (0..COUNTERS).flat_map(of).collect()
}

const FAULTS: &str = "loss=5%,dup=5%,delay=1..40,crash=4,restart=5..200";

#[test]
fn no_seal_overtakes_its_rows() {
    let (_, seeds) = cases("seals, simulated", 60, 400, 10_000);
    let artifact = compiled(PROGRAM).artifact;
    let (failure, counted) = simulated(&artifact, FAULTS, seeds as u64, 10);
    assert_eq!(failure, None);
    for counted in counted {
        assert_eq!(counted, expected(&artifact));
    }
}

/// Leaves the atoms over a collection out of the rules for another.
fn without(artifact: &mut Artifact, head: &str, left_out: &str) {
    let left_out = named(artifact, left_out);
    let reads = |literal: &Literal| match literal {
        Literal::Atom(atom) | Literal::Negation(atom) => {
            atom.source == floret_ir::AtomSource::Relation(left_out)
        }
        _ => false,
    };
    let mut rules = rules(artifact, head);
    assert!(rules.iter().any(|rule| rule.body.iter().any(reads)), "nothing is planted");
    rules.iter_mut().for_each(|rule| rule.body.retain(|literal| !reads(literal)));
}

/// Producers that say one less than they sent.
fn one_less(artifact: &mut Artifact) {
    let rule = rules(artifact, "$line::seal").remove(0);
    let count = rule.head.terms.len() - 2;
    let HeadTerm::Expr(counted) = rule.head.terms[count].clone() else { panic!("no count") };
    let (left, right) = (Box::new(counted), Box::new(Expr::Const(Value::Int(1))));
    rule.head.terms[count] =
        HeadTerm::Expr(Expr::Binary { op: BinaryOp::Subtract, operands: Type::Int, left, right });
}

/// How many rows of the channel the nodes keep, sent or come, and counts of them.
fn kept(artifact: &Artifact, network: &Network<Reference>) -> usize {
    let program = &artifact.stratified.program;
    let parts = ["sent", "count", "got", "told", "have", "kept"];
    let parts = parts.map(|part| named(artifact, &format!("$line::{part}")));
    let at = |node: Address| {
        let here = parts.iter().filter(|part| program.relations[**part].role == node.role);
        here.map(|part| network.engine(node).unwrap().holds(*part).len()).sum::<usize>()
    };
    network.nodes().map(at).sum()
}

#[test]
fn rows_of_many_keys_are_forgotten_key_by_key() {
    let (_, keys) = cases("seals, keys", 60, 300, 3_000);
    let artifact = compiled(PROGRAM).artifact;
    let program = &artifact.stratified.program;
    let role = program.role_named("Producer").unwrap();
    let mut network = network(&artifact, Vec::new(), 7);
    let (order, last) = (named(&artifact, "order"), named(&artifact, "last"));
    let mut most = 0;
    for key in 0..keys as i64 {
        for item in 0..ITEMS {
            let to = Address { role, index: (item % i64::from(PRODUCERS)) as u32 };
            let row = vec![Value::Int(key), Value::Int(item)];
            network.feed(to, InputRow { relation: order, row }).unwrap();
        }
        for index in 0..PRODUCERS {
            let row = vec![Value::Int(key), Value::Int(ITEMS / i64::from(PRODUCERS))];
            network.feed(Address { role, index }, InputRow { relation: last, row }).unwrap();
        }
        while network.nodes().any(|node| network.is_ready(node)) {
            network.run_to_rest(1).unwrap();
            most = most.max(kept(&artifact, &network));
        }
        assert_eq!(kept(&artifact, &network), 0, "key {key}");
    }
    // Of one key each row is sent, come and kept at most, and has a count at each end.
    let bound = 3 * ITEMS as usize + 3 * (PRODUCERS * COUNTERS) as usize;
    println!("seals, keys: at most {most} rows are kept of {keys} keys with {ITEMS} rows each");
    assert!(most <= bound, "{most} rows");
    let counters = program.role_named("Counter").unwrap();
    for index in 0..COUNTERS {
        let counted = network.history().last(Address { role: counters, index }, named(&artifact, "counted"));
        let expected = (0..keys as i64).map(|key| vec![Value::Int(key), Value::Int(ITEMS / 2)]);
        assert_eq!(counted, expected.collect());
    }
}

#[test]
fn rows_that_come_again_when_they_are_forgotten_are_left_out() {
    let right = compiled(PROGRAM).artifact;
    let order = named(&right, "order");
    // Each item is ordered three times.
    let again = |artifact: &Artifact| {
        let once = inputs(artifact);
        let orders: Vec<_> = once.iter().filter(|(_, input)| input.relation == order).cloned().collect();
        [once, orders.clone(), orders].concat()
    };
    let counted = |artifact: &Artifact, seed| {
        let mut network = network(artifact, again(artifact), seed);
        assert!(network.run_to_rest(100_000).unwrap().is_reached());
        (ever_counted(artifact, &network), kept(artifact, &network))
    };
    let expected = expected(&right);
    assert!((0..100).all(|seed| counted(&right, seed) == (expected.clone(), 0)));
    let mut wrong = right.clone();
    without(&mut wrong, "$line::got", "$line::over");
    let found = (0..200).find(|seed| counted(&wrong, *seed).0 != expected);
    println!("rows that come again are counted: seed {found:?}");
    assert!(found.is_some());
}

/// What the Counters ever counted where messages arrive in any order at all. (A connection's frames stay in order, so that in the
/// other runs a seal is never there first.)
fn scrambled(artifact: &Artifact, seed: u64) -> Counted {
    let mut network = network(artifact, inputs(artifact), seed);
    assert!(network.run_to_rest(100_000).unwrap().is_reached());
    ever_counted(artifact, &network)
}

fn network(artifact: &Artifact, fed: Vec<(Address, InputRow)>, seed: u64) -> Network<Reference> {
    let program = &artifact.stratified.program;
    let deployment = Deployment::new([PRODUCERS, COUNTERS].into_iter().collect());
    let options = Options { observe: Observe::Everything, tick_limit: 1000 };
    let engine = |me| {
        let site = Site { me, deployment: deployment.clone() };
        Reference::new(&artifact.stratified, site, options)
    };
    let settings = Settings { seed, inputs_first: false };
    Network::new(program, &deployment, fed, settings, engine).unwrap()
}

fn ever_counted(artifact: &Artifact, network: &Network<Reference>) -> Counted {
    let role = artifact.stratified.program.role_named("Counter").unwrap();
    let relation = named(artifact, "counted");
    let of = |node| {
        let rows = network.history().ever(node, relation).into_iter();
        rows.map(move |row| match row.as_slice() {
            [Value::Int(key), Value::Int(number)] => (node, *key, *number),
            _ => panic!("no count"),
        })
    };
    (0..COUNTERS).map(|index| Address { role, index }).flat_map(of).collect()
}

#[test]
fn mistakes_in_the_protocol_are_found() {
    let right = compiled(PROGRAM).artifact;
    let expected = expected(&right);
    assert!((0..20).all(|seed| scrambled(&right, seed) == expected));
    let find = |what: &str, plant: &dyn Fn(&mut Artifact)| {
        let mut wrong = right.clone();
        plant(&mut wrong);
        let found = (0..200).find(|seed| scrambled(&wrong, *seed) != expected);
        println!("{what}: seed {found:?}");
        assert!(found.is_some(), "{what} is not found");
    };
    find("rows are not counted where they arrive", &|wrong| without(wrong, "$line::done", "$line::have"));
    find("one producer's seal is enough", &|wrong| without(wrong, "line::sealed", "$line::open"));
    find("nobody waits for seals", &|wrong| without(wrong, "counted", "line::sealed"));
    find("one less is counted, and the digest not looked at", &|wrong| {
        one_less(wrong);
        let have = named(wrong, "$line::have");
        for rule in rules(wrong, "$line::done") {
            for literal in &mut rule.body {
                if let Literal::Atom(atom) = literal
                    && atom.source == floret_ir::AtomSource::Relation(have)
                {
                    *atom.terms.last_mut().unwrap() = Term::Any;
                }
            }
        }
    });
}

#[test]
fn a_wrong_count_leaves_the_key_open() {
    let mut wrong = compiled(PROGRAM).artifact;
    one_less(&mut wrong);
    let (failure, counted) = simulated(&wrong, FAULTS, 30, 5);
    assert_eq!(failure, None);
    assert!(counted.iter().all(BTreeSet::is_empty), "{counted:?}");
}
