//! The collections of generated programs.

use std::fmt::Write as _;

/// A column type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ty {
    Int,
    Str,
    Float,
    Bool,
    Time,
    /// `list<int>`
    List,
    /// `option<string>`
    Opt,
    /// `(int, int)`
    Pair,
    /// A declared struct and enum.
    Point,
    Vote,
    /// `set<int>` (in a value column a lattice), `map<int, int>`
    Set,
    Map,
    /// Lattices.
    Max,
    Min,
    Any,
    All,
    Lww,
    MapMax,
    /// A declared one.
    High,
    /// The address of a node of the role with this index in the schema.
    Node(usize),
}

impl Ty {
    /// The type of a variable at such a column.
    pub fn carrier(self) -> Ty {
        match self {
            Max | Min | High => Int,
            Any | All => Bool,
            MapMax => Map,
            other => other,
        }
    }
}

/// A collection's kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    InputTable,
    StaticTable,
    /// An input from which the host may delete.
    MutableTable,
    InputEvent,
    Timer,
    Table,
    View,
    /// A view that is not declared.
    Inferred,
    Event,
    Channel,
}

/// A collection. `level`: `<=` rules read positively at most their head's level, negatively or through an aggregate
/// only lower ones, and keyed collections always lower ones, so that most rules are stratified.
#[derive(Clone, Copy, Debug)]
pub struct Collection {
    pub name: &'static str,
    pub columns: &'static [Ty],
    pub key: Option<usize>,
    pub kind: Kind,
    pub role: usize,
    pub level: u8,
    pub output: bool,
}

/// All collections and roles of a family of programs.
pub struct Schema {
    pub roles: &'static [&'static str],
    /// What is declared before the collections, one per line.
    pub definitions: &'static str,
    pub collections: Vec<Collection>,
    /// Whole rules that fill and drain collections, so that the random ones find something to read.
    pub scaffolds: &'static [&'static str],
}

use Kind::{Channel, Event, Inferred, InputEvent, InputTable, MutableTable, StaticTable, Table, Timer, View};
use Ty::{
    All, Any, Bool, Float, High, Int, List, Lww, Map, MapMax, Max, Min, Node, Opt, Pair, Point, Set, Str,
    Time, Vote,
};

const fn c(
    name: &'static str,
    kind: Kind,
    columns: &'static [Ty],
    key: Option<usize>,
    level: u8,
) -> Collection {
    Collection { name, columns, key, kind, role: 0, level, output: false }
}

const SINGLE: &[&str] = &[
    "t1(a, b) <+ ev1(a, b);",
    "t1(a, b) <= in1(a, b);",
    "t2(a, s) <= in2(a, s);",
    "t1(a, b) <- t1(a, b), ev1(a, _);",
    "t1(a, b) <- ev1(a, b);",
    "t2(a, s) <- ev2(s, a);",
    "t2(a, s) <+ ev2(s, a);",
    "k1(a, b) <+- ev1(a, b);",
    "k1(a, _) <- ev2(_, a);",
    "k1(a, b) <= in1(a, b);",
    "k2(a, s, a) <+ ev2(s, a);",
    "ch1(a, b) <~ ev1(a, b);",
    "ch1(a, b) <~ t1(a, b);",
    "ch2(a, s) <~ t2(a, s);",
    "x1(a, b) <+ ev1(b, a);",
    "v1(a, b) <= in1(a, b);",
    "v1(a, b) <= t1(a, b);",
    "v1(a, b) <= ev1(a, b);",
    "v1(a, b) <= ch1(a, b);",
    "v1(a, c) <= v1(a, b), v1(b, c);",
    "v1(a, c) <= v1(a, b), ev1(b, c);",
    "v3(a, s) <= ev2(s, a);",
    "w1(a, b) <= x1(a, b);",
    "w1(a, c) <= w1(a, b), w1(b, c);",
    "v2(a, b) <= ev1(a, b), !t1(a, b);",
    "v1(a, c) <= v1(a, b), in1(b, c);",
    "v1(a, c) <= v1(a, b), v1(b, c);",
    "v1(a, c) <= v1(a, b), t1(b, c);",
    "v2(a, b) <= in1(a, b), !v1(b, a);",
    "v2(a, b) <= t1(a, b), !k1(a, _);",
    "v2(a, count()) <= v1(a, _);",
    "v3(a, s) <= in2(a, s), !t2(a, s);",
    "v4(a, max(b)) <= k1(a, b);",
    "w1(a, b) <= v1(a, b), !t1(a, b);",
    "w2(a, count(), s) <= t2(a, s), in1(a, _);",
    "v1(a, b) <= mut1(a, b);",
    "v1(a, c) <= v1(a, b), mut1(b, c);",
    "v2(a, b) <= t1(a, b), !mut1(a, b);",
    "t2(a, s) <= mut2(a, s);",
    "mut1(a, b) <+ ev1(a, b);",
    "mut2(a, s) <+- ev2(s, a);",
    "mut2(a, s) <= in2(a, s);",
    "ch3(a, b) <~ ev1(a, b);",
    "ch3(a, b) <~ in1(a, b);",
    "v1(a, b) <= ch3(a, b), sender == self;",
    "w3(a, sender) <= ch3(a, _);",
    "t1(a, b) <= ch3(a, b), sender == self;",
    "v1(a, b) <= ch3(b, a), !t1(a, a), sender == self;",
    "tm1(a, now()) <+ ev1(a, _);",
    "tm1(a, now()) <= ev1(a, 1);",
    "tm1(a, t) <- tm1(a, t), now() > t, ev1(a, _);",
    "tm1(0, t) <+ beat(t);",
    "x1(a, b) <+ beat(_), mut1(a, b);",
    "ch1(a, b) <~ beat(_), t1(a, b);",
    "v2(a, b) <= tm1(a, t), in1(a, b), t < now();",
    "v2(a, b) <= in1(a, b), random() % 2 == 0;",
    "v1(a, random(b) % 3) <= ev1(a, b);",
    "lg1(at, what) <+ floret::error(_, at, what);",
    "lg1(of, row) <+ floret::conflict(of, row);",
    "t2(n, at) <= floret::error(n, at, _);",
    "v2(10 / a, a) <= in1(a, _);",
    "v1(2 / b, a) <= ev1(a, b);",
    "v1(a, x) <= in4(a, xs), x in xs;",
    "v1(a, x) <= in4(a, xs), x in xs, t1(x, a);",
    "v2(a, x) <= in1(x, a), in4(a, xs), x in xs;",
    "v2(a, count()) <= in4(a, xs), x in xs;",
    "v2(a, sum(x)) <= in4(a, xs), x in xs, in1(x, _);",
    "v3(a, s) <= t3(a, o, _), s in o;",
    "v1(x, y) <= ev1(a, b), x in [a, b, a], y in range(0, x);",
    "v2(10 / x, a) <= in4(a, xs), x in xs;",
    "v2(x, y) <= in4(a, xs), x in range(0, xs[0]), !t1(x, _), let y = 2 / x;",
    "v2(a, x) <= in1(a, x), in4(a, xs), x in range(xs[0], 3);",
    "v2(q.0, q.1) <= w4(_, m), q in m;",
    "w4(a, map([(b, c)])) <= in1(a, b), t1(a, c);",
    "w5(a, avg(b)) <= t1(a, b);",
    "w6(a, collect(b)) <= v1(a, b);",
    "v3(a, arg_min(s, n)) <= t2(n, s), in1(a, _);",
    "v3(a, arg_max(s, n)) <= t2(n, s), in1(a, n);",
    "v3(a, any(s)) <= t2(a, s);",
    "w7(a, min(b), max(b), count(), any(b), arg_min(a, b)) <= v1(a, b);",
    "st1(Point { x: a, y: b }, Yes) <+ ev1(a, b);",
    "st1(Point { x: a, y: a }, v) <= ev3(a, v);",
    "st1(p, v) <- st1(p, v), ev3(a, _), p.x == a;",
    "v2(p.x, p.y) <= st1(p, _);",
    "v3(a, match v { Yes => \"y\", No(s) => s, Both(n, none) => to_string(n), Both(_, some(_)) => \"m\" }) <= ev3(a, v);",
    "w9(a, v) <= ev3(a, v), !st1(_, v);",
    "t3(a, some(s), (a, n)) <= ev2(s, n), in1(a, n);",
    "t3(a, none, (a, twice(b) % 4)) <+ ev1(a, b);",
    "v2(a, q.1) <= t3(a, _, q), q.0 < LIMIT;",
    "v1(a, b * scale % 4) <= in1(a, b);",
    "l1(a, b) <= in1(a, b);",
    "l1(a, b) <+ ev1(a, b);",
    "l1(a, b) <+- ev1(a, b);",
    "l1(a, _) <- ev2(_, a);",
    "l1(b, n) <= l1(a, n), in1(a, b);",
    "l1(b, 1) <= l1(a, n), t1(a, b), n >= 2;",
    "l2(a, 0) <= ev1(a, _);",
    "l2(a, 0) <= in3(a, _);",
    "l2(b, c + 1) <= l2(a, c), in1(a, b);",
    "l2(b, c + 2) <= l2(a, c), t1(a, b);",
    "l3(a, set([b])) <= t1(a, b);",
    "l3(a, s) <= l3(b, s), in1(a, b);",
    "v2(a, a) <= l3(a, s), len(s) >= 2;",
    "l4(a, b, c) <= in1(a, b), t1(a, c);",
    "l4(a, b, b) <+ ev1(a, b);",
    "l4(a, b, 0) <+- ev1(a, b);",
    "l5(a, b > 0) <= v1(a, b);",
    "l5(b, m) <= l5(a, m), in1(a, b);",
    "l6(a, b < 2) <= t1(a, b);",
    "l7(a, s) <= ev2(s, a);",
    "l8(a, map([(b, c)])) <+ ev1(a, b), in1(a, c);",
    "l8(a, map([(b, b)])) <= t1(a, b);",
    "l9(a, b) <= v1(a, b);",
    "l9(a, b) <= l1(a, b);",
    "ch4(a, b) <~ ev1(a, b);",
    "ch4(a, b) <~ in1(a, b);",
    "v1(a, b) <= l2(a, c), in1(a, b), c <= 1;",
    "v2(a, n) <= l1(a, n);",
    "v2(a, n) <= ch4(a, n);",
];

/// Types, constants and functions for [`SINGLE`].
const DEFINITIONS: &str = "enum Vote { Yes, No(string), Both(int, option<int>) }
struct Point { x: int, y: int }
const LIMIT = 2;
param scale: int = 2;
fn twice(x: int) -> int = x + x;
lattice high over int = merge(a, b) -> greatest(a, b);
";

const ROLES: &[&str] = &[
    "ask@Back[a](a, b, self) <~ req(a, b);",
    "ask@n(a, b, self) <~ base(a, b), Back(n);",
    "known(a, b) <= ask(a, b, _);",
    "known(a, b) <= feed(a, b);",
    "known(a, b) <= pass(a, b);",
    "who(a, c) <= ask(a, _, c);",
    "back@c(a, b) <~ ask(a, b, c);",
    "back@c(a, b) <~ who(a, c), known(a, b);",
    "back@Front[0](a, b) <~ known(a, b);",
    "pass@n(a, b) <~ known(a, b), Back(n);",
    "pass@Back[b](a, b) <~ feed(a, b);",
    "got(a, b) <= back(a, b);",
    "got(a, b) <= back(a, b), cfg(b, _);",
    "got(a, b) <= base(a, b);",
    "seen(a, b) <= got(a, b), base(a, _);",
    "seen(a, c) <= got(a, b), got(b, c);",
    "sum0(a, count()) <= got(a, _);",
    "sum0(a, max(b)) <= base(a, b);",
    "last(a, b) <+- back(a, b);",
    "last(a, max(b)) <+- req(a, b);",
    "tell(a, b) <= back(a, b);",
    "tell(a, b) <= req(a, b), cfg(a, _);",
    "reach(a, b) <= known(a, b);",
    "reach(a, c) <= reach(a, b), known(b, c);",
    "best(a, min(b)) <= reach(a, b);",
    "best(a, b) <= feed(a, b), !peers(a, b);",
    "kv(a, b) <= pass(a, b);",
    "kv(a, max(b)) <+- pass(a, b);",
];

impl Schema {
    /// One node, every kind of collection.
    pub fn single() -> Schema {
        let collections = vec![
            c("in1", InputTable, &[Int, Int], None, 0),
            c("in2", InputTable, &[Int, Str], None, 0),
            c("in3", InputTable, &[Int, Int], Some(1), 0),
            c("fix", StaticTable, &[Int, Int], None, 0),
            c("mix", InputTable, &[Int, Float, Bool], None, 0),
            c("mut1", MutableTable, &[Int, Int], None, 1),
            c("mut2", MutableTable, &[Int, Str], Some(1), 1),
            c("beat", Timer, &[Time], None, 0),
            c("in4", InputTable, &[Int, List], None, 0),
            c("ev3", InputEvent, &[Int, Vote], None, 0),
            c("ch4", Channel, &[Int, Max], Some(1), 0),
            c("t3", Table, &[Int, Opt, Pair], None, 1),
            c("st1", Table, &[Point, Vote], None, 1),
            c("l1", Table, &[Int, Max], Some(1), 1),
            c("l2", View, &[Int, Min], Some(1), 2),
            c("l3", View, &[Int, Set], Some(1), 2),
            c("l4", Table, &[Int, Int, Max], Some(1), 2),
            c("l5", View, &[Int, Any], Some(1), 2),
            c("l6", View, &[Int, All], Some(1), 2),
            c("l7", Table, &[Int, Lww], Some(1), 1),
            c("l8", Event, &[Int, MapMax], Some(1), 2),
            c("l9", View, &[Int, High], Some(1), 2),
            c("ev1", InputEvent, &[Int, Int], None, 0),
            c("ev2", InputEvent, &[Str, Int], None, 0),
            c("ch1", Channel, &[Int, Int], None, 0),
            c("ch2", Channel, &[Int, Str], Some(1), 0),
            c("ch3", Channel, &[Int, Int], None, 0),
            c("tm1", Table, &[Int, Time], None, 1),
            c("lg1", Table, &[Str, Str], None, 1),
            c("t1", Table, &[Int, Int], None, 1),
            c("t2", Table, &[Int, Str], None, 1),
            c("k1", Table, &[Int, Int], Some(1), 1),
            c("k2", Table, &[Int, Str, Int], Some(2), 2),
            c("x1", Event, &[Int, Int], None, 1),
            c("x2", Event, &[Int, Str], Some(1), 2),
            c("v1", View, &[Int, Int], None, 1),
            c("v2", View, &[Int, Int], None, 2),
            c("v3", View, &[Int, Str], None, 2),
            c("v4", View, &[Int, Int], Some(1), 3),
            c("v5", View, &[Float, Bool], None, 3),
            c("w1", Inferred, &[Int, Int], None, 2),
            c("w2", Inferred, &[Int, Int, Str], None, 3),
            c("w3", Inferred, &[Int, Node(0)], None, 3),
            c("w4", Inferred, &[Int, Map], None, 2),
            c("w6", Inferred, &[Int, Set], None, 3),
            c("w9", Inferred, &[Int, Vote], None, 2),
        ];
        Schema { roles: &[], definitions: DEFINITIONS, collections, scaffolds: SINGLE }
    }

    /// Two roles that talk; more of what is monotone, so that a good part of the outputs is confluent.
    pub fn roles() -> Schema {
        let at = |role: usize, output: bool, mut collection: Collection| {
            collection.role = role;
            collection.output = output;
            collection
        };
        let collections = vec![
            at(0, false, c("req", InputEvent, &[Int, Int], None, 0)),
            at(0, false, c("base", InputTable, &[Int, Int], None, 0)),
            at(0, false, c("cfg", StaticTable, &[Int, Int], None, 0)),
            at(0, false, c("back", Channel, &[Int, Int], None, 0)),
            at(0, true, c("got", Table, &[Int, Int], None, 1)),
            at(0, true, c("seen", View, &[Int, Int], None, 1)),
            at(0, true, c("sum0", View, &[Int, Int], None, 2)),
            at(0, true, c("last", Table, &[Int, Int], Some(1), 1)),
            at(0, true, c("tell", Event, &[Int, Int], None, 1)),
            at(1, false, c("peers", StaticTable, &[Int, Int], None, 0)),
            at(1, false, c("feed", InputTable, &[Int, Int], None, 0)),
            at(1, false, c("ask", Channel, &[Int, Int, Node(0)], None, 0)),
            at(1, false, c("pass", Channel, &[Int, Int], None, 0)),
            at(1, true, c("known", Table, &[Int, Int], None, 1)),
            at(1, true, c("who", Table, &[Int, Node(0)], None, 1)),
            at(1, true, c("reach", View, &[Int, Int], None, 1)),
            at(1, true, c("best", View, &[Int, Int], None, 2)),
            at(1, true, c("kv", Table, &[Int, Int], Some(1), 1)),
        ];
        Schema { roles: &["Front", "Back"], definitions: "", collections, scaffolds: ROLES }
    }

    /// The declarations, one per line.
    pub fn declarations(&self) -> String {
        let mut text = self.definitions.to_owned();
        for role in self.roles {
            let _ = writeln!(text, "role {role};");
        }
        for collection in &self.collections {
            if let Some(declaration) = self.declaration(collection) {
                let _ = writeln!(text, "{declaration}");
            }
        }
        text
    }

    fn declaration(&self, collection: &Collection) -> Option<String> {
        let kind = match collection.kind {
            InputTable => "input table",
            StaticTable => "static input table",
            MutableTable => "mutable input table",
            Timer => return Some(format!("timer {} every 1s;", collection.name)),
            InputEvent => "input event",
            Table => "table",
            View => "view",
            Inferred => return None,
            Event => "event",
            Channel => "channel",
        };
        let mut columns = String::new();
        for (i, ty) in collection.columns.iter().enumerate() {
            columns.push_str(match collection.key {
                Some(key) if key == i => " => ",
                _ if i == 0 => "",
                _ => ", ",
            });
            let _ = write!(columns, "c{i}: {}", self.type_name(*ty));
        }
        let output = if collection.output { "output " } else { "" };
        let on = self.roles.get(collection.role).map_or(String::new(), |role| format!(" on {role}"));
        Some(format!("{output}{kind} {}({columns}){on};", collection.name))
    }

    fn type_name(&self, ty: Ty) -> &'static str {
        match ty {
            Int => "int",
            Str => "string",
            Float => "float",
            Bool => "bool",
            Time => "time",
            List => "list<int>",
            Opt => "option<string>",
            Pair => "(int, int)",
            Point => "Point",
            Vote => "Vote",
            Set => "set<int>",
            Map => "map<int, int>",
            Max => "max<int>",
            Min => "min<int>",
            Any => "any<bool>",
            All => "all<bool>",
            Lww => "lww<string>",
            MapMax => "map<int, max<int>>",
            High => "high",
            Node(role) => self.roles[role],
        }
    }
}
