//! Faults in words.

use floret_ir::{Program, print};

use super::{CrashPoint, Fault, FrameId};

/// A virtual time or duration in milliseconds, to the microsecond.
pub(crate) fn milliseconds(nanoseconds: i64) -> String {
    let microseconds = nanoseconds.div_euclid(1_000);
    let (whole, part) = (microseconds / 1_000, (microseconds % 1_000).abs());
    let sign = if microseconds < 0 && whole == 0 { "-" } else { "" };
    format!("{sign}{whole}.{part:03} ms")
}

/// A fault as a sentence without a full stop.
pub fn fault_text(fault: &Fault, program: &Program) -> String {
    let name = |node| print::address(node, program);
    let frame = |id: &FrameId| format!("frame {} from {} to {}", id.number, name(id.from), name(id.to));
    match fault {
        Fault::Lose(id) => format!("{} is lost", frame(id)),
        Fault::Duplicate(id) => format!("{} arrives twice", frame(id)),
        Fault::Slow(id) => format!("{} is slow", frame(id)),
        Fault::Crash { node, tick, point, back } => {
            let point = match point {
                CrashPoint::BeforeTick => "before it runs",
                CrashPoint::BeforeSync => "before it is on the disk",
                CrashPoint::BeforeSends => "before its messages are sent",
                CrashPoint::AfterSends => "after its messages are sent",
            };
            let back = back.map_or("and stays down".to_owned(), |back| {
                format!("and is back {} later", milliseconds(back))
            });
            format!("{} crashes in its tick {tick}, {point}, {back}", name(*node))
        }
        Fault::Partition { side, from, until } => {
            let side: Vec<String> = side.iter().map(|node| name(*node)).collect();
            format!(
                "{} cut off from all others from {} to {}",
                match side.as_slice() {
                    [only] => format!("{only} is"),
                    _ => format!("{} are", side.join(", ")),
                },
                milliseconds(*from),
                milliseconds(*until)
            )
        }
        Fault::Pause { node, from, until } => {
            format!("{} stands still from {} to {}", name(*node), milliseconds(*from), milliseconds(*until))
        }
        Fault::Skew { node, by } => {
            let way = if *by < 0 { "behind" } else { "ahead" };
            format!("the clock of {} is {} {way}", name(*node), milliseconds(by.saturating_abs()))
        }
    }
}
