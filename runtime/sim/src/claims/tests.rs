//! Invariants over rows written by hand; what violates them is, too.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{
    Address, ClaimRead, Claims, Deployment, FileId, Invariant, Program, RelationId, RoleId, Row, Span,
};

use super::violations;
use crate::tests::testing;

/// The program that the claims are about.
const ABOUT: &str = "role Server; role Client;
    table leader(term) on Server;
    channel put(key, from: Client) on Server sender;
    event asked(key) on Client;";

/// As the compiler makes it of `leader@a(t), leader@b(t), a != b`, `put(k, _), !leader(k)` and `asked@c(k), 10 / k > 4`.
const CLAIMS: &str = "role Server; role Client; role $claims;
    static input table leader(term, node: Server) on $claims;
    static input table put(key, node: Server) on $claims;
    static input table asked(key, node: Client) on $claims;
    view two(t, a: Server, b: Server) on $claims;
    view unknown(k, $self: Server) on $claims;
    view few(k, c: Client) on $claims;
    two(t, a, b) <= leader(t, a), leader(t, b), a != b;
    unknown(k, $self) <= put(k, $self), !leader(k, $self);
    few(k, c) <= asked(k, c), (10 / k) > 4;";

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

fn claims(about: &Program) -> Claims {
    let stratified = testing::program(CLAIMS);
    let id = |name: &str| stratified.program.relation_named(name).unwrap();
    let read = |name: &str| {
        let of = about.relation_named(name).unwrap();
        ClaimRead { of, table: id(name), momentary: about.relations[of].is_momentary() }
    };
    let invariant = |name: &str| Invariant { name: name.into(), text: None, view: id(name), span: NOWHERE };
    let reads = ["leader", "put", "asked"].map(read).to_vec();
    let invariants = ["two", "unknown", "few"].map(invariant).to_vec();
    Claims { stratified, reads, invariants }
}

/// The violations, each as `invariant: bindings`, where nodes hold these rows: role, node, collection, row.
fn found(ticked: Option<Address>, rows: &[(u32, u32, &str, &str)]) -> Vec<String> {
    static NONE: BTreeSet<Row> = BTreeSet::new();
    let about = testing::program(ABOUT);
    let claims = claims(&about.program);
    let mut held: BTreeMap<(Address, RelationId), BTreeSet<Row>> = BTreeMap::new();
    for (role, index, relation, row) in rows {
        let at = (Address { role: RoleId(*role), index: *index }, testing::relation(&about, relation));
        held.entry(at).or_default().insert(testing::row(&about, row));
    }
    let deployment = Deployment::new([3, 2].into_iter().collect());
    let holds = |node, relation| held.get(&(node, relation)).unwrap_or(&NONE);
    let found = violations(&claims, &deployment, ticked, holds).unwrap();
    let text = |violation: &super::Violation| {
        let name = &claims.invariants[violation.invariant].name;
        let error = if violation.is_error { "no value for " } else { "" };
        format!("{name}: {error}{}", violation.text(&about.program))
    };
    found.iter().map(text).collect()
}

const SERVER: Address = Address { role: RoleId(0), index: 1 };
const CLIENT: Address = Address { role: RoleId(1), index: 0 };

#[test]
fn a_row_at_two_nodes() {
    let one = [(0, 0, "leader", "1"), (0, 2, "leader", "2"), (0, 2, "leader", "3")];
    assert!(found(None, &one).is_empty());
    let mut two = one.to_vec();
    two.push((0, 1, "leader", "2"));
    let expected = ["two: t = 2, a = Server[1], b = Server[2]", "two: t = 2, a = Server[2], b = Server[1]"];
    assert_eq!(found(None, &two), expected);
}

#[test]
fn rows_of_one_tick_are_those_of_the_tick_just_run() {
    let put = [(0, 1, "put", "7, Client[0]"), (0, 2, "put", "8, Client[1]"), (0, 1, "leader", "8")];
    assert!(found(None, &put).is_empty());
    // Who sent it is no column of the invariant's.
    assert_eq!(found(Some(SERVER), &put), ["unknown: k = 7, self = Server[1]"]);
    assert!(found(Some(CLIENT), &put).is_empty());
}

#[test]
fn what_has_no_value_is_a_violation() {
    let asked = [(1, 0, "asked", "0"), (1, 0, "asked", "5"), (1, 0, "asked", "2")];
    assert_eq!(
        found(Some(CLIENT), &asked),
        ["few: k = 2, c = Client[0]", "few: no value for k = 0, c = Client[0]"]
    );
}

#[test]
fn no_claims_are_never_violated() {
    let deployment = Deployment::new([1].into_iter().collect());
    let holds = |_, _| panic!("nothing is read");
    assert_eq!(violations(&Claims::default(), &deployment, None, holds), Ok(Vec::new()));
}
