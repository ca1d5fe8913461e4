//! Programs put together at random from pieces about modules and places: compiled or refused, never a panic, and what
//! compiles is read back from its artifact.

use std::fmt::Write;

use floret_ir::artifact::{decode, encode};

use super::Fixture;
use crate::testing::Random;

/// A beginning without mistakes, so that some programs compile.
const RIGHT: &str =
    "use \"right.flo\"(R = R, n = 3) as g; input event ask(x: int) on R; table store(x: int) on S;
g::put(x) <= ask(x); channel c(x: int) on R; c@a(x) <~ ask@a(x), store@S[x](x); output g::got;\n";
const MODULE: &str = "module right(role R, n: int) { input table put(x: int) on R; channel m(x: int) on R;
m@a(x) <~ put(x), R(a), x < n; output event got(x: int) on R; got(x) <= m(x); }\n";

const NAMES: [&str; 8] = ["a", "b", "t", "R", "M", "N", "x", "std"];

fn pick<'p>(random: &mut Random, from: &[&'p str]) -> &'p str {
    from[random.below(from.len())]
}

fn name(random: &mut Random) -> String {
    match random.below(5) {
        0 => format!("{}::{}", pick(random, &NAMES), pick(random, &NAMES)),
        1 => format!("{}::{}::{}", pick(random, &NAMES), pick(random, &NAMES), pick(random, &NAMES)),
        _ => pick(random, &NAMES).to_owned(),
    }
}

fn place(random: &mut Random) -> String {
    match random.below(7) {
        0 => format!("@{}", pick(random, &["x", "y", "self"])),
        1 => format!("@{}[{}]", pick(random, &["R", "S"]), pick(random, &["x", "0", "hash(x)"])),
        2 => format!("@({})", expr(random)),
        _ => String::new(),
    }
}

fn expr(random: &mut Random) -> String {
    match random.below(8) {
        0 => format!("{} + 1", name(random)),
        1 => "self".into(),
        2 => "now()".into(),
        3 => "_".into(),
        4 => format!("{}({})", name(random), pick(random, &NAMES)),
        5 => pick(random, &["1", "\"s\"", "R[0]", "n"]).into(),
        _ => name(random),
    }
}

fn atom(random: &mut Random) -> String {
    format!("{}{}({})", name(random), place(random), expr(random))
}

fn statement(random: &mut Random, depth: usize) -> String {
    match random.below(14) {
        0 => format!("use {} as {};", name(random), pick(random, &NAMES)),
        1 => format!(
            "use {}({} = {}, n = {});",
            name(random),
            pick(random, &NAMES),
            expr(random),
            expr(random)
        ),
        2 => format!("use \"{}.flo\" as {};", pick(random, &["one", "two", "main"]), pick(random, &NAMES)),
        3 if depth < 3 => {
            let params = pick(random, &["", "(role R, n: int)", "(table t(x: int))", "(n: int)"]);
            format!("module {}{params} {{ {} }}", pick(random, &NAMES), statements(random, depth + 1))
        }
        4 if depth < 3 => format!("on {} {{ {} }}", name(random), statements(random, depth + 1)),
        5 => format!("output {};", name(random)),
        6 => format!("role {};", pick(random, &["R", "S"])),
        7 | 8 => {
            let modifier = pick(random, &["", "input ", "output "]);
            let kind = pick(random, &["table", "event", "view", "channel"]);
            let on = pick(random, &["", " on R", " on S"]);
            format!("{modifier}{kind} {}(x: int){on};", pick(random, &NAMES))
        }
        9 => format!("{};", atom(random)),
        _ => {
            let mut body = Vec::new();
            for _ in 0..1 + random.below(4) {
                body.push(match random.below(5) {
                    0 => format!("!{}", atom(random)),
                    1 => format!("let {} = {}", pick(random, &NAMES), expr(random)),
                    2 => format!("{} < {}", expr(random), expr(random)),
                    _ => atom(random),
                });
            }
            let op = pick(random, &["<=", "<~", "<~", "<+", "<-"]);
            format!("{} {op} {};", atom(random), body.join(", "))
        }
    }
}

fn statements(random: &mut Random, depth: usize) -> String {
    let mut text = String::new();
    for _ in 0..random.below(8) {
        let _ = writeln!(text, "{}", statement(random, depth));
    }
    text
}

#[test]
fn random_programs_are_compiled_or_refused() {
    let mut random = Random::new(7);
    let (mut compiled, mut with_instances) = (0, 0);
    for _ in 0..3_000 {
        let mut text = String::from("//- main.flo\nrole R; role S;\n");
        if random.below(2) == 0 {
            text.push_str(RIGHT);
            for _ in 0..random.below(3) {
                text.push_str(&statement(&mut random, 0));
            }
        } else {
            text.push_str(&statements(&mut random, 0));
        }
        for file in ["one", "two"] {
            let _ = write!(text, "\n//- {file}.flo\n{}", statements(&mut random, 0));
        }
        let _ = write!(text, "\n//- right.flo\n{MODULE}");
        let fixture = Fixture::new(&text);
        let found = crate::driver::compile(&fixture.main.0, &fixture.main.1, &fixture);
        floret_lang::render(&found.diagnostics, &found.sources, false);
        let Some(artifact) = found.artifact else {
            assert!(
                found.diagnostics.iter().any(|d| d.severity == floret_ir::Severity::Error),
                "refused without a reason:\n{text}"
            );
            continue;
        };
        compiled += 1;
        with_instances +=
            usize::from(artifact.stratified.program.relations.iter().any(|r| r.name.contains("::")));
        assert_eq!(decode(&encode(&artifact)).as_ref(), Ok(&artifact), "{text}");
    }
    println!("{compiled} programs compiled, {with_instances} of them with instances");
    assert!(compiled > 100 && with_instances > 10);
}
