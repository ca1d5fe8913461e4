//! Whether the arms of a `match` take every value, and each arm some.
//!
//! The algorithm is that of Maranget ("Warnings for pattern matching", 2007): a row of patterns is useful after others if
//! some values match it and none of them; a `match` is complete if `_` is not useful after its arms.

use std::collections::BTreeSet;

use floret_ir::{Type, Value};

use super::resolved::{Pattern, PatternKind};

/// What was found.
pub(super) enum Outcome {
    /// The arms that no value gets to.
    Complete(Vec<usize>),
    /// A case that no arm takes.
    Missing(String),
    /// Too many combinations.
    TooLarge,
}

/// How many rows are looked at.
const STEPS: usize = 200_000;

/// Looks at the patterns of the arms, over values of this type.
pub(super) fn check(patterns: &[&Pattern], ty: Type, show: &impl Fn(&Value) -> String) -> Outcome {
    let mut search = Search { steps: STEPS, show };
    let rows: Vec<Vec<Simple>> = patterns.iter().map(|pattern| vec![simple(pattern)]).collect();
    match search.useful(&rows, &[Simple::Any], &[ty]) {
        Err(TooLarge) => return Outcome::TooLarge,
        Ok(Some(case)) => return Outcome::Missing(case.into_iter().next().unwrap_or_else(|| "_".into())),
        Ok(None) => {}
    }
    let mut unreachable = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        match search.useful(rows.get(..index).unwrap_or_default(), row, &[ty]) {
            Err(TooLarge) => return Outcome::TooLarge,
            Ok(Some(_)) => {}
            Ok(None) => unreachable.push(index),
        }
    }
    Outcome::Complete(unreachable)
}

/// A pattern without places and names.
#[derive(Clone)]
enum Simple {
    Any,
    Made(Maker, Vec<Simple>),
}

/// What makes a value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Maker {
    Variant(u32),
    Fields,
    Literal(Value),
}

fn simple(pattern: &Pattern) -> Simple {
    let all = |patterns: &[Pattern]| patterns.iter().map(simple).collect();
    match &pattern.kind {
        PatternKind::Any | PatternKind::Bind(_) | PatternKind::Error => Simple::Any,
        PatternKind::Const(value) => Simple::Made(Maker::Literal(value.clone()), Vec::new()),
        PatternKind::Tuple(parts) | PatternKind::Struct(_, parts) => Simple::Made(Maker::Fields, all(parts)),
        PatternKind::None => Simple::Made(Maker::Variant(0), Vec::new()),
        PatternKind::Some(content) => Simple::Made(Maker::Variant(1), vec![simple(content)]),
        PatternKind::Variant(_, index, args) => Simple::Made(Maker::Variant(*index), all(args)),
    }
}

struct TooLarge;

struct Search<'s, S> {
    steps: usize,
    show: &'s S,
}

impl<S: Fn(&Value) -> String> Search<'_, S> {
    /// Values that `row` takes and none of `rows` do, as patterns, one for each column.
    fn useful(
        &mut self,
        rows: &[Vec<Simple>],
        row: &[Simple],
        types: &[Type],
    ) -> Result<Option<Vec<String>>, TooLarge> {
        self.steps = self.steps.checked_sub(rows.len() + 1).ok_or(TooLarge)?;
        let (Some((first, rest)), Some((ty, other_types))) = (row.split_first(), types.split_first()) else {
            return Ok(rows.is_empty().then(Vec::new));
        };
        if let Simple::Made(maker, args) = first {
            return self.with(maker, args, rows, rest, *ty, other_types);
        }
        let used: BTreeSet<Maker> = rows
            .iter()
            .filter_map(|row| match row.first() {
                Some(Simple::Made(maker, _)) => Some(maker.clone()),
                Some(Simple::Any) | None => None,
            })
            .collect();
        let all = makers(*ty);
        if let Some(all) = &all
            && all.iter().all(|maker| used.contains(maker))
        {
            for maker in all {
                let args = vec![Simple::Any; part_types(maker, *ty).len()];
                if let Some(case) = self.with(maker, &args, rows, rest, *ty, other_types)? {
                    return Ok(Some(case));
                }
            }
            return Ok(None);
        }
        // Some maker is in no row: only the rows that take anything matter.
        let rows: Vec<Vec<Simple>> = rows
            .iter()
            .filter(|row| matches!(row.first(), Some(Simple::Any)))
            .map(|row| row.iter().skip(1).cloned().collect())
            .collect();
        let Some(mut case) = self.useful(&rows, rest, other_types)? else { return Ok(None) };
        let missing = all.and_then(|all| all.into_iter().find(|maker| !used.contains(maker)));
        let first = match missing {
            Some(maker) if !used.is_empty() => {
                let parts = vec!["_".to_owned(); part_types(&maker, *ty).len()];
                self.written(&maker, parts, *ty)
            }
            _ => "_".to_owned(),
        };
        case.insert(0, first);
        Ok(Some(case))
    }

    /// As `useful`, where the row begins with a maker.
    fn with(
        &mut self,
        maker: &Maker,
        args: &[Simple],
        rows: &[Vec<Simple>],
        rest: &[Simple],
        ty: Type,
        other_types: &[Type],
    ) -> Result<Option<Vec<String>>, TooLarge> {
        let parts = part_types(maker, ty);
        let width = parts.len();
        let narrowed: Vec<Vec<Simple>> = rows
            .iter()
            .filter_map(|row| {
                let (first, rest) = row.split_first()?;
                let own = match first {
                    Simple::Any => vec![Simple::Any; width],
                    Simple::Made(of, args) if of == maker => args.clone(),
                    Simple::Made(..) => return None,
                };
                Some(own.into_iter().chain(rest.iter().cloned()).collect())
            })
            .collect();
        let row: Vec<Simple> = args.iter().chain(rest).cloned().collect();
        let types: Vec<Type> = parts.iter().chain(other_types).copied().collect();
        let Some(mut case) = self.useful(&narrowed, &row, &types)? else { return Ok(None) };
        let others = case.split_off(width.min(case.len()));
        let written = self.written(maker, case, ty);
        Ok(Some(std::iter::once(written).chain(others).collect()))
    }

    fn written(&self, maker: &Maker, parts: Vec<String>, ty: Type) -> String {
        let args = parts.join(", ");
        match (maker, ty) {
            (Maker::Literal(value), _) => (self.show)(value),
            (Maker::Variant(index), Type::Enum(of)) => {
                let name = of.variants.get(*index as usize).map_or("_", |(name, _)| name);
                if parts.is_empty() { name.to_owned() } else { format!("{name}({args})") }
            }
            (Maker::Variant(0), _) => "none".into(),
            (Maker::Variant(_), _) => format!("some({args})"),
            (Maker::Fields, Type::Struct(of)) => {
                let fields: Vec<String> =
                    of.fields.iter().zip(&parts).map(|((name, _), part)| format!("{name}: {part}")).collect();
                format!("{} {{ {} }}", of.name, fields.join(", "))
            }
            (Maker::Fields, _) => format!("({args})"),
        }
    }
}

/// All that make values of the type; `None`: too many to list.
fn makers(ty: Type) -> Option<Vec<Maker>> {
    match ty {
        Type::Bool => Some([false, true].map(|value| Maker::Literal(Value::Bool(value))).to_vec()),
        Type::Option(_) => Some(vec![Maker::Variant(0), Maker::Variant(1)]),
        Type::Enum(of) => Some((0..).zip(&of.variants).map(|(index, _)| Maker::Variant(index)).collect()),
        Type::Tuple(_) | Type::Struct(_) => Some(vec![Maker::Fields]),
        Type::Int
        | Type::Float
        | Type::String
        | Type::Bytes
        | Type::Time
        | Type::Duration
        | Type::Address(_)
        | Type::Node
        | Type::List(_)
        | Type::Set(_)
        | Type::Map(..) => None,
    }
}

fn part_types(maker: &Maker, ty: Type) -> Vec<Type> {
    match maker {
        Maker::Variant(index) => ty.variant(*index).unwrap_or_default(),
        Maker::Fields => ty.fields().unwrap_or_default(),
        Maker::Literal(_) => Vec::new(),
    }
}
