//! `floret explain PROG --fix [N]`: ways out as changes of the program's text.

use floret_compiler::coordination::{self, Fix};
use floret_compiler::driver::{self, Checked};
use floret_ir::coordination::Remedy;
use floret_ir::{Diagnostics, FileId, Severity};

use crate::cli::ExplainArgs;
use crate::diff;
use crate::exit::Exit;
use crate::load::{self, Disk};

/// Lists the ways out, or shows (and writes) what one of them changes.
///
/// # Errors
/// Exit code 1 if the program has errors, or the way out can't be applied to it; 2 for a number that there isn't.
pub(super) fn fix(args: &ExplainArgs, number: usize) -> Result<Exit, Exit> {
    let text = load::read_text(&args.program)?;
    let name = args.program.display().to_string();
    let Checked { sources, diagnostics, result } = driver::check(&name, &text, &Disk);
    let Some((stratified, coordination)) = result else {
        load::print_diagnostics(&diagnostics, &sources);
        return Err(load::failure(&diagnostics));
    };
    let tree = floret_lang::parse(&text, FileId(0), &mut Diagnostics::new());
    let program = &stratified.program;
    let fixes = coordination::fixes(&text, &tree, program, &coordination, args.reason.trim());
    if number == 0 {
        print!("{}", list(&fixes, program, &sources));
        return Ok(Exit::Done);
    }
    let Some(fix) = number.checked_sub(1).and_then(|at| fixes.get(at)) else {
        return Err(Exit::Usage(match fixes.len() {
            0 => "there is nothing to fix: no point of order is left".to_owned(),
            count => format!("there is no such way out; they are numbered from 1 to {count}"),
        }));
    };
    let Some(edits) = &fix.edits else {
        return Err(Exit::Wrong(format!(
            "this way out can't be applied here by the compiler; write it by hand: {}\n{}",
            fix.way.title, fix.way.text
        )));
    };
    if fix.way.remedy == Remedy::Accept && args.reason.trim().is_empty() {
        return Err(Exit::Usage("say why the dependence is accepted: --reason \"...\"".into()));
    }
    let new = coordination::apply(&text, edits);
    let after = driver::check(&name, &new, &Disk);
    let Some((stratified, coordination)) = after.result else {
        let errors: Vec<_> =
            after.diagnostics.into_iter().filter(|found| found.severity == Severity::Error).collect();
        print!("{}", diff::shown(&text, &new));
        load::print_diagnostics(&errors, &after.sources);
        return Err(Exit::Wrong("this way out doesn't fit here: the program would have errors".into()));
    };
    let unkept = coordination::unkept(&coordination, &stratified.program);
    print!("{}", diff::shown(&text, &new));
    load::print_diagnostics(&unkept, &after.sources);
    if args.write {
        std::fs::write(&args.program, &new).map_err(|why| Exit::Failed(format!("{name}: {why}")))?;
    }
    let left = coordination.points.iter().filter(|point| point.accepted.is_none()).count();
    let plural = if left == 1 { "point" } else { "points" };
    let what = if args.write { "written" } else { "not written (that is what --write is for)" };
    println!("{what}; {left} {plural} of order left");
    Ok(Exit::Done)
}

/// One line per way out, those that must be written by hand marked.
fn list(fixes: &[Fix<'_>], program: &floret_ir::Program, sources: &floret_ir::Sources) -> String {
    let mut text = String::new();
    let mut before = None;
    for fix in fixes {
        if before.is_none_or(|point| !std::ptr::eq(point, fix.point)) {
            let span = match fix.point.rule {
                Some(rule) => program.rules.get(rule).map(|rule| rule.span),
                None => program.relations.get(fix.point.relation).map(|relation| relation.span),
            };
            let place = span.and_then(|span| Some((sources.get(span.file)?, span)));
            let place = place.map_or_else(String::new, |(source, span)| {
                format!("{}:{}: ", source.name, source.line_column(span.start).0)
            });
            let name =
                program.relations.get(fix.point.relation).map_or("", |of| coordination::written(&of.name));
            text += &format!("{place}{} at `{name}`\n", fix.point.kind.name());
            before = Some(fix.point);
        }
        let by_hand = if fix.edits.is_none() { " (by hand)" } else { "" };
        let cost = coordination::cost_of(fix.way, program);
        let cost = cost.map_or_else(String::new, |cost| format!(" ({})", cost.text(program)));
        text += &format!("{:>4}  {}{cost}{by_hand}\n", fix.number, fix.way.title);
    }
    if text.is_empty() { "there is nothing to fix: no point of order is left\n".into() } else { text }
}
