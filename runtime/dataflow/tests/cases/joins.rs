//! Joins of many widths, and mappings.

use floret_ir::plan::{Mapping, Operator};
use floret_ir::{BinaryOp, Expr, Function, Type};

use super::{Build, binary, copy, int};

/// Joins tables of `left` and `right` columns on their first `keys` columns; shows the last column of both, the first
/// of the left, and as many copies of it as make `output` columns.
fn join(left: usize, right: usize, keys: usize, output: usize) -> Build {
    let mut b = Build::new();
    let l = b.table("l", &"i".repeat(left));
    let r = b.table("r", &"i".repeat(right));
    let v = b.view("v", &"i".repeat(output));
    let (ls, rs) = (b.source(l), b.source(r));
    let mut columns = vec![left - 1, left + right - 1];
    columns.resize(output, 0);
    let on = (0..keys).map(|column| (column, column)).collect();
    let vs = b.add(Operator::Join { left: ls, right: rs, on, mapping: copy(&columns) }, &"i".repeat(output));
    b.content(v, vs);
    b
}

#[test]
fn all_widths_meet() {
    for left in [1, 2, 3, 4, 7, 9, 16] {
        for right in [1, 2, 4, 5, 8, 16] {
            for keys in [0, 1, 2, 3] {
                if keys > left || keys > right {
                    continue;
                }
                for output in [1, 2, 3, 6, 16] {
                    let b = join(left, right, keys, output);
                    // Rows count up from 10 and from 20, but agree on their keys; one more of each agrees with none.
                    let row = |name: &str, width: usize, start: usize, key: usize| {
                        let values = (0..width).map(|at| if at < keys { key + at } else { start + at });
                        format!("{name} {};", values.map(|v| v.to_string()).collect::<Vec<_>>().join(" "))
                    };
                    let mut arrivals = row("l", left, 10, 3) + &row("r", right, 20, 3);
                    let (mut l, mut r) = (9 + left, 19 + right);
                    if keys > 0 {
                        arrivals += &row("l", left, 30, 5);
                        arrivals += &row("r", right, 40, 6);
                    }
                    // A last column that is a key.
                    if left <= keys {
                        l = 2 + left;
                    }
                    if right <= keys {
                        r = 2 + right;
                    }
                    let first = if keys > 0 { 3 } else { 10 };
                    let mut shown = vec![l, r];
                    shown.resize(output, first);
                    let shown = shown.iter().map(|v| v.to_string()).collect::<Vec<_>>().join(",");
                    let mut engine = b.engine(1).unwrap();
                    let effects = floret_ir::Engine::tick(&mut engine, &b.arrivals(&arrivals)).unwrap();
                    let text = b.text(&effects);
                    assert!(
                        text.ends_with(&format!("+v({shown})")),
                        "{left} {right} {keys} {output}: {text}"
                    );
                    assert_eq!(text.matches("+v(").count(), 1, "{left} {right} {keys} {output}: {text}");
                }
            }
        }
    }
}

#[test]
fn keys_of_strings_and_mappings_with_lets() {
    // person(name, age), pet(owner, kind): text = name + " the " + kind, half = 100 / (age - 18), shown if half > 1.
    let mut b = Build::new();
    let person = b.table("person", "si");
    let pet = b.table("pet", "ss");
    let shown = b.view("shown", "siab");
    let (people, pets) = (b.source(person), b.source(pet));
    let plus = |left, right| Expr::Binary {
        op: BinaryOp::Add,
        operands: Type::String,
        left: Box::new(left),
        right: Box::new(right),
    };
    let text = plus(plus(Expr::Var(0), Expr::Const(floret_ir::Value::string(" the "))), Expr::Var(3));
    let half = binary(BinaryOp::Divide, int(100), binary(BinaryOp::Subtract, Expr::Var(1), int(18)));
    let long = Expr::Call {
        function: Function::Len,
        args: vec![Expr::Var(4)],
        types: vec![Type::String],
        result: Type::Int,
    };
    let mapping = Mapping {
        lets: vec![text, half],
        conditions: vec![binary(BinaryOp::Greater, Expr::Var(5), int(1))],
        columns: vec![
            Expr::Var(4),
            Expr::Var(5),
            Expr::Member { role: floret_ir::RoleId(0), index: Box::new(Expr::Var(5)) },
            binary(BinaryOp::Greater, long, int(11)),
        ],
    };
    let join = b.add(Operator::Join { left: people, right: pets, on: vec![(0, 0)], mapping }, "siab");
    b.content(shown, join);
    b.options.observe = floret_ir::Observe::Outputs;
    for relation in b.program.relations.iter_mut() {
        relation.output = relation.name == "shown";
    }
    b.check(&[
        // Ann: 100 / 20 = 5, member 2 of 3; Bob: 100 / -8 = -12; Cy: no value.
        (
            "person Ann 38; person Bob 10; person Cy 18; pet Ann cat; pet Ann goat; pet Bob dog; pet Cy cow",
            "+shown(Ann the cat,5,0[2],false) +shown(Ann the goat,5,0[2],true)",
        ),
        // 100 / 40 = 2.
        ("person Cy 58", "+shown(Cy the cow,2,0[2],false)"),
    ]);
}
