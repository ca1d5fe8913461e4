//! Parameters of each kind.

use expect_test::expect;

use super::{checked, tree};

#[test]
fn roles_values_and_collections_are_passed() {
    tree(
        "role Replica; role Client;
         const F = 1;
         table config(name: string => size: int) on Client;
         module Quorum(role Voter, n: int, table settings(key: string => value: int)) {
             input event vote(ballot: int) on Voter;
             channel cast(ballot: int, voter: Voter) on Voter from Voter;
             cast@v(b, self) <~ vote(b), Voter(v), !settings(_, n), settings(value: n);
             cast@Voter[n](b, self) <~ vote(b);
             settings(\"n\", n) <= vote(n + n);
         }
         use Quorum(Voter = Replica, n = 2 * F + 1, settings = config) as q;",
        expect![[r#"
            role Replica
            role Client
            const F = 1
            table config(name: string => size: int) on Client
            event q::vote(ballot: int) on Replica
            channel q::cast(ballot: int, voter: Replica) on Replica from Replica
            rule q::cast@v(b, self) <~
              q::vote(b)
              Replica(v)
              !config(_, ((2 * F) + 1))
              config(_, ((2 * F) + 1))
            rule q::cast@Replica[((2 * F) + 1)](b, self) <~
              q::vote(b)
            rule config("n", ((2 * F) + 1)) <=
              q::vote((((2 * F) + 1) + ((2 * F) + 1)))
        "#]],
    );
}

#[test]
fn arguments_are_passed_on() {
    checked(
        "role Server;
         table stored(a: int) on Server;
         //- ignored.flo
        ",
        expect![[r#"
            role Server;
            table stored(a: int) on Server;
        "#]],
    );
    tree(
        "role Server;
         table stored(a: int) on Server;
         use \"outer.flo\"(R = Server, k = 7, t = stored) as o;
         //- outer.flo
         module Outer(role R, k: int, table t(x: int)) {
             module Inner(role Q, n: int, view v(y: int)) {
                 output view big(y: int) on Q;
                 big(y) <= v(y: y), y > n, y > k;
             }
             use Inner(Q = R, n = k + 1, v = t) as i;
             use Inner(Q = R, n = -k, v = i::big) as j;
         }",
        expect![[r#"
            role Server
            table stored(a: int) on Server
            view o::i::big(y: int) on Server
            rule o::i::big(y) <=
              stored(y)
              (y > (7 + 1))
              (y > 7)
            view o::j::big(y: int) on Server
            rule o::j::big(y) <=
              o::i::big(y)
              (y > (-7))
              (y > 7)
        "#]],
    );
}

#[test]
fn a_file_of_one_module_takes_arguments() {
    tree(
        "use \"limit.flo\"(n = 3) as small; use \"limit.flo\"(n = 1 + 2) as sum;
         //- limit.flo
         // One module, and nothing else.
         module anything(n: int) { input table t(x: int); v(x * n) <= t(x), x < n; }",
        expect![[r#"
            table small::t(x: int)
            rule small::v((x * 3)) <=
              small::t(x)
              (x < 3)
            table sum::t(x: int)
            rule sum::v((x * (1 + 2))) <=
              sum::t(x)
              (x < (1 + 2))
        "#]],
    );
}
