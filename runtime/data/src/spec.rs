//! What `--input` says: `NAME=FILE` or `NAME@Role[i]=FILE`.

use std::fmt;

use floret_ir::{Address, Deployment, Program, RelationId};

use crate::DataError;
use floret_ir::closest;

/// An `--input` option as written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InputSpec {
    /// The collection's name.
    pub relation: String,
    /// The node that gets all rows: role name and member.
    pub node: Option<(String, u32)>,
    /// The file; `-` is standard input.
    pub path: String,
}

/// An `--input` option that fits the program and the deployment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResolvedInput {
    /// The collection.
    pub relation: RelationId,
    /// The node that gets all rows.
    pub node: Option<Address>,
    /// The file; `-` is standard input.
    pub path: String,
}

const USAGE: &str = "write --input NAME=FILE, or --input NAME@Role[0]=FILE to feed one node";

impl InputSpec {
    /// Reads `NAME=FILE` or `NAME@Role[i]=FILE`.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<InputSpec, DataError> {
        let malformed = |what: &str| DataError::spec(format!("--input {text}: {what}"), USAGE);
        // The file's name may contain `=`, the collection's can't.
        let (target, path) = text.split_once('=').ok_or_else(|| malformed("there is no `=`"))?;
        if path.is_empty() {
            return Err(malformed("the file is missing"));
        }
        let (relation, node) = match target.split_once('@') {
            None => (target, None),
            Some((relation, place)) => {
                let node = place.strip_suffix(']').and_then(|place| place.split_once('['));
                let node = node.and_then(|(role, index)| Some((role.to_owned(), index.parse().ok()?)));
                (relation, Some(node.ok_or_else(|| malformed("the node isn't written as `Role[0]`"))?))
            }
        };
        if relation.is_empty() {
            return Err(malformed("the collection's name is missing"));
        }
        Ok(InputSpec { relation: relation.to_owned(), node, path: path.to_owned() })
    }

    /// Finds the collection and the node.
    ///
    /// # Errors
    /// There is no such input, or no such node of its role.
    pub fn resolve(&self, program: &Program, deployment: &Deployment) -> Result<ResolvedInput, DataError> {
        let inputs = || {
            program
                .relations
                .iter()
                .filter(|r| r.input.is_some() && !r.is_generated())
                .map(|r| r.name.as_str())
        };
        let listed = || {
            let names: Vec<&str> = inputs().collect();
            match names.as_slice() {
                [] => "the program has no inputs".to_owned(),
                [name] => format!("the program's only input is {name}"),
                names => format!("the program's inputs are {}", names.join(", ")),
            }
        };
        let found = program.relations.entries().find(|(_, relation)| relation.name == self.relation);
        let Some((id, relation)) = found else {
            let meant =
                closest(&self.relation, inputs()).map_or(String::new(), |n| format!(", did you mean `{n}`?"));
            return Err(self.wrong(format!("there is no collection `{}`{meant}", self.relation), listed()));
        };
        if relation.input.is_none() || relation.is_generated() {
            return Err(self.wrong(format!("`{}` is not an input", self.relation), listed()));
        }
        let node = match &self.node {
            None => None,
            Some((role, index)) => {
                let home = program.roles.get(relation.role).map_or("?", |role| role.name.as_str());
                if role != home {
                    let message = format!("`{}` lives on {home}, not on {role}", self.relation);
                    return Err(self.wrong(message, format!("write {}@{home}[{index}]", self.relation)));
                }
                let count = deployment.counts.get(relation.role).copied().unwrap_or(0);
                if *index >= count {
                    let message =
                        format!("there is no node {role}[{index}]: this run has {count} of this role");
                    return Err(self.wrong(
                        message,
                        format!("start more with --nodes {role}={}", u64::from(*index) + 1),
                    ));
                }
                Some(Address { role: relation.role, index: *index })
            }
        };
        Ok(ResolvedInput { relation: id, node, path: self.path.clone() })
    }

    fn wrong(&self, message: String, help: String) -> DataError {
        DataError::spec(format!("--input {self}: {message}"), help)
    }
}

impl fmt::Display for InputSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.relation)?;
        if let Some((role, index)) = &self.node {
            write!(f, "@{role}[{index}]")?;
        }
        write!(f, "={}", self.path)
    }
}
