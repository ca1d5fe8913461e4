//! All inputs of a run: opened in turn, every row checked and given to its node.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use floret_ir::{Address, Deployment, InputRow, Program, RelationId};

use crate::{Assignment, DataError, InputFile, KeyCheck, ResolvedInput};

/// After so many bad rows the rest isn't worth reading.
const MOST_ERRORS: usize = 10;
/// Progress is told once per so many rows.
const PROGRESS_ROWS: usize = 4096;

/// Rows for the nodes, in the order in which they were read.
pub type Fed = BTreeMap<Address, Vec<InputRow>>;

/// How far reading has come, over all files so far opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeedProgress {
    /// Rows given out.
    pub rows: u64,
    /// Bytes read, before decompression.
    pub bytes_read: u64,
    /// Bytes of all files opened so far; `None` if one of them has no known size.
    pub total_bytes: Option<u64>,
}

/// The input files of a run.
pub struct Feed<'p> {
    program: &'p Program,
    deployment: Deployment,
    tables: VecDeque<ResolvedInput>,
    events: VecDeque<ResolvedInput>,
    open: Option<Open<'p>>,
    checks: BTreeMap<RelationId, KeyCheck>,
    /// Over the files that are closed again.
    past: FeedProgress,
}

struct Open<'p> {
    relation: RelationId,
    file: InputFile,
    assignment: Assignment<'p>,
}

impl<'p> Feed<'p> {
    /// The inputs of a run. One collection may have several files.
    ///
    /// # Errors
    /// Two inputs want standard input.
    pub fn new(
        program: &'p Program,
        deployment: &Deployment,
        inputs: Vec<ResolvedInput>,
    ) -> Result<Feed<'p>, DataError> {
        let name = |input: &ResolvedInput| program.relations[input.relation].name.clone();
        let stdin: Vec<String> = inputs.iter().filter(|input| input.path == "-").map(name).collect();
        if stdin.len() > 1 {
            let message = format!("standard input can feed one input, not {}", stdin.join(" and "));
            return Err(DataError::spec(message, "give the others a file"));
        }
        let (tables, events) =
            inputs.into_iter().partition(|input| program.relations[input.relation].is_table());
        Ok(Feed {
            program,
            deployment: deployment.clone(),
            tables,
            events,
            open: None,
            checks: BTreeMap::new(),
            past: FeedProgress { rows: 0, bytes_read: 0, total_bytes: Some(0) },
        })
    }

    /// Reads all input tables, for the first tick.
    ///
    /// # Errors
    /// The first errors, at least one; nothing of the tables should be used then.
    pub fn load_tables(&mut self, mut progress: impl FnMut(FeedProgress)) -> Result<Fed, Vec<DataError>> {
        let mut fed = Fed::new();
        let mut errors = Vec::new();
        let mut rows = 0;
        loop {
            match self.next(true) {
                Ok(None) => break,
                Ok(Some((node, row))) => fed.entry(node).or_default().push(row),
                Err(error) => {
                    // After a bad file there is still the next one, but its errors may be the same mistake.
                    let goes_on = error.is_about_one_record();
                    errors.push(error);
                    if !goes_on || errors.len() == MOST_ERRORS {
                        break;
                    }
                }
            }
            rows += 1;
            if rows % PROGRESS_ROWS == 0 {
                progress(self.progress());
            }
        }
        progress(self.progress());
        if errors.is_empty() { Ok(fed) } else { Err(errors) }
    }

    /// Reads the next rows of the input events, at most `most`; none are left when there are none. Call it after
    /// [`Feed::load_tables`].
    ///
    /// # Errors
    /// A file or a row is bad.
    pub fn next_events(&mut self, most: usize) -> Result<Fed, DataError> {
        let mut fed = Fed::new();
        for _ in 0..most {
            match self.next(false)? {
                Some((node, row)) => fed.entry(node).or_default().push(row),
                None => break,
            }
        }
        Ok(fed)
    }

    /// How far reading has come.
    pub fn progress(&self) -> FeedProgress {
        match &self.open {
            None => self.past,
            Some(open) => self.past.plus(&open.file),
        }
    }

    fn next(&mut self, tables: bool) -> Result<Option<(Address, InputRow)>, DataError> {
        loop {
            let open = match &mut self.open {
                Some(open) => open,
                None => {
                    let waiting = if tables { &mut self.tables } else { &mut self.events };
                    let Some(input) = waiting.pop_front() else { return Ok(None) };
                    self.open.insert(open(self.program, &self.deployment, input)?)
                }
            };
            let Some(row) = open.file.next_row()? else {
                self.past = self.past.plus(&open.file);
                self.open = None;
                continue;
            };
            let node = open.assignment.node(&row, &open.file)?;
            let relation = open.relation;
            if let Some(check) = self.checks.get_mut(&relation) {
                check.check(node, &row, &open.file, self.program)?;
            } else if let Some(mut check) = KeyCheck::new(&self.program.relations[relation]) {
                check.check(node, &row, &open.file, self.program)?;
                self.checks.insert(relation, check);
            }
            self.past.rows += 1;
            return Ok(Some((node, InputRow { relation, row })));
        }
    }
}

fn open<'p>(
    program: &'p Program,
    deployment: &Deployment,
    input: ResolvedInput,
) -> Result<Open<'p>, DataError> {
    let relation = &program.relations[input.relation];
    let file = InputFile::open(&input.path, relation, program)?;
    let assignment = Assignment::new(relation, program, deployment, input.node);
    Ok(Open { relation: input.relation, file, assignment })
}

impl FeedProgress {
    fn plus(self, file: &InputFile) -> FeedProgress {
        FeedProgress {
            rows: self.rows,
            bytes_read: self.bytes_read + file.bytes_read(),
            total_bytes: self.total_bytes.zip(file.total_bytes()).map(|(past, file)| past + file),
        }
    }
}
