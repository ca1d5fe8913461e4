//! Seals: tree -> tree. A sealed channel becomes ordinary collections and rules (`machinery`), and so does a sealed input
//! (`input`); a rule that negates it or aggregates over it reads the rows that were kept, for keys that are sealed (`wait`).
//! A channel that is sealed as a whole may go without a `seal` (`implied`).
//!
//! A rule that sends keeps its place, as a view of what it sends, and all else comes last: so the rules keep their numbers.

mod channel;
mod forget;
mod implied;
mod input;
mod machinery;
mod wait;

use std::borrow::Cow;

use floret_ir::{Diagnostics, Program, RuleOp, Seal, Span};
use floret_lang::tree::{Call, Expr, ExprKind, Rule, Statement, StatementKind, Tree};

pub(super) use channel::Sealed;
pub(crate) use channel::sealed_name;
use input::SealedInput;
use wait::Awaited;
pub(super) use wait::{arguments, asks_sender};

use super::findings::SealsNothing;
use super::split::{Names, text};
use crate::front::build::Build;

/// A program without seals, and what it had sealed.
pub(super) struct Unsealed<'t> {
    /// Its statements.
    pub tree: Cow<'t, Tree>,
    /// What was written out.
    pub channels: Vec<Sealed>,
    /// The same of inputs.
    pub inputs: Vec<SealedInput>,
}

/// Writes out all sealed channels and inputs. Rules must be at one node each.
pub(super) fn unseal<'t>(tree: Cow<'t, Tree>, sink: &mut Diagnostics) -> Unsealed<'t> {
    if !channel::is_any(&tree.statements) {
        return Unsealed { tree, channels: Vec::new(), inputs: Vec::new() };
    }
    let names = Names::of(&tree);
    let mut tree = tree.into_owned();
    let mut broken = Vec::new();
    let inputs = input::take(&mut tree.statements, &mut broken, sink);
    let mut channels = channel::take(&mut tree.statements, &mut broken, sink);
    // Of roles that there aren't the resolver tells.
    channels.retain(|channel| {
        let known = names.is_role_name(&channel.from) && names.is_role_name(&channel.on);
        if !known {
            broken.push(channel.name.clone());
        }
        known
    });
    let awaited = channels.iter().map(Awaited::channel).chain(inputs.iter().map(Awaited::input));
    let awaited: Vec<Awaited> = awaited.collect();
    let seals = implied::seals(&tree, &channels, &awaited, &names, sink);
    let places = channels.iter().map(|_| Vec::new()).collect();
    let mut writer =
        Writer { names: &names, channels, inputs: &inputs, awaited, broken, places, seals, sink };
    writer.statements(&mut tree.statements);
    let Writer { channels, places, seals, .. } = writer;
    tree.statements.extend(seals);
    let is_value = |name: &str| names.is_value(name);
    for (channel, places) in channels.iter().zip(&places) {
        let machinery = machinery::Machinery::new(channel, &is_value);
        tree.statements.extend(machinery.collections());
        tree.statements.extend(machinery.producer(places));
        tree.statements.extend(machinery.receiver());
    }
    tree.statements.extend(inputs.iter().flat_map(|input| input.written_out(&is_value)));
    Unsealed { tree: Cow::Owned(tree), channels, inputs }
}

impl Unsealed<'_> {
    /// Tells the checked program which collections are what.
    pub fn name_parts(&self, program: &mut Program) {
        let parts = self.channels.iter().filter_map(|channel| {
            let find = |name: &str| program.relation_named(name);
            Some(Seal {
                channel: find(&channel.name)?,
                key: channel.key.clone(),
                rows: (1..=channel.rules).map(|number| find(&channel.rows(number))).collect::<Option<_>>()?,
                sent: find(&channel.sent())?,
                closed: find(&channel.closed())?,
                refused: find(&channel.refused())?,
                message: find(&channel.message())?,
                got: find(&channel.got())?,
                told: find(&channel.told())?,
                done: find(&channel.done())?,
                kept: find(&channel.kept())?,
                sealed: find(&channel.sealed())?,
            })
        });
        program.seals = parts.collect();
        let inputs = self.inputs.iter().filter_map(|input| {
            let find = |name: &str| program.relation_named(name);
            Some(floret_ir::SealedInput {
                input: find(&input.name)?,
                end: find(&input.end())?,
                closed: find(&input.closed())?,
                refused: find(&input.refused())?,
                kept: find(&input.kept())?,
                sealed: find(&input.sealed())?,
            })
        });
        program.sealed_inputs = inputs.collect();
    }
}

struct Writer<'s> {
    names: &'s Names,
    channels: Vec<Sealed>,
    inputs: &'s [SealedInput],
    awaited: Vec<Awaited>,
    /// Those that a diagnostic was given for.
    broken: Vec<String>,
    /// Of each channel the rules that send to it.
    places: Vec<Vec<Span>>,
    /// What closes keys.
    seals: Vec<Statement>,
    sink: &'s mut Diagnostics,
}

impl Writer<'_> {
    fn statements(&mut self, statements: &mut Vec<Statement>) {
        statements.retain_mut(|statement| match &mut statement.kind {
            StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => {
                self.statements(statements);
                true
            }
            StatementKind::Rule(rule) => {
                wait::join_paths(rule, &self.awaited);
                wait::wait(rule, &self.awaited, self.names, self.sink);
                self.refuse_filled(rule);
                self.send(rule, statement.span);
                true
            }
            StatementKind::Seal(rule) => {
                wait::join_paths(rule, &self.awaited);
                wait::wait(rule, &self.awaited, self.names, self.sink);
                if let Some(closing) = self.seal(rule) {
                    let kind = StatementKind::Rule(closing);
                    self.seals.push(Statement { kind, ..statement.clone() });
                }
                false
            }
            StatementKind::Output(path) | StatementKind::Confluent(path) => {
                wait::join_path(path, &self.awaited);
                true
            }
            _ => true,
        });
    }

    /// Of rows that rules put into an input the host doesn't know.
    fn refuse_filled(&mut self, rule: &Rule) {
        let name = text(&rule.head.path);
        if self.inputs.iter().any(|input| input.name == name) {
            self.sink.push(SealsNothing {
                title: format!("`{name}` is a sealed input, and a rule changes it"),
                span: rule.head.span,
                label: "the host says when all of it is there, and knows nothing of this rule's rows".into(),
                help: "let the rule fill a collection of its own".into(),
            });
        }
    }

    /// A rule that sends to a sealed channel says what it would send.
    fn send(&mut self, rule: &mut Rule, span: Span) {
        let name = text(&rule.head.path);
        let found = self.channels.iter_mut().zip(&mut self.places).find(|(channel, _)| channel.name == name);
        let Some((channel, places)) = found.filter(|_| rule.op == RuleOp::Later) else { return };
        let columns: Vec<&str> = channel.columns.iter().map(|column| &*column.name.text).collect();
        // What doesn't fit is said where arguments are resolved.
        let Some(head) = addressed(&rule.head, &columns, &channel.rows(places.len() + 1)) else { return };
        places.push(span);
        channel.rules = places.len();
        rule.head = head;
        rule.op = RuleOp::Now;
    }

    /// The rule that closes keys from the next tick on.
    fn seal(&mut self, rule: &Rule) -> Option<Rule> {
        let name = text(&rule.head.path);
        let span = rule.head.span;
        if self.broken.contains(&name) {
            return None;
        }
        let Some(channel) = self.channels.iter().find(|channel| channel.name == name) else {
            self.sink.push(SealsNothing {
                title: format!("`{name}` is no sealed channel"),
                span,
                label: "nothing waits for this seal".into(),
                help: format!("declare what it is sealed by, as in `channel {name}(k: int, ...) on R sealed by k from S;`"),
            });
            return None;
        };
        if rule.op != RuleOp::Later {
            self.sink.push(SealsNothing {
                title: "a seal is a message".into(),
                span: rule.op_span,
                label: format!("`{}` can't send it", rule.op.symbol()),
                help: "write `<~`".into(),
            });
            return None;
        }
        let key: Vec<&str> = channel
            .key
            .iter()
            .filter_map(|&number| channel.columns.get(number))
            .map(|column| &*column.name.text)
            .collect();
        let Some(head) = addressed(&rule.head, &key, &channel.closed()) else {
            let columns = key.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ");
            self.sink.push(SealsNothing {
                title: format!("a seal of `{name}` says which key is complete"),
                span,
                label: format!("`{name}` is sealed by {columns}"),
                help: format!("write `seal {name}@r({}) <~ ...`", key.join(", ")),
            });
            return None;
        };
        Some(Rule { head, op: RuleOp::Next, ..rule.clone() })
    }
}

/// The head over another collection, with the addressed node as its first column. `None`: its arguments don't fit.
fn addressed(head: &Call, columns: &[&str], into: &str) -> Option<Call> {
    let args: Option<Vec<Expr>> =
        wait::arguments(&head.args, columns)?.into_iter().map(|arg| arg.cloned()).collect();
    let build = Build { span: head.span };
    let place = head.place.as_deref().cloned();
    let place = place.unwrap_or(Expr { kind: ExprKind::SelfNode, span: head.span });
    let mut call = build.call(into, std::iter::once(place).chain(args?).collect());
    call.path.span = head.path.span;
    Some(call)
}
