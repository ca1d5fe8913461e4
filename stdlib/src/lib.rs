//! Modules written in Floret.
