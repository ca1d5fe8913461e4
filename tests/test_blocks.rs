//! `floret test` from outside: what passes, what fails and why, and that the told command fails again. What tests expect
//! and what becomes of it is worked out by hand.

use crate::floret::{Said, floret, scratch};

/// Clients write, the keys are spread over the servers.
const KV: &str = r#"role Client;
role Server;
input event set(key: string, val: string) on Client;
channel put(key: string, val: string, from: Client) on Server;
channel ack(key: string) on Client;
table kv(key: string => val: string) on Server;
event done(key: string) on Client;
put@Server[hash(k)](k, v, self) <~ set(k, v);
kv(k, max(v)) <+- put(k, v, _);
ack@c(k) <~ put(k, _, c);
done(k) <= ack(k);
"#;

fn test(text: &str, more: &[&str]) -> Said {
    let dir = scratch();
    let path = dir.path().join("p.flo");
    std::fs::write(&path, text).unwrap();
    floret(&[&["test", path.to_str().unwrap(), "--quiet"], more].concat())
}

/// The test passes; gives what is said.
#[track_caller]
fn passes(text: &str, more: &[&str]) -> String {
    let said = test(text, more);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.err.is_empty(), "{}", said.err);
    said.out
}

/// The test fails, and all of this is told.
#[track_caller]
fn fails(text: &str, more: &[&str], parts: &[&str]) -> String {
    let said = test(text, more);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    for part in parts {
        assert!(said.out.contains(part), "{part}\n{}{}", said.out, said.err);
    }
    said.out
}

#[test]
fn what_comes_passes() {
    let text = format!(
        "{KV}
         param servers: int = 3; const LATE = 30ms;
         test \"tables, events and several nodes\" with Server = servers, Client = (1 + 1) {{
             at 0: set@Client[0](\"x\", \"1\");
             at LATE + 10ms: set@Client[1](\"y\", \"2\");
             eventually kv@Server[hash(\"x\")](\"x\", v), v == \"1\";
             eventually done@Client[0](\"x\");
             eventually done@c(\"y\"), c == Client[1];
             eventually !kv@(_)(\"z\", _);
             always !kv@(_)(\"z\", _);
             never kv@s(k, _), kv@t(k, _), s != t;
             never kv@(_)(\"z\", _);
         }}
         test \"nothing\" {{}}"
    );
    let said = passes(&text, &["--seeds", "20"]);
    assert_eq!(
        said,
        "ok     \"tables, events and several nodes\" (20 schedules)\nok     \"nothing\" (20 schedules)\n"
    );
    passes(&text, &["--seeds", "20", "--faults", "loss=5%,dup=5%,delay=1..20,partition,pause,skew"]);
    passes(&text, &["--seeds", "5", "--param", "servers=1"]);
    assert_eq!(passes(&text, &["--only", "nothing", "--seed", "7"]), "ok     \"nothing\" (1 schedule)\n");
}

#[test]
fn what_does_not_come_fails_and_the_story_says_what_there_is_instead() {
    let text = format!(
        "{KV}
         test \"the first write stays\" {{
             at 0: set(\"x\", \"1\");
             at 100ms: set(\"x\", \"2\");
             eventually kv@Server[0](\"x\", \"1\");
         }}"
    );
    let told = fails(&text, &["--seeds", "3"], &["FAILED \"the first write stays\"\nseed 0, after "]);
    for part in [
        ": `eventually kv@Server[0](\"x\", \"1\")` fails: there is no solution at rest",
        " faults, 2 of 2 inputs):",
        "What is there instead, and how it came to it:",
        // The nearest row, and where it comes from.
        "set(\"x\", \"2\")",
        "kv(\"x\", \"2\")",
        "by the rule in line 9 in tick ",
        "--only \"the first write stays\" --seed 0",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}

#[test]
fn what_is_nowhere_is_missing() {
    let text = "input event a(x: int); table t(x: int, y: int); event e(x: int); e(x) <= a(x), x > 5; t(x, 0) <= e(x);
                test \"t\" { at 0: a(1); eventually t(1, _); }
                test \"e\" { at 0: a(1); eventually e(1); }";
    fails(
        text,
        &["--only", "t"],
        &[
            "`eventually t(1, _)` fails: there is no solution at rest",
            "What is missing:\n  there is no t(1, _)\n",
        ],
    );
    fails(
        text,
        &["--only", "e"],
        &["`eventually e(1)` fails: there was no solution after any tick", "  there was no e(1)\n"],
    );
    let said = test(text, &[]);
    assert!(said.err.contains("error: 2 of 2 tests failed"), "{}", said.err);
}

#[test]
fn a_lost_message_is_named() {
    let text = "role A; role B; input event go(x: int) on A; channel m(x: int) on B lossy; table t(x: int) on B;
                m@B[0](x) <~ go(x); t(x) <= m(x);
                test \"arrives\" { at 0: go(7); at 50ms: go(8); eventually t@B[0](7); eventually t@B[0](8); }";
    // (There is no connection yet when 7 is sent.)
    fails(
        text,
        &["--seeds", "5", "--faults", "loss=90%"],
        &["What was sent and never taken:\n  m(7) from A[0], tick "],
    );
}

#[test]
fn what_must_never_be_fails_with_its_causes() {
    let text = format!(
        "{KV}
         test \"no two\" with Client = 2 {{
             at 0: set@Client[0](\"a\", \"1\");
             at 0: set@Client[0](\"x\", \"1\");
             at 0: set@Client[1](\"y\", \"2\");
             never kv@s(\"x\", v), kv@s(\"y\", w), v != w;
         }}"
    );
    fails(
        &text,
        &["--seeds", "3"],
        &[
            "`never kv@s(\"x\", v), kv@s(\"y\", w), v != w` fails for ",
            "v = \"1\", s = Server[0], w = \"2\"\n",
            // The write of \"a\" has nothing to do with it.
            "2 of 3 inputs",
            "How it came to it:",
            "from the host",
        ],
    );
}

#[test]
fn always_holds_from_when_all_nodes_have_begun() {
    let text = "role N; table t(x: int) on N; input event drop(x: int) on N; t(1); t(x) <- drop(x);
                test \"stays\" with N = 3 { always t@N[2](1); }
                test \"goes\" with N = 3 { at 10ms: drop@N[2](1); always t@N[2](1); }";
    passes(text, &["--only", "stays", "--seeds", "10"]);
    fails(text, &["--only", "goes", "--seeds", "3"], &["`always t@N[2](1)` fails: there is no solution\n"]);
}

#[test]
fn invariants_and_keys_count_in_tests() {
    let invariant =
        "input event a(x: int); table t(x: int); t(x) <= a(x); invariant few \"too many\": t(x), x > 5;
                     test \"t\" { at 0: a(3); at 0: a(7); eventually t(3); }";
    fails(invariant, &[], &["invariant `few` is violated for x = 7", ": too many\n", "1 of 2 inputs"]);
    let key =
        "role R; input event a(k: int, v: int) on R; table t(k: int => v: int) on R; t(k, v) <= a(k, v);
               test \"t\" with R = 2 { at 0: a@R[1](1, 10); at 20ms: a@R[1](1, 20); at 0: a@R[0](1, 30); }";
    let said = test(key, &[]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    for part in [
        "two rows with one key in `t` at R[1]: t(1, 10) stays, t(1, 20) is lost",
        "2 of 3 inputs",
        "a(1, 10)\n",
        "a(1, 20)\n",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
}

#[test]
fn programs_with_timers_run_for_a_time() {
    let text = "timer beat every 100ms; table n(x: int); n(0);
                n(x + 1) <+ beat(_), n(x); n(x) <- beat(_), n(x);
                test \"beats\" { eventually n(15); eventually beat(_); }
                test \"after the last step\" { at 0: go(1); at 3s: go(2); eventually gone(2); }
                input event go(x: int); table gone(x: int); gone(x) <= go(x);";
    passes(text, &["--seeds", "2"]);
    fails(
        text,
        &["--for", "1s", "--only", "beats"],
        &["`eventually n(15)` fails: there was no solution after any tick"],
    );
    passes(text, &["--for", "1s", "--only", "after the last step"]);
}

#[test]
fn a_failing_run_is_told_with_the_command_that_runs_it_again() {
    // Only where the second client's message overtakes the first one's.
    let text = "role C; role S; input event say(n: int) on C; channel m(n: int) on S; m@S[0](n) <~ say(n);
                table first(one: int => n: int) on S; first(1, min(n)) <+ m(n), !first(1, _);
                test \"in order\" with C = 2 { at 0: say@C[0](1); at 5ms: say@C[1](2); eventually first@S[0](1, 1); }";
    let dir = scratch();
    let path = dir.path().join("p.flo");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let said = floret(&["test", path, "--quiet", "--seeds", "500", "--faults", "delay=1..20"]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let again = said.out.lines().find_map(|line| line.strip_prefix("Again: floret ")).unwrap();
    let args: Vec<String> = again.replace("\"in order\"", "in_order").split(' ').map(str::to_owned).collect();
    let args: Vec<&str> =
        args.iter().map(|arg| if arg == "in_order" { "in order" } else { arg.as_str() }).collect();
    let second = floret(&[&args[..], &["--quiet"]].concat());
    assert_eq!((said.code, said.out), (second.code, second.out));
}

#[test]
fn what_is_not_understood_is_refused() {
    let one = "input event a(x: int); test \"some words\" { at 0: a(1); }";
    let cases: [(&str, &[&str], i32, &str); 5] = [
        (one, &["--only", "some word"], 2, "there is no test \"some word\" (did you mean \"some words\"?)"),
        (one, &["--faults", "los=5%"], 2, "did you mean `loss`?"),
        (
            "input event a(x: int) on R; role R; param n: int = 0; test \"t\" with R = n {}",
            &[],
            1,
            "test \"t\": the number of nodes of R is not one from 1 to 1000",
        ),
        ("input event a(x: int); test \"t\" { at -(5ms): a(1); }", &[], 1, "before the start"),
        ("input event a(x: int);", &[], 0, "has no tests"),
    ];
    for (text, more, code, expected) in cases {
        let said = test(text, more);
        assert_eq!(said.code, Some(code), "{}{}", said.out, said.err);
        assert!(said.err.contains(expected), "{expected}\n{}", said.err);
    }
    let said = floret(&["test", "nothing.floret"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("an artifact has no tests"), "{}", said.err);
}

#[test]
fn other_commands_let_tests_be() {
    let dir = scratch();
    let text = "input event a(x: int); output table t(x: int); t(x) <= a(x); test \"fails\" { at 0: a(1); never t(1); }";
    let path = dir.path().join("p.flo").display().to_string();
    std::fs::write(&path, text).unwrap();
    for args in [&["check", &path][..], &["run", &path, "--quiet"], &["build", &path], &["explain", &path]] {
        let said = floret(args);
        assert_eq!(said.code, Some(0), "{args:?}\n{}{}", said.out, said.err);
    }
}
