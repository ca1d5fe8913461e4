//! Every kind of finding about modules: facts as fields, wording in `diagnostic()`.

use floret_ir::{Diagnostic, Finding, RuleOp, Span};

/// One name for two things.
pub(super) struct DeclaredTwice {
    /// `module`, `instance`, `argument`, or `name`: a parameter and something else.
    pub what: &'static str,
    pub name: String,
    pub second: Span,
}

impl Finding for DeclaredTwice {
    fn diagnostic(&self) -> Diagnostic {
        let DeclaredTwice { what, name, .. } = self;
        let diagnostic = match *what {
            "argument" => {
                Diagnostic::error("duplicate-name", format!("the argument `{name}` is given twice"))
            }
            "name" => Diagnostic::error(
                "duplicate-name",
                format!("`{name}` is a parameter of the module, and something that it declares"),
            ),
            what => Diagnostic::error("duplicate-name", format!("there are two {what}s `{name}`")),
        };
        let help = match *what {
            "instance" => "give one of them another name: `use ... as other;`",
            "argument" => "leave one of them out",
            _ => "give one of them another name",
        };
        diagnostic.at(self.second, "again here").help(help)
    }
}

/// A file that a `use` names and that can't be read.
pub(super) struct UnreadableFile {
    pub path: String,
    pub tried: String,
    pub why: String,
    pub span: Span,
}

impl Finding for UnreadableFile {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("no-file", format!("the module \"{}\" can't be read", self.path))
            .at(self.span, self.why.clone())
            .note(format!("tried {}", self.tried))
            .help("a module's path is taken from the folder of the file that uses it")
    }
}

/// A module that the library doesn't have.
pub(super) struct UnknownLibrary {
    pub name: String,
    pub span: Span,
    pub suggestion: Option<String>,
    pub modules: Vec<String>,
}

impl Finding for UnknownLibrary {
    fn diagnostic(&self) -> Diagnostic {
        let diagnostic =
            Diagnostic::error("unknown-name", format!("the library has no module `{}`", self.name))
                .at(self.span, "no such module");
        match &self.suggestion {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None if self.modules.is_empty() => diagnostic.help("there is no library here"),
            None => diagnostic.help(format!("its modules are {}", list(&self.modules))),
        }
    }
}

/// A module that is declared nowhere.
pub(super) struct UnknownModule {
    pub name: String,
    pub span: Span,
    pub suggestion: Option<String>,
}

impl Finding for UnknownModule {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.name;
        let diagnostic = Diagnostic::error("unknown-name", format!("there is no module `{name}`"))
            .at(self.span, "no such module");
        diagnostic.help(match &self.suggestion {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "declare it, `module {name} {{ ... }}`, name its file, `use \"{name}.flo\";`, or take one of the library, `use std::{name};`"
            ),
        })
    }
}

/// Too many files, or too much text.
pub(super) struct TooMuchText {
    pub span: Span,
    pub files: usize,
    pub bytes: usize,
}

impl Finding for TooMuchText {
    fn diagnostic(&self) -> Diagnostic {
        let limit =
            format!("a program has at most {} files and {} MiB of text", self.files, self.bytes >> 20);
        Diagnostic::error("too-large", "the program has too many files, or they are too large")
            .at(self.span, "this one is too much")
            .note(limit)
            .help("use fewer modules, or smaller ones")
    }
}

/// A program that instances make too large.
pub(super) struct TooLarge {
    pub what: String,
    pub span: Span,
}

impl Finding for TooLarge {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("too-large", format!("the modules make the program too large: {}", self.what))
            .at(self.span, "this is too much")
            .help("use fewer modules in one another, and name large values with `const`")
    }
}

/// Modules that use one another in a circle: each module with its `use` of the next.
pub(super) struct ModuleCycle {
    pub steps: Vec<(String, Span)>,
}

impl Finding for ModuleCycle {
    fn diagnostic(&self) -> Diagnostic {
        let names: Vec<String> = self.steps.iter().map(|(name, _)| format!("`{name}`")).collect();
        let first = names.first().cloned().unwrap_or_default();
        let title = match names.as_slice() {
            [name] => format!("the module {name} uses itself"),
            _ => format!("these modules use one another in a circle: {} -> {first}", names.join(" -> ")),
        };
        let mut diagnostic = Diagnostic::error("module-cycle", title);
        for (number, (_, span)) in self.steps.iter().enumerate() {
            let next = names.get((number + 1) % names.len().max(1)).cloned().unwrap_or_default();
            let text = format!("uses {next}");
            diagnostic = if number + 1 == self.steps.len() {
                diagnostic.at(*span, text)
            } else {
                diagnostic.because(*span, text)
            };
        }
        diagnostic
            .note("an instance has collections of its own, so a module within itself would never end")
            .help("put what both need into a third module, or take out one of the uses")
    }
}

/// A file whose name can't be an instance's.
pub(super) struct NoInstanceName {
    pub span: Span,
}

impl Finding for NoInstanceName {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("no-name", "this instance has no name")
            .at(self.span, "the file's name is no name of the language")
            .help("give it one: `use \"...\" as name;`")
    }
}

/// `d::x` where there is no instance `d`.
pub(super) struct UnknownInstance {
    pub name: String,
    pub is_module: bool,
    pub suggestion: Option<String>,
    pub span: Span,
}

impl Finding for UnknownInstance {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.name;
        let diagnostic = if self.is_module {
            Diagnostic::error("unknown-name", format!("`{name}` is a module, not an instance of one"))
                .at(self.span, "a module has no collections, its instances have")
        } else {
            Diagnostic::error("unknown-name", format!("there is no instance `{name}`"))
                .at(self.span, "no instance of a module has this name")
        };
        diagnostic.help(match &self.suggestion {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.is_module => format!("make one: `use {name} as instance;`"),
            None => format!("make one: `use \"file.flo\" as {name};`"),
        })
    }
}

/// `d::x` where `d` has no such name, or keeps it for itself.
pub(super) struct UnknownMember {
    pub instance: String,
    pub module: String,
    pub name: String,
    pub private: bool,
    pub suggestion: Option<String>,
    pub members: Vec<String>,
    pub span: Span,
}

impl Finding for UnknownMember {
    fn diagnostic(&self) -> Diagnostic {
        let UnknownMember { instance, module, name, .. } = self;
        let visible: Vec<String> =
            self.members.iter().map(|member| format!("{instance}::{member}")).collect();
        let diagnostic = if self.private {
            Diagnostic::error("private-name", format!("`{name}` is private to the module `{module}`"))
                .at(self.span, "only its inputs, outputs and types are seen from outside")
        } else {
            Diagnostic::error("unknown-name", format!("the module `{module}` has no `{name}`"))
                .at(self.span, "no such name")
        };
        let seen = if visible.is_empty() {
            format!("nothing of `{instance}` is seen from outside: it has no inputs and no outputs")
        } else {
            format!("seen from outside are {}", list(&visible))
        };
        match &self.suggestion {
            Some(near) => diagnostic.note(seen).help(format!("did you mean `{instance}::{near}`?")),
            None => diagnostic.help(seen),
        }
    }
}

/// A name that is declared outside of the module.
pub(super) struct NotVisible {
    pub name: String,
    /// `table`, `role` and so on.
    pub what: &'static str,
    pub module: String,
    pub span: Span,
    pub declared: Span,
}

impl Finding for NotVisible {
    fn diagnostic(&self) -> Diagnostic {
        let NotVisible { name, what, module, .. } = self;
        let last = module.rsplit(['/', ':']).next().unwrap_or(module);
        let stem = last.strip_suffix(".flo").unwrap_or(last);
        let diagnostic = Diagnostic::error(
            "not-visible",
            format!("the module `{module}` doesn't see the {what} `{name}`"),
        )
        .at(self.span, "declared outside of the module")
        .because(self.declared, format!("a {what} of the module's user"));
        match *what {
            "role" => diagnostic.help(format!(
                "make it a parameter: `module {stem}(role {name}) {{ ... }}`, and pass it: `use ...({name} = {name})`"
            )),
            "function" | "type" => diagnostic.help("declare it in the module, or in a module that this one uses"),
            what => diagnostic.help(format!(
                "make it a parameter: `module {stem}({what} {name}(...)) {{ ... }}`, and pass it: `use ...({name} = {name})`"
            )),
        }
    }
}

/// A head or fact that fills what a module's user can't fill, or not so.
pub(super) struct FilledOtherwise {
    pub name: String,
    pub is_input: bool,
    /// `None`: a fact.
    pub op: Option<RuleOp>,
    pub span: Span,
}

impl Finding for FilledOtherwise {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.name;
        match self.op {
            Some(op) if self.is_input => Diagnostic::error(
                "fills-instance",
                format!("the input `{name}` of an instance is not filled by `{}`", op.symbol()),
            )
            .at(self.span, "only by `<=`")
            .help(format!(
                "write `{name}(...) <= ...;`; what is to happen later can go through an event of your own"
            )),
            Some(_) | None => Diagnostic::error(
                "fills-instance",
                format!("`{name}` is an output, filled by its module alone"),
            )
            .at(self.span, "can only be read from outside")
            .help("fill one of the instance's inputs, or a collection of your own"),
        }
    }
}

/// Parameters without arguments.
pub(super) struct MissingArguments {
    pub module: String,
    pub missing: Vec<String>,
    pub span: Span,
}

impl Finding for MissingArguments {
    fn diagnostic(&self) -> Diagnostic {
        let plural = if self.missing.len() == 1 { "" } else { "s" };
        let missing = self.missing.join(", ");
        Diagnostic::error(
            "missing-argument",
            format!("`{}` needs the argument{plural} {missing}", self.module),
        )
        .at(self.span, format!("argument{plural} missing"))
        .help("write `use module(parameter = value) as name;`")
    }
}

/// An argument for no parameter.
pub(super) struct OutsideParameters {
    pub module: String,
    pub name: String,
    pub suggestion: Option<String>,
    pub params: Vec<String>,
    pub span: Span,
}

impl Finding for OutsideParameters {
    fn diagnostic(&self) -> Diagnostic {
        let OutsideParameters { module, name, .. } = self;
        let diagnostic =
            Diagnostic::error("superfluous-argument", format!("`{module}` has no parameter `{name}`"))
                .at(self.span, "no such parameter");
        match &self.suggestion {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None if self.params.is_empty() => diagnostic.help("it takes no arguments: leave it out"),
            None => diagnostic.help(format!("its parameters are {}", list(&self.params))),
        }
    }
}

/// An argument that is not what the parameter stands for.
pub(super) struct WrongKind {
    pub module: String,
    pub param: String,
    pub wanted: String,
    pub found: String,
    pub span: Span,
}

impl Finding for WrongKind {
    fn diagnostic(&self) -> Diagnostic {
        let WrongKind { module, param, wanted, found, .. } = self;
        Diagnostic::error("wrong-argument", format!("the parameter `{param}` of `{module}` is {wanted}"))
            .at(self.span, format!("this is {found}"))
            .help(format!("give it {wanted}"))
    }
}

/// An argument with variables in it.
pub(super) struct NotConstant {
    pub param: String,
    pub span: Span,
}

impl Finding for NotConstant {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("wrong-argument", format!("the argument `{}` is not constant", self.param))
            .at(self.span, "this is no constant")
            .note("an instance is made before anything runs")
            .help("write a value, or the name of a `const` or `param`")
    }
}

/// A collection with other columns than the parameter's.
pub(super) struct UnlikeCollection {
    pub param: String,
    pub collection: String,
    pub problem: String,
    pub span: Span,
    pub declared: Span,
}

impl Finding for UnlikeCollection {
    fn diagnostic(&self) -> Diagnostic {
        let UnlikeCollection { param, collection, problem, .. } = self;
        Diagnostic::error("wrong-argument", format!("`{collection}` doesn't fit the parameter `{param}`"))
            .at(self.span, problem.clone())
            .because(self.declared, "the parameter")
            .help("pass a collection with the parameter's columns (their names may differ), perhaps a view made for it")
    }
}

/// A test in a module's block.
pub(super) struct TestInModule {
    pub span: Span,
}

impl Finding for TestInModule {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::warning("test-in-module", "this test is never run: it is in a module's block")
            .at(self.span, "of which instance?")
            .help("write it outside of the module, about an instance of it")
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
