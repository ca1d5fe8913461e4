//! Sequencers: tree -> tree. A channel `ordered via S` becomes two `ordered` channels: one to the first node of S, and the
//! channel itself, from that node alone. What arrives there in one tick leaves in that tick, as one batch; `ordered` does the rest.
//!
//! A rule that sends keeps its place, and all else comes last: so the rules keep their numbers.

mod channel;

use std::borrow::Cow;

use floret_ir::{Diagnostics, Program, RuleOp};
use floret_lang::tree::{Expr, ExprKind, Literal, Rule, Statement, StatementKind, Tree};

use channel::Channel;

use super::findings::SenderOfSequenced;
use super::seals::{arguments, asks_sender};
use super::split::{Names, rename, text};

/// A program without channels `ordered via` a role, and those that it had.
pub(super) struct Relayed<'t> {
    /// Its statements.
    pub tree: Cow<'t, Tree>,
    channels: Vec<Channel>,
}

/// Writes out all channels `ordered via` a role. Rules must be at one node each.
pub(super) fn relay<'t>(tree: Cow<'t, Tree>, sink: &mut Diagnostics) -> Relayed<'t> {
    if !channel::is_any(&tree.statements) {
        return Relayed { tree, channels: Vec::new() };
    }
    let names = Names::of(&tree);
    let mut tree = tree.into_owned();
    let mut channels = channel::find(&tree.statements, None, &names, sink);
    let mut rules = Vec::new();
    sending(&tree.statements, &mut rules);
    channels.retain_mut(|channel| {
        let mut own = rules.iter().filter(|rule| text(&rule.head.path) == channel.name).peekable();
        let is_sent = own.peek().is_some();
        let multicast =
            |rule: &&&Rule| channel::multicast(&rule.head, &rule.body, &channel.on, &names).is_some();
        channel.to_all = is_sent && own.clone().all(|rule| multicast(&rule));
        // What doesn't fit is said where arguments are resolved.
        own.all(|rule| row(rule, channel).is_some())
    });
    let mut writer = Writer { names: &names, channels: &channels, sink };
    writer.statements(&mut tree.statements);
    let is_value = |name: &str| names.is_value(name);
    for channel in &channels {
        tree.statements.extend(channel.machinery(&is_value));
    }
    Relayed { tree: Cow::Owned(tree), channels }
}

impl Relayed<'_> {
    /// The channels whose rows one node sends, and has settled the keys of.
    pub fn settled(&self) -> Vec<&str> {
        self.channels.iter().map(|channel| channel.name.as_str()).collect()
    }

    /// Tells the checked program which channels are what.
    pub fn name_parts(&self, program: &mut Program) {
        let parts = self.channels.iter().filter_map(|channel| {
            Some(floret_ir::Sequenced {
                channel: program.relation_named(&channel.name)?,
                via: program.relation_named(&channel.via())?,
                to_all: channel.to_all,
            })
        });
        program.sequenced = parts.collect();
    }

    /// Puts the channels' names in the place of generated ones.
    pub fn explain(&self, sink: &mut Diagnostics) {
        if self.channels.is_empty() {
            return;
        }
        let mut explained = Diagnostics::new();
        for mut found in sink.sorted() {
            for channel in &self.channels {
                for after in ["`", "("] {
                    let (via, name) = (channel.via(), &channel.name);
                    rename(&mut found, &format!("`{via}{after}"), &format!("`{name}{after}"));
                }
            }
            explained.add(found);
        }
        *sink = explained;
    }
}

/// The rules that send.
fn sending<'t>(statements: &'t [Statement], into: &mut Vec<&'t Rule>) {
    for statement in statements {
        match &statement.kind {
            StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => {
                sending(statements, into);
            }
            StatementKind::Rule(rule) if rule.op == RuleOp::Later => into.push(rule),
            _ => {}
        }
    }
}

/// The columns' values in a head.
fn row(rule: &Rule, channel: &Channel) -> Option<Vec<Expr>> {
    let columns: Vec<&str> = channel.columns.iter().map(|column| &*column.name.text).collect();
    arguments(&rule.head.args, &columns)?.into_iter().map(|arg| arg.cloned()).collect()
}

struct Writer<'s> {
    names: &'s Names,
    channels: &'s [Channel],
    sink: &'s mut Diagnostics,
}

impl Writer<'_> {
    fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.name == name)
    }

    fn statements(&mut self, statements: &mut [Statement]) {
        for statement in statements {
            match &mut statement.kind {
                StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => {
                    self.statements(statements);
                }
                StatementKind::Collection(collection) => {
                    if let Some(channel) = self.channel(&collection.name.text) {
                        channel.relay(collection);
                    }
                }
                StatementKind::Rule(rule) => {
                    self.refuse_sender(rule);
                    self.send(rule);
                }
                _ => {}
            }
        }
    }

    fn send(&self, rule: &mut Rule) {
        let found = self.channel(&text(&rule.head.path)).filter(|_| rule.op == RuleOp::Later);
        let Some((channel, row)) = found.and_then(|channel| Some((channel, row(rule, channel)?))) else {
            return;
        };
        let place = if channel.to_all {
            if let Some(at) = channel::multicast(&rule.head, &rule.body, &channel.on, self.names) {
                rule.body.remove(at);
            }
            None
        } else {
            let own = Expr { kind: ExprKind::SelfNode, span: rule.head.span };
            Some(rule.head.place.as_deref().cloned().unwrap_or(own))
        };
        rule.head = channel.request(&rule.head, row, place);
    }

    fn refuse_sender(&mut self, rule: &Rule) {
        let read = rule.body.iter().find_map(|literal| match literal {
            Literal::Expr(Expr { kind: ExprKind::Call(call), .. }) => self.channel(&text(&call.path)),
            Literal::Expr(_) | Literal::Negation(..) | Literal::Let(..) | Literal::In(..) => None,
        });
        if let Some(channel) = read
            && asks_sender(rule, self.names)
        {
            let channel = channel.name.clone();
            self.sink.push(SenderOfSequenced { channel, span: rule.head.span });
        }
    }
}
