//! The assignments of a body: every way to choose a row for each positive atom such that variables agree. Two
//! assignments differ in at least one chosen row, so `_` and unnamed columns count.

use std::collections::BTreeSet;

use floret_ir::{Atom, Column, IndexVec, Row, Rule, Term, Value, VarId};

use crate::content::Content;

/// The values of a rule's variables, as far as they have one.
pub(crate) type Bindings = IndexVec<VarId, Option<Value>>;

/// Restricts one positive atom of a body (by position among them) to some rows.
#[derive(Clone, Copy)]
pub(crate) struct Only<'r> {
    pub(crate) atom: usize,
    pub(crate) rows: &'r BTreeSet<Row>,
}

/// A positive atom at its turn.
struct Step<'r> {
    atom: &'r Atom,
    /// The columns whose value is known by then.
    known: Vec<Column>,
    /// The rows to choose from, if not all.
    only: Option<&'r BTreeSet<Row>>,
}

/// Calls `found` with every assignment to the rule's positive atoms.
pub(crate) fn for_each_assignment(
    rule: &Rule,
    content: &mut Content,
    only: Option<Only<'_>>,
    found: &mut dyn FnMut(&Bindings, &Content),
) {
    let steps = steps(rule, only);
    for step in &steps {
        content.index(step.atom.source, &step.known);
    }
    for atom in rule.negated_atoms() {
        content.index(atom.source, &named_columns(&atom.terms));
    }
    let nothing = rule.variables.iter().map(|_| None).collect();
    extend(&steps, &nothing, content, found);
}

/// The positive atoms in body order, but a restricted one first: it is small.
fn steps<'r>(rule: &'r Rule, only: Option<Only<'r>>) -> Vec<Step<'r>> {
    let mut atoms: Vec<(&Atom, Option<&BTreeSet<Row>>)> = rule
        .positive_atoms()
        .enumerate()
        .map(|(position, atom)| (atom, only.filter(|only| only.atom == position).map(|only| only.rows)))
        .collect();
    atoms.sort_by_key(|(_, only)| only.is_none());
    let mut bound = BTreeSet::new();
    let mut steps = Vec::new();
    for (atom, only) in atoms {
        let known = columns_where(&atom.terms, |term| match term {
            Term::Const(_) => true,
            Term::Var(var) => bound.contains(var),
            Term::Any => false,
        });
        for term in &atom.terms {
            if let Term::Var(var) = term {
                bound.insert(*var);
            }
        }
        steps.push(Step { atom, known, only });
    }
    steps
}

fn extend(
    steps: &[Step<'_>],
    bindings: &Bindings,
    content: &Content,
    found: &mut dyn FnMut(&Bindings, &Content),
) {
    let Some((step, rest)) = steps.split_first() else { return found(bindings, content) };
    let candidates: Box<dyn Iterator<Item = &Row>> = match step.only {
        Some(rows) => Box::new(rows.iter()),
        None => match values(&step.atom.terms, &step.known, bindings) {
            Some(values) => content.matching(step.atom.source, &step.known, &values),
            None => return,
        },
    };
    for row in candidates {
        if content.is_stopped() {
            return;
        }
        let mut extended = bindings.clone();
        if unify(&step.atom.terms, row, &mut extended) {
            extend(rest, &extended, content, found);
        }
    }
}

/// Binds the terms' variables to the row's values; false if a constant or an already bound variable differs.
fn unify(terms: &[Term], row: &Row, bindings: &mut Bindings) -> bool {
    terms.iter().zip(row).all(|(term, value)| match term {
        Term::Any => true,
        Term::Const(constant) => constant == value,
        Term::Var(var) => bindings[*var].get_or_insert_with(|| value.clone()) == value,
    })
}

/// Whether no row matches a negated atom; `None` if one of its variables has no value.
pub(crate) fn none_matches(atom: &Atom, bindings: &Bindings, content: &Content) -> Option<bool> {
    let columns = named_columns(&atom.terms);
    let values = values(&atom.terms, &columns, bindings)?;
    Some(content.matching(atom.source, &columns, &values).next().is_none())
}

/// The columns that are not `_`.
fn named_columns(terms: &[Term]) -> Vec<Column> {
    columns_where(terms, |term| match term {
        Term::Const(_) | Term::Var(_) => true,
        Term::Any => false,
    })
}

fn columns_where(terms: &[Term], wanted: impl Fn(&Term) -> bool) -> Vec<Column> {
    terms.iter().enumerate().filter(|(_, term)| wanted(term)).map(|(column, _)| column).collect()
}

/// What the terms say about these columns; `None` if one has no value.
fn values(terms: &[Term], columns: &[Column], bindings: &Bindings) -> Option<Row> {
    columns
        .iter()
        .map(|column| match terms.get(*column)? {
            Term::Const(value) => Some(value.clone()),
            Term::Var(var) => bindings[*var].clone(),
            Term::Any => None,
        })
        .collect()
}
