//! Rows from files.

use floret_data::{Assignment, DataError, InputFile, InputSpec, ResolvedInput};
use floret_ir::{Address, Deployment, Program, Row, print};

/// Finds what `NAME=FILE` speaks about.
///
/// # Errors
/// In words.
pub fn resolve(spec: &str, program: &Program, deployment: &Deployment) -> Result<ResolvedInput, String> {
    InputSpec::parse(spec).and_then(|spec| spec.resolve(program, deployment)).map_err(|error| words(&error))
}

/// Reads a file's rows with the nodes that get them.
///
/// # Errors
/// In words.
pub fn read(
    input: &ResolvedInput,
    program: &Program,
    deployment: &Deployment,
) -> Result<Vec<(Address, Row)>, String> {
    let relation = &program.relations[input.relation];
    let mut file = InputFile::open(&input.path, relation, program).map_err(|error| words(&error))?;
    let mut assignment = Assignment::new(relation, program, deployment, input.node);
    let mut rows = Vec::new();
    while let Some(row) = file.next_row().map_err(|error| words(&error))? {
        let node = assignment.node(&row, &file).map_err(|error| words(&error))?;
        rows.push((node, row));
    }
    Ok(rows)
}

/// All that reading a file's rows depends on.
pub fn read_as(input: &ResolvedInput, program: &Program, deployment: &Deployment) -> String {
    let declared = print::relation(&program.relations[input.relation], program);
    let roles: Vec<String> = program
        .roles
        .entries()
        .map(|(id, role)| format!("{}={}", role.name, deployment.members(id).count()))
        .collect();
    format!("{declared}; {}", roles.join(", "))
}

fn words(error: &DataError) -> String {
    in_session(&error.to_string())
}

/// The session has `:load` where the command line has `--input`.
pub fn in_session(words: &str) -> String {
    words.replace("--input ", ":load ").replace("--nodes ", ":nodes ")
}
