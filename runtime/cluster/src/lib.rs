//! Starting nodes and watching over them.
