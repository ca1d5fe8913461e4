//! What a test expects, looked at after every tick and when the run is over.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{
    Address, Atom, AtomSource, ClaimRead, ClaimWord, Deployment, Program, RelationId, Row, Rule, Term, Test,
    Value, print,
};

use super::claim::{Claim, Memory, Wrong, WrongKind};
use super::claiming::Invariants;
use super::contents::Contents;
use crate::Violation;
use crate::claims::violations;

/// Of what was there instead, no more rows are told.
const ROWS: usize = 4;

/// The invariants of a program and what a test expects.
pub struct Expectations<'a> {
    invariants: Option<Invariants<'a>>,
    /// The test's bodies: they tell of solutions as invariants do.
    bodies: Invariants<'a>,
    test: &'a Test,
    program: &'a Program,
    deployment: &'a Deployment,
    /// The steps as they are written, one for each expectation.
    texts: Vec<String>,
}

impl<'a> Expectations<'a> {
    /// Those of a test of `program`. `texts`: the steps as they are written, one for each expectation.
    pub fn new(
        test: &'a Test,
        invariants: Option<Invariants<'a>>,
        program: &'a Program,
        deployment: &'a Deployment,
        texts: Vec<String>,
    ) -> Self {
        let bodies = Invariants::of(&test.claims, program, deployment);
        Expectations { invariants, bodies, test, program, deployment, texts }
    }

    /// The solutions that each body has now.
    fn solutions(
        &self,
        contents: &Contents,
        ticked: Option<Address>,
    ) -> Result<BTreeMap<usize, Vec<Violation>>, String> {
        let holds = |node, relation| contents.rows(node, relation);
        let all = violations(&self.test.claims, self.deployment, ticked, holds)
            .map_err(|error| format!("what the test expects cannot be evaluated: {error:?}"))?;
        let mut found: BTreeMap<usize, Vec<Violation>> = BTreeMap::new();
        for violation in all {
            found.entry(violation.invariant).or_default().push(violation);
        }
        Ok(found)
    }

    fn wrong(&self, number: usize, kind: WrongKind, why: impl Into<Option<String>>) -> Wrong {
        Wrong {
            kind,
            name: self.texts.get(number).cloned().unwrap_or_default(),
            text: why.into(),
            values: String::new(),
            rows: Vec::new(),
            absent: Vec::new(),
        }
    }

    /// That a body has no solution, and what is there instead.
    fn missing(&self, number: usize, why: &str, contents: &Contents) -> Wrong {
        let mut wrong = self.wrong(number, WrongKind::Missing, why.to_owned());
        let rules = self.rules(number);
        for atom in rules.flat_map(Rule::positive_atoms) {
            let Some(read) = self.read(atom) else { continue };
            let rows = self.nearest(atom, read, contents);
            if rows.is_empty() {
                wrong.absent.extend(self.absent(atom, read));
            }
            wrong.rows.extend(rows.into_iter().filter(|row| !wrong.rows.contains(row)).collect::<Vec<_>>());
        }
        wrong
    }

    fn rules(&self, number: usize) -> impl Iterator<Item = &'a Rule> {
        let claims = &self.test.claims;
        let view = claims.invariants.get(number).map(|body| body.view);
        claims.stratified.program.rules.iter().filter(move |rule| Some(rule.head.relation) == view)
    }

    fn read(&self, atom: &Atom) -> Option<&'a ClaimRead> {
        let AtomSource::Relation(table) = atom.source else { return None };
        self.test.claims.reads.iter().find(|read| read.table == table)
    }

    /// Whether a body reads tables and views alone, which are there when nothing is under way.
    fn is_lasting(&self, number: usize) -> bool {
        let mut atoms = self.rules(number).flat_map(|rule| rule.positive_atoms().chain(rule.negated_atoms()));
        !atoms.any(|atom| self.read(atom).is_some_and(|read| read.momentary))
    }

    /// The rows that agree with most of an atom's values, if any agrees with one.
    fn nearest(&self, atom: &Atom, read: &ClaimRead, contents: &Contents) -> Vec<(Address, RelationId, Row)> {
        let Some(relation) = self.program.relations.get(read.of).filter(|_| !read.momentary) else {
            return Vec::new();
        };
        let score = |node: Address, row: &Row| {
            let node = Value::Address(node);
            let same =
                |(term, value): (&Term, &Value)| matches!(term, Term::Const(wanted) if wanted == value);
            let sent = row.iter().take(atom.terms.len().saturating_sub(1));
            atom.terms.iter().zip(sent.chain([&node])).filter(|pair| same(*pair)).count()
        };
        let wanted = atom.terms.iter().any(|term| matches!(term, Term::Const(_)));
        let nodes = self.deployment.members(relation.role);
        let all = nodes.flat_map(|node| contents.rows(node, read.of).iter().map(move |row| (node, row)));
        let scored: Vec<(usize, Address, &Row)> =
            all.map(|(node, row)| (score(node, row), node, row)).collect();
        let best = scored.iter().map(|(score, _, _)| *score).max().unwrap_or(0);
        if wanted && best == 0 {
            return Vec::new();
        }
        let best = scored.into_iter().filter(|(score, _, _)| *score == best).take(ROWS);
        best.map(|(_, node, row)| (node, read.of, row.clone())).collect()
    }

    fn absent(&self, atom: &Atom, read: &ClaimRead) -> Option<String> {
        let relation = self.program.relations.get(read.of)?;
        let text = |(column, term): (&floret_ir::RelationColumn, &Term)| match term {
            Term::Const(value) => print::literal(value, column.ty, self.program),
            Term::Var(_) | Term::Any => "_".to_owned(),
        };
        let values: Vec<String> = relation.columns.iter().zip(&atom.terms).map(text).collect();
        let place = if self.program.has_roles() { " at any node" } else { "" };
        let verb = if read.momentary { "was" } else { "is" };
        Some(format!("there {verb} no {}({}){place}", relation.name, values.join(", ")))
    }
}

impl Claim for Expectations<'_> {
    fn check(
        &self,
        contents: &Contents,
        node: Address,
        changed: &BTreeSet<RelationId>,
        memory: &mut Memory,
    ) -> Option<Wrong> {
        let invariants = self.invariants.as_ref();
        if let Some(wrong) = invariants.and_then(|all| all.check(contents, node, changed, memory)) {
            return Some(wrong);
        }
        let all_began = memory.ticked.len() == self.deployment.nodes().count();
        let began = all_began && !memory.began;
        memory.began |= all_began;
        if !began && !self.test.claims.reads.iter().any(|read| changed.contains(&read.of)) {
            return None;
        }
        let solutions = match self.solutions(contents, Some(node)) {
            Ok(solutions) => solutions,
            Err(why) => return Some(self.wrong(0, WrongKind::Missing, why)),
        };
        for (number, expectation) in self.test.expectations.iter().enumerate() {
            let found = solutions.get(&number).map_or(&[][..], Vec::as_slice);
            let solved = found.iter().any(|solution| !solution.is_error);
            match expectation.word {
                ClaimWord::Never => {
                    if let Some(solution) = found.first() {
                        let name = self.texts.get(number).cloned().unwrap_or_default();
                        let wrong = self.bodies.wrong(solution, contents, node);
                        return Some(Wrong { kind: WrongKind::Solution, name, ..wrong });
                    }
                }
                ClaimWord::Always if all_began && !solved => {
                    return Some(self.missing(number, "there is no solution", contents));
                }
                ClaimWord::Eventually if solved => {
                    memory.met.insert(number);
                }
                ClaimWord::Always | ClaimWord::Eventually => {}
            }
        }
        None
    }

    fn finish(&self, contents: &Contents, at_rest: bool, memory: &Memory) -> Option<Wrong> {
        let solutions = match self.solutions(contents, None) {
            Ok(solutions) => solutions,
            Err(why) => return Some(self.wrong(0, WrongKind::Missing, why)),
        };
        let all = self.test.expectations.iter().enumerate();
        let eventually = all.filter(|(_, expectation)| expectation.word == ClaimWord::Eventually);
        for (number, _) in eventually {
            let solved = solutions.get(&number).into_iter().flatten().any(|solution| !solution.is_error);
            if at_rest && self.is_lasting(number) {
                if !solved {
                    return Some(self.missing(number, "there is no solution at rest", contents));
                }
            } else if !solved && !memory.met.contains(&number) {
                return Some(self.missing(number, "there was no solution after any tick", contents));
            }
        }
        None
    }
}
