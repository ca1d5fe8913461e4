//! Plans as timely and differential dataflows. The only crate that knows timely and differential.
//!
//! [`Dataflow`] runs one node's plan. A tick goes from arrivals to rows of words (`row`, `intern`), through the copy of
//! the tables (`tables`) into the inputs of a rendered plan (`render`, one file per operator; `graph`), which some
//! worker runs (`drivers`), and from the sinks' differences to effects (`effects`).
//!
//! Tick t (from 0) is two halves of time: 2t with the tick's arrivals, and 2t+1 without them and with the tables as the
//! tick leaves them. Content is what differences up to 2t add up to.

mod delta;
mod drivers;
mod effects;
mod engine;
mod graph;
mod grow;
mod intern;
mod kernel;
mod log;
mod merge;
mod moments;
mod options;
mod render;
mod row;
mod scalar;
mod shelf;
mod sinks;
mod stored;
mod tables;
mod time;
mod validate;

pub use engine::Dataflow;
#[doc(hidden)]
pub use options::Fault;
pub use options::Options;
