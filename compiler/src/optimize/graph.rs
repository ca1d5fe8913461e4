//! The form of a plan that rewrites work on: operators with the place they are at, without an order. Making a plan of
//! it again leaves out what no sink needs, orders the rest and numbers it anew.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::plan::{Loop, LoopVariable, Node, Operator, Plan, Sink, Step};
use floret_ir::{Id, IndexVec, NodeId, RoleId};

/// Where an operator is: outside of loops, or in the loop of this number.
pub(super) type Home = Option<usize>;

/// A plan without an order. Ids of a fresh graph ascend in the order of rendering: every operator but a variable
/// reads only lower ids. (Operators that a rewrite adds come last.)
pub(super) struct Graph {
    role: RoleId,
    pub(super) nodes: IndexVec<NodeId, Node>,
    pub(super) homes: IndexVec<NodeId, Home>,
    pub(super) loops: Vec<Vec<LoopVariable>>,
    pub(super) sinks: Vec<Sink>,
}

impl Graph {
    pub(super) fn of(plan: Plan) -> Self {
        let mut order: Vec<(NodeId, Home)> = Vec::new();
        let mut loops = Vec::new();
        for step in &plan.steps {
            match step {
                Step::Operator(node) => order.push((*node, None)),
                Step::Loop(looped) => {
                    let home = Some(loops.len());
                    order.extend(looped.variables.iter().map(|variable| (variable.variable, home)));
                    order.extend(looped.items.iter().map(|item| (*item, home)));
                    order.extend(looped.exports.iter().map(|export| (*export, None)));
                    loops.push(looped.variables.clone());
                }
            }
        }
        let numbers: BTreeMap<NodeId, NodeId> =
            order.iter().enumerate().map(|(index, (node, _))| (*node, NodeId::from_index(index))).collect();
        let nodes = order.iter().map(|(node, _)| plan.nodes[*node].clone()).collect();
        let homes = order.iter().map(|(_, home)| *home).collect();
        let mut graph = Graph { role: plan.role, nodes, homes, loops, sinks: plan.sinks };
        graph.replace(|node| numbers[&node]);
        graph
    }

    /// Adds an operator.
    pub(super) fn add(&mut self, node: Node, home: Home) -> NodeId {
        self.homes.push(home);
        self.nodes.push(node)
    }

    /// Makes everything read `to(node)` instead of `node`.
    pub(super) fn replace(&mut self, to: impl Fn(NodeId) -> NodeId) {
        for node in self.nodes.iter_mut() {
            for input in node.operator.inputs_mut() {
                *input = to(*input);
            }
        }
        for variable in self.loops.iter_mut().flatten() {
            variable.variable = to(variable.variable);
            variable.feedback = to(variable.feedback);
        }
        for sink in &mut self.sinks {
            let node = sink.node_mut();
            *node = to(*node);
        }
    }

    /// How often each operator is read (by operators, as feedback, by sinks).
    pub(super) fn uses(&self) -> IndexVec<NodeId, usize> {
        let mut uses: IndexVec<NodeId, usize> = self.nodes.iter().map(|_| 0).collect();
        for node in self.nodes.iter() {
            for input in node.operator.inputs() {
                uses[input] += 1;
            }
        }
        for variable in self.loops.iter().flatten() {
            uses[variable.feedback] += 1;
        }
        for sink in &self.sinks {
            uses[sink.node()] += 1;
        }
        uses
    }

    /// The operators that some loop's variable takes its content from.
    pub(super) fn feedbacks(&self) -> BTreeSet<NodeId> {
        self.loops.iter().flatten().map(|variable| variable.feedback).collect()
    }

    /// The plan again.
    pub(super) fn into_plan(mut self) -> Plan {
        let live = self.live();
        let units = self.units(&live);
        let mut steps = Vec::new();
        let mut order = Vec::new();
        for unit in units {
            match unit {
                Unit::Operator(node) => {
                    order.push(node);
                    steps.push(Step::Operator(node));
                }
                Unit::Loop(number) => {
                    let looped = self.looped(number, &live);
                    order.extend(looped.variables.iter().map(|variable| variable.variable));
                    order.extend(&looped.items);
                    order.extend(&looped.exports);
                    steps.push(Step::Loop(looped));
                }
            }
        }
        let numbers: BTreeMap<NodeId, NodeId> =
            order.iter().enumerate().map(|(index, node)| (*node, NodeId::from_index(index))).collect();
        for step in &mut steps {
            match step {
                Step::Operator(node) => *node = numbers[node],
                Step::Loop(looped) => {
                    for variable in &mut looped.variables {
                        variable.variable = numbers[&variable.variable];
                        variable.feedback = numbers[&variable.feedback];
                    }
                    let lists = [&mut looped.imports, &mut looped.items, &mut looped.exports];
                    for node in lists.into_iter().flatten() {
                        *node = numbers[node];
                    }
                    looped.imports.sort_unstable();
                }
            }
        }
        // What is dead has no new number and is never looked at.
        self.replace(|node| numbers.get(&node).copied().unwrap_or(node));
        let nodes = order.iter().map(|node| self.nodes[*node].clone()).collect();
        Plan { role: self.role, nodes, steps, sinks: self.sinks }
    }

    fn live(&self) -> BTreeSet<NodeId> {
        let feedback: BTreeMap<NodeId, NodeId> =
            self.loops.iter().flatten().map(|variable| (variable.variable, variable.feedback)).collect();
        let children = |node: NodeId| {
            let mut inputs = self.nodes[node].operator.inputs();
            inputs.extend(feedback.get(&node));
            inputs
        };
        postorder(self.sinks.iter().map(Sink::node), children).into_iter().collect()
    }

    /// Loops and the operators outside, each after what it reads.
    fn units(&self, live: &BTreeSet<NodeId>) -> Vec<Unit> {
        let unit = |node: NodeId| match (&self.nodes[node].operator, self.homes[node]) {
            (_, Some(number)) => Unit::Loop(number),
            (Operator::Leave { inner }, None) => self.homes[*inner].map_or(Unit::Operator(node), Unit::Loop),
            (_, None) => Unit::Operator(node),
        };
        let mut members: BTreeMap<usize, Vec<NodeId>> = BTreeMap::new();
        for &node in live {
            if let Some(number) = self.homes[node] {
                members.entry(number).or_default().push(node);
            }
        }
        let children = |of: Unit| -> Vec<Unit> {
            let inside = match of {
                Unit::Operator(node) => vec![node],
                Unit::Loop(number) => members.get(&number).cloned().unwrap_or_default(),
            };
            let inputs = inside.into_iter().flat_map(|node| self.nodes[node].operator.inputs());
            inputs.map(unit).filter(|unit| *unit != of).collect()
        };
        postorder(self.sinks.iter().map(|sink| unit(sink.node())), children)
    }

    fn looped(&self, number: usize, live: &BTreeSet<NodeId>) -> Loop {
        let variables: Vec<LoopVariable> = self.loops[number]
            .iter()
            .copied()
            .filter(|variable| live.contains(&variable.variable) || live.contains(&variable.feedback))
            .collect();
        let exports: Vec<NodeId> = live
            .iter()
            .copied()
            .filter(|node| {
                matches!(&self.nodes[*node].operator, Operator::Leave { inner } if self.homes[*inner] == Some(number))
            })
            .collect();
        let here = |node: &NodeId| self.homes[*node] == Some(number);
        let inner = exports.iter().flat_map(|export| self.nodes[*export].operator.inputs());
        let roots: Vec<NodeId> = variables.iter().map(|variable| variable.feedback).chain(inner).collect();
        let inputs = |node: NodeId| -> Vec<NodeId> {
            self.nodes[node].operator.inputs().into_iter().filter(here).collect()
        };
        let is_variable = |node: &NodeId| variables.iter().any(|variable| variable.variable == *node);
        let items: Vec<NodeId> =
            postorder(roots, inputs).into_iter().filter(|node| !is_variable(node)).collect();
        let mut imports: Vec<NodeId> = items
            .iter()
            .flat_map(|item| self.nodes[*item].operator.inputs())
            .filter(|input| !here(input))
            .collect();
        imports.sort_unstable();
        imports.dedup();
        Loop { imports, variables, items, exports }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Operator(NodeId),
    Loop(usize),
}

/// Everything reachable from `roots`, each after its children. (Not recursive: plans can be deep.)
fn postorder<T: Copy + Ord>(roots: impl IntoIterator<Item = T>, children: impl Fn(T) -> Vec<T>) -> Vec<T> {
    enum Visit<T> {
        Enter(T),
        Leave(T),
    }
    let mut seen = BTreeSet::new();
    let mut order = Vec::new();
    for root in roots {
        let mut stack = vec![Visit::Enter(root)];
        while let Some(visit) = stack.pop() {
            match visit {
                Visit::Leave(node) => order.push(node),
                Visit::Enter(node) => {
                    if seen.insert(node) {
                        stack.push(Visit::Leave(node));
                        stack.extend(children(node).into_iter().rev().map(Visit::Enter));
                    }
                }
            }
        }
    }
    order
}
