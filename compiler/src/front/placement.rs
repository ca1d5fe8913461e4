//! Places: where each collection lives and each rule runs, and which heads are messages.

use floret_ir::{Diagnostics, IndexVec, RelationId, RelationKind, RoleId, RuleOp, Span, Type};

use super::findings::{
    MessageFromNothing, MissingPlace, NoHome, OutsideBlock, PlaceWithoutMessage, Placed, RemoteHead,
    StaticInputHead, TwoPlaces, ViewAtTwoRoles, WrongOperator, WrongSender,
};
use super::resolved::{ColumnType, Home, Literal, Relation, Resolved, Rule, Source, TermKind};
use super::split::is_generated;

/// The places of everything; `None`: a diagnostic was given.
pub(super) struct Places {
    pub relations: IndexVec<RelationId, Option<RoleId>>,
    pub rules: Vec<Option<RoleId>>,
}

/// Places a program.
pub(super) fn place(resolved: &Resolved, sink: &mut Diagnostics) -> Places {
    let homes = homes(resolved, sink);
    let rules = resolved.rules.iter().map(|rule| place_rule(rule, resolved, &homes, sink)).collect();
    for fact in &resolved.facts {
        if let Home::At(block, span) = fact.home
            && let Some(role) = homes.roles[fact.relation]
            && role != block
        {
            let name = resolved.relations[fact.relation].name.clone();
            sink.push(OutsideBlock {
                placed: Placed { name, role: resolved.role(role).to_owned(), span: fact.span },
                block_role: resolved.role(block).to_owned(),
                block: span,
            });
        }
    }
    Places { relations: homes.roles, rules }
}

/// Where the collections live.
struct Homes {
    roles: IndexVec<RelationId, Option<RoleId>>,
    /// For views that live where their rules do: the first rule's place.
    origins: IndexVec<RelationId, Option<Spot>>,
}

/// A role, and what says so.
#[derive(Clone, Debug)]
struct Spot {
    role: RoleId,
    name: String,
    span: Span,
}

impl Spot {
    fn placed(&self, resolved: &Resolved) -> Placed {
        Placed { name: self.name.clone(), role: resolved.role(self.role).to_owned(), span: self.span }
    }
}

fn homes(resolved: &Resolved, sink: &mut Diagnostics) -> Homes {
    let only = match resolved.roles.len() {
        1 => resolved.roles.ids().next(),
        _ => None,
    };
    let written = |relation: &Relation| match relation.home {
        Home::At(role, _) => Some(role),
        Home::Unwritten => only,
        Home::Unknown => None,
    };
    let mut homes = Homes {
        roles: resolved.relations.iter().map(written).collect(),
        origins: resolved.relations.iter().map(|_| None).collect(),
    };
    // A view lives where its rules' bodies do, and those may read other such views.
    let mut changed = true;
    while changed {
        changed = false;
        for rule in &resolved.rules {
            // A channel between parts of a rule goes to where the next part reads.
            for atom in rule.atoms() {
                if let Source::Relation(id) = atom.source
                    && homes.roles[id].is_none()
                    && is_generated(&resolved.relations[id].name)
                {
                    let spot = body_spots(rule, resolved, &homes).next();
                    homes.roles[id] = spot.map(|spot| spot.role);
                    changed |= homes.roles[id].is_some();
                }
            }
            let Some(head) = rule.head.relation else { continue };
            let relation = &resolved.relations[head];
            if homes.roles[head].is_some()
                || relation.home != Home::Unwritten
                || relation.kind != RelationKind::View
            {
                continue;
            }
            let spot = body_spots(rule, resolved, &homes).next().or_else(|| block_spot(rule, resolved));
            if let Some(spot) = spot {
                homes.roles[head] = Some(spot.role);
                homes.origins[head] = Some(spot);
                changed = true;
            }
        }
    }
    for (id, relation) in resolved.relations.entries() {
        let excused = resolved.incomplete
            || relation.home == Home::Unknown
            || is_generated(&relation.name)
            || (relation.kind == RelationKind::View && is_fed_by_unknown(id, resolved));
        if homes.roles[id].is_none() && !excused {
            sink.push(NoHome {
                name: relation.name.clone(),
                kind: relation.kind,
                inferred: relation.inferred,
                span: relation.span,
                roles: resolved.roles.iter().map(|role| role.name.clone()).collect(),
            });
        }
    }
    homes
}

/// Whether a rule of the view reads something that a diagnostic was given for.
fn is_fed_by_unknown(view: RelationId, resolved: &Resolved) -> bool {
    resolved.rules.iter().filter(|rule| rule.head.relation == Some(view)).any(|rule| {
        rule.home == Home::Unknown
            || rule.atoms().any(|atom| match atom.source {
                Source::Unknown => true,
                Source::Members(_) | Source::Report(_) | Source::Clock => false,
                Source::Relation(id) => {
                    let relation = &resolved.relations[id];
                    relation.home == Home::Unknown
                        || (relation.home == Home::Unwritten && relation.kind != RelationKind::View)
                }
            })
    })
}

/// The places that the body's collections give the rule, in order.
fn body_spots<'r>(
    rule: &'r Rule,
    resolved: &'r Resolved,
    homes: &'r Homes,
) -> impl Iterator<Item = Spot> + 'r {
    rule.atoms().filter_map(|atom| match atom.source {
        Source::Relation(id) => {
            let role = homes.roles[id]?;
            Some(Spot { role, name: resolved.relations[id].name.clone(), span: atom.span })
        }
        // Every node sees the members of every role.
        Source::Members(_) | Source::Report(_) | Source::Clock | Source::Unknown => None,
    })
}

fn block_spot(rule: &Rule, resolved: &Resolved) -> Option<Spot> {
    match rule.home {
        Home::At(role, span) => Some(Spot { role, name: format!("on {}", resolved.role(role)), span }),
        Home::Unwritten | Home::Unknown => None,
    }
}

fn place_rule(rule: &Rule, resolved: &Resolved, homes: &Homes, sink: &mut Diagnostics) -> Option<RoleId> {
    let head = rule.head.relation.map(|id| (id, &resolved.relations[id]));
    let operator_fits = head.is_none_or(|(_, relation)| check_operator(rule, relation, sink));
    let spot = body_spot(rule, resolved, homes, sink)?;
    let head_role = head.and_then(|(id, _)| homes.roles[id]);
    match spot {
        None => {
            if rule.op == RuleOp::Later {
                sink.push(MessageFromNothing { span: rule.span });
                return None;
            }
            head_role
        }
        Some(spot) => {
            if let Some((id, relation)) = head
                && operator_fits
            {
                check_head(rule, &spot, id, relation, resolved, homes, sink);
            }
            Some(spot.role)
        }
    }
}

/// The rule's place. `None`: a diagnostic was given. `Some(None)`: nothing says where it is.
fn body_spot(
    rule: &Rule,
    resolved: &Resolved,
    homes: &Homes,
    sink: &mut Diagnostics,
) -> Option<Option<Spot>> {
    let mut spots = body_spots(rule, resolved, homes);
    let Some(first) = spots.next() else {
        let reads_lost = rule
            .atoms()
            .any(|atom| atom.source == Source::Unknown || matches!(atom.source, Source::Relation(_)));
        if reads_lost || rule.home == Home::Unknown {
            return None;
        }
        // Even in a block, a message needs something that makes it be sent.
        let is_event = rule.atoms().any(|atom| matches!(atom.source, Source::Report(_)));
        return Some(if rule.op == RuleOp::Later && !is_event { None } else { block_spot(rule, resolved) });
    };
    if let Some(second) = spots.find(|spot| spot.role != first.role) {
        sink.push(TwoPlaces { first: first.placed(resolved), second: second.placed(resolved) });
        return None;
    }
    if let Home::At(block, span) = rule.home
        && block != first.role
    {
        let block_role = resolved.role(block).to_owned();
        sink.push(OutsideBlock { placed: first.placed(resolved), block_role, block: span });
        return None;
    }
    Some(Some(first))
}

/// Whether the head's kind takes the operator (LANGUAGE section 3), with a message if not.
fn check_operator(rule: &Rule, relation: &Relation, sink: &mut Diagnostics) -> bool {
    let name = || relation.name.clone();
    if let Some(place) = &rule.head.place
        && rule.op != RuleOp::Later
    {
        sink.push(PlaceWithoutMessage {
            name: name(),
            is_channel: matches!(relation.kind, RelationKind::Channel { .. }),
            op: rule.op,
            op_span: rule.op_span,
            place: place.span,
        });
        return false;
    }
    let fits = match (relation.kind, rule.op) {
        (RelationKind::Table, op) => op != RuleOp::Later,
        (RelationKind::View, op) => op == RuleOp::Now,
        (RelationKind::Event, op) => matches!(op, RuleOp::Now | RuleOp::Next),
        (RelationKind::Channel { .. }, op) => op == RuleOp::Later,
        (RelationKind::Timer { .. }, _) => false,
    };
    if !fits {
        sink.push(WrongOperator {
            name: name(),
            kind: relation.kind,
            inferred: relation.inferred,
            op: rule.op,
            op_span: rule.op_span,
            declared: relation.span,
        });
    } else if relation.input == Some(floret_ir::InputMode::Static) {
        sink.push(StaticInputHead { name: name(), span: rule.head.span, declared: relation.span });
    }
    fits
}

/// Whether the head is where the body is, or a message says where it goes.
fn check_head(
    rule: &Rule,
    spot: &Spot,
    id: RelationId,
    relation: &Relation,
    resolved: &Resolved,
    homes: &Homes,
    sink: &mut Diagnostics,
) {
    let Some(role) = homes.roles[id] else { return };
    let head =
        || Placed { name: relation.name.clone(), role: resolved.role(role).to_owned(), span: rule.head.span };
    if let RelationKind::Channel { from: Some(from), .. } = relation.kind
        && from != spot.role
    {
        sink.push(WrongSender {
            channel: head(),
            from: resolved.role(from).to_owned(),
            declared: relation.span,
            body: spot.placed(resolved),
        });
        return;
    }
    if role == spot.role || rule.head.place.is_some() {
        return;
    }
    let body = spot.placed(resolved);
    if rule.op == RuleOp::Later {
        sink.push(MissingPlace { head: head(), body, addresses: addresses(rule, role, resolved) });
    } else if let Some(origin) = &homes.origins[id] {
        sink.push(ViewAtTwoRoles {
            view: relation.name.clone(),
            first: origin.placed(resolved),
            second: body,
        });
    } else {
        sink.push(RemoteHead { head: head(), op: rule.op, op_span: rule.op_span, body });
    }
}

/// The variables of the body that are declared to hold addresses of `role`.
fn addresses(rule: &Rule, role: RoleId, resolved: &Resolved) -> Vec<String> {
    let mut found = Vec::new();
    for literal in &rule.body {
        let Literal::Atom(atom) = literal else { continue };
        for (index, term) in atom.terms.iter().enumerate() {
            let is_address = match atom.source {
                Source::Members(members) => members == role,
                Source::Relation(id) => resolved.relations[id].columns.get(index).is_some_and(
                    |column| matches!(column.ty, ColumnType::Declared(Type::Address(of), _) if of == role),
                ),
                Source::Unknown | Source::Report(_) | Source::Clock => false,
            };
            if let TermKind::Var(var) = term.kind
                && is_address
            {
                found.push(rule.variables[var].name.clone());
            }
        }
    }
    found.sort();
    found.dedup();
    found
}
