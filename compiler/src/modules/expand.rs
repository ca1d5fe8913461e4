//! Statements of instances: renamed, and put where the `use` stands.

use std::rc::Rc;

use floret_ir::{Diagnostics, RuleOp, Span};
use floret_lang::tree::{
    Attribute, Call, Collection, CollectionKind, Modifier, Statement, StatementKind, TestStep, TestStepKind,
};

use super::args;
use super::findings::{FilledOtherwise, TestInModule, TooLarge};
use super::origin::{Origin, Origins};
use super::rename::{Place, Renamer};
use super::scope::Scope;
use super::template::{Member, Templates};
use super::uses::default_name;

/// The most instances of a program.
const MOST_INSTANCES: usize = 10_000;
/// How deep instances and blocks may nest, each in the other.
const DEEPEST: usize = 100;
/// How much text all instances may have together, in bytes.
const MOST_TEXT: usize = 64 << 20;

/// Makes the instances.
pub(super) struct Expander<'e, 't> {
    templates: &'e Templates<'t>,
    pub origins: Origins,
    sink: &'e mut Diagnostics,
    /// How many blocks and instances are open.
    depth: usize,
    /// The text of all instances so far.
    bytes: usize,
    /// A limit was exceeded; a diagnostic was given.
    full: bool,
}

impl<'e, 't> Expander<'e, 't> {
    pub fn new(templates: &'e Templates<'t>, files: usize, sink: &'e mut Diagnostics) -> Self {
        Expander { templates, origins: Origins::new(files), sink, depth: 0, bytes: 0, full: false }
    }

    /// The program's statements.
    pub fn main(&mut self) -> Vec<Statement> {
        let Some(main) = self.templates.main() else { return Vec::new() };
        let mut statements = Vec::new();
        self.statements(&Rc::new(Scope::main(main)), self.templates[main].statements, &mut statements);
        statements
    }

    fn renamer<'r>(&'r mut self, scope: &'r Scope) -> Renamer<'r, 't> {
        Renamer { scope, templates: self.templates, sink: self.sink, locals: Vec::new() }
    }

    fn statements(&mut self, scope: &Rc<Scope>, statements: &[Statement], into: &mut Vec<Statement>) {
        for statement in statements {
            if let StatementKind::Use { .. } = &statement.kind {
                self.instance(scope, statement, into);
            } else if let Some(kind) = self.statement(scope, &statement.kind) {
                let span = scope.at(statement.span);
                let mut renamer = self.renamer(scope);
                let attributes = statement.attributes.iter().map(|attribute| Attribute {
                    name: renamer.plain(&attribute.name),
                    args: renamer.exprs(&attribute.args),
                });
                let attributes = attributes.collect();
                into.push(Statement { attributes, doc: statement.doc.clone(), kind, span });
            }
        }
    }

    fn block(&mut self, scope: &Rc<Scope>, statements: &[Statement]) -> Vec<Statement> {
        let mut inner = Vec::new();
        self.depth += 1;
        self.statements(scope, statements, &mut inner);
        self.depth -= 1;
        inner
    }

    /// `None`: nothing is left of it.
    fn statement(&mut self, scope: &Rc<Scope>, kind: &StatementKind) -> Option<StatementKind> {
        let mut renamer = self.renamer(scope);
        Some(match kind {
            StatementKind::Use { .. } | StatementKind::Module { .. } => return None,
            StatementKind::On { role, statements } => {
                let role = renamer.role(role);
                StatementKind::On { role, statements: self.block(scope, statements) }
            }
            StatementKind::Monotone(statements) => StatementKind::Monotone(self.block(scope, statements)),
            StatementKind::Role { name, durable } => {
                StatementKind::Role { name: renamer.own(name), durable: durable.map(|span| scope.at(span)) }
            }
            StatementKind::Collection(found) => StatementKind::Collection(collection(found, &mut renamer)),
            // What an instance shows, its user says.
            StatementKind::Output(path) => {
                if !scope.is_main() {
                    return None;
                }
                StatementKind::Output(renamer.collection(path))
            }
            StatementKind::Confluent(path) => StatementKind::Confluent(renamer.collection(path)),
            StatementKind::Timer { name, every, on } => StatementKind::Timer {
                name: renamer.own(name),
                every: renamer.expr(every),
                on: on.as_ref().map(|role| renamer.role(role)),
            },
            StatementKind::Fact(call) => {
                let fact = renamer.call(call, Place::Literal);
                if !self.can_fill(scope, call, None) {
                    return None;
                }
                StatementKind::Fact(fact)
            }
            StatementKind::Rule(rule) => {
                let renamed = renamer.rule(rule);
                self.can_fill(scope, &rule.head, Some(rule.op));
                StatementKind::Rule(renamed)
            }
            StatementKind::Seal(rule) => {
                let renamed = renamer.rule(rule);
                self.can_fill(scope, &rule.head, Some(rule.op));
                StatementKind::Seal(renamed)
            }
            StatementKind::Const { name, ty, value } => StatementKind::Const {
                name: renamer.own(name),
                ty: ty.as_ref().map(|ty| renamer.type_expr(ty)),
                value: renamer.expr(value),
            },
            StatementKind::Param { name, ty, value } => StatementKind::Param {
                name: renamer.own(name),
                ty: renamer.type_expr(ty),
                value: value.as_ref().map(|value| renamer.expr(value)),
            },
            StatementKind::Function { name, params, result, body } => {
                renamer.locals = params.iter().map(|param| param.name.text.clone()).collect();
                StatementKind::Function {
                    name: renamer.own(name),
                    params: params.iter().map(|param| renamer.column(param)).collect(),
                    result: renamer.type_expr(result),
                    body: renamer.expr(body),
                }
            }
            StatementKind::Struct { name, fields } => StatementKind::Struct {
                name: renamer.own(name),
                fields: fields.iter().map(|field| renamer.column(field)).collect(),
            },
            StatementKind::Enum { name, variants } => StatementKind::Enum {
                name: renamer.own(name),
                variants: variants
                    .iter()
                    .map(|(variant, types)| {
                        (renamer.own(variant), types.iter().map(|ty| renamer.type_expr(ty)).collect())
                    })
                    .collect(),
            },
            StatementKind::Lattice { name, over, params: (left, right), merge } => {
                renamer.locals = vec![left.text.clone(), right.text.clone()];
                StatementKind::Lattice {
                    name: renamer.own(name),
                    over: renamer.type_expr(over),
                    params: (renamer.plain(left), renamer.plain(right)),
                    merge: renamer.expr(merge),
                }
            }
            StatementKind::Invariant { name, text, body } => StatementKind::Invariant {
                name: renamer.own(name),
                text: text.as_ref().map(|text| renamer.plain(text)),
                body: renamer.body(body),
            },
            // A module's tests are about that module alone.
            StatementKind::Test { name, nodes, steps } => {
                if !scope.is_main() {
                    let span = scope.at(name.span);
                    if self.templates[scope.template].parent.is_some() {
                        self.sink.push(TestInModule { span });
                    }
                    return None;
                }
                StatementKind::Test {
                    name: renamer.plain(name),
                    nodes: nodes
                        .iter()
                        .map(|(role, count)| (renamer.role(role), renamer.expr(count)))
                        .collect(),
                    steps: steps.iter().map(|step| test_step(step, &mut renamer)).collect(),
                }
            }
        })
    }

    /// A user's rules fill an instance's inputs by `<=`, and nothing else of it; facts are rules without a body.
    fn can_fill(&mut self, scope: &Scope, head: &Call, op: Option<RuleOp>) -> bool {
        let member = scope.member(&head.path, self.templates);
        let Some((name, Member::Collection { is_input, .. })) = member else { return true };
        let by_rule = op.is_none_or(|op| op == RuleOp::Now);
        let fits = is_input && by_rule;
        if !fits {
            let span = scope.at(head.path.span);
            self.sink.push(FilledOtherwise { name, is_input, op, span });
        }
        fits
    }

    fn instance(&mut self, user: &Rc<Scope>, statement: &Statement, into: &mut Vec<Statement>) {
        let StatementKind::Use { target, args, alias } = &statement.kind else { return };
        let Some(name) = default_name(target, alias.as_ref()) else { return };
        let Some(made) = self.templates[user.template].uses.get(&name.text) else { return };
        // The second of one name was refused.
        let Some(target) = made.target.filter(|_| made.span == statement.span) else { return };
        let span = user.at(statement.span);
        let template = &self.templates[target];
        self.bytes = self.bytes.saturating_add(template.bytes);
        if self.full || self.exceeds(span) {
            self.full = true;
            return;
        }
        let full_name = user.own(&name.text);
        let file = self.origins.push(Origin {
            name: full_name.clone(),
            module: template.name.clone(),
            file: template.file,
            span,
        });
        let mut scope = Scope {
            template: target,
            prefix: format!("{full_name}::"),
            file,
            outer: outer(user, target, self.templates),
            arguments: Default::default(),
        };
        args::pass(args, span, user, &mut scope, self.templates, self.sink);
        let scope = Rc::new(scope);
        into.extend(self.block(&scope, template.statements));
    }

    /// Whether this instance is one too many, with a message.
    fn exceeds(&mut self, span: Span) -> bool {
        let what = if self.origins.len() >= MOST_INSTANCES {
            format!("more than {MOST_INSTANCES} instances of modules")
        } else if self.depth >= DEEPEST {
            format!("more than {DEEPEST} instances and blocks in one another")
        } else if self.bytes > MOST_TEXT {
            format!("more than {} MiB of text in all instances together", MOST_TEXT >> 20)
        } else {
            return false;
        };
        self.sink.push(TooLarge { what, span });
        true
    }
}

/// The instance in whose text the module is written: around its user, or the user itself.
fn outer(
    user: &Rc<Scope>,
    target: super::template::TemplateId,
    templates: &Templates<'_>,
) -> Option<Rc<Scope>> {
    let parent = templates[target].parent?;
    let mut around = Some(user);
    while let Some(scope) = around {
        if scope.template == parent {
            return Some(Rc::clone(scope));
        }
        around = scope.outer.as_ref();
    }
    None
}

fn collection(found: &Collection, renamer: &mut Renamer<'_, '_>) -> Collection {
    let in_instance = !renamer.scope.is_main();
    let is_input = found.modifiers.iter().any(|(modifier, _)| *modifier == Modifier::Input);
    let can_be_input = match found.kind {
        CollectionKind::Table | CollectionKind::Event => true,
        CollectionKind::View | CollectionKind::Channel => false,
    };
    // In an instance it is the user, not the host, that feeds inputs and sees outputs. What makes no sense at all
    // stays, for the resolver to refuse.
    let fed_by_user = in_instance && is_input && can_be_input;
    let keep = |modifier: &Modifier| match modifier {
        Modifier::Input | Modifier::Mutable | Modifier::Static => !fed_by_user,
        Modifier::Output => !in_instance,
    };
    let modifiers = found.modifiers.iter().filter(|(modifier, _)| keep(modifier));
    let modifiers = modifiers.map(|(modifier, span)| (*modifier, renamer.span(*span))).collect();
    renamer.locals = found.columns.iter().map(|column| column.name.text.clone()).collect();
    let shards = found.shards.as_ref().filter(|_| !fed_by_user).map(|member| renamer.expr(member));
    renamer.locals.clear();
    Collection {
        modifiers,
        kind: found.kind,
        name: renamer.own(&found.name),
        columns: found.columns.iter().map(|column| renamer.column(column)).collect(),
        key: found.key,
        on: found.on.as_ref().map(|role| renamer.role(role)),
        shards,
        clauses: found.clauses.iter().map(|clause| renamer.clause(clause)).collect(),
    }
}

fn test_step(step: &TestStep, renamer: &mut Renamer<'_, '_>) -> TestStep {
    let kind = match &step.kind {
        TestStepKind::At(time, call) => {
            TestStepKind::At(renamer.expr(time), renamer.call(call, Place::Literal))
        }
        TestStepKind::Claim(word, body) => TestStepKind::Claim(*word, renamer.body(body)),
    };
    TestStep { kind, span: renamer.span(step.span) }
}
