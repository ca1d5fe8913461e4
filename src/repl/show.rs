//! Answers about the session: its program, its state, what the checks say.

use std::collections::BTreeSet;

use floret_compiler::coordination;
use floret_compiler::explain::{self, What};
use floret_ir::time::{duration_text, time_text};
use floret_ir::{
    Address, AtomSource, FileId, Literal, Program, RelationId, Row, Rule, RuleId, RuleOp, Source, Span,
    Stratified, closest, print,
};

use crate::repl::command::COMMANDS;
use crate::repl::definition::{Arrival, Definition, Number, Origin, TypedFact};
use crate::repl::machine::Machine;
use crate::repl::output::{Output, Part, Tone};
use crate::repl::program::Compiled;
use crate::repl::query;

/// `:rules`
pub fn rules(definition: &Definition) -> Output {
    let mut output = Output::default();
    for statement in &definition.statements {
        let note = match statement.origin {
            Origin::User => "",
            Origin::Automatic => "  // declared for its facts",
        };
        numbered(&mut output, statement.number, &format!("{}{note}", statement.piece.text().trim()));
    }
    if definition.statements.is_empty() {
        output
            .line(Tone::Note, "no rules yet; type one, as `path(x, y) <= link(x, y);`, or `:load` a program");
    }
    output
}

/// `:arrivals`
pub fn arrivals(definition: &Definition) -> Output {
    let mut output = Output::default();
    let width = 5;
    for arrival in &definition.arrivals {
        match &**arrival {
            Arrival::Facts(facts) => {
                facts.iter().for_each(|fact| numbered(&mut output, fact.number, fact_text(fact)));
            }
            Arrival::Send(fact) => numbered(&mut output, fact.number, &format!(":send {}", fact_text(fact))),
            Arrival::Delete(fact) => {
                numbered(&mut output, fact.number, &format!(":delete {}", fact_text(fact)));
            }
            Arrival::Data(data) => {
                let text = format!(":load {}  // {} rows", data.spec, data.rows.len());
                numbered(&mut output, data.number, &text);
            }
            Arrival::Tick(count) => output.line(Tone::Note, format!("{:width$} :tick {count}", "")),
            Arrival::Hold(channels) => {
                output.line(Tone::Note, format!("{:width$} :hold {}", "", channels.join(" ")).trim_end());
            }
            Arrival::Unhold => output.line(Tone::Note, format!("{:width$} :hold off", "")),
            Arrival::Deliver(letters) => {
                let rows: Vec<&str> = letters.iter().map(|letter| letter.row.as_str()).collect();
                output.line(Tone::Note, format!("{:width$} :deliver  // {}", "", rows.join(", ")));
            }
            Arrival::Run => output.line(Tone::Note, format!("{:width$} :run", "")),
            Arrival::Pass(time) => {
                output.line(Tone::Note, format!("{:width$} :clock {}", "", duration_text(*time)));
            }
            Arrival::Clock(now) => {
                output.line(Tone::Note, format!("{:width$} :clock {}", "", time_text(*now)))
            }
        }
    }
    if definition.arrivals.is_empty() {
        output.line(Tone::Note, "nothing arrived yet; type a fact, as `link(\"a\", \"b\");`");
    }
    output
}

fn fact_text(fact: &TypedFact) -> &str {
    fact.piece.text().trim()
}

fn numbered(output: &mut Output, number: Number, text: &str) {
    let mut mark = format!("{:<5} ", number.to_string());
    for line in text.lines() {
        output.line(Tone::Plain, format!("{mark}{line}"));
        mark = " ".repeat(6);
    }
}

/// `:state` and `:state NAME`
pub fn state(machine: &Machine, name: Option<&str>, width: usize) -> Output {
    let program = machine.program();
    let Some(name) = name else {
        let mut output = Output::default();
        let named = || program.relations.entries().filter(|(_, relation)| !relation.is_generated());
        let widest = named().map(|(_, relation)| relation.name.len()).max().unwrap_or(0);
        for (id, relation) in named() {
            let count = rows(machine, id).len();
            let plural = if count == 1 { "" } else { "s" };
            let name = &relation.name;
            output.line(Tone::Plain, format!("{name:widest$}  {count} row{plural}"));
        }
        if program.relations.is_empty() {
            output.line(Tone::Note, "there are no collections yet");
        }
        return output;
    };
    let relation = match find(name, program) {
        Ok(relation) => relation,
        Err(why) => return Output::wrong(why),
    };
    query::table(&rows(machine, relation), relation, &machine.stratified, width)
}

fn rows(machine: &Machine, relation: RelationId) -> BTreeSet<(Address, Row)> {
    let nodes = machine.nodes_of(relation);
    let rows = nodes.into_iter().flat_map(|node| {
        let content = machine.content(node, relation);
        content.into_iter().map(move |row| (node, row))
    });
    rows.collect()
}

fn find(name: &str, program: &Program) -> Result<RelationId, String> {
    program.relation_named(name).ok_or_else(|| {
        let near = closest(name, program.relations.iter().map(|relation| relation.name.as_str()));
        let near = near.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
        format!("there is no collection `{name}`{near}")
    })
}

/// `:strata`
pub fn strata(compiled: &Compiled) -> Output {
    let Stratified { program, strata } = &compiled.checked;
    let mut output = Output::default();
    for (number, component) in strata.components.iter().enumerate() {
        let names: Vec<&str> =
            component.relations.iter().map(|id| program.relations[*id].name.as_str()).collect();
        let recursive = if component.recursive { "  (recursive)" } else { "" };
        output.line(Tone::Strong, format!("{number}: {}{recursive}", names.join(", ")));
        for rule in &component.rules {
            output.line(Tone::Plain, format!("   {}", rule_text(*rule, compiled)));
        }
    }
    let mut title = Some("at the end of the tick:");
    for (id, _) in program.rules.entries().filter(|(_, rule)| rule.op != RuleOp::Now) {
        if let Some(title) = title.take() {
            output.line(Tone::Strong, title);
        }
        output.line(Tone::Plain, format!("   {}", rule_text(id, compiled)));
    }
    if strata.components.is_empty() {
        output.line(Tone::Note, "there are no rules yet");
    }
    output
}

/// A rule with its number.
fn rule_text(id: RuleId, compiled: &Compiled) -> String {
    let program = &compiled.checked.program;
    let number = compiled.number_of(id).map_or(String::new(), |number| format!("{number} "));
    format!("{number}{};", print::rule(&program.rules[id], program))
}

/// `:check`
pub fn check(compiled: &Compiled) -> Output {
    let mut stratified = compiled.checked.clone();
    // In a session one wants to know about everything, as long as nothing is named.
    if stratified.program.relations.iter().all(|relation| !relation.output) {
        let filled: BTreeSet<RelationId> =
            stratified.program.rules.iter().map(|rule| rule.head.relation).collect();
        for (number, relation) in stratified.program.relations.iter_mut().enumerate() {
            relation.output = filled.iter().any(|id| id.0 as usize == number);
        }
    }
    let found = coordination::check(&stratified);
    let mut output = Output::default();
    let summary = coordination::summary(&found, None, &stratified.program);
    if summary.is_empty() {
        output.line(Tone::Note, "there is nothing to check yet: no rules");
    } else {
        output.line(Tone::Plain, summary);
    }
    let mut findings = coordination::findings(&found, &stratified.program);
    findings.extend(coordination::unkept(&found, &stratified.program));
    if !findings.is_empty() {
        let (diagnostics, sources) = (compiled.text.diagnostics(findings), compiled.text.sources());
        output.parts.push(Part::Diagnostics(diagnostics, sources));
    }
    output
}

/// `:explain NAME`
pub fn explain(name: &str, compiled: &Compiled) -> Output {
    let program = &compiled.checked.program;
    let relation = match find(name, program) {
        Ok(relation) => relation,
        Err(why) => return Output::wrong(why),
    };
    let mut asked = compiled.checked.clone();
    asked.program.relations.iter_mut().enumerate().for_each(|(number, known)| {
        known.output = relation.0 as usize == number;
    });
    let mut found = coordination::check(&asked);
    let source = Source { name: "session".to_owned(), text: compiled.text.text().to_owned() };
    let sources = [source].into_iter().collect();
    let text = explain::explain(&compiled.checked, &found, &sources, What::Collection(relation));
    let mut output = Output::default();
    for line in text.unwrap_or_default().lines().filter(|line| !line.is_empty()) {
        output.line(Tone::Plain, compiled.named(&with_number(line, compiled)));
    }
    let reads = |rule: &Rule| {
        rule.body.iter().any(|literal| match literal {
            Literal::Atom(atom) | Literal::Negation(atom) => atom.source == AtomSource::Relation(relation),
            Literal::Condition { .. } | Literal::Let { .. } | Literal::Unnest { .. } => false,
        })
    };
    section(&mut output, "read by", compiled, &reads);
    found.points.retain(|point| point.relation == relation || point.outputs.contains(&relation));
    let findings = coordination::findings(&found, &asked.program);
    if !findings.is_empty() {
        let (diagnostics, sources) = (compiled.text.diagnostics(findings), compiled.text.sources());
        output.parts.push(Part::Diagnostics(diagnostics, sources));
    }
    output
}

/// A line of the explanation; a rule's (`rule 2 (session:7): ...`) begins with the number that the session gave it.
fn with_number(line: &str, compiled: &Compiled) -> String {
    let Some((place, text)) = line.strip_prefix("rule ").and_then(|rest| rest.split_once(": ")) else {
        return line.to_owned();
    };
    let in_session =
        place.split_once("(session:").and_then(|(_, rest)| rest.strip_suffix(')')?.parse::<usize>().ok());
    let number = in_session.and_then(|line| {
        let lines = compiled.text.text().split_inclusive('\n').take(line.saturating_sub(1));
        let start = u32::try_from(lines.map(str::len).sum::<usize>()).ok()?;
        compiled.text.number_at(Span { file: FileId(0), start, end: start })
    });
    match number {
        Some(number) => format!("{number} {text}"),
        None => text.to_owned(),
    }
}

fn section(output: &mut Output, title: &str, compiled: &Compiled, wanted: &dyn Fn(&Rule) -> bool) {
    let rules = compiled.checked.program.rules.entries().filter(|(_, rule)| wanted(rule));
    for (number, (id, _)) in rules.enumerate() {
        if number == 0 {
            output.line(Tone::Plain, format!("{title}:"));
        }
        output.line(Tone::Plain, format!("   {}", rule_text(id, compiled)));
    }
}

/// `:nodes`
pub fn nodes(machine: &Machine) -> Output {
    let program = machine.program();
    let mut output = Output::default();
    for (id, role) in program.roles.entries().filter(|(_, role)| !role.implicit) {
        output.line(Tone::Plain, format!("{}={}", role.name, machine.deployment.members(id).count()));
    }
    if !program.has_roles() {
        output.line(Tone::Note, "the program has no roles: everything is at one node");
    }
    output
}

/// `:pending`
pub fn pending(machine: &Machine, compiled: &Compiled) -> Output {
    let mut output = Output::default();
    for (number, letter) in machine.held() {
        let row = compiled.named(&letter.row);
        let text = format!("{number}: {row} from {} to {}", letter.from, letter.to);
        output.line(Tone::Message, text);
    }
    if output.parts.is_empty() {
        let text = match machine.holding() {
            None => "no message is held; `:hold` keeps them under way",
            Some(_) => "no message is under way",
        };
        output.line(Tone::Note, text);
    }
    output
}

/// `:help` and `:help COMMAND`
pub fn help(topic: Option<&str>) -> Output {
    let mut output = Output::default();
    if let Some(topic) = topic {
        return match COMMANDS.iter().find(|entry| entry.name == topic) {
            Some(entry) => Output::of(Tone::Plain, format!("{}  {}", entry.usage, entry.help)),
            None => Output::wrong(format!("there is no command `:{topic}`")),
        };
    }
    output.line(Tone::Strong, "Statements end in `;` and may go over several lines:");
    for (text, what) in [
        ("table link(from: string, to: string);", "a declaration"),
        ("link(\"a\", \"b\");", "a fact; it arrives now"),
        ("path(x, y) <= link(x, y);", "a rule; what arrived is replayed"),
        ("? path(\"a\", x), x != \"b\"", "a query"),
        ("? 1 + 2", "an expression"),
    ] {
        output.line(Tone::Plain, format!("  {text:38}  {what}"));
    }
    output.line(Tone::Strong, "Commands (their beginnings will do):");
    for entry in COMMANDS {
        output.line(Tone::Plain, format!("  {:18}  {}", entry.usage, entry.help));
    }
    output.line(Tone::Strong, "What is printed:");
    let signs = "  + a row came    - a row went    * an event happened    ~ a message was sent    ! a report";
    output.line(Tone::Plain, signs);
    output
}
