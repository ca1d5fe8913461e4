//! What a type is needed for, in words.

use floret_ir::Type;

use super::cells::Head;

/// Where a type is needed.
pub(super) enum Context {
    Column {
        relation: String,
        column: String,
    },
    Members(String),
    /// Under an atom of no known collection; every type will do.
    Unknown,
    Condition,
    /// `and`, `or`, `not`, `if`.
    Logic(&'static str),
    Let(String),
    Place {
        relation: String,
        role: String,
    },
    MemberNumber,
    Operator(&'static str),
    Branches,
    Function(String),
    /// A parameter of a function of the program.
    Argument(String),
    /// The value of a constant, function, default or merge.
    Definition(String),
    Arms,
    Pattern,
    Elements,
    Field(String),
    Constructor(String),
    Unnest,
}

impl Context {
    /// The one-line message of a clash.
    pub fn title(&self, needed: &str, found: &str) -> String {
        match self {
            Context::Column { relation, column } => {
                format!("column `{column}` of `{relation}` is `{needed}`, not `{found}`")
            }
            Context::Members(role) => format!("`{role}(...)` gives addresses of `{needed}`, not `{found}`"),
            Context::Unknown => format!("`{needed}` is not `{found}`"),
            Context::Condition => format!("a condition is `{needed}`, not `{found}`"),
            Context::Logic(word) => format!("`{word}` needs a `{needed}`, not `{found}`"),
            Context::Let(name) => format!("`{name}` is `{needed}`, not `{found}`"),
            Context::Place { relation, role } => {
                format!("`{relation}` is at {role}, so what stands after `@` is a `{needed}`, not `{found}`")
            }
            Context::MemberNumber => format!("a member's number is `{needed}`, not `{found}`"),
            Context::Operator(symbol) => {
                format!("`{symbol}` needs two values of one type, not `{needed}` and `{found}`")
            }
            Context::Branches => {
                format!("both branches of an `if` have one type, not `{needed}` and `{found}`")
            }
            Context::Argument(name) => {
                format!("`{name}` takes `{needed}` here, not `{found}`")
            }
            Context::Definition(name) => format!("`{name}` is `{needed}`, not `{found}`"),
            Context::Arms => format!("all arms of a `match` have one type, not `{needed}` and `{found}`"),
            Context::Pattern => format!("the value that is matched is `{needed}`, not `{found}`"),
            Context::Elements => {
                format!("all elements of a list have one type, not `{needed}` and `{found}`")
            }
            Context::Field(name) => format!("field `{name}` is `{needed}`, not `{found}`"),
            Context::Constructor(name) => format!("`{name}` holds `{needed}` here, not `{found}`"),
            Context::Unnest => format!("`in` takes `{needed}`, not `{found}`"),
            Context::Function(name) => format!("`{name}` takes `{needed}`, not `{found}`"),
        }
    }
}

/// What an operator takes, where that is not one type.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    Numbers,
    /// `-x`
    Negatable,
    /// `+`
    Addable,
    /// `-`
    Subtractable,
    /// Everything that has a text form of its own: an address has none without the program's roles.
    Printable,
}

impl Takes {
    pub fn accepts(self, ty: Type) -> bool {
        match self {
            Takes::Numbers => matches!(ty, Type::Int | Type::Float),
            Takes::Negatable => matches!(ty, Type::Int | Type::Float | Type::Duration),
            Takes::Addable => matches!(ty, Type::Int | Type::Float | Type::String | Type::Duration),
            Takes::Subtractable => matches!(ty, Type::Int | Type::Float | Type::Duration),
            Takes::Printable => !contains_address(ty),
        }
    }
    /// What is known of a type that is not known as a whole.
    pub fn accepts_head(self, head: Head) -> bool {
        match (self, head) {
            (_, Head::Plain(ty)) => self.accepts(ty),
            (Takes::Printable, _) => true,
            (_, Head::Tuple | Head::List | Head::Set | Head::Map | Head::Option) => false,
        }
    }
    pub fn words(self) -> &'static str {
        match self {
            Takes::Numbers => "int and float",
            Takes::Negatable => "int, float and duration",
            Takes::Addable => "int, float, string, time and duration",
            Takes::Subtractable => "int, float, time and duration",
            Takes::Printable => "everything but addresses of nodes",
        }
    }
}

fn contains_address(ty: Type) -> bool {
    match ty {
        Type::Address(_) | Type::Node => true,
        Type::Int | Type::Float | Type::Bool | Type::String | Type::Bytes | Type::Time | Type::Duration => {
            false
        }
        Type::List(of) | Type::Set(of) | Type::Option(of) => contains_address(*of),
        Type::Map(key, of) => contains_address(*key) || contains_address(*of),
        Type::Tuple(_) | Type::Struct(_) => ty.fields().unwrap_or_default().into_iter().any(contains_address),
        Type::Enum(of) => of.variants.iter().flat_map(|(_, types)| types).any(|ty| contains_address(*ty)),
    }
}
