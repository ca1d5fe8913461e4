//! Programs of two roles whose channels are ordered via one of them, and others that go to all nodes of a role.

use super::schema::{Collection, Kind::*, Schema, Ty, Ty::*, c};

/// What whole rules say.
const RULES: &[&str] = &[
    "log@n(a, b) <~ req(a, b), Back(n);",
    "log@n(a, b) <~ req(a, b), Back(n);",
    "log@n(a, b) <~ base(a, b), Back(n);",
    "log@n(a, random() % 9) <~ req(a, _), Back(n);",
    "cmd@n(a, b) <~ req(a, b), Back(n);",
    "cmd@n(b, a) <~ base(a, b), Back(n);",
    "high@n(a, b) <~ req(a, b), Back(n);",
    "pick@n(a, b) <~ req(a, b), Back(n);",
    "pick@n(a, max(b)) <~ req(a, b), Back(n);",
    "all@n(a, b) <~ req(a, b), Back(n);",
    "all@n(a, random() % 9) <~ req(a, _), Back(n);",
    "all@n(a, b) <~ last(a, b), Back(n);",
    "one@Back[a](a, b) <~ req(a, b);",
    "lost@n(a, b) <~ req(a, b), Back(n);",
    "last(a, max(b)) <+- log(a, b);",
    "last(a, max(b)) <+- log(a, b);",
    "last(a, max(b)) <+- log(a, b), home(a, _);",
    "last(a, max(b)) <+- log(a, b), base(a, _);",
    "last(a, b) <- log(a, _), last(a, b);",
    "last(a, 0) <+- cmd(a, _);",
    "last(a, b) <+- pick(a, b);",
    "count1(0, n + 1) <+- log(_, _), count1(0, n);",
    "entry(n, a, b) <= log(a, b), count1(0, n);",
    "entry(n, a, b) <= log(a, b), count1(0, n), !last(a, b);",
    "entry(n, a, 1) <= cmd(a, _), count1(0, n);",
    "kept(a, b) <= log(a, b);",
    "kept(a, b) <= log(a, b), !kept1(a, _);",
    "kept(a, b) <= last(a, b);",
    "kept(a, b) <= last(a, b), !log(a, _);",
    "kept(a, b) <= all(a, b);",
    "kept(a, b) <= one(a, b);",
    "kept(a, b) <= lost(a, b);",
    "kept(a, b) <= high(a, b);",
    "kept(a, b) <- cmd(a, _), kept(a, b);",
    "kept1(a, b) <+ log(a, b);",
    "kept1(a, b) <+ high(a, b), b > 1;",
    "kept1(a, b) <+ kept(a, b), log(b, _);",
    "kept1(a, b) <+ log(a, b), self == Back[0];",
    "next(a, b) <+ log(a, b);",
    "seen(a, b) <= next(a, b);",
    "seen(a, b) <= log(a, b), last(a, b);",
    "seen(a, c) <= next(a, _), log(_, c);",
    "seen(a, b) <= all(a, b);",
    "sum1(a, sum(b)) <= kept(a, b);",
    "sum1(a, count()) <= entry(_, a, _);",
    "sum1(a, any(b)) <= kept1(a, b);",
    "big(a, b) <= log(a, b), b > 1;",
    "last(a, max(b)) <+- big(a, b);",
    "told@Front[0](a, b) <~ last(a, b);",
    "told@n(a, b) <~ seen(a, b), Front(n);",
    "told@n(a, b) <~ entry(_, a, b), Front(n);",
    "got(a, b) <= told(a, b);",
    "got(a, b) <- told(b, a), got(a, b);",
];

/// Programs with sequencers.
pub fn sequencers() -> Schema {
    Schema {
        durable: &[],
        roles: &["Front", "Back"],
        definitions: "",
        collections: collections(),
        scaffolds: RULES,
        module: None,
    }
}

const INTS: &[Ty] = &[Int, Int];

fn collections() -> Vec<Collection> {
    vec![
        c("req", InputEvent, INTS, None, 0),
        c("base", InputTable, INTS, None, 0),
        c("home", InputTable, INTS, None, 0).at(1),
        c("log", Channel, INTS, None, 0).at(1).with(" ordered via Back"),
        c("cmd", Channel, INTS, None, 0).at(1).with(" ordered via Front"),
        c("high", Channel, &[Int, Max], Some(1), 0).at(1).with(" ordered via Back"),
        c("pick", Channel, INTS, Some(1), 0).at(1).with(" ordered via Back"),
        c("all", Channel, INTS, None, 0).at(1),
        c("one", Channel, INTS, None, 0).at(1).with(" ordered via Back"),
        c("lost", Channel, INTS, None, 0).at(1).with(" lossy"),
        c("told", Channel, INTS, None, 0).with(" ordered via Back"),
        c("last", Table, INTS, Some(1), 1).at(1).shown(),
        c("count1", Table, INTS, Some(1), 1).at(1).shown(),
        c("entry", Table, &[Int, Int, Int], None, 2).at(1).shown(),
        c("kept", Table, INTS, None, 2).at(1).shown(),
        c("kept1", Table, INTS, None, 1).at(1).shown(),
        c("next", Event, INTS, None, 1).at(1),
        c("seen", Event, INTS, None, 2).at(1).shown(),
        c("big", View, INTS, None, 1).at(1),
        c("sum1", View, INTS, None, 3).at(1).shown(),
        c("got", Table, INTS, None, 1).shown(),
    ]
}
