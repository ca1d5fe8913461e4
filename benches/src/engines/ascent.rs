//! The recursive queries as Ascent programs.

use ascent::ascent;
use ascent::lattice::Dual;

use super::rows::{Rows, Run};
use super::workload::{Facts, Workload};

mod closure {
    use super::*;
    ascent! {
        pub struct Closure;
        relation edge(u32, u32);
        relation path(u32, u32);
        path(x, y) <-- edge(x, y);
        path(x, z) <-- path(x, y), edge(y, z);
    }
}
mod reach {
    use super::*;
    ascent! {
        pub struct Reach;
        relation start(u32);
        relation edge(u32, u32);
        relation reach(u32);
        reach(x) <-- start(x);
        reach(y) <-- reach(x), edge(x, y);
    }
}
mod generation {
    use super::*;
    ascent! {
        pub struct Generation;
        relation edge(u32, u32);
        relation same(u32, u32);
        same(x, y) <-- edge(p, x), edge(p, y), if x != y;
        same(x, y) <-- same(a, b), edge(a, x), edge(b, y);
    }
}
mod points {
    use super::*;
    ascent! {
        pub struct Points;
        relation address(u32, u32);
        relation assign(u32, u32);
        relation load(u32, u32);
        relation store(u32, u32);
        relation points(u32, u32);
        points(y, x) <-- address(y, x);
        points(y, x) <-- assign(y, z), points(z, x);
        points(y, w) <-- load(y, x), points(x, z), points(z, w);
        points(z, w) <-- store(y, x), points(y, z), points(x, w);
    }
}
mod components {
    use super::*;
    ascent! {
        pub struct Components;
        relation edge(u32, u32);
        lattice least(u32, Dual<u32>);
        least(x, Dual(*x)) <-- edge(x, _);
        least(y, Dual(*y)) <-- edge(_, y);
        least(y, m) <-- least(x, m), edge(x, y);
        least(x, m) <-- least(y, m), edge(x, y);
    }
}
mod paths {
    use super::*;
    ascent! {
        pub struct Paths;
        relation start(u32);
        relation arc(u32, u32, u32);
        lattice distance(u32, Dual<u32>);
        distance(x, Dual(0)) <-- start(x);
        distance(y, Dual(d.0 + w)) <-- distance(x, d), arc(x, y, w);
    }
}
mod triangles {
    use super::*;
    ascent! {
        pub struct Triangles;
        relation edge(u32, u32);
        relation triangle(u32, u32, u32);
        triangle(x, y, z) <-- edge(x, y), edge(y, z), edge(x, z);
    }
}

fn pairs(rows: &Rows) -> Vec<(u32, u32)> {
    rows.pairs().collect()
}

fn of_pairs(rows: Vec<(u32, u32)>) -> Rows {
    Rows::of(rows.into_iter().map(|(a, b)| [a, b]))
}

/// Runs a workload; Ascent has no ticks.
pub fn run(facts: &Facts) -> Option<Run> {
    Some(match facts.workload {
        Workload::Closure => Run::of(|| {
            let mut program = closure::Closure::default();
            program.edge = pairs(facts.input("edge"));
            program.run();
            of_pairs(program.path)
        }),
        Workload::Reach => Run::of(|| {
            let mut program = reach::Reach::default();
            program.start = facts.input("start").iter().map(|row| (row[0],)).collect();
            program.edge = pairs(facts.input("edge"));
            program.run();
            Rows::of(program.reach.into_iter().map(|(node,)| [node]))
        }),
        Workload::GenerationTree | Workload::GenerationRandom => Run::of(|| {
            let mut program = generation::Generation::default();
            program.edge = pairs(facts.input("edge"));
            program.run();
            of_pairs(program.same)
        }),
        Workload::PointsTo => Run::of(|| {
            let mut program = points::Points::default();
            program.address = pairs(facts.input("address"));
            program.assign = pairs(facts.input("assign"));
            program.load = pairs(facts.input("load"));
            program.store = pairs(facts.input("store"));
            program.run();
            of_pairs(program.points)
        }),
        Workload::Components => Run::of(|| {
            let mut program = components::Components::default();
            program.edge = pairs(facts.input("edge"));
            program.run();
            Rows::of(program.least.iter().map(|row| [row.0, row.1.0]))
        }),
        Workload::ShortestPaths => Run::of(|| {
            let mut program = paths::Paths::default();
            program.start = facts.input("start").iter().map(|row| (row[0],)).collect();
            program.arc = facts.input("arc").triples().collect();
            program.run();
            Rows::of(program.distance.iter().map(|row| [row.0, row.1.0]))
        }),
        Workload::Triangles => Run::of(|| {
            let mut program = triangles::Triangles::default();
            program.edge = pairs(facts.input("edge"));
            program.run();
            Rows::of(program.triangle.into_iter().map(|(x, y, z)| [x, y, z]))
        }),
        Workload::EdgeByEdge | Workload::Requests1 | Workload::Requests100 | Workload::Requests10000 => {
            return None;
        }
    })
}
