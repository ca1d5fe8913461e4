//! A conformance case as it is written: calls and values are still syntax, names are not looked up yet.

use floret_lang::tree::{Call, Expr};

/// A case's file, read.
#[derive(Clone, Debug)]
pub struct Case {
    /// Where the expectation comes from: `hand`, or a program beside the case.
    pub by: String,
    /// The Floret program.
    pub program: String,
    /// Node counts of roles; those not named have one node.
    pub nodes: Vec<(String, u32)>,
    /// The deployment's parameters, by name.
    pub params: Option<Call>,
    /// Other files, by name, that the program uses as modules.
    pub files: Vec<(String, String)>,
    /// All diagnostics that the program gets, if the case says which.
    pub diagnostics: Option<Vec<Found>>,
    /// Ticks run by hand, in order.
    pub ticks: Vec<Tick>,
    /// A run of all nodes to rest.
    pub run: Option<Tick>,
}

/// A diagnostic that the case expects.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Found {
    /// The file of its first label: `program`, or one of the case's modules.
    pub file: String,
    /// Line and column of its first label.
    pub place: (usize, usize),
    /// `error` or `warning`.
    pub severity: String,
    /// Its kind, as `unknown-name`.
    pub code: String,
    /// Words that its title contains; may be empty.
    pub title: String,
}

/// One tick of one node (or the whole run).
#[derive(Clone, Debug)]
pub struct Tick {
    /// The section's line in the file.
    pub line: usize,
    /// Its number at its node, from 0.
    pub number: u64,
    /// `Server[1]`; `None` where the program has one node.
    pub node: Option<Expr>,
    /// What arrives.
    pub arrivals: Vec<Arrival>,
    /// What is expected.
    pub expect: Expect,
}

/// What the host or the network brings.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// `input link("a", "b")`
    Input(Call),
    /// `message put("x") from Client[0]`
    Message(Call, Option<Expr>),
    /// `delete link("a", "b")`: the host deletes a row of a mutable input.
    Delete(Call),
    /// `timer beat`
    Timer(Call),
    /// `now 5s`: the tick's time, after 1970.
    Now(Expr),
    /// `seed 7`: the tick's random seed.
    Seed(Expr),
}

/// What a tick must show. Messages and reports are complete: those not named must not be.
#[derive(Clone, Default, Debug)]
pub struct Expect {
    /// `path: ("a", "b") ("b", "c")`, the whole content of a collection.
    pub contents: Vec<Content>,
    /// `sent ack@Client[0]("k")`
    pub sent: Vec<Call>,
    /// `error p(x: 1, y: 0)`: the rule's head and its variables; `overflow total("a")`: head and group;
    /// `conflict kv("a", "2")`: the row that lost.
    pub reports: Vec<(ReportKind, Call)>,
    /// `again yes`: whether another tick is due without arrivals.
    pub again: Option<bool>,
    /// `fails`: the tick fails the node.
    pub fails: bool,
}

/// The kinds of report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReportKind {
    /// An assignment without value.
    Error,
    /// A sum that doesn't fit.
    Overflow,
    /// A row that lost its key.
    Conflict,
}

/// The content of one collection at one node.
#[derive(Clone, Debug)]
pub struct Content {
    /// The collection with its place, if given (no arguments).
    pub of: Call,
    /// Its rows.
    pub rows: Vec<Call>,
}

impl Expect {
    /// Whether nothing at all is said.
    pub fn is_empty(&self) -> bool {
        self.contents.is_empty()
            && self.sent.is_empty()
            && self.reports.is_empty()
            && self.again.is_none()
            && !self.fails
    }

    /// This expectation with one mistake planted (and which), in every way that works without knowing types.
    fn planted(&self) -> Vec<(String, Expect)> {
        let mut all = Vec::new();
        let mut plant = |what: String, change: &dyn Fn(&mut Expect)| {
            let mut wrong = self.clone();
            change(&mut wrong);
            all.push((what, wrong));
        };
        for (at, content) in self.contents.iter().enumerate() {
            if !content.rows.is_empty() {
                let what = format!("the last row of content {at} left out");
                plant(what, &|wrong| drop(wrong.contents[at].rows.pop()));
            }
        }
        for at in 0..self.sent.len() {
            plant(format!("message {at} left out"), &|wrong| drop(wrong.sent.remove(at)));
        }
        for at in 0..self.reports.len() {
            plant(format!("report {at} left out"), &|wrong| drop(wrong.reports.remove(at)));
        }
        if let Some(again) = self.again {
            plant("`again` turned round".into(), &|wrong| wrong.again = Some(!again));
        }
        if self.fails {
            plant("`fails` left out".into(), &|wrong| wrong.fails = false);
        }
        all
    }
}

impl Case {
    /// Whether the case expects nothing, and so could not fail.
    pub fn expects_nothing(&self) -> bool {
        self.diagnostics.is_none()
            && self.run.iter().chain(&self.ticks).all(|section| section.expect.is_empty())
    }

    /// The case with one wrong expectation planted (and which), in many ways: none of them may pass.
    pub fn planted(&self) -> Vec<(String, Case)> {
        let mut all = Vec::new();
        for (at, tick) in self.ticks.iter().enumerate() {
            for (what, wrong) in tick.expect.planted() {
                let mut case = self.clone();
                case.ticks[at].expect = wrong;
                all.push((format!("line {}: {what}", tick.line), case));
            }
        }
        if let Some(run) = &self.run {
            for (what, wrong) in run.expect.planted() {
                let run = Some(Tick { expect: wrong, ..run.clone() });
                all.push((format!("run: {what}"), Case { run, ..self.clone() }));
            }
        }
        for (at, diagnostic) in self.diagnostics.iter().flatten().enumerate() {
            let mut plant = |what: &str, change: &dyn Fn(&mut Vec<Found>)| {
                let mut case = self.clone();
                case.diagnostics.iter_mut().for_each(change);
                all.push((format!("{} {what}", diagnostic.code), case));
            };
            plant("moved", &|found| found[at].place.1 += 1);
            plant("left out", &|found| drop(found.remove(at)));
        }
        all
    }
}
