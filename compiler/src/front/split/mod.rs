//! Bodies at several places: tree -> tree. A rule that reads at other nodes becomes a chain of rules, each at one node:
//! what is needed later is sent along by a channel of the compiler's, `$rule3_1` (the first message of the third rule).
//!
//! The first rule of a chain stays where the rule stood, the others and their channels come last: so the rules keep
//! their numbers. Types, safety and roles are checked on the chain.

mod names;
mod steps;
mod variables;

use std::borrow::Cow;

use floret_ir::{Diagnostic, Diagnostics, RuleOp, Span};
use floret_lang::tree::{
    Arg, Call, Collection, CollectionKind, ColumnDecl, Expr, ExprKind, Literal, Name, Path, Rule, Statement,
    StatementKind, Tree, TypeExpr,
};

pub(super) use names::{Names, text};
use steps::Step;
pub(super) use variables::{OWN, carry, collect, variable};

/// The type of a column whose type is inferred, in the compiler's own channels. No type can be called so.
pub(super) const INFERRED: &str = "_";
/// What the names of the compiler's own channels start with. No name of the language does.
const GENERATED: &str = "$rule";

/// Whether a collection is a channel between the parts of a rule.
pub(super) fn is_generated(collection: &str) -> bool {
    collection.starts_with(GENERATED)
}

/// A program all of whose rules are at one node each.
pub(super) struct Split<'t> {
    /// Its statements.
    pub tree: Cow<'t, Tree>,
    /// A rule was left out that may be the only one to make a view.
    pub incomplete: bool,
    /// The generated channels, each with what is read where it arrives.
    channels: Vec<(String, String)>,
}

impl Split<'_> {
    /// Puts words in the place of generated names.
    pub fn explain(&self, sink: &mut Diagnostics) {
        if self.channels.is_empty() {
            return;
        }
        let mut explained = Diagnostics::new();
        for mut found in sink.sorted() {
            for (channel, reads) in &self.channels {
                let words = format!("the message to `{reads}`");
                rename(&mut found, &format!("`{channel}`"), &words);
            }
            explained.add(found);
        }
        *sink = explained;
    }
}

/// Puts `to` in the place of `from` in all texts of a finding.
pub(in crate::front) fn rename(found: &mut Diagnostic, from: &str, to: &str) {
    let texts = std::iter::once(&mut found.title)
        .chain(found.labels.iter_mut().map(|label| &mut label.text))
        .chain(&mut found.notes)
        .chain(&mut found.help);
    for text in texts {
        if text.contains(from) {
            *text = text.replace(from, to);
        }
    }
}

/// Splits all rules that read at other nodes. Those that can't be split are left out, with a message.
pub(super) fn split<'t>(tree: &'t Tree, sink: &mut Diagnostics) -> Split<'t> {
    if !has_places(&tree.statements) {
        return Split { tree: Cow::Borrowed(tree), incomplete: false, channels: Vec::new() };
    }
    let names = Names::of(tree);
    let mut tree = tree.clone();
    let mut splitter = Splitter {
        names: &names,
        rules: 0,
        incomplete: false,
        channels: Vec::new(),
        added: Vec::new(),
        sink,
    };
    splitter.statements(&mut tree.statements);
    let Splitter { incomplete, channels, added, .. } = splitter;
    tree.statements.extend(added);
    Split { tree: Cow::Owned(tree), incomplete, channels }
}

fn has_places(statements: &[Statement]) -> bool {
    statements.iter().any(|statement| match &statement.kind {
        StatementKind::Rule(rule) => is_placed(rule),
        StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => has_places(statements),
        _ => false,
    })
}

fn is_placed(rule: &Rule) -> bool {
    rule.body.iter().any(|literal| {
        let place = match literal {
            Literal::Expr(Expr { kind: ExprKind::Call(call), .. }) | Literal::Negation(call, _) => {
                &call.place
            }
            Literal::Expr(_) | Literal::Let(..) | Literal::In(..) => &None,
        };
        place.as_ref().is_some_and(|place| place.kind != ExprKind::SelfNode)
    })
}

struct Splitter<'s> {
    names: &'s Names,
    /// How many rules were seen.
    rules: usize,
    incomplete: bool,
    channels: Vec<(String, String)>,
    /// The other rules of the chains, and their channels.
    added: Vec<Statement>,
    sink: &'s mut Diagnostics,
}

impl Splitter<'_> {
    fn statements(&mut self, statements: &mut Vec<Statement>) {
        statements.retain_mut(|statement| match &mut statement.kind {
            StatementKind::Rule(rule) => {
                self.rules += 1;
                if !is_placed(rule) {
                    return true;
                }
                let steps = steps::of(rule, self.names, self.sink);
                let first = steps.and_then(|steps| self.chain(rule, steps, statement.span));
                self.incomplete |= first.is_none() && rule.op == RuleOp::Now;
                first.map(|first| *rule = first).is_some()
            }
            StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => {
                self.statements(statements);
                true
            }
            _ => true,
        });
    }

    /// The first rule of the chain; the others are added.
    fn chain(&mut self, rule: &Rule, steps: Vec<Step>, whole: Span) -> Option<Rule> {
        let number = self.rules;
        let channel = |at: usize| format!("{GENERATED}{number}_{at}");
        let mut chain = Vec::new();
        let mut steps = steps.into_iter().enumerate().peekable();
        while let Some((at, step)) = steps.next() {
            let mut body = Vec::new();
            if at > 0 {
                let call = message(&channel(at), &step, None);
                body.push(Literal::Expr(Expr { span: call.span, kind: ExprKind::Call(call) }));
                self.channels.push((channel(at), step.reads.clone()));
                self.added.push(declaration(&channel(at), &step, whole));
            }
            body.extend(step.literals);
            let (head, op) = match steps.peek() {
                Some((next, to)) => {
                    let place = to.place.clone();
                    (message(&channel(*next), to, place), RuleOp::Later)
                }
                None => (last_head(rule, at > 0), rule.op),
            };
            chain.push(Rule { head, op, op_span: rule.op_span, body });
        }
        let mut chain = chain.into_iter();
        let first = chain.next();
        for rule in chain {
            let kind = StatementKind::Rule(rule);
            self.added.push(Statement { attributes: Vec::new(), doc: None, kind, span: whole });
        }
        first
    }
}

/// The rule's own head. What it says of its own node is told by variables, if it is made elsewhere.
fn last_head(rule: &Rule, elsewhere: bool) -> Call {
    let mut head = rule.head.clone();
    if elsewhere {
        head.args.iter_mut().for_each(|arg| variables::carry(&mut arg.value));
        // Without a place it is for the rule's own node.
        let own = || Box::new(variables::variable(variables::OWN, rule.head.span));
        let mut place = head.place.take().unwrap_or_else(own);
        variables::carry(&mut place);
        head.place = Some(place);
    }
    head
}

/// The channel to a step, as an atom or a head.
fn message(channel: &str, step: &Step, place: Option<Expr>) -> Call {
    let span = step.span;
    let arg = |name: &String| Arg { name: None, value: variables::variable(name, span) };
    let path = Path { parts: vec![Name { text: channel.to_owned(), span }], span };
    Call { path, place: place.map(Box::new), args: step.carried.iter().map(arg).collect(), span }
}

fn declaration(channel: &str, step: &Step, whole: Span) -> Statement {
    let span = step.span;
    let column = |name: &String| ColumnDecl {
        name: Name { text: name.clone(), span },
        ty: TypeExpr::Named {
            path: Path { parts: vec![Name { text: INFERRED.to_owned(), span }], span },
            args: Vec::new(),
            span,
        },
    };
    let collection = Collection {
        modifiers: Vec::new(),
        kind: CollectionKind::Channel,
        name: Name { text: channel.to_owned(), span },
        columns: step.carried.iter().map(column).collect(),
        key: None,
        on: None,
        shards: None,
        clauses: Vec::new(),
    };
    let kind = StatementKind::Collection(collection);
    Statement { attributes: Vec::new(), doc: None, kind, span: whole }
}
