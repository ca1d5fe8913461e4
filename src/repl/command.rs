//! The commands that start with `:`.

use floret_ir::time::{parse_duration, parse_time};

use crate::repl::definition::Number;

/// A command's entry in the help.
pub struct Entry {
    /// Its name, without the `:`.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
}

const fn entry(name: &'static str, usage: &'static str, help: &'static str) -> Entry {
    Entry { name, usage, help }
}

/// All commands, in the order of the help.
pub const COMMANDS: &[Entry] = &[
    entry("rules", ":rules", "the program: every declaration and rule with its number"),
    entry("arrivals", ":arrivals", "what arrived, with numbers: facts, sent rows, files, ticks"),
    entry("drop", ":drop 3 5", "take statements or facts back by their numbers; the rest is replayed"),
    entry("undo", ":undo", "take the last change back"),
    entry("clear", ":clear", "start anew (`:undo` brings everything back)"),
    entry("state", ":state NAME", "what a collection holds; without a name, how many rows each has"),
    entry("explain", ":explain NAME", "what fills a collection, when, and whether order matters"),
    entry("check", ":check", "which results could depend on the order of messages, and why"),
    entry("strata", ":strata", "the order in which the rules of a tick are evaluated"),
    entry("load", ":load FILE.flo", "add a program; `:load NAME=FILE.csv` reads rows (CSV or JSON lines)"),
    entry("save", ":save FILE.flo", "write the program and its facts to a file"),
    entry("send", ":send NAME(1, 2)", "a row from the host, to one node"),
    entry("delete", ":delete NAME(1, 2)", "the host deletes a row of a mutable input"),
    entry("nodes", ":nodes Server=3", "how many nodes a role has; everything is replayed"),
    entry(
        "hold",
        ":hold CHANNEL",
        "keep messages under way (all channels, if none is named); `:hold off` ends it",
    ),
    entry("pending", ":pending", "the messages that are held, with numbers"),
    entry("deliver", ":deliver 2 3", "let held messages arrive, those for one node together; `:deliver all`"),
    entry("step", ":step", "let the oldest held message arrive"),
    entry("run", ":run", "let held messages arrive until none is left"),
    entry("tick", ":tick 5", "so many ticks of every node (one, if no number is given)"),
    entry(
        "clock",
        ":clock 5s",
        "let time pass, timers beat; `:clock 2026-01-31T12:00:00Z` sets it, `:clock` shows it",
    ),
    entry("time", ":time", "show how long each input takes, or no longer"),
    entry("help", ":help", "this; `:help COMMAND` for one of them"),
    entry("quit", ":quit", "end the session (also Ctrl-D)"),
];

/// A command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// `:rules`
    Rules,
    /// `:arrivals`
    Arrivals,
    /// `:drop`
    Drop(Vec<Number>),
    /// `:undo`
    Undo,
    /// `:clear`
    Clear,
    /// `:state`
    State(Option<String>),
    /// `:explain`
    Explain(String),
    /// `:check`
    Check,
    /// `:strata`
    Strata,
    /// `:load FILE`
    Load(String),
    /// `:load NAME=FILE`
    LoadData(String),
    /// `:save FILE`
    Save(String),
    /// `:send`; where the row starts in the line.
    Send(usize),
    /// `:delete`; where the row starts in the line.
    Delete(usize),
    /// `:nodes`
    Nodes(Vec<(String, u32)>),
    /// `:hold`
    Hold(Vec<String>),
    /// `:hold off`
    Unhold,
    /// `:pending`
    Pending,
    /// `:deliver`; nothing: all.
    Deliver(Option<Vec<u32>>),
    /// `:step`
    Step,
    /// `:run`
    Run,
    /// `:tick`
    Tick(u32),
    /// `:clock`
    Clock(Clock),
    /// `:time`
    Time,
    /// `:help`
    Help(Option<String>),
    /// `:quit`
    Quit,
}

/// What `:clock` is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    /// Show the time.
    Show,
    /// So many nanoseconds pass.
    Pass(i64),
    /// Now it is this time, in nanoseconds since 1970 (UTC).
    Set(i64),
}

/// Reads a line that starts with `:`.
///
/// # Errors
/// In words, with what to write instead.
pub fn parse(line: &str) -> Result<Command, String> {
    let line = line.trim_end();
    let after = line.trim_start().trim_start_matches(':');
    let (word, rest) = after.split_once(char::is_whitespace).unwrap_or((after, ""));
    let rest = rest.trim().trim_end_matches(';').trim_end();
    let entry = find(word)?;
    let usage = || format!("write `{}`: {}", entry.usage, entry.help);
    let none = |command: Command| match rest {
        "" => Ok(command),
        _ => Err(format!("`:{}` stands alone; there is `{rest}` after it", entry.name)),
    };
    let some = || if rest.is_empty() { Err(usage()) } else { Ok(rest.to_owned()) };
    match entry.name {
        "rules" => none(Command::Rules),
        "arrivals" => none(Command::Arrivals),
        "undo" => none(Command::Undo),
        "clear" => none(Command::Clear),
        "check" => none(Command::Check),
        "strata" => none(Command::Strata),
        "pending" => none(Command::Pending),
        "step" => none(Command::Step),
        "run" => none(Command::Run),
        "time" => none(Command::Time),
        "quit" => none(Command::Quit),
        "help" => Ok(Command::Help((!rest.is_empty()).then(|| rest.trim_start_matches(':').to_owned()))),
        "state" => Ok(Command::State((!rest.is_empty()).then(|| rest.to_owned()))),
        "explain" => some().map(Command::Explain),
        "save" => some().map(Command::Save),
        "load" if rest.contains('=') => Ok(Command::LoadData(rest.to_owned())),
        "load" => some().map(Command::Load),
        "send" => some().map(|row| Command::Send(line.find(&row).unwrap_or(0))),
        "delete" => some().map(|row| Command::Delete(line.find(&row).unwrap_or(0))),
        "drop" => numbers(&some()?)
            .ok_or_else(usage)
            .map(|list| Command::Drop(list.into_iter().map(Number).collect())),
        "deliver" if rest == "all" => Ok(Command::Deliver(None)),
        "deliver" => numbers(&some()?).ok_or_else(usage).map(|list| Command::Deliver(Some(list))),
        "tick" if rest.is_empty() => Ok(Command::Tick(1)),
        "tick" => rest.parse().map(Command::Tick).map_err(|_| usage()),
        "clock" if rest.is_empty() => Ok(Command::Clock(Clock::Show)),
        "clock" => parse_duration(rest)
            .filter(|time| *time > 0)
            .map(Clock::Pass)
            .or_else(|| parse_time(rest).map(Clock::Set))
            .map(Command::Clock)
            .ok_or_else(usage),
        "hold" if rest == "off" => Ok(Command::Unhold),
        "hold" => Ok(Command::Hold(words(rest))),
        "nodes" => words(rest)
            .iter()
            .map(|word| count(word))
            .collect::<Option<_>>()
            .map(Command::Nodes)
            .ok_or_else(usage),
        _ => Err(usage()),
    }
}

/// The command of that name, or the only one that starts like it.
fn find(word: &str) -> Result<&'static Entry, String> {
    if let Some(entry) = COMMANDS.iter().find(|entry| entry.name == word) {
        return Ok(entry);
    }
    let like: Vec<&Entry> = COMMANDS.iter().filter(|entry| entry.name.starts_with(word)).collect();
    match like.as_slice() {
        [one] if !word.is_empty() => return Ok(one),
        [_, _, ..] if !word.is_empty() => {
            let names: Vec<String> = like.iter().map(|entry| format!("`:{}`", entry.name)).collect();
            let (last, rest) = names.split_last().map_or(("", &[][..]), |(last, rest)| (last.as_str(), rest));
            return Err(format!("`:{word}` could be {} or {last}", rest.join(", ")));
        }
        _ => {}
    }
    let near = floret_ir::closest(word, COMMANDS.iter().map(|entry| entry.name));
    let near = near.map_or(String::new(), |name| format!("; did you mean `:{name}`?"));
    Err(format!("there is no command `:{word}`{near} (`:help` lists them)"))
}

fn words(text: &str) -> Vec<String> {
    text.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn numbers(text: &str) -> Option<Vec<u32>> {
    words(text).iter().map(|word| word.trim_matches(['[', ']']).parse().ok()).collect()
}

fn count(word: &str) -> Option<(String, u32)> {
    let (role, count) = word.split_once('=')?;
    let count = count.parse().ok().filter(|count| (1..=100).contains(count))?;
    Some((role.to_owned(), count))
}
