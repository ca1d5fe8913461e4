//! Modules before they are used: every file, and every `module` in it, with what it declares.

use std::collections::BTreeMap;

use floret_ir::{Diagnostics, FileId, IndexVec, RuleOp, Span};
use floret_lang::tree::{
    Call, Collection, CollectionKind, Modifier, ModuleParam, Name, Path, Statement, StatementKind,
};

use super::findings::DeclaredTwice;
use super::load::Files;

/// Which template.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct TemplateId(usize);

/// A module as written.
pub(super) struct Template<'t> {
    /// For messages: its name, or the file's.
    pub name: String,
    pub file: FileId,
    pub params: &'t [ModuleParam],
    pub statements: &'t [Statement],
    /// How long its text is.
    pub bytes: usize,
    /// Statements of its file could not be read.
    pub incomplete: bool,
    /// The module that it is written in.
    pub parent: Option<TemplateId>,
    /// The modules declared in it.
    pub modules: BTreeMap<&'t str, TemplateId>,
    /// The instances that it makes.
    pub uses: BTreeMap<String, Use>,
    /// What its user sees.
    pub interface: Interface,
    pub declares: Declarations<'t>,
}

/// An instance that a module makes.
#[derive(Clone, Copy)]
pub(super) struct Use {
    /// What it is an instance of; `None`: a diagnostic was given.
    pub target: Option<TemplateId>,
    /// The whole statement.
    pub span: Span,
}

/// What the user of a module sees of it, by name; nested instances' as `inner::name`.
#[derive(Default)]
pub(super) struct Interface {
    pub members: BTreeMap<String, Member>,
}

/// Something that a module's user sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Member {
    /// A collection.
    Collection {
        /// Its user fills it.
        is_input: bool,
        kind: Kind,
    },
    /// A type, or a constructor of one: columns of the interface may have it.
    Type,
}

/// What a module declares, by name and what the name is looked up as.
#[derive(Default)]
pub(super) struct Declarations<'t> {
    pub collections: BTreeMap<&'t str, Declared<'t>>,
    pub roles: BTreeMap<&'t str, Span>,
    /// Structs, enums and lattices.
    pub types: BTreeMap<&'t str, Span>,
    /// Constants, parameters of the deployment, and constructors of enums.
    pub values: BTreeMap<&'t str, Value>,
    pub functions: BTreeMap<&'t str, Span>,
    /// The paths of `output x;`.
    pub outputs: Vec<&'t Path>,
}

/// What stands for a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// A constant or a parameter of the deployment.
    Constant,
    /// A constructor of an enum.
    Variant,
}

/// A collection of a module.
pub(super) struct Declared<'t> {
    pub span: Span,
    pub kind: Kind,
    pub is_input: bool,
    pub is_output: bool,
    /// Its declaration; timers and inferred views have none.
    pub declaration: Option<&'t Collection>,
    /// The head that infers it.
    pub head: Option<&'t Call>,
}

/// What kind of collection it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Table,
    View,
    Event,
    Channel,
    Timer,
}

impl Kind {
    pub fn of(kind: CollectionKind) -> Kind {
        match kind {
            CollectionKind::Table => Kind::Table,
            CollectionKind::View => Kind::View,
            CollectionKind::Event => Kind::Event,
            CollectionKind::Channel => Kind::Channel,
        }
    }
    pub fn with_article(self) -> &'static str {
        match self {
            Kind::Table => "a table",
            Kind::View => "a view",
            Kind::Event => "an event",
            Kind::Channel => "a channel",
            Kind::Timer => "a timer",
        }
    }
    pub fn word(self) -> &'static str {
        match self {
            Kind::Table => "table",
            Kind::View => "view",
            Kind::Event => "event",
            Kind::Channel => "channel",
            Kind::Timer => "timer",
        }
    }
}

/// All modules of a program.
pub(super) struct Templates<'t> {
    list: Vec<Template<'t>>,
    of_files: IndexVec<FileId, TemplateId>,
}

impl<'t> Templates<'t> {
    /// Finds all modules in all files.
    pub fn of(files: &'t Files, sink: &mut Diagnostics) -> Self {
        let mut templates = Templates { list: Vec::new(), of_files: IndexVec::new() };
        for (file, tree) in files.trees.entries() {
            let source = &files.sources[file];
            let root = Module {
                name: &source.name,
                file,
                params: &[],
                statements: &tree.statements,
                bytes: source.text.len(),
                incomplete: files.incomplete.contains(&file),
            };
            let whole = templates.add(root, None, sink);
            // A file that is nothing but one module stands for that module.
            let only = match tree.statements.as_slice() {
                [Statement { kind: StatementKind::Module { name, .. }, .. }] => {
                    templates.list[whole.0].modules.get(name.text.as_str()).copied()
                }
                _ => None,
            };
            templates.of_files.push(only.unwrap_or(whole));
        }
        templates
    }

    /// What using a file means.
    pub fn of_file(&self, file: FileId) -> Option<TemplateId> {
        self.of_files.get(file).copied()
    }

    /// The program itself. (Its file's template comes first, whatever it holds.)
    pub fn main(&self) -> Option<TemplateId> {
        (!self.list.is_empty()).then_some(TemplateId(0))
    }

    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = TemplateId> + use<> {
        (0..self.list.len()).map(TemplateId)
    }

    fn add(&mut self, module: Module<'t>, parent: Option<TemplateId>, sink: &mut Diagnostics) -> TemplateId {
        let id = TemplateId(self.list.len());
        let Module { name, file, params, statements, bytes, incomplete } = module;
        let declares = Declarations::of(params, statements);
        for param in params {
            let name = param_name(param);
            if declares.declares(&name.text) {
                sink.push(DeclaredTwice { what: "name", name: name.text.clone(), second: name.span });
            }
        }
        self.list.push(Template {
            name: name.to_owned(),
            file,
            params,
            statements,
            bytes,
            incomplete,
            parent,
            modules: BTreeMap::new(),
            uses: BTreeMap::new(),
            interface: Interface::default(),
            declares,
        });
        let mut inner = Vec::new();
        collect_modules(file, incomplete, statements, &mut inner);
        for (module, span) in inner {
            let name = module.name;
            let found = self.add(module, Some(id), sink);
            let first = *self.list[id.0].modules.entry(name).or_insert(found);
            if first != found {
                sink.push(DeclaredTwice { what: "module", name: name.to_owned(), second: span });
            }
        }
        id
    }
}

impl std::ops::IndexMut<TemplateId> for Templates<'_> {
    fn index_mut(&mut self, id: TemplateId) -> &mut Self::Output {
        &mut self.list[id.0]
    }
}

impl<'t> std::ops::Index<TemplateId> for Templates<'t> {
    type Output = Template<'t>;
    fn index(&self, id: TemplateId) -> &Template<'t> {
        &self.list[id.0]
    }
}

/// A module's text, before it is looked into.
struct Module<'t> {
    name: &'t str,
    file: FileId,
    params: &'t [ModuleParam],
    statements: &'t [Statement],
    bytes: usize,
    incomplete: bool,
}

/// The modules declared in these statements, each with its name's place.
fn collect_modules<'t>(
    file: FileId,
    incomplete: bool,
    statements: &'t [Statement],
    modules: &mut Vec<(Module<'t>, Span)>,
) {
    for statement in statements {
        if let StatementKind::Module { name, params, statements } = &statement.kind {
            let bytes = statement.span.end.saturating_sub(statement.span.start) as usize;
            modules
                .push((Module { name: &name.text, file, params, statements, bytes, incomplete }, name.span));
        } else if let StatementKind::On { statements, .. } | StatementKind::Monotone(statements) =
            &statement.kind
        {
            collect_modules(file, incomplete, statements, modules);
        }
    }
}

impl<'t> Declarations<'t> {
    fn of(params: &'t [ModuleParam], statements: &'t [Statement]) -> Self {
        let mut declares = Declarations::default();
        declares.collect(statements);
        let is_parameter = |name: &str| params.iter().any(|param| param_name(param).text == name);
        declares.infer(statements, &is_parameter);
        let Declarations { collections, outputs, .. } = &mut declares;
        for path in outputs.iter() {
            if let [name] = path.parts.as_slice()
                && let Some(collection) = collections.get_mut(name.text.as_str())
            {
                collection.is_output = true;
            }
        }
        declares
    }

    /// Whether the name is declared, as whatever.
    pub fn declares(&self, name: &str) -> bool {
        self.collections.contains_key(name)
            || self.roles.contains_key(name)
            || self.types.contains_key(name)
            || self.values.contains_key(name)
            || self.functions.contains_key(name)
    }

    fn collect(&mut self, statements: &'t [Statement]) {
        for statement in statements {
            match &statement.kind {
                StatementKind::Role { name, .. } => {
                    self.roles.entry(&name.text).or_insert(name.span);
                }
                StatementKind::Collection(collection) => {
                    let has = |wanted| collection.modifiers.iter().any(|(modifier, _)| *modifier == wanted);
                    self.collections.entry(&collection.name.text).or_insert(Declared {
                        span: collection.name.span,
                        kind: Kind::of(collection.kind),
                        is_input: has(Modifier::Input),
                        is_output: has(Modifier::Output),
                        declaration: Some(collection),
                        head: None,
                    });
                }
                StatementKind::Timer { name, .. } => {
                    self.collections.entry(&name.text).or_insert(Declared {
                        span: name.span,
                        kind: Kind::Timer,
                        is_input: false,
                        is_output: false,
                        declaration: None,
                        head: None,
                    });
                }
                StatementKind::Const { name, .. } | StatementKind::Param { name, .. } => {
                    self.values.entry(&name.text).or_insert(Value::Constant);
                }
                StatementKind::Function { name, .. } => {
                    self.functions.entry(&name.text).or_insert(name.span);
                }
                StatementKind::Struct { name, .. } | StatementKind::Lattice { name, .. } => {
                    self.types.entry(&name.text).or_insert(name.span);
                }
                StatementKind::Enum { name, variants } => {
                    self.types.entry(&name.text).or_insert(name.span);
                    for (variant, _) in variants {
                        self.values.entry(&variant.text).or_insert(Value::Variant);
                    }
                }
                StatementKind::Output(path) => self.outputs.push(path),
                StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => {
                    self.collect(statements);
                }
                StatementKind::Confluent(_)
                | StatementKind::Fact(_)
                | StatementKind::Rule(_)
                | StatementKind::Seal(_)
                | StatementKind::Use { .. }
                | StatementKind::Module { .. }
                | StatementKind::Invariant { .. }
                | StatementKind::Test { .. } => {}
            }
        }
    }

    /// Undeclared heads of `<=` rules are views.
    fn infer(&mut self, statements: &'t [Statement], is_parameter: &impl Fn(&str) -> bool) {
        for statement in statements {
            if let StatementKind::Rule(rule) = &statement.kind
                && rule.op == RuleOp::Now
                && let [name] = rule.head.path.parts.as_slice()
                && !is_parameter(&name.text)
                && !self.roles.contains_key(name.text.as_str())
            {
                self.collections.entry(&name.text).or_insert(Declared {
                    span: name.span,
                    kind: Kind::View,
                    is_input: false,
                    is_output: false,
                    declaration: None,
                    head: Some(&rule.head),
                });
            } else if let StatementKind::On { statements, .. } | StatementKind::Monotone(statements) =
                &statement.kind
            {
                self.infer(statements, is_parameter);
            }
        }
    }
}

/// The name of a parameter.
pub(super) fn param_name(param: &ModuleParam) -> &Name {
    match param {
        ModuleParam::Role(name) => name,
        ModuleParam::Value(column) => &column.name,
        ModuleParam::Collection(collection) => &collection.name,
    }
}
