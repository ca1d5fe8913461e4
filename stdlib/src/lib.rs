//! Modules written in Floret, embedded into the command. There are none until programs can `use` modules.

/// Name and source of every module.
pub const MODULES: &[(&str, &str)] = &[];
