//! The programs of two roles, with an `ordered` channel and `lossy` ones besides.

use super::roles::roles;
use super::schema::{Collection, Kind::*, Schema, Ty, Ty::*, c};

const INTS: &[Ty] = &[Int, Int];

/// What whole rules say, besides those of `roles`.
const RULES: &[&str] = &[
    "line@n(a, b) <~ got(a, b), Back(n);",
    "line@Back[a](a, b) <~ req(a, b);",
    "line@n(a, b) <~ base(a, b), Back(n);",
    "known(a, b) <= line(a, b);",
    "kv(a, max(b)) <+- line(a, b);",
    "kv(a, b) <= line(a, b);",
    "pass@n(a, b) <~ line(a, b), Back(n);",
    "back@Front[0](a, b) <~ line(a, b), known(a, _);",
    "hint@Front[0](a, b) <~ known(a, b);",
    "hint@Front[0](a, b) <~ beat1(_), known(a, b);",
    "hint@Front[0](a, b) <~ beat1(_), feed(a, b);",
    "hint@Front[0](a, b) <~ beat1(_), peers(a, b);",
    "hint@Front[0](a, b) <~ pass(a, b);",
    "got(a, b) <= hint(a, b);",
    "tell(a, b) <= hint(a, b);",
    "sum0(a, count()) <= hint(a, _);",
    "whisper@n(a, b) <~ beat0(_), top(a, b), Back(n);",
    "whisper@n(a, b) <~ beat0(_), base(a, b), Back(n);",
    "whisper@n(a, b) <~ top(a, b), Back(n);",
    "high1(a, b) <= whisper(a, b);",
    "known(a, 1) <= whisper(a, n), n >= 2;",
];

static SCAFFOLDS: std::sync::LazyLock<Vec<&'static str>> =
    std::sync::LazyLock::new(|| RULES.iter().chain(RULES).chain(roles().scaffolds).copied().collect());

/// Programs of two roles that also talk by `ordered` and `lossy` channels.
pub fn channels() -> Schema {
    let base = roles();
    let more: [Collection; 3] = [
        c("line", Channel, INTS, None, 0).at(1).with(" ordered"),
        c("hint", Channel, INTS, None, 0).with(" lossy"),
        c("whisper", Channel, &[Int, Max], Some(1), 0).at(1).with(" lossy"),
    ];
    let collections = base.collections.into_iter().chain(more).collect();
    Schema { collections, scaffolds: &SCAFFOLDS, ..roles() }
}
