//! Two message orders and their two outcomes, for a point of order: found by running the program on the reference
//! evaluator over a simulated network, on small generated inputs and under random schedules.

mod inputs;
mod runs;
mod values;

use floret_ir::coordination::{PointKind, PointOfOrder};
use floret_ir::{Address, Deployment, InputRow, Program, RelationId, Stratified, row_text};
use floret_sim::{Random, minimise};

use inputs::Inputs;
use runs::{Outcome, Run, Runner};

/// Under how many schedules each.
const SCHEDULES: u64 = 8;
/// Under how many schedules the smallest input is run, to find a short pair of runs.
const FINAL_SCHEDULES: u64 = 40;
/// The most rows of an input.
const MOST_ROWS: usize = 8;

/// Two runs on the same inputs with different outcomes.
#[derive(Clone, Debug)]
pub struct Witness {
    /// What the host feeds, in words.
    pub inputs: Vec<String>,
    /// The collection that differs.
    pub collection: String,
    /// The runs.
    pub runs: [RunText; 2],
}

/// A run in words.
#[derive(Clone, Debug)]
pub struct RunText {
    /// What arrives, tick by tick.
    pub ticks: Vec<String>,
    /// The rows that the collection holds in the end (events and channels: ever held).
    pub outcome: Vec<String>,
}

/// Two runs that show that the point's collection depends on order, looked for on so many inputs; none found says nothing.
pub fn find(stratified: &Stratified, point: &PointOfOrder, tries: u64) -> Option<Witness> {
    let program = &stratified.program;
    let inputs = Inputs::of(program, point.relation);
    let mut random = Random::new(u64::from(point.relation.0));
    for number in 0..tries {
        // Small ones first: few nodes and few rows say most.
        let several = 3 * number >= 2 * tries;
        let counts = program.roles.ids().map(|_| if several { 2 } else { 1 }).collect();
        let params = program.params.iter();
        let params = params.map(|param| param.default.clone().unwrap_or_else(|| inputs.any(param.ty)));
        let deployment = Deployment { params: params.collect(), ..Deployment::new(counts) };
        let rows = 1 + (number as usize * MOST_ROWS) / tries as usize;
        let fed = inputs.rows(rows, &deployment, &mut random);
        let runner = Runner { stratified, deployment, chooses: point.kind == PointKind::Choice };
        if differing(&runner, &fed, point.relation, SCHEDULES).is_some() {
            return Some(smallest(&runner, fed, point));
        }
    }
    None
}

/// Two of the runs in which the collection differs: the shortest pair.
fn differing(
    runner: &Runner<'_>,
    fed: &[(Address, InputRow)],
    relation: RelationId,
    schedules: u64,
) -> Option<[Run; 2]> {
    let runs: Vec<Run> = (0..schedules).filter_map(|seed| runner.run(fed, seed)).collect();
    let outcomes: Vec<Outcome> = runs.iter().map(|run| run.outcome(runner.program(), relation)).collect();
    let mut best: Option<(usize, usize, usize)> = None;
    for (a, first) in outcomes.iter().enumerate() {
        for (b, second) in outcomes.iter().enumerate().skip(a + 1) {
            let length = runs.get(a)?.length() + runs.get(b)?.length();
            if first != second && best.is_none_or(|(least, ..)| length < least) {
                best = Some((length, a, b));
            }
        }
    }
    let (_, a, b) = best?;
    Some([runs.get(a)?.clone(), runs.get(b)?.clone()])
}

/// The witness with as few rows as can be.
fn smallest(runner: &Runner<'_>, fed: Vec<(Address, InputRow)>, point: &PointOfOrder) -> Witness {
    let mut tries = 60;
    let fed = minimise(fed, &mut tries, |some| differing(runner, some, point.relation, SCHEDULES).is_some());
    let program = runner.program();
    let pair = differing(runner, &fed, point.relation, FINAL_SCHEDULES);
    // An output says more than what is inside.
    let shown = pair.as_ref().and_then(|[a, b]| {
        let differs = |of: &RelationId| a.outcome(program, *of) != b.outcome(program, *of);
        point.outputs.iter().copied().find(differs)
    });
    let shown = shown.unwrap_or(point.relation);
    let name = |id: RelationId| program.relations.get(id).map_or_else(String::new, |of| of.name.clone());
    let runs = pair.map(|pair| {
        pair.map(|run| RunText { ticks: run.ticks(program), outcome: run.outcome_text(program, shown) })
    });
    let nothing = || RunText { ticks: Vec::new(), outcome: Vec::new() };
    Witness {
        inputs: fed.iter().map(|(node, input)| input_text(program, *node, input)).collect(),
        collection: name(shown),
        runs: runs.unwrap_or_else(|| [nothing(), nothing()]),
    }
}

fn input_text(program: &Program, node: Address, input: &InputRow) -> String {
    let row = program
        .relations
        .get(input.relation)
        .map_or_else(String::new, |relation| row_text(program, relation, &input.row));
    format!("{row}{}", at(program, node))
}

/// ` at Server[0]`, in programs with roles.
fn at(program: &Program, node: Address) -> String {
    match program.roles.get(node.role) {
        Some(role) if !role.implicit => format!(" at {}[{}]", role.name, node.index),
        Some(_) | None => String::new(),
    }
}

impl Witness {
    /// As notes of a diagnostic.
    pub fn notes(&self) -> Vec<String> {
        let list = |lines: &[String]| lines.iter().map(|line| format!("\n    {line}")).collect::<String>();
        let fed = if self.inputs.is_empty() { "\n    nothing".to_owned() } else { list(&self.inputs) };
        let run = |run: &RunText, which: &str| {
            let outcome = if run.outcome.is_empty() { "nothing".into() } else { run.outcome.join(", ") };
            format!("{which}{}\n    then `{}` holds {outcome}", list(&run.ticks), self.collection)
        };
        let [a, b] = &self.runs;
        vec![
            format!("two runs on the same inputs differ; the host feeds{fed}"),
            run(a, "in one run these arrive, tick by tick (each node counts its own)"),
            run(b, "in another"),
        ]
    }
}
