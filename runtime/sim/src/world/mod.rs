//! Whole nodes in virtual time, on a simulated network, with faults.

mod chronicle;
mod picture;
mod telling;

#[cfg(test)]
mod tests;

pub use chronicle::{Chronicle, Happening, Parcel, What};
pub use picture::picture;
pub use telling::telling;
