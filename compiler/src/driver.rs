//! All passes in a row, for everybody who just wants a program compiled.

use floret_ir::artifact::Artifact;
use floret_ir::{Diagnostic, Diagnostics, FileId, Severity, Source, Sources, Stratified};

use crate::{coordination, front, lower, optimize, strata};

/// What became of a program's text.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// The sources that diagnostics point into.
    pub sources: Sources,
    /// Everything found, by place. Points of order are not among them: see `coordination::findings`.
    pub diagnostics: Vec<Diagnostic>,
    /// The result, if there was no error.
    pub artifact: Option<Artifact>,
}

impl Compilation {
    /// The errors among the diagnostics.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|d| d.severity == Severity::Error)
    }
}

/// Compiles a program of one file, named as the user named it.
pub fn compile(name: &str, text: &str) -> Compilation {
    let mut sources = Sources::new();
    let file = sources.push(Source { name: name.to_owned(), text: text.to_owned() });
    let mut sink = Diagnostics::new();
    let stratified = analyse(text, file, &mut sink);
    let artifact = stratified.map(|stratified| {
        let coordination = coordination::check(&stratified);
        let plans = plans(&stratified, true);
        Artifact { stratified, plans, coordination, sources: sources.clone() }
    });
    Compilation { sources, diagnostics: sink.sorted(), artifact }
}

/// Parses, checks and stratifies. `None` if `sink` got errors.
pub fn analyse(text: &str, file: FileId, sink: &mut Diagnostics) -> Option<Stratified> {
    let tree = floret_lang::parse(text, file, sink);
    let program = front::check(&tree, file, sink);
    if sink.has_errors() {
        return None;
    }
    let stratified = strata::stratify(program, sink);
    (!sink.has_errors()).then_some(stratified)
}

/// The plans of all roles, as they run (`optimized`) or as they are first lowered.
pub fn plans(
    stratified: &Stratified,
    optimized: bool,
) -> floret_ir::IndexVec<floret_ir::RoleId, floret_ir::plan::Plan> {
    if optimized {
        let ordered = optimize::order_bodies(stratified);
        lower::lower(&ordered).iter().cloned().map(optimize::optimize).collect()
    } else {
        lower::lower(stratified)
    }
}
