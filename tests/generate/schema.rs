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
        Schema { roles: &[], collections }
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
        Schema { roles: &["Front", "Back"], collections }
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
