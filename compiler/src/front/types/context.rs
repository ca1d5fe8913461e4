//! What a type is needed for, in words.

use floret_ir::Type;

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
    Function(&'static str),
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
            Context::Function(name) => format!("`{name}` takes `{needed}`, not `{found}`"),
        }
    }
}

/// What an operator takes, where that is not one type.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    Numbers,
    NumbersOrText,
    /// Everything that has a text form of its own: an address has none without the program's roles.
    Printable,
}

impl Takes {
    pub fn accepts(self, ty: Type) -> bool {
        match (self, ty) {
            (_, Type::Int | Type::Float) => true,
            (Takes::Numbers, Type::Bool | Type::String | Type::Address(_)) => false,
            (Takes::NumbersOrText, Type::String) => true,
            (Takes::NumbersOrText, Type::Bool | Type::Address(_)) => false,
            (Takes::Printable, Type::Bool | Type::String) => true,
            (Takes::Printable, Type::Address(_)) => false,
            (_, _) => false,
        }
    }
    pub fn words(self) -> &'static str {
        match self {
            Takes::Numbers => "int and float",
            Takes::NumbersOrText => "int, float and string",
            Takes::Printable => "int, float, bool and string",
        }
    }
}
