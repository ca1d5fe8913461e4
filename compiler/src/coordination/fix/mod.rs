//! Ways out as edits of the program's text: what `floret explain --fix` applies.
//!
//! A way out that can't be written as an edit of the program's own file (the rule is in a module, or was split over
//! several places) has none. An edit is a proposal: whoever applies it checks the new text again.

mod declarations;
mod rules;
mod seal;
mod statements;

use floret_ir::coordination::{Class, Coordination, PointOfOrder, Remedy, WayOut};
use floret_ir::{FileId, IndexVec, Program, RelationId, Span};
use floret_lang::tree::Tree;

use statements::Statements;

/// A text in the place of a part of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What it replaces; empty: it is put in there.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// A way out of a point of order, by its number over all points.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix<'c> {
    /// From 1, in the order of the points and their ways out.
    pub number: usize,
    /// The point.
    pub point: &'c PointOfOrder,
    /// The way out.
    pub way: &'c WayOut,
    /// How to apply it; none: it must be written by hand.
    pub edits: Option<Vec<Edit>>,
}

/// All ways out of the points that are not accepted. `tree` is the program's own file, `text` what it was read from;
/// `reason` is what an acceptance says.
pub fn fixes<'c>(
    text: &str,
    tree: &Tree,
    program: &Program,
    coordination: &'c Coordination,
    reason: &str,
) -> Vec<Fix<'c>> {
    let classes = &coordination.classes;
    let site = Site { text, statements: Statements::of(tree), program, classes, reason };
    let left = coordination.points.iter().filter(|point| point.accepted.is_none());
    let ways = left.flat_map(|point| point.ways_out.iter().map(move |way| (point, way)));
    let fixes = ways.enumerate().map(|(at, (point, way))| {
        let edits = site.edits(point, way).filter(|edits| !edits.is_empty() && are_apart(edits));
        Fix { number: at + 1, point, way, edits }
    });
    fixes.collect()
}

/// The text with the edits made. They must be apart and within it, as those of [`Fix`] are.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let (mut out, mut at) = (String::new(), 0);
    for edit in edits {
        out += text.get(at..edit.span.start as usize).unwrap_or_default();
        out += &edit.text;
        at = edit.span.end as usize;
    }
    out + text.get(at..).unwrap_or_default()
}

/// Whether no two edits replace the same text.
fn are_apart(edits: &[Edit]) -> bool {
    let mut spans: Vec<Span> = edits.iter().map(|edit| edit.span).collect();
    spans.sort();
    spans.windows(2).all(|pair| match pair {
        [a, b] => a.end <= b.start,
        _ => true,
    })
}

/// What edits are made from.
struct Site<'s> {
    text: &'s str,
    statements: Statements<'s>,
    program: &'s Program,
    classes: &'s IndexVec<RelationId, Class>,
    reason: &'s str,
}

impl Site<'_> {
    fn edits(&self, point: &PointOfOrder, way: &WayOut) -> Option<Vec<Edit>> {
        let first = way.about.first().copied();
        match way.remedy {
            Remedy::Remember => self.remember(point, &way.about, false),
            Remedy::MergeInTable => self.remember(point, &way.about, true),
            Remedy::MakeLattice => self.make_a_lattice(first?),
            Remedy::KeepEveryRow => self.keep_every_row(first?),
            Remedy::CompareUpward => self.compare_upward(point, first?),
            Remedy::KeepView => Some(vec![self.kind(first?, "view")?]),
            Remedy::StaticInput => way.about.iter().map(|&input| self.make_static(input)).collect(),
            Remedy::Tombstones => self.tombstones(first?),
            Remedy::ChooseByOrder => self.choose_by_order(point),
            Remedy::BeatOnly => self.beat_only(point, first?),
            // What else arrives changes with it.
            Remedy::TimeAsData => None,
            Remedy::Seal => self.seal(point),
            Remedy::Sequence => self.sequence(first?),
            Remedy::KeepMessages => self.keep_messages(first?),
            Remedy::SendAgain => self.send_again(point, &way.about),
            Remedy::ObserveEvent => self.observe(first?, "event"),
            Remedy::ObserveTable => self.observe(first?, "table"),
            Remedy::Accept => self.accept(point),
        }
    }

    /// A collection's name as it is written in this file; none in modules and of the compiler's own.
    fn name(&self, relation: RelationId) -> Option<&str> {
        let relation = self.program.relations.get(relation)?;
        let written = !relation.is_generated() && !relation.name.contains("::");
        written.then_some(relation.name.as_str())
    }

    /// The line's white space before a place, for what is put in there.
    fn indent(&self, at: u32) -> String {
        let before = self.text.get(..at as usize).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.chars().take_while(|c| c.is_whitespace()).collect()
    }

    /// Lines before the statement that begins there.
    fn before(&self, at: u32, lines: &[String]) -> Edit {
        let indent = self.indent(at);
        let text = lines.iter().map(|line| format!("{line}\n{indent}")).collect();
        Edit { span: place(at), text }
    }

    /// Lines after the statement that ends there.
    fn after(&self, statement: Span, lines: &[String]) -> Edit {
        let indent = self.indent(statement.start);
        let text = lines.iter().map(|line| format!("\n{indent}{line}")).collect();
        Edit { span: place(statement.end), text }
    }
}

/// Nothing, there.
fn place(at: u32) -> Span {
    Span { file: FileId(0), start: at, end: at }
}
