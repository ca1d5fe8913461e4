//! Sealed channels as they are declared, and the names of what is written out for them.

use floret_ir::{Diagnostics, Span};
use floret_lang::tree::{Clause, Collection, CollectionKind, ColumnDecl, Statement, StatementKind, TypeExpr};

use crate::front::build::visit_collections;
use crate::front::findings::{ImpossibleDeclaration, UnknownColumn};
use crate::front::split::text;

/// A sealed channel.
#[derive(Debug)]
pub(in crate::front) struct Sealed {
    /// Its name.
    pub name: String,
    /// Its declaration's name.
    pub span: Span,
    pub columns: Vec<ColumnDecl>,
    /// The columns of its key, in the order of `sealed by`; none: it is sealed as a whole.
    pub key: Vec<usize>,
    /// The key's column that is the one producer of its rows, as a column; else all producers seal each key.
    pub owner: Option<usize>,
    /// The receivers' role.
    pub on: String,
    /// The producers' role.
    pub from: String,
    /// How many rules send to it.
    pub rules: usize,
}

impl Sealed {
    fn part(&self, part: &str) -> String {
        // `$` is in no name of the language.
        format!("${}::{part}", self.name)
    }
    /// At a producer: what its number-th rule derives, with the receiver.
    pub fn rows(&self, number: usize) -> String {
        self.part(&format!("rows{number}"))
    }
    /// At a producer: the rows that it sent, with their receivers.
    pub fn sent(&self) -> String {
        self.part("sent")
    }
    /// At a producer: the keys that it closed, per receiver.
    pub fn closed(&self) -> String {
        self.part("closed")
    }
    /// At a producer: the keys whose count was taken, from the tick after that on.
    pub fn counted(&self) -> String {
        self.part("counted")
    }
    /// At a producer: how many rows of a key there are in the tick in which it is counted, and their digest.
    pub fn count(&self) -> String {
        self.part("count")
    }
    /// At a producer: rows that come too late, or from the wrong node. It never holds any: they are reported.
    pub fn refused(&self) -> String {
        format!("{}::refused", self.name)
    }
    /// The seals as messages.
    pub fn message(&self) -> String {
        self.part("seal")
    }
    /// At a receiver: the rows that came, with their producers.
    pub fn got(&self) -> String {
        self.part("got")
    }
    /// At a receiver: the seals that came.
    pub fn told(&self) -> String {
        self.part("told")
    }
    /// At a receiver: how many rows of a key came that has a seal, and their digest.
    pub fn have(&self) -> String {
        self.part("have")
    }
    /// At a receiver: the keys of which all has come, per producer.
    pub fn done(&self) -> String {
        self.part("done")
    }
    /// At a receiver: the same from the next tick on.
    pub fn over(&self) -> String {
        self.part("over")
    }
    /// At a receiver: the keys that some producers are done with, and others not.
    pub fn open(&self) -> String {
        self.part("open")
    }
    /// At a receiver: the rows that came.
    pub fn kept(&self) -> String {
        self.part("kept")
    }
    /// At a receiver: the keys of which all has come.
    pub fn sealed(&self) -> String {
        sealed_name(&self.name)
    }
}

/// The view of the keys that are sealed.
pub(crate) fn sealed_name(channel: &str) -> String {
    format!("{channel}::sealed")
}

/// Takes the `sealed by` clauses out of all declarations. `broken`: the collections that a diagnostic was given for.
pub(super) fn take(
    statements: &mut [Statement],
    broken: &mut Vec<String>,
    sink: &mut Diagnostics,
) -> Vec<Sealed> {
    let mut found = Vec::new();
    visit_collections(statements, None, &mut |collection, block| {
        let sealed = read(collection, block.map(|role| role.text.as_str()), sink);
        let before = collection.clauses.len();
        collection.clauses.retain(|clause| !matches!(clause, Clause::Sealed { .. }));
        if sealed.is_none() && collection.clauses.len() < before {
            broken.push(collection.name.text.clone());
        }
        if let Some(sealed) = sealed {
            if !collection.clauses.iter().any(|clause| matches!(clause, Clause::From(_))) {
                let text = sealed.from.clone();
                collection.clauses.push(Clause::From(floret_lang::tree::Name { text, span: sealed.span }));
            }
            found.push(sealed);
        }
    });
    found
}

/// Whether something is declared to be sealed.
pub(super) fn is_any(statements: &[Statement]) -> bool {
    statements.iter().any(|statement| match &statement.kind {
        StatementKind::On { statements, .. } | StatementKind::Monotone(statements) => is_any(statements),
        StatementKind::Collection(collection) => {
            collection.clauses.iter().any(|clause| matches!(clause, Clause::Sealed { .. }))
        }
        StatementKind::Seal(_) => true,
        _ => false,
    })
}

/// The place of a `sealed` clause.
pub(super) fn sealed_clause(clause: &Clause) -> Option<Span> {
    match clause {
        Clause::Sealed { span, .. } => Some(*span),
        _ => None,
    }
}

/// The sealed channel, if it is one and can be.
fn read(collection: &Collection, block: Option<&str>, sink: &mut Diagnostics) -> Option<Sealed> {
    let name = &collection.name.text;
    let mut seals = collection.clauses.iter().filter_map(|clause| match clause {
        Clause::Sealed { span, by, from } => Some((*span, by, from.as_ref())),
        _ => None,
    });
    let (span, by, from) = seals.next()?;
    let mut refuse = |title: String, span: Span, label: &'static str, help: &'static str| {
        sink.push(ImpossibleDeclaration { title, span, label, help });
        None
    };
    if let Some((again, ..)) = seals.next() {
        return refuse(
            format!("`{name}` is sealed twice"),
            again,
            "here again",
            "name all columns of the key in one clause: `sealed by a, b`",
        );
    }
    if collection.kind != CollectionKind::Channel {
        let title = match by.is_empty() {
            true => format!("`sealed` is for channels and inputs, and `{name}` is neither"),
            false => format!("`sealed by` is for channels, and `{name}` is none"),
        };
        return refuse(
            title,
            span,
            "no messages arrive here",
            "leave it out, or declare a `channel`; a `static input table` is complete by itself",
        );
    }
    if let Some(lossy) = collection.clauses.iter().find_map(|clause| match clause {
        Clause::Lossy(span) => Some(*span),
        _ => None,
    }) {
        return refuse(
            format!("`{name}` is sealed, and may lose messages"),
            lossy,
            "a seal waits for every row",
            "leave out `lossy`",
        );
    }
    if collection.key.is_some_and(|key| key < collection.columns.len()) {
        return refuse(
            format!("`{name}` is sealed, and has value columns"),
            collection.name.span,
            "of two rows of one key one would be lost, and the seal would wait for it for ever",
            "let the whole row be the key: write `,` for `=>`",
        );
    }
    let other = collection.clauses.iter().find_map(|clause| match clause {
        Clause::From(role) => Some(role),
        _ => None,
    });
    if let (Some(from), Some(other)) = (from, other)
        && from.text != other.text
    {
        return refuse(
            format!("`{name}` comes from `{}`, and its seals from `{}`", other.text, from.text),
            from.span,
            "who sends the rows seals them, too",
            "name one role",
        );
    }
    let Some(from) = from.or(other) else {
        return refuse(
            format!("nobody seals `{name}`"),
            span,
            "a key is sealed when all nodes of a role have sealed it",
            "say whose nodes send: `sealed by ... from R`",
        );
    };
    let Some(on) = collection.on.as_ref().map(|on| on.text.as_str()).or(block) else {
        return refuse(
            format!("`{name}` is sealed, and no role receives it"),
            collection.name.span,
            "which node gets the rows?",
            "say where it is: `on R`",
        );
    };
    let mut key = Vec::new();
    for column in by {
        let Some(number) = collection.columns.iter().position(|of| of.name.text == column.text) else {
            let names = || collection.columns.iter().map(|of| of.name.text.as_str());
            sink.push(UnknownColumn {
                relation: name.clone(),
                column: column.text.clone(),
                span: column.span,
                declared: Some(collection.name.span),
                columns: names().map(str::to_owned).collect(),
                suggestion: floret_ir::closest(&column.text, names()),
            });
            return None;
        };
        if !key.contains(&number) {
            key.push(number);
        }
    }
    let is_producer = |column: &usize| match collection.columns.get(*column).map(|column| &column.ty) {
        Some(TypeExpr::Named { path, .. }) => text(path) == from.text,
        Some(TypeExpr::Tuple(..)) | None => false,
    };
    Some(Sealed {
        name: name.clone(),
        span: collection.name.span,
        columns: collection.columns.clone(),
        owner: key.iter().copied().find(is_producer),
        key,
        on: on.to_owned(),
        from: from.text.clone(),
        rules: 0,
    })
}
