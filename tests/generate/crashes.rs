//! The programs of two roles and those with seals, of which some roles are durable; and more that is sent again and again.

use super::roles::roles;
use super::schema::Schema;
use super::seals::seals;

/// What whole rules say, besides those of `roles`.
const AGAIN: &[&str] = &[
    "back@n(a, b) <~ beat1(_), known(a, b), Front(n);",
    "back@n(a, b) <~ beat1(_), known(a, b), Front(n);",
    "back@n(a, b) <~ beat1(_), feed(a, b), Front(n);",
    "back@n(a, b) <~ feed(a, b), Front(n);",
    "back@n(a, b) <~ beat1(_), peers(a, b), Front(n);",
    "vote@n(a, k) <~ beat1(_), high1(a, k), Front(n);",
    "pass@n(a, b) <~ beat0(_), got(a, b), Back(n);",
    "pass@n(a, b) <~ beat0(_), base(a, b), Back(n);",
    "pass@n(a, b) <~ base(a, b), Back(n);",
    "pass@n(a, b) <~ known(a, b), Back(n);",
    "pass@n(a, b) <~ beat1(_), known(a, b), Back(n);",
    "pass@self(a, b) <~ feed(a, b);",
    "peak@n(a, k) <~ beat0(_), top(a, k), Back(n);",
    "peak@n(a, k) <~ top(a, k), Back(n);",
    "sets@n(a, s) <~ beat1(_), bag(a, s), Back(n);",
    "ask@n(a, b, self) <~ beat0(_), base(a, b), Back(n);",
    "ask@n(a, b, self) <~ beat0(_), got(a, b), Back(n);",
    "got(a, b) <= back(a, b);",
    "known(a, b) <= pass(a, b);",
    "known(a, b) <= ask(a, b, _);",
    "known(a, b) <= feed(a, b);",
    "got(a, b) <= base(a, b);",
    "tell(a, b) <= back(a, b);",
    "tell(a, b) <= req(a, b);",
    "tell(a, b) <+ req(a, b);",
    "tell(a, b) <+ back(a, b);",
    "best(a, b) <= feed(a, b), !known(a, b);",
    "best(a, count()) <= known(a, _);",
    "sum0(a, count()) <= got(a, _);",
    "high1(a, b) <= peak(a, b);",
    "top(a, b) <= vote(a, b);",
];

/// The rules of `roles` and these.
static SCAFFOLDS: std::sync::LazyLock<Vec<&'static str>> =
    std::sync::LazyLock::new(|| AGAIN.iter().chain(roles().scaffolds).copied().collect());

const DURABLE: [&[bool]; 4] = [&[false, false], &[true, false], &[false, true], &[true, true]];

/// Programs of two roles; the bits of `durable` say which are.
pub fn crashes(durable: usize) -> Schema {
    Schema { durable: DURABLE[durable % 4], scaffolds: &SCAFFOLDS, ..roles() }
}

/// Programs with seals, in the same way.
pub fn seals_that_crash(durable: usize) -> Schema {
    Schema { durable: DURABLE[durable % 4], ..seals() }
}
