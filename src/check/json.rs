//! `floret check --format json`: docs/coordination.md describes the schema, which only ever gains fields.

use serde::Serialize;

use floret_compiler::coordination::{
    self, Crashes, Each, Fix, Survival, brief, cost_of, costs, output_class, written,
};
use floret_ir::coordination::{Coordination, PathStep, PointOfOrder, Reason};
use floret_ir::{Diagnostic, Program, RelationId, RelationKind, RoleId, RuleId, Severity, Sources, Span};

use crate::witness::Witness;

/// The schema's name and version.
const SCHEMA: &str = "floret-check/1";

/// All that the check says about a program.
#[derive(Serialize)]
pub struct Report {
    schema: &'static str,
    program: String,
    ok: bool,
    diagnostics: Vec<Finding>,
    collections: Vec<Collection>,
    points: Vec<Point>,
    /// Of the program's sequencers and seals.
    costs: Vec<Cost>,
}

#[derive(Serialize)]
struct Place {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Label {
    #[serde(flatten)]
    place: Place,
    text: String,
    primary: bool,
}

#[derive(Serialize)]
struct Finding {
    severity: &'static str,
    code: String,
    title: String,
    labels: Vec<Label>,
    notes: Vec<String>,
    help: Option<String>,
}

#[derive(Serialize)]
struct Collection {
    name: String,
    kind: &'static str,
    role: String,
    output: bool,
    class: &'static str,
    /// As an output is observed; `null` for other collections.
    observed: Option<&'static str>,
    because: Because,
    /// Whether the nodes of the role come to hold the same; `null` where messages don't go to all of them, or no order matters.
    replicas: Option<Replicas>,
    /// What a crash of each role's nodes does to it.
    crashes: Vec<Crash>,
}

#[derive(Serialize)]
struct Replicas {
    verdict: &'static str,
    because: String,
    /// Why not; `null` if they agree.
    row: Option<String>,
    /// The roles that aren't durable: none of their nodes may restart.
    volatile: Vec<String>,
}

#[derive(Serialize)]
struct Crash {
    role: String,
    survives: bool,
    reason: &'static str,
    words: String,
    /// From what is lost to the collection.
    path: Vec<Step>,
}

#[derive(Serialize)]
#[serde(tag = "by", rename_all = "lowercase")]
enum Because {
    Facts,
    Input,
    Node,
    Rule {
        #[serde(flatten)]
        rule: Rule,
        row: Option<String>,
        words: String,
    },
}

#[derive(Serialize)]
struct Rule {
    text: String,
    place: Option<Place>,
}

#[derive(Serialize)]
struct Point {
    kind: String,
    collection: String,
    rule: Option<Rule>,
    path: Vec<Step>,
    outputs: Vec<String>,
    ways_out: Vec<Way>,
    accepted: Option<String>,
    witness: Option<Outcomes>,
}

#[derive(Serialize)]
struct Step {
    from: String,
    to: String,
    place: Option<Place>,
}

#[derive(Serialize)]
struct Way {
    remedy: &'static str,
    title: String,
    text: String,
    /// For `floret explain --fix`; `null` where it must be written by hand.
    fix: Option<usize>,
    /// What it costs in messages; `null` where it costs none, or nobody knows.
    cost: Option<Cost>,
}

/// What is paid for each row, or key and producer, with a sequencer or seal and without.
#[derive(Serialize)]
struct Cost {
    channel: String,
    each: &'static str,
    messages: Messages,
    rounds: u32,
    messages_without: Messages,
    rounds_without: u32,
}

#[derive(Serialize)]
struct Messages {
    fixed: u32,
    /// One more for each node of this role.
    each_of: Option<String>,
}

#[derive(Serialize)]
struct Outcomes {
    inputs: Vec<String>,
    collection: String,
    runs: [Run; 2],
}

#[derive(Serialize)]
struct Run {
    ticks: Vec<String>,
    outcome: Vec<String>,
}

/// What is reported of a program that compiles.
pub struct Answer<'a> {
    /// The program.
    pub program: &'a Program,
    /// What the check says.
    pub coordination: &'a Coordination,
    /// What crashes do.
    pub crashes: &'a Crashes,
    /// Its points' ways out.
    pub fixes: &'a [Fix<'a>],
    /// Two runs that differ, of each point for which there are some.
    pub witnesses: &'a [Option<Witness>],
}

/// The report; `answer` is missing if the program has errors.
pub fn report(
    program: &str,
    ok: bool,
    diagnostics: &[Diagnostic],
    answer: Option<&Answer<'_>>,
    sources: &Sources,
) -> Report {
    let findings = diagnostics.iter().map(|found| finding(found, sources)).collect();
    let shown = Shown { sources };
    Report {
        schema: SCHEMA,
        program: program.to_owned(),
        ok,
        diagnostics: findings,
        collections: answer.map_or_else(Vec::new, |answer| shown.collections(answer)),
        points: answer.map_or_else(Vec::new, |answer| shown.points(answer)),
        costs: answer.map_or_else(Vec::new, |answer| {
            costs(answer.program).iter().map(|cost| shown.cost(answer.program, cost)).collect()
        }),
    }
}

fn finding(found: &Diagnostic, sources: &Sources) -> Finding {
    let labels = found.labels.iter().filter_map(|label| {
        Some(Label { place: place(label.span, sources)?, text: label.text.clone(), primary: label.primary })
    });
    Finding {
        severity: match found.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        },
        code: found.code.clone(),
        title: found.title.clone(),
        labels: labels.collect(),
        notes: found.notes.clone(),
        help: found.help.clone(),
    }
}

fn place(span: Span, sources: &Sources) -> Option<Place> {
    let source = sources.get(span.file)?;
    let (line, column) = source.line_column(span.start);
    let (end_line, end_column) = source.line_column(span.end);
    Some(Place { file: source.name.clone(), line, column, end_line, end_column })
}

struct Shown<'a> {
    sources: &'a Sources,
}

impl Shown<'_> {
    fn name(&self, program: &Program, relation: RelationId) -> String {
        program
            .relations
            .get(relation)
            .map_or_else(String::new, |relation| written(&relation.name).to_owned())
    }

    fn rule(&self, program: &Program, rule: RuleId) -> Option<Rule> {
        let span = program.rules.get(rule)?.span;
        let text = self.sources.get(span.file)?.text.get(span.start as usize..span.end as usize)?;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(Rule { text, place: place(span, self.sources) })
    }

    fn cost(&self, program: &Program, cost: &coordination::Cost) -> Cost {
        let messages = |messages: coordination::Messages| Messages {
            fixed: messages.fixed,
            each_of: messages.each_of.and_then(|role| Some(program.roles.get(role)?.name.clone())),
        };
        Cost {
            channel: self.name(program, cost.channel),
            each: match cost.each {
                Each::Row => "row",
                Each::Key => "key-and-producer",
            },
            messages: messages(cost.messages),
            rounds: cost.rounds,
            messages_without: messages(cost.messages_without),
            rounds_without: cost.rounds_without,
        }
    }

    fn collections(&self, answer: &Answer<'_>) -> Vec<Collection> {
        let Answer { program, coordination, crashes, .. } = *answer;
        let written = program.relations.entries().filter(|(_, relation)| !relation.is_generated());
        let collections = written.map(|(id, relation)| {
            let because = match coordination.reasons.get(id) {
                Some(Reason::Input) => Because::Input,
                Some(Reason::Node) => Because::Node,
                Some(Reason::Fixed) | None => Because::Facts,
                Some(Reason::Rule { rule, because }) => match self.rule(program, *rule) {
                    Some(shown) => Because::Rule {
                        rule: shown,
                        row: coordination.verdicts.get(*rule).map(|verdict| verdict.row.clone()),
                        words: because.clone(),
                    },
                    None => Because::Facts,
                },
            };
            Collection {
                name: relation.name.clone(),
                kind: match relation.kind {
                    // One that nobody declared is a view, kept as a table where its rows stay.
                    RelationKind::Table if relation.inferred => "view",
                    RelationKind::Table => "table",
                    RelationKind::View => "view",
                    RelationKind::Event => "event",
                    RelationKind::Channel { .. } => "channel",
                    RelationKind::Timer { .. } => "timer",
                },
                role: program.roles.get(relation.role).map_or_else(String::new, |role| role.name.clone()),
                output: relation.output,
                class: coordination.classes.get(id).map_or("order-dependent", |class| class.name()),
                observed: relation.output.then(|| output_class(coordination, program, id).name()),
                because,
                replicas: coordination.replicas.get(id).and_then(Option::as_ref).map(|found| Replicas {
                    verdict: if found.agree { "agree" } else { "diverge" },
                    because: found.because.clone(),
                    row: found.row.clone(),
                    volatile: found
                        .volatile
                        .iter()
                        .filter_map(|role| program.roles.get(*role))
                        .map(|role| role.name.clone())
                        .collect(),
                }),
                crashes: self.crashes(program, crashes, id),
            }
        });
        collections.collect()
    }

    fn crashes(&self, program: &Program, crashes: &Crashes, relation: RelationId) -> Vec<Crash> {
        let crash = |(role, survival): (RoleId, &Survival)| Crash {
            role: program.roles.get(role).map_or_else(String::new, |role| role.name.clone()),
            survives: survival.is_yes(),
            reason: survival.name(),
            words: brief(survival, program, role),
            path: match survival {
                Survival::Lost(loss) => loss.path.iter().map(|step| self.step(program, step)).collect(),
                Survival::Durable | Survival::Apart | Survival::Restored(_) => Vec::new(),
            },
        };
        crashes.each(relation).map(crash).collect()
    }

    fn step(&self, program: &Program, step: &PathStep) -> Step {
        Step {
            from: self.name(program, step.from),
            to: self.name(program, step.to),
            place: program.rules.get(step.rule).and_then(|rule| place(rule.span, self.sources)),
        }
    }

    fn points(&self, answer: &Answer<'_>) -> Vec<Point> {
        let points = answer.coordination.points.iter().enumerate();
        points.map(|(at, point)| self.point(point, answer, answer.witnesses.get(at))).collect()
    }

    fn point(&self, point: &PointOfOrder, answer: &Answer<'_>, witness: Option<&Option<Witness>>) -> Point {
        let program = answer.program;
        let path = point.path.iter().map(|step| self.step(program, step));
        let ways = point.ways_out.iter().map(|way| Way {
            remedy: way.remedy.name(),
            title: way.title.clone(),
            text: way.text.clone(),
            fix: answer
                .fixes
                .iter()
                .find(|fix| std::ptr::eq(fix.way, way) && fix.edits.is_some())
                .map(|fix| fix.number),
            cost: cost_of(way, program).map(|cost| self.cost(program, &cost)),
        });
        let witness = witness.and_then(Option::as_ref).map(|witness| Outcomes {
            inputs: witness.inputs.clone(),
            collection: witness.collection.clone(),
            runs: witness.runs.clone().map(|run| Run { ticks: run.ticks, outcome: run.outcome }),
        });
        Point {
            kind: point.kind.name().replace(' ', "-"),
            collection: self.name(program, point.relation),
            rule: point.rule.and_then(|rule| self.rule(program, rule)),
            path: path.collect(),
            outputs: point.outputs.iter().map(|output| self.name(program, *output)).collect(),
            ways_out: ways.collect(),
            accepted: point.accepted.clone(),
            witness,
        }
    }
}
