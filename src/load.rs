//! Programs from files: source text is compiled, artifacts are read.

use std::io::IsTerminal;
use std::path::Path;

use floret_compiler::driver::{self, Compilation};
use floret_ir::artifact::Artifact;
use floret_ir::{Diagnostic, Severity, Sources};

use crate::exit::Exit;

/// The most a source or artifact may have, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// Reads a file whole.
///
/// # Errors
/// Exit code 1 with a message that names the file.
pub fn read(path: &Path) -> Result<Vec<u8>, Exit> {
    let fail = |what: String| Exit::Wrong(format!("{}: {what}", path.display()));
    let size = match std::fs::metadata(path) {
        Ok(file) => file.len(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(fail(
                "there is no such file; check the path, it is taken from the current directory".into(),
            ));
        }
        Err(e) => return Err(fail(e.to_string())),
    };
    if size > MOST_BYTES {
        return Err(fail(format!("the file has {size} bytes; programs may have at most {MOST_BYTES}")));
    }
    std::fs::read(path).map_err(|e| fail(e.to_string()))
}

/// Reads a program's text.
///
/// # Errors
/// Exit code 1 with a message that names the file.
pub fn read_text(path: &Path) -> Result<String, Exit> {
    utf8(read(path)?, &path.display().to_string())
}

/// The bytes as text.
///
/// # Errors
/// Exit code 1 with a message that names the file.
pub fn utf8(bytes: Vec<u8>, name: &str) -> Result<String, Exit> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Exit::Wrong(format!("{name}: the text is not UTF-8 (byte {at}); save it as UTF-8"))
    })
}

/// Compiles a program; diagnostics are printed to stderr.
///
/// # Errors
/// Exit code 1 if there were errors.
pub fn compile(path: &Path) -> Result<Artifact, Exit> {
    let text = read_text(path)?;
    let Compilation { sources, diagnostics, artifact } = driver::compile(&path.display().to_string(), &text);
    print_diagnostics(&diagnostics, &sources);
    artifact.ok_or_else(|| failure(&diagnostics))
}

/// Compiles a program, or reads an artifact if that is what the file is.
///
/// # Errors
/// Exit code 1 with messages.
pub fn program(path: &Path) -> Result<Artifact, Exit> {
    if path.extension().is_some_and(|ending| ending == "floret") { artifact(path) } else { compile(path) }
}

/// Reads an artifact.
///
/// # Errors
/// Exit code 1 with a message that names the file.
pub fn artifact(path: &Path) -> Result<Artifact, Exit> {
    floret_ir::artifact::decode(&read(path)?).map_err(|e| Exit::Wrong(format!("{}: {e}", path.display())))
}

/// Prints diagnostics to stderr, in colour on a terminal.
pub fn print_diagnostics(diagnostics: &[Diagnostic], sources: &Sources) {
    if !diagnostics.is_empty() {
        let color = std::io::stderr().is_terminal();
        eprint!("{}", floret_lang::render(diagnostics, sources, color));
    }
}

/// The exit after errors were printed.
pub fn failure(diagnostics: &[Diagnostic]) -> Exit {
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    Exit::Wrong(format!("{errors} error{} found", if errors == 1 { "" } else { "s" }))
}
