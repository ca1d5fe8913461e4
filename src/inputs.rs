//! The input files of a run as one stream of rows with their nodes: those of tables first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use floret_data::{Assignment, DataError, InputFile, InputSpec, KeyCheck, ResolvedInput, find_inputs};
use floret_ir::{Address, Deployment, InputRow, Program, RelationId, Row};

use crate::bad_rows::Aside;
use crate::exit::Exit;

/// The exit that a data error makes.
impl From<DataError> for Exit {
    fn from(error: DataError) -> Exit {
        if error.is_usage() {
            Exit::Usage(error.to_string())
        } else if error.is_system_failure() {
            Exit::Failed(error.to_string())
        } else {
            Exit::Wrong(error.to_string())
        }
    }
}

/// What `--input` and `--data` say, resolved: tables before events, else in the order given.
///
/// # Errors
/// Exit code 2 for a malformed option or a name that is no input.
pub fn resolve(
    specs: &[String],
    data: Option<&std::path::Path>,
    program: &Program,
    deployment: &Deployment,
) -> Result<Vec<ResolvedInput>, Exit> {
    let mut inputs = Vec::new();
    for spec in specs {
        inputs.push(InputSpec::parse(spec)?.resolve(program, deployment)?);
    }
    if inputs.iter().filter(|input| input.path == "-").count() > 1 {
        return Err(Exit::Usage("only one input can be read from standard input (`-`)".into()));
    }
    if let Some(dir) = data {
        let given: BTreeSet<RelationId> = inputs.iter().map(|input| input.relation).collect();
        inputs.extend(find_inputs(&dir.display().to_string(), program, &given)?);
    }
    inputs.sort_by_key(|input| !program.relations[input.relation].is_table());
    Ok(inputs)
}

/// The rows of all files, with the nodes that get them.
pub struct Rows<'p> {
    program: &'p Program,
    deployment: &'p Deployment,
    files: VecDeque<ResolvedInput>,
    open: Option<(RelationId, InputFile, Assignment<'p>)>,
    keys: BTreeMap<RelationId, KeyCheck>,
    aside: Option<Aside>,
    failed: bool,
}

impl<'p> Rows<'p> {
    /// The rows of `files`, which are opened one after the other. Records that are no rows go `aside`, or are errors.
    pub fn new(
        files: Vec<ResolvedInput>,
        program: &'p Program,
        deployment: &'p Deployment,
        aside: Option<Aside>,
    ) -> Rows<'p> {
        let (files, keys) = (files.into(), BTreeMap::new());
        Rows { program, deployment, files, open: None, keys, aside, failed: false }
    }

    /// Whether standard input is among the files still to be read.
    pub fn reads_standard_input(&self) -> bool {
        self.files.iter().any(|file| file.path == "-")
    }

    fn next_row(&mut self) -> Result<Option<(Address, InputRow)>, DataError> {
        loop {
            if let Some((id, file, assignment)) = &mut self.open {
                match read(file, assignment, self.keys.get_mut(id), self.program) {
                    Ok(Some((node, row))) => return Ok(Some((node, InputRow { relation: *id, row }))),
                    Ok(None) => self.open = None,
                    Err(error) => match &mut self.aside {
                        Some(aside) => {
                            aside.put(&self.program.relations[*id].name, file, error)?;
                            continue;
                        }
                        None => return Err(error),
                    },
                }
            }
            let Some(next) = self.files.pop_front() else { return Ok(None) };
            let relation = &self.program.relations[next.relation];
            if let (false, Some(check)) = (self.keys.contains_key(&next.relation), KeyCheck::new(relation)) {
                self.keys.insert(next.relation, check);
            }
            let file = InputFile::open(&next.path, relation, self.program)?;
            let assignment = Assignment::new(relation, self.program, self.deployment, next.node);
            self.open = Some((next.relation, file, assignment));
        }
    }
}

/// The next row of a file and the node that gets it.
fn read(
    file: &mut InputFile,
    assignment: &mut Assignment<'_>,
    keys: Option<&mut KeyCheck>,
    program: &Program,
) -> Result<Option<(Address, Row)>, DataError> {
    let Some(row) = file.next_row()? else { return Ok(None) };
    let node = assignment.node(&row, file)?;
    if let Some(keys) = keys {
        keys.check(node, &row, file, program)?;
    }
    Ok(Some((node, row)))
}

impl Iterator for Rows<'_> {
    type Item = Result<(Address, InputRow), DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.next_row().transpose();
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}
