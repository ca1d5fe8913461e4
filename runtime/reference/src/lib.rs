//! The reference evaluator: the semantics, executable.
