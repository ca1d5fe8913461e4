//! Channels `ordered via S` as they are declared, and what is written out for them.

use floret_ir::{Diagnostics, RuleOp, Span};
use floret_lang::tree::{
    Call, Clause, Collection, CollectionKind, ColumnDecl, Expr, ExprKind, Literal, Name, Statement,
    StatementKind,
};

use crate::front::build::Build;
use crate::front::findings::ImpossibleDeclaration;
use crate::front::split::Names;

/// The receiver's column. No column of a program is called so.
const TO: &str = "$to";

/// A channel `ordered via S`.
#[derive(Debug)]
pub(super) struct Channel {
    pub name: String,
    /// Its declaration's name.
    span: Span,
    pub columns: Vec<ColumnDecl>,
    /// How many columns stand before `=>`.
    key: Option<usize>,
    /// The receivers' role.
    pub on: String,
    /// The sequencer's role.
    sequencer: Name,
    /// The only role that may send.
    from: Option<Name>,
    /// Whether all its rules send to all receivers.
    pub to_all: bool,
}

/// Finds those that can be written out.
pub(super) fn find(
    statements: &[Statement],
    block: Option<&str>,
    names: &Names,
    sink: &mut Diagnostics,
) -> Vec<Channel> {
    let mut found = Vec::new();
    for statement in statements {
        match &statement.kind {
            StatementKind::On { role, statements } => {
                found.extend(find(statements, Some(&role.text), names, sink));
            }
            StatementKind::Monotone(statements) => found.extend(find(statements, block, names, sink)),
            StatementKind::Collection(collection) => found.extend(read(collection, block, names, sink)),
            _ => {}
        }
    }
    found
}

/// Whether something is declared to be ordered via a role.
pub(super) fn is_any(statements: &[Statement]) -> bool {
    statements.iter().any(|statement| match &statement.kind {
        StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => is_any(statements),
        StatementKind::Collection(collection) => sequencers(collection).next().is_some(),
        _ => false,
    })
}

fn sequencers(collection: &Collection) -> impl Iterator<Item = &Name> {
    collection.clauses.iter().filter_map(|clause| match clause {
        Clause::Ordered { via, .. } => via.as_ref(),
        Clause::From(_)
        | Clause::Lossy(_)
        | Clause::Reliable(_)
        | Clause::Sealed { .. }
        | Clause::Durable(_) => None,
    })
}

/// What is wrong with other promises, with roles that there aren't or aren't named, and with what is no channel the resolver says.
fn read(
    collection: &Collection,
    block: Option<&str>,
    names: &Names,
    sink: &mut Diagnostics,
) -> Option<Channel> {
    let name = &collection.name.text;
    let mut found = sequencers(collection);
    let sequencer = found.next()?;
    if collection.kind != CollectionKind::Channel || !names.is_role_name(&sequencer.text) {
        return None;
    }
    let mut refuse = |title: String, span: Span, label: &'static str, help: &'static str| {
        sink.push(ImpossibleDeclaration { title, span, label, help });
        None
    };
    if let Some(other) = found.find(|other| other.text != sequencer.text) {
        return refuse(
            format!("`{name}` is ordered by two roles"),
            other.span,
            "another sequencer",
            "name one role: all messages pass its first node",
        );
    }
    let sealed = collection.clauses.iter().find_map(|clause| match clause {
        Clause::Sealed { span, .. } => Some(*span),
        Clause::From(_)
        | Clause::Ordered { .. }
        | Clause::Lossy(_)
        | Clause::Reliable(_)
        | Clause::Durable(_) => None,
    });
    if let Some(span) = sealed {
        return refuse(
            format!("`{name}` is both sealed and ordered via `{}`", sequencer.text),
            span,
            "what waits for seals needs no order",
            "leave one of the two out",
        );
    }
    let on = collection.on.as_ref().map(|on| on.text.as_str()).or(block)?;
    names.is_role_name(on).then(|| Channel {
        name: name.clone(),
        span: collection.name.span,
        columns: collection.columns.clone(),
        key: collection.key,
        on: on.to_owned(),
        sequencer: sequencer.clone(),
        from: collection.clauses.iter().find_map(|clause| match clause {
            Clause::From(role) => Some(role.clone()),
            Clause::Ordered { .. }
            | Clause::Lossy(_)
            | Clause::Reliable(_)
            | Clause::Sealed { .. }
            | Clause::Durable(_) => None,
        }),
        to_all: false,
    })
}

impl Channel {
    /// The channel to the sequencer.
    pub fn via(&self) -> String {
        // `$` is in no name of the language.
        format!("${}::via", self.name)
    }

    /// Makes the channel one from the sequencer.
    pub fn relay(&self, collection: &mut Collection) {
        collection.clauses.retain(|clause| !matches!(clause, Clause::From(_)));
        for clause in &mut collection.clauses {
            if let Clause::Ordered { via, .. } = clause {
                *via = None;
            }
        }
        collection.clauses.push(Clause::From(self.sequencer.clone()));
    }

    /// The head of a rule that sends, to the sequencer. `place`: the receiver, if not all get the row.
    pub fn request(&self, head: &Call, mut row: Vec<Expr>, place: Option<Expr>) -> Call {
        let build = Build { span: head.span };
        if let Some(place) = place {
            row.insert(0, place);
        }
        let mut call = build.call(&self.via(), row);
        call.path.span = head.path.span;
        let role = build.var(&self.sequencer.text);
        let first = build.expr(ExprKind::Index(Box::new(role), Box::new(build.int(0))));
        call.place = Some(Box::new(first));
        call
    }

    /// The channel to the sequencer, and the rule there.
    pub fn machinery(&self, is_value: &dyn Fn(&str) -> bool) -> [Statement; 2] {
        let build = Build { span: self.span };
        let row: Vec<Expr> = self
            .columns
            .iter()
            .map(|column| {
                let name = &column.name.text;
                let taken = is_value(name) || name == "sender";
                build.var(&if taken { format!("${name}") } else { name.clone() })
            })
            .collect();
        let (mut columns, mut key, mut request) = (self.columns.clone(), self.key, row.clone());
        if !self.to_all {
            columns.insert(0, build.column(TO, &self.on));
            key = key.map(|key| key + 1);
            request.insert(0, build.var(TO));
        }
        // Ordered, so that what one tick sends to several receivers is in one batch.
        let mut clauses = vec![Clause::Ordered { span: self.span, via: None }];
        clauses.extend(self.from.clone().map(Clause::From));
        let mut channel =
            build.collection(CollectionKind::Channel, &self.via(), columns, &self.sequencer.text, clauses);
        if let StatementKind::Collection(collection) = &mut channel.kind {
            collection.key = key;
        }
        let mut body = vec![build.atom(&self.via(), request)];
        if self.to_all {
            body.push(build.atom(&self.on, vec![build.var(TO)]));
        }
        let head = Call { place: Some(Box::new(build.var(TO))), ..build.call(&self.name, row) };
        [channel, build.rule(head, RuleOp::Later, body)]
    }
}

/// The literal `R(r)` of a rule that sends its rows to all nodes of `role`, whatever else its body says.
pub(super) fn multicast(head: &Call, body: &[Literal], role: &str, names: &Names) -> Option<usize> {
    let receiver = head.place.as_deref().and_then(plain)?;
    if names.is_value(receiver) {
        return None;
    }
    let call_of = |literal: &'_ Literal| match literal {
        Literal::Expr(Expr { kind: ExprKind::Call(call), .. }) => Some(call.clone()),
        Literal::Expr(_) | Literal::Negation(..) | Literal::Let(..) | Literal::In(..) => None,
    };
    let ranges = |literal: &Literal| {
        call_of(literal).is_some_and(|call| {
            names.is_role(&call)
                && crate::front::split::text(&call.path) == role
                && call.place.is_none()
                && matches!(call.args.as_slice(), [arg] if arg.name.is_none() && plain(&arg.value) == Some(receiver))
        })
    };
    let at = body.iter().position(ranges)?;
    let mut used = std::collections::BTreeSet::new();
    let mut look = |expr: &Expr| crate::front::split::collect(expr, names, &mut used);
    head.args.iter().for_each(|arg| look(&arg.value));
    for literal in body.iter().enumerate().filter(|(number, _)| *number != at).map(|(_, literal)| literal) {
        match literal {
            Literal::Expr(value) | Literal::Let(_, value, _) => look(value),
            Literal::In(name, value, _) => {
                look(value);
                look(&crate::front::split::variable(&name.text, name.span));
            }
            Literal::Negation(call, _) => {
                call.args.iter().map(|arg| &arg.value).chain(call.place.as_deref()).for_each(&mut look);
            }
        }
    }
    // Without it something must be left that says where the rule is.
    let stays = body.iter().filter_map(call_of).any(|call| names.is_collection(&call));
    (stays && !used.contains(receiver)).then_some(at)
}

/// The name that an expression is.
fn plain(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Path(path) => match path.parts.as_slice() {
            [name] => Some(&name.text),
            _ => None,
        },
        _ => None,
    }
}
