//! What can be done about a point of order, each way with the text to write.

use std::collections::{BTreeSet, VecDeque};

use floret_ir::coordination::{Class, Remedy, WayOut};
use floret_ir::{
    AggregateKind, HeadTerm, InputMode, Lattice, Program, Relation, RelationColumn, RelationId, RelationKind,
    Rule, RuleId, RuleOp, Type,
};

use super::endings::{self, Missing};
use super::fixpoint::{Context, Start};
use super::outcome::Ground;
use super::replicas;
use crate::strata::graph::atoms;

/// The ways out that apply to a point at a rule, or at an input whose rows meet facts.
pub(super) fn of_start(cx: &Context<'_>, start: &Start) -> Vec<WayOut> {
    let Some(rule) = start.rule.and_then(|rule| cx.program.rules.get(rule)) else {
        let lattice = make_a_lattice(cx, start.relation).into_iter();
        return lattice.chain([wider_key(cx, start.relation), accept(start.relation)]).collect();
    };
    let culprits = &start.outcome.culprits;
    let mut ways = Vec::new();
    match start.outcome.ground {
        Ground::MeetsStored | Ground::MeetsMessage => {
            ways.push(remember(cx, rule, "read the table instead"));
            ways.extend(
                start.outcome.culprits.iter().skip(1).find_map(|&stored| complete_inputs(cx, stored)),
            );
        }
        Ground::SharedTick | Ground::Missing => {
            let rest = match cx.program.relations[rule.head.relation].kind {
                RelationKind::View => "read the table instead: then only the last word counts",
                RelationKind::Table
                | RelationKind::Event
                | RelationKind::Channel { .. }
                | RelationKind::Timer { .. } => {
                    "read the table instead, in a view by `<=`: then only the last word counts"
                }
            };
            ways.push(remember(cx, rule, rest));
        }
        Ground::MergedInTick => {
            ways.extend(culprits.iter().map(|&culprit| remember_merged(cx, culprit)));
        }
        Ground::Clock => ways.extend(time_as_data(cx, rule)),
        Ground::Choice => ways.push(WayOut {
            remedy: Remedy::ChooseByOrder,
            about: vec![start.relation],
            title: "choose by an order of the values".into(),
            text: "min(x), or arg_max(x, by) for the x with the greatest `by`, instead of any(x)".into(),
        }),
        Ground::Lost => ways.extend([keep_all(cx, rule), resend(cx, rule)]),
        Ground::Reported | Ground::Peers | Ground::HostDeletes => {}
        Ground::TooEarly | Ground::Clash => {
            ways.extend(culprits.iter().filter_map(|&culprit| follow_upward(cx, culprit)));
            ways.extend(keep_a_view(cx, rule));
            ways.extend(culprits.iter().filter_map(|&culprit| compare_upward(cx, culprit)));
            ways.extend(culprits.iter().find_map(|&culprit| complete_inputs(cx, culprit)));
            ways.extend(culprits.iter().find_map(|&culprit| seal(cx, start.rule, culprit)));
        }
        Ground::EarlySeal => ways.extend(culprits.iter().find_map(|&culprit| complete_inputs(cx, culprit))),
        Ground::Deleted => ways.push(tombstone(cx, rule)),
        Ground::Replaced | Ground::KeyConflict => {
            ways.extend(make_a_lattice(cx, start.relation));
            ways.push(wider_key(cx, start.relation));
        }
        Ground::Monotone
        | Ground::OverStatic
        | Ground::OneMessage
        | Ground::SameMessage
        | Ground::WithinMessage
        | Ground::InsideRow
        | Ground::Threshold
        | Ground::Resent
        | Ground::AddsNothing
        | Ground::LastWord
        | Ground::Sealed
        | Ground::Closes
        | Ground::Remembered
        | Ground::Inherited => {}
    }
    ways.extend(sequence(cx, start.relation));
    ways.push(accept(start.relation));
    ways
}

/// "order through a sequencer", where that is all that replicas lack: it differs from run to run, but not from node to node.
fn sequence(cx: &Context<'_>, relation: RelationId) -> Option<WayOut> {
    let channel = replicas::remedy(cx, relation)?;
    let of = &cx.program.relations[channel];
    let role = cx.program.roles.get(of.role).filter(|role| !role.implicit)?;
    let durable = if role.durable {
        ""
    } else {
        " // and let the role be `durable`: a node that restarts empty has missed what came before"
    };
    Some(WayOut {
        remedy: Remedy::Sequence,
        about: vec![channel],
        title: format!(
            "order the messages of `{}` through one node: runs may still differ, but the nodes of {} agree",
            of.name, role.name
        ),
        text: format!(
            "{} ordered via {};{durable}",
            declaration(cx.program, "channel", &of.name, of, of.key),
            role.name
        ),
    })
}

/// "accept": on the record.
fn accept(relation: RelationId) -> WayOut {
    WayOut {
        remedy: Remedy::Accept,
        about: vec![relation],
        title: "accept it, on the record".into(),
        text: "@accept(\"why the order may decide here\")".into(),
    }
}

/// The ways out for an output view of momentary rows.
pub(super) fn of_fleeting_output(cx: &Context<'_>, relation: RelationId) -> Vec<WayOut> {
    let declared = &cx.program.relations[relation];
    let way = |remedy: Remedy, title: &str, kind: &str| WayOut {
        remedy,
        about: vec![relation],
        title: title.into(),
        text: format!(
            "{};",
            declaration(cx.program, &format!("output {kind}"), &declared.name, declared, declared.key)
        ),
    };
    vec![
        way(Remedy::ObserveEvent, "observe every row it ever held: an event", "event"),
        way(Remedy::ObserveTable, "remember the rows: a table", "table"),
        accept(relation),
    ]
}

/// "remember the message in a table", for every fleeting relation the rule reads.
fn remember(cx: &Context<'_>, rule: &Rule, then: &str) -> WayOut {
    let mut fleeting: Vec<RelationId> = atoms(rule)
        .filter(|(atom, _, _)| cx.class_of(rule, atom) == Class::Fleeting)
        .map(|(_, source, _)| source)
        .collect();
    fleeting.sort_unstable();
    fleeting.dedup();
    let mut lines = Vec::new();
    let mut own_channel = "";
    for &source in &fleeting {
        let mut relation = cx.program.relations[source].clone();
        if relation.is_generated() {
            // Its name and some of its columns' can't be written.
            own_channel = "send by a channel of your own, ";
            relation.name = fresh_name(cx.program, &cx.program.relations[rule.head.relation].name, "asked");
            for column in &mut relation.columns {
                column.name = match column.name.as_str() {
                    "$self" => "by".to_owned(),
                    "$now" => "at".to_owned(),
                    name => name.trim_start_matches('$').to_owned(),
                };
            }
            lines.push(format!("{};", declaration(cx.program, "channel", &relation.name, &relation, None)));
        }
        let relation = &relation;
        let kept = fresh_name(cx.program, &relation.name, "kept");
        let columns = column_names(relation);
        lines.push(format!("{};", declaration(cx.program, "table", &kept, relation, None)));
        lines.push(format!("{kept}({columns}) <= {}({columns});", relation.name));
    }
    WayOut {
        remedy: Remedy::Remember,
        about: fleeting,
        title: format!("{own_channel}remember the message in a table and {then}"),
        text: lines.join("\n"),
    }
}

/// "seal": the channel that fills what is read too early, as a whole, where what it comes of can be sealed, too.
fn seal_all(cx: &Context<'_>, wait: &endings::Wait) -> WayOut {
    let program = cx.program;
    let channel = &program.relations[wait.channel];
    let name = &channel.name;
    let from = &program.roles[wait.from].name;
    let mut lines =
        vec![format!("{} sealed from {from};", declaration(program, "channel", name, channel, None))];
    for &input in &wait.inputs {
        let input = &program.relations[input];
        let kind = format!("input {}", kind_of(input));
        lines.push(format!("{} sealed;", declaration(program, &kind, &input.name, input, None)));
    }
    for &rule in &wait.rules {
        let rule = floret_ir::print::rule(&program.rules[rule], program);
        lines.push(format!("{rule}, {name}::sealed();"));
    }
    WayOut {
        remedy: Remedy::Seal,
        about: vec![wait.channel],
        title: format!(
            "wait until all rows of `{name}` are there: `{name}::sealed()` holds when the hosts have given all rows of the inputs that they come of (their files are at an end)"
        ),
        text: lines.join("\n"),
    }
}

/// "seal": the nearest channel that fills what is read too early, if it can be sealed.
fn seal(cx: &Context<'_>, point: Option<RuleId>, culprit: RelationId) -> Option<WayOut> {
    let missing = match endings::wait(cx.program, &cx.classes, point?) {
        Ok(wait) => return Some(seal_all(cx, &wait)),
        Err(Missing::Endless(source)) => {
            let source = &cx.program.relations[source];
            let name = if source.is_generated() { "a message of the same rule" } else { &source.name };
            format!("\n// nothing says when `{name}` is at its end: that has to be known where it is sealed")
        }
        Err(Missing::Other) => String::new(),
    };
    let mut reached = BTreeSet::from([culprit]);
    let mut queue = VecDeque::from([culprit]);
    let can_be_sealed = |id: RelationId| endings::can_be_sealed(cx.program, id, &cx.program.relations[id]);
    while let Some(at) = queue.pop_front() {
        if cx.program.relations[at].is_channel() {
            let relation = Some(&cx.program.relations[at]).filter(|_| can_be_sealed(at))?;
            let senders: BTreeSet<_> = cx.fills[at].iter().map(|&rule| cx.program.rules[rule].role).collect();
            let mut senders = senders.into_iter();
            let (Some(from), None) = (cx.program.roles.get(senders.next()?), senders.next()) else {
                return None;
            };
            let (name, key) = (&relation.name, &relation.columns.first()?.name);
            let channel = declaration(cx.program, "channel", name, relation, None);
            return (!from.implicit).then(|| WayOut {
                remedy: Remedy::Seal,
                about: vec![at],
                title: format!("seal `{name}`, and let a negation of it or an aggregate over it wait for the seals"),
                text: format!(
                    "{channel} sealed by {key} from {};\nseal {name}@r({key}) <~ ...; // when r gets no more rows of this {key}{missing}",
                    from.name
                ),
            });
        }
        for &rule in &cx.fills[at] {
            let sources = atoms(&cx.program.rules[rule]).map(|(_, source, _)| source);
            queue.extend(sources.filter(|&source| reached.insert(source)));
        }
    }
    None
}

/// "keep it a view", where the head is a table or event that a view could replace.
fn keep_a_view(cx: &Context<'_>, rule: &Rule) -> Option<WayOut> {
    let head = &cx.program.relations[rule.head.relation];
    let replaceable = match head.kind {
        RelationKind::Table | RelationKind::Event => head.input.is_none(),
        RelationKind::View | RelationKind::Channel { .. } | RelationKind::Timer { .. } => false,
    };
    let only_now = cx.fills[rule.head.relation].iter().all(|&rule| cx.program.rules[rule].op == RuleOp::Now);
    (replaceable && only_now).then(|| {
        let kind = if head.output { "output view" } else { "view" };
        WayOut {
            remedy: Remedy::KeepView,
            about: vec![rule.head.relation],
            title: "keep it a view, which takes an early verdict back".into(),
            text: format!("{};", declaration(cx.program, kind, &head.name, head, head.key)),
        }
    })
}

/// "compare upward", where the relation is a view with a column that only goes one way.
fn compare_upward(cx: &Context<'_>, culprit: RelationId) -> Option<WayOut> {
    let relation = &cx.program.relations[culprit];
    if relation.kind != RelationKind::View {
        return None;
    }
    let aggregate = cx.fills[culprit].iter().find_map(|&rule| {
        let terms = cx.program.rules[rule].head.terms.iter().enumerate();
        terms.into_iter().find_map(|(column, term)| match term {
            HeadTerm::Aggregate { kind, .. } => Some((column, *kind)),
            HeadTerm::Expr(_) | HeadTerm::Any => None,
        })
    });
    let (column, kind) = aggregate?;
    let name = &relation.columns.get(column)?.name;
    let comparison = match kind {
        AggregateKind::Count | AggregateKind::CountDistinct | AggregateKind::Max => format!("{name} >= 3"),
        AggregateKind::Min => format!("{name} <= 3"),
        AggregateKind::Collect => format!("size({name}) >= 3"),
        AggregateKind::Sum
        | AggregateKind::Avg
        | AggregateKind::ArgMin
        | AggregateKind::ArgMax
        | AggregateKind::Any => return None,
    };
    Some(WayOut {
        remedy: Remedy::CompareUpward,
        about: vec![culprit],
        title: "compare the aggregate upward only, and use its value nowhere else".into(),
        text: format!("{}({}), {comparison}", relation.name, column_names(relation)),
    })
}

/// "make it a lattice": every value column merges, by the greatest value where nothing else suggests itself.
fn make_a_lattice(cx: &Context<'_>, id: RelationId) -> Option<WayOut> {
    let relation = &cx.program.relations[id];
    let mut merging = relation.clone();
    let key = relation.key?;
    for column in merging.columns.iter_mut().skip(key).filter(|column| column.lattice.is_none()) {
        column.lattice = Some(match column.ty {
            Type::Bool => Lattice::Any,
            Type::Set(of) => Lattice::Set(*of),
            ty => Lattice::Max(ty),
        });
    }
    Some(WayOut {
        remedy: Remedy::MakeLattice,
        about: vec![id],
        title: "make the value columns lattices (`max<..>`, `min<..>`, `set<..>` and others): then rows of one key merge, \
                and `<=` fills it"
            .into(),
        text: format!("{};", declaration(cx.program, kind_of(relation), &relation.name, &merging, relation.key)),
    })
}

/// Reading a lattice by its growth, where the relation has one.
fn follow_upward(cx: &Context<'_>, culprit: RelationId) -> Option<WayOut> {
    let relation = &cx.program.relations[culprit];
    let (column, lattice) =
        relation.columns.iter().find_map(|column| Some((column, column.lattice.as_ref()?)))?;
    let name = &column.name;
    let threshold = match lattice {
        Lattice::Max(_) | Lattice::Lww(_) => format!(", {name} >= LIMIT"),
        Lattice::Min(_) => format!(", {name} <= LIMIT"),
        Lattice::Any => format!(", {name}"),
        Lattice::All => format!(", not {name}"),
        Lattice::Set(_) => format!(", x in {name}"),
        Lattice::Map(..) => format!(", size({name}) >= LIMIT"),
        Lattice::Tuple(_) | Lattice::Struct(..) | Lattice::User(_) => String::new(),
    };
    Some(WayOut {
        remedy: Remedy::CompareUpward,
        about: vec![culprit],
        title: format!(
            "follow `{name}` upward only: put it into a column that is a lattice, too (`{}`){}",
            floret_ir::print::lattice(lattice, cx.program),
            if threshold.is_empty() { "" } else { ", or ask for a limit that it stays beyond" },
        ),
        text: format!("{}({}){threshold}", relation.name, column_names(relation)),
    })
}

/// "remember the message in a table" whose lattice columns merge, and read that by its growth.
fn remember_merged(cx: &Context<'_>, culprit: RelationId) -> WayOut {
    let relation = &cx.program.relations[culprit];
    let kept = fresh_name(cx.program, &relation.name, "kept");
    let columns = column_names(relation);
    WayOut {
        remedy: Remedy::MergeInTable,
        about: vec![culprit],
        title: "merge the rows in a table, and read that in a view or upward only".into(),
        text: format!(
            "{};\n{kept}({columns}) <= {}({columns});",
            declaration(cx.program, "table", &kept, relation, relation.key),
            relation.name
        ),
    }
}

/// A channel that loses nothing.
fn keep_all(cx: &Context<'_>, rule: &Rule) -> WayOut {
    let channel = &cx.program.relations[rule.head.relation];
    WayOut {
        remedy: Remedy::KeepMessages,
        about: vec![rule.head.relation],
        title: "let the channel keep its messages: leave `lossy` out".into(),
        text: format!("{};", declaration(cx.program, "channel", &channel.name, channel, channel.key)),
    }
}

/// "a timer resend of growing rows": the rule at every beat, over what is remembered.
fn resend(cx: &Context<'_>, rule: &Rule) -> WayOut {
    let beat = fresh_name(cx.program, "resend", "beat");
    let place = match cx.program.roles.get(rule.role) {
        Some(role) if !role.implicit => format!(" on {}", role.name),
        Some(_) | None => String::new(),
    };
    let timer = format!("timer {beat} every 1s{place};");
    let arrives = atoms(rule).filter(|(atom, _, _)| cx.class_of(rule, atom) == Class::Fleeting);
    let mut arriving: Vec<RelationId> = arrives.map(|(_, source, _)| source).collect();
    arriving.sort_unstable();
    arriving.dedup();
    let (title, text) = if !arriving.is_empty() {
        let kept = remember(cx, rule, "").text;
        (
            "remember the message in a table, and send what it holds at every beat of a timer",
            format!("{timer}\n{kept}"),
        )
    } else {
        let rule = floret_ir::print::rule(rule, cx.program);
        ("send it again at every beat of a timer", format!("{timer}\n{rule}, {beat}(_);"))
    };
    WayOut { remedy: Remedy::SendAgain, about: arriving, title: title.into(), text }
}

/// The time as a column of what arrives; or the beat alone.
fn time_as_data(cx: &Context<'_>, rule: &Rule) -> Vec<WayOut> {
    let timers = atoms(rule).map(|(_, source, _)| source).filter(|&source| cx.is_timer(source));
    let beat = timers.map(|timer| WayOut {
        remedy: Remedy::BeatOnly,
        about: vec![timer],
        title: "ask for the beat only, if its time doesn't matter".into(),
        text: format!("{}(_)", cx.program.relations[timer].name),
    });
    let data = atoms(rule).find_map(|(_, source, _)| {
        let relation = &cx.program.relations[source];
        let arrives = relation.is_channel() || relation.input.is_some();
        let name = fresh_column(relation, "at");
        let columns = relation.columns.iter().map(|column| column_text(cx.program, column));
        let columns: Vec<String> = columns.chain([format!("{name}: time")]).collect();
        arrives.then(|| WayOut {
            remedy: Remedy::TimeAsData,
            about: vec![source],
            title: "let what arrives carry the time (or the number), and use that".into(),
            text: format!("{}({})", relation.name, columns.join(", ")),
        })
    });
    beat.chain(data).collect()
}

/// `name`, with a number if the relation has that column already.
fn fresh_column(relation: &Relation, name: &str) -> String {
    let numbered = (2..).map(|number| format!("{name}{number}"));
    let taken = |name: &str| relation.columns.iter().any(|column| column.name == name);
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// How a relation's declaration begins.
fn kind_of(relation: &Relation) -> &'static str {
    match relation.kind {
        RelationKind::Table => "table",
        RelationKind::View => "view",
        RelationKind::Event => "event",
        RelationKind::Channel { .. } => "channel",
        RelationKind::Timer { .. } => "timer",
    }
}

/// "make an input static", where all that arrives for the relation are input tables.
fn complete_inputs(cx: &Context<'_>, culprit: RelationId) -> Option<WayOut> {
    let mut reached = BTreeSet::from([culprit]);
    let mut queue = vec![culprit];
    let mut declarations = Vec::new();
    let mut inputs = Vec::new();
    while let Some(at) = queue.pop() {
        let relation = &cx.program.relations[at];
        match (relation.kind, relation.input) {
            (RelationKind::Channel { .. } | RelationKind::Timer { .. }, _)
            | (RelationKind::Event, Some(_))
            | (RelationKind::Table, Some(InputMode::Mutable)) => return None,
            (RelationKind::Table, Some(InputMode::Add)) => {
                inputs.push(at);
                declarations.push(format!(
                    "{};",
                    declaration(cx.program, "static input table", &relation.name, relation, relation.key)
                ));
            }
            (RelationKind::Table | RelationKind::View, _) | (RelationKind::Event, None) => {}
        }
        for &rule in &cx.fills[at] {
            let sources = atoms(&cx.program.rules[rule]).map(|(_, source, _)| source);
            queue.extend(sources.filter(|&source| reached.insert(source)));
        }
    }
    declarations.sort_unstable();
    (!declarations.is_empty()).then(|| WayOut {
        remedy: Remedy::StaticInput,
        about: inputs,
        title: "have the input complete before the first tick".into(),
        text: declarations.join("\n"),
    })
}

/// Every column in the key: then rows don't compete.
fn wider_key(cx: &Context<'_>, id: RelationId) -> WayOut {
    let relation = &cx.program.relations[id];
    let (remedy, about) = (Remedy::KeepEveryRow, vec![id]);
    let kind = kind_of(relation);
    let mut text = format!("{};", declaration(cx.program, kind, &relation.name, relation, None));
    let (keys, values) = relation.columns.split_at(relation.key.unwrap_or(0).min(relation.columns.len()));
    if let (RelationKind::Table, [value]) = (relation.kind, values) {
        let name = &relation.name;
        let best = fresh_name(cx.program, name, "greatest");
        let keys: Vec<&str> = keys.iter().map(|column| &*column.name).collect();
        let keys = keys.join(", ");
        let value = &value.name;
        text.push_str(&format!("\n{best}({keys}, max({value})) <= {name}({keys}, {value});"));
        WayOut {
            remedy,
            about,
            title: "keep every row (fill the set by `<=`) and settle on one by an aggregate in a view".into(),
            text,
        }
    } else {
        WayOut { remedy, about, title: "keep every row: make all columns part of the key".into(), text }
    }
}

/// A deletion as a table that only grows.
fn tombstone(cx: &Context<'_>, rule: &Rule) -> WayOut {
    let relation = &cx.program.relations[rule.head.relation];
    let name = &relation.name;
    let (gone, live) = (fresh_name(cx.program, name, "deleted"), fresh_name(cx.program, name, "live"));
    let columns = column_names(relation);
    WayOut {
        remedy: Remedy::Tombstones,
        about: vec![rule.head.relation],
        title: format!("remember what was deleted: fill `{gone}` by `<=` here, and read `{live}` instead"),
        text: format!(
            "{};\n{live}({columns}) <= {name}({columns}), !{gone}({columns});",
            declaration(cx.program, "table", &gone, relation, None)
        ),
    }
}

pub(super) fn column_names(relation: &Relation) -> String {
    let names: Vec<&str> = relation.columns.iter().map(|column| &*column.name).collect();
    names.join(", ")
}

/// `KIND name(key columns => value columns) on Role`, without the `;`.
pub(super) fn declaration(
    program: &Program,
    kind: &str,
    name: &str,
    like: &Relation,
    key: Option<usize>,
) -> String {
    let columns: Vec<String> = like.columns.iter().map(|column| column_text(program, column)).collect();
    let columns = match key {
        Some(key) => {
            let (keys, values) = columns.split_at(key.min(columns.len()));
            format!("{} => {}", keys.join(", "), values.join(", "))
        }
        None => columns.join(", "),
    };
    let place = match program.roles.get(like.role) {
        Some(role) if !role.implicit => format!(" on {}", role.name),
        Some(_) | None => String::new(),
    };
    format!("{kind} {name}({columns}){place}")
}

/// `name: type`
fn column_text(program: &Program, column: &RelationColumn) -> String {
    let ty = match &column.lattice {
        Some(lattice) => floret_ir::print::lattice(lattice, program),
        None => floret_ir::print::ty(column.ty, program),
    };
    format!("{}: {ty}", column.name)
}

/// `name_suffix`, with a number if the program has that already.
pub(super) fn fresh_name(program: &Program, name: &str, suffix: &str) -> String {
    let plain = format!("{name}_{suffix}");
    let numbered = (2..).map(|number| format!("{plain}{number}"));
    let mut candidates = std::iter::once(plain.clone()).chain(numbered);
    candidates.find(|candidate| program.relation_named(candidate).is_none()).unwrap_or(plain)
}
