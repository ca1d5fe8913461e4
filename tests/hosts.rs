//! The examples on three hosts: network namespaces with their own addresses, and between any two of them a proxy that delays
//! and cuts; while an example runs, one host's link is set down and up. What must come out is what `examples.rs` has by hand.
//!
//! The test starts itself again in a namespace of its own, which goes with all that is in it when that ends. Where
//! the machine forbids this, it says so, and the hosts are loopback addresses without links.

use std::fs::{self, File};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use floret_cluster::{ClusterFile, NodeEntry};
use floret_ir::artifact;

use crate::compile::compiled;
use crate::examples::check;
use crate::floret::{command, finish, floret, root, scratch, wait_until};
use crate::long::cases;
use crate::proxy::{Proxy, Rough};

const HOSTS: u8 = 3;
/// Set in the namespace.
const INSIDE: &str = "FLORET_TEST_INSIDE_NAMESPACE";
/// How to get into one. (Whoever is not root becomes it there.)
const UNSHARE: [&str; 5] = ["--map-root-user", "--net", "--mount", "--propagation", "private"];
/// For so long the link is down.
const OUTAGE: Duration = Duration::from_millis(500);

/// An example, its nodes, the input that is written while it runs, and how long it runs if its end is not by itself.
struct Example {
    name: &'static str,
    roles: &'static [(&'static str, u32)],
    streamed: Option<&'static str>,
    span: Option<&'static str>,
}

const EXAMPLES: [Example; 6] = [
    Example { name: "chat", roles: &[("Member", 3), ("Room", 1)], streamed: Some("say"), span: None },
    Example { name: "kv", roles: &[("Client", 2), ("Server", 3)], streamed: Some("set"), span: None },
    Example { name: "store", roles: &[("Client", 2), ("Server", 3)], streamed: Some("put"), span: None },
    Example {
        name: "twophase",
        roles: &[("Coordinator", 1), ("Participant", 3)],
        streamed: Some("begin"),
        span: None,
    },
    Example { name: "gossip", roles: &[("Member", 5)], streamed: Some("hear"), span: Some("4s") },
    Example { name: "membership", roles: &[("Member", 3)], streamed: None, span: Some("3s") },
];

/// Where the hosts are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Net {
    Namespaces,
    Loopback,
}

/// A shell line, which must succeed.
fn shell(line: &str) -> Result<(), String> {
    let said = Command::new("sh").args(["-ec", line]).output().map_err(|error| error.to_string())?;
    if said.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said.stderr).into_owned()) }
}

/// Names of namespaces are files; here they are in a directory that nobody else sees.
const NAMES: &str = "mkdir -p /run/netns; mount -t tmpfs none /run/netns; ip link set lo up";

/// A host, its address, and its link to the router.
fn host(host: u8) -> String {
    format!(
        "ip netns add h{host}; ip link add v{host} type veth peer name eth0 netns h{host};
         ip addr add 10.77.{host}.1/24 dev v{host}; ip link set v{host} up;
         ip -n h{host} addr add 10.77.{host}.2/24 dev eth0; ip -n h{host} link set eth0 up; ip -n h{host} link set lo up"
    )
}

impl Net {
    fn make(self) {
        if self == Net::Namespaces {
            shell(NAMES).unwrap();
            (0..HOSTS).for_each(|number| shell(&host(number)).unwrap());
        }
    }
    /// A host's address.
    fn host(self, host: u8) -> IpAddr {
        match self {
            Net::Namespaces => Ipv4Addr::new(10, 77, host, 2).into(),
            Net::Loopback => Ipv4Addr::new(127, 0, 0, host + 1).into(),
        }
    }
    /// The router's address on a host's link.
    fn router(self, host: u8) -> IpAddr {
        match self {
            Net::Namespaces => Ipv4Addr::new(10, 77, host, 1).into(),
            Net::Loopback => Ipv4Addr::LOCALHOST.into(),
        }
    }
    /// Where the nth node listens.
    fn door(self, host: u8, node: u16) -> SocketAddr {
        match self {
            Net::Namespaces => (self.host(host), 7000 + node).into(),
            Net::Loopback => TcpListener::bind((self.host(host), 0)).unwrap().local_addr().unwrap(),
        }
    }
    /// Floret on a host.
    fn on(self, host: u8, args: &[&str]) -> Command {
        let here = command(args);
        match self {
            Net::Namespaces => {
                let mut there = Command::new("ip");
                there
                    .args(["netns", "exec", &format!("h{host}")])
                    .arg(here.get_program())
                    .args(here.get_args());
                there.current_dir(root());
                there
            }
            Net::Loopback => here,
        }
    }
    fn link(self, host: u8, state: &str) {
        if self == Net::Namespaces {
            shell(&format!("ip link set v{host} {state}")).unwrap();
        }
    }
}

/// Processes that end with the test.
struct Nodes(Vec<Child>);

impl Drop for Nodes {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

struct Seat {
    role: &'static str,
    index: u32,
    host: u8,
    door: SocketAddr,
}

/// Runs an example; how many connections were cut.
fn run(net: Net, example: &Example, seed: u64) -> usize {
    let dir = scratch();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let name = example.name;
    let text = fs::read_to_string(root().join(format!("examples/{name}/{name}.flo"))).unwrap();
    let program = path("program.floret");
    fs::write(&program, artifact::encode(&compiled(&text).artifact)).unwrap();
    let names = example.roles.iter().flat_map(|(role, count)| (0..*count).map(move |index| (*role, index)));
    let seat = |(node, (role, index)): (u16, (&'static str, u32))| {
        let host = (node % u16::from(HOSTS)) as u8;
        Seat { role, index, host, door: net.door(host, node) }
    };
    let seats: Vec<Seat> = (0..).zip(names).map(seat).collect();
    let write = |name: &str, address: &mut dyn FnMut(&Seat) -> SocketAddr| {
        let entry = |seat: &Seat| NodeEntry {
            role: seat.role.into(),
            index: seat.index,
            address: address(seat).to_string(),
        };
        let nodes = seats.iter().map(entry).collect();
        let file = ClusterFile { token: "secret".into(), stop_with_coordinator: true, nodes };
        file.write(Path::new(&path(name))).unwrap();
    };
    let mut proxies = Vec::new();
    for host in 0..HOSTS {
        write(&format!("host-{host}.toml"), &mut |seat| {
            if seat.host == host {
                return seat.door;
            }
            // Fewer bytes than a greeting and a message have: where anything is said, connections are cut.
            let delay = Duration::from_millis(5 + proxies.len() as u64 % 20);
            let rough = Rough { delay, bytes: (20, 120), cuts: 3, seed: seed + proxies.len() as u64 };
            proxies.push(Proxy::open(net.router(host), seat.door, rough));
            proxies[proxies.len() - 1].address
        });
    }
    write("all.toml", &mut |seat| seat.door);

    let start = |seat: &Seat| {
        let (file, index) = (path(&format!("host-{}.toml", seat.host)), seat.index.to_string());
        let args = [
            "node",
            "--stop-with-stdin",
            "--artifact",
            &program,
            "--cluster",
            &file,
            "--role",
            seat.role,
            "--index",
            &index,
        ];
        let said = File::create(path(&format!("{}-{index}.log", seat.role))).unwrap();
        net.on(seat.host, &args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(said).spawn().unwrap()
    };
    let nodes = Nodes(seats.iter().map(start).collect());
    for seat in &seats {
        let what = format!("{}[{}] at {}", seat.role, seat.index, seat.door);
        wait_until(&what, || TcpStream::connect(seat.door).ok());
    }
    let (out, data, all) = (path("out"), format!("examples/{name}"), path("all.toml"));
    let streamed = example.streamed.map(|input| format!("{input}=-"));
    let mut args = vec!["run", &program, "--cluster", &all, "--data", &data, "--out", &out, "--batch", "1"];
    args.extend(streamed.iter().flat_map(|input| ["--input", input]));
    args.extend(example.span.iter().flat_map(|span| ["--for", span]));
    let mut coordinator =
        command(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let input = coordinator.stdin.take().unwrap();
    let carried = || proxies.iter().any(|proxy| proxy.carried() > 0);
    feed(net, example, input, &carried);
    let said = finish(coordinator);
    let logs = || {
        seats.iter().map(|seat| {
            let log = format!("{}-{}.log", seat.role, seat.index);
            format!("{log}:\n{}", fs::read_to_string(path(&log)).unwrap_or_default())
        })
    };
    assert_eq!(said.code, Some(0), "{name}\n{}{}{}", said.out, said.err, logs().collect::<String>());
    check(name, Path::new(&out));
    drop(nodes);
    proxies.iter().map(Proxy::cuts).sum()
}

/// Gives the first half of the input, and, when the nodes have begun to talk and a link is down, the rest. The run can't end
/// before the link is up again.
fn feed(net: Net, example: &Example, mut input: ChildStdin, carried: &dyn Fn() -> bool) {
    let lines: Vec<String> = match example.streamed {
        Some(name) => {
            let text =
                fs::read_to_string(root().join(format!("examples/{}/{name}.csv", example.name))).unwrap();
            text.lines().map(|line| format!("{line}\n")).collect()
        }
        None => Vec::new(),
    };
    let (first, rest) = lines.split_at(lines.len().div_ceil(2));
    // A run whose time is over reads no more.
    let mut give = |lines: &[String]| drop(input.write_all(lines.concat().as_bytes()));
    give(first);
    wait_until("a message between hosts", || carried().then_some(()));
    net.link(1, "down");
    give(rest);
    std::thread::sleep(OUTAGE);
    net.link(1, "up");
}

/// Runs this test again in a namespace, or says why that can't be done.
fn start_again(test: &str) -> Result<(), String> {
    let args: &[&str] = if is_not_root() { &UNSHARE } else { &UNSHARE[1..] };
    let unshare = |rest: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(args).args(rest);
        command
    };
    let probe = format!("{NAMES}; {}; ip netns exec h0 true", host(0));
    let said = unshare(&["sh", "-ec", &probe]).output().map_err(|error| error.to_string())?;
    if !said.status.success() {
        return Err(String::from_utf8_lossy(&said.stderr).into_owned());
    }
    let me = std::env::current_exe().unwrap();
    let status = unshare(&[me.to_str().unwrap(), "--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .status()
        .map_err(|error| error.to_string())?;
    assert!(status.success(), "the test fails in the namespaces");
    Ok(())
}

/// Whether this process is not root's.
fn is_not_root() -> bool {
    let said = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&said.stdout).trim() != "0"
}

#[test]
fn the_examples_run_on_three_hosts() {
    let net = if std::env::var_os(INSIDE).is_some() {
        Net::Namespaces
    } else {
        match start_again("hosts::the_examples_run_on_three_hosts") {
            Ok(()) => return,
            Err(why) => {
                eprintln!(
                    "HOSTS: THIS MACHINE GIVES NO NETWORK NAMESPACES, so the hosts are loopback addresses and no link goes \
                     down: {}",
                    why.trim()
                );
                Net::Loopback
            }
        }
    };
    net.make();
    let (seed, rounds) = cases("examples on three hosts, rounds", 1, 1, 10);
    for round in 0..rounds as u64 {
        for example in &EXAMPLES {
            let start = std::time::Instant::now();
            let cuts = run(net, example, seed + 100 * round);
            println!("{}: {cuts} connections cut, {:.1?}", example.name, start.elapsed());
            assert!(cuts > 0, "{}", example.name);
        }
    }
}

#[test]
fn nodes_that_wait_for_nobody_are_refused() {
    let dir = scratch();
    let file = dir.path().join("cluster.toml");
    fs::write(&file, "token = \"t\"\n[[node]]\nrole = \"Client\"\nindex = 0\naddress = \"127.0.0.1:1\"\n")
        .unwrap();
    let said = floret(&["run", "examples/kv/kv.flo", "--cluster", file.to_str().unwrap()]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("write `stop_with_coordinator = true` there"), "{}", said.err);
}
