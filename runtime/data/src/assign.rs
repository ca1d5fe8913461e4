//! Which node gets which row of an input.

use floret_ir::{Address, Deployment, Program, Relation, Row, Site, Value, evaluate, print};

use crate::{DataError, InputFile, Problem};

/// Assigns the rows of one file to nodes: to the node that the command line names, else to the member that the
/// declaration's `on Role[expression]` says, else row n to node n modulo their count.
pub struct Assignment<'p> {
    relation: &'p Relation,
    program: &'p Program,
    /// Shards don't depend on where they are evaluated.
    site: Site,
    fixed: Option<Address>,
    next: i64,
    has_addresses: bool,
}

impl<'p> Assignment<'p> {
    /// An assignment for one file of `relation`; `fixed` is the node the command line names.
    pub fn new(
        relation: &'p Relation,
        program: &'p Program,
        deployment: &Deployment,
        fixed: Option<Address>,
    ) -> Assignment<'p> {
        let me = deployment.member(relation.role, 0);
        Assignment {
            relation,
            program,
            site: Site { me, deployment: deployment.clone() },
            fixed,
            next: 0,
            has_addresses: relation
                .columns
                .iter()
                .any(|column| matches!(column.ty, floret_ir::Type::Address(_))),
        }
    }

    /// The node that gets `row`, which was just read from `file`.
    ///
    /// # Errors
    /// The row names a node that this run doesn't have, or the expression has no value for it.
    pub fn node(&mut self, row: &Row, file: &InputFile) -> Result<Address, DataError> {
        if self.has_addresses {
            self.check_addresses(row, file)?;
        }
        if let Some(node) = self.fixed {
            return Ok(node);
        }
        let number = match &self.relation.shards {
            Some(shards) => match evaluate(&shards.member, &|column| row.get(*column), &self.site) {
                Ok(Value::Int(number)) => number,
                Ok(_) => return Err(self.no_place(file, "the result is no int")),
                Err(why) => return Err(self.no_place(file, &why.to_string())),
            },
            None => {
                self.next = self.next.wrapping_add(1);
                self.next.wrapping_sub(1)
            }
        };
        Ok(self.site.deployment.member(self.relation.role, number))
    }

    fn no_place(&self, file: &InputFile, why: &str) -> DataError {
        file.row_error(Problem::NoPlace { relation: self.relation.name.clone(), why: why.to_owned() })
    }

    fn check_addresses(&self, row: &Row, file: &InputFile) -> Result<(), DataError> {
        for (column, value) in self.relation.columns.iter().zip(row) {
            let count =
                |address: Address| self.site.deployment.counts.get(address.role).copied().unwrap_or(0);
            let mut missing = None;
            value.for_each_address(&mut |address| {
                if address.index >= count(address) {
                    missing.get_or_insert(address);
                }
            });
            if let Some(address) = missing {
                let (address, count) = (print::address(address, self.program), count(address));
                let problem = Problem::NoSuchNode { address, count };
                return Err(file.row_error(problem).in_column(&column.name));
            }
        }
        Ok(())
    }
}
