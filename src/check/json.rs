//! `floret check --format json`: docs/coordination.md describes the schema, which only ever gains fields.

use serde::Serialize;

use floret_compiler::coordination::{Fix, output_class, written};
use floret_ir::coordination::{Coordination, PointOfOrder, Reason};
use floret_ir::{Diagnostic, Program, RelationId, RelationKind, RuleId, Severity, Sources, Span};

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

    fn collections(&self, answer: &Answer<'_>) -> Vec<Collection> {
        let Answer { program, coordination, .. } = *answer;
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
            }
        });
        collections.collect()
    }

    fn points(&self, answer: &Answer<'_>) -> Vec<Point> {
        let points = answer.coordination.points.iter().enumerate();
        points.map(|(at, point)| self.point(point, answer, answer.witnesses.get(at))).collect()
    }

    fn point(&self, point: &PointOfOrder, answer: &Answer<'_>, witness: Option<&Option<Witness>>) -> Point {
        let program = answer.program;
        let path = point.path.iter().map(|step| Step {
            from: self.name(program, step.from),
            to: self.name(program, step.to),
            place: program.rules.get(step.rule).and_then(|rule| place(rule.span, self.sources)),
        });
        let ways = point.ways_out.iter().map(|way| Way {
            remedy: way.remedy.name(),
            title: way.title.clone(),
            text: way.text.clone(),
            fix: answer
                .fixes
                .iter()
                .find(|fix| std::ptr::eq(fix.way, way) && fix.edits.is_some())
                .map(|fix| fix.number),
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
