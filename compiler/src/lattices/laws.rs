//! Whether declared lattices are lattices: merging must not depend on order, grouping and repetition.

use std::sync::Arc;

use floret_ir::{Diagnostic, Diagnostics, Finding, Lattice, Program, Span, UserLattice, Value, print};

use super::samples::samples;

/// A law that a declared lattice breaks.
struct BrokenLaw {
    lattice: String,
    span: Span,
    law: Law,
    /// The values that show it, as they are written.
    values: Vec<String>,
    /// The two results that should be one.
    results: [String; 2],
}

/// A merge without a value.
struct NoMerge {
    lattice: String,
    span: Span,
    values: [String; 2],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Law {
    Idempotent,
    Commutative,
    Associative,
}

/// Pushes an error for each declared lattice of which some sample values break a law.
pub(super) fn check(program: &Program, sink: &mut Diagnostics) {
    for lattice in &program.lattices {
        check_one(program, lattice, sink);
    }
}

fn check_one(program: &Program, declared: &Arc<UserLattice>, sink: &mut Diagnostics) {
    let lattice = Lattice::User(declared.clone());
    let written = |value: &Value| print::literal(value, declared.over, program);
    let (name, span) = (declared.name.clone(), declared.span);
    let values = samples(declared.over);
    // The merges of all pairs; those that are no samples themselves are merged once more below.
    let mut merges: Vec<Vec<Value>> = Vec::new();
    for a in &values {
        let mut row = Vec::new();
        for b in &values {
            let Ok(merged) = lattice.merge(a, b) else {
                sink.push(NoMerge { lattice: name, span, values: [written(a), written(b)] });
                return;
            };
            row.push(merged);
        }
        merges.push(row);
    }
    let broken = |law, values: &[&Value], results: [&Value; 2]| BrokenLaw {
        lattice: name.clone(),
        span,
        law,
        values: values.iter().map(|value| written(value)).collect(),
        results: results.map(written),
    };
    for (i, a) in values.iter().enumerate() {
        let merged = &merges[i][i];
        if merged != a {
            sink.push(broken(Law::Idempotent, &[a], [merged, a]));
            return;
        }
    }
    for (i, a) in values.iter().enumerate() {
        for (j, b) in values.iter().enumerate().skip(i) {
            let (one, other) = (&merges[i][j], &merges[j][i]);
            if one != other {
                sink.push(broken(Law::Commutative, &[a, b], [one, other]));
                return;
            }
        }
    }
    for (i, a) in values.iter().enumerate() {
        for (j, b) in values.iter().enumerate() {
            for (k, c) in values.iter().enumerate() {
                let one = lattice.merge(&merges[i][j], c);
                let other = lattice.merge(a, &merges[j][k]);
                match (one, other) {
                    (Ok(one), Ok(other)) if one == other => {}
                    (Ok(one), Ok(other)) => {
                        sink.push(broken(Law::Associative, &[a, b, c], [&one, &other]));
                        return;
                    }
                    (Err(_), _) => {
                        let values = [written(&merges[i][j]), written(c)];
                        sink.push(NoMerge { lattice: name, span, values });
                        return;
                    }
                    (_, Err(_)) => {
                        let values = [written(a), written(&merges[j][k])];
                        sink.push(NoMerge { lattice: name, span, values });
                        return;
                    }
                }
            }
        }
    }
}

impl Finding for BrokenLaw {
    fn diagnostic(&self) -> Diagnostic {
        let of = |values: &[&str]| format!("merge({})", values.join(", "));
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        let [one, other] = &self.results;
        let (title, example, help) = match (self.law, &values[..]) {
            (Law::Idempotent, [a]) => (
                "merging a value with itself must not change it",
                format!("{} is {one}, not {a}", of(&[a, a])),
                "a row may arrive twice; a sum or a counter needs its parts: keep one value per sender in a map and add them \
                 up where they are read",
            ),
            (Law::Commutative, [a, b]) => (
                "merging must not depend on which value comes first",
                format!("{} is {one}, but {} is {other}", of(&[a, b]), of(&[b, a])),
                "decide between two values by an order of theirs, as `if a > b then a else b`",
            ),
            (_, values) => (
                "merging must not depend on which values merge first",
                match values {
                    [a, b, c] => format!(
                        "{} is {one}, but {} is {other}",
                        of(&[&of(&[a, b]), c]),
                        of(&[a, &of(&[b, c])])
                    ),
                    _ => format!("{one} is not {other}"),
                },
                "make the merge choose by an order or take everything from both values",
            ),
        };
        Diagnostic::error("lattice-law", format!("`{}` is no lattice: {title}", self.lattice))
            .at(self.span, example)
            .note("rows with one key merge in any order, in any grouping, and perhaps more than once")
            .help(help)
    }
}

impl Finding for NoMerge {
    fn diagnostic(&self) -> Diagnostic {
        let [a, b] = &self.values;
        Diagnostic::error("lattice-law", format!("`{}` is no lattice: some values don't merge", self.lattice))
            .at(self.span, format!("merge({a}, {b}) has no value"))
            .note("a merge needs a value for any two values of its type")
            .help("use functions that always have a value, as `greatest(a, b)`, `least(a, b)` or `if .. then .. else ..`")
    }
}
