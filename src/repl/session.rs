//! The session: text in, answer out, no terminal. Nothing that is refused changes it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use floret_ir::time::time_text;
use floret_ir::{Diagnostic, Diagnostics, FileId, InputMode, Relation, print};
use floret_lang::tree::{Call, StatementKind};

use crate::repl::changes::{self, Picture};
use crate::repl::command::{self, Clock, Command};
use crate::repl::declare;
use crate::repl::definition::{Arrival, Data, Definition, Number, Origin, Piece, Statement, TypedFact};
use crate::repl::machine::{Failure, Machine, Seen, is_first};
use crate::repl::output::{Output, Part, Tone};
use crate::repl::program::{self, Compiled, Refusal};
use crate::repl::{data, files, input, query, replay, show};

/// Changes that can be undone.
const MOST_UNDO: usize = 1_000;

/// A session.
pub struct Session {
    definition: Definition,
    compiled: Compiled,
    machine: Machine,
    /// What it was before each change.
    past: Vec<Definition>,
    /// Set to end an evaluation.
    stop: Arc<AtomicBool>,
    /// How wide tables may be.
    width: usize,
    /// Whether the nodes are not those of the definition: an evaluation failed half-way.
    stale: bool,
    /// Whether the user wants to see how long inputs take.
    timed: bool,
}

impl Session {
    /// An empty session that begins at `start` (nanoseconds since 1970).
    ///
    /// # Errors
    /// None is known; an empty program always runs.
    pub fn new(start: i64, stop: Arc<AtomicBool>, width: usize) -> Result<Session, Failure> {
        let definition = Definition { start, ..Definition::default() };
        let refused = |_| Failure::Wrong("the empty program does not compile".to_owned());
        let compiled = program::compile(&definition).map_err(refused)?;
        let machine = replay::replay(&definition, &compiled, &stop)?;
        let past = Vec::new();
        Ok(Session { definition, compiled, machine, past, stop, width, stale: false, timed: false })
    }

    /// The present program and what arrived.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The present program, compiled.
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// How long an input took, as a line, if the user wants to see it.
    pub fn time_text(&self, took: Duration) -> String {
        if self.timed { format!("{:.1} ms\n", took.as_secs_f64() * 1e3) } else { String::new() }
    }

    /// Takes what was typed.
    pub fn enter(&mut self, text: &str) -> Output {
        if self.stale
            && let Err(why) = self.rebuild()
        {
            return failed(why);
        }
        let trimmed = text.trim_start();
        if trimmed.trim_end().is_empty() {
            Output::default()
        } else if let Some(asked) = trimmed.strip_prefix('?') {
            let whole = Piece::whole("query", text);
            let piece = whole.part(text.len() - asked.len(), text.len());
            query::ask(&piece, &self.definition, &self.machine, self.width)
        } else if trimmed.starts_with(':') {
            match command::parse(text) {
                Ok(command) => self.obey(command, text),
                Err(why) => Output::wrong(why),
            }
        } else {
            let number = Number(self.definition.last + 1);
            self.add(&Piece::whole(number.to_string(), text), false)
        }
    }

    fn obey(&mut self, command: Command, line: &str) -> Output {
        match command {
            Command::Rules => show::rules(&self.definition),
            Command::Arrivals => show::arrivals(&self.definition),
            Command::State(name) => show::state(&self.machine, name.as_deref(), self.width),
            Command::Explain(name) => show::explain(&name, &self.compiled),
            Command::Check => show::check(&self.compiled),
            Command::Strata => show::strata(&self.compiled),
            Command::Pending => show::pending(&self.machine, &self.compiled),
            Command::Help(topic) => show::help(topic.as_deref()),
            Command::Quit => Output { over: true, ..Output::default() },
            Command::Clock(Clock::Show) => Output::of(Tone::Plain, time_text(self.machine.now())),
            Command::Clock(Clock::Pass(time)) => {
                let after = time_text(self.machine.now().saturating_add(time));
                self.arrive(Arrival::Pass(time), &format!("it is {after}; nothing changed"))
            }
            Command::Clock(Clock::Set(now)) => {
                self.arrive(Arrival::Clock(now), &format!("it is {}", time_text(now)))
            }
            Command::Time => {
                self.timed = !self.timed;
                let text = if self.timed { "times are shown" } else { "times are not shown" };
                Output::of(Tone::Note, text)
            }
            Command::Drop(numbers) => self.remove(&numbers),
            Command::Undo => self.undo(),
            Command::Clear => {
                let mut output = self.change(Definition {
                    last: self.definition.last,
                    start: self.definition.start,
                    ..Definition::default()
                });
                if !output.failed {
                    output = Output::of(Tone::Note, "everything is gone; `:undo` brings it back");
                }
                output
            }
            Command::Load(path) => match files::program(&path) {
                Ok(piece) => self.add(&piece, true),
                Err(why) => Output::wrong(why),
            },
            Command::LoadData(spec) => self.load_data(&spec),
            Command::Save(path) => match files::save(&path, &self.definition) {
                Ok(text) => Output::of(Tone::Note, text),
                Err(why) => Output::wrong(why),
            },
            Command::Send(at) => self.host_row(line, at, false),
            Command::Delete(at) => self.host_row(line, at, true),
            Command::Nodes(counts) if counts.is_empty() => show::nodes(&self.machine),
            Command::Nodes(counts) => self.nodes(counts),
            Command::Hold(channels) => self.hold(channels),
            Command::Unhold => self.arrive(Arrival::Unhold, "messages are delivered again"),
            Command::Deliver(None) => self.deliver(&|_| true),
            Command::Deliver(Some(numbers)) => {
                let held: BTreeSet<u32> = self.machine.held().into_iter().map(|(number, _)| number).collect();
                match numbers.iter().find(|number| !held.contains(number)) {
                    Some(number) => Output::wrong(format!("no message {number} is held; see `:pending`")),
                    None => self.deliver(&|number| numbers.contains(&number)),
                }
            }
            Command::Step => {
                let oldest = self.machine.held().first().map(|(number, _)| *number);
                self.deliver(&|number| Some(number) == oldest)
            }
            Command::Run => self.arrive(Arrival::Run, "nothing to deliver"),
            Command::Tick(count) => self.arrive(Arrival::Tick(count), "nothing changed"),
        }
    }

    /// Adds the statements of a text; the facts of a file are part of the program, typed ones arrive now.
    fn add(&mut self, piece: &Piece, file: bool) -> Output {
        let mut sink = Diagnostics::new();
        let tree = floret_lang::parse(piece.text(), FileId(0), &mut sink);
        if sink.has_errors() {
            let mut output =
                Output::refused(sink.sorted(), [piece.source.as_ref().clone()].into_iter().collect());
            if !file && input::is_given_up(piece.text()) {
                output.line(Tone::Note, "a statement ends in `;`; this one was given up at the empty line");
            }
            return output;
        }
        let mut new = self.definition.clone();
        let (mut numbers, mut facts) = (Vec::new(), Vec::new());
        let mut calls: Vec<(&Call, Piece)> = Vec::new();
        let mut start = piece.start;
        for statement in &tree.statements {
            let end = piece.start + statement.span.end as usize;
            let part = trimmed(piece.part(start, end));
            start = end;
            match &statement.kind {
                StatementKind::Fact(call) if !file => calls.push((call, part)),
                kind => {
                    let number = new.number();
                    declare::add(&mut new, Statement { number, piece: part, origin: Origin::User }, kind);
                    numbers.push(number);
                }
            }
        }
        let mut declared = Vec::new();
        for (call, part) in calls {
            match declare::table_for(call, piece, &mut new) {
                Ok(number) => declared.extend(number),
                Err(refusal) => return Output::refused(refusal.diagnostics, refusal.sources),
            }
            facts.push(TypedFact { number: new.number(), piece: part });
        }
        if !facts.is_empty() {
            new.arrivals.push(Arc::new(Arrival::Facts(facts)));
        }
        let changed = self.change(new);
        if changed.failed {
            return changed;
        }
        let mut output = self.accepted(&numbers, &declared, file);
        let is_test = |kind: &StatementKind| matches!(kind, StatementKind::Test { .. });
        if !file && tree.statements.iter().any(|statement| is_test(&statement.kind)) {
            output.line(Tone::Note, "`:save FILE` writes the program, and `floret test FILE` runs its tests");
        }
        let nothing = !tree.statements.is_empty() && output.parts.is_empty() && changed.parts.is_empty();
        output.append(changed);
        if nothing {
            output.line(Tone::Note, "nothing changed");
        }
        output
    }

    /// What the session says about new statements.
    fn accepted(&self, numbers: &[Number], declared: &[Number], file: bool) -> Output {
        let mut output = Output::default();
        let statement = |number: &Number| self.definition.statements.iter().find(|s| s.number == *number);
        for statement in declared.iter().filter_map(statement) {
            let text = format!("{} {}  // declared for you", statement.number, statement.piece.text());
            output.line(Tone::Note, text);
        }
        if file {
            let (count, last) = (numbers.len(), numbers.last());
            let range = match (numbers.first(), last) {
                (Some(first), Some(last)) if first != last => format!("{first} to {last}: "),
                (Some(first), _) => format!("{first}: "),
                (None, _) => String::new(),
            };
            let plural = if count == 1 { "" } else { "s" };
            output.line(Tone::Note, format!("{range}{count} statement{plural}"));
            return output;
        }
        for statement in numbers.iter().filter_map(statement) {
            output.line(Tone::Note, format!("{} {}", statement.number, self.summary(statement)));
        }
        output
    }

    /// A statement in one line: a declaration as it is understood, or inferred, else what was typed.
    fn summary(&self, statement: &Statement) -> String {
        let program = &self.compiled.checked.program;
        // An undeclared view is declared by the first rule that fills it.
        let is_here = |relation: &&Relation| {
            !relation.is_generated() && self.compiled.text.number_at(relation.span) == Some(statement.number)
        };
        if let Some(relation) = program.relations.iter().find(is_here) {
            return print::relation(relation, program);
        }
        let text = statement.piece.text();
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect();
        lines.join(" ").trim_end_matches(';').to_owned()
    }

    fn load_data(&mut self, spec: &str) -> Output {
        let mut new = self.definition.clone();
        let declared = match declare::table_for_file(spec, self.machine.program(), &mut new) {
            Ok(declared) => declared,
            Err(why) => return Output::wrong(data::in_session(&why)),
        };
        let compiled = match program::compile(&new) {
            Ok(compiled) => compiled,
            Err(refusal) => return Output::refused(refusal.diagnostics, refusal.sources),
        };
        let program = &compiled.running.program;
        let read = replay::deployment(program, &new).and_then(|deployment| {
            let input = data::resolve(spec, program, &deployment).map_err(Failure::Wrong)?;
            let rows = data::read(&input, program, &deployment).map_err(Failure::Wrong)?;
            Ok((rows, data::read_as(&input, program, &deployment)))
        });
        let (rows, read_as) = match read {
            Ok(read) => read,
            Err(Failure::Wrong(why)) => return Output::wrong(why),
            Err(Failure::Interrupted) => return failed(Failure::Interrupted),
        };
        let number = new.number();
        let (count, plural) = (rows.len(), if rows.len() == 1 { "" } else { "s" });
        let note = format!("{number} {count} row{plural} read");
        let data = Data { number, spec: spec.to_owned(), rows, read_as };
        new.arrivals.push(Arc::new(Arrival::Data(data)));
        let changed = self.change(new);
        if changed.failed {
            return changed;
        }
        let mut output = self.accepted(&[], declared.as_slice(), false);
        output.line(Tone::Note, note);
        output.append(changed);
        output
    }

    /// `:send` and `:delete`.
    fn host_row(&mut self, line: &str, at: usize, delete: bool) -> Output {
        let mut new = self.definition.clone();
        let number = new.number();
        let piece = Piece::whole(number.to_string(), line.trim_end()).part(at, line.trim_end().len());
        let row = piece.text().trim_end_matches(';');
        let name: String = row.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
        let program = &self.compiled.checked.program;
        let input = program.relation_named(&name).map(|relation| program.relations[relation].input);
        match input {
            Some(None) if !delete => {
                return Output::wrong(format!(
                    "`{name}` is not an input; declare it as `input`, or type the row as a fact: `{row};`"
                ));
            }
            Some(mode) if delete && mode != Some(InputMode::Mutable) => {
                return Output::wrong(format!(
                    "`{name}` is not a `mutable input table`, whose rows the host may delete; `:drop` takes facts back"
                ));
            }
            Some(_) | None => {}
        }
        let fact = TypedFact { number, piece };
        self.arrive_as(
            new,
            if delete { Arrival::Delete(fact) } else { Arrival::Send(fact) },
            "nothing changed",
        )
    }

    fn nodes(&mut self, counts: Vec<(String, u32)>) -> Output {
        let mut new = self.definition.clone();
        for (role, count) in counts {
            let program = self.machine.program();
            if !program.roles.iter().any(|known| !known.implicit && known.name == role) {
                let near = floret_ir::closest(&role, program.roles.iter().map(|role| role.name.as_str()));
                let near = near.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
                return Output::wrong(format!("there is no role `{role}`{near}"));
            }
            new.nodes.insert(role, count);
        }
        let mut output = self.change(new);
        if !output.failed {
            let mut with_nodes = show::nodes(&self.machine);
            with_nodes.append(output);
            output = with_nodes;
        }
        output
    }

    fn hold(&mut self, channels: Vec<String>) -> Output {
        let program = self.machine.program();
        for name in &channels {
            match program.relation_named(name).map(|relation| &program.relations[relation]) {
                Some(relation) if relation.is_channel() => {}
                Some(_) => {
                    return Output::wrong(format!("`{name}` is not a channel: only messages can be held"));
                }
                None => return Output::wrong(format!("there is no channel `{name}`")),
            }
        }
        let which = if channels.is_empty() {
            "messages".to_owned()
        } else {
            format!("messages of {}", channels.join(", "))
        };
        let note =
            format!("{which} are held from now on; `:pending` shows them, `:deliver` lets them arrive");
        self.arrive(Arrival::Hold(channels), &note)
    }

    fn deliver(&mut self, wanted: &dyn Fn(u32) -> bool) -> Output {
        let held = self.machine.held().into_iter().filter(|(number, _)| wanted(*number));
        let letters: Vec<_> = held.map(|(_, letter)| letter).collect();
        if letters.is_empty() {
            return show::pending(&self.machine, &self.compiled);
        }
        self.arrive(Arrival::Deliver(letters), "nothing changed")
    }

    /// Something arrives; `otherwise` is said if nothing is seen of it.
    fn arrive(&mut self, arrival: Arrival, otherwise: &str) -> Output {
        self.arrive_as(self.definition.clone(), arrival, otherwise)
    }

    fn arrive_as(&mut self, mut new: Definition, arrival: Arrival, otherwise: &str) -> Output {
        new.arrivals.push(Arc::new(arrival));
        let output = self.change(new);
        if output.parts.is_empty() { Output::of(Tone::Note, otherwise) } else { output }
    }

    fn remove(&mut self, numbers: &[Number]) -> Output {
        let mut new = self.definition.clone();
        for number in numbers {
            if !new.remove(*number) {
                let text = format!("there is no {number}; `:rules` and `:arrivals` show the numbers");
                return Output::wrong(text);
            }
        }
        if let Err(refusal) = program::compile(&new) {
            return still_needed(numbers, new, &refusal);
        }
        let mut output = self.change(new);
        if output.parts.is_empty() {
            output.line(Tone::Note, "dropped; nothing changed");
        }
        output
    }

    fn undo(&mut self) -> Output {
        let Some(before) = self.past.pop() else { return Output::of(Tone::Note, "there is nothing to undo") };
        let mut definition = before.clone();
        // Numbers are never given twice.
        definition.last = self.definition.last;
        let mut output = self.change(definition);
        if output.failed {
            self.past.push(before);
        } else {
            // The change was to the past, and is not one to be undone.
            self.past.pop();
            if output.parts.is_empty() {
                output.line(Tone::Note, "undone; nothing changed");
            }
        }
        output
    }

    /// Goes over to another definition, if it is fine.
    fn change(&mut self, new: Definition) -> Output {
        let compiled = match program::compile(&new) {
            Ok(compiled) => compiled,
            Err(refusal) => return Output::refused(refusal.diagnostics, refusal.sources),
        };
        let known = &self.compiled.warnings;
        let warnings = compiled.warnings.iter().filter(|(text, _)| !known.contains_key(*text));
        let warnings: Vec<Diagnostic> = warnings.map(|(_, warning)| warning.clone()).collect();
        let changed = match self.continues(&new, &compiled) {
            true => self.go_on(&new, &compiled),
            false => self.start_over(&new, &compiled),
        };
        let mut output = match changed {
            Ok(output) => output,
            Err(why) => return failed(why),
        };
        if !warnings.is_empty() {
            output.parts.push(Part::Diagnostics(warnings, compiled.text.sources()));
        }
        self.compiled = compiled;
        self.past.push(std::mem::replace(&mut self.definition, new));
        if self.past.len() > MOST_UNDO {
            self.past.remove(0);
        }
        output
    }

    /// Whether the present state, and then some arrivals, is the state of the new definition.
    fn continues(&self, new: &Definition, compiled: &Compiled) -> bool {
        let old = &self.definition;
        let same = compiled.running == self.compiled.running && new.nodes == old.nodes;
        let prefix = new.arrivals.len() >= old.arrivals.len()
            && old.arrivals.iter().zip(&new.arrivals).all(|(old, new)| Arc::ptr_eq(old, new));
        let program = &compiled.running.program;
        let known: BTreeSet<Number> = self.compiled.facts.iter().map(|(number, _)| *number).collect();
        let new_facts = compiled.facts.iter().filter(|(number, _)| !known.contains(number));
        let static_fact = new_facts.into_iter().any(|(_, fact)| is_first(fact.relation, program));
        let static_data = new.arrivals.iter().skip(old.arrivals.len()).any(|arrival| match &**arrival {
            Arrival::Data(data) => data::resolve(&data.spec, program, &self.machine.deployment)
                .is_ok_and(|input| is_first(input.relation, program)),
            Arrival::Facts(_)
            | Arrival::Send(_)
            | Arrival::Delete(_)
            | Arrival::Tick(_)
            | Arrival::Hold(_)
            | Arrival::Unhold
            | Arrival::Deliver(_)
            | Arrival::Run
            | Arrival::Pass(_)
            | Arrival::Clock(_) => false,
        });
        same && prefix && !static_fact && !static_data
    }

    /// Lets the new arrivals arrive.
    fn go_on(&mut self, new: &Definition, compiled: &Compiled) -> Result<Output, Failure> {
        self.machine.seen.clear();
        let facts = replay::facts(compiled);
        for arrival in new.arrivals.iter().skip(self.definition.arrivals.len()) {
            if let Err(why) = replay::apply(arrival, &facts, &mut self.machine) {
                self.stale = true;
                return Err(why);
            }
        }
        Ok(changes::seen(&self.machine.seen, &self.machine, compiled))
    }

    /// Replays everything.
    fn start_over(&mut self, new: &Definition, compiled: &Compiled) -> Result<Output, Failure> {
        let machine = replay::replay(new, compiled, &self.stop)?;
        let before = Picture::of(&self.machine, &self.compiled);
        let after = Picture::of(&machine, compiled);
        self.machine = machine;
        let mut output = changes::difference(&before, &after, &self.machine);
        // Of all that was seen on the way only this is not in the difference.
        let busy = self
            .machine
            .seen
            .iter()
            .rev()
            .find(|seen| matches!(seen, Seen::Busy(_) | Seen::Beaten(_)))
            .cloned();
        output.append(changes::seen(busy.as_slice(), &self.machine, compiled));
        self.machine.seen.clear();
        Ok(output)
    }

    /// Replays the session as it is.
    fn rebuild(&mut self) -> Result<(), Failure> {
        self.machine = replay::replay(&self.definition, &self.compiled, &self.stop)?;
        self.stale = false;
        Ok(())
    }
}

fn failed(why: Failure) -> Output {
    match why {
        Failure::Interrupted => Output::wrong("interrupted; the session is as it was before"),
        Failure::Wrong(why) => Output::wrong(format!("{why}; the session is as it was before")),
    }
}

/// Why something can't be dropped: what needs it, and what needs that, would have to go too.
fn still_needed(numbers: &[Number], mut without: Definition, refusal: &Refusal) -> Output {
    let mut needing = BTreeSet::new();
    let mut found = refusal.numbers.clone();
    while !found.is_empty() {
        for number in found {
            without.remove(number);
            needing.insert(number);
        }
        found = match program::compile(&without) {
            Ok(_) => BTreeSet::new(),
            Err(refusal) => refusal.numbers.difference(&needing).copied().collect(),
        };
    }
    let words = |numbers: &[Number]| match numbers.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            let rest: Vec<String> = rest.iter().map(Number::to_string).collect();
            format!("{} and {last}", rest.join(", "))
        }
        _ => numbers.iter().map(Number::to_string).collect(),
    };
    let needing: Vec<Number> = needing.into_iter().collect();
    let mut all: Vec<u32> = numbers.iter().chain(&needing).map(|number| number.0).collect();
    all.sort_unstable();
    let all: Vec<String> = all.iter().map(u32::to_string).collect();
    if needing.is_empty() {
        return Output::refused(refusal.diagnostics.clone(), refusal.sources.clone());
    }
    Output::wrong(format!(
        "without {} the program is wrong: {} would have to go too (`:drop {}`)",
        words(numbers),
        words(&needing),
        all.join(" ")
    ))
}

/// Without white space around it.
fn trimmed(piece: Piece) -> Piece {
    let text = piece.text();
    let start = piece.start + (text.len() - text.trim_start().len());
    let end = piece.start + text.trim_end().len();
    piece.part(start, end)
}
