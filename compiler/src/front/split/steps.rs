//! One rule over several places as a chain of steps, each at one node: what it reads there, and what it binds.

use std::collections::BTreeSet;

use floret_ir::{BinaryOp, Diagnostics, RuleOp, Span};
use floret_lang::tree::{Call, Expr, ExprKind, Literal, Name, Rule};

use super::names::Names;
use super::variables::{self, NOW, OWN};
use crate::front::findings::{AggregateOverPlaces, NothingArrives, RemoteRead, TooManyParts, UnknownNode};
use crate::front::is_aggregate;

/// How many literals a body with places may have: each could be a message of its own.
const LONGEST: usize = 200;

/// What a rule does at one node.
pub(super) struct Step {
    /// The node's address; `None`: the rule's own node.
    pub place: Option<Expr>,
    /// What is read there first, for messages.
    pub reads: String,
    /// Its place in the rule.
    pub span: Span,
    /// Without places.
    pub literals: Vec<Literal>,
    /// The variables that the step before sends along; of the first: none.
    pub carried: Vec<String>,
}

/// The node of an atom, as it is written; equal texts are one node.
#[derive(Clone, PartialEq, Eq)]
enum Node {
    Own,
    /// Every node knows the members of a role.
    Any,
    At(String),
}

/// An atom.
struct Atom {
    call: Call,
    node: Node,
    place: Option<Expr>,
    /// The span of `!r(...)`.
    negated: Option<Span>,
}

/// The steps of a rule with placed literals. `None`: a diagnostic was given.
pub(super) fn of(rule: &Rule, names: &Names, sink: &mut Diagnostics) -> Option<Vec<Step>> {
    if rule.body.len() > LONGEST {
        sink.push(TooManyParts { span: rule.head.span, limit: LONGEST });
        return None;
    }
    let mut planner = Planner::read(rule, names);
    let first = planner.first(rule, sink)?;
    planner.settle(&first);
    planner.step(&first, None);
    while let Some(next) = planner.next(sink)? {
        let place = planner.place_of(&next);
        planner.step(&next, Some(place));
    }
    planner.leftovers();
    let mut steps = planner.steps;
    if steps.len() > 1 && has_aggregate(rule, &steps, sink) {
        return None;
    }
    carry_on(rule, &mut steps, names);
    Some(steps)
}

/// An aggregate counts what is at one node.
fn has_aggregate(rule: &Rule, steps: &[Step], sink: &mut Diagnostics) -> bool {
    let aggregate = rule.head.args.iter().find(|arg| {
        matches!(&arg.value.kind, ExprKind::Call(call)
            if matches!(call.path.parts.as_slice(), [name] if is_aggregate(&name.text)))
    });
    if let (Some(aggregate), Some(remote)) = (aggregate, steps.get(1)) {
        sink.push(AggregateOverPlaces { span: aggregate.value.span, remote: remote.span });
    }
    aggregate.is_some()
}

struct Planner<'n> {
    names: &'n Names,
    atoms: Vec<Atom>,
    /// Conditions, bindings and unnestings, in order.
    others: Vec<Literal>,
    bound: BTreeSet<String>,
    steps: Vec<Step>,
}

impl<'n> Planner<'n> {
    fn read(rule: &Rule, names: &'n Names) -> Self {
        let bound = BTreeSet::from([OWN.to_owned(), NOW.to_owned()]);
        let mut planner = Planner { names, atoms: Vec::new(), others: Vec::new(), bound, steps: Vec::new() };
        // Where a message came from is known where it arrived, unless the rule gives the name to something else.
        let mut given = BTreeSet::new();
        rule.body.iter().for_each(|literal| binds(literal, names, &mut given));
        if !given.contains("sender") {
            planner.bound.insert("sender".to_owned());
        }
        for literal in &rule.body {
            match literal {
                Literal::Negation(call, span) => planner.atom(call.clone(), Some(*span)),
                Literal::Expr(Expr { kind: ExprKind::Call(call), .. })
                    if call.place.is_some() || names.is_collection(call) || names.is_role(call) =>
                {
                    let mut call = call.clone();
                    planner.take_out(&mut call);
                    planner.atom(call, None);
                }
                Literal::Expr(_) | Literal::Let(..) | Literal::In(..) => planner.others.push(literal.clone()),
            }
        }
        planner
    }

    /// Expressions in a positive atom become conditions on a variable: their variables may be bound elsewhere.
    fn take_out(&mut self, call: &mut Call) {
        for arg in &mut call.args {
            let mut used = BTreeSet::new();
            variables::collect(&arg.value, self.names, &mut used);
            let is_variable = matches!(arg.value.kind, ExprKind::Path(_));
            if used.is_empty() || is_variable {
                continue;
            }
            let span = arg.value.span;
            let made = variables::variable(&format!("$arg{}", self.others.len()), span);
            let value = std::mem::replace(&mut arg.value, made.clone());
            let kind = ExprKind::Binary(BinaryOp::Equal, Box::new(made), Box::new(value));
            self.others.push(Literal::Expr(Expr { kind, span }));
        }
    }

    fn atom(&mut self, mut call: Call, negated: Option<Span>) {
        let place = if self.names.is_role(&call) { None } else { call.place.take().map(|place| *place) };
        let node = match &place {
            _ if self.names.is_role(&call) => Node::Any,
            None => Node::Own,
            Some(place) if place.kind == ExprKind::SelfNode => Node::Own,
            Some(place) => Node::At(place.to_string()),
        };
        self.atoms.push(Atom { call, node, place, negated });
    }

    /// The node where the rule starts: its own, or the one that the first arriving atom names.
    fn first(&self, rule: &Rule, sink: &mut Diagnostics) -> Option<Node> {
        let nodes: Vec<&Node> =
            self.atoms.iter().map(|atom| &atom.node).filter(|node| **node != Node::Any).collect();
        let single = nodes.first().filter(|first| nodes.iter().all(|node| node == *first));
        if let Some(single) = single {
            return Some((*single).clone());
        }
        let arriving = || {
            let arrives = |atom: &&Atom| atom.negated.is_none() && self.names.is_arriving(&atom.call);
            self.atoms.iter().filter(|atom| atom.node != Node::Any).filter(arrives)
        };
        let found = arriving().find(|atom| atom.node == Node::Own).or_else(|| arriving().next());
        if rule.op != RuleOp::Later {
            // What is written without a place is at the first node, too.
            let first = found
                .map_or_else(|| (*nodes.first().unwrap_or(&&Node::Own)).clone(), |atom| atom.node.clone());
            let here = |node: &Node| *node == first || *node == Node::Own || *node == Node::Any;
            let Some(remote) = self.atoms.iter().find(|atom| !here(&atom.node)) else { return Some(first) };
            let name = super::names::text(&remote.call.path);
            let span = remote.call.span;
            sink.push(RemoteRead { name, span, op: rule.op, op_span: rule.op_span });
            return None;
        }
        if found.is_none() {
            let positive = self.atoms.iter().filter(|atom| atom.negated.is_none() && atom.node != Node::Any);
            sink.push(NothingArrives {
                head: rule.head.span,
                read: positive.map(|atom| (super::names::text(&atom.call.path), atom.call.span)).collect(),
            });
        }
        found.map(|atom| atom.node.clone())
    }

    /// What is written without a place is at the rule's own node, the first.
    fn settle(&mut self, first: &Node) {
        let place = self.atoms.iter().find(|atom| atom.node == *first).and_then(|atom| atom.place.clone());
        for atom in self.atoms.iter_mut().filter(|atom| atom.node == Node::Own) {
            atom.node = first.clone();
            atom.place = place.clone();
        }
    }

    /// Where to go next; within, `None`: nowhere, all atoms are done. `None`: a diagnostic was given.
    fn next(&self, sink: &mut Diagnostics) -> Option<Option<Node>> {
        let is_known = |place: &Expr| self.unbound(place).is_none();
        let can_go = |atom: &&Atom| atom.place.as_ref().is_none_or(is_known);
        let placed = || self.atoms.iter().filter(|atom| atom.node != Node::Any);
        let positive = placed().filter(|atom| atom.negated.is_none()).find(can_go);
        let bound = |atom: &&Atom| atom.call.args.iter().all(|arg| self.unbound(&arg.value).is_none());
        let ready = || placed().filter(can_go).find(bound);
        // What is still unbound then, the safety check says.
        let any = || placed().find(can_go);
        if let Some(atom) = positive.or_else(ready).or_else(any) {
            return Some(Some(atom.node.clone()));
        }
        let Some(stuck) = placed().next() else { return Some(None) };
        let place = stuck.place.as_ref()?;
        let (variable, span) = self.unbound(place)?;
        let name = super::names::text(&stuck.call.path);
        sink.push(UnknownNode { name, variable, span, atom: stuck.call.span });
        None
    }

    /// A variable of the expression that is not bound yet.
    fn unbound(&self, expr: &Expr) -> Option<(String, Span)> {
        let mut used = BTreeSet::new();
        variables::collect(expr, self.names, &mut used);
        used.into_iter().find(|name| !self.bound.contains(name)).map(|name| (name, expr.span))
    }

    fn place_of(&self, node: &Node) -> Expr {
        let atom = self.atoms.iter().find(|atom| atom.node == *node);
        let place = atom.and_then(|atom| atom.place.clone());
        let span = atom.map_or(Span { file: floret_ir::FileId(0), start: 0, end: 0 }, |atom| atom.call.span);
        place.unwrap_or(Expr { kind: ExprKind::SelfNode, span })
    }

    /// Does all that can be done at a node.
    fn step(&mut self, node: &Node, place: Option<Expr>) {
        let is_first = self.steps.is_empty();
        let here = |atom: &Atom| atom.node == *node || (is_first && atom.node == Node::Any);
        let first = self.atoms.iter().find(|atom| here(atom) && atom.node != Node::Any);
        let reads = first.map_or_else(String::new, |atom| super::names::text(&atom.call.path));
        let span = first.map(|atom| atom.call.span);
        let own = first.and_then(|atom| atom.place.clone()).filter(|_| is_first && *node != Node::Own);
        let mut literals = Vec::new();
        let (positive, rest): (Vec<Atom>, Vec<Atom>) = std::mem::take(&mut self.atoms)
            .into_iter()
            .partition(|atom| here(atom) && atom.negated.is_none());
        self.atoms = rest;
        // A step that reads nothing else is there for its negations, whatever they lack.
        let reads_rows = !positive.is_empty();
        for atom in positive {
            for arg in &atom.call.args {
                variables::collect(&arg.value, self.names, &mut self.bound);
            }
            let span = atom.call.span;
            literals.push(Literal::Expr(Expr { kind: ExprKind::Call(atom.call), span }));
        }
        if let Some(own) = own {
            literals.push(self.is_here(own));
        }
        self.run_others(&mut literals);
        let (ready, rest): (Vec<Atom>, Vec<Atom>) =
            std::mem::take(&mut self.atoms).into_iter().partition(|atom| {
                let bound = atom.call.args.iter().all(|arg| self.unbound(&arg.value).is_none());
                (atom.node == *node || atom.node == Node::Any) && (bound || !reads_rows)
            });
        self.atoms = rest;
        literals.extend(
            ready
                .into_iter()
                .map(|atom| Literal::Negation(atom.call.clone(), atom.negated.unwrap_or(atom.call.span))),
        );
        let span = span.or(place.as_ref().map(|place| place.span));
        let span = span.unwrap_or(Span { file: floret_ir::FileId(0), start: 0, end: 0 });
        self.steps.push(Step { place, reads, span, literals, carried: Vec::new() });
    }

    /// The first node is where the rule is: its place names it, or asks whether it is this one.
    fn is_here(&mut self, place: Expr) -> Literal {
        let span = place.span;
        let me = Expr { kind: ExprKind::SelfNode, span };
        if let ExprKind::Path(path) = &place.kind
            && let [name] = path.parts.as_slice()
            && !self.names.is_value(&name.text)
            && self.bound.insert(name.text.clone())
        {
            return Literal::Let(Name { text: name.text.clone(), span }, me, span);
        }
        let kind = ExprKind::Binary(BinaryOp::Equal, Box::new(me), Box::new(place));
        Literal::Expr(Expr { kind, span })
    }

    /// Conditions, bindings and unnestings run as early as they can.
    fn run_others(&mut self, literals: &mut Vec<Literal>) {
        loop {
            let (mut ready, mut waiting) = (Vec::new(), Vec::new());
            for literal in std::mem::take(&mut self.others) {
                let needed = match &literal {
                    Literal::Expr(value) | Literal::Let(_, value, _) | Literal::In(_, value, _) => value,
                    Literal::Negation(..) => continue,
                };
                if self.unbound(needed).is_some() {
                    waiting.push(literal);
                    continue;
                }
                ready.push(literal);
            }
            for literal in &ready {
                if let Literal::Let(name, ..) | Literal::In(name, ..) = literal {
                    self.bound.insert(name.text.clone());
                }
            }
            self.others = waiting;
            if ready.is_empty() {
                return;
            }
            literals.append(&mut ready);
        }
    }

    /// What could not run anywhere goes to the end: the safety check says why.
    fn leftovers(&mut self) {
        let others = std::mem::take(&mut self.others);
        let atoms = std::mem::take(&mut self.atoms);
        if let Some(last) = self.steps.last_mut() {
            last.literals.extend(others);
            let negations =
                atoms.into_iter().filter_map(|atom| Some(Literal::Negation(atom.call, atom.negated?)));
            last.literals.extend(negations);
        }
    }
}

/// What each message carries, and variables in the place of `self` and `now()` where these are another node's.
fn carry_on(rule: &Rule, steps: &mut [Step], names: &Names) {
    // From the end: what is needed at and after each step.
    let mut needed = BTreeSet::new();
    for arg in &rule.head.args {
        variables::collect(&arg.value, names, &mut needed);
    }
    match rule.head.place.as_deref() {
        Some(place) => variables::collect(place, names, &mut needed),
        None if steps.len() > 1 => {
            needed.insert(OWN.to_owned());
        }
        None => {}
    }
    let mut of_steps = Vec::new();
    for step in steps.iter().rev() {
        for literal in &step.literals {
            of_literal(literal, names, &mut needed);
        }
        of_steps.push(needed.clone());
        if let Some(place) = &step.place {
            variables::collect(place, names, &mut needed);
        }
    }
    of_steps.reverse();
    let mut bound = BTreeSet::from([OWN.to_owned(), NOW.to_owned()]);
    for (step, needed) in steps.iter_mut().zip(&of_steps) {
        let is_first = step.place.is_none();
        if !is_first {
            step.carried = bound.intersection(needed).cloned().collect();
        }
        for literal in &step.literals {
            binds(literal, names, &mut bound);
        }
        if is_first && needed.contains("sender") {
            bound.insert("sender".to_owned());
        }
    }
    let carried: BTreeSet<String> = steps.iter().flat_map(|step| step.carried.iter().cloned()).collect();
    for (number, step) in steps.iter_mut().enumerate() {
        if number > 0 {
            step.literals.iter_mut().for_each(carry_literal);
        }
        if number > 1
            && let Some(place) = &mut step.place
        {
            variables::carry(place);
        }
    }
    if let Some(first) = steps.first_mut() {
        let span = first.span;
        let mut bind = |name: &str, value: ExprKind| {
            if carried.contains(name) {
                let name = Name { text: name.to_owned(), span };
                first.literals.push(Literal::Let(name, Expr { kind: value, span }, span));
            }
        };
        bind(OWN, ExprKind::SelfNode);
        let path = floret_lang::tree::Path { parts: vec![Name { text: "now".into(), span }], span };
        bind(NOW, ExprKind::Call(Call { path, place: None, args: Vec::new(), span }));
    }
}

/// The variables that a literal mentions.
fn of_literal(literal: &Literal, names: &Names, into: &mut BTreeSet<String>) {
    match literal {
        Literal::Expr(value) => variables::collect(value, names, into),
        Literal::Negation(call, _) => {
            call.args.iter().for_each(|arg| variables::collect(&arg.value, names, into));
        }
        Literal::Let(name, value, _) | Literal::In(name, value, _) => {
            into.insert(name.text.clone());
            variables::collect(value, names, into);
        }
    }
}

/// The variables that a literal binds.
fn binds(literal: &Literal, names: &Names, into: &mut BTreeSet<String>) {
    match literal {
        Literal::Expr(Expr { kind: ExprKind::Call(call), .. })
            if call.place.is_some() || names.is_collection(call) || names.is_role(call) =>
        {
            call.args.iter().for_each(|arg| variables::collect(&arg.value, names, into));
        }
        Literal::Expr(_) | Literal::Negation(..) => {}
        Literal::Let(name, ..) | Literal::In(name, ..) => {
            into.insert(name.text.clone());
        }
    }
}

fn carry_literal(literal: &mut Literal) {
    match literal {
        Literal::Expr(value) | Literal::Let(_, value, _) | Literal::In(_, value, _) => {
            variables::carry(value)
        }
        Literal::Negation(call, _) => call.args.iter_mut().for_each(|arg| variables::carry(&mut arg.value)),
    }
}
