//! `floret check`.

mod json;
mod sarif;

use floret_compiler::coordination::{self, Crashes, Fix};
use floret_compiler::driver::{self, Checked};
use floret_ir::coordination::Coordination;
use floret_ir::{Diagnostic, FileId, Severity, Sources, Stratified};

use crate::cli::{CheckArgs, CheckFormat, Deny, Effort};
use crate::exit::Exit;
use crate::load::{self, Disk};
use crate::witness::{self, Witness};

/// On how many inputs each point is tried.
fn tries(effort: Effort) -> Option<u64> {
    match effort {
        Effort::None => None,
        Effort::Short => Some(32),
        Effort::Long => Some(160),
    }
}

/// What is said where the tried runs have one outcome.
fn nothing_found(tries: Option<u64>) -> Vec<String> {
    let say = |tries| {
        format!(
            "on {tries} small inputs no two runs were found that differ; perhaps there are none, perhaps it takes more"
        )
    };
    tries.map(say).into_iter().collect()
}

/// Prints one line per output with its class, and every point of order.
///
/// # Errors
/// Exit code 1 for a program with errors, an assertion that doesn't hold, or a denied finding.
pub fn check(args: &CheckArgs) -> Result<Exit, Exit> {
    let text = load::read_text(&args.program)?;
    let name = args.program.display().to_string();
    let Checked { sources, mut diagnostics, result } = driver::check(&name, &text, &Disk);
    let unkept = result.as_ref().map_or_else(Vec::new, |(stratified, coordination)| {
        coordination::unkept(coordination, &stratified.program)
    });
    diagnostics.extend(unkept);
    let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    let left = result.as_ref().map_or(0, |(_, coordination)| {
        coordination.points.iter().filter(|point| point.accepted.is_none()).count()
    });
    let denied = match args.deny {
        Some(Deny::Order) => left > 0,
        None => false,
    };
    let checked = result.as_ref().map(|(stratified, coordination)| {
        let points = coordination.points.iter().map(|point| {
            let tries = tries(args.witness).filter(|_| point.accepted.is_none());
            let found = tries.and_then(|tries| witness::find(stratified, point, tries));
            let notes = found.as_ref().map_or_else(|| nothing_found(tries), Witness::notes);
            let shown = coordination::finding(point, coordination, &stratified.program);
            (notes.into_iter().fold(shown, Diagnostic::note), found)
        });
        let (shown, witnesses) = points.unzip();
        let crashes = coordination::crashes(stratified, coordination);
        Answer { stratified, coordination, crashes, shown, witnesses }
    });
    match args.format {
        CheckFormat::Text => as_text(checked.as_ref(), &diagnostics, &sources),
        CheckFormat::Json => {
            let report = as_json(&name, &text, errors == 0, checked.as_ref(), &diagnostics, &sources);
            println!("{report}");
        }
        CheckFormat::Sarif => println!("{}", as_sarif(checked.as_ref(), &diagnostics, &sources)),
    }
    if errors > 0 {
        return Err(load::failure(&diagnostics));
    }
    if denied {
        let plural = if left == 1 { "point of order is" } else { "points of order are" };
        return Err(Exit::Wrong(format!("{left} {plural} left, and --deny order was given")));
    }
    Ok(Exit::Done)
}

/// A program without errors, and what the check says.
struct Answer<'a> {
    stratified: &'a Stratified,
    coordination: &'a Coordination,
    crashes: Crashes,
    /// Each point in words.
    shown: Vec<Diagnostic>,
    witnesses: Vec<Option<Witness>>,
}

fn as_text(answer: Option<&Answer<'_>>, diagnostics: &[Diagnostic], sources: &Sources) {
    load::print_diagnostics(diagnostics, sources);
    let Some(Answer { stratified, coordination, crashes, shown, .. }) = answer else { return };
    let points = coordination.points.iter().zip(shown);
    let left: Vec<Diagnostic> =
        points.filter(|(point, _)| point.accepted.is_none()).map(|(_, shown)| shown.clone()).collect();
    load::print_diagnostics(&left, sources);
    print!("{}", coordination::summary(coordination, Some(crashes), &stratified.program));
    print!("{}", coordination::accepted(coordination, &stratified.program, sources));
}

fn as_json(
    name: &str,
    text: &str,
    ok: bool,
    answer: Option<&Answer<'_>>,
    diagnostics: &[Diagnostic],
    sources: &Sources,
) -> String {
    let mut sink = floret_ir::Diagnostics::new();
    let tree = floret_lang::parse(text, FileId(0), &mut sink);
    let fixes: Vec<Fix<'_>> = answer.map_or_else(Vec::new, |answer| {
        coordination::fixes(text, &tree, &answer.stratified.program, answer.coordination, "")
    });
    let answer = answer.map(|answer| json::Answer {
        program: &answer.stratified.program,
        coordination: answer.coordination,
        crashes: &answer.crashes,
        fixes: &fixes,
        witnesses: &answer.witnesses,
    });
    let report = json::report(name, ok, diagnostics, answer.as_ref(), sources);
    // Plain data: it can be written.
    serde_json::to_string_pretty(&report).unwrap_or_default()
}

fn as_sarif(answer: Option<&Answer<'_>>, diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let points: Vec<(Diagnostic, Option<String>)> = answer.map_or_else(Vec::new, |answer| {
        let accepted = answer.coordination.points.iter().map(|point| point.accepted.clone());
        answer.shown.iter().cloned().zip(accepted).collect()
    });
    let checked = answer.map(|answer| (&answer.stratified.program, answer.coordination));
    let log = sarif::log(diagnostics, &points, checked, sources);
    serde_json::to_string_pretty(&log).unwrap_or_default()
}
