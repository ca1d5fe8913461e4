//! What time it is, and waiting for a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a wait goes on before it looks whether it is to end.
const PATIENCE: Duration = Duration::from_millis(20);

/// Where a node's time comes from.
pub trait Clock: Send {
    /// Nanoseconds since 1970 (UTC).
    fn now(&self) -> i64;
    /// Waits until then, or until `stopped` is set.
    fn wait_until(&self, then: i64, stopped: &AtomicBool);
}

/// The system's clock.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    }
    fn wait_until(&self, then: i64, stopped: &AtomicBool) {
        while !stopped.load(Ordering::Relaxed) {
            let left = then.saturating_sub(self.now());
            if left <= 0 {
                return;
            }
            std::thread::sleep(Duration::from_nanos(left.unsigned_abs()).min(PATIENCE));
        }
    }
}
