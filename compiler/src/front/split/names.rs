//! What the names of a tree are, as far as splitting needs it: collections, whose rows arrive, and values.

use std::collections::{BTreeMap, BTreeSet};

use floret_ir::RuleOp;
use floret_lang::tree::{
    Call, Clause, CollectionKind, ExprKind, Literal, Modifier, Path, Rule, Statement, StatementKind, Tree,
};

use crate::front::seals::sealed_name;

/// A collection, as far as it matters when its rows are there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Table,
    View,
    Event,
    /// Channels and timers.
    Arriving,
}

/// The names of a program.
#[derive(Default)]
pub(in crate::front) struct Names {
    kinds: BTreeMap<String, Kind>,
    roles: BTreeSet<String>,
    /// Constants, parameters and constructors: names that are no variables.
    values: BTreeSet<String>,
    /// The collections that hold only rows of this tick (LANGUAGE section 4, "When a message is sent").
    arriving: BTreeSet<String>,
}

/// `a::b`
pub(in crate::front) fn text(path: &Path) -> String {
    path.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::")
}

impl Names {
    /// The names of a tree without modules.
    pub fn of(tree: &Tree) -> Self {
        let mut names = Names::default();
        let mut rules = Vec::new();
        // Events that get rows without a `<=` rule.
        let mut filled = BTreeSet::new();
        names.declare(&tree.statements, &mut rules, &mut filled);
        for rule in &rules {
            if rule.op == RuleOp::Now {
                names.kinds.entry(text(&rule.head.path)).or_insert(Kind::View);
            } else if rule.op == RuleOp::Next {
                filled.insert(text(&rule.head.path));
            }
        }
        names.find_arriving(&rules, &filled);
        names
    }

    fn declare<'t>(
        &mut self,
        statements: &'t [Statement],
        rules: &mut Vec<&'t Rule>,
        filled: &mut BTreeSet<String>,
    ) {
        for statement in statements {
            match &statement.kind {
                StatementKind::Role { name, .. } => {
                    self.roles.insert(name.text.clone());
                }
                StatementKind::Collection(collection) => {
                    let kind = match collection.kind {
                        CollectionKind::Table => Kind::Table,
                        CollectionKind::View => Kind::View,
                        CollectionKind::Event => Kind::Event,
                        CollectionKind::Channel => Kind::Arriving,
                    };
                    let name = &collection.name.text;
                    self.kinds.insert(name.clone(), kind);
                    if collection.clauses.iter().any(|clause| matches!(clause, Clause::Sealed { .. })) {
                        self.kinds.insert(sealed_name(name), Kind::View);
                    }
                    if collection.modifiers.iter().any(|(modifier, _)| *modifier == Modifier::Input) {
                        filled.insert(name.clone());
                    }
                }
                StatementKind::Timer { name, .. } => {
                    self.kinds.insert(name.text.clone(), Kind::Arriving);
                }
                StatementKind::Fact(call) => {
                    filled.insert(text(&call.path));
                }
                StatementKind::Const { name, .. } | StatementKind::Param { name, .. } => {
                    self.values.insert(name.text.clone());
                }
                StatementKind::Enum { variants, .. } => {
                    self.values.extend(variants.iter().map(|(variant, _)| variant.text.clone()));
                }
                StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => {
                    self.declare(statements, rules, filled);
                }
                StatementKind::Rule(rule) => rules.push(rule),
                StatementKind::Output(_)
                | StatementKind::Confluent(_)
                | StatementKind::Seal(_)
                | StatementKind::Function { .. }
                | StatementKind::Struct { .. }
                | StatementKind::Lattice { .. }
                | StatementKind::Use { .. }
                | StatementKind::Module { .. }
                | StatementKind::Invariant { .. }
                | StatementKind::Test { .. } => {}
            }
        }
    }

    /// Stored collections first, then those that arrive, both as greatest fixpoints: as the strata say it of the
    /// checked program.
    fn find_arriving(&mut self, rules: &[&Rule], filled: &BTreeSet<String>) {
        let mut stored: BTreeSet<String> = BTreeSet::new();
        for (name, kind) in &self.kinds {
            if matches!(kind, Kind::Table | Kind::View) {
                stored.insert(name.clone());
            }
        }
        self.shrink(rules, &mut stored, |head, reads, stored| {
            self.kinds.get(head) != Some(&Kind::View) || reads.iter().all(|(name, _)| stored.contains(name))
        });
        let mut arriving: BTreeSet<String> =
            self.kinds.keys().filter(|name| !stored.contains(*name)).cloned().collect();
        self.shrink(rules, &mut arriving, |head, reads, arriving| {
            let by_itself = match self.kinds.get(head) {
                Some(Kind::Arriving) => true,
                Some(Kind::Event) => filled.contains(head),
                Some(Kind::Table | Kind::View) | None => false,
            };
            by_itself
                || reads
                    .iter()
                    .any(|(name, positive)| *positive && (arriving.contains(name) || is_report(name)))
        });
        self.arriving = arriving;
    }

    /// Takes out heads of rules that don't keep the property, until nothing changes.
    fn shrink(
        &self,
        rules: &[&Rule],
        property: &mut BTreeSet<String>,
        keeps: impl Fn(&str, &[(String, bool)], &BTreeSet<String>) -> bool,
    ) {
        let read: Vec<(String, Vec<(String, bool)>)> =
            rules.iter().map(|rule| (text(&rule.head.path), self.reads(rule))).collect();
        let mut changed = true;
        while changed {
            changed = false;
            for (head, reads) in &read {
                if property.contains(head) && !keeps(head, reads, property) {
                    property.remove(head);
                    changed = true;
                }
            }
        }
    }

    /// The collections that a rule reads, and whether positively.
    fn reads(&self, rule: &Rule) -> Vec<(String, bool)> {
        let atom = |literal: &Literal| match literal {
            Literal::Negation(call, _) => Some((text(&call.path), false)),
            Literal::Expr(expr) => match &expr.kind {
                ExprKind::Call(call) if self.is_collection(call) => Some((text(&call.path), true)),
                _ => None,
            },
            Literal::Let(..) | Literal::In(..) => None,
        };
        let is_role = |name: &str| self.roles.contains(name);
        rule.body.iter().filter_map(atom).filter(|(name, _)| !is_role(name)).collect()
    }

    /// Whether a call reads a collection (of the program, or one of `floret::`).
    pub fn is_collection(&self, call: &Call) -> bool {
        let name = text(&call.path);
        self.kinds.contains_key(&name) || is_report(&name)
    }

    /// Whether a call ranges over the members of a role.
    pub fn is_role(&self, call: &Call) -> bool {
        self.is_role_name(&text(&call.path))
    }

    pub fn is_role_name(&self, name: &str) -> bool {
        self.roles.contains(name) && !self.kinds.contains_key(name)
    }

    /// Whether a name in an expression stands for a value of its own, not for a variable.
    pub fn is_value(&self, name: &str) -> bool {
        self.values.contains(name)
    }

    /// Whether all rows of the collection are there for one tick. What is unknown is taken to: the resolver will say
    /// that it is unknown.
    pub fn is_arriving(&self, call: &Call) -> bool {
        let name = text(&call.path);
        self.arriving.contains(&name) || !self.kinds.contains_key(&name)
    }
}

fn is_report(name: &str) -> bool {
    name.starts_with("floret::")
}
