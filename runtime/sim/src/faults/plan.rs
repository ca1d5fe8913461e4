//! What goes wrong in one run.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Address, Deployment};

use super::{CrashPoint, Fault, FaultSpec, FrameId, MILLISECOND, Range};
use crate::random::{Random, mix};

/// How far a run goes when nothing goes wrong: faults are put where something happens.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Extent {
    /// When it ends, in nanoseconds of virtual time.
    pub until: i64,
    /// How many ticks each node runs.
    pub ticks: BTreeMap<Address, u64>,
}

/// What becomes of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passage {
    /// How long it takes.
    pub delay: i64,
    /// Whether it is lost.
    pub lost: bool,
    /// How long after it its copy arrives.
    pub again: Option<i64>,
}

/// All that goes wrong in one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaultPlan {
    seed: u64,
    loss: u32,
    dup: u32,
    delay: Range,
    /// Crashes, partitions, pauses and skews.
    events: BTreeSet<Fault>,
    /// Of frames' faults only these; none: all that the hash says.
    frames: Option<BTreeSet<Fault>>,
}

/// What the hash is asked about.
#[derive(Clone, Copy)]
enum Question {
    Lost = 1,
    Again = 2,
    Delay = 3,
    Gap = 4,
    Crashes = 5,
    Partitions = 6,
    Pauses = 7,
    Skew = 8,
}

impl FaultPlan {
    /// The plan of a seed. Every kind of fault is drawn on its own, so that one more of one kind moves no other.
    pub fn derive(spec: &FaultSpec, seed: u64, deployment: &Deployment, extent: &Extent) -> FaultPlan {
        let nodes: Vec<Address> = deployment.nodes().collect();
        let mut events = BTreeSet::new();
        events.extend(crashes(spec, seed, &nodes, extent));
        events.extend(partitions(spec, seed, &nodes, extent));
        events.extend(pauses(spec, seed, &nodes, extent));
        events.extend(skews(spec, seed, &nodes));
        FaultPlan { seed, loss: spec.loss, dup: spec.dup, delay: spec.delay, events, frames: None }
    }

    /// Nothing goes wrong, and every frame takes the least time of `spec`.
    pub fn quiet(spec: &FaultSpec) -> FaultPlan {
        let (events, frames) = (BTreeSet::new(), Some(BTreeSet::new()));
        FaultPlan { seed: 0, loss: spec.loss, dup: spec.dup, delay: spec.delay, events, frames }
    }

    /// This plan with no other faults than `faults` (those that it doesn't have are left out).
    #[must_use]
    pub fn exactly(&self, faults: &BTreeSet<Fault>) -> FaultPlan {
        let events = self.events.intersection(faults).cloned().collect();
        let frames = Some(faults.iter().filter(|fault| self.holds(fault)).cloned().collect());
        FaultPlan { events, frames, ..self.clone() }
    }

    /// The faults that are no frame's.
    pub fn events(&self) -> impl Iterator<Item = &Fault> {
        self.events.iter()
    }

    /// Whether this fault is part of the plan.
    pub fn holds(&self, fault: &Fault) -> bool {
        let kept = || self.frames.as_ref().is_none_or(|frames| frames.contains(fault));
        match fault {
            Fault::Lose(id) => self.chance(Question::Lost, *id, self.loss) && kept(),
            Fault::Duplicate(id) => self.chance(Question::Again, *id, self.dup) && kept(),
            Fault::Slow(id) => self.drawn_delay(*id) > self.delay.least && kept(),
            Fault::Crash { .. } | Fault::Partition { .. } | Fault::Pause { .. } | Fault::Skew { .. } => {
                self.events.contains(fault)
            }
        }
    }

    /// What becomes of a frame.
    pub fn passage(&self, id: FrameId) -> Passage {
        let delay = if self.holds(&Fault::Slow(id)) { self.drawn_delay(id) } else { self.delay.least };
        let lost = self.holds(&Fault::Lose(id));
        let again = self.holds(&Fault::Duplicate(id)).then(|| {
            let gap = Range { least: 0, most: 4 * self.delay.most.max(MILLISECOND) };
            drawn(gap, self.ask(Question::Gap, id))
        });
        Passage { delay, lost, again }
    }

    fn ask(&self, question: Question, id: FrameId) -> u64 {
        mix(&[self.seed, question as u64, node(id.from), node(id.to), id.number])
    }

    fn chance(&self, question: Question, id: FrameId, millionths: u32) -> bool {
        self.ask(question, id) % 1_000_000 < u64::from(millionths)
    }

    fn drawn_delay(&self, id: FrameId) -> i64 {
        drawn(self.delay, self.ask(Question::Delay, id))
    }
}

fn node(address: Address) -> u64 {
    u64::from(address.role.0) << 32 | u64::from(address.index)
}

/// A time of the range, by 64 random bits.
fn drawn(range: Range, bits: u64) -> i64 {
    let width = range.most.saturating_sub(range.least).unsigned_abs().saturating_add(1);
    range.least.saturating_add((bits % width).cast_signed())
}

fn crashes(spec: &FaultSpec, seed: u64, nodes: &[Address], extent: &Extent) -> Vec<Fault> {
    let mut random = Random::new(mix(&[seed, Question::Crashes as u64]));
    let mut crash = || {
        let node = *nodes.get(random.below(nodes.len()))?;
        let ticks = extent.ticks.get(&node).copied().unwrap_or(0).max(1);
        let tick = 1 + random.below(usize::try_from(ticks).unwrap_or(usize::MAX)) as u64;
        let point = match random.below(4) {
            0 => CrashPoint::BeforeTick,
            1 => CrashPoint::BeforeSync,
            2 => CrashPoint::BeforeSends,
            _ => CrashPoint::AfterSends,
        };
        let bits = random.bits();
        Some(Fault::Crash { node, tick, point, back: spec.restart.map(|range| drawn(range, bits)) })
    };
    (0..spec.crashes).filter_map(|_| crash()).collect()
}

/// A time within the run, and how much later what starts then ends.
fn span(random: &mut Random, extent: &Extent) -> (i64, i64) {
    let from = drawn(Range { least: 0, most: extent.until.max(0) }, random.bits());
    // Some are short, some longer than what nodes are patient for.
    let most = MILLISECOND << random.below(14);
    (
        from,
        from.saturating_add(drawn(Range { least: MILLISECOND, most: most.max(MILLISECOND) }, random.bits())),
    )
}

fn partitions(spec: &FaultSpec, seed: u64, nodes: &[Address], extent: &Extent) -> Vec<Fault> {
    let mut random = Random::new(mix(&[seed, Question::Partitions as u64]));
    let partition = |_| {
        let mut side: BTreeSet<Address> = nodes.iter().copied().filter(|_| random.below(2) == 0).collect();
        // All on one side would be no partition.
        if side.is_empty() || side.len() == nodes.len() {
            side = nodes.get(random.below(nodes.len())).copied().into_iter().collect();
        }
        let (from, until) = span(&mut random, extent);
        Fault::Partition { side, from, until }
    };
    if nodes.len() < 2 { Vec::new() } else { (0..spec.partitions).map(partition).collect() }
}

fn pauses(spec: &FaultSpec, seed: u64, nodes: &[Address], extent: &Extent) -> Vec<Fault> {
    let mut random = Random::new(mix(&[seed, Question::Pauses as u64]));
    let mut pause = || {
        let node = *nodes.get(random.below(nodes.len()))?;
        let (from, until) = span(&mut random, extent);
        Some(Fault::Pause { node, from, until })
    };
    (0..spec.pauses).filter_map(|_| pause()).collect()
}

fn skews(spec: &FaultSpec, seed: u64, nodes: &[Address]) -> Vec<Fault> {
    let range = Range { least: -spec.skew, most: spec.skew };
    let skew = |address: &Address| {
        let by = drawn(range, mix(&[seed, Question::Skew as u64, node(*address)]));
        (by != 0).then_some(Fault::Skew { node: *address, by })
    };
    nodes.iter().filter_map(skew).collect()
}
