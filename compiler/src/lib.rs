//! The passes from a syntax tree to placed plans.
