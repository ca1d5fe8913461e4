//! Reads a case's file. A mistake in it is an error with its line; nothing is passed over.

use floret_ir::{Diagnostics, FileId};
use floret_lang::tree::{Call, Expr, StatementKind};

use super::case::{Arrival, Case, Content, Expect, Found, ReportKind, Tick};

/// A section: the words of its `--- ` line, and its lines with their numbers.
struct Section<'t> {
    line: usize,
    title: &'t str,
    lines: Vec<(usize, &'t str)>,
}

/// Reads the text of a case.
pub fn read(text: &str) -> Result<Case, String> {
    let (head, sections) = sections(text);
    let by = head.iter().find_map(|(_, line)| line.strip_prefix("# by: ")).map(str::trim);
    let by = by.ok_or("line 1: `# by: hand` or `# by: PROGRAM` must say where the expectation comes from")?;
    if let Some((line, _)) = head.iter().find(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        return Err(format!("line {line}: before the first section there are only lines with `#`"));
    }
    let mut case = Case {
        by: by.to_owned(),
        program: String::new(),
        nodes: Vec::new(),
        params: None,
        files: Vec::new(),
        diagnostics: None,
        ticks: Vec::new(),
        run: None,
    };
    for section in &sections {
        take(&mut case, section).map_err(|(line, why)| format!("line {line}: {why}"))?;
    }
    if case.program.is_empty() {
        return Err("there is no `--- program`".into());
    }
    if case.expects_nothing() {
        return Err("the case expects nothing".into());
    }
    Ok(case)
}

fn sections(text: &str) -> (Vec<(usize, &str)>, Vec<Section<'_>>) {
    let (mut head, mut sections) = (Vec::new(), Vec::<Section<'_>>::new());
    for (number, line) in text.lines().enumerate() {
        let line_number = number + 1;
        match (line.strip_prefix("--- "), sections.last_mut()) {
            (Some(title), _) => {
                sections.push(Section { line: line_number, title: title.trim(), lines: Vec::new() });
            }
            (None, Some(section)) => section.lines.push((line_number, line)),
            (None, None) => head.push((line_number, line)),
        }
    }
    (head, sections)
}

type Mistake = (usize, String);

fn take(case: &mut Case, section: &Section<'_>) -> Result<(), Mistake> {
    let here = |why: &str| (section.line, why.to_owned());
    let (word, rest) = section.title.split_once(' ').unwrap_or((section.title, ""));
    match word {
        "program" if case.program.is_empty() => {
            case.program = source(section);
        }
        "file" if !rest.is_empty() => case.files.push((rest.to_owned(), source(section))),
        "params" if case.params.is_none() => {
            case.params = Some(call(&format!("params({rest})")).map_err(|why| here(&why))?);
            nothing_in(section)?;
        }
        "nodes" => {
            for part in rest.split(',') {
                let (role, count) = part.split_once('=').ok_or(here("`--- nodes Role=2, Other=1`"))?;
                let count = count.trim().parse().map_err(|_| here("a node count is a number"))?;
                case.nodes.push((role.trim().to_owned(), count));
            }
            nothing_in(section)?;
        }
        "diagnostics" if case.diagnostics.is_none() => {
            let lines = meaningful(section)?;
            case.diagnostics = Some(lines.into_iter().map(found).collect::<Result<_, _>>()?);
        }
        "tick" => {
            let (number, node) = rest.split_once(' ').unwrap_or((rest, ""));
            let number = number.parse().map_err(|_| here("`--- tick 0` or `--- tick 0 Role[1]`"))?;
            let node = (!node.is_empty()).then(|| place(node)).transpose().map_err(|why| here(&why))?;
            case.ticks.push(tick(section, number, node)?);
        }
        "run" if case.run.is_none() => case.run = Some(tick(section, 0, None)?),
        _ => return Err(here("there is no such section, or it is there twice")),
    }
    Ok(())
}

/// A program's text. Its lines keep their numbers within the section: diagnostics count from its first line.
fn source(section: &Section<'_>) -> String {
    let mut lines: Vec<&str> = section.lines.iter().map(|(_, line)| *line).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}

fn nothing_in(section: &Section<'_>) -> Result<(), Mistake> {
    match meaningful(section)?.first() {
        Some((line, _)) => Err((*line, "this section has no lines".into())),
        None => Ok(()),
    }
}

/// The lines without comments and empty ones; indented lines belong to the line before.
fn meaningful(section: &Section<'_>) -> Result<Vec<(usize, String)>, Mistake> {
    let mut joined: Vec<(usize, String)> = Vec::new();
    for (number, line) in &section.lines {
        let text = without_comment(line);
        let Some(first) = text.chars().next() else { continue };
        if text.trim().is_empty() {
            continue;
        }
        if first.is_whitespace() {
            let (_, last) =
                joined.last_mut().ok_or((*number, "an indented line continues the one before".to_owned()))?;
            last.push(' ');
            last.push_str(text.trim());
        } else {
            joined.push((*number, text.trim_end().to_owned()));
        }
    }
    Ok(joined)
}

/// The positions of a line's characters outside of texts in quotes.
fn outside_quotes(line: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut quoted, mut escaped) = (false, false);
    line.char_indices().filter(move |(_, c)| {
        let was_quoted = quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        !was_quoted && *c != '"'
    })
}

fn without_comment(line: &str) -> &str {
    let end = outside_quotes(line).find(|(at, _)| line[*at..].starts_with("//")).map(|(at, _)| at);
    &line[..end.unwrap_or(line.len())]
}

/// `error unknown-name 3:5 words of the title`
fn found((line, text): (usize, String)) -> Result<Found, Mistake> {
    let mut words = text.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (severity, code, place, title) = (word(), word(), word(), word());
    let (rest, column) = place.rsplit_once(':').unwrap_or_default();
    let (file, row) = rest.rsplit_once(':').unwrap_or(("program", rest));
    match row.parse().ok().zip(column.parse().ok()) {
        Some(place) if severity == "error" || severity == "warning" => {
            Ok(Found { file: file.to_owned(), place, severity, code, title })
        }
        _ => Err((line, "a diagnostic is `error CODE LINE:COLUMN words of its title`".into())),
    }
}

fn tick(section: &Section<'_>, number: u64, node: Option<Expr>) -> Result<Tick, Mistake> {
    let (mut arrivals, mut expect) = (Vec::new(), Expect::default());
    for (line, text) in meaningful(section)? {
        let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let at = |why: String| (line, why);
        match word {
            "input" => arrivals.push(Arrival::Input(call(rest).map_err(at)?)),
            "message" => {
                let (row, from) = rest.rsplit_once(" from ").unwrap_or((rest, ""));
                let from = (!from.is_empty()).then(|| place(from)).transpose().map_err(at)?;
                arrivals.push(Arrival::Message(call(row).map_err(at)?, from));
            }
            "delete" => arrivals.push(Arrival::Delete(call(rest).map_err(at)?)),
            "timer" => arrivals.push(Arrival::Timer(call(&format!("{rest}()")).map_err(at)?)),
            "now" => arrivals.push(Arrival::Now(value(rest).map_err(at)?)),
            "seed" => arrivals.push(Arrival::Seed(value(rest).map_err(at)?)),
            "sent" => expect.sent.push(call(rest).map_err(at)?),
            "error" => expect.reports.push((ReportKind::Error, call(rest).map_err(at)?)),
            "overflow" => expect.reports.push((ReportKind::Overflow, call(rest).map_err(at)?)),
            "conflict" => expect.reports.push((ReportKind::Conflict, call(rest).map_err(at)?)),
            "fails" if rest.is_empty() => expect.fails = true,
            "again" if rest == "yes" || rest == "no" => expect.again = Some(rest == "yes"),
            _ => expect.contents.push(content(&text).map_err(at)?),
        }
    }
    Ok(Tick { line: section.line, number, node, arrivals, expect })
}

/// `kv@Server[0]: ("a", 1) ("b", 2)`, or `kv: empty`.
fn content(text: &str) -> Result<Content, String> {
    // Not one of the colons in `instance::name`.
    let alone = |at: usize| !text[..at].ends_with(':') && !text[at + 1..].starts_with(':');
    let colon = outside_quotes(text).find(|(at, c)| *c == ':' && alone(*at)).map(|(at, _)| at);
    let colon = colon.ok_or_else(|| format!("`{text}` is no arrival and no expectation"))?;
    let of = call(&format!("{}()", &text[..colon]))?;
    let rows = text[colon + 1..].trim();
    if rows == "empty" {
        return Ok(Content { of, rows: Vec::new() });
    }
    let (mut depth, mut start, mut groups) = (0usize, 0, Vec::new());
    for (at, c) in outside_quotes(rows) {
        match c {
            '(' | '[' | '{' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1).ok_or("a bracket is closed that was not opened")?;
                if depth == 0 {
                    groups.push(call(&format!("row{}", &rows[start..=at]))?);
                }
            }
            _ if depth == 0 && !c.is_whitespace() => {
                return Err(format!("between rows stands `{c}`"));
            }
            _ => {}
        }
    }
    if groups.is_empty() || depth > 0 {
        return Err("rows are written `(1, 2) (3, 4)`, no rows `empty`".into());
    }
    Ok(Content { of, rows: groups })
}

/// `name@place(args)`, read as a fact.
fn call(text: &str) -> Result<Call, String> {
    let mut sink = Diagnostics::new();
    let tree = floret_lang::parse(&format!("{text};"), FileId(0), &mut sink);
    let problem = sink.sorted().first().map(|diagnostic| diagnostic.title.clone());
    match (problem, tree.statements.as_slice()) {
        (None, [statement]) => match &statement.kind {
            StatementKind::Fact(call) => Ok(call.clone()),
            _ => Err(format!("`{text}` is not a row of a collection")),
        },
        (problem, _) => Err(format!("`{text}`: {}", problem.unwrap_or_else(|| "is not one row".into()))),
    }
}

/// A value alone.
fn value(text: &str) -> Result<Expr, String> {
    match call(&format!("value({text})"))?.args.as_slice() {
        [arg] => Ok(arg.value.clone()),
        _ => Err(format!("`{text}` is not one value")),
    }
}

/// `Server[1]`
fn place(text: &str) -> Result<Expr, String> {
    let call = call(&format!("row@{}()", text.trim()))?;
    call.place.map(|place| *place).ok_or_else(|| format!("`{text}` is no node"))
}
