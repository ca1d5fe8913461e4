//! Declared types, lattices and definitions that can't be.

use floret_ir::{Diagnostic, Finding, Span};

use crate::front::resolved::DefKind;

/// Types that contain themselves.
pub(in crate::front) struct RecursiveType {
    /// Each uses the next; the last uses the first.
    pub cycle: Vec<(String, Span)>,
}

impl Finding for RecursiveType {
    fn diagnostic(&self) -> Diagnostic {
        let title = match self.cycle.as_slice() {
            [(name, _)] => format!("the type `{name}` contains itself"),
            cycle => format!("the types {} contain each other", names(cycle)),
        };
        cycle(Diagnostic::error("recursive-type", title), &self.cycle)
            .note("a value would have no end")
            .help("keep the parts in a table, and refer to them by a key")
    }
}

/// Definitions that use themselves.
pub(in crate::front) struct RecursiveDefinition {
    /// Each uses the next; the last uses the first.
    pub cycle: Vec<(String, Span)>,
}

impl Finding for RecursiveDefinition {
    fn diagnostic(&self) -> Diagnostic {
        let title = match self.cycle.as_slice() {
            [(name, _)] => format!("`{name}` uses itself"),
            cycle => format!("{} use each other", names(cycle)),
        };
        cycle(Diagnostic::error("recursive-definition", title), &self.cycle)
            .note("functions and constants always have an end; only rules are recursive")
            .help("compute it with a recursive view")
    }
}

fn names(cycle: &[(String, Span)]) -> String {
    cycle.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn cycle(mut diagnostic: Diagnostic, cycle: &[(String, Span)]) -> Diagnostic {
    for (index, (_, span)) in cycle.iter().enumerate() {
        let next = cycle.get(index + 1).or(cycle.first()).map_or("", |(name, _)| name);
        let text = format!("uses `{next}`");
        diagnostic = if index == 0 { diagnostic.at(*span, text) } else { diagnostic.because(*span, text) };
    }
    diagnostic
}

/// A type of too many parts.
pub(in crate::front) struct TypeTooLarge {
    pub span: Span,
    pub limit: usize,
}

impl Finding for TypeTooLarge {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(
            "type-too-large",
            format!("this type has more than {} parts, or nests too deep", self.limit),
        )
        .at(self.span, "all in all, with the types it uses")
        .help("split the values, and keep them in several columns")
    }
}

/// A type with too many or too few types in `<...>`.
pub(in crate::front) struct TypeArity {
    pub name: String,
    pub takes: &'static str,
    pub span: Span,
}

impl Finding for TypeArity {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("wrong-arity", format!("{} takes {}", self.name, self.takes)).at(self.span, "")
    }
}

/// A lattice type that is no value column's.
pub(in crate::front) struct MisplacedLattice {
    pub span: Span,
}

impl Finding for MisplacedLattice {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("misplaced-lattice", "a lattice is the type of a value column, and of nothing else")
            .at(self.span, "no rows merge here")
            .help("put the column after `=>`, as in `best(key: string => score: max<int>)`, or write the type of the values")
    }
}

/// A lattice type that doesn't make one.
pub(in crate::front) struct WrongLattice {
    pub span: Span,
    pub why: &'static str,
}

impl Finding for WrongLattice {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("misplaced-lattice", self.why)
            .at(self.span, "")
            .help("a tuple or struct merges part by part if all its parts are lattices")
    }
}

/// A lattice column in a head of `<-` that is not `_`.
pub(in crate::front) struct DeletedLattice {
    pub span: Span,
    pub column: String,
    pub declared: Span,
}

impl Finding for DeletedLattice {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("misplaced-lattice", format!("`<-` deletes whatever `{}` has become", self.column))
            .at(self.span, "write `_`")
            .because(self.declared, "its values merge")
    }
}

/// A name that a definition doesn't bind.
pub(in crate::front) struct FreeVariable {
    pub name: String,
    pub span: Span,
    pub owner: String,
    pub kind: DefKind,
    pub params: Vec<String>,
}

impl Finding for FreeVariable {
    fn diagnostic(&self) -> Diagnostic {
        let FreeVariable { name, owner, .. } = self;
        let what = match self.kind {
            DefKind::Constant => "the constant",
            DefKind::Function => "the function",
            DefKind::Merge => "the merge of the lattice",
            DefKind::Default => "the default of the parameter",
        };
        let diagnostic =
            Diagnostic::error("unbound-variable", format!("`{name}` has no value in {what} `{owner}`"))
                .at(self.span, "nothing of this name is known here");
        let near = floret_ir::closest(name, self.params.iter().map(String::as_str));
        let params: Vec<String> = self.params.iter().map(|param| format!("`{param}`")).collect();
        match (near, self.kind) {
            (Some(near), _) => diagnostic.help(format!("did you mean `{near}`?")),
            (None, DefKind::Constant | DefKind::Default) => {
                diagnostic.help("it is computed from literals, functions and other constants")
            }
            (None, DefKind::Function) if params.is_empty() => {
                diagnostic.help("make it a parameter of the function")
            }
            (None, DefKind::Function | DefKind::Merge) => diagnostic
                .help(format!("it knows its parameters ({}) and the program's constants", params.join(", "))),
        }
    }
}

/// Something that has no meaning where it stands.
pub(in crate::front) struct NotHere {
    pub what: &'static str,
    pub span: Span,
    pub place: &'static str,
}

impl Finding for NotHere {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("not-here", format!("{} can't stand {}", self.what, self.place))
            .at(self.span, "it has a value in a rule only")
            .help("compute it in a rule, and pass it on as an argument or a column")
    }
}

/// A constant, or a parameter's default, that can't be computed.
pub(in crate::front) struct NoConstant {
    pub name: String,
    pub span: Span,
    pub why: floret_ir::NoValue,
}

impl Finding for NoConstant {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("no-value", format!("`{}` has no value: {}", self.name, self.why)).at(self.span, "")
    }
}

/// A merge that doesn't merge some values.
pub(in crate::front) struct PartialMerge {
    pub name: String,
    pub span: Span,
}

impl Finding for PartialMerge {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("partial-merge", format!("the merge of `{}` may have no value", self.name))
            .at(self.span, "this can overflow, divide by zero or fail in another way")
            .note("rows of one key always merge, so a merge has a value for any two of its type")
            .help("use functions that always have a value, as `greatest`, `least`, `union` and comparisons")
    }
}

/// An expression that gets too large where functions are put in.
pub(in crate::front) struct ExpansionTooLarge {
    pub span: Span,
    pub limit: usize,
}

impl Finding for ExpansionTooLarge {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("expansion-too-large", format!("this gets larger than {} operations", self.limit))
            .at(self.span, "with the bodies of all functions and the arms of all `match`es put in")
            .help("give intermediate results names with `let`, or spread the work over several rules")
    }
}

/// `sender` in a body without exactly one channel.
pub(in crate::front) struct SenderOfWhat {
    pub span: Span,
    pub channels: Vec<Span>,
}

impl Finding for SenderOfWhat {
    fn diagnostic(&self) -> Diagnostic {
        let title = if self.channels.is_empty() {
            "`sender` of what? This body reads no channel"
        } else {
            "`sender` of which message? This body reads several channels"
        };
        let mut diagnostic =
            Diagnostic::error("sender", title).at(self.span, "the address a message came from");
        for channel in &self.channels {
            diagnostic = diagnostic.because(*channel, "a channel");
        }
        diagnostic.help("read exactly one channel in the rule; a view can pass its sender on")
    }
}

/// A channel that nodes of several roles, or none, send to.
pub(in crate::front) struct SenderUnknown {
    pub channel: String,
    pub span: Span,
    pub declared: Span,
    /// The roles that send.
    pub roles: Vec<String>,
}

impl Finding for SenderUnknown {
    fn diagnostic(&self) -> Diagnostic {
        let channel = &self.channel;
        let who = match self.roles.as_slice() {
            [] => "no rule sends to it".to_owned(),
            roles => format!("nodes of {} send to it", roles.join(" and ")),
        };
        Diagnostic::error("sender", format!("the senders of `{channel}` have no one role: {who}"))
            .at(self.span, "an address is of one role")
            .because(self.declared, "the channel")
            .help("say who sends, `channel ... from ROLE`, and use a channel for each role")
    }
}

/// `floret::error` and the like where no event is read.
pub(in crate::front) struct BuiltinEvent {
    pub span: Span,
}

impl Finding for BuiltinEvent {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("built-in-event", "the built-in events are read in bodies, and nothing else")
            .at(self.span, "filled by the node itself")
    }
}
