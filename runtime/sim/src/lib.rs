//! Nodes on a simulated network.
