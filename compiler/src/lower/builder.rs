//! Growing a plan operator by operator.

use std::collections::BTreeMap;

use floret_ir::plan::{ChangeKind, Loop, LoopVariable, Mapping, Node, Operator, Plan, Sink, Step};
use floret_ir::{
    AtomSource, Column, Expr, IndexVec, NodeId, Program, RelationId, RoleId, Rule, RuleId, Scalar, Strata,
    Stratified, Type, Value, zero,
};

/// A plan under construction, with what lowering looks up on the way.
pub(super) struct Builder<'a> {
    pub(super) program: &'a Program,
    pub(super) strata: &'a Strata,
    role: RoleId,
    nodes: IndexVec<NodeId, Node>,
    steps: Vec<Step>,
    sinks: Vec<Sink>,
    /// The operator that holds each relation lowered so far; inside a loop, its variable.
    contents: BTreeMap<RelationId, NodeId>,
    /// `Source`, `Members` and `Unit`, each made once.
    leaves: Vec<(Operator, NodeId)>,
    /// The operators of the loop that is open.
    items: Option<Vec<NodeId>>,
    /// The rule being lowered.
    rule: Option<RuleId>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(stratified: &'a Stratified, role: RoleId) -> Self {
        Builder {
            program: &stratified.program,
            strata: &stratified.strata,
            role,
            nodes: IndexVec::new(),
            steps: Vec::new(),
            sinks: Vec::new(),
            contents: BTreeMap::new(),
            leaves: Vec::new(),
            items: None,
            rule: None,
        }
    }

    pub(super) fn finish(self) -> Plan {
        Plan { role: self.role, nodes: self.nodes, steps: self.steps, sinks: self.sinks }
    }

    /// Lowers something of a rule: the operators made meanwhile carry its id.
    pub(super) fn within<T>(&mut self, rule: RuleId, make: impl FnOnce(&mut Self, &'a Rule) -> T) -> T {
        self.rule = Some(rule);
        let made = make(self, &self.program.rules[rule]);
        self.rule = None;
        made
    }

    /// The columns of an operator's output.
    pub(super) fn columns(&self, node: NodeId) -> &[Type] {
        &self.nodes[node].columns
    }

    /// The content of a relation, which an earlier component or the open loop made.
    pub(super) fn content(&self, relation: RelationId) -> NodeId {
        self.contents[&relation]
    }

    pub(super) fn set_content(&mut self, relation: RelationId, node: NodeId) {
        self.contents.insert(relation, node);
    }

    /// What an atom reads.
    pub(super) fn read(&mut self, source: AtomSource) -> NodeId {
        match source {
            AtomSource::Relation(relation) => self.content(relation),
            AtomSource::Members(role) => self.leaf(Operator::Members { role }, vec![Type::Address(role)]),
            AtomSource::Clock => self.leaf(Operator::Clock, vec![Type::Time, Type::Int]),
        }
    }

    pub(super) fn source(&mut self, relation: RelationId) -> NodeId {
        self.leaf(Operator::Source { relation }, self.relation_columns(relation))
    }

    pub(super) fn unit(&mut self) -> NodeId {
        self.leaf(Operator::Unit, Vec::new())
    }

    pub(super) fn relation_columns(&self, relation: RelationId) -> Vec<Type> {
        self.program.relations[relation].columns.iter().map(|column| column.ty).collect()
    }

    /// An operator without inputs; it stays outside even if a loop is open (the loop's step comes after it).
    fn leaf(&mut self, operator: Operator, columns: Vec<Type>) -> NodeId {
        if let Some((_, node)) = self.leaves.iter().find(|(made, _)| *made == operator) {
            return *node;
        }
        let node = self.nodes.push(Node {
            operator: operator.clone(),
            columns,
            changes: ChangeKind::Any,
            rule: None,
        });
        self.steps.push(Step::Operator(node));
        self.leaves.push((operator, node));
        node
    }

    /// Adds an operator where we are: inside the open loop, or outside.
    fn push(&mut self, operator: Operator, columns: Vec<Type>) -> NodeId {
        let node = self.nodes.push(Node { operator, columns, changes: ChangeKind::Any, rule: self.rule });
        match &mut self.items {
            Some(items) => items.push(node),
            None => self.steps.push(Step::Operator(node)),
        }
        node
    }

    pub(super) fn map(&mut self, input: NodeId, mapping: Mapping) -> NodeId {
        let columns = mapping_types(&mapping, self.columns(input));
        self.push(Operator::Map { input, mapping }, columns)
    }

    pub(super) fn errors(&mut self, input: NodeId, mapping: Mapping) -> NodeId {
        let columns = self.columns(input).to_vec();
        self.push(Operator::Errors { input, mapping }, columns)
    }

    /// A join that keeps the `keep` columns of the left columns followed by the right ones.
    pub(super) fn join(
        &mut self,
        left: NodeId,
        right: NodeId,
        on: Vec<(Column, Column)>,
        keep: impl IntoIterator<Item = Column>,
    ) -> NodeId {
        let mapping = Mapping { columns: keep.into_iter().map(Expr::Var).collect(), ..Mapping::default() };
        let inputs = [self.columns(left), self.columns(right)].concat();
        let columns = mapping_types(&mapping, &inputs);
        self.push(Operator::Join { left, right, on, mapping }, columns)
    }

    /// Per row and element of the value the row with the element.
    pub(super) fn unnest(&mut self, input: NodeId, value: Scalar) -> NodeId {
        let mut columns = self.columns(input).to_vec();
        let element = scalar_type(&value, &columns).element();
        // Checked programs unnest what has elements.
        columns.push(element.unwrap_or(Type::Bool));
        self.push(Operator::Unnest { input, value }, columns)
    }

    pub(super) fn antijoin(&mut self, left: NodeId, right: NodeId, on: Vec<(Column, Column)>) -> NodeId {
        let columns = self.columns(left).to_vec();
        self.push(Operator::Antijoin { left, right, on }, columns)
    }

    pub(super) fn aggregate(&mut self, operator: Operator, columns: Vec<Type>) -> NodeId {
        self.push(operator, columns)
    }

    pub(super) fn overflow(&mut self, aggregate: NodeId, group: usize) -> NodeId {
        let columns = self.columns(aggregate).iter().take(group).copied().collect();
        self.push(Operator::Overflow { aggregate }, columns)
    }

    pub(super) fn distinct(&mut self, input: NodeId) -> NodeId {
        let columns = self.columns(input).to_vec();
        self.push(Operator::Distinct { input }, columns)
    }

    pub(super) fn resolve(&mut self, base: Option<NodeId>, derived: NodeId, relation: RelationId) -> NodeId {
        let columns = self.columns(derived).to_vec();
        let declared = &self.program.relations[relation];
        let (key, merges) = (declared.key.unwrap_or(declared.arity()), declared.merges());
        self.push(Operator::Resolve { base, derived, key, merges }, columns)
    }

    pub(super) fn losers(&mut self, resolve: NodeId) -> NodeId {
        let columns = self.columns(resolve).to_vec();
        self.push(Operator::Losers { resolve }, columns)
    }

    /// All rows of all inputs, which have a relation's columns.
    pub(super) fn union(&mut self, inputs: Vec<NodeId>, relation: RelationId) -> NodeId {
        match inputs.as_slice() {
            [] => self.empty(relation),
            [input] => *input,
            _ => self.push(Operator::Union { inputs }, self.relation_columns(relation)),
        }
    }

    /// All rows of all inputs, of which there is at least one.
    pub(super) fn union_of(&mut self, inputs: Vec<NodeId>) -> NodeId {
        match inputs.as_slice() {
            [] => self.unit(),
            [input] => *input,
            [first, ..] => {
                let columns = self.columns(*first).to_vec();
                self.push(Operator::Union { inputs }, columns)
            }
        }
    }

    /// No rows, of a relation's columns.
    fn empty(&mut self, relation: RelationId) -> NodeId {
        let columns = self.relation_columns(relation).into_iter().map(|ty| Expr::Const(zero(ty))).collect();
        let unit = self.unit();
        let conditions = vec![Expr::Const(Value::Bool(false))];
        self.map(unit, Mapping { lets: Vec::new(), conditions, columns })
    }

    pub(super) fn sink(&mut self, sink: Sink) {
        self.sinks.push(sink);
    }

    /// Opens a loop whose variables are these relations. Loops never nest.
    pub(super) fn open_loop(&mut self, relations: &[RelationId]) {
        for &relation in relations {
            let columns = self.relation_columns(relation);
            let variable = self.nodes.push(Node {
                operator: Operator::Variable { relation },
                columns,
                changes: ChangeKind::Any,
                rule: None,
            });
            self.contents.insert(relation, variable);
        }
        self.items = Some(Vec::new());
    }

    /// Closes the open loop; afterwards the relations' contents are what it comes to rest with.
    pub(super) fn close_loop(&mut self, feedbacks: &[(RelationId, NodeId)]) {
        let items = self.items.take().unwrap_or_default();
        let variables: Vec<LoopVariable> = feedbacks
            .iter()
            .map(|&(relation, feedback)| LoopVariable {
                relation,
                variable: self.content(relation),
                feedback,
            })
            .collect();
        let inside = |node: &NodeId| items.contains(node) || variables.iter().any(|v| v.variable == *node);
        let mut imports: Vec<NodeId> = Vec::new();
        for &item in &items {
            for input in self.nodes[item].operator.inputs() {
                if !inside(&input) && !imports.contains(&input) {
                    imports.push(input);
                }
            }
        }
        let mut exports = Vec::new();
        for &(relation, feedback) in feedbacks {
            let columns = self.relation_columns(relation);
            let operator = Operator::Leave { inner: feedback };
            let leave = self.nodes.push(Node { operator, columns, changes: ChangeKind::Any, rule: None });
            self.contents.insert(relation, leave);
            exports.push(leave);
        }
        self.steps.push(Step::Loop(Loop { imports, variables, items, exports }));
    }
}

/// The types of a mapping's output over inputs of these types.
fn mapping_types(mapping: &Mapping, inputs: &[Type]) -> Vec<Type> {
    let mut types = inputs.to_vec();
    for value in &mapping.lets {
        types.push(scalar_type(value, &types));
    }
    mapping.columns.iter().map(|column| scalar_type(column, &types)).collect()
}

fn scalar_type(scalar: &Scalar, columns: &[Type]) -> Type {
    scalar.ty(&|column: &Column| columns[*column])
}
