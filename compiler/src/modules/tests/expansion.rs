//! What instances look like: names, independence, nesting, and what is left of inputs and outputs.

use std::path::Path;

use expect_test::expect;
use floret_ir::Diagnostics;

use super::{Fixture, checked, program, tree};
use crate::modules::{OneFile, expand, load};

const COUNTER: &str = "
    input event add(x: int);
    table seen(x: int);
    seen(x) <= add(x);
    total(sum(x)) <= seen(x);
    output total;
";

#[test]
fn names_get_the_instances_name_and_variables_stay() {
    tree(
        "use \"counter.flo\" as c;
         input event number(x: int);
         c::add(x) <= number(x), x > 0;
         output big;
         big(total) <= c::total(total), total > 10;
         //- counter.flo
         input event add(x: int);
         /// All of them.
         table seen(x: int => at: int) on Node;
         role Node;
         seen(x, len(to_string(x))) <= add(x), !odd(x), let y = x + 1, y != 3;
         odd(x) <= add(x), x % 2 == 1;
         seen(1, 2);
         output total;
         total(sum(x)) <= seen(x: x);",
        expect![[r#"
            event c::add(x: int)
            /// All of them.
            table c::seen(x: int => at: int) on c::Node
            role c::Node
            rule c::seen(x, len(to_string(x))) <=
              c::add(x)
              !c::odd(x)
              let y = (x + 1)
              (y != 3)
            rule c::odd(x) <=
              c::add(x)
              ((x % 2) == 1)
            fact c::seen(1, 2)
            rule c::total(sum(x)) <=
              c::seen(x: x)
            input event number(x: int)
            rule c::add(x) <=
              number(x)
              (x > 0)
            output big
            rule big(total) <=
              c::total(total)
              (total > 10)
        "#]],
    );
}

#[test]
fn two_instances_have_two_of_everything() {
    let fixture = format!(
        "use \"counter.flo\" as a; use \"counter.flo\" as b;
         input event number(x: int);
         a::add(x) <= number(x);
         b::add(x) <= number(x), x > 0;
         output a::total; output b::total;
         //- counter.flo{COUNTER}"
    );
    let program = program(&fixture);
    let names = |wanted: fn(&floret_ir::Relation) -> bool| -> Vec<&str> {
        program.relations.iter().filter(|r| wanted(r)).map(|r| r.name.as_str()).collect()
    };
    assert_eq!(names(|_| true), ["a::add", "a::seen", "b::add", "b::seen", "number", "a::total", "b::total"]);
    // The host feeds and sees what the program itself says.
    assert_eq!(names(|relation| relation.input.is_some()), ["number"]);
    assert_eq!(names(|relation| relation.output), ["a::total", "b::total"]);
}

#[test]
fn without_a_name_the_modules_is_taken() {
    tree(
        "use \"lib/counter.flo\";
         use std::quorum;
         module Inner { table t(x: int); }
         use Inner;
         //- lib/counter.flo
         table seen(x: int);
         //- std::quorum
         module quorum { table votes(x: int); }",
        expect![[r#"
            table counter::seen(x: int)
            table quorum::votes(x: int)
            table Inner::t(x: int)
        "#]],
    );
}

#[test]
fn instances_nest() {
    tree(
        "use \"a/outer.flo\" as o;
         table mine(x: int);
         o::put(x) <= mine(x);
         seen(x) <= o::i::got(x), o::both(x);
         //- a/outer.flo
         use \"inner.flo\" as i; use \"inner.flo\" as j;
         input event put(x: int);
         i::put(x) <= put(x);
         j::put(x) <= i::got(x);
         output i::got;
         output view both(x: int);
         both(x) <= i::got(x), j::got(x);
         //- a/inner.flo
         input event put(x: int);
         output view got(x: int);
         got(x) <= put(x);",
        expect![[r#"
            event o::i::put(x: int)
            view o::i::got(x: int)
            rule o::i::got(x) <=
              o::i::put(x)
            event o::j::put(x: int)
            view o::j::got(x: int)
            rule o::j::got(x) <=
              o::j::put(x)
            event o::put(x: int)
            rule o::i::put(x) <=
              o::put(x)
            rule o::j::put(x) <=
              o::i::got(x)
            view o::both(x: int)
            rule o::both(x) <=
              o::i::got(x)
              o::j::got(x)
            table mine(x: int)
            rule o::put(x) <=
              mine(x)
            rule seen(x) <=
              o::i::got(x)
              o::both(x)
        "#]],
    );
}

#[test]
fn a_block_gives_its_role_to_the_instance() {
    checked(
        "role Server; role Client;
         on Server { use \"m.flo\" as m; table t(x: int); m::put(x) <= t(x); }
         //- m.flo
         input table put(x: int);
         view got(x: int);
         got(x) <= put(x);",
        expect![[r#"
            role Server;
            role Client;
            table m::put(x: int) on Server;
            view m::got(x: int) on Server;
            table t(x: int) on Server;
            m::got(x) <= m::put(x);  // rule 0 at Server
            m::put(x) <= t(x);  // rule 1 at Server
        "#]],
    );
}

#[test]
fn a_module_sees_types_functions_and_roles_around_it_but_no_collections() {
    tree(
        "role Server;
         enum Vote { Yes, No(string) }
         const LIMIT = 3;
         fn twice(x: int) -> int = x + LIMIT;
         table t(x: int) on Server;
         module M {
             table t(v: Vote, x: int) on Server;
             input table put(v: Vote);
             t(v, twice(LIMIT)) <= put(v), v != Yes, v != No(\"t\"), Server(s), s == Server[LIMIT];
         }
         use M as m;
         m::put(Yes) <= t(x);",
        expect![[r#"
            role Server
            enum Vote
              Yes()
              No(string)
            const LIMIT = 3
            fn twice(x: int) -> int = (x + LIMIT)
            table t(x: int) on Server
            table m::t(v: Vote, x: int) on Server
            table m::put(v: Vote)
            rule m::t(v, twice(LIMIT)) <=
              m::put(v)
              (v != Yes)
              (v != No("t"))
              Server(s)
              (s == Server[LIMIT])
            rule m::put(Yes) <=
              t(x)
        "#]],
    );
}

#[test]
fn types_of_an_instance_are_seen() {
    tree(
        "use \"m.flo\" as m;
         table mine(v: m::Vote, p: m::P);
         m::put(m::No(\"a\")) <= mine(m::Yes, p), p == m::P { x: 1 };
         //- m.flo
         enum Vote { Yes, No(string) }
         struct P { x: int }
         const HALF = 2;
         input event put(v: Vote);
         fn f(HALF: int, p: P) -> Vote = if HALF > 0 then Yes else No(to_string(p.x));
         lattice best over P = merge(a, b) -> if a.x > HALF then a else b;
         seen(match v { Yes => 1, No(text) => len(text) }) <= put(v), f(1, P { x: HALF }) == v;",
        expect![[r#"
            enum m::Vote
              m::Yes()
              m::No(string)
            struct m::P { x: int }
            const m::HALF = 2
            event m::put(v: m::Vote)
            fn m::f(HALF: int, p: m::P) -> m::Vote = (if (HALF > 0) then m::Yes else m::No(to_string(p.x)))
            lattice m::best over m::P = merge(a, b) -> (if (a.x > m::HALF) then a else b)
            rule m::seen(match v { m::Yes => 1, m::No(text) => len(text), }) <=
              m::put(v)
              (m::f(1, m::P { x: m::HALF }) == v)
            table mine(v: m::Vote, p: m::P)
            rule m::put(m::No("a")) <=
              mine(m::Yes, p)
              (p == m::P { x: 1 })
        "#]],
    );
}

#[test]
fn what_the_program_calls_so_means_nothing_in_a_module() {
    // `x` is a variable of the module and a constant of the program, `contains` a function and a table.
    tree(
        "const x = 3;
         table contains(a: string, b: string);
         use \"m.flo\" as m;
         //- m.flo
         input table words(a: string);
         found(x, y) <= words(x), contains(x, \"a\"), let y = x + \"b\";",
        expect![[r#"
            const x = 3
            table contains(a: string, b: string)
            table m::words(a: string)
            rule m::found(m::x, y) <=
              m::words(m::x)
              (contains(m::x, "a") == true)
              let y = (m::x + "b")
        "#]],
    );
}

#[test]
fn inputs_and_outputs_of_an_instance_are_its_users() {
    checked(
        "role Server;
         use \"m.flo\"(S = Server) as m;
         input table mine(k: int => v: int) on Server;
         m::fed(k, v) <= mine(k, v);
         m::fixed(1);
         //- m.flo
         module M(role S) {
             input table fed(k: int => v: int) on S[hash(k)];
             static input table fixed(k: int) on S;
             output event out(k: int) on S;
         }",
        expect![[r#"
            role Server;
            table m::fed(k: int => v: int) on Server;
            table m::fixed(k: int) on Server;
            event m::out(k: int) on Server;
            input table mine(k: int => v: int) on Server;
            m::fed(k, v) <= mine(k, v);  // rule 0 at Server
            m::fixed(1);
        "#]],
    );
}

#[test]
fn a_modules_tests_are_its_own() {
    tree(
        "use \"m.flo\" as m;
         //- m.flo
         table t(x: int);
         invariant one \"two rows\": t(a), t(b), a != b;
         test \"nothing\" { at 0: t(1); never t(2); }
         param size: int = 3;
         timer beat every 500ms;
         t(size) <= beat(_);
         monotone { t(x) <= t(x); }
         confluent t;",
        expect![[r#"
            table m::t(x: int)
            invariant m::one "two rows"
              m::t(a)
              m::t(b)
              (a != b)
            param m::size: int = 3
            timer m::beat every 500ms
            rule m::t(m::size) <=
              m::beat(_)
            monotone
              rule m::t(x) <=
                m::t(x)
            confluent m::t
        "#]],
    );
}

#[test]
fn places_of_instances_are_those_of_their_texts() {
    let text = format!("use \"counter.flo\" as c; v(x) <= c::total(x);\n//- counter.flo\n{COUNTER}");
    let mut sink = Diagnostics::new();
    let files = Fixture::new(&text).load(&mut sink);
    let program = crate::driver::analyse(&files, &mut sink).unwrap().program;
    let marked =
        |span: floret_ir::Span| &files.sources[span.file].text[span.start as usize..span.end as usize];
    let rules: Vec<&str> = program.rules.iter().map(|rule| marked(rule.span)).collect();
    assert_eq!(rules, ["seen(x) <= add(x);", "total(sum(x)) <= seen(x);", "v(x) <= c::total(x);"]);
    let relations: Vec<&str> = program.relations.iter().map(|relation| marked(relation.span)).collect();
    assert_eq!(relations, ["add", "seen", "total", "v"]);
}

/// All programs of the project that are in files.
fn programs(folder: &Path, into: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            programs(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "flo") {
            into.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn a_program_without_modules_is_left_as_it_is() {
    let mut texts: Vec<String> =
        crate::testing::PROGRAMS.iter().map(|(_, text)| (*text).to_owned()).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    programs(&root.join("examples"), &mut texts);
    programs(&root.join("tests"), &mut texts);
    let mut compared = 0;
    for text in &texts {
        let mut sink = Diagnostics::new();
        let files = load("test.flo", text, &OneFile, &mut sink);
        let before = sink.sorted().len();
        let expanded = expand(&files, &mut sink);
        let tree = files.main().unwrap();
        if floret_lang::print_tree(tree).contains("use ") || text.contains("module ") {
            continue;
        }
        assert_eq!(&expanded.tree, tree, "{text}");
        assert_eq!(sink.sorted().len(), before, "{text}");
        compared += 1;
    }
    println!("{compared} programs compared");
    assert!(compared > 50);
}
