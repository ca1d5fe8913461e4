//! Points of order as warnings.

use floret_ir::coordination::{Coordination, PointKind, PointOfOrder, Remedy, WayOut};
use floret_ir::{
    Diagnostic, Finding, InputMode, NoticeKind, Program, RelationId, RelationKind, RuleOp, Seal, Span,
};

/// One point of order, with the names and places its message needs.
struct OrderDependence {
    kind: PointKind,
    /// The collection that becomes order-dependent.
    name: String,
    /// The rule, or the collection's declaration.
    place: Span,
    /// How the rule fills it.
    op: Option<RuleOp>,
    /// Whether the collection is a mutable input.
    host_deletes: bool,
    /// Whether the rule asks which nodes are up.
    is_peers: bool,
    /// The channel that the rule seals.
    seals: Option<String>,
    /// What the rule reads that is to blame.
    blamed: Option<String>,
    /// Where the path begins: the arrival's name, declaration, and what it is.
    arrival: Option<(String, Span, Arrival)>,
    /// The steps before the rule: from, to, rule.
    steps: Vec<(String, String, Span)>,
    /// The other outputs that inherit it.
    outputs: Vec<String>,
    ways_out: Vec<WayOut>,
    /// What each of them costs in messages, where that is known.
    costs: Vec<Option<String>>,
}

/// What a path begins with.
#[derive(Clone, Copy)]
enum Arrival {
    Channel,
    /// A channel whose messages all pass a sequencer.
    Sequenced,
    Timer,
    Reports,
    Peers,
    Host,
}

impl Arrival {
    fn of(relation: RelationId, program: &Program) -> Option<Arrival> {
        if let Some(event) = program.notices.iter().find(|event| event.relation == relation) {
            return Some(match event.kind {
                NoticeKind::Error | NoticeKind::Conflict => Arrival::Reports,
                NoticeKind::Peer => Arrival::Peers,
            });
        }
        let declared = &program.relations[relation];
        match declared.kind {
            RelationKind::Channel { .. } if program.sequenced.iter().any(|of| of.channel == relation) => {
                Some(Arrival::Sequenced)
            }
            RelationKind::Channel { .. } => Some(Arrival::Channel),
            RelationKind::Timer { .. } => Some(Arrival::Timer),
            RelationKind::Table | RelationKind::View | RelationKind::Event => {
                declared.input.map(|_| Arrival::Host)
            }
        }
    }
}

/// Every point of order that is not accepted as a warning at its rule, with labels along the path.
pub fn findings(coordination: &Coordination, program: &Program) -> Vec<Diagnostic> {
    let left = coordination.points.iter().filter(|point| point.accepted.is_none());
    left.map(|point| finding(point, coordination, program)).collect()
}

/// A point of order as a warning.
pub fn finding(point: &PointOfOrder, coordination: &Coordination, program: &Program) -> Diagnostic {
    let mut found = OrderDependence::of(point, program).diagnostic();
    let replicas = coordination.replicas.get(point.relation).and_then(Option::as_ref);
    if let (Some(replicas), Some(words)) = (replicas, super::replicas(coordination, program, point.relation))
    {
        // Before the ways out.
        found.notes.insert(0, format!("{words}: {}", replicas.because));
    }
    found
}

impl OrderDependence {
    fn of(point: &PointOfOrder, program: &Program) -> Self {
        let name = |relation: RelationId| written(&program.relations[relation].name).to_owned();
        let rule = point.rule.map(|rule| &program.rules[rule]);
        let arrival = point.path.first().map(|step| step.from);
        let arrival = arrival.and_then(|from| Some((from, Arrival::of(from, program)?)));
        let last = point.path.last();
        let own = last.filter(|step| Some(step.rule) == point.rule);
        let before = &point.path[..point.path.len() - usize::from(own.is_some())];
        OrderDependence {
            kind: point.kind,
            name: name(point.relation),
            place: rule.map_or(program.relations[point.relation].span, |rule| rule.span),
            op: rule.map(|rule| rule.op),
            host_deletes: program.relations[point.relation].input == Some(InputMode::Mutable),
            is_peers: own.is_some_and(|step| matches!(Arrival::of(step.from, program), Some(Arrival::Peers))),
            seals: rule.and_then(|rule| {
                let closes = |seal: &&Seal| seal.closed == rule.head.relation;
                program.seals.iter().find(closes).map(|seal| name(seal.channel))
            }),
            blamed: own.map(|step| name(step.from)),
            arrival: arrival.map(|(from, what)| (name(from), program.relations[from].span, what)),
            steps: before
                .iter()
                .map(|step| (name(step.from), name(step.to), program.rules[step.rule].span))
                .filter(|(from, to, _)| from != to)
                .collect(),
            outputs: point
                .outputs
                .iter()
                .filter(|&&output| output != point.relation)
                .map(|&r| name(r))
                .collect(),
            costs: point
                .ways_out
                .iter()
                .map(|way| Some(super::cost_of(way, program)?.text(program)))
                .collect(),
            ways_out: point.ways_out.clone(),
        }
    }

    /// The kind in a few words, and what happens here.
    fn what(&self) -> (&'static str, String) {
        let from = self.blamed.as_deref().map_or("what it reads".into(), shown);
        match self.kind {
            PointKind::Rendezvous => (
                "a rendezvous",
                format!("a row of {from} is there for one tick, and meets only what is there in that tick"),
            ),
            PointKind::Batching => {
                ("batching", format!("this takes the rows of {from} together that happen to share a tick"))
            }
            PointKind::Clock => {
                ("the clock", "this uses the time or a random value, which are others in every run".into())
            }
            PointKind::Choice => (
                "a choice",
                "`any` takes one of the values, arbitrary on purpose: which one may be another in every run"
                    .into(),
            ),
            PointKind::Loss if !self.is_peers => (
                "a loss",
                format!("`{}` may lose a row, and this doesn't send its rows again and again", self.name),
            ),
            PointKind::Loss => (
                "the peers",
                "this asks which nodes are up, and each run has its own crashes and returns".into(),
            ),
            PointKind::EarlyVerdict if self.seals.is_some() => (
                "an early seal",
                format!("rows that come of {from} may come after this seal of their key; they are refused"),
            ),
            PointKind::EarlyVerdict => (
                "an early verdict",
                format!("this acts on {from} before it is complete, and what follows can't be taken back"),
            ),
            PointKind::Absence => (
                "an absence",
                format!("this holds where {from} has no row in this tick, which says only when rows arrive"),
            ),
            PointKind::Overwrite => {
                let what = match self.op {
                    Some(_) if self.host_deletes => {
                        format!("the host deletes from `{}`, too: what this puts in may come before or after", self.name)
                    }
                    Some(RuleOp::Delete) => {
                        format!("this deletes from `{}` what is there by then; what comes later stays", self.name)
                    }
                    Some(RuleOp::Replace) => "the last of several writes to a key wins".into(),
                    Some(RuleOp::Now | RuleOp::Next | RuleOp::Later) => {
                        format!("two rows for one key of `{}` may come, and which one stays depends on which is first", self.name)
                    }
                    None => "a row of the host may have the key of a fact, and which one stays depends on when it comes".into(),
                };
                ("an overwrite", what)
            }
            PointKind::FleetingOutput => (
                "a fleeting output",
                "a view is observed as it is in the end, and these rows are there for one tick only".into(),
            ),
        }
    }
}

/// The name as the program's author knows it: what is written out for a sealed channel is called as the channel.
pub fn written(name: &str) -> &str {
    let part = name.strip_prefix('$').and_then(|name| name.rsplit_once("::"));
    part.map_or(name, |(channel, _)| channel)
}

/// A collection's name; a channel between the parts of a rule says what it is.
fn shown(name: &str) -> String {
    if name.starts_with('$') {
        format!("`{name}` (what this rule sends to read elsewhere)")
    } else {
        format!("`{name}`")
    }
}

impl Finding for OrderDependence {
    fn diagnostic(&self) -> Diagnostic {
        let (kind, what) = self.what();
        let name = self.seals.as_ref().unwrap_or(&self.name);
        let title = format!("`{name}` depends on the order in which messages arrive: {kind}");
        let mut diagnostic = Diagnostic::warning("order", title).at(self.place, what);
        if let Some((name, span, what)) = &self.arrival {
            let text = match what {
                Arrival::Channel => {
                    format!("messages of {} arrive at any time and in any order", shown(name))
                }
                Arrival::Sequenced => {
                    format!(
                        "messages of {} come in its sequencer's order, another one in each run",
                        shown(name)
                    )
                }
                Arrival::Timer => format!("`{name}` beats when the clock says, whatever has arrived by then"),
                Arrival::Reports => format!("the node fills `{name}` in the tick after what it reports"),
                Arrival::Peers => {
                    format!("`{name}` tells when another node comes or goes, as far as this one knows")
                }
                Arrival::Host => format!("rows of `{name}` come from the host at any time"),
            };
            diagnostic = diagnostic.because(*span, text);
        }
        for (from, to, span) in &self.steps {
            diagnostic = diagnostic.because(*span, format!("{} goes into {}", shown(from), shown(to)));
        }
        if !self.outputs.is_empty() {
            let names: Vec<String> = self.outputs.iter().map(|name| format!("`{name}`")).collect();
            diagnostic = diagnostic
                .note(format!("so does everything that reads it, the outputs: {}", names.join(", ")));
        }
        // Accepting it is always possible.
        let ways = self.ways_out.iter().zip(&self.costs).filter(|(way, _)| way.remedy != Remedy::Accept);
        for (number, (way, cost)) in ways.enumerate() {
            let cost = cost.as_ref().map_or_else(String::new, |cost| format!(" ({cost})"));
            let text = format!("{}{cost}:\n    {}", way.title, way.text.replace('\n', "\n    "));
            diagnostic =
                if number == 0 { diagnostic.help(text) } else { diagnostic.note(format!("or {text}")) };
        }
        diagnostic
    }
}
