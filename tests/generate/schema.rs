//! The collections of generated programs.

use std::fmt::Write as _;

/// A column type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ty {
    Int,
    Str,
    Float,
    Bool,
    /// The address of a node of the role with this index in the schema.
    Node(usize),
}

/// A collection's kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    InputTable,
    StaticTable,
    InputEvent,
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
    pub collections: Vec<Collection>,
    /// Whole rules that fill and drain collections, so that the random ones find something to read.
    pub scaffolds: &'static [&'static str],
}

use Kind::{Channel, Event, Inferred, InputEvent, InputTable, StaticTable, Table, View};
use Ty::{Bool, Float, Int, Node, Str};

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
];

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
            c("ev1", InputEvent, &[Int, Int], None, 0),
            c("ev2", InputEvent, &[Str, Int], None, 0),
            c("ch1", Channel, &[Int, Int], None, 0),
            c("ch2", Channel, &[Int, Str], Some(1), 0),
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
        ];
        Schema { roles: &[], collections, scaffolds: SINGLE }
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
        Schema { roles: &["Front", "Back"], collections, scaffolds: ROLES }
    }

    /// The declarations, one per line.
    pub fn declarations(&self) -> String {
        let mut text = String::new();
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
            Node(role) => self.roles[role],
        }
    }
}
