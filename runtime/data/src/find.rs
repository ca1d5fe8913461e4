//! `--data DIR`: the files of a directory that are named like the program's inputs.

use std::collections::BTreeSet;
use std::path::Path;

use floret_ir::{Program, RelationId};

use crate::{DataError, Problem, ResolvedInput};

const ENDINGS: [&str; 8] =
    [".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".json", ".json.gz"];

/// For every input that isn't `given` yet the file `dir/NAME.csv` (or another known ending), if there is one.
///
/// # Errors
/// `dir` is no directory, or several files fit one input.
pub fn find_inputs(
    dir: &str,
    program: &Program,
    given: &BTreeSet<RelationId>,
) -> Result<Vec<ResolvedInput>, DataError> {
    // Reading it is the check that it is a directory, with the system's own words if not.
    std::fs::read_dir(dir)
        .map_err(|error| DataError::new(Problem::Io { action: "open", error }).in_file(dir))?;
    let mut inputs = Vec::new();
    for (id, relation) in program.relations.entries() {
        if relation.input.is_none() || relation.is_generated() || given.contains(&id) {
            continue;
        }
        let candidates =
            ENDINGS.iter().map(|ending| Path::new(dir).join(format!("{}{ending}", relation.name)));
        let files: Vec<String> =
            candidates.filter(|path| path.is_file()).map(|path| path.display().to_string()).collect();
        match files.as_slice() {
            [] => {}
            [path] => inputs.push(ResolvedInput { relation: id, node: None, path: path.clone() }),
            _ => return Err(DataError::new(Problem::Ambiguous { relation: relation.name.clone(), files })),
        }
    }
    Ok(inputs)
}
