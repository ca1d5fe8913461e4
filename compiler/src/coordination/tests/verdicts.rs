//! Known programs of the literature and their verdicts: tests/verdicts/NAME.flo, each with what is expected in its header,
//! written by hand before the check saw the program.

use std::collections::BTreeSet;
use std::path::Path;

use floret_ir::coordination::{Coordination, PointOfOrder};
use floret_ir::{Program, RelationId};

use crate::coordination::output_class;
use crate::{driver, modules::OneFile};

/// The header's lines as `output NAME CLASS`, `replicas NAME VERDICT` and `point KIND at RULE`.
fn expected(text: &str) -> BTreeSet<String> {
    let header = text.lines().map_while(|line| line.strip_prefix("// "));
    header
        .filter(|line| ["output ", "replicas ", "point "].iter().any(|word| line.starts_with(word)))
        .map(str::to_owned)
        .collect()
}

/// The same of what the check says.
fn found(text: &str, program: &Program, coordination: &Coordination) -> BTreeSet<String> {
    let outputs =
        program.relations.entries().filter(|(_, relation)| relation.output).map(|(id, relation)| {
            format!("output {} {}", relation.name, output_class(coordination, program, id).name())
        });
    let replicas = program.relations.entries().filter(|(_, relation)| relation.output);
    let replicas = replicas.filter_map(|(id, relation)| {
        let found = coordination.replicas[id].as_ref()?;
        let verdict = if found.agree { "agree" } else { "diverge" };
        Some(format!("replicas {} {verdict}", relation.name))
    });
    let points = coordination.points.iter().map(|point| shown(point, text, program));
    outputs.chain(replicas).chain(points).collect()
}

fn shown(point: &PointOfOrder, text: &str, program: &Program) -> String {
    let name = |relation: RelationId| program.relations[relation].name.clone();
    let place = point.rule.map_or_else(
        || name(point.relation),
        |rule| {
            let span = program.rules[rule].span;
            let rule = &text[span.start as usize..span.end as usize];
            rule.split_whitespace().collect::<Vec<_>>().join(" ")
        },
    );
    format!("point {} at {place}", point.kind.name())
}

#[test]
fn known_programs_keep_their_verdicts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/verdicts");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut wrong = Vec::new();
    let (mut confluent, mut dependent) = (0, 0);
    for path in files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "flo")) {
        let text = std::fs::read_to_string(path).unwrap();
        let compilation = driver::compile("test.flo", &text, &OneFile);
        let Some(artifact) = compilation.artifact else {
            let why = floret_lang::render(&compilation.diagnostics, &compilation.sources, false);
            wrong.push(format!("{}\n{why}", path.display()));
            continue;
        };
        let found = found(&text, &artifact.stratified.program, &artifact.coordination);
        let expected = expected(&text);
        assert!(
            expected.iter().any(|line| line.starts_with("output ")),
            "{} expects nothing",
            path.display()
        );
        if found.iter().any(|line| line.starts_with("point ")) {
            dependent += 1
        } else {
            confluent += 1
        }
        if expected != found {
            let less: Vec<_> = expected.difference(&found).collect();
            let more: Vec<_> = found.difference(&expected).collect();
            wrong.push(format!("{}\n  expected {less:#?}\n  found {more:#?}", path.display()));
        }
    }
    println!("verdicts: {confluent} programs without and {dependent} with points of order");
    assert!(confluent >= 20 && dependent >= 20, "programs are missing");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
