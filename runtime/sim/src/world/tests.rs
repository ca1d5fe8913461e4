//! Tests of the world.

mod channels;
mod common;
mod determinism;
mod durable;
mod peers;
mod telling;
