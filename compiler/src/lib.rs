//! The passes from a syntax tree to placed plans. Each is a function between two kinds of plain data; findings go into
//! a sink, and the types of the stages keep the passes in order:
//!
//! `Files` -expand modules-> `Tree` -resolve, types, placement-> `Program` -stratify-> `Stratified` -check-> `Coordination`,
//! `Stratified` -lower-> `Plan`s -optimize-> `Plan`s.

pub mod coordination;
pub mod driver;
pub mod explain;
pub mod front;
pub mod lattices;
pub mod lower;
pub mod modules;
pub mod optimize;
pub mod strata;

#[cfg(test)]
mod testing;
