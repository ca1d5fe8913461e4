//! Small inputs of a program, as far as a collection comes of them.

use std::collections::BTreeSet;

use floret_ir::{
    Address, AtomSource, Deployment, InputRow, Literal, Program, RelationId, Row, Site, Type, Value, evaluate,
};
use floret_sim::Random;

use super::values::Values;

/// The inputs that a collection comes of.
pub(super) struct Inputs<'p> {
    program: &'p Program,
    values: Values,
    relations: Vec<RelationId>,
}

impl<'p> Inputs<'p> {
    pub fn of(program: &'p Program, relation: RelationId) -> Self {
        let mut reached = BTreeSet::from([relation]);
        let mut queue = vec![relation];
        while let Some(at) = queue.pop() {
            // What the node tells of is whatever happens at it.
            if program.notices.iter().any(|event| event.relation == at) {
                queue.extend(program.relations.ids().filter(|other| reached.insert(*other)));
            }
            for rule in program.rules.iter().filter(|rule| rule.head.relation == at) {
                for literal in &rule.body {
                    let (Literal::Atom(atom) | Literal::Negation(atom)) = literal else { continue };
                    if let AtomSource::Relation(source) = atom.source
                        && reached.insert(source)
                    {
                        queue.push(source);
                    }
                }
            }
        }
        let fed = |id: &RelationId| {
            program.relations.get(*id).is_some_and(|of| of.input.is_some() && !of.is_generated())
        };
        Inputs { program, values: Values::of(program), relations: reached.into_iter().filter(fed).collect() }
    }

    /// The simplest value of a type.
    pub fn any(&self, ty: Type) -> Value {
        let counts = self.program.roles.ids().map(|_| 1).collect();
        self.values.value(ty, &Deployment::new(counts), 1, &mut Random::new(0))
    }

    /// So many rows of each input at most, in a random order, each at a node that the program gives it to.
    pub fn rows(
        &self,
        most: usize,
        deployment: &Deployment,
        random: &mut Random,
    ) -> Vec<(Address, InputRow)> {
        let mut fed: Vec<(Address, InputRow)> = Vec::new();
        let mut keys: BTreeSet<(RelationId, Row)> = BTreeSet::new();
        // Of few different values most rows meet.
        let different = 1 + random.below(3);
        for &id in &self.relations {
            let Some(relation) = self.program.relations.get(id) else { continue };
            for _ in 0..1 + random.below(most) {
                let types = relation.columns.iter().map(|column| column.ty);
                let row: Row = types.map(|ty| self.values.value(ty, deployment, different, random)).collect();
                // A second value for a key is the host's mistake.
                if let Some(key) = relation.key
                    && !keys.insert((id, row.get(..key).unwrap_or_default().to_vec()))
                {
                    continue;
                }
                let site =
                    Site { me: Address { role: relation.role, index: 0 }, deployment: deployment.clone() };
                let number = match &relation.shards {
                    Some(shards) => match evaluate(&shards.member, &|column| row.get(*column), &site) {
                        Ok(Value::Int(number)) => number,
                        Ok(_) | Err(_) => continue,
                    },
                    None => random.below(2) as i64,
                };
                let node = deployment.member(relation.role, number);
                fed.push((node, InputRow { relation: id, row }));
            }
        }
        fed
    }
}
