//! All passes in a row, for everybody who just wants a program compiled.

use floret_ir::artifact::Artifact;
use floret_ir::coordination::Coordination;
use floret_ir::{Claims, Diagnostic, Diagnostics, FileId, Program, Severity, Sources, Stratified, Test};

use crate::modules::{self, Files, Loader};
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
    /// The program's tests, if there was no error.
    pub tests: Vec<Test>,
}

impl Compilation {
    /// The errors among the diagnostics.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|d| d.severity == Severity::Error)
    }
}

/// Compiles a program, whose file is named as the user named it, with the modules that it uses.
pub fn compile(name: &str, text: &str, loader: &dyn Loader) -> Compilation {
    let mut sink = Diagnostics::new();
    let files = modules::load(name, text, loader, &mut sink);
    let analysed = analyse_all(&files, &mut sink);
    let sources = files.sources;
    let checked = analysed.map(|Analysed { stratified, claims, tests }| {
        let coordination = coordination::check(&stratified);
        coordination::unkept(&coordination, &stratified.program)
            .into_iter()
            .for_each(|found| sink.add(found));
        (stratified, claims, tests, coordination)
    });
    let kept = checked.filter(|_| !sink.has_errors());
    let compiled = kept.map(|(stratified, claims, tests, coordination)| {
        let plans = plans(&stratified, true);
        (Artifact { stratified, plans, coordination, claims, sources: sources.clone() }, tests)
    });
    let (artifact, tests) = compiled.map_or((None, Vec::new()), |(artifact, tests)| (Some(artifact), tests));
    Compilation { sources, diagnostics: sink.sorted(), artifact, tests }
}

/// What became of a program that was only to be checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The sources that diagnostics point into.
    pub sources: Sources,
    /// Everything found, by place; assertions about order that don't hold are not among them.
    pub diagnostics: Vec<Diagnostic>,
    /// The program and what the check says, if there was no error.
    pub result: Option<(Stratified, Coordination)>,
}

/// Checks a program, with the modules that it uses: everything but the plans.
pub fn check(name: &str, text: &str, loader: &dyn Loader) -> Checked {
    let mut sink = Diagnostics::new();
    let files = modules::load(name, text, loader, &mut sink);
    let stratified = analyse(&files, &mut sink);
    let result = stratified.map(|stratified| {
        let coordination = coordination::check(&stratified);
        (stratified, coordination)
    });
    Checked { sources: files.sources, diagnostics: sink.sorted(), result }
}

/// Expands modules and checks. The result is meaningful if `sink` got no errors.
pub fn program(files: &Files, sink: &mut Diagnostics) -> Program {
    let expanded = modules::expand(files, sink);
    let mut program = front::check(&expanded.tree, FileId(0), sink);
    expanded.origins.explain(sink);
    expanded.origins.restore(&mut program);
    program
}

/// Expands modules, checks and stratifies. `None` if `sink` has errors.
pub fn analyse(files: &Files, sink: &mut Diagnostics) -> Option<Stratified> {
    analyse_all(files, sink).map(|analysed| analysed.stratified)
}

/// A checked program.
#[derive(Clone, Debug)]
pub struct Analysed {
    /// The program and its strata.
    pub stratified: Stratified,
    /// Its invariants.
    pub claims: Claims,
    /// Its tests.
    pub tests: Vec<Test>,
}

/// As [`analyse`], with the program's invariants and tests.
pub fn analyse_all(files: &Files, sink: &mut Diagnostics) -> Option<Analysed> {
    let expanded = modules::expand(files, sink);
    let program = front::check(&expanded.tree, FileId(0), sink);
    let mut analysed = (!sink.has_errors()).then(|| {
        let claims = front::claims(&expanded.tree, FileId(0), &program, sink);
        let tests = front::tests(&expanded.tree, FileId(0), &program, sink);
        Analysed { stratified: strata::stratify(program, sink), claims, tests }
    });
    expanded.origins.explain(sink);
    if let Some(Analysed { stratified, claims, tests }) = &mut analysed {
        expanded.origins.restore(&mut stratified.program);
        expanded.origins.restore_claims(claims);
        tests.iter_mut().for_each(|test| expanded.origins.restore_test(test));
    }
    analysed.filter(|_| !sink.has_errors())
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
