//! Program texts to compiled programs, for all tests.

use floret_compiler::driver;
use floret_compiler::modules::{Loader, OneFile};
use floret_ir::artifact::Artifact;
use floret_ir::{Diagnostic, Severity, Source, Stratified};

/// A program that compiles.
pub struct Compiled {
    pub artifact: Artifact,
}

impl Compiled {
    pub fn stratified(&self) -> &Stratified {
        &self.artifact.stratified
    }
}

/// A program that doesn't.
pub struct Failed {
    pub diagnostics: Vec<Diagnostic>,
    pub source: Source,
    pub sources: floret_ir::Sources,
}

impl Failed {
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|d| d.severity == Severity::Error)
    }
    pub fn rendered(&self) -> String {
        floret_lang::render(&self.diagnostics, &self.sources, false)
    }
}

/// The library's modules, and no other files.
pub struct Library;

impl Loader for Library {
    fn load(&self, path: &str) -> Result<String, String> {
        OneFile.load(path)
    }
    fn shipped(&self, name: &str) -> Option<&'static str> {
        floret_stdlib::MODULES.iter().find(|(found, _)| *found == name).map(|(_, text)| *text)
    }
    fn shipped_names(&self) -> Vec<&'static str> {
        floret_stdlib::MODULES.iter().map(|(name, _)| *name).collect()
    }
}

/// Compiles a text.
pub fn compile(text: &str) -> Result<Compiled, Failed> {
    let compilation = driver::compile("test.flo", text, &Library);
    match compilation.artifact {
        Some(artifact) => Ok(Compiled { artifact }),
        None => Err(Failed {
            diagnostics: compilation.diagnostics,
            source: Source { name: "test.flo".into(), text: text.into() },
            sources: compilation.sources,
        }),
    }
}

/// Compiles a text that must compile.
pub fn compiled(text: &str) -> Compiled {
    compile(text).unwrap_or_else(|failed| panic!("{}", failed.rendered()))
}
