//! The reference evaluator: the semantics of LANGUAGE section 4, executable. It recomputes every tick from scratch and
//! keeps nothing but plain data between ticks, so that what it does can be read off the code. It is the oracle of the
//! dataflow engine and the evaluator of simulator and REPL.
//!
//! Everything starts at [`tick`]: (checked program, state, arrivals) -> (state, effects). [`Reference`] keeps the state
//! of one node and counts.
//!
//! Programs come from the compiler (or from an artifact whose ids were validated when it was loaded); arrivals may be
//! anything.

mod aggregate;
mod arrive;
mod body;
mod content;
mod counters;
mod derive;
mod findings;
mod fixpoint;
mod head;
mod instances;
mod judge;
mod keys;
mod next;
mod observe;
mod reference;
mod send;
mod state;
mod stop;
mod tick;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use instances::{Instance, Instances, instances};
pub use reference::Reference;
pub use state::State;
pub use stop::Stop;
pub use tick::{Options, tick};
