//! Redis, started for the run, and a client of it on one connection.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::load::{Answer, Ask, Load};
use crate::system::{Result, free_address, resident};

/// So long Redis may take to come up.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running Redis and the connection to it.
pub struct Redis {
    child: Child,
    stream: TcpStream,
    load: Load,
}

impl Redis {
    /// Whether there is a `redis-server` to start.
    pub fn version() -> Option<String> {
        let output = Command::new("redis-server").arg("--version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        text.split_whitespace().find_map(|word| word.strip_prefix("v=")).map(str::to_owned)
    }

    /// Starts it in a directory; durable: each write is on disk before it is answered.
    pub fn start(directory: &Path, durable: bool) -> Result<Redis> {
        std::fs::create_dir_all(directory)?;
        let address = free_address()?;
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", address.rsplit(':').next().unwrap_or_default()]);
        command.args(["--save", "", "--loglevel", "warning", "--dir"]).arg(directory);
        let keeps: &[&str] = match durable {
            true => &["--appendonly", "yes", "--appendfsync", "always"],
            false => &["--appendonly", "no"],
        };
        let child = command.args(keeps).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let begin = Instant::now();
        let stream = loop {
            match TcpStream::connect(&address) {
                Ok(stream) => break stream,
                Err(error) if error.kind() == ErrorKind::ConnectionRefused && begin.elapsed() < PATIENCE => {
                    sleep(Duration::from_millis(10));
                }
                Err(error) => return Err(error.into()),
            }
        };
        stream.set_nodelay(true)?;
        Ok(Redis { child, stream, load: Load::new() })
    }

    /// The load, at rest.
    pub fn load(&mut self) -> &mut Load {
        &mut self.load
    }

    /// The server's memory in MiB.
    pub fn memory(&self) -> f64 {
        resident(self.child.id())
    }

    /// Runs a phase of the load to its end.
    pub fn run(&mut self, in_flight: usize) -> Result<()> {
        let mut asked = VecDeque::new();
        let (mut out, mut come) = (Vec::new(), Vec::new());
        let mut piece = vec![0; 1 << 16];
        let mut free = in_flight;
        loop {
            while free > 0
                && let Some((id, ask)) = self.load.ask()
            {
                put(&mut out, &ask)?;
                asked.push_back(id);
                free -= 1;
            }
            if self.load.is_quiet() {
                return Ok(());
            }
            self.stream.write_all(&out)?;
            out.clear();
            let count = self.stream.read(&mut piece)?;
            if count == 0 {
                return Err("Redis closed the connection".into());
            }
            come.extend_from_slice(&piece[..count]);
            let mut at = 0;
            while let Some((answer, length)) = parse(&come[at..])? {
                let id = asked.pop_front().ok_or("more answers than requests")?;
                self.load.answer(id, answer)?;
                at += length;
                free += 1;
            }
            come.drain(..at);
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn put(out: &mut Vec<u8>, ask: &Ask) -> io::Result<()> {
    match ask {
        Ask::Set(key, value) => {
            write!(out, "*3\r\n$3\r\nSET\r\n${}\r\n{key}\r\n${}\r\n{value}\r\n", key.len(), value.len())
        }
        Ask::Get(key) => write!(out, "*2\r\n$3\r\nGET\r\n${}\r\n{key}\r\n", key.len()),
    }
}

/// The answer that some bytes begin with and its length, if it is there whole.
fn parse(bytes: &[u8]) -> Result<Option<(Answer<'_>, usize)>> {
    let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") else { return Ok(None) };
    let line = std::str::from_utf8(&bytes[..end])?;
    let after = end + 2;
    match line.split_at_checked(1) {
        Some(("+", "OK")) => Ok(Some((Answer::Written, after))),
        Some(("$", "-1")) => Ok(Some((Answer::Value(None), after))),
        Some(("$", length)) => {
            let length: usize = length.parse()?;
            if bytes.len() < after + length + 2 {
                return Ok(None);
            }
            let value = std::str::from_utf8(&bytes[after..after + length])?;
            Ok(Some((Answer::Value(Some(value)), after + length + 2)))
        }
        _ => Err(format!("Redis answers {line}").into()),
    }
}
