//! Programs from files: source text is compiled, artifacts are read.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

use floret_compiler::driver::{self, Compilation};
use floret_compiler::modules::{self, Files, Loader};
use floret_ir::artifact::Artifact;
use floret_ir::{Diagnostic, Diagnostics, Severity, Sources, Test};

use crate::exit::Exit;

/// The most a source or artifact may have, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// Reads a file whole.
///
/// # Errors
/// Exit code 1 with a message that names the file.
pub fn read(path: &Path) -> Result<Vec<u8>, Exit> {
    read_file(path).map_err(|why| Exit::Wrong(format!("{}: {why}", path.display())))
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(
                "there is no such file; check the path, it is taken from the current directory".into()
            );
        }
        Err(e) => return Err(e.to_string()),
    };
    let mut bytes = Vec::new();
    // A size asked for beforehand says nothing about pipes and devices.
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("the file has more than {MOST_BYTES} bytes, the most that programs may have"));
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("the text is not UTF-8 (byte {at}); save it as UTF-8")
    })
}

/// Modules from files, and those of the library.
pub struct Disk;

impl Loader for Disk {
    fn load(&self, path: &str) -> Result<String, String> {
        match File::open(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err("there is no such file".into()),
            Ok(_) | Err(_) => read_file(Path::new(path)).and_then(text),
        }
    }
    fn shipped(&self, name: &str) -> Option<&str> {
        floret_stdlib::MODULES.iter().find(|(found, _)| *found == name).map(|(_, text)| *text)
    }
    fn shipped_names(&self) -> Vec<&str> {
        floret_stdlib::MODULES.iter().map(|(name, _)| *name).collect()
    }
}

/// Reads a program with all files that it uses.
///
/// # Errors
/// Exit code 1 with a message that names the file, if the program's own file can't be read.
pub fn files(path: &Path, sink: &mut Diagnostics) -> Result<Files, Exit> {
    let text = read_text(path)?;
    Ok(modules::load(&path.display().to_string(), &text, &Disk, sink))
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
    text(bytes).map_err(|why| Exit::Wrong(format!("{name}: {why}")))
}

/// Compiles a program; diagnostics are printed to stderr.
///
/// # Errors
/// Exit code 1 if there were errors.
pub fn compile(path: &Path) -> Result<Artifact, Exit> {
    compile_with_tests(path).map(|(artifact, _)| artifact)
}

/// As [`compile`], with the program's tests.
///
/// # Errors
/// Exit code 1 if there were errors.
pub fn compile_with_tests(path: &Path) -> Result<(Artifact, Vec<Test>), Exit> {
    let text = read_text(path)?;
    let Compilation { sources, diagnostics, artifact, tests } =
        driver::compile(&path.display().to_string(), &text, &Disk);
    print_diagnostics(&diagnostics, &sources);
    artifact.map(|artifact| (artifact, tests)).ok_or_else(|| failure(&diagnostics))
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
