//! The statements of a file by what they are about.

use std::collections::BTreeMap;

use floret_ir::{FileId, Span};
use floret_lang::tree::{
    Call, Collection, Expr, ExprKind, Literal, Path, Rule, Statement, StatementKind, Tree,
};

/// Those outside modules and tests, in blocks too.
#[derive(Default)]
pub(super) struct Statements<'t> {
    /// By the statement's place.
    pub rules: Vec<(&'t Statement, &'t Rule)>,
    seals: Vec<(&'t Statement, &'t Rule)>,
    pub facts: Vec<&'t Call>,
    declarations: BTreeMap<&'t str, (&'t Statement, &'t Collection)>,
    outputs: BTreeMap<&'t str, &'t Statement>,
}

impl<'t> Statements<'t> {
    pub fn of(tree: &'t Tree) -> Self {
        let mut statements = Statements::default();
        statements.add(&tree.statements);
        statements
    }

    fn add(&mut self, list: &'t [Statement]) {
        for statement in list {
            match &statement.kind {
                StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => {
                    self.add(statements);
                }
                StatementKind::Collection(collection) => {
                    self.declarations.insert(&collection.name.text, (statement, collection));
                }
                StatementKind::Output(path) => {
                    if let Some(name) = single(path) {
                        self.outputs.insert(name, statement);
                    }
                }
                StatementKind::Rule(rule) => self.rules.push((statement, rule)),
                StatementKind::Seal(rule) => self.seals.push((statement, rule)),
                StatementKind::Fact(call) => self.facts.push(call),
                StatementKind::Role { .. }
                | StatementKind::Confluent(_)
                | StatementKind::Timer { .. }
                | StatementKind::Const { .. }
                | StatementKind::Param { .. }
                | StatementKind::Function { .. }
                | StatementKind::Struct { .. }
                | StatementKind::Enum { .. }
                | StatementKind::Lattice { .. }
                | StatementKind::Use { .. }
                | StatementKind::Module { .. }
                | StatementKind::Invariant { .. }
                | StatementKind::Test { .. } => {}
            }
        }
    }

    pub fn rule(&self, span: Span) -> Option<(&'t Statement, &'t Rule)> {
        let own = span.file == FileId(0);
        self.rules.iter().chain(&self.seals).copied().find(|(statement, _)| own && statement.span == span)
    }

    pub fn declaration(&self, name: &str) -> Option<(&'t Statement, &'t Collection)> {
        self.declarations.get(name).copied()
    }

    pub fn output(&self, name: &str) -> Option<&'t Statement> {
        self.outputs.get(name).copied()
    }

    /// The rules whose head is the collection.
    pub fn filling(&self, name: &str) -> impl Iterator<Item = &'t Rule> {
        self.rules.iter().map(|(_, rule)| *rule).filter(move |rule| single(&rule.head.path) == Some(name))
    }
}

/// The name that a path of one part is.
pub(super) fn single(path: &Path) -> Option<&str> {
    match path.parts.as_slice() {
        [name] => Some(&name.text),
        _ => None,
    }
}

/// The atoms that read the collection, negated ones too.
pub(super) fn atoms_of<'t>(rule: &'t Rule, name: &str) -> Vec<&'t Call> {
    let calls = rule.body.iter().filter_map(|literal| match literal {
        Literal::Expr(Expr { kind: ExprKind::Call(call), .. }) | Literal::Negation(call, _) => Some(call),
        Literal::Expr(_) | Literal::Let(..) | Literal::In(..) => None,
    });
    calls.filter(|call| single(&call.path) == Some(name)).collect()
}

/// How often a variable occurs in a rule.
pub(super) fn occurrences(rule: &Rule, variable: &str) -> usize {
    let place = rule.head.place.iter().map(|place| in_expr(place, variable));
    let head = rule.head.args.iter().map(|arg| in_expr(&arg.value, variable));
    let body = rule.body.iter().map(|literal| match literal {
        Literal::Expr(expr) => in_expr(expr, variable),
        Literal::Negation(call, _) => call.args.iter().map(|arg| in_expr(&arg.value, variable)).sum(),
        Literal::Let(name, value, _) | Literal::In(name, value, _) => {
            usize::from(name.text == variable) + in_expr(value, variable)
        }
    });
    place.chain(head).sum::<usize>() + body.sum::<usize>()
}

fn in_expr(expr: &Expr, variable: &str) -> usize {
    let own = match &expr.kind {
        ExprKind::Path(path) => usize::from(single(path) == Some(variable)),
        ExprKind::Call(Call { place: Some(place), .. }) => in_expr(place, variable),
        _ => 0,
    };
    own + expr.kind.children().into_iter().map(|child| in_expr(child, variable)).sum::<usize>()
}
