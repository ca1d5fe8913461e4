//! `floret sim` from outside: the same seed, the same run; planted mistakes are found, and the story names the cause.

use crate::floret::{Said, floret, scratch, succeed};

const READS: &[&str] = &[
    "sim",
    "examples/bugs/reads.flo",
    "--nodes",
    "Server=3,Client=2",
    "--input",
    "set=examples/bugs/set.csv",
    "--input",
    "get=examples/bugs/get.csv",
];
const COMMIT: &[&str] =
    &["sim", "examples/bugs/commit.flo", "--nodes", "Part=3", "--input", "begin=examples/bugs/begin.csv"];

fn with(start: &[&str], more: &[&str]) -> Said {
    floret(&[start, more].concat())
}

#[test]
fn the_same_seed_prints_the_same_run_in_every_process() {
    let more = ["--seed", "5", "--faults", "loss=5%,dup=5%,delay=1..20,crash=2,restart,partition,pause,skew"];
    let trace = |start: &[&str]| with(start, &[&more[..], &["--trace"]].concat()).out;
    for start in [READS, COMMIT] {
        let one = trace(start);
        assert!(one.lines().count() > 30, "{one}");
        assert_eq!(one, trace(start));
        assert_ne!(one, with(start, &["--seed", "6", "--trace"]).out);
    }
}

#[test]
fn a_read_that_skips_the_log_is_found_and_told() {
    let said = with(READS, &["--seeds", "1000", "--faults", "delay=1..20"]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    for part in [
        "invariant `read_committed` is violated for",
        "a client has read what a server does not have in its log",
        "What it takes (",
        // The rule with the mistake, and what was missing.
        "sent by the rule in line 31",
        "and there is no log(",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    // Nothing is told that has to do with other keys than the one read.
    let told = said.out.split("How it came to it").nth(1).unwrap();
    assert!(told.lines().count() < 30, "{told}");
}

#[test]
fn a_read_that_asks_what_is_committed_is_fine() {
    let dir = scratch();
    let text = std::fs::read_to_string(crate::floret::root().join("examples/bugs/reads.flo")).unwrap();
    let right = text.replace("read(k, c), log(k, v)", "read(k, c), committed(k, v)");
    assert_ne!(text, right);
    let path = dir.path().join("right.flo");
    std::fs::write(&path, right).unwrap();
    let program = path.display().to_string();
    let mut args = READS.to_vec();
    args[1] = &program;
    let said =
        with(&args, &["--seeds", "200", "--faults", "loss=5%,dup=5%,delay=1..20,partition,pause,skew"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.starts_with("200 seeds from 0: the invariant held; "), "{}", said.out);
}

#[test]
fn a_forgotten_vote_is_found_and_told() {
    let dir = scratch();
    let svg = dir.path().join("run.svg").display().to_string();
    let faults = "loss=5%,crash=3,restart=20..100,pause=2,partition";
    let said =
        with(COMMIT, &["--seeds", "1000", "--faults", faults, "--for", "500ms", "--svg", svg.as_str()]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    for part in [
        "invariant `all_agreed` is violated for",
        "committed, though a participant says no",
        "(there had been voted(",
        "but the node lost it when it crashed)",
        " crashes in its tick ",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    let picture = std::fs::read_to_string(svg).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("all_agreed") && picture.ends_with("</svg>\n"));
}

#[test]
fn what_is_not_understood_is_refused() {
    let cases: [(&[&str], &str); 4] = [
        (&["--faults", "los=5%"], "there is no fault `los` (did you mean `loss`?)"),
        (&["--faults", "crash=x"], "write a number from 0 to 1000"),
        (&["--nodes", "Sever=3"], "did you mean `Server`?"),
        (&["--for", "soon"], "write a number and a unit"),
    ];
    for (more, expected) in cases {
        let said = with(READS, more);
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains(expected), "{}", said.err);
    }
}

#[test]
fn one_seed_is_told_in_a_line() {
    let said = succeed(&[COMMIT, &["--seed", "3", "--for", "100ms"]].concat());
    assert!(said.out.starts_with("seed 3: stopped after 100.000 ms; "), "{}", said.out);
    assert_eq!(said.out.lines().count(), 1);
}
