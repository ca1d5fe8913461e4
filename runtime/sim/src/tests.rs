//! Tests of the simulated network, with the reference evaluator as the engine. Expected contents and the traces are
//! written by hand.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use floret_ir::{
    Address, Deployment, EngineError, InputRow, Message, Observe, RelationId, RoleId, Row, Site, Stratified,
};
use floret_reference::{Options, Reference};

use crate::{Delivery, DeliveryId, Held, Network, Payload, Rest, Settings, SimError};

#[path = "../../reference/src/testing.rs"]
pub(crate) mod testing;

const KEY_VALUE: &str = "
    role Client; role Server;
    input event set(key, val) on Client;
    channel put(key, val, from) on Server;
    channel ack(key) on Client;
    table kv(key => val) on Server;
    output event done(key) on Client;
    put@Server[hash(k)](k, v, self) <~ set(k, v);
    kv(k, max(v)) <+- put(k, v, _);
    ack@c(k) <~ put(k, _, c);
    done(k) <= ack(k);";

const CLIENT: Address = Address { role: RoleId(0), index: 0 };
const OTHER_CLIENT: Address = Address { role: RoleId(0), index: 1 };
const SERVER: Address = Address { role: RoleId(1), index: 0 };

struct Case {
    stratified: Stratified,
    deployment: Deployment,
    settings: Settings,
}

fn case(text: &str, counts: &[u32]) -> Case {
    let deployment = Deployment::new(counts.iter().copied().collect());
    Case { stratified: testing::program(text), deployment, settings: Settings::default() }
}

impl Case {
    fn id(&self, name: &str) -> RelationId {
        testing::relation(&self.stratified, name)
    }
    fn row(&self, text: &str) -> Row {
        testing::row(&self.stratified, text)
    }
    fn rows(&self, texts: &[&str]) -> BTreeSet<Row> {
        texts.iter().map(|text| self.row(text)).collect()
    }
    fn input(&self, name: &str, row: &str) -> InputRow {
        InputRow { relation: self.id(name), row: self.row(row) }
    }
    fn network(&self, seed: u64, inputs: &[(Address, &str, &str)]) -> Network<Reference> {
        let inputs = inputs.iter().map(|(to, name, row)| (*to, self.input(name, row))).collect();
        let options = Options { observe: Observe::Everything, tick_limit: 100 };
        let engine =
            |me| Reference::new(&self.stratified, Site { me, deployment: self.deployment.clone() }, options);
        let settings = Settings { seed, ..self.settings };
        Network::new(&self.stratified.program, &self.deployment, inputs, settings, engine).unwrap()
    }
}

fn ids<'d>(deliveries: impl Iterator<Item = &'d Delivery>, to: Address) -> Vec<DeliveryId> {
    deliveries.filter(|delivery| delivery.to == to).map(|delivery| delivery.id).collect()
}

#[test]
fn a_conversation_step_by_step() {
    let case = case(KEY_VALUE, &[1, 1]);
    let mut network = case.network(0, &[(CLIENT, "set", "\"a\", \"1\""), (CLIENT, "set", "\"a\", \"2\"")]);
    let sets = ids(network.pending(), CLIENT);
    network.step(CLIENT, &sets).unwrap();
    let puts = ids(network.pending(), SERVER);
    network.step(SERVER, &puts).unwrap();
    network.step(SERVER, &[]).unwrap();
    // One ack: both puts make the same one in one tick.
    let acks = ids(network.pending(), CLIENT);
    network.step(CLIENT, &acks).unwrap();
    let trace = |network: &Network<Reference>, expected: Expect| expected.assert_eq(&network.trace());
    trace(
        &network,
        expect![[r#"
            Client[0] tick 1
              < set("a", "1") from the host
              < set("a", "2") from the host
              + set("a", "1")
              + set("a", "2")
              > put("a", "1", Client[0]) to Server[0]
              > put("a", "2", Client[0]) to Server[0]
            Server[0] tick 1
              < put("a", "1", Client[0]) from Client[0]
              < put("a", "2", Client[0]) from Client[0]
              + put("a", "1", Client[0])
              + put("a", "2", Client[0])
              > ack("a") to Client[0]
            Server[0] tick 2
              + kv("a", "2")
            Client[0] tick 2
              < ack("a") from Server[0]
              + ack("a")
              + done("a")
        "#]],
    );
    assert_eq!(network.run_to_rest(10).unwrap(), Rest::Reached { steps: 0, held: 0 });
}

#[test]
fn the_order_of_two_puts_decides_and_holding_one_makes_it_last() {
    let case = case(KEY_VALUE, &[1, 1]);
    for (held, last) in [("\"1\"", "\"a\", \"1\""), ("\"2\"", "\"a\", \"2\"")] {
        for seed in 0..20 {
            let sets = [(CLIENT, "set", "\"a\", \"1\""), (CLIENT, "set", "\"a\", \"2\"")];
            let mut network = case.network(seed, &sets);
            let (put, value) = (case.id("put"), case.row(held));
            network.hold_when(move |delivery| match &delivery.payload {
                Payload::Message(Message { relation, row, .. }) => *relation == put && row[1..2] == value,
                Payload::Input(_) | Payload::Delete(_) => false,
            });
            let rest = network.run_to_rest(100).unwrap();
            assert!(matches!(rest, Rest::Reached { held: 1, .. }), "{rest:?}");
            let id = network.pending().next().unwrap().id;
            network.release(id).unwrap();
            assert!(matches!(network.run_to_rest(100).unwrap(), Rest::Reached { held: 0, .. }));
            assert_eq!(network.history().last(SERVER, case.id("kv")), case.rows(&[last]));
            assert_eq!(network.history().ever(CLIENT, case.id("done")), case.rows(&["\"a\""]));
        }
    }
}

#[test]
fn schedules_differ_by_seed_and_are_repeated_by_it() {
    let case = case(KEY_VALUE, &[2, 3]);
    let keys = ["\"a\"", "\"b\"", "\"c\"", "\"d\""];
    let sets: Vec<String> = keys.iter().map(|key| format!("{key}, \"x\"")).collect();
    let mut inputs: Vec<(Address, &str, &str)> =
        sets.iter().map(|set| (CLIENT, "set", set.as_str())).collect();
    inputs.push((OTHER_CLIENT, "set", "\"a\", \"y\""));
    let (mut traces, mut winners) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..40 {
        let run = || {
            let mut network = case.network(seed, &inputs);
            assert!(network.run_to_rest(1000).unwrap().is_reached());
            network
        };
        let network = run();
        assert_eq!(network.trace(), run().trace());
        // Whatever the schedule, each client hears of its own keys, and every key is stored once somewhere.
        assert_eq!(network.history().ever(CLIENT, case.id("done")), case.rows(&keys));
        assert_eq!(network.history().ever(OTHER_CLIENT, case.id("done")), case.rows(&["\"a\""]));
        let servers = (0..3).map(|index| Address { role: RoleId(1), index });
        let stored: Vec<Row> =
            servers.flat_map(|server| network.history().last(server, case.id("kv"))).collect();
        assert_eq!(stored.len(), 4);
        winners.extend(stored.into_iter().filter(|row| row[..1] == case.row("\"a\"")));
        traces.insert(network.trace());
    }
    assert_eq!(winners, case.rows(&["\"a\", \"x\"", "\"a\", \"y\""]));
    assert!(traces.len() > 30, "only {} of 40 schedules differ", traces.len());
}

#[test]
fn static_inputs_are_in_the_first_tick_and_others_need_not_be() {
    let text = "static input table fixed(x); input table grows(x); input event e(x);";
    let mut case = case(text, &[1]);
    let first = |case: &Case, seed| {
        let rows =
            [(CLIENT, "fixed", "1"), (CLIENT, "grows", "2"), (CLIENT, "e", "3"), (CLIENT, "fixed", "4")];
        let mut network = case.network(seed, &rows);
        assert!(network.run_to_rest(100).unwrap().is_reached());
        assert_eq!(network.history().last(CLIENT, case.id("fixed")), case.rows(&["1", "4"]));
        assert_eq!(network.history().last(CLIENT, case.id("grows")), case.rows(&["2"]));
        assert_eq!(network.history().last(CLIENT, case.id("e")), case.rows(&[]));
        assert_eq!(network.history().ever(CLIENT, case.id("e")), case.rows(&["3"]));
        network.records()[0].arrivals.inputs.iter().map(|input| input.relation).collect::<BTreeSet<_>>()
    };
    let (fixed, grows, e) = (case.id("fixed"), case.id("grows"), case.id("e"));
    let seen: BTreeSet<_> = (0..40).map(|seed| first(&case, seed)).collect();
    let set = |ids: &[RelationId]| ids.iter().copied().collect::<BTreeSet<_>>();
    let all = [set(&[fixed]), set(&[fixed, grows]), set(&[fixed, e]), set(&[fixed, grows, e])];
    assert_eq!(seen, all.into_iter().collect());

    case.settings.inputs_first = true;
    let seen: BTreeSet<_> = (0..40).map(|seed| first(&case, seed)).collect();
    assert_eq!(seen, [set(&[fixed, grows]), set(&[fixed, grows, e])].into_iter().collect());
}

#[test]
fn a_late_static_row_and_wrong_addresses_are_refused() {
    let case = case("static input table fixed(x); input event e(x);", &[1]);
    let mut network = case.network(0, &[]);
    network.step(CLIENT, &[]).unwrap();
    let late = SimError::LateStatic { node: CLIENT, relation: case.id("fixed") };
    assert_eq!(network.feed(CLIENT, case.input("fixed", "1")), Err(late));
    assert_eq!(network.feed(SERVER, case.input("e", "1")), Err(SimError::NoSuchNode(SERVER)));
    assert_eq!(network.step(SERVER, &[]), Err(SimError::NoSuchNode(SERVER)));
    let id = network.feed(CLIENT, case.input("e", "1")).unwrap();
    network.step(CLIENT, &[id]).unwrap();
    assert_eq!(network.step(CLIENT, &[id]), Err(SimError::NotPending(id)));
    assert_eq!(network.hold(id), Err(SimError::NotPending(id)));
    assert_eq!(network.records().len(), 2);
}

#[test]
fn a_held_row_waits_for_its_release() {
    let case = case("input event e(x);", &[1]);
    let mut network = case.network(3, &[(CLIENT, "e", "1"), (CLIENT, "e", "2")]);
    let id = network.pending().next().unwrap().id;
    network.hold(id).unwrap();
    assert!(matches!(network.run_to_rest(10).unwrap(), Rest::Reached { held: 1, .. }));
    assert_eq!(network.history().ever(CLIENT, case.id("e")), case.rows(&["2"]));
    network.release_all();
    assert_eq!(network.run_to_rest(10).unwrap(), Rest::Reached { steps: 1, held: 0 });
    assert_eq!(network.history().ever(CLIENT, case.id("e")), case.rows(&["1", "2"]));
}

#[test]
fn a_program_that_ticks_for_ever_is_stopped_and_said_to_be_busy() {
    let case = case("table t(x); t(1); event e(x); e(x) <+ t(x);", &[2]);
    let mut network = case.network(0, &[]);
    assert_eq!(network.run_to_rest(50).unwrap(), Rest::Busy { steps: 50, pending: 0 });
    assert_eq!(network.records().len(), 50);
}

#[test]
fn history_tells_when_a_row_was_held() {
    let case = case(
        "input event put(x); input event del(x); table t(x); t(x) <= put(x); t(x) <- del(x); v(x) <= t(x);",
        &[1],
    );
    let mut network = case.network(0, &[]);
    for (name, row) in [("put", "1"), ("del", "1"), ("put", "2"), ("put", "1")] {
        let id = network.feed(CLIENT, case.input(name, row)).unwrap();
        network.step(CLIENT, &[id]).unwrap();
    }
    let times = |name, row: &str| {
        let row = case.row(row);
        let mut times = network.history().times(CLIENT, case.id(name));
        times.find(|(held, _)| **held == row).unwrap().1.to_vec()
    };
    let held = |from, until| Held { from, until };
    assert_eq!(times("t", "1"), [held(1, Some(3)), held(4, None)]);
    assert_eq!(times("v", "2"), [held(3, None)]);
    assert_eq!(times("put", "1"), [held(1, Some(2)), held(4, Some(5))]);
    assert_eq!(network.history().last(CLIENT, case.id("v")), case.rows(&["1", "2"]));
}

#[test]
fn a_failing_tick_ends_the_run_with_its_node() {
    let case = case("input event e(x); n(x) <= e(x); n(x + 1) <= n(x), x < 1000;", &[2]);
    let at = Address { role: RoleId(0), index: 1 };
    let mut network = case.network(0, &[(at, "e", "0")]);
    let error = EngineError::TickLimit { rounds: 100, relation: case.id("n") };
    assert_eq!(network.run_to_rest(100), Err(SimError::Engine { node: at, error }));
}

#[test]
fn reports_carry_their_node_and_tick() {
    let case = case("input event e(k, v); table t(k => v); t(k, v) <= e(k, v);", &[1]);
    let mut network = case.network(0, &[]);
    for row in ["1, 1", "1, 2"] {
        let id = network.feed(CLIENT, case.input("e", row)).unwrap();
        network.step(CLIENT, &[id]).unwrap();
    }
    let lost = floret_ir::Report::Conflict { relation: case.id("t"), lost: case.row("1, 2") };
    assert_eq!(network.reports().collect::<Vec<_>>(), [(CLIENT, 2, &lost)]);
    assert!(network.trace().ends_with("  ! t(1, 2) lost its key\n"));
    assert_eq!(network.engine(CLIENT).unwrap().holds(case.id("t")), &case.rows(&["1, 1"]));
}

#[test]
fn everything_arrives_once() {
    // Each node sends its number on to the next until it is 20; all rows pass all schedules unharmed.
    let text = "role R; input event start(x) on R; channel pass(x, y) on R;
        pass@R[x](x, x) <~ start(x);
        pass@R[z](z, y) <~ pass(x, y), x < 20, let z = x + 1;";
    let case = case(text, &[3]);
    for seed in 0..20 {
        let node = |index| Address { role: RoleId(0), index };
        let mut network = case.network(seed, &[(node(0), "start", "1"), (node(1), "start", "7")]);
        assert!(network.run_to_rest(1000).unwrap().is_reached());
        let received = network.records().iter().map(|record| record.arrivals.messages.len()).sum::<usize>();
        // 1..=20 and 7..=20.
        assert_eq!(received, 20 + 14);
    }
}

#[test]
fn timers_beat_as_time_passes_and_missed_beats_are_not_made_up() {
    let case = case("timer beat() every 10;", &[1]);
    let mut network = case.network(0, &[]);
    network.step(CLIENT, &[]).unwrap();
    network.advance(9);
    assert!(!network.is_ready(CLIENT));
    network.advance(1);
    assert!(network.is_ready(CLIENT));
    let arrivals = network.step(CLIENT, &[]).unwrap().arrivals.clone();
    assert_eq!((arrivals.timers, arrivals.now), (vec![case.id("beat")], 10));
    assert_eq!(network.next_beat(), Some(20));
    // Busy from 10 to 45: the beats of 20, 30 and 40 are one, and the next is in time.
    network.advance(35);
    let arrivals = network.step(CLIENT, &[]).unwrap().arrivals.clone();
    assert_eq!((arrivals.timers.len(), arrivals.now), (1, 45));
    assert_eq!(network.next_beat(), Some(50));
    assert!(network.trace().ends_with("  < beat at 1970-01-01T00:00:00.000000045Z\n  + beat(parse_time(\"1970-01-01T00:00:00.000000045Z\"))\n"));
}

#[test]
fn schedules_let_time_pass() {
    let text =
        "role A; role B; timer beat() every 10 on A; channel c(at: time) on B; table log(at: time) on B;
        c@B[0](at) <~ beat(at); log(at) <= c(at);";
    let case = case(text, &[2, 1]);
    let server = Address { role: RoleId(1), index: 0 };
    let mut counts = BTreeSet::new();
    for seed in 0..40 {
        let mut network = case.network(seed, &[]);
        assert!(network.run_for(100, 1000).unwrap().is_reached());
        assert_eq!(network.now(), 100);
        let log = network.history().last(server, case.id("log"));
        let beats: BTreeSet<i64> = network
            .records()
            .iter()
            .filter(|record| !record.arrivals.timers.is_empty())
            .map(|record| record.arrivals.now)
            .collect();
        assert!(beats.iter().all(|at| (10..=100).contains(at)), "{beats:?}");
        assert_eq!(log, beats.iter().map(|at| vec![floret_ir::Value::Time(*at)]).collect());
        let of_one = network.records().iter().filter(|r| r.node == CLIENT && !r.arrivals.timers.is_empty());
        counts.insert(of_one.count());
        // A second run of the clock goes on where the first ended.
        network.run_for(10, 1000).unwrap();
        assert_eq!(network.now(), 110);
    }
    // Some runs have all ten beats, in some a busy node misses one.
    assert!(
        counts.contains(&10) && counts.len() > 1 && counts.iter().all(|count| *count <= 10),
        "{counts:?}"
    );
    let mut endless = case.network(0, &[]);
    assert!(matches!(endless.run_for(1_000_000, 50).unwrap(), Rest::Busy { steps: 50, .. }));
}

#[test]
fn every_tick_has_its_seed() {
    let case = case("input event e(x);", &[2]);
    let other = Address { role: RoleId(0), index: 1 };
    let seeds = |seed| -> Vec<u64> {
        let mut network = case.network(seed, &[]);
        [CLIENT, CLIENT, other].map(|node| network.step(node, &[]).unwrap().arrivals.seed).to_vec()
    };
    assert_eq!(seeds(1), seeds(1));
    let all: BTreeSet<u64> = [seeds(1), seeds(2)].concat().into_iter().collect();
    assert_eq!(all.len(), 6);
}

#[test]
fn changes_of_a_key_arrive_in_their_order_one_per_tick() {
    let mut case = case("mutable input table t(k => v); mutable input table s(x);", &[1]);
    for seed in 0..60 {
        case.settings.inputs_first = seed % 2 == 0;
        let mut network =
            case.network(seed, &[(CLIENT, "t", "1, 5"), (CLIENT, "t", "2, 5"), (CLIENT, "s", "1")]);
        let delete = network.delete(CLIENT, case.input("t", "1")).unwrap();
        network.feed(CLIENT, case.input("t", "1, 6")).unwrap();
        network.delete(CLIENT, case.input("s", "1")).unwrap();
        assert_eq!(network.step(CLIENT, &[delete]).unwrap_err(), SimError::OutOfOrder(delete));
        assert!(network.run_to_rest(100).unwrap().is_reached());
        assert_eq!(network.history().last(CLIENT, case.id("t")), case.rows(&["1, 6", "2, 5"]));
        assert_eq!(network.history().ever(CLIENT, case.id("t")), case.rows(&["1, 5", "1, 6", "2, 5"]));
        assert_eq!(network.history().last(CLIENT, case.id("s")), case.rows(&[]));
        assert_eq!(network.reports().count(), 0);
    }
    let case = self::case("input table t(x);", &[1]);
    let mut network = case.network(0, &[]);
    assert_eq!(network.delete(CLIENT, case.input("t", "1")), Err(SimError::NotMutable(case.id("t"))));
}

#[test]
fn what_merges_is_compared_merged() {
    let text = "input event vote(b, who); table votes(b => who: set, round);
        votes(b, set([who]), 7) <= vote(b, who);";
    let case = case(text, &[1]);
    let votes = ["1, 1", "1, 2", "1, 3", "2, 1"].map(|row| (CLIENT, "vote", row));
    let mut ways = BTreeSet::new();
    for seed in 0..30 {
        let mut network = case.network(seed, &votes);
        network.run_to_rest(100).unwrap();
        ways.insert(network.history().ever(CLIENT, case.id("votes")));
        let merged = network.history().ever_merged(CLIENT, case.id("votes"));
        assert_eq!(merged, case.rows(&["1, set([1, 2, 3]), 7", "2, set([1]), 7"]));
    }
    assert!(ways.len() > 3, "only {} different ways", ways.len());
}

/// What a node sends in two ticks, two rows in each.
const TWO_TICKS: &str = "role Client; role Server;
    input event set(x) on Client;
    channel put(x) on Server PROMISE;
    event one(x) on Server;
    put@Server[0](x) <~ set(x);
    put@Server[0](x + 100) <~ set(x);
    one(count(x)) <= put(x);";

#[test]
fn ordered_batches_arrive_whole_one_per_tick_in_their_order() {
    let case = case(&TWO_TICKS.replace("PROMISE", "ordered"), &[2, 1]);
    let sets = [(CLIENT, "set", "1"), (OTHER_CLIENT, "set", "2")];
    for seed in 0..60 {
        let mut network = case.network(seed, &sets);
        network.run_to_rest(100).unwrap();
        network.feed(CLIENT, case.input("set", "3")).unwrap();
        network.feed(CLIENT, case.input("set", "4")).unwrap();
        assert!(network.run_to_rest(100).unwrap().is_reached());
        let ticks: Vec<Vec<i64>> = network
            .records()
            .iter()
            .filter(|record| record.node == SERVER)
            .map(|record| record.arrivals.messages.iter().filter(|m| m.sender == CLIENT))
            .map(|messages| messages.map(|m| int(&m.row)).collect())
            .filter(|batch: &Vec<i64>| !batch.is_empty())
            .collect();
        // 3 and 4 are sent in one tick or in two, in either order.
        let ways = [
            vec![vec![1, 101], vec![3, 4, 103, 104]],
            vec![vec![1, 101], vec![3, 103], vec![4, 104]],
            vec![vec![1, 101], vec![4, 104], vec![3, 103]],
        ];
        let sorted: Vec<Vec<i64>> = ticks
            .into_iter()
            .map(|mut batch| {
                batch.sort_unstable();
                batch
            })
            .collect();
        assert!(ways.contains(&sorted), "{sorted:?}");
    }
}

fn int(row: &Row) -> i64 {
    match row.first() {
        Some(floret_ir::Value::Int(value)) => *value,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_later_batch_waits_for_the_held_part_of_an_earlier_one() {
    let case = case(&TWO_TICKS.replace("PROMISE", "ordered"), &[1, 1]);
    let mut network = case.network(0, &[]);
    let mut sent = Vec::new();
    for row in ["1", "2"] {
        let id = network.feed(CLIENT, case.input("set", row)).unwrap();
        network.step(CLIENT, &[id]).unwrap();
        let server = network.pending().filter(|delivery| delivery.to == SERVER);
        sent = server.map(|delivery| delivery.id).collect();
    }
    let [first, second, third, _] = sent[..] else { panic!("{sent:?}") };
    network.hold(second).unwrap();
    assert_eq!(network.arriving(SERVER), []);
    assert_eq!(network.step(SERVER, &[third]).unwrap_err(), SimError::OutOfOrder(third));
    assert_eq!(network.step(SERVER, &[first, third]).unwrap_err(), SimError::OutOfOrder(third));
    // The whole batch comes with each part of it.
    assert_eq!(network.step(SERVER, &[first]).unwrap().arrivals.messages.len(), 2);
    assert_eq!(network.step(SERVER, &[third]).unwrap().arrivals.messages.len(), 2);
}

#[test]
fn lossy_messages_are_lost_only_when_told_to() {
    let sets = [(CLIENT, "set", "1"), (CLIENT, "set", "2")];
    let arrived = |promise: &str, percent: usize, seed: u64| {
        let case = case(&TWO_TICKS.replace("PROMISE", promise), &[1, 1]);
        let mut network = case.network(seed, &sets);
        network.lose_some(percent);
        network.run_to_rest(100).unwrap();
        network.history().ever(SERVER, case.id("put")).len()
    };
    for seed in 0..20 {
        assert_eq!(arrived("lossy", 0, seed), 4);
        assert_eq!(arrived("lossy", 100, seed), 0);
        assert_eq!(arrived("", 100, seed), 4);
    }
    let counts: BTreeSet<usize> = (0..60).map(|seed| arrived("lossy", 50, seed)).collect();
    assert_eq!(counts, (0..=4).collect());

    let case = case(&TWO_TICKS.replace("PROMISE", "lossy"), &[1, 1]);
    let mut network = case.network(0, &[]);
    let id = network.feed(CLIENT, case.input("set", "1")).unwrap();
    assert_eq!(network.lose(id), Err(SimError::NotLossy(id)));
    network.step(CLIENT, &[id]).unwrap();
    let sent: Vec<DeliveryId> = network.pending().map(|delivery| delivery.id).collect();
    network.lose(sent[0]).unwrap();
    assert_eq!(network.lose(sent[0]), Err(SimError::NotPending(sent[0])));
    network.run_to_rest(10).unwrap();
    assert_eq!(network.history().ever(SERVER, case.id("put")).len(), 1);
}
