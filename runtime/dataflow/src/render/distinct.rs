//! `Distinct`: each row once.

use super::streams::{Rows, each_width};

/// Each row once.
pub(super) fn distinct(rows: Rows<'_>) -> Rows<'_> {
    each_width!(rows, stream => Rows::from(stream.distinct()))
}
