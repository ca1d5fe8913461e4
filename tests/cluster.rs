//! Several nodes as processes: what happens when one dies, and on Ctrl-C.

use std::io::Write;
use std::process::{Child, Stdio};

use crate::floret::{children, command, finish, is_alive, signal, wait_until};

/// Starts the sharded example with an input that doesn't end, and waits until all four nodes run.
fn start() -> (Child, Vec<(u32, String)>) {
    let mut child = command(&[
        "run",
        "examples/debian/sharded.flo",
        "--nodes",
        "Worker=3,Client=1",
        "--data",
        "examples/debian",
        "--input",
        "ask=-",
    ])
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    child.stdin.as_mut().unwrap().write_all(b"name\nbash\n").unwrap();
    let pid = child.id();
    let nodes = wait_until("four node processes", || {
        let nodes: Vec<_> = children(pid).into_iter().filter(|(_, line)| line.contains(" node ")).collect();
        (nodes.len() == 4).then_some(nodes)
    });
    (child, nodes)
}

fn none_left(nodes: &[(u32, String)]) {
    for (pid, line) in nodes {
        wait_until(&format!("the end of {line}"), || (!is_alive(*pid)).then_some(()));
    }
}

#[test]
fn killing_a_worker_ends_the_run_and_names_it() {
    let (mut child, nodes) = start();
    let stdin = child.stdin.take();
    let (worker, _) = nodes.iter().find(|(_, line)| line.contains("--role Worker --index 1")).unwrap();
    signal(*worker, "KILL");
    let said = finish(child);
    drop(stdin);
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("Worker[1]"), "{}", said.err);
    assert_eq!(said.out, "", "outputs of a failed run must not look like results");
    none_left(&nodes);
}

#[test]
fn interrupting_a_run_ends_all_nodes() {
    let (mut child, nodes) = start();
    let stdin = child.stdin.take();
    signal(child.id(), "INT");
    let said = finish(child);
    drop(stdin);
    assert_eq!(said.code, Some(130), "{}", said.err);
    none_left(&nodes);
}

#[test]
fn killing_the_run_itself_leaves_no_node_behind() {
    let (mut child, nodes) = start();
    let stdin = child.stdin.take();
    signal(child.id(), "KILL");
    finish(child);
    drop(stdin);
    none_left(&nodes);
}
