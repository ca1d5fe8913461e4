//! Tests of ticks. Every expected text was written by hand from LANGUAGE section 4, not printed by the code.

mod aggregates;
mod check;
mod clock;
mod errors;
mod events;
mod inputs;
mod keys;
mod lattices;
mod messages;
mod operators;
mod reports;
mod rules;
mod unnest;
