//! `floret build`.

use floret_compiler::{driver, front};
use floret_ir::{Diagnostics, Source, Sources, artifact, print};

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
    let text = load::read_text(&args.program)?;
    let mut sources = Sources::new();
    let file = sources.push(Source { name: args.program.display().to_string(), text: text.clone() });
    let mut sink = Diagnostics::new();
    let finish = |sink: &Diagnostics| {
        load::print_diagnostics(&sink.sorted(), &sources);
        if sink.has_errors() { Err(load::failure(&sink.sorted())) } else { Ok(()) }
    };
    // Each stage is printed even if a later one would find errors.
    if stage == Stage::Tokens {
        let tokens = floret_lang::tokens(&text, file, &mut sink);
        load::print_diagnostics(&sink.sorted(), &sources);
        return Ok(tokens);
    }
    let tree = floret_lang::parse(&text, file, &mut sink);
    if stage == Stage::Tree {
        load::print_diagnostics(&sink.sorted(), &sources);
        return Ok(floret_lang::print_tree(&tree));
    }
    let program = front::check(&tree, file, &mut sink);
    if stage == Stage::Program {
        finish(&sink)?;
        return Ok(print::program(&program));
    }
    if sink.has_errors() {
        finish(&sink)?;
    }
    let stratified = floret_compiler::strata::stratify(program, &mut sink);
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
                _ => print::plan(plan, &stratified.program, &sources),
            })
            .collect(),
    })
}
