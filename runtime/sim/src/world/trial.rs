//! A test's nodes, and what its host feeds to them.

use floret_ir::{Address, Deployment, Feed, InputRow, Program, RoleId, Site, Test, Value, VarId, evaluate};

/// A test with its nodes, ready to be made a [`super::Job`].
#[derive(Clone, Debug)]
pub struct Trial {
    /// The nodes.
    pub deployment: Deployment,
    /// What the host feeds, in the order of its time.
    pub inputs: Vec<(Address, InputRow)>,
    /// When, in nanoseconds since the start.
    pub times: Vec<i64>,
}

impl Trial {
    /// The test with these values of the program's parameters.
    ///
    /// # Errors
    /// A number of nodes, a time or a row makes no sense with these values; in words.
    pub fn new(test: &Test, program: &Program, params: Vec<Value>, seed: u64) -> Result<Trial, String> {
        let one = Deployment { params, seed, ..Deployment::new(program.roles.iter().map(|_| 1).collect()) };
        let mut deployment = one.clone();
        for (role, count) in &test.nodes {
            let me = Address { role: *role, index: 0 };
            let value = evaluate(count, &|_: &VarId| None, &Site { me, deployment: one.clone() });
            let count = value.ok().as_ref().and_then(Test::count).ok_or_else(|| {
                let name = program.roles.get(*role).map_or("?", |role| role.name.as_str());
                format!("the number of nodes of {name} is not one from 1 to 1000")
            })?;
            deployment.counts[*role] = count;
        }
        let mut rows = Vec::new();
        for feed in &test.feeds {
            let time = time(feed, &deployment)?;
            let fed = fed(feed, program, &deployment);
            if fed.is_empty() {
                let name = program.relations.get(feed.fact.relation).map_or("?", |of| of.name.as_str());
                return Err(format!("a row for `{name}` has no value"));
            }
            rows.extend(fed.into_iter().map(|(node, row)| (time, node, row)));
        }
        rows.sort_by_key(|(time, _, _)| *time);
        let times = rows.iter().map(|(time, _, _)| *time).collect();
        let inputs = rows.into_iter().map(|(_, node, row)| (node, row)).collect();
        Ok(Trial { deployment, inputs, times })
    }

    /// The test's nodes as `Server = 3, Client = 2`.
    pub fn nodes_text(&self, program: &Program) -> String {
        let named = program.roles.entries().filter(|(_, role)| !role.implicit);
        let text = |(id, role): (RoleId, &floret_ir::Role)| {
            format!("{} = {}", role.name, self.deployment.counts.get(id).copied().unwrap_or(0))
        };
        named.map(text).collect::<Vec<_>>().join(", ")
    }
}

fn time(feed: &Feed, deployment: &Deployment) -> Result<i64, String> {
    let Some(time) = &feed.time else { return Ok(0) };
    let me = Address { role: RoleId(0), index: 0 };
    let value = evaluate(time, &|_: &VarId| None, &Site { me, deployment: deployment.clone() });
    match value {
        Ok(Value::Duration(time)) if time >= 0 => Ok(time),
        Ok(Value::Duration(time)) => {
            Err(format!("the time of a step is before the start: {}", floret_ir::time::duration_text(time)))
        }
        Ok(_) | Err(_) => Err("the time of a step has no value".to_owned()),
    }
}

/// The rows of a step, and the nodes that get them.
fn fed(feed: &Feed, program: &Program, deployment: &Deployment) -> Vec<(Address, InputRow)> {
    let relation = feed.fact.relation;
    let Some(declared) = program.relations.get(relation) else { return Vec::new() };
    let at = |me: Address| {
        let site = Site { me, deployment: deployment.clone() };
        Some((me, InputRow { relation, row: feed.fact.row_at(&site)? }))
    };
    let members = deployment.members(declared.role);
    let (None, Some(shards)) = (&feed.fact.place, &declared.shards) else {
        return members.filter_map(at).collect();
    };
    // The first node stands for the host, as it does for the rows of files.
    let host = deployment.member(declared.role, 0);
    let node = at(host).and_then(|(_, row)| {
        let site = Site { me: host, deployment: deployment.clone() };
        match evaluate(&shards.member, &|column| row.row.get(*column), &site) {
            Ok(Value::Int(number)) => Some((deployment.member(declared.role, number), row)),
            Ok(_) | Err(_) => None,
        }
    });
    Vec::from_iter(node)
}
