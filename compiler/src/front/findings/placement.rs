//! Heads and bodies at places that don't go together.

use floret_ir::{Diagnostic, Finding, RelationKind, RuleOp, Span};

use super::{a, word};

/// Something with the role it is at.
#[derive(Clone)]
pub(in crate::front) struct Placed {
    pub name: String,
    pub role: String,
    pub span: Span,
}

/// A body that reads collections of two roles.
pub(in crate::front) struct TwoPlaces {
    pub first: Placed,
    pub second: Placed,
}

impl Finding for TwoPlaces {
    fn diagnostic(&self) -> Diagnostic {
        let (first, second) = (&self.first, &self.second);
        Diagnostic::error("two-places", format!("this body is at two places: {} and {}", first.role, second.role))
            .at(second.span, format!("`{}` is at {}", second.name, second.role))
            .because(first.span, format!("`{}` is at {}", first.name, first.role))
            .help(format!(
                "in a rule with `<~`, say at which node the second is to be read: `{}@node(...)`; other rules read what a message brought: \
                 send what is needed from {} to {} through a channel, and read the channel there",
                second.name, first.role, second.role
            ))
    }
}

/// A view filled by rules at two roles.
pub(in crate::front) struct ViewAtTwoRoles {
    pub view: String,
    pub first: Placed,
    pub second: Placed,
}

impl Finding for ViewAtTwoRoles {
    fn diagnostic(&self) -> Diagnostic {
        let (first, second) = (&self.first, &self.second);
        Diagnostic::error(
            "two-places",
            format!("the view `{}` is filled at two places: {} and {}", self.view, first.role, second.role),
        )
        .at(second.span, format!("this body is at {}", second.role))
        .because(first.span, format!("this body is at {}", first.role))
        .help("a view lives where its rules' bodies do: use a view for each role")
    }
}

/// A collection that may live anywhere.
pub(in crate::front) struct NoHome {
    pub name: String,
    pub kind: RelationKind,
    pub inferred: bool,
    pub span: Span,
    pub roles: Vec<String>,
}

impl Finding for NoHome {
    fn diagnostic(&self) -> Diagnostic {
        let NoHome { name, kind, .. } = self;
        let kind = word(*kind);
        let role = self.roles.first().map_or("ROLE", String::as_str);
        let diagnostic =
            Diagnostic::error("no-place", format!("at which role does the {kind} `{name}` live?"))
                .at(self.span, "nothing says where it is");
        if self.inferred {
            diagnostic
                .note("an undeclared view lives where its rules' bodies read, and these read no collection with a place")
                .help(format!("declare it, `view {name}(...) on {role};`, or write the rule inside `on {role} {{ ... }}`"))
        } else {
            diagnostic.help(format!("write `on ROLE` after its columns, as `{kind} {name}(...) on {role};`"))
        }
    }
}

/// A head at another role than its body, with an operator that sends nothing.
pub(in crate::front) struct RemoteHead {
    pub head: Placed,
    pub op: RuleOp,
    pub op_span: Span,
    pub body: Placed,
}

impl Finding for RemoteHead {
    fn diagnostic(&self) -> Diagnostic {
        let (head, body) = (&self.head, &self.body);
        Diagnostic::error(
            "remote-head",
            format!("`{}` is at {}, but the body is at {}", head.name, head.role, body.role),
        )
        .at(head.span, format!("at {}", head.role))
        .because(body.span, format!("`{}` is at {}", body.name, body.role))
        .because(self.op_span, format!("`{}` stays at its node", self.op.symbol()))
        .help(format!(
            "only a message gets to another node: declare `channel c(...) on {};`, send with `c@node(...) <~ ...;`, and fill `{}` from it there",
            head.role, head.name
        ))
    }
}

/// `r@n(...)` with an operator that sends nothing.
pub(in crate::front) struct PlaceWithoutMessage {
    pub name: String,
    pub is_channel: bool,
    pub op: RuleOp,
    pub op_span: Span,
    pub place: Span,
}

impl Finding for PlaceWithoutMessage {
    fn diagnostic(&self) -> Diagnostic {
        let name = &self.name;
        Diagnostic::error("remote-head", format!("a head at another node takes `<~`, not `{}`", self.op.symbol()))
            .at(self.place, "at another node")
            .because(self.op_span, "stays at this node")
            .help(if self.is_channel {
                "write `<~`: it sends the row as a message".to_owned()
            } else {
                format!("declare a channel, send to it with `<~`, and fill `{name}` from it there; or leave the `@` out")
            })
    }
}

/// A message to another role without an address.
pub(in crate::front) struct MissingPlace {
    pub head: Placed,
    pub body: Placed,
    /// Variables of the body that hold addresses of the head's role.
    pub addresses: Vec<String>,
}

impl Finding for MissingPlace {
    fn diagnostic(&self) -> Diagnostic {
        let Placed { name, role, span } = &self.head;
        let places = match self.addresses.as_slice() {
            [] => format!(
                "`{name}@{role}[hash(key)](...)` for one of them, or `{name}@n(...) <~ ..., {role}(n)` for all"
            ),
            known => known.iter().map(|v| format!("`{name}@{v}(...)`")).collect::<Vec<_>>().join(" or "),
        };
        Diagnostic::error("missing-place", format!("to which {role} does `{name}` go?"))
            .at(*span, format!("`{name}` is at {role}"))
            .because(self.body.span, format!("`{}` is at {}", self.body.name, self.body.role))
            .help(format!("write {places}"))
    }
}

/// An operator that the kind of collection doesn't take.
pub(in crate::front) struct WrongOperator {
    pub name: String,
    pub kind: RelationKind,
    pub inferred: bool,
    pub op: RuleOp,
    pub op_span: Span,
    pub declared: Span,
}

impl Finding for WrongOperator {
    fn diagnostic(&self) -> Diagnostic {
        let kind = a(self.kind);
        let (takes, help) = match (self.kind, self.op) {
            (RelationKind::Table, _) => (
                "`<=`, `<+`, `<-` or `<+-`",
                "messages go through a channel: declare one, send to it with `<~`, and fill this from it",
            ),
            (RelationKind::View, RuleOp::Later) => ("`<=` only", "declare a `channel` to send messages"),
            (RelationKind::View, RuleOp::Delete | RuleOp::Replace) => (
                "`<=` only",
                "a row leaves a view when nothing derives it any more: add a condition or negation to the view's rules, \
                 or declare a `table` to keep and delete rows",
            ),
            (RelationKind::View, _) => ("`<=` only", "declare a `table` to keep rows from tick to tick"),
            (RelationKind::Event, RuleOp::Later) => ("`<=` or `<+`", "declare a `channel` to send messages"),
            (RelationKind::Event, _) => (
                "`<=` or `<+`",
                "an event's rows are gone after the tick; declare a `table` to keep and delete rows",
            ),
            (RelationKind::Timer { .. }, _) => {
                ("no rules", "the clock fills it; declare an `event` for rows of your own")
            }
            (RelationKind::Channel { .. }, _) => ("`<~` only", "write `<~`: a channel is filled by messages"),
        };
        let diagnostic = Diagnostic::error(
            "wrong-operator",
            format!("`{}` is {kind} and can't take `{}`", self.name, self.op.symbol()),
        )
        .at(self.op_span, format!("{kind} takes {takes}"));
        let origin = if self.inferred { "an undeclared view, made by this head" } else { "declared here" };
        diagnostic.because(self.declared, origin).help(help)
    }
}

/// A rule that changes a static input.
pub(in crate::front) struct StaticInputHead {
    pub name: String,
    pub span: Span,
    pub declared: Span,
}

impl Finding for StaticInputHead {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(
            "wrong-operator",
            format!("`{}` is a static input: no rule may change it", self.name),
        )
        .at(self.span, "filled here")
        .because(self.declared, "complete before the first tick, then fixed")
        .help("leave `static` out, or fill another collection")
    }
}

/// A message whose body reads no collection.
pub(in crate::front) struct MessageFromNothing {
    pub span: Span,
}

impl Finding for MessageFromNothing {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("no-place", "a message needs a collection in its body")
            .at(self.span, "nothing says which node sends this, or when")
            .help("read what makes it be sent: an event, or a table with a fact in it")
    }
}

/// A sender that the channel excludes.
pub(in crate::front) struct WrongSender {
    pub channel: Placed,
    /// The role that may send.
    pub from: String,
    pub declared: Span,
    pub body: Placed,
}

impl Finding for WrongSender {
    fn diagnostic(&self) -> Diagnostic {
        let WrongSender { channel, from, body, .. } = self;
        Diagnostic::error(
            "wrong-sender",
            format!("only a {from} may send to `{}`, not a {}", channel.name, body.role),
        )
        .at(channel.span, format!("sent by a {}", body.role))
        .because(self.declared, format!("declared `from {from}`"))
        .because(body.span, format!("`{}` is at {}", body.name, body.role))
    }
}

/// A rule or fact inside `on ROLE { ... }` about another role's collection.
pub(in crate::front) struct OutsideBlock {
    pub placed: Placed,
    pub block_role: String,
    pub block: Span,
}

impl Finding for OutsideBlock {
    fn diagnostic(&self) -> Diagnostic {
        let Placed { name, role, span } = &self.placed;
        Diagnostic::error(
            "two-places",
            format!("`{name}` is at {role}, but this stands in `on {}`", self.block_role),
        )
        .at(*span, format!("at {role}"))
        .because(self.block, format!("everything in here is at {}", self.block_role))
        .help("move it out of the block")
    }
}
