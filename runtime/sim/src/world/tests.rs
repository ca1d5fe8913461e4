//! Tests of the world.

mod telling;
