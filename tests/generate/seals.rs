//! Programs of two roles whose channels are sealed: by rows that are complete, and by some that aren't.

use super::schema::{Collection, Kind::*, Schema, Ty, Ty::*, c};

/// What whole rules say.
const RULES: &[&str] = &[
    "marks@n(a, b) <~ fixed(a, b), Back(n);",
    "marks@Back[b](a, b) <~ fixed(a, b);",
    "marks@n(a, b) <~ fixed(a, b), !all(a, b), Back(n);",
    "marks@n(a, b) <~ all(a, b), fixed(b, _), Back(n);",
    "marks@n(a, b) <~ order(a, b), Back(n);",
    "marks@n(a, b) <~ req(a, b), Back(n);",
    "seal marks@n(a) <~ fixed(a, _), Back(n);",
    "seal marks@n(a) <~ all(a, _), Back(n);",
    "seal marks@n(a) <~ all(a, _), base(b, _), Back(n);",
    "seal marks@n(a) <~ order(a, _), Back(n);",
    "own@n(a, self, b) <~ order(a, b), Back(n);",
    "own@n(a, self, b + c) <~ order(a, b), all(a, c), Back(n);",
    "own@Back[b](a, self, b) <~ fixed(a, b);",
    "own@n(a, self, a) <~ tick(a), Back(n);",
    "own@n(a, self, b) <~ base(a, b), Back(n);",
    "seal own@n(a, self) <~ order(a, _), Back(n);",
    "seal own@n(a, self) <~ order(a, _), Back(n);",
    "seal own@n(a, self) <~ all(a, _), Back(n);",
    "seal own@n(a, self) <~ tick(a), Back(n);",
    "words@Front[a](a, b) <~ marks(a, b);",
    "words@n(a, b) <~ marks(a, b), Front(n);",
    "words@n(a, b) <~ marks(a, b), !own(a, Front[0], b), Front(n);",
    "words@n(a, b) <~ own(a, _, b), Front(n);",
    "seal words@n(a) <~ marks::sealed(a), Front(n);",
    "seal words@n(a) <~ marks::sealed(a), Front(n);",
    "seal words@n(a) <~ marks::sealed(a), own::sealed(a, Front[0]), Front(n);",
    "seal words@n(a) <~ own::sealed(a, _), Front(n);",
    "known(a, b) <= marks(a, b);",
    "known(a, b) <= own(a, _, b);",
    "n1(a, count()) <= marks(a, _);",
    "n1(a, sum(b)) <= own(a, Front[1], b);",
    "n2(a, c, sum(b)) <= own(a, c, b);",
    "n2(a, c, count()) <= own(a, c, b), marks(a, b);",
    "n2(a, c, count()) <= own(a, c, b), known(a, b);",
    "best(a, max(k)) <= n1(a, k);",
    "best(a, max(k)) <= split(a, _, k);",
    "best(a, arg_max(c, k)) <= split(a, c, k);",
    "split(a, b, count()) <= marks(a, b);",
    "lone(a, b) <= known(a, b), !marks(a, b);",
    "lone(a, b) <= marks(a, b), !own(a, Front[0], b);",
    "lone(a, b) <= known(a, b), !own(a, Front[1], _);",
    "ended(a) <= marks::sealed(a);",
    "ended(a) <= own::sealed(a, _);",
    "few(a) <= n1(a, k), k < 2;",
    "few(a) <= ended(a), !n1(a, 1);",
    "few(count()) <= ended(_);",
    "out(a, b) <= words(a, b);",
    "out(a, count()) <= words(a, _);",
    "out(a, b) <= fixed(a, b), !words(a, b);",
    "back@Front[0](a, k) <~ n1(a, k);",
    "back@Front[0](a, b) <~ lone(a, b);",
    "back@n(a, k) <~ n2(a, n, k);",
    "got(a, b) <= back(a, b);",
];

/// Programs with seals.
pub fn seals() -> Schema {
    Schema {
        roles: &["Front", "Back"],
        durable: &[],
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
        c("tick", InputEvent, &[Int], None, 0),
        c("base", InputTable, INTS, None, 0),
        c("order", InputTable, INTS, Some(1), 0),
        c("fixed", StaticTable, INTS, None, 0),
        c("all", StaticTable, INTS, None, 0),
        c("marks", Channel, INTS, None, 0).at(1).with(" sealed by c0 from Front"),
        c("own", Channel, &[Int, Node(0), Int], None, 0).at(1).with(" sealed by c0, c1 from Front"),
        c("words", Channel, INTS, None, 0).with(" sealed by c0 from Back"),
        c("back", Channel, INTS, None, 0),
        c("marks::sealed", InstanceOutput, &[Int], None, 0).at(1),
        c("own::sealed", InstanceOutput, &[Int, Node(0)], None, 0).at(1),
        c("words::sealed", InstanceOutput, &[Int], None, 0),
        c("known", Table, INTS, None, 1).at(1).shown(),
        c("n1", View, INTS, None, 1).at(1).shown(),
        c("n2", View, &[Int, Node(0), Int], None, 1).at(1).shown(),
        c("split", View, &[Int, Int, Int], None, 1).at(1).shown(),
        c("best", Table, INTS, None, 2).at(1).shown(),
        c("lone", View, INTS, None, 2).at(1).shown(),
        c("ended", View, &[Int], None, 1).at(1).shown(),
        c("few", Table, &[Int], None, 2).at(1).shown(),
        c("out", Table, INTS, None, 1).shown(),
        c("got", Table, INTS, None, 1).shown(),
    ]
}
