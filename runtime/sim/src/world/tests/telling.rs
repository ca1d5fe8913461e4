//! The trace and the picture of a run made by hand. The trace is written by hand; of the picture it is checked that it is
//! well-formed and shows each thing.

use std::collections::BTreeSet;

use expect_test::expect;
use floret_ir::{Address, Arrivals, Deployment, Effects, InputRow, RoleId, Send};

use crate::Record;
use crate::faults::{CrashPoint, Fault, FrameId, MILLISECOND};
use crate::tests::testing;
use crate::world::{Chronicle, Parcel, What, picture, telling};

const CLIENT: Address = Address { role: RoleId(0), index: 0 };
const SERVER: Address = Address { role: RoleId(1), index: 0 };

/// A client sends a row, the server crashes and is back, the frame is lost.
fn run() -> (floret_ir::Stratified, Chronicle) {
    let stratified = testing::program(
        "role Client; role Server; input event set(key) on Client; channel put(key) on Server; put@Server[0](k) <~ set(k);",
    );
    let set = testing::relation(&stratified, "set");
    let put = testing::relation(&stratified, "put");
    let row = testing::row(&stratified, "\"a<b\"");
    let record = Record {
        node: CLIENT,
        tick: 1,
        arrivals: Arrivals {
            inputs: vec![InputRow { relation: set, row: row.clone() }],
            ..Arrivals::default()
        },
        effects: Effects {
            sends: BTreeSet::from([Send { to: SERVER, relation: put, row }]),
            ..Effects::default()
        },
    };
    let frame = |number| FrameId { from: CLIENT, to: SERVER, number };
    let crash =
        Fault::Crash { node: SERVER, tick: 1, point: CrashPoint::BeforeSync, back: Some(2 * MILLISECOND) };
    let apart =
        Fault::Partition { side: BTreeSet::from([CLIENT]), from: 9 * MILLISECOND, until: 12 * MILLISECOND };
    let mut run = Chronicle::default();
    run.add_tick(0, record);
    run.add(0, What::Sent { frame: frame(0), parcel: Parcel::Greeting });
    run.add(1_500_000, What::Arrived { frame: frame(0), sent: 0, again: false });
    run.add(1_500_000, What::Begins(crash.clone()));
    run.add(
        2_000_000,
        What::Sent { frame: frame(1), parcel: Parcel::Rows { channel: put, count: 1, first: Some(0) } },
    );
    run.add(2_000_000, What::Lost { frame: frame(1), sent: 2_000_000, by_loss: true });
    run.add(2_000_001, What::Broken { from: CLIENT, to: SERVER });
    run.add(3_500_000, What::Ends(crash));
    run.add(9_000_000, What::Begins(apart.clone()));
    run.add(12_000_000, What::Ends(apart));
    run.add(12_000_000, What::Wrong { claim: "invariant `all` is wrong".to_owned() });
    (stratified, run)
}

#[test]
fn a_run_in_words() {
    let (stratified, run) = run();
    expect![[r#"
        the run
              0.000 ms  Client[0]  tick 1
                          < set("a<b") from the host
                          > put("a<b") to Server[0]
              0.000 ms  Client[0] -> Server[0]  frame 0: greeting
              1.500 ms  Client[0] => Server[0]  frame 0 arrives
              1.500 ms  Server[0] crashes in its tick 1, before it is on the disk, and is back 2.000 ms later
              2.000 ms  Client[0] -> Server[0]  frame 1: 1 row of put from number 0
              2.000 ms  Client[0] -x Server[0]  frame 1 is lost
              2.000 ms  Client[0] -x Server[0]  the connection is broken
              3.500 ms  Server[0] is back
              9.000 ms  Client[0] is cut off from all others from 9.000 ms to 12.000 ms
             12.000 ms  the partition is over
             12.000 ms  invariant `all` is wrong
    "#]]
    .assert_eq(&format!("the run\n{}", telling(&run, &stratified.program)));
}

/// The names of the elements, each once per occurrence; panics where tags don't match.
fn elements(svg: &str) -> Vec<String> {
    let (mut open, mut seen) = (Vec::new(), Vec::new());
    for piece in svg.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').expect("a tag has an end");
        assert!(!text.contains('>'), "unescaped: {text}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name: String = tag.chars().take_while(|c| c.is_alphabetic()).collect();
        seen.push(name.clone());
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    seen
}

#[test]
fn a_run_as_a_picture() {
    let (stratified, run) = run();
    let svg = picture(&run, &stratified.program, &Deployment::new([1, 1].into_iter().collect()));
    let count = |name: &str| elements(&svg).iter().filter(|seen| *seen == name).count();
    // One tick; one shade; the client's line whole, the server's in two pieces, two frames, one line for what is wrong.
    assert_eq!((count("circle"), count("rect"), count("line")), (1, 1, 3 + 2 + 1));
    for text in [
        "Client[0]</text>",
        "Server[0]</text>",
        "set(&quot;a&lt;b&quot;) from the host",
        "1 row of put from number 0, lost",
        "before it is on the disk",
        "invariant `all` is wrong",
    ] {
        assert!(svg.contains(text), "{text}");
    }
}

#[test]
fn an_empty_run_is_a_picture_too() {
    let (stratified, _) = run();
    let deployment = Deployment::new([1, 1].into_iter().collect());
    let svg = picture(&Chronicle::default(), &stratified.program, &deployment);
    assert_eq!(elements(&svg).iter().filter(|seen| *seen == "line").count(), 2);
    assert_eq!(telling(&Chronicle::default(), &stratified.program), "");
}
