//! Tests of the world.

mod channels;
mod common;
mod conflicts;
mod determinism;
mod durable;
mod peers;
mod telling;
