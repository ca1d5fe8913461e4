//! Plans as timely and differential dataflows.
