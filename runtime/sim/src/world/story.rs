//! A failing run as a short story: the fewest faults and inputs that still make it fail, and how it came to it.

use std::collections::BTreeSet;
use std::fmt::Write;

use floret_ir::{Program, RelationId, Sources, print};

use super::astray::astray;
use super::chronicle::What;
use super::claim::WrongKind;
use super::job::{End, Job, Outcome, RunOf};
use super::promises::check_promises;
use super::run::run;
use crate::faults::{Fault, FaultPlan, fault_text, milliseconds};
use crate::minimise;
use crate::trace::from_host;
use crate::why::{RowAt, step_texts, why_all, why_conflict};

/// How a run failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// This was wrong: a claim, or a key's rows.
    Claim(String),
    /// A test's body has no solution.
    Missing(String),
    /// A node failed.
    Node,
    /// A channel broke its promise; this is Floret's mistake.
    Promise(String),
}

impl Outcome {
    /// How it failed, if it did.
    pub fn failure(&self, program: &Program) -> Option<Failure> {
        match &self.end {
            End::Wrong(wrong) => Some(match wrong.kind {
                WrongKind::Missing => Failure::Missing(wrong.title()),
                WrongKind::Invariant | WrongKind::Conflict(_) | WrongKind::Solution => {
                    Failure::Claim(wrong.title())
                }
            }),
            End::Failed { .. } => Some(Failure::Node),
            End::Rest | End::Time => {
                let complete = self.end == End::Rest && !self.loses;
                check_promises(&self.chronicle, program, complete).err().map(Failure::Promise)
            }
        }
    }
}

impl Failure {
    /// Whether another run fails in the same way.
    fn is_like(&self, other: &Failure) -> bool {
        match (self, other) {
            (Failure::Claim(one), Failure::Claim(other))
            | (Failure::Missing(one), Failure::Missing(other)) => one == other,
            (Failure::Node, Failure::Node) | (Failure::Promise(_), Failure::Promise(_)) => true,
            (Failure::Claim(_) | Failure::Missing(_) | Failure::Node | Failure::Promise(_), _) => false,
        }
    }
}

/// A failing run, and the smallest one found that fails in the same way.
pub struct Shrunk {
    /// The smallest.
    pub run: RunOf,
    /// What came of it.
    pub outcome: Outcome,
    /// How many faults came to pass, and how many inputs were fed, in the run as it was found.
    pub before: (usize, usize),
}

/// Looks for fewer faults and inputs under which `found`, which fails, fails in the same way, with at most `tries` runs.
pub fn shrink(job: &Job<'_>, found: &RunOf, outcome: Outcome, mut tries: usize) -> Shrunk {
    let before = (outcome.faults.len(), outcome.inputs.len());
    let Some(failure) = outcome.failure(job.program()) else {
        return Shrunk { run: found.clone(), outcome, before };
    };
    let seed = found.seed;
    let fails = |plan: &FaultPlan, inputs: &[usize]| {
        let inputs = Some(inputs.iter().copied().collect());
        let outcome = run(job, &RunOf { seed, plan: plan.clone(), inputs });
        outcome.failure(job.program()).is_some_and(|of| of.is_like(&failure))
    };
    let plan_of = |faults: &[Fault]| found.plan.exactly(&faults.iter().cloned().collect());
    let mut faults: Vec<Fault> = outcome.faults.iter().cloned().collect();
    let mut inputs: Vec<usize> = outcome.inputs.iter().copied().collect();
    loop {
        let sizes = (faults.len(), inputs.len());
        faults = minimise(faults, &mut tries, |some| fails(&plan_of(some), &inputs));
        let plan = plan_of(&faults);
        // What doesn't come of fewer inputs says nothing.
        if !matches!(failure, Failure::Missing(_)) {
            inputs = minimise(inputs, &mut tries, |some| fails(&plan, some));
        }
        if (faults.len(), inputs.len()) == sizes || tries == 0 {
            break;
        }
    }
    let run_of = RunOf { seed, plan: plan_of(&faults), inputs: Some(inputs.into_iter().collect()) };
    let smallest = run(job, &run_of);
    // Should the faults that came to pass not be all that made it fail, it is told as it was found.
    match smallest.failure(job.program()).filter(|of| of.is_like(&failure)) {
        Some(_) => Shrunk { run: run_of, outcome: smallest, before },
        None => Shrunk { run: found.clone(), outcome, before },
    }
}

/// The story: what is wrong, what it takes, and how it came to it.
pub fn story(job: &Job<'_>, shrunk: &Shrunk, sources: &Sources) -> String {
    let program = job.program();
    let Shrunk { run, outcome, before } = shrunk;
    let mut text = String::new();
    let what = match outcome.failure(program) {
        Some(Failure::Promise(why)) => format!("a channel broke its promise (a mistake in Floret): {why}"),
        Some(Failure::Claim(_) | Failure::Missing(_) | Failure::Node) | None => outcome.end_text(program),
    };
    let _ = writeln!(text, "seed {}, {what}", run.seed);
    let _ = writeln!(
        text,
        "\nWhat it takes ({} of {} faults, {} of {} inputs):",
        outcome.faults.len(),
        before.0,
        outcome.inputs.len(),
        before.1
    );
    for fault in &outcome.faults {
        let _ = writeln!(text, "  {}", fault_text(fault, program));
    }
    for (node, row) in outcome.inputs.iter().filter_map(|input| job.input(*input)) {
        let at = if program.has_roles() {
            format!(" at {}", print::address(*node, program))
        } else {
            String::new()
        };
        let _ = writeln!(text, "  {}{at}", from_host(program, row));
    }
    if let End::Wrong(wrong) = &outcome.end {
        let course = course(job, outcome, sources);
        match wrong.kind {
            WrongKind::Missing => {
                if !wrong.absent.is_empty() {
                    let _ = writeln!(text, "\nWhat is missing:");
                }
                for absent in &wrong.absent {
                    let _ = writeln!(text, "  {absent}");
                }
                let astray = astray(&outcome.chronicle, program);
                if !astray.is_empty() {
                    let _ = writeln!(text, "\nWhat was sent and never taken:");
                }
                for message in &astray {
                    let _ = writeln!(text, "  {message}");
                }
                if !course.is_empty() {
                    let _ = write!(text, "\nWhat is there instead, and how it came to it:\n{course}");
                }
            }
            WrongKind::Invariant | WrongKind::Conflict(_) | WrongKind::Solution => {
                let _ = write!(text, "\nHow it came to it:\n{course}");
                for absent in &wrong.absent {
                    let _ = writeln!(text, "      and {absent}");
                }
            }
        }
    }
    text
}

/// The steps that led to the bad rows, with the faults between them.
fn course(job: &Job<'_>, outcome: &Outcome, sources: &Sources) -> String {
    let End::Wrong(wrong) = &outcome.end else { return String::new() };
    let (program, chronicle) = (job.program(), &outcome.chronicle);
    let last_of = |node| {
        let ticks = chronicle.records.iter().enumerate().rev();
        let mut ticks = ticks.filter(|(at, record)| record.node == node && chronicle.committed.contains(at));
        ticks.next().map(|(at, _)| at)
    };
    let rows = wrong.rows.iter().filter_map(|(node, relation, row)| {
        let record = last_of(*node)?;
        Some(RowAt {
            record,
            relation: *relation,
            row: with_sender(program, chronicle, record, *relation, row),
        })
    });
    let explanation = match &wrong.kind {
        WrongKind::Invariant | WrongKind::Solution | WrongKind::Missing => {
            why_all(job.stratified, job.deployment, &chronicle.records, rows.collect())
        }
        WrongKind::Conflict(conflict) => {
            why_conflict(job.stratified, job.deployment, &chronicle.records, conflict).0
        }
    };
    let mut when = vec![0; chronicle.records.len()];
    let mut faults = Vec::new();
    for happening in &chronicle.happenings {
        match &happening.what {
            What::Tick { record } => {
                if let Some(when) = when.get_mut(*record) {
                    *when = happening.at;
                }
            }
            What::Begins(fault) => faults.push((happening.at, fault_text(fault, program))),
            What::Stored { .. }
            | What::Sent { .. }
            | What::Arrived { .. }
            | What::Lost { .. }
            | What::Broken { .. }
            | What::Ends(_)
            | What::Wrong { .. } => {}
        }
    }
    let when_of = |record: usize| when.get(record).map(|at| milliseconds(*at));
    let texts = step_texts(&explanation, program, sources, &chronicle.records, &when_of);
    let mut faults = faults.into_iter().peekable();
    let mut text = String::new();
    for (step, told) in explanation.steps.iter().zip(texts) {
        let at = when.get(step.of.record).copied().unwrap_or(0);
        while let Some((fault_at, fault)) = faults.next_if(|(of, _)| *of <= at) {
            let _ = writeln!(text, "      -- {}: {fault} --", milliseconds(fault_at));
        }
        text.push_str(&told);
    }
    text
}

/// The row of a channel with its sender, which claims don't see.
fn with_sender(
    program: &Program,
    chronicle: &super::Chronicle,
    record: usize,
    relation: RelationId,
    row: &floret_ir::Row,
) -> floret_ir::Row {
    let has_sender = program.relations.get(relation).is_some_and(|of| of.sender);
    let messages = chronicle.records.get(record).map_or(&[][..], |record| &record.arrivals.messages);
    let message = messages.iter().find(|message| message.relation == relation && message.row == *row);
    let sender = message.filter(|_| has_sender).map(|message| floret_ir::Value::Address(message.sender));
    row.iter().cloned().chain(sender).collect()
}

/// The inputs and faults of several runs, counted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Ticks.
    pub ticks: u64,
    /// Frames lost.
    pub lost: u64,
    /// Frames that came twice.
    pub twice: u64,
    /// Crashes.
    pub crashes: u64,
    /// Partitions and pauses.
    pub stalls: u64,
}

impl Tally {
    /// Adds a run's.
    pub fn add(&mut self, outcome: &Outcome) {
        self.ticks += outcome.chronicle.records.len() as u64;
        let faults: &BTreeSet<Fault> = &outcome.faults;
        for fault in faults {
            match fault {
                Fault::Lose(_) => self.lost += 1,
                Fault::Duplicate(_) => self.twice += 1,
                Fault::Crash { .. } => self.crashes += 1,
                Fault::Partition { .. } | Fault::Pause { .. } => self.stalls += 1,
                Fault::Slow(_) | Fault::Skew { .. } => {}
            }
        }
    }
    /// Both together.
    pub fn join(&mut self, other: Tally) {
        self.ticks += other.ticks;
        self.lost += other.lost;
        self.twice += other.twice;
        self.crashes += other.crashes;
        self.stalls += other.stalls;
    }
    /// In a line.
    pub fn text(&self) -> String {
        format!(
            "{} ticks, {} frames lost, {} twice, {} crashes, {} partitions and pauses",
            self.ticks, self.lost, self.twice, self.crashes, self.stalls
        )
    }
}
