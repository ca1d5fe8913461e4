//! `floret fmt`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use floret_ir::{FileId, Source, Sources};

use crate::cli::FmtArgs;
use crate::diff;
use crate::exit::Exit;
use crate::load;

/// Lay files out in the one style, each written only if it changes.
///
/// # Errors
/// Exit code 1 if a file is no program or, with `--check`, would change; 3 if one could not be written.
pub fn fmt(args: &FmtArgs) -> Result<Exit, Exit> {
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return match args.paths.len() {
            1 => stdin(args.check),
            _ => Err(Exit::Usage("`-` is stdin, and stands alone".into())),
        };
    }
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths[..] };
    let files = files(paths)?;
    if files.is_empty() {
        return Err(Exit::Wrong("there is no .flo file below what was given".into()));
    }
    let (mut changed, mut failed) = (0, 0);
    for file in &files {
        match formatted(file) {
            Ok((old, new)) if old == new => {}
            Ok((old, new)) => {
                changed += 1;
                if args.check {
                    print!("{} would change\n{}", file.display(), diff::shown(&old, &new));
                } else {
                    write(file, &new)?;
                    println!("{}", file.display());
                }
            }
            // The other files are still to be done.
            Err(exit) => {
                let _ = exit.report();
                failed += 1;
            }
        }
    }
    if failed > 0 {
        return Err(Exit::Wrong(format!("{} left as they are", count(failed, "file is", "files are"))));
    }
    if args.check && changed > 0 {
        let files = count(changed, "file is", "files are");
        return Err(Exit::Wrong(format!("{files} not in the style; `floret fmt` changes that")));
    }
    Ok(Exit::Done)
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn stdin(check: bool) -> Result<Exit, Exit> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| Exit::Failed(format!("stdin: {error}")))?;
    let old = load::utf8(bytes, "stdin")?;
    let new = format("stdin", &old)?;
    match check {
        false => print!("{new}"),
        true if old == new => {}
        true => {
            print!("stdin would change\n{}", diff::shown(&old, &new));
            return Err(Exit::Wrong("the program is not in the style".into()));
        }
    }
    Ok(Exit::Done)
}

/// The file's text, and how it should be.
fn formatted(file: &Path) -> Result<(String, String), Exit> {
    let old = load::read_text(file)?;
    let new = format(&file.display().to_string(), &old)?;
    Ok((old, new))
}

/// The text in the one style; what is wrong with it is printed.
fn format(name: &str, text: &str) -> Result<String, Exit> {
    floret_lang::format(text, FileId(0)).map_err(|errors| {
        let mut sources = Sources::new();
        sources.push(Source { name: name.to_owned(), text: text.to_owned() });
        let errors = errors.sorted();
        load::print_diagnostics(&errors, &sources);
        let Exit::Wrong(found) = load::failure(&errors) else { return load::failure(&errors) };
        Exit::Wrong(format!("{name}: {found}"))
    })
}

/// The files that were named and the .flo files below the directories that were, in order, each once. Hidden
/// directories and links to directories are passed by.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Exit> {
    let mut files = Vec::new();
    let mut folders = Vec::new();
    for path in paths {
        if path.is_dir() { folders.push(path.clone()) } else { files.push(path.clone()) }
    }
    while let Some(folder) = folders.pop() {
        let failed = |error: std::io::Error| Exit::Failed(format!("{}: {error}", folder.display()));
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            // `./a.flo` is shown as `a.flo`.
            let path = if folder == Path::new(".") { entry.file_name().into() } else { entry.path() };
            if entry.file_type().map_err(failed)?.is_dir() {
                if !hidden {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| ending == "flo") && path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// Replaces the file's text in one step: who reads it meanwhile finds all of the old text or all of the new.
fn write(file: &Path, text: &str) -> Result<(), Exit> {
    let write = || {
        // A link stays one.
        let file = file.canonicalize()?;
        let permissions = std::fs::metadata(&file)?.permissions();
        if permissions.readonly() {
            return Err(std::io::Error::other("the file may not be written"));
        }
        let folder = file.parent().unwrap_or(Path::new("."));
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(text.as_bytes())?;
        new.as_file().set_permissions(permissions)?;
        new.as_file().sync_all()?;
        new.persist(&file)?;
        Ok(())
    };
    write().map_err(|error| Exit::Failed(format!("{}: {error}", file.display())))
}
