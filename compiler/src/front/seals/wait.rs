//! Rules that wait: they negate a sealed channel or input, or aggregate over one. They read the rows kept, for keys that are sealed.

use std::collections::BTreeSet;

use floret_ir::{BinaryOp, Diagnostics, Span};
use floret_lang::tree::{Arg, Call, Expr, ExprKind, Literal, Path, Rule};

use super::{Sealed, SealedInput};
use crate::front::build::Build;
use crate::front::findings::{SenderOfKept, WaitsForNoKey};
use crate::front::is_aggregate;
use crate::front::split::{Names, collect, text};

/// What rules wait for: a sealed channel or input.
pub(super) struct Awaited {
    pub name: String,
    /// Its declaration's name.
    pub span: Span,
    pub columns: Vec<String>,
    /// The columns of its key; none: it is sealed as a whole.
    pub key: Vec<usize>,
    /// The rows that came.
    pub kept: String,
    /// The keys that are sealed.
    pub sealed: String,
}

impl Awaited {
    /// A channel.
    pub fn channel(of: &Sealed) -> Self {
        let columns = of.columns.iter().map(|column| column.name.text.clone()).collect();
        let (kept, sealed) = (of.kept(), of.sealed());
        Awaited { name: of.name.clone(), span: of.span, columns, key: of.key.clone(), kept, sealed }
    }
    /// An input.
    pub fn input(of: &SealedInput) -> Self {
        let columns = of.columns.iter().map(|column| column.name.text.clone()).collect();
        let (kept, sealed) = (of.kept(), of.sealed());
        Awaited { name: of.name.clone(), span: of.span, columns, key: Vec::new(), kept, sealed }
    }
}

/// Outside modules `c::sealed` is still a path of two parts.
pub(super) fn join_paths(rule: &mut Rule, channels: &[Awaited]) {
    for literal in &mut rule.body {
        let (Literal::Negation(call, _) | Literal::Expr(Expr { kind: ExprKind::Call(call), .. })) = literal
        else {
            continue;
        };
        join_path(&mut call.path, channels);
    }
}

/// The same of one path.
pub(super) fn join_path(path: &mut Path, channels: &[Awaited]) {
    let name = text(path);
    if path.parts.len() > 1 && channels.iter().any(|channel| channel.sealed == name) {
        *path = Build { span: path.span }.path(&name);
    }
}

/// Makes the rule wait, if it must.
pub(super) fn wait(rule: &mut Rule, channels: &[Awaited], names: &Names, sink: &mut Diagnostics) {
    let aggregates = rule.head.args.iter().any(|arg| {
        matches!(&arg.value.kind, ExprKind::Call(call)
        if matches!(call.path.parts.as_slice(), [name] if is_aggregate(&name.text)))
    });
    let find = |call: &Call| {
        let here = call.place.as_ref().is_none_or(|place| place.kind == ExprKind::SelfNode);
        let name = text(&call.path);
        channels.iter().find(|channel| here && channel.name == name)
    };
    let waits_at = |literal: &Literal| match literal {
        Literal::Negation(call, _) => find(call),
        Literal::Expr(Expr { kind: ExprKind::Call(call), .. }) if aggregates => find(call),
        Literal::Expr(_) | Literal::Let(..) | Literal::In(..) => None,
    };
    let Some(channel) = rule.body.iter().find_map(waits_at) else { return };
    if asks_sender(rule, names) {
        sink.push(SenderOfKept { channel: channel.name.clone(), span: rule.head.span });
        return;
    }
    let group = group(rule, names);
    let mut seals: Vec<Literal> = Vec::new();
    let mut known = BTreeSet::new();
    for literal in &mut rule.body {
        let (call, negated) = match literal {
            Literal::Negation(call, _) => (call, true),
            Literal::Expr(Expr { kind: ExprKind::Call(call), .. }) => (call, false),
            Literal::Expr(_) | Literal::Let(..) | Literal::In(..) => continue,
        };
        let Some(channel) = find(call) else { continue };
        // What doesn't fit is said where arguments are resolved.
        let columns: Vec<&str> = channel.columns.iter().map(String::as_str).collect();
        let fits = arguments(&call.args, &columns).filter(|_| negated || aggregates);
        let key = fits.map(|columns| {
            let key = channel.key.iter().map(|&number| columns.get(number).copied().flatten());
            key.map(|value| value.filter(|value| decides(value, negated, &group, names)).cloned())
                .collect::<Vec<Option<Expr>>>()
        });
        if let Some(values) = key {
            let vague = channel.key.iter().zip(&values).find(|(_, value)| value.is_none());
            if let Some((&number, _)) = vague {
                let column = channel.columns.get(number).cloned().unwrap_or_default();
                sink.push(WaitsForNoKey {
                    channel: channel.name.clone(),
                    column,
                    aggregate: !negated,
                    span: call.span,
                    declared: channel.span,
                });
                return;
            }
            let mut key = Vec::new();
            for value in values.into_iter().flatten() {
                key.push(named(value, call, negated, &mut seals));
            }
            let shown: Vec<String> = key.iter().map(ToString::to_string).collect();
            if known.insert((channel.name.clone(), shown)) {
                seals.push(Build { span: call.span }.atom(&channel.sealed, key));
            }
        }
        call.path = Build { span: call.path.span }.path(&channel.kept);
    }
    rule.body.extend(seals);
}

/// The value as a variable or constant, so that the rows and their seal are asked for by the same one.
fn named(value: Expr, call: &mut Call, negated: bool, literals: &mut Vec<Literal>) -> Expr {
    use ExprKind::{Bool, Float, Int, Path, String};
    if matches!(value.kind, Path(_) | Int(_) | Float(_) | String(_) | Bool(_)) {
        return value;
    }
    let build = Build { span: value.span };
    let name = format!("$key{}", literals.len());
    for arg in call.args.iter_mut().filter(|arg| arg.value == value) {
        arg.value = build.var(&name);
    }
    literals.push(if negated {
        Literal::Let(build.name(&name), value, build.span)
    } else {
        Literal::Expr(build.binary(BinaryOp::Equal, build.var(&name), value))
    });
    build.var(&name)
}

/// The variables that make the groups: whole columns of the head, and the receiver.
fn group(rule: &Rule, names: &Names) -> BTreeSet<String> {
    let plain = |value: &Expr| match &value.kind {
        ExprKind::Path(_) => {
            let mut found = BTreeSet::new();
            collect(value, names, &mut found);
            found
        }
        _ => BTreeSet::new(),
    };
    let place = rule.head.place.as_deref();
    rule.head.args.iter().map(|arg| &arg.value).chain(place).flat_map(plain).collect()
}

/// Whether the value says which key it is: of each group one, under a negation any value.
fn decides(value: &Expr, negated: bool, group: &BTreeSet<String>, names: &Names) -> bool {
    if value.kind == ExprKind::Wildcard {
        return false;
    }
    let mut used = BTreeSet::new();
    collect(value, names, &mut used);
    negated || used.is_empty() || (matches!(value.kind, ExprKind::Path(_)) && used.is_subset(group))
}

/// Whether the rule asks for the sender of a message.
pub(in crate::front) fn asks_sender(rule: &Rule, names: &Names) -> bool {
    let mut used = BTreeSet::new();
    let values = rule.head.args.iter().map(|arg| &arg.value).chain(rule.head.place.as_deref());
    values.for_each(|value| collect(value, names, &mut used));
    let mut bound = false;
    for literal in &rule.body {
        match literal {
            Literal::Expr(Expr { kind: ExprKind::Call(call), .. }) if names.is_collection(call) => {
                let is_it = |arg: &Arg| arg.value.to_string() == "sender";
                bound |= call.args.iter().any(is_it);
            }
            Literal::Expr(value) => collect(value, names, &mut used),
            Literal::Negation(call, _) => {
                call.args.iter().for_each(|arg| collect(&arg.value, names, &mut used));
            }
            Literal::Let(name, value, _) | Literal::In(name, value, _) => {
                bound |= name.text == "sender";
                collect(value, names, &mut used);
            }
        }
    }
    !bound && used.contains("sender")
}

/// The argument of each column, by position, then by name. `None`: they don't fit.
pub(in crate::front) fn arguments<'t>(args: &'t [Arg], columns: &[&str]) -> Option<Vec<Option<&'t Expr>>> {
    let mut found: Vec<Option<&Expr>> = vec![None; columns.len()];
    let named = args.iter().any(|arg| arg.name.is_some());
    if !named && args.len() != columns.len() {
        return None;
    }
    for (position, arg) in args.iter().enumerate() {
        let column = match &arg.name {
            Some(name) => columns.iter().position(|column| *column == name.text)?,
            None => position,
        };
        let slot = found.get_mut(column)?;
        if slot.replace(&arg.value).is_some() {
            return None;
        }
    }
    Some(found)
}
