//! Tests of the world.

mod channels;
mod common;
mod determinism;
mod peers;
mod telling;
