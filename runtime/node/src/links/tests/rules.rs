//! The links' rules one by one. What must come out is written by hand.

use std::time::Duration;

use super::*;

const SECOND: i64 = 1_000_000_000;

fn pair() -> (Node, Node) {
    let schema = schema(program());
    (Node::new(SENDER, &schema, 10, Limits::default()), Node::new(RECEIVER, &schema, 20, Limits::default()))
}

fn numbers(relation: RelationId, ids: std::ops::Range<i64>) -> Vec<(Address, RelationId, i64)> {
    ids.map(|id| (RECEIVER, relation, id)).collect()
}

#[test]
fn repeats_are_dropped_and_gaps_refused() {
    let (mut a, mut b) = pair();
    a.tick(&numbers(HOP, 0..3));
    let mut wire = connect(&mut a, &mut b).unwrap();
    assert!(wire.load(&mut a, RECEIVER));
    let frame = wire.frames[0].clone();
    for _ in 0..3 {
        b.receive(SENDER, wire.session, &frame).unwrap();
    }
    assert_eq!(ids(&b.tick(&[]), HOP), [0, 1, 2]);
    assert_eq!(b.links.traffic().repeated, 6);
    a.tick(&numbers(HOP, 3..4));
    a.tick(&numbers(HOP, 4..5));
    wire.load(&mut a, RECEIVER);
    wire.load(&mut a, RECEIVER);
    let last = wire.frames.pop_back().unwrap();
    assert_eq!(b.receive(SENDER, wire.session, &last), Err(Misfit::Gap));
}

#[test]
fn what_was_not_committed_comes_again_and_is_taken_once() {
    let (mut a, mut b) = pair();
    a.tick(&numbers(HOP, 0..3));
    connect(&mut a, &mut b).unwrap().carry_all(&mut a, &mut b);
    // It has arrived and no tick has taken it: a new connection begins with it.
    let mut wire = connect(&mut a, &mut b).unwrap();
    assert_eq!(wire.position, 0);
    wire.carry_all(&mut a, &mut b);
    assert_eq!(ids(&b.tick(&[]), HOP), [0, 1, 2]);
    assert_eq!(ids(&b.tick(&[]), HOP), [0; 0]);
    assert!(!a.links.is_flushed());
    wire.acknowledge(&mut a, &b).unwrap();
    assert!(a.links.is_flushed());
    assert_eq!(connect(&mut a, &mut b).unwrap().position, 3);
}

#[test]
fn batches_of_an_ordered_channel_never_share_a_tick() {
    let (mut a, mut b) = pair();
    a.tick(&numbers(ORDER, 0..2));
    a.tick(&[numbers(ORDER, 2..4), numbers(HOP, 0..1)].concat());
    a.tick(&numbers(HOP, 1..2));
    connect(&mut a, &mut b).unwrap().carry_all(&mut a, &mut b);
    let taken = b.tick(&[]);
    // A reliable row of the second tick stands before its batch; what stands behind the batch waits.
    assert_eq!((ids(&taken, ORDER), ids(&taken, HOP)), (vec![0, 1], vec![0]));
    let taken = b.tick(&[]);
    assert_eq!((ids(&taken, ORDER), ids(&taken, HOP)), (vec![2, 3], vec![1]));
}

#[test]
fn a_large_batch_is_taken_whole() {
    let (mut a, mut b) = pair();
    let count = 400_000;
    a.tick(&numbers(ORDER, 0..count));
    let mut wire = connect(&mut a, &mut b).unwrap();
    while wire.load(&mut a, RECEIVER) {}
    assert!(wire.frames.len() > 1);
    while wire.frames.len() > 1 {
        wire.unload(SENDER, &mut b).unwrap();
        assert!(!b.links.is_ready());
        // There is room for the rest, whatever the limit.
        assert!(b.links.has_room(SENDER));
    }
    wire.unload(SENDER, &mut b).unwrap();
    assert_eq!(ids(&b.tick(&[]), ORDER).len() as i64, count);
    assert_eq!(b.links.acknowledgement(SENDER, wire.session), Some(count.cast_unsigned()));
}

#[test]
fn a_batch_over_the_limit_is_refused() {
    let schema = schema(program());
    let mut a = Node::new(SENDER, &schema, 10, Limits::default());
    let mut b = Node::new(RECEIVER, &schema, 20, Limits { batch_rows: 9, ..Limits::default() });
    a.tick(&numbers(ORDER, 0..10));
    let mut wire = connect(&mut a, &mut b).unwrap();
    wire.load(&mut a, RECEIVER);
    assert_eq!(wire.unload(SENDER, &mut b), Err(Misfit::LongBatch));
}

#[test]
fn a_sender_with_a_full_inbox_waits_and_others_do_not() {
    let schema = schema(program());
    let limits = Limits { inbox_rows: 3, ..Limits::default() };
    let (mut a, mut b) = (Node::new(SENDER, &schema, 10, limits), Node::new(RECEIVER, &schema, 20, limits));
    a.tick(&numbers(HOP, 0..3));
    connect(&mut a, &mut b).unwrap().carry_all(&mut a, &mut b);
    assert!(!b.links.has_room(SENDER));
    assert!(b.links.has_room(worker(2)));
    b.tick(&[]);
    assert!(b.links.has_room(SENDER));
}

#[test]
fn lossy_rows_are_lost_without_a_connection_and_not_kept() {
    let (mut a, mut b) = pair();
    a.tick(&numbers(NOISE, 0..1));
    assert!(a.links.wants_connection(RECEIVER));
    assert_eq!(a.links.traffic().lossy_lost, 1);
    let mut wire = connect(&mut a, &mut b).unwrap();
    a.tick(&numbers(NOISE, 1..2));
    wire.carry_all(&mut a, &mut b);
    assert_eq!(ids(&b.tick(&[]), NOISE), [1]);
    a.tick(&numbers(NOISE, 2..3));
    a.links.disconnected(RECEIVER);
    connect(&mut a, &mut b).unwrap().carry_all(&mut a, &mut b);
    assert!(!b.links.is_ready());
    // They are in no sum: nobody waits for them.
    let sums = |node: &Node| (node.links.traffic().sent, node.links.traffic().processed);
    assert_eq!((sums(&a), sums(&b), a.links.is_flushed()), ((0, 0), (0, 0), true));
}

#[test]
fn what_comes_of_an_earlier_life_of_a_sender_is_refused() {
    let (mut a, mut b) = pair();
    a.tick(&numbers(HOP, 0..1));
    let mut old = connect(&mut a, &mut b).unwrap();
    old.load(&mut a, RECEIVER);
    let mut again = Node::new(SENDER, &a.schema, 11, Limits::default());
    again.tick(&numbers(HOP, 5..6));
    connect(&mut again, &mut b).unwrap().carry_all(&mut again, &mut b);
    assert_eq!(old.unload(SENDER, &mut b), Err(Misfit::OldSession));
    assert_eq!(connect(&mut a, &mut b).err(), Some(Misfit::OldSession));
    assert_eq!(ids(&b.tick(&[]), HOP), [5]);
}

#[test]
fn a_new_life_of_a_receiver_gets_what_the_old_one_did_not_take() {
    let (mut a, mut b) = pair();
    a.tick(&numbers(HOP, 0..2));
    let mut wire = connect(&mut a, &mut b).unwrap();
    wire.carry_all(&mut a, &mut b);
    b.tick(&[]);
    wire.acknowledge(&mut a, &b).unwrap();
    a.tick(&numbers(HOP, 2..4));
    wire.carry_all(&mut a, &mut b);
    let mut again = Node::new(RECEIVER, &a.schema, 21, Limits::default());
    connect(&mut a, &mut again).unwrap().carry_all(&mut a, &mut again);
    assert_eq!(ids(&again.tick(&[]), HOP), [2, 3]);
}

#[test]
fn a_full_outbox_blocks_until_it_is_acknowledged() {
    let schema = schema(program());
    let limits = Limits { outgoing_rows: 3, ..Limits::default() };
    let (mut a, mut b) = (Node::new(SENDER, &schema, 10, limits), Node::new(RECEIVER, &schema, 20, limits));
    a.tick(&numbers(HOP, 0..3));
    assert!(a.links.is_blocked());
    let mut wire = connect(&mut a, &mut b).unwrap();
    wire.carry_all(&mut a, &mut b);
    b.tick(&[]);
    assert_eq!(wire.acknowledge(&mut a, &b), Ok(true));
    assert!(!a.links.is_blocked());
}

/// `asking`: the program reads `floret::peer`.
fn asking(durable: bool) -> Arc<Schema> {
    let mut program = program();
    program.roles[crate::shell::testing::WORKER].durable = durable;
    let mut event = program.relations[crate::shell::testing::ECHO].clone();
    event.name = "floret::peer".into();
    let relation = program.relations.push(event);
    program.notices.push(floret_ir::NoticeEvent { kind: floret_ir::NoticeKind::Peer, relation });
    schema(program)
}

fn changes(taken: &Taken) -> Vec<(u32, bool)> {
    taken.peers.iter().map(|change| (change.node.index, change.up)).collect()
}

#[test]
fn a_silent_volatile_peer_is_given_up_and_comes_back() {
    let schema = asking(false);
    let (mut a, mut b) = (
        Node::new(SENDER, &schema, 10, Limits::default()),
        Node::new(RECEIVER, &schema, 20, Limits::default()),
    );
    let mut wire = connect(&mut a, &mut b).unwrap();
    assert_eq!(changes(&a.tick(&numbers(HOP, 0..2))), [(1, true)]);
    wire.carry_all(&mut a, &mut b);
    assert_eq!(changes(&b.tick(&[])), [(0, true)]);
    // No acknowledgement comes through.
    assert!(!a.links.pass(4 * SECOND));
    assert!(a.links.pass(6 * SECOND));
    assert_eq!(changes(&a.tick(&numbers(HOP, 2..3))), [(1, false)]);
    assert_eq!(a.links.traffic(), Traffic { sent: 3, lost: 3, ..Traffic::default() });
    assert!(!wire.load(&mut a, RECEIVER));
    a.tick(&numbers(HOP, 3..4));
    assert_eq!(a.links.traffic().lost, 4);
    // It is there after all. It had heard of rows 0 and 1; what comes now is another session.
    let mut wire = connect(&mut a, &mut b).unwrap();
    assert_eq!(changes(&a.tick(&numbers(HOP, 4..5))), [(1, true)]);
    wire.carry_all(&mut a, &mut b);
    let taken = b.tick(&[]);
    assert_eq!((changes(&taken), ids(&taken, HOP)), (vec![(0, false)], vec![4]));
    assert_eq!(changes(&b.tick(&[])), [(0, true)]);
}

#[test]
fn a_new_session_is_not_shown_before_its_tick_is_committed() {
    let schema = asking(false);
    let mut a = Node::new(SENDER, &schema, 10, Limits::default());
    let mut b = Node::new(RECEIVER, &schema, 20, Limits::default());
    connect(&mut a, &mut b).unwrap();
    a.tick(&numbers(HOP, 0..2));
    a.links.pass(6 * SECOND);
    assert_eq!(a.links.hello(RECEIVER), None);
    let taken = a.links.take(true);
    assert_eq!(a.links.hello(RECEIVER), None);
    a.links.commit(2, &taken.log, Vec::new());
    assert_eq!(a.links.hello(RECEIVER), Some((Session { incarnation: 10, generation: 1 }, 0)));
}

#[test]
fn a_peer_that_fills_the_outbox_has_a_fifth_of_the_patience() {
    let schema = schema(program());
    let limits = Limits { outgoing_rows: 2, ..Limits::default() };
    let (mut a, mut b) = (Node::new(SENDER, &schema, 10, limits), Node::new(RECEIVER, &schema, 20, limits));
    connect(&mut a, &mut b).unwrap();
    a.tick(&numbers(HOP, 0..2));
    assert!(!a.links.pass(SECOND / 2));
    assert!(a.links.is_blocked());
    assert!(a.links.pass(SECOND + SECOND / 2));
    assert!(!a.links.is_blocked());
    assert!(a.links.is_ready());
}

#[test]
fn a_peer_that_no_tick_has_heard_of_fills_the_outbox_no_longer_than_others() {
    let schema = schema(program());
    let limits = Limits { outgoing_rows: 2, ..Limits::default() };
    let (mut a, mut b) = (Node::new(SENDER, &schema, 10, limits), Node::new(RECEIVER, &schema, 20, limits));
    a.tick(&numbers(HOP, 0..2));
    // It is not there yet: it may be starting.
    assert!(!a.links.pass(50 * SECOND));
    // Then it is, and says no more. That it is there no tick has heard, as none may run.
    a.links.at(50 * SECOND);
    connect(&mut a, &mut b).unwrap();
    assert!(a.links.is_blocked());
    assert!(!a.links.pass(50 * SECOND + SECOND / 2));
    assert!(a.links.pass(51 * SECOND + SECOND / 2));
    assert!(!a.links.is_blocked());
    a.tick(&[]);
    assert_eq!(a.links.standing(RECEIVER), Standing::GivenUp);
    assert_eq!(a.links.traffic().lost, 2);
}

#[test]
fn nobody_is_blamed_for_the_time_that_a_node_itself_stood_still() {
    let (mut a, mut b) = pair();
    connect(&mut a, &mut b).unwrap();
    a.tick(&numbers(HOP, 0..2));
    assert!(!a.links.pass(4 * SECOND));
    a.links.excuse(100 * SECOND);
    assert!(!a.links.pass(104 * SECOND));
    assert!(a.links.pass(106 * SECOND));
}

#[test]
fn a_busy_peer_is_not_given_up() {
    let schema = schema(program());
    let limits = Limits { outgoing_rows: 2, ..Limits::default() };
    let (mut a, mut b) = (Node::new(SENDER, &schema, 10, limits), Node::new(RECEIVER, &schema, 20, limits));
    let wire = connect(&mut a, &mut b).unwrap();
    a.tick(&numbers(HOP, 0..2));
    for half in 1..=120 {
        assert!(!a.links.pass(half * SECOND / 2));
        assert_eq!(wire.acknowledge(&mut a, &b), Ok(false));
    }
    // But not for ever, if it takes nothing.
    assert!(a.links.pass(60 * SECOND + SECOND / 2));
}

#[test]
fn a_peer_that_says_it_is_blocked_is_waited_for() {
    let (mut a, mut b) = pair();
    connect(&mut a, &mut b).unwrap();
    a.tick(&numbers(HOP, 0..2));
    for second in 1..=200i64 {
        let word = Blocked { origin: RECEIVER, number: second.unsigned_abs(), hops: 0 };
        assert_eq!(a.links.hear_blocked(RECEIVER, word), (false, false));
        assert!(!a.links.pass(second * SECOND));
    }
    assert!(a.links.pass(206 * SECOND));
}

#[test]
fn a_durable_peer_is_waited_for() {
    let schema = asking(true);
    let limits = Limits { outgoing_rows: 2, ..Limits::default() };
    let (mut a, mut b) = (Node::new(SENDER, &schema, 10, limits), Node::new(RECEIVER, &schema, 20, limits));
    connect(&mut a, &mut b).unwrap();
    assert_eq!(changes(&a.tick(&numbers(HOP, 0..2))), [(1, true)]);
    assert!(a.links.pass(6 * SECOND));
    assert_eq!(a.links.standing(RECEIVER), Standing::Up { incarnation: 20 });
    assert!(a.links.is_blocked());
    // The program hears of it; the messages wait.
    assert_eq!(changes(&a.tick(&[])), [(1, false)]);
    for second in 7..50 {
        assert!(!a.links.pass(second * SECOND));
    }
    let mut wire = connect(&mut a, &mut b).unwrap();
    wire.carry_all(&mut a, &mut b);
    assert_eq!(ids(&b.tick(&[]), HOP), [0, 1]);
    assert_eq!(changes(&a.tick(&[])), [(1, true)]);
}

#[test]
fn without_patience_nobody_is_given_up() {
    let schema = schema(program());
    let limits = Limits { outgoing_rows: 2, peer_patience: None, ..Limits::default() };
    let mut a = Node::new(SENDER, &schema, 10, limits);
    a.tick(&numbers(HOP, 0..2));
    assert!(!a.links.pass(i64::MAX));
}

#[test]
fn a_restart_is_seen_as_going_and_coming() {
    let schema = asking(false);
    let mut a = Node::new(SENDER, &schema, 10, Limits::default());
    let mut b = Node::new(RECEIVER, &schema, 20, Limits::default());
    connect(&mut a, &mut b).unwrap();
    a.tick(&[]);
    b.tick(&[]);
    // Seen by the one that called it,
    let mut b = Node::new(RECEIVER, &schema, 21, Limits::default());
    connect(&mut a, &mut b).unwrap();
    let seen = [changes(&a.tick(&[])), changes(&a.tick(&[])), changes(&a.tick(&[]))];
    assert_eq!(seen, [vec![(1, false)], vec![(1, true)], vec![]]);
    b.tick(&[]);
    // and by the one that it calls.
    let mut a = Node::new(SENDER, &schema, 11, Limits::default());
    connect(&mut a, &mut b).unwrap();
    let seen = [changes(&b.tick(&[])), changes(&b.tick(&[])), changes(&b.tick(&[]))];
    assert_eq!(seen, [vec![(0, false)], vec![(0, true)], vec![]]);
}

#[test]
fn a_liar_that_acknowledges_what_was_not_sent_is_caught() {
    let (mut a, mut b) = pair();
    let wire = connect(&mut a, &mut b).unwrap();
    a.tick(&numbers(HOP, 0..2));
    assert_eq!(a.links.acknowledged(RECEIVER, wire.session, 3), Err(Misfit::Gap));
    assert!(!a.links.is_flushed());
    let welcome = Welcome { incarnation: 20, next: 3 };
    assert_eq!(a.links.welcomed(RECEIVER, wire.session, &welcome), Err(Misfit::Gap));
}

/// Three nodes, each full towards the next: what one of them says comes back to it, and it may run a tick.
#[test]
fn nodes_that_wait_in_a_circle_notice() {
    let schema = schema(program());
    let limits =
        Limits { outgoing_rows: 1, peer_patience: Some(Duration::from_secs(5)), ..Limits::default() };
    let mut nodes: Vec<Node> =
        (0..3).map(|nth| Node::new(worker(nth), &schema, 10 + u64::from(nth), limits)).collect();
    for nth in 0..3_u32 {
        nodes[nth as usize].tick(&[(worker((nth + 1) % 3), HOP, 0)]);
    }
    assert!(nodes.iter().all(|node| node.links.is_blocked()));
    nodes[0].links.say_blocked();
    // Node 2 sends to node 0, node 1 to 2, node 0 to 1: the word goes to senders.
    for (from, to) in [(0, 2), (2, 1), (1, 0)] {
        let word = nodes[from].links.next_blocked(worker(to as u32)).unwrap();
        let (tell, due) = nodes[to].links.hear_blocked(worker(from as u32), word);
        assert_eq!((tell, due), (to != 0, to == 0));
        // Said again, it goes no further.
        assert_eq!(nodes[to].links.hear_blocked(worker(from as u32), word), (false, to == 0));
    }
    assert!(!nodes[0].links.is_blocked());
    nodes[0].tick(&[]);
    assert!(nodes[0].links.is_blocked());
}

#[test]
fn a_node_that_waits_for_a_slow_one_gets_no_word_back() {
    let schema = schema(program());
    let limits = Limits { outgoing_rows: 1, ..Limits::default() };
    let mut nodes: Vec<Node> =
        (0..3).map(|nth| Node::new(worker(nth), &schema, 10 + u64::from(nth), limits)).collect();
    // Node 0 waits for 1, which waits for 2, which waits for nobody.
    nodes[0].tick(&[(worker(1), HOP, 0)]);
    nodes[1].tick(&[(worker(2), HOP, 0)]);
    nodes[1].links.say_blocked();
    let word = nodes[1].links.next_blocked(worker(0)).unwrap();
    assert_eq!(nodes[0].links.hear_blocked(worker(1), word), (true, false));
    // Node 1 sends nothing to node 0: there is nobody whom it would reach.
    let word = nodes[0].links.next_blocked(worker(1)).unwrap();
    assert_eq!(nodes[1].links.hear_blocked(worker(0), word), (false, false));
    assert!(nodes[1].links.is_blocked());
}
