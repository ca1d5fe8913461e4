//! What all systems need: addresses, and what a process takes.

use std::error::Error;
use std::net::TcpListener;

/// What can fail here is the whole run.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// An address on this machine at which nobody listens (just now).
pub fn free_address() -> Result<String> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.to_string())
}

/// A process's resident memory in MiB.
pub fn resident(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
