//! Checks of what was read from a file: every id is in range, arities and types fit, plans are ordered. What passes
//! can be evaluated and rendered without looking twice.

mod claims;
mod expr;
mod plan;
mod program;

use std::fmt;

use crate::artifact::Artifact;
use crate::{Program, Sources, Span};

/// What makes no sense, in words for whoever looks into a broken file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invalid(String);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Invalid {
    /// The same, found in `place`.
    fn within(self, place: impl fmt::Display) -> Self {
        Invalid(format!("{place}: {}", self.0))
    }
}

type Check<T = ()> = Result<T, Invalid>;

/// Asks for `holds`.
fn ensure(holds: bool, otherwise: &str) -> Check {
    if holds { Ok(()) } else { Err(Invalid(otherwise.to_owned())) }
}

/// Asks for something to be there.
fn present<T>(option: Option<T>, otherwise: &str) -> Check<T> {
    option.ok_or_else(|| Invalid(otherwise.to_owned()))
}

/// Checks a whole artifact.
///
/// # Errors
/// [`Invalid`] names the first thing that makes no sense.
pub fn validate(artifact: &Artifact) -> Result<(), Invalid> {
    let stratified = &artifact.stratified;
    let program = &stratified.program;
    program::check(program, &artifact.sources)?;
    program::check_strata(stratified)?;
    program::check_coordination(&artifact.coordination, program)?;
    claims::check(&artifact.claims, program, &artifact.sources)?;
    ensure(artifact.plans.len() == program.roles.len(), "there is not one plan for each role")?;
    for (role, plan) in artifact.plans.entries() {
        ensure(plan.role == role, "a plan is for another role")?;
        validate_plan(plan, program)?;
    }
    Ok(())
}

/// Checks one role's plan of a program that is right itself.
///
/// # Errors
/// [`Invalid`] names the first thing that makes no sense.
pub fn validate_plan(plan: &crate::plan::Plan, program: &Program) -> Result<(), Invalid> {
    plan::check(plan, program).map_err(|invalid| invalid.within(format_args!("plan of role {}", plan.role.0)))
}

/// Programs without sources (made by hand) have spans of no file.
fn check_span(span: Span, sources: &Sources) -> Check {
    let in_file = sources.is_empty()
        || sources
            .get(span.file)
            .is_some_and(|source| source.text.get(span.start as usize..span.end as usize).is_some());
    ensure(in_file && span.start <= span.end, "a place is outside of its file")
}
