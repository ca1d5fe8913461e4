//! Explanations of small runs, written by hand.

use expect_test::{Expect, expect};
use floret_ir::{Address, Deployment, IndexVec, InputRow, Observe, RoleId, Site, Stratified};
use floret_reference::{Options, Reference};

use super::{RowAt, explanation_text, why};
use crate::tests::testing;
use crate::{DeliveryId, Network, Record, Settings};

fn node(role: u32, index: u32) -> Address {
    Address { role: RoleId(role), index }
}

struct Run {
    stratified: Stratified,
    deployment: Deployment,
    network: Network<Reference>,
    /// Ticks of nodes that crashed since.
    records: Vec<Record>,
}

fn run(text: &str, counts: &[u32]) -> Run {
    let deployment = Deployment::new(counts.iter().copied().collect());
    let stratified = testing::program(text);
    let network = network(&stratified, &deployment);
    Run { stratified, deployment, network, records: Vec::new() }
}

fn network(stratified: &Stratified, deployment: &Deployment) -> Network<Reference> {
    let options = Options { observe: Observe::Everything, tick_limit: 100 };
    let engine = |me| Reference::new(stratified, Site { me, deployment: deployment.clone() }, options);
    Network::new(&stratified.program, deployment, Vec::new(), Settings::default(), engine).unwrap()
}

impl Run {
    /// One tick of a node, in which these rows come from the host.
    fn tick(&mut self, at: Address, inputs: &[(&str, &str)]) {
        let ids: Vec<DeliveryId> = inputs
            .iter()
            .map(|(name, row)| {
                let relation = testing::relation(&self.stratified, name);
                let row = testing::row(&self.stratified, row);
                self.network.feed(at, InputRow { relation, row }).unwrap()
            })
            .collect();
        self.network.step(at, &ids).unwrap();
    }
    /// One tick of a node, in which everything arrives that is under way to it.
    fn receive(&mut self, at: Address) {
        let ids: Vec<DeliveryId> =
            self.network.pending().filter(|delivery| delivery.to == at).map(|delivery| delivery.id).collect();
        self.network.step(at, &ids).unwrap();
    }
    /// All nodes lose everything.
    fn crash(&mut self) {
        self.records.extend_from_slice(self.network.records());
        self.network = network(&self.stratified, &self.deployment);
    }
    /// Why the row was there in the last tick of all.
    fn check(&self, name: &str, row: &str, expected: &Expect) {
        let mut records = self.records.clone();
        records.extend_from_slice(self.network.records());
        let relation = testing::relation(&self.stratified, name);
        let of = RowAt { record: records.len() - 1, relation, row: testing::row(&self.stratified, row) };
        let explanation = why(&self.stratified, &self.deployment, &records, of);
        let program = &self.stratified.program;
        let text = explanation_text(&explanation, program, &IndexVec::new(), &records, &|_| None);
        expected.assert_eq(&format!("why\n{text}"));
    }
}

#[test]
fn through_messages_and_ticks() {
    let mut run = run(
        "role Client; role Server; input event set(key, val) on Client; channel put(key, val, from: Client) on Server;
         channel ack(key) on Client; table kv(key => val) on Server; table done(key) on Client;
         put@Server[0](k, v, self) <~ set(k, v); kv(k, v) <+- put(k, v, _); ack@c(k) <~ put(k, _, c); done(k) <= ack(k);",
        &[1, 1],
    );
    run.tick(node(0, 0), &[("set", "1, 10"), ("set", "2, 20")]);
    run.receive(node(1, 0));
    run.receive(node(0, 0));
    run.receive(node(1, 0));
    run.tick(node(0, 0), &[]);
    run.check(
        "done",
        "2",
        &expect![[r#"
            why
               1  Client[0], tick 1: set(2, 20)
                  from the host
               2  Server[0], tick 1: put(2, 20, Client[0])
                  sent by rule 0 at Client[0], tick 1, from 1
               3  Client[0], tick 2: ack(2)
                  sent by rule 2 at Server[0], tick 1, from 2
               4  Client[0], tick 2: done(2)
                  by rule 3, from 3
        "#]],
    );
    run.receive(node(1, 0));
    run.check(
        "kv",
        "1, 10",
        &expect![[r#"
            why
               1  Client[0], tick 1: set(1, 10)
                  from the host
               2  Server[0], tick 1: put(1, 10, Client[0])
                  sent by rule 0 at Client[0], tick 1, from 1
               3  Server[0], tick 2: kv(1, 10)
                  by rule 1 in tick 1, from 2
        "#]],
    );
}

#[test]
fn a_recursion_is_no_reason_of_itself() {
    let mut run = run(
        "table link(x, y); view path(x, y); input event add(x, y); link(x, y) <= add(x, y);
         path(x, z) <= path(x, y), link(y, z); path(x, y) <= link(x, y);",
        &[1],
    );
    // A circle of two with a way into it: every path has endless derivations, and two that end.
    run.tick(node(0, 0), &[("add", "1, 2"), ("add", "2, 1"), ("add", "0, 1")]);
    run.check(
        "path",
        "0, 2",
        &expect![[r#"
            why
               1  tick 1: add(0, 1)
                  from the host
               2  tick 1: link(0, 1)
                  by rule 0, from 1
               3  tick 1: path(0, 1)
                  by rule 2, from 2
               4  tick 1: add(1, 2)
                  from the host
               5  tick 1: link(1, 2)
                  by rule 0, from 4
               6  tick 1: path(0, 2)
                  by rule 1, from 3 and 5
        "#]],
    );
}

#[test]
fn what_was_not_there_and_had_been() {
    let mut run = run(
        "input event ask(x); input event say(x); table said(x); output event new(x);
         said(x) <+ say(x); said(x) <+ ask(x); new(x) <= ask(x), !said(x);",
        &[1],
    );
    run.tick(node(0, 0), &[("say", "7")]);
    run.tick(node(0, 0), &[]);
    run.crash();
    run.tick(node(0, 0), &[]);
    run.tick(node(0, 0), &[("ask", "7"), ("ask", "8")]);
    run.check(
        "new",
        "7",
        &expect![[r#"
            why
               1  tick 2: ask(7)
                  from the host
               2  tick 2: new(7)
                  by rule 2, from 1, and there was no said(7) (there had been said(7) since tick 2, but the node lost it when it crashed)
        "#]],
    );
    run.check(
        "new",
        "8",
        &expect![[r#"
            why
               1  tick 2: ask(8)
                  from the host
               2  tick 2: new(8)
                  by rule 2, from 1, and there was no said(8)
        "#]],
    );
}

#[test]
fn groups_merging_and_facts() {
    let mut run = run(
        "input event bid(who, price); table best(one => price: max); view top(max(p)) ; table zero(x); zero(0);
         table bids(who, price); bids(w, p) <= bid(w, p); best(0, p) <= bid(_, p); top(max(p)) <= bids(_, p);
         view many(count()); many(count()) <= bids(_, _), zero(_);",
        &[1],
    );
    run.tick(node(0, 0), &[("bid", "1, 5"), ("bid", "2, 9")]);
    run.tick(node(0, 0), &[("bid", "3, 7")]);
    run.check(
        "top",
        "9",
        &expect![[r#"
            why
               1  tick 1: bid(2, 9)
                  from the host
               2  tick 1: bids(2, 9)
                  by rule 0, from 1
               3  tick 1: top(9)
                  by rule 2, from 2
        "#]],
    );
    run.check(
        "best",
        "0, 9",
        &expect![[r#"
            why
               1  tick 1: bid(2, 9)
                  from the host
               2  tick 1: best(0, 9)
                  by rule 1, from 1
        "#]],
    );
    run.check(
        "many",
        "3",
        &expect![[r#"
            why
               1  tick 1: bid(1, 5)
                  from the host
               2  tick 1: bids(1, 5)
                  by rule 0, from 1
               3  tick 1: bid(2, 9)
                  from the host
               4  tick 1: bids(2, 9)
                  by rule 0, from 3
               5  tick 1: zero(0)
                  a fact of the program
               6  tick 2: bid(3, 7)
                  from the host
               7  tick 2: bids(3, 7)
                  by rule 0, from 6
               8  tick 2: many(3)
                  by rule 3, from 2, 4, 5 and 7
        "#]],
    );
}

#[test]
fn a_row_that_was_not_there_has_no_reason() {
    let mut run = run("input event a(x); view b(x); b(x) <= a(x);", &[1]);
    run.tick(node(0, 0), &[("a", "1")]);
    run.check(
        "b",
        "2",
        &expect![[r#"
            why
               1  tick 1: b(2)
                  why, the recorded ticks don't tell
        "#]],
    );
}

#[test]
fn long_histories_are_cut() {
    let mut run =
        run("table n(x); input event go(x); n(x + 1) <+ n(x), go(_); n(x) <- n(x), go(_); n(0);", &[1]);
    for _ in 0..1_000 {
        run.tick(node(0, 0), &[("go", "0")]);
    }
    let relation = testing::relation(&run.stratified, "n");
    let of = RowAt { record: 999, relation, row: testing::row(&run.stratified, "999") };
    let explanation = why(&run.stratified, &run.deployment, run.network.records(), of);
    assert!((100..1_000).contains(&explanation.steps.len()), "{}", explanation.steps.len());
}
