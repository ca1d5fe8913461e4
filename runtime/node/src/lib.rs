//! One node of a running program.
