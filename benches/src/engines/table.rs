//! Results as a table.

use super::{Run, System, Workload};

/// One run of one system, in numbers.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// From facts in memory to the last result.
    pub seconds: f64,
    /// The process' peak.
    pub peak_mib: f64,
    /// Rows in the result.
    pub rows: usize,
    /// The median tick and the 99th of 100, in microseconds.
    pub ticks: Option<(f64, f64)>,
}

/// All runs of a system on a workload.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The question.
    pub workload: Workload,
    /// Who answered.
    pub system: System,
    /// One per round.
    pub figures: Vec<Figure>,
}

impl Figure {
    /// The numbers of a run.
    pub fn of(run: &Run) -> Figure {
        let micros = |share| run.tick_at(share).map(|tick| tick.as_secs_f64() * 1e6);
        Figure {
            seconds: run.took.as_secs_f64(),
            peak_mib: peak_mib(),
            rows: run.count,
            ticks: micros(0.5).zip(micros(0.99)),
        }
    }

    /// The figure as a line.
    pub fn line(&self) -> String {
        let (median, late) = self.ticks.unwrap_or((f64::NAN, f64::NAN));
        format!("{} {} {} {median} {late}", self.seconds, self.peak_mib, self.rows)
    }

    /// The figure of such a line.
    pub fn parse(line: &str) -> Option<Figure> {
        let mut words = line.split_whitespace();
        let seconds = words.next()?.parse().ok()?;
        let peak_mib = words.next()?.parse().ok()?;
        let rows = words.next()?.parse().ok()?;
        let (median, late): (f64, f64) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Figure { seconds, peak_mib, rows, ticks: (!median.is_nan()).then_some((median, late)) })
    }
}

impl Measured {
    fn median(&self, of: impl Fn(&Figure) -> f64) -> f64 {
        let mut values: Vec<f64> = self.figures.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The median time.
    pub fn seconds(&self) -> f64 {
        self.median(|figure| figure.seconds)
    }
}

/// This process' peak resident memory.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

/// The table, in Markdown: a line per workload and system, with the ratio to the plain program.
pub fn markdown(all: &[Measured]) -> String {
    let mut text = String::from(
        "| workload | rows | system | median s | ratio to plain | peak MiB | tick p50, p99 in µs |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let mut last = None;
    for measured in all {
        let base =
            all.iter().find(|other| other.workload == measured.workload && other.system == System::Plain);
        let ratio = base.map_or(String::new(), |base| ratio(measured.seconds() / base.seconds()));
        let ticks = measured.figures.first().and_then(|figure| figure.ticks).map_or(String::new(), |_| {
            let tick =
                |of: fn((f64, f64)) -> f64| measured.median(|figure| figure.ticks.map_or(f64::NAN, of));
            format!("{:.1}, {:.1}", tick(|ticks| ticks.0), tick(|ticks| ticks.1))
        });
        let first = last != Some(measured.workload);
        last = Some(measured.workload);
        let rows = measured.figures.first().map_or(0, |figure| figure.rows);
        text += &format!(
            "| {} | {} | {} | {:.4} | {ratio} | {:.0} | {ticks} |\n",
            if first { measured.workload.name() } else { "" },
            if first { rows.to_string() } else { String::new() },
            measured.system.name(),
            measured.seconds(),
            measured.median(|figure| figure.peak_mib),
        );
    }
    text
}

fn ratio(ratio: f64) -> String {
    if ratio < 10.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
}
