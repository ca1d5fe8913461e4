//! `floret explain`.

mod fix;

use floret_compiler::coordination;
use floret_compiler::explain::{self, What};
use floret_ir::{Program, closest};

use crate::cli::ExplainArgs;
use crate::exit::Exit;
use crate::load;

/// Prints where rules run and what they send.
///
/// # Errors
/// Exit code 1 for a program with errors, 2 for a name or number that it doesn't have.
pub fn explain(args: &ExplainArgs) -> Result<Exit, Exit> {
    if let Some(number) = args.fix {
        return fix::fix(args, number);
    }
    let artifact = load::program(&args.program)?;
    let program = &artifact.stratified.program;
    let what = match &args.what {
        None => What::Everything,
        Some(text) => what(text, program)?,
    };
    let text = explain::explain(&artifact.stratified, &artifact.coordination, &artifact.sources, what);
    let Some(text) = text else {
        let count = explain::rule_count(program);
        return Err(Exit::Usage(match count {
            0 => "the program has no rules".to_owned(),
            count => format!("there is no such rule; the program's rules are numbered from 1 to {count}"),
        }));
    };
    print!("{text}");
    if let What::Collection(relation) = what {
        let proof = explain::proof(&artifact.stratified, &artifact.coordination, &artifact.sources, relation);
        print!("\nproof of its class, from it down to inputs and facts:\n\n{proof}");
        if program.has_roles() {
            let crashes = coordination::crashes(&artifact.stratified, &artifact.coordination);
            let told = coordination::told(&crashes, program, &artifact.sources, relation);
            print!("\nif nodes crash and come back:\n\n{told}");
        }
    }
    Ok(Exit::Done)
}

fn what(text: &str, program: &Program) -> Result<What, Exit> {
    if let Ok(number) = text.parse() {
        return Ok(What::Rule(number));
    }
    program.relation_named(text).map(What::Collection).ok_or_else(|| {
        let names = program.relations.iter().map(|relation| relation.name.as_str());
        Exit::Usage(match closest(text, names) {
            Some(near) => format!("there is no collection `{text}`; did you mean `{near}`?"),
            None => format!(
                "there is no collection `{text}`; give one's name, or the number of a rule (the first is 1)"
            ),
        })
    })
}
