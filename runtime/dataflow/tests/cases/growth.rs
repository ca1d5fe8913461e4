//! Loops whose collections only gain rows: in the insert-only way and by differences, over several ticks.

use floret_ir::plan::{ChangeKind, Loop, LoopVariable, Mapping, Operator, Sink};
use floret_ir::way::Way;
use floret_ir::{
    BinaryOp, Engine, EngineError, Expr, Lattice, NodeId, RelationId, RelationKind, RuleOp, Scalar, Type,
};

use super::{Build, binary, compute, copy, int};

impl Build {
    /// Says of all operators that they gain rows only (no case here takes any away), and sees that the loops can run in
    /// the insert-only way.
    fn growing(mut self) -> Build {
        self.plan.nodes.iter_mut().for_each(|node| node.changes = ChangeKind::Insert);
        for step in &self.plan.steps {
            if let floret_ir::plan::Step::Loop(recursion) = step {
                assert_eq!(recursion.way(&self.plan), Way::InsertOnly);
            }
        }
        self
    }

    /// Shows only these relations' changes.
    fn showing(mut self, names: &[&str]) -> Build {
        self.options.observe = floret_ir::Observe::Outputs;
        for relation in self.program.relations.iter_mut() {
            relation.output = names.contains(&relation.name.as_str());
        }
        self
    }

    #[track_caller]
    fn check_both_ways(mut self, ticks: &[(&str, &str)]) {
        for by_differences in [false, true] {
            self.options.by_differences = by_differences;
            self.check(ticks);
        }
    }

    /// A loop of one relation, which holds the rows of `starts` and those that `step` makes of its variable.
    fn grow(
        &mut self,
        relation: RelationId,
        imports: &[NodeId],
        starts: NodeId,
        step: impl FnOnce(&mut Build, NodeId) -> NodeId,
    ) -> NodeId {
        let columns = "i".repeat(self.program.relations[relation].arity());
        let variable = self.inner(Operator::Variable { relation }, &columns);
        let first = self.plan.nodes.next_id();
        let stepped = step(self, variable);
        let all = self.inner(Operator::Union { inputs: vec![starts, stepped] }, &columns);
        let feedback = self.inner(Operator::Distinct { input: all }, &columns);
        let export = self.inner(Operator::Leave { inner: feedback }, &columns);
        self.recursion(Loop {
            imports: imports.to_vec(),
            variables: vec![LoopVariable { relation, variable, feedback }],
            items: (first.0..=feedback.0).map(NodeId).collect(),
            exports: vec![export],
        });
        self.rule(RuleOp::Now, relation);
        self.content(relation, export);
        export
    }

    fn join(&mut self, left: NodeId, right: NodeId, on: &[(usize, usize)], mapping: Mapping) -> NodeId {
        let columns = "i".repeat(mapping.columns.len());
        self.inner(Operator::Join { left, right, on: on.to_vec(), mapping }, &columns)
    }
}

fn closure(linear: bool) -> Build {
    let mut b = Build::new();
    let edge = b.table("edge", "ii");
    let path = b.view("path", "ii");
    let edges = b.source(edge);
    b.grow(path, &[edges], edges, |b, paths| {
        b.join(paths, if linear { edges } else { paths }, &[(1, 0)], copy(&[0, 3]))
    });
    b.growing().showing(&["path"])
}

/// The closure of edges of which some are put into their table by the tick before, and so come in the half before the
/// tick's own.
fn late_closure() -> Build {
    let mut b = closure(true);
    let later = b.event("later", "ii");
    let rows = b.source(later);
    b.plan.steps.rotate_right(1);
    let edge = b.program.relation_named("edge").unwrap();
    b.sink(Sink::Insert { relation: edge, node: rows });
    b.showing(&["path"])
}

const CLOSURE: &[(&str, &str)] = &[
    ("edge 1 2; edge 2 3", "+path(1,2) +path(1,3) +path(2,3)"),
    ("", ""),
    // Paths that are there already go on over a new edge, and new ones over old edges.
    ("edge 3 4; edge 0 1", "+path(0,1) +path(0,2) +path(0,3) +path(0,4) +path(1,4) +path(2,4) +path(3,4)"),
    ("edge 1 4; edge 1 2", ""),
    ("edge 4 3", "+path(3,3) +path(4,3) +path(4,4)"),
];

#[test]
fn closures_grow_over_ticks() {
    closure(true).check_both_ways(CLOSURE);
    closure(false).check_both_ways(CLOSURE);
}

/// A rule of three literals.
fn generations() -> Build {
    let mut b = Build::new();
    let (up, down, flat) = (b.table("up", "ii"), b.table("down", "ii"), b.table("flat", "ii"));
    let same = b.view("same", "ii");
    let (ups, downs, flats) = (b.source(up), b.source(down), b.source(flat));
    // same(x, y) <= flat(x, y); same(x, y) <= up(x, a), same(a, b), down(b, y).
    b.grow(same, &[ups, downs, flats], flats, |b, sames| {
        let above = b.join(ups, sames, &[(1, 0)], copy(&[0, 3]));
        b.join(above, downs, &[(1, 0)], copy(&[0, 3]))
    });
    b.growing().showing(&["same"])
}

/// points(y, w) <= assign(y, w); points(y, w) <= load(y, x), points(x, z), points(z, w).
fn loads() -> Build {
    let mut b = Build::new();
    let (assign, load) = (b.table("assign", "ii"), b.table("load", "ii"));
    let points = b.view("points", "ii");
    let (assigns, loads) = (b.source(assign), b.source(load));
    b.grow(points, &[assigns, loads], assigns, |b, rows| {
        let through = b.join(loads, rows, &[(1, 0)], copy(&[0, 3]));
        b.join(through, rows, &[(1, 0)], copy(&[0, 3]))
    });
    b.growing().showing(&["points"])
}

#[test]
fn rules_with_two_recursive_literals() {
    loads().check_both_ways(&[
        ("assign 1 2; assign 2 3; load 4 1", "+points(1,2) +points(2,3) +points(4,3)"),
        ("load 5 4", ""),
        ("assign 3 6; load 7 2", "+points(3,6) +points(5,6) +points(7,6)"),
        ("assign 6 8", "+points(6,8)"),
        ("load 9 5", "+points(9,8)"),
    ]);
}

/// Each literal may be the last to get its row.
#[test]
fn the_last_row_may_come_to_any_literal() {
    generations().check_both_ways(&[
        ("up 1 10; down 20 2", ""),
        ("flat 10 20", "+same(1,2) +same(10,20)"),
        ("up 3 1", ""),
        ("down 2 4", "+same(3,4)"),
        ("down 20 5; up 6 10", "+same(1,5) +same(6,2) +same(6,5)"),
        ("up 7 6", "+same(7,4)"),
        ("down 5 8", "+same(3,8) +same(7,8)"),
        ("flat 7 5", "+same(7,5)"),
    ]);
}

/// Pairs of all rows, conditions, constants, computed columns, and a part of a rule that is read twice.
fn shapes() -> Build {
    let mut b = Build::new();
    let n = b.table("n", "i");
    let r = b.view("r", "ii");
    let ns = b.source(n);
    let ones = b.add(Operator::Map { input: ns, mapping: compute(vec![Expr::Var(0), int(1)]) }, "ii");
    b.grow(r, &[ns, ones], ones, |b, rs| {
        // r(x, y) with x = y + 1 or x = 9.
        let mut next = compute(vec![Expr::Var(0), binary(BinaryOp::Add, Expr::Var(1), int(1))]);
        next.conditions = vec![binary(BinaryOp::Less, Expr::Var(1), int(3))];
        let next = b.inner(Operator::Map { input: rs, mapping: next }, "ii");
        let mut nine = compute(vec![int(9), Expr::Var(1)]);
        nine.conditions = vec![binary(BinaryOp::Equal, Expr::Var(0), int(5))];
        let nine = b.inner(Operator::Map { input: rs, mapping: nine }, "ii");
        let both = b.inner(Operator::Union { inputs: vec![next, nine] }, "ii");
        // Read by a product with all of n, which keeps only rows with n = 7, and as it is.
        let mut seven = compute(vec![int(70), Expr::Var(1)]);
        seven.conditions = vec![
            binary(BinaryOp::Equal, Expr::Var(2), int(7)),
            binary(BinaryOp::NotEqual, Expr::Var(0), Expr::Var(2)),
            binary(BinaryOp::NotEqual, Expr::Var(0), int(70)),
        ];
        let sevens = b.join(both, ns, &[], seven);
        b.inner(Operator::Union { inputs: vec![both, sevens] }, "ii")
    });
    b.growing().showing(&["r"])
}

#[test]
fn rules_of_all_shapes() {
    shapes().check_both_ways(&[
        ("n 4", "+r(4,1) +r(4,2) +r(4,3)"),
        ("n 5", "+r(5,1) +r(5,2) +r(5,3) +r(9,1) +r(9,2) +r(9,3)"),
        ("n 7", "+r(7,1) +r(7,2) +r(7,3) +r(70,1) +r(70,2) +r(70,3)"),
        ("n 7", ""),
    ]);
}

/// What a loop makes is read by another loop, and by a rule that takes rows away.
fn two_loops() -> Build {
    let mut b = Build::new();
    let (a, edge) = (b.table("a", "i"), b.table("edge", "ii"));
    let (first, second) = (b.view("first", "i"), b.view("second", "i"));
    let rest = b.view("rest", "i");
    b.rule(RuleOp::Now, rest);
    let (sources, edges) = (b.source(a), b.source(edge));
    let firsts =
        b.grow(first, &[sources, edges], sources, |b, rows| b.join(rows, edges, &[(0, 0)], copy(&[2])));
    b.grow(second, &[firsts, edges], firsts, |b, rows| b.join(rows, edges, &[(0, 1)], copy(&[1])));
    let left = b.add(Operator::Map { input: edges, mapping: copy(&[0]) }, "i");
    let remaining = b.add(Operator::Antijoin { left, right: firsts, on: vec![(0, 0)] }, "i");
    let remaining = b.add(Operator::Distinct { input: remaining }, "i");
    b.content(rest, remaining);
    let mut b = b.growing();
    for node in [left, remaining] {
        b.plan.nodes[node].changes = ChangeKind::Any;
    }
    b.showing(&["first", "second", "rest"])
}

#[test]
fn loops_read_loops() {
    two_loops().check_both_ways(&[
        ("edge 1 2; edge 3 2; edge 4 3; edge 5 6", "+rest(1) +rest(3) +rest(4) +rest(5)"),
        ("a 1", "+first(1) +first(2) +second(1) +second(2) +second(3) +second(4) -rest(1)"),
        ("edge 2 5", "+first(5) +first(6) +second(5) +second(6) -rest(5)"),
    ]);
}

/// `d(x => min<int>)`: distances from the rows of `start` over the edges of `e(x, y, w)`.
fn distances() -> Build {
    let mut b = Build::new();
    let (start, e) = (b.table("start", "ii"), b.table("e", "iii"));
    let d = b.relation("d", floret_ir::RelationKind::View, "ii", Some(1));
    let least = Some(Lattice::Min(Type::Int));
    b.program.relations[d].columns[1].lattice = least.clone();
    b.rule(RuleOp::Now, d);
    let (starts, es) = (b.source(start), b.source(e));
    let variable = b.inner(Operator::Variable { relation: d }, "ii");
    let sum: Scalar = binary(BinaryOp::SaturatingAdd, Expr::Var(1), Expr::Var(4));
    let step = b.join(variable, es, &[(0, 0)], compute(vec![Expr::Var(3), sum]));
    let all = b.inner(Operator::Union { inputs: vec![starts, step] }, "ii");
    let feedback = b.inner(Operator::Resolve { base: None, derived: all, key: 1, merges: vec![least] }, "ii");
    let export = b.inner(Operator::Leave { inner: feedback }, "ii");
    b.recursion(Loop {
        imports: vec![starts, es],
        variables: vec![LoopVariable { relation: d, variable, feedback }],
        items: vec![step, all, feedback],
        exports: vec![export],
    });
    b.content(d, export);
    let mut b = b.growing().showing(&["d"]);
    b.plan.nodes[export].changes = ChangeKind::Any;
    b
}

#[test]
fn distances_shrink_over_ticks() {
    distances().check_both_ways(&[
        ("start 1 0; e 1 2 9; e 2 3 1; e 1 4 2; e 4 2 3", "+d(1,0) +d(2,5) +d(3,6) +d(4,2)"),
        ("e 1 2 9", ""),
        ("e 3 1 1; e 4 3 1", "+d(3,3) -d(3,6)"),
        ("e 1 2 1; e 3 5 1", "+d(2,1) -d(2,5) +d(3,2) -d(3,3) +d(5,3)"),
        // In one tick a row improves that others start from, and one that it made improves otherwise.
        ("start 2 0; e 4 5 0", "+d(2,0) -d(2,1) +d(3,1) -d(3,2) +d(5,2) -d(5,3)"),
    ]);
}

#[test]
fn recursions_without_end_fail_the_tick() {
    let mut b = distances();
    for (by_differences, workers) in [(false, 1), (false, 2), (true, 1), (true, 2)] {
        b.options.by_differences = by_differences;
        let failed = b.engine(workers).unwrap().tick(&b.arrivals("start 1 0; e 1 1 -1"));
        let relation = b.program.relation_named("d").unwrap();
        assert_eq!(failed, Err(EngineError::TickLimit { rounds: 100, relation }));
    }
}

/// Rounds are counted alike: a chain of 100 nodes takes 100 rounds, one of 101 takes one more than there may be.
#[test]
fn the_limit_of_rounds_is_the_same() {
    let mut b = closure(true);
    b.options.observe = floret_ir::Observe::Outputs;
    for by_differences in [false, true] {
        b.options.by_differences = by_differences;
        for (edges, ends) in [(100, true), (101, false)] {
            let edges: Vec<String> = (0..edges).map(|node| format!("edge {node} {}", node + 1)).collect();
            let outcome = b.engine(1).unwrap().tick(&b.arrivals(&edges.join(";")));
            assert_eq!(outcome.is_ok(), ends, "by differences: {by_differences}");
        }
    }
}

/// More rounds than 16 bits can count.
#[test]
fn a_long_chain() {
    for (by_differences, nodes) in [(false, 200_000u64), (true, 66_000)] {
        let mut b = Build::new();
        let (start, edge) = (b.table("start", "i"), b.table("edge", "ii"));
        let reach = b.view("reach", "i");
        let (starts, edges) = (b.source(start), b.source(edge));
        b.grow(reach, &[starts, edges], starts, |b, rows| b.join(rows, edges, &[(0, 0)], copy(&[2])));
        let mut b = b.growing().showing(&[]);
        b.options.tick_limit = 1_000_000;
        b.options.by_differences = by_differences;
        let edges: Vec<String> = (1..nodes).map(|node| format!("edge {} {node}", node - 1)).collect();
        let mut engine = b.engine(1).unwrap();
        engine.tick(&b.arrivals(&format!("start 0; {}", edges.join(";")))).unwrap();
        assert_eq!(engine.counters().derived.values().copied().collect::<Vec<_>>(), [nodes]);
    }
}

/// Random rows over several ticks: the number of workers and the way make no difference.
#[test]
fn any_rows_in_both_ways_with_any_workers() {
    let mut random = 1u64;
    let mut below = move |end: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % end
    };
    type Program = (&'static str, fn() -> Build, u64);
    let programs: [Program; 8] = [
        ("late closure", late_closure, 12),
        ("loads", loads, 7),
        ("linear closure", || closure(true), 12),
        ("closure", || closure(false), 12),
        ("generations", generations, 5),
        ("shapes", shapes, 9),
        ("two loops", two_loops, 12),
        ("distances", distances, 10),
    ];
    for (name, program, values) in programs {
        let mut rows = 0;
        for _ in 0..3 {
            let mut b = program();
            let tables: Vec<(String, usize)> = b
                .program
                .relations
                .iter()
                .filter(|relation| relation.input.is_some() && relation.kind != RelationKind::View)
                .map(|relation| (relation.name.clone(), relation.arity()))
                .collect();
            let ticks: Vec<String> = (0..6)
                .map(|_| {
                    let row = |_| {
                        let (table, arity) = &tables[below(tables.len() as u64) as usize];
                        let words: Vec<String> = (0..*arity).map(|_| below(values).to_string()).collect();
                        format!("{table} {}", words.join(" "))
                    };
                    (0..6).map(row).collect::<Vec<_>>().join("; ")
                })
                .collect();
            let mut expected: Option<Vec<String>> = None;
            for (workers, by_differences) in [(1, true), (1, false), (2, false), (3, false)] {
                b.options.by_differences = by_differences;
                let mut engine = b.engine(workers).unwrap();
                let shown: Vec<String> =
                    ticks.iter().map(|tick| b.text(&engine.tick(&b.arrivals(tick)).unwrap())).collect();
                rows += shown.iter().map(|tick| tick.split_whitespace().count()).sum::<usize>();
                let expected = expected.get_or_insert_with(|| shown.clone());
                assert_eq!(
                    &shown, expected,
                    "{name}, {workers} workers, by differences: {by_differences}, {ticks:?}"
                );
            }
        }
        assert!(rows > 200, "{name}: only {rows} rows");
    }
}

/// A worker that has rows in a tick's own half only doesn't begin with it while another derives in the half before, for
/// which it may still get rows: 2 workers get an edge each in the tick, and one of them one from the tick before.
#[test]
fn halves_follow_one_another() {
    let b = late_closure();
    let mut engine = b.engine(2).unwrap();
    let mut paths = 0;
    for tick in 0..200 {
        // Two edges apart, and one that goes on with the edge that the last tick put in.
        let (at, apart) = (1_000_000 + tick % 20, 10 * tick);
        let edges = format!("edge {apart} {}; edge {} {}", apart + 1, apart + 2, apart + 3);
        let arrivals = b.arrivals(&format!("{edges}; later {at} {}", at + 1));
        paths += engine.tick(&arrivals).unwrap().changes.values().map(Vec::len).sum::<usize>();
    }
    // 400 edges apart, and all pairs of 21 nodes in a row.
    assert_eq!(paths, 400 + 210);
}
