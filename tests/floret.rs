//! Runs the built command, for all tests that use it from outside.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The project's folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What a finished command said.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// The command in the project's folder.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_floret"));
    command.args(args).current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs the command to its end.
pub fn floret(args: &[&str]) -> Said {
    let output = command(args).output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the command, which must succeed.
pub fn succeed(args: &[&str]) -> Said {
    let said = floret(args);
    assert_eq!(said.code, Some(0), "floret {}\n{}{}", args.join(" "), said.out, said.err);
    said
}

/// The lines of a CSV output without its header and its `node` column (if it has one).
pub fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let skip = usize::from(reader.headers().unwrap().get(0) == Some("node"));
    reader.records().map(|r| r.unwrap().iter().skip(skip).map(str::to_owned).collect()).collect()
}

/// A folder for one test's files, removed at its end.
pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The processes whose parent is `pid`, with their command lines. (Linux; elsewhere there are none to see.)
pub fn children(pid: u32) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(child) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(status) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // `pid (name) state ppid ...`; the name may contain anything but the last `)` ends it.
        let Some((_, rest)) = status.rsplit_once(')') else { continue };
        let mut fields = rest.split_whitespace();
        let (Some(state), Some(parent)) = (fields.next(), fields.next()) else { continue };
        if parent == pid.to_string() && state != "Z" {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push((child, String::from_utf8_lossy(&line).replace('\0', " ")));
        }
    }
    found
}

/// Whether a process exists (a zombie doesn't).
pub fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z')))
}

/// Sends a signal by its name.
pub fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().unwrap();
    assert!(status.success());
}

/// Waits until `condition` holds, by asking again and again; fails after a minute.
pub fn wait_until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = std::time::Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed().as_secs() < 60, "waited a minute for {what}");
        std::thread::yield_now();
    }
}

/// Waits for a child's end and gives what it said on piped outputs.
pub fn finish(mut child: Child) -> Said {
    drop(child.stdin.take());
    let (mut out, mut err) = (String::new(), String::new());
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_string(&mut out).unwrap();
    }
    if let Some(mut pipe) = child.stderr.take() {
        pipe.read_to_string(&mut err).unwrap();
    }
    Said { code: child.wait().unwrap().code(), out, err }
}
