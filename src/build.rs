//! `floret build`.

use floret_compiler::driver;
use floret_ir::{Diagnostics, FileId, Source, Sources, artifact, print};

use crate::cli::{BuildArgs, Stage};
use crate::exit::Exit;
use crate::load;

/// Writes an artifact, or prints a stage.
///
/// # Errors
/// Exit code 1 for a program with errors, 3 if the file can't be written.
pub fn build(args: &BuildArgs) -> Result<Exit, Exit> {
    match args.emit {
        Some(stage) => {
            let text = emit(args, stage)?;
            match &args.output {
                Some(path) => write(path, text.as_bytes())?,
                None => print!("{text}"),
            }
        }
        None => {
            let mut compiled = load::compile(&args.program)?;
            if args.unoptimized {
                compiled.plans = driver::plans(&compiled.stratified, false);
            }
            let path = args.output.clone().unwrap_or_else(|| args.program.with_extension("floret"));
            let bytes = artifact::encode(&compiled);
            write(&path, &bytes)?;
            println!("{}: {} bytes", path.display(), bytes.len());
        }
    }
    Ok(Exit::Done)
}

fn write(path: &std::path::Path, bytes: &[u8]) -> Result<(), Exit> {
    std::fs::write(path, bytes).map_err(|e| Exit::Failed(format!("{}: {e}", path.display())))
}

fn emit(args: &BuildArgs, stage: Stage) -> Result<String, Exit> {
    let mut sink = Diagnostics::new();
    // Each stage is printed even if a later one would find errors.
    if stage == Stage::Tokens {
        let name = args.program.display().to_string();
        let source = Source { name, text: load::read_text(&args.program)? };
        let tokens = floret_lang::tokens(&source.text, FileId(0), &mut sink);
        load::print_diagnostics(&sink.sorted(), &Sources::from_iter([source]));
        return Ok(tokens);
    }
    let files = load::files(&args.program, &mut sink)?;
    let finish = |sink: &Diagnostics| {
        load::print_diagnostics(&sink.sorted(), &files.sources);
        if sink.has_errors() { Err(load::failure(&sink.sorted())) } else { Ok(()) }
    };
    if stage == Stage::Tree {
        load::print_diagnostics(&sink.sorted(), &files.sources);
        return Ok(files.main().map(floret_lang::print_tree).unwrap_or_default());
    }
    if stage == Stage::Program {
        let program = driver::program(&files, &mut sink);
        finish(&sink)?;
        return Ok(print::program(&program));
    }
    let Some(stratified) = driver::analyse(&files, &mut sink) else {
        finish(&sink)?;
        return Ok(String::new());
    };
    finish(&sink)?;
    Ok(match stage {
        Stage::Tokens | Stage::Tree | Stage::Program => String::new(),
        Stage::Strata => print::strata(&stratified),
        Stage::Coordination => {
            let coordination = floret_compiler::coordination::check(&stratified);
            print::coordination(&coordination, &stratified.program)
        }
        Stage::Plan | Stage::Dot => driver::plans(&stratified, !args.unoptimized)
            .iter()
            .map(|plan| match stage {
                Stage::Dot => print::dot(plan, &stratified.program),
                _ => print::plan(plan, &stratified.program, &files.sources),
            })
            .collect(),
    })
}
