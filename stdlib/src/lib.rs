//! Modules written in Floret, embedded into the command: `use std::quorum(...)`. Each is a file that is one module; the
//! comments in it are its documentation.

/// Name and source of every module.
pub const MODULES: &[(&str, &str)] = &[
    ("broadcast", include_str!("../modules/broadcast.flo")),
    ("delivery", include_str!("../modules/delivery.flo")),
    ("heartbeat", include_str!("../modules/heartbeat.flo")),
    ("quorum", include_str!("../modules/quorum.flo")),
];
