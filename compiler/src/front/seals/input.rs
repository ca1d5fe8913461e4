//! Sealed inputs: as they are declared, and what is written out for one. The host's word that an input is at its end is
//! itself an input, an event without columns, so that engines, durability and the simulator know nothing of ends.

use floret_ir::{Diagnostics, RuleOp, Span};
use floret_lang::tree::{
    Clause, Collection, CollectionKind, ColumnDecl, Expr, Literal, Modifier, Name, Statement, StatementKind,
};

use super::channel::{self, sealed_name};
use crate::front::build::{Build, visit_collections};
use crate::front::findings::ImpossibleDeclaration;

/// A sealed input.
#[derive(Debug)]
pub(in crate::front) struct SealedInput {
    /// Its name.
    pub name: String,
    /// Its declaration's name.
    pub span: Span,
    pub columns: Vec<ColumnDecl>,
    /// Where it lives, if its declaration says so.
    pub on: Option<Name>,
}

impl SealedInput {
    fn part(&self, part: &str) -> String {
        // `$` is in no name of the language.
        format!("${}::{part}", self.name)
    }
    /// What the host gives at the end.
    pub fn end(&self) -> String {
        self.part("end")
    }
    /// From the tick after the end on.
    pub fn closed(&self) -> String {
        self.part("closed")
    }
    /// Rows that come after the end. It never holds any: they are reported.
    pub fn refused(&self) -> String {
        format!("{}::refused", self.name)
    }
    /// The rows that came up to the end.
    pub fn kept(&self) -> String {
        self.part("kept")
    }
    /// From the end on.
    pub fn sealed(&self) -> String {
        sealed_name(&self.name)
    }

    /// Its collections and rules.
    pub fn written_out(&self, is_value: &dyn Fn(&str) -> bool) -> Vec<Statement> {
        let build = Build { span: self.span };
        let role = self.on.as_ref().map(|on| on.text.as_str());
        let collection = |kind, name: &str, columns: &[ColumnDecl]| {
            build.collection_at(kind, name, columns.to_vec(), role, Vec::new())
        };
        let mut end = collection(CollectionKind::Event, &self.end(), &[]);
        if let StatementKind::Collection(end) = &mut end.kind {
            end.modifiers.push((Modifier::Input, self.span));
        }
        let row = || -> Vec<Expr> {
            self.columns.iter().map(|column| build.column_variable(column, is_value)).collect()
        };
        let rule = |head: &str, args, op, body: Vec<Literal>| build.rule(build.call(head, args), op, body);
        let ended = || vec![build.atom(&self.end(), Vec::new())];
        let came = || build.atom(&self.name, row());
        let late = vec![came(), build.atom(&self.closed(), Vec::new()), build.error()];
        let kept = vec![came(), build.not(&self.closed(), Vec::new())];
        vec![
            end,
            collection(CollectionKind::Table, &self.closed(), &[]),
            collection(CollectionKind::View, &self.refused(), &self.columns),
            collection(CollectionKind::Table, &self.kept(), &self.columns),
            collection(CollectionKind::Table, &self.sealed(), &[]),
            rule(&self.sealed(), Vec::new(), RuleOp::Now, ended()),
            rule(&self.closed(), Vec::new(), RuleOp::Next, ended()),
            rule(&self.kept(), row(), RuleOp::Now, kept),
            rule(&self.refused(), row(), RuleOp::Now, late),
        ]
    }
}

/// Takes the `sealed` clauses out of the declarations of inputs. `broken`: the collections that a diagnostic was given for.
pub(super) fn take(
    statements: &mut [Statement],
    broken: &mut Vec<String>,
    sink: &mut Diagnostics,
) -> Vec<SealedInput> {
    let mut found = Vec::new();
    visit_collections(statements, None, &mut |collection, block| {
        if !is_input(collection) {
            return;
        }
        let Some(span) = collection.clauses.iter().find_map(channel::sealed_clause) else { return };
        match read(collection, block, span) {
            Ok(input) => found.push(input),
            Err(finding) => {
                broken.push(collection.name.text.clone());
                sink.push(finding);
            }
        }
        collection.clauses.retain(|clause| channel::sealed_clause(clause).is_none());
    });
    found
}

fn is_input(collection: &Collection) -> bool {
    collection.modifiers.iter().any(|(modifier, _)| *modifier == Modifier::Input)
}

fn read(
    collection: &Collection,
    block: Option<&Name>,
    clause: Span,
) -> Result<SealedInput, ImpossibleDeclaration> {
    let name = &collection.name.text;
    let refuse =
        |title, span, label, help| Err::<SealedInput, _>(ImpossibleDeclaration { title, span, label, help });
    let mut modifiers = collection.modifiers.iter();
    match modifiers.find(|(modifier, _)| matches!(modifier, Modifier::Static | Modifier::Mutable)) {
        Some((Modifier::Static, _)) => {
            return refuse(
                format!("`{name}` is static, and sealed"),
                clause,
                "what is static is complete before the first tick",
                "leave `sealed` out: a rule over it waits for nothing",
            );
        }
        Some((_, span)) => {
            return refuse(
                format!("`{name}` is sealed, and mutable"),
                *span,
                "rows that the host may delete are never complete",
                "leave `mutable` out",
            );
        }
        None => {}
    }
    let parts = collection.clauses.iter().find_map(|of| match of {
        Clause::Sealed { by, from, .. } => by.first().or(from.as_ref()),
        _ => None,
    });
    if let Some(part) = parts {
        return refuse(
            format!("`{name}` is an input, and sealed by keys"),
            part.span,
            "the host says when all of it is there, and nothing of single keys",
            "write `sealed` alone, or send the rows on through a sealed channel",
        );
    }
    if collection.key.is_some_and(|key| key < collection.columns.len()) {
        return refuse(
            format!("`{name}` is sealed, and has value columns"),
            collection.name.span,
            "which of two rows of one key is lost depends on their order",
            "let the whole row be the key: write `,` for `=>`",
        );
    }
    Ok(SealedInput {
        name: name.clone(),
        span: collection.name.span,
        columns: collection.columns.clone(),
        on: collection.on.as_ref().or(block).cloned(),
    })
}
