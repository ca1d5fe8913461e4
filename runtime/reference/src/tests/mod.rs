//! Tests of ticks. Every expected text was written by hand from LANGUAGE section 4, not printed by the code.

mod aggregates;
mod check;
mod errors;
mod events;
mod keys;
mod messages;
mod operators;
mod rules;
