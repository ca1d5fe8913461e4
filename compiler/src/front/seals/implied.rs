//! Seals that nobody wrote: a channel that is sealed as a whole and has no `seal` is sealed where all that its rules read is
//! at its end: sealed inputs, and channels that are sealed as a whole.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::{Diagnostics, RuleOp, Span};
use floret_lang::tree::{
    Collection, CollectionKind, Expr, ExprKind, Literal, Modifier, Rule, Statement, StatementKind, Tree,
};

use super::channel::Sealed;
use super::wait::Awaited;
use crate::front::build::Build;
use crate::front::findings::NobodySeals;
use crate::front::split::{Names, is_generated, text};

/// What a tree says that matters here.
#[derive(Default)]
struct Said<'t> {
    /// The rules by their heads.
    rules: BTreeMap<String, Vec<&'t Rule>>,
    /// The channels that a `seal` names.
    sealed: BTreeSet<String>,
    /// Where rows come from outside this tick's rules: not static inputs, not tables and views.
    arrives: BTreeMap<String, (Span, bool)>,
}

impl<'t> Said<'t> {
    fn read(&mut self, statements: &'t [Statement]) {
        for statement in statements {
            match &statement.kind {
                StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => {
                    self.read(statements);
                }
                StatementKind::Rule(rule) => {
                    self.rules.entry(text(&rule.head.path)).or_default().push(rule);
                }
                StatementKind::Seal(rule) => {
                    self.sealed.insert(text(&rule.head.path));
                }
                StatementKind::Collection(collection) => self.declare(collection),
                StatementKind::Timer { name, .. } => {
                    self.arrives.insert(name.text.clone(), (name.span, false));
                }
                _ => {}
            }
        }
    }

    fn declare(&mut self, collection: &Collection) {
        let has = |which| collection.modifiers.iter().any(|(modifier, _)| *modifier == which);
        let fed = has(Modifier::Input) && !has(Modifier::Static);
        if fed || collection.kind == CollectionKind::Channel {
            self.arrives.insert(collection.name.text.clone(), (collection.name.span, fed));
        }
    }
}

/// What must be sealed for a channel's rows to be complete, or what is never complete.
enum Sources {
    Ends(BTreeSet<String>),
    Endless(String),
}

fn sources(channel: &Sealed, said: &Said<'_>, awaited: &[Awaited], names: &Names) -> Sources {
    let mut ends = BTreeSet::new();
    let mut seen: BTreeSet<String> = BTreeSet::from([channel.name.clone()]);
    let mut queue = vec![channel.name.clone()];
    while let Some(head) = queue.pop() {
        let rules = said.rules.get(&head).map(Vec::as_slice).unwrap_or_default();
        for source in rules.iter().flat_map(|rule| read(rule, names)) {
            if let Some(of) = awaited.iter().find(|of| of.name == source || of.sealed == source) {
                if of.key.is_empty() && of.name != channel.name {
                    ends.insert(of.name.clone());
                } else {
                    return Sources::Endless(of.name.clone());
                }
            } else if said.arrives.contains_key(&source) || source.starts_with("floret::") {
                return Sources::Endless(source);
            } else if seen.insert(source.clone()) {
                queue.push(source);
            }
        }
    }
    Sources::Ends(ends)
}

/// The collections that a rule reads.
fn read<'r>(rule: &'r Rule, names: &Names) -> impl Iterator<Item = String> + 'r {
    let atom = |literal: &Literal| match literal {
        Literal::Negation(call, _) => Some(text(&call.path)),
        Literal::Expr(Expr { kind: ExprKind::Call(call), .. })
            if names.is_collection(call) && !names.is_role(call) =>
        {
            Some(text(&call.path))
        }
        Literal::Expr(_) | Literal::Let(..) | Literal::In(..) => None,
    };
    rule.body.iter().filter_map(atom).collect::<Vec<_>>().into_iter()
}

/// The rules that close what no `seal` of the tree closes. The tree is one without `sealed` clauses.
pub(super) fn seals(
    tree: &Tree,
    channels: &[Sealed],
    awaited: &[Awaited],
    names: &Names,
    sink: &mut Diagnostics,
) -> Vec<Statement> {
    let mut said = Said::default();
    said.read(&tree.statements);
    let whole = channels.iter().filter(|channel| channel.key.is_empty());
    let implied: Vec<&Sealed> = whole.filter(|channel| !said.sealed.contains(&channel.name)).collect();
    let mut ends: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for channel in &implied {
        match sources(channel, &said, awaited, names) {
            Sources::Ends(of) => {
                ends.insert(&channel.name, of);
            }
            Sources::Endless(source) => sink.push(nobody_seals(channel, &source, &said)),
        }
    }
    let waits_for_itself = |channel: &Sealed| {
        let mut seen = BTreeSet::new();
        let mut queue = vec![channel.name.as_str()];
        while let Some(next) = queue.pop() {
            for end in ends.get(next).into_iter().flatten() {
                if *end == channel.name {
                    return true;
                }
                if seen.insert(end.as_str()) {
                    queue.push(end);
                }
            }
        }
        false
    };
    let mut made = Vec::new();
    for channel in implied {
        let Some(of) = ends.get(channel.name.as_str()) else { continue };
        if waits_for_itself(channel) {
            sink.push(nobody_seals(channel, &channel.name, &said));
            continue;
        }
        made.push(closing(channel, of, awaited));
    }
    made
}

fn nobody_seals(channel: &Sealed, source: &str, said: &Said<'_>) -> NobodySeals {
    let own = source == channel.name;
    let known = said.arrives.get(source).filter(|_| !own && !is_generated(source));
    NobodySeals {
        channel: channel.name.clone(),
        span: channel.span,
        role: channel.on.clone(),
        endless: known.map(|(span, fed)| (source.to_owned(), *span, *fed)),
        own,
    }
}

/// Closes the channel to all its receivers.
fn closing(channel: &Sealed, ends: &BTreeSet<String>, awaited: &[Awaited]) -> Statement {
    const RECEIVER: &str = "$to";
    let build = Build { span: channel.span };
    let sealed = awaited.iter().filter(|of| ends.contains(&of.name));
    let mut body: Vec<Literal> = sealed.map(|of| build.atom(&of.sealed, Vec::new())).collect();
    body.push(build.atom(&channel.on, vec![build.var(RECEIVER)]));
    build.rule(build.call(&channel.closed(), vec![build.var(RECEIVER)]), RuleOp::Next, body)
}
