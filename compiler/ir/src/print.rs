//! Text forms: values and types here, and one file for each stage that `floret build --emit` prints.

mod coordination;
mod dot;
mod expr;
mod operator;
mod plan;
mod program;
mod strata;
mod text;

pub use coordination::coordination;
pub use dot::dot;
pub use expr::expr;
pub use plan::plan;
pub use program::{aggregate, body_literal, program, relation, rule};
pub use strata::strata;
pub use text::{WRAPPED, address, lattice, literal, row, ty, value, value_json, value_text};
