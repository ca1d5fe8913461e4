//! What a family of generated programs may declare.

use std::fmt::Write as _;

/// Types, constants and functions.
pub const DEFINITIONS: &str = "enum Vote { Yes, No(string), Both(int, option<int>) }
struct Point { x: int, y: int }
const LIMIT = 2;
param scale: int = 2;
fn twice(x: int) -> int = x + x;
fn flipped(s: string, b: bool) -> string = if b then reverse(s) else upper(s);
fn mirrored(p: Point) -> Point = Point { x: p.y, y: p.x };
lattice high over int = merge(a, b) -> greatest(a, b);
";

/// A column type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ty {
    Int,
    Str,
    Float,
    Bool,
    Bytes,
    Time,
    /// `duration`
    Length,
    /// `list<int>`
    List,
    /// `list<string>` and `list<(int, int)>`
    Strs,
    Pairs,
    /// `option<string>` and `option<int>`
    Opt,
    OptInt,
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
    /// `(min<int>, max<int>)`
    Both,
    /// A declared one.
    High,
    /// The address of a node of the role with this index in the schema.
    Node(usize),
}

impl Ty {
    /// The type of a variable at such a column.
    pub fn carrier(self) -> Ty {
        match self {
            Ty::Max | Ty::Min | Ty::High => Ty::Int,
            Ty::Any | Ty::All => Ty::Bool,
            Ty::MapMax => Ty::Map,
            Ty::Both => Ty::Pair,
            other => other,
        }
    }
    /// Whether a value column of this type merges.
    pub fn is_lattice(self) -> bool {
        self == Ty::Set || self == Ty::Lww || self.carrier() != self
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
    /// `floret::error` and `floret::conflict`.
    Report,
    /// An input of an instance: filled by `<=` alone.
    InstanceInput,
    /// An output of an instance, only read.
    InstanceOutput,
}

impl Kind {
    /// Whether rows arrive in it for one tick.
    pub fn arrives(self) -> bool {
        matches!(self, Kind::Channel | Kind::InputEvent | Kind::Timer | Kind::Report)
    }
    /// Whether it keeps its rows.
    pub fn is_stored(self) -> bool {
        matches!(self, Kind::InputTable | Kind::StaticTable | Kind::MutableTable | Kind::Table)
    }
    /// Whether rules may fill it.
    pub fn takes_rules(self) -> bool {
        match self {
            Kind::MutableTable | Kind::Table | Kind::View | Kind::Inferred | Kind::Event | Kind::Channel => {
                true
            }
            Kind::InstanceInput => true,
            Kind::InputTable | Kind::StaticTable | Kind::InputEvent | Kind::Timer | Kind::Report => false,
            Kind::InstanceOutput => false,
        }
    }
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
    /// Whether the columns are called `c0`, `c1`, ... (else they have other names, or none that is known).
    pub numbered: bool,
    /// A clause after all else.
    pub clause: &'static str,
}

impl Collection {
    /// The same, with a clause.
    pub const fn with(mut self, clause: &'static str) -> Collection {
        self.clause = clause;
        self
    }
    /// The same, at another role.
    pub const fn at(mut self, role: usize) -> Collection {
        self.role = role;
        self
    }
    /// The same, as an output.
    pub const fn shown(mut self) -> Collection {
        self.output = true;
        self
    }
    /// The same, with other columns' names.
    pub const fn renamed(mut self) -> Collection {
        self.numbered = false;
        self
    }
}

/// A collection at the first role.
pub const fn c(
    name: &'static str,
    kind: Kind,
    columns: &'static [Ty],
    key: Option<usize>,
    level: u8,
) -> Collection {
    let numbered = !matches!(kind, Kind::Inferred | Kind::Timer | Kind::Report);
    Collection { name, columns, key, kind, role: 0, level, output: false, numbered, clause: "" }
}

/// A module, some of whose rules are random.
pub struct Module {
    /// `module M(...) {`
    pub opening: &'static str,
    /// The `use`s.
    pub uses: &'static [&'static str],
    /// What its rules may read and fill. Those called `shared` and the like are its parameters.
    pub inside: Schema,
    /// The parameters among them: not declared inside.
    pub parameters: &'static [&'static str],
    /// Collections of the user's that the `use`s name.
    pub arguments: &'static [&'static str],
}

/// All collections and roles of a family of programs.
pub struct Schema {
    pub roles: &'static [&'static str],
    /// Whether each of them is durable; those not mentioned aren't.
    pub durable: &'static [bool],
    /// What is declared before the collections, one per line.
    pub definitions: &'static str,
    pub collections: Vec<Collection>,
    /// Whole rules that fill and drain collections, so that the random ones find something to read.
    pub scaffolds: &'static [&'static str],
    /// A module and instances of it, with the names before whose `::` its inputs and outputs are among the collections.
    pub module: Option<(Box<Module>, &'static [&'static str])>,
}

impl Schema {
    /// The declaration of a collection, if it has one.
    pub fn declaration(&self, collection: &Collection) -> Option<String> {
        let kind = match collection.kind {
            Kind::InputTable => "input table",
            Kind::StaticTable => "static input table",
            Kind::MutableTable => "mutable input table",
            Kind::Timer => {
                return Some(format!("timer {} every 1s{};", collection.name, self.on(collection)));
            }
            Kind::InputEvent => "input event",
            Kind::Table => "table",
            Kind::View => "view",
            Kind::Event => "event",
            Kind::Channel => "channel",
            Kind::Inferred | Kind::Report | Kind::InstanceInput | Kind::InstanceOutput => return None,
        };
        let mut columns = String::new();
        for (i, ty) in collection.columns.iter().enumerate() {
            columns.push_str(match collection.key {
                Some(0) if i == 0 => "=> ",
                Some(key) if key == i => " => ",
                _ if i == 0 => "",
                _ => ", ",
            });
            let _ = write!(columns, "c{i}: {}", self.type_name(*ty));
        }
        let output = if collection.output { "output " } else { "" };
        Some(format!(
            "{output}{kind} {}({columns}){}{};",
            collection.name,
            self.on(collection),
            collection.clause
        ))
    }

    fn on(&self, collection: &Collection) -> String {
        self.roles.get(collection.role).map_or(String::new(), |role| format!(" on {role}"))
    }

    fn type_name(&self, ty: Ty) -> &'static str {
        match ty {
            Ty::Int => "int",
            Ty::Str => "string",
            Ty::Float => "float",
            Ty::Bool => "bool",
            Ty::Bytes => "bytes",
            Ty::Time => "time",
            Ty::Length => "duration",
            Ty::List => "list<int>",
            Ty::Strs => "list<string>",
            Ty::Pairs => "list<(int, int)>",
            Ty::Opt => "option<string>",
            Ty::OptInt => "option<int>",
            Ty::Pair => "(int, int)",
            Ty::Point => "Point",
            Ty::Vote => "Vote",
            Ty::Set => "set<int>",
            Ty::Map => "map<int, int>",
            Ty::Max => "max<int>",
            Ty::Min => "min<int>",
            Ty::Any => "any<bool>",
            Ty::All => "all<bool>",
            Ty::Lww => "lww<string>",
            Ty::MapMax => "map<int, max<int>>",
            Ty::Both => "(min<int>, max<int>)",
            Ty::High => "high",
            Ty::Node(role) => self.roles.get(role).copied().unwrap_or("Node"),
        }
    }
}
