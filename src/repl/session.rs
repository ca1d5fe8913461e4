//! The session: text in, answer out, no terminal. Nothing that is refused changes it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use floret_ir::{Diagnostics, FileId, RuleId, print};
use floret_lang::tree::{Call, StatementKind};

use crate::repl::changes::{self, Picture};
use crate::repl::command::{self, Command};
use crate::repl::declare;
use crate::repl::definition::{Arrival, Data, Definition, Number, Origin, Piece, Statement, TypedFact};
use crate::repl::machine::{Failure, Machine, is_first};
use crate::repl::output::{Output, Tone};
use crate::repl::program::{self, Compiled};
use crate::repl::{data, files, query, replay, show};

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
    pub timed: bool,
}

impl Session {
    /// An empty session.
    ///
    /// # Errors
    /// None is known; an empty program always runs.
    pub fn new(stop: Arc<AtomicBool>, width: usize) -> Result<Session, Failure> {
        let definition = Definition::default();
        let refused = |_| Failure::Wrong("the empty program does not compile".to_owned());
        let compiled = program::compile(&definition).map_err(refused)?;
        let machine = replay::replay(&definition, &compiled, &stop)?;
        let past = Vec::new();
        Ok(Session { definition, compiled, machine, past, stop, width, stale: false, timed: false })
    }

    /// The present program.
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
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
            Command::Pending => show::pending(&self.machine),
            Command::Help(topic) => show::help(topic.as_deref()),
            Command::Quit => Output { over: true, ..Output::default() },
            Command::Time => {
                self.timed = !self.timed;
                let text = if self.timed { "times are shown" } else { "times are not shown" };
                Output::of(Tone::Note, text)
            }
            Command::Drop(numbers) => self.remove(&numbers),
            Command::Undo => self.undo(),
            Command::Clear => {
                let mut output =
                    self.change(Definition { last: self.definition.last, ..Definition::default() });
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
            Command::Send(at) => self.send(line, at),
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
            return Output::refused(sink.sorted(), [piece.source.as_ref().clone()].into_iter().collect());
        }
        let mut new = self.definition.clone();
        let (mut numbers, mut facts) = (Vec::new(), Vec::new());
        let mut calls: Vec<&Call> = Vec::new();
        let mut start = piece.start;
        for statement in &tree.statements {
            let end = piece.start + statement.span.end as usize;
            let part = trimmed(piece.part(start, end));
            start = end;
            let number = new.number();
            match &statement.kind {
                StatementKind::Fact(call) if !file => {
                    calls.push(call);
                    facts.push(TypedFact { number, piece: part });
                }
                kind => {
                    declare::add(&mut new, Statement { number, piece: part, origin: Origin::User }, kind);
                    numbers.push(number);
                }
            }
        }
        let mut declared = Vec::new();
        for call in calls {
            match declare::table_for(call, piece, &mut new) {
                Ok(None) => {}
                Ok(Some(number)) => declared.push(number),
                Err(refusal) => return Output::refused(refusal.diagnostics, refusal.sources),
            }
        }
        if !facts.is_empty() {
            new.arrivals.push(Arc::new(Arrival::Facts(facts)));
        }
        let changed = self.change(new);
        if changed.failed {
            return changed;
        }
        let mut output = self.accepted(&numbers, &declared, file);
        let nothing = output.parts.is_empty() && changed.parts.is_empty();
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

    /// A statement in one line: for the first rule of an undeclared view what was inferred.
    fn summary(&self, statement: &Statement) -> String {
        let program = &self.compiled.checked.program;
        let is_it = |rule: &RuleId| self.compiled.number_of(*rule) == Some(statement.number);
        let rule = program.rules.ids().find(is_it);
        let relation = rule.map(|rule| program.rules[rule].head.relation);
        if let Some(relation) = relation.filter(|relation| program.relations[*relation].inferred)
            && program.rules.ids().find(|id| program.rules[*id].head.relation == relation) == rule
        {
            return print::relation(&program.relations[relation], program);
        }
        let text = statement.piece.text();
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect();
        lines.join(" ").trim_end_matches(';').to_owned()
    }

    fn load_data(&mut self, spec: &str) -> Output {
        let (program, deployment) = (self.machine.program(), &self.machine.deployment);
        let read = data::resolve(spec, program, deployment).and_then(|input| {
            let rows = data::read(&input, program, deployment)?;
            Ok((rows, data::read_as(&input, program, deployment)))
        });
        let (rows, read_as) = match read {
            Ok(read) => read,
            Err(why) => return Output::wrong(why),
        };
        let mut new = self.definition.clone();
        let number = new.number();
        let (count, plural) = (rows.len(), if rows.len() == 1 { "" } else { "s" });
        let note = format!("{number} {count} row{plural} read");
        let data = Data { number, spec: spec.to_owned(), rows, read_as };
        new.arrivals.push(Arc::new(Arrival::Data(data)));
        self.noted(new, &note)
    }

    /// A change that begins with a note of its own.
    fn noted(&mut self, new: Definition, note: &str) -> Output {
        let changed = self.change(new);
        if changed.failed {
            return changed;
        }
        let mut output = Output::of(Tone::Note, note);
        output.append(changed);
        output
    }

    fn send(&mut self, line: &str, at: usize) -> Output {
        let mut new = self.definition.clone();
        let number = new.number();
        let piece = Piece::whole(number.to_string(), line.trim_end()).part(at, line.trim_end().len());
        let name: String = piece.text().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let program = &self.compiled.checked.program;
        if let Some(relation) = program.relation_named(&name)
            && program.relations[relation].input.is_none()
        {
            return Output::wrong(format!(
                "`{name}` is not an input; declare it as `input`, or type the row as a fact: `{};`",
                piece.text().trim_end_matches(';')
            ));
        }
        new.arrivals.push(Arc::new(Arrival::Send(TypedFact { number, piece })));
        self.change(new)
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
            return show::pending(&self.machine);
        }
        self.arrive(Arrival::Deliver(letters), "nothing changed")
    }

    /// Something arrives; `otherwise` is said if nothing is seen of it.
    fn arrive(&mut self, arrival: Arrival, otherwise: &str) -> Output {
        let mut new = self.definition.clone();
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
        let mut output = self.change(new);
        if output.failed {
            let list: Vec<String> = numbers.iter().map(|number| number.0.to_string()).collect();
            let text = format!(
                "{} is still needed: drop what needs it too, as `:drop {} N`",
                if numbers.len() == 1 { "it" } else { "one of them" },
                list.join(" ")
            );
            output.line(Tone::Note, text);
        } else if output.parts.is_empty() {
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
        let warnings: Vec<String> = compiled.warnings.difference(&self.compiled.warnings).cloned().collect();
        let changed = match self.continues(&new, &compiled) {
            true => self.go_on(&new, &compiled),
            false => self.start_over(&new, &compiled),
        };
        let mut output = match changed {
            Ok(output) => output,
            Err(why) => return failed(why),
        };
        for warning in warnings {
            output.line(Tone::Plain, warning.trim_end());
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
            | Arrival::Tick(_)
            | Arrival::Hold(_)
            | Arrival::Unhold
            | Arrival::Deliver(_)
            | Arrival::Run => false,
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
        let number = |rule| number_text(compiled, rule);
        Ok(changes::seen(&self.machine.seen, &self.machine, &number))
    }

    /// Replays everything.
    fn start_over(&mut self, new: &Definition, compiled: &Compiled) -> Result<Output, Failure> {
        let machine = replay::replay(new, compiled, &self.stop)?;
        let before = Picture::of(&self.machine, &|rule| number_text(&self.compiled, rule));
        let after = Picture::of(&machine, &|rule| number_text(compiled, rule));
        self.machine = machine;
        Ok(changes::difference(&before, &after, &self.machine))
    }

    /// Replays the session as it is.
    fn rebuild(&mut self) -> Result<(), Failure> {
        self.machine = replay::replay(&self.definition, &self.compiled, &self.stop)?;
        self.stale = false;
        Ok(())
    }
}

fn number_text(compiled: &Compiled, rule: RuleId) -> String {
    compiled.number_of(rule).map_or_else(|| format!("rule {}", rule.0), |number| number.to_string())
}

fn failed(why: Failure) -> Output {
    match why {
        Failure::Interrupted => Output::wrong("interrupted; the session is as it was before"),
        Failure::Wrong(why) => Output::wrong(format!("{why}; the session is as it was before")),
    }
}

/// Without white space around it.
fn trimmed(piece: Piece) -> Piece {
    let text = piece.text();
    let start = piece.start + (text.len() - text.trim_start().len());
    let end = piece.start + text.trim_end().len();
    piece.part(start, end)
}
