//! One random rule.

use super::Choices;
use super::schema::{Collection, Kind, Schema, Ty};

/// Variables bound so far, with their types.
struct Scope {
    bound: Vec<(String, Ty)>,
}

impl Scope {
    fn of(&self, ty: Ty) -> Vec<&str> {
        self.bound.iter().filter(|(_, t)| *t == ty).map(|(name, _)| name.as_str()).collect()
    }
}

/// The text of the rule that the bytes choose; `None` if the choice can't be completed.
pub fn rule_text(schema: &Schema, bytes: &[u8]) -> Option<String> {
    let choices = &mut Choices::new(bytes);
    if choices.chance(45) {
        return choices.pick(schema.scaffolds).map(|rule| (*rule).to_owned());
    }
    let role = choices.below(schema.roles.len());
    let heads: Vec<&Collection> = schema
        .collections
        .iter()
        .filter(|c| !matches!(c.kind, Kind::InputEvent | Kind::StaticTable | Kind::InputTable | Kind::Timer))
        .filter(|c| c.role == role || c.kind == Kind::Channel)
        .collect();
    let head = *choices.pick(&heads)?;
    let op = operator(head, choices)?;
    let aggregate = op != "<-" && choices.chance(22);
    let mut scope = Scope { bound: Vec::new() };
    let mut body: Vec<String> = Vec::new();

    let limit = |negative: bool, c: &Collection| {
        let strict = negative || aggregate || c.key.is_some();
        op != "<=" || c.level < head.level || (!strict && c.level == head.level)
    };
    let readable: Vec<&Collection> =
        schema.collections.iter().filter(|c| c.role == role && limit(false, c)).collect();
    // A message needs an arriving atom, or only stored ones.
    let arriving: Vec<&Collection> = readable
        .iter()
        .copied()
        .filter(|c| matches!(c.kind, Kind::Channel | Kind::InputEvent | Kind::Timer))
        .collect();
    let stored: Vec<&Collection> = readable
        .iter()
        .copied()
        .filter(|c| matches!(c.kind, Kind::InputTable | Kind::StaticTable | Kind::MutableTable | Kind::Table))
        .collect();
    let send_stored = op == "<~" && choices.chance(40);
    let atoms = 1 + choices.below(7) / 3;
    for position in 0..atoms {
        let pool = match (op, position, send_stored) {
            ("<~", _, true) => &stored,
            ("<~", 0, false) => &arriving,
            _ => &readable,
        };
        let source = *choices.pick(pool)?;
        body.push(atom(source, choices, &mut scope, false));
    }
    if choices.chance(18) && !schema.roles.is_empty() {
        let member_role = choices.below(schema.roles.len());
        let name = format!("n{}", scope.bound.len());
        body.push(format!("{}({name})", schema.roles[member_role]));
        scope.bound.push((name, Ty::Node(member_role)));
    }
    if choices.chance(20) {
        let lists = scope.of(Ty::List);
        let sets = scope.of(Ty::Set);
        let ints = scope.of(Ty::Int);
        let from = match (choices.pick(&lists), choices.pick(&sets), choices.pick(&ints)) {
            (Some(list), _, _) => (*list).to_owned(),
            (None, Some(set), _) => (*set).to_owned(),
            (None, None, Some(x)) => {
                [format!("[{x}, 1]"), format!("range(0, {x})")][choices.below(2)].clone()
            }
            (None, None, None) => "[0, 2, 0]".to_owned(),
        };
        body.push(format!("e in {from}"));
        scope.bound.push(("e".into(), Ty::Int));
    }
    if choices.chance(18) {
        let ints = scope.of(Ty::Int);
        if let Some(x) = choices.pick(&ints) {
            let value = ["+ 1", "* 2", "/ 2", "% 3"][choices.below(4)];
            body.push(format!("let q = {x} {value}"));
            scope.bound.push(("q".into(), Ty::Int));
        }
    }
    if choices.chance(33) {
        let negatable: Vec<&Collection> = schema
            .collections
            .iter()
            .filter(|c| c.role == role && limit(true, c))
            .filter(|c| !send_stored || stored.iter().any(|s| s.name == c.name))
            .collect();
        if let Some(source) = choices.pick(&negatable) {
            body.push(format!("!{}", atom(source, choices, &mut scope, true)));
        }
    }
    if choices.chance(28) {
        body.extend(condition(choices, &scope));
    }

    let head_text = head_text(schema, head, role, op, aggregate, choices, &scope)?;
    Some(format!("{head_text} {op} {};", body.join(", ")))
}

fn operator(head: &Collection, choices: &mut Choices<'_>) -> Option<&'static str> {
    Some(match head.kind {
        Kind::View | Kind::Inferred => "<=",
        Kind::Event => ["<=", "<+"][choices.below(2)],
        Kind::Channel => "<~",
        Kind::Table | Kind::MutableTable if head.key.is_some() => {
            ["<=", "<+-", "<+", "<-", "<+-"][choices.below(5)]
        }
        Kind::Table | Kind::MutableTable => ["<=", "<+", "<-", "<="][choices.below(4)],
        Kind::InputTable | Kind::StaticTable | Kind::InputEvent | Kind::Timer => return None,
    })
}

fn constant(ty: Ty, choices: &mut Choices<'_>) -> Option<String> {
    let n = choices.below(4);
    Some(match ty {
        Ty::Int => n.to_string(),
        Ty::Str => ["\"b\"", "\"a\"", "\"\"", "\"ä\""][n].into(),
        Ty::Float => ["0.0", "0.5", "2.5", "1.0"][n].into(),
        Ty::Bool => ["false", "true"][n % 2].into(),
        Ty::Time => "now()".into(),
        Ty::List => ["[]", "[1]", "[2, 1]", "[0, 0]"][n].into(),
        Ty::Opt => ["none", "some(\"a\")", "some(\"\")", "none"][n].into(),
        Ty::Pair => ["(0, 0)", "(1, 2)", "(2, 1)", "(0, 3)"][n].into(),
        Ty::Point => format!("Point {{ x: {n}, y: {} }}", 3 - n),
        Ty::Vote => ["Yes", "No(\"a\")", "Both(1, none)", "Both(2, some(0))"][n].into(),
        Ty::Set => ["set([])", "set([1])", "set([2, 1])", "set([0])"][n].into(),
        Ty::Map | Ty::MapMax => {
            ["map([(0, 0)])", "map([(1, 2)])", "map([(0, 2), (1, 0)])", "map([(2, 1)])"][n].into()
        }
        Ty::Max | Ty::Min | Ty::High => n.to_string(),
        Ty::Any | Ty::All => ["false", "true"][n % 2].into(),
        Ty::Lww => ["\"b\"", "\"a\"", "\"\"", "\"ä\""][n].into(),
        Ty::Node(_) => return None,
    })
}

fn atom(source: &Collection, choices: &mut Choices<'_>, scope: &mut Scope, negative: bool) -> String {
    let mut terms = Vec::new();
    let mut fresh = Vec::new();
    for ty in source.columns {
        let ty = &ty.carrier();
        let choice = choices.below(10);
        let known = scope.of(*ty);
        let term = match choice {
            0..=3 if !known.is_empty() => known[choices.below(known.len())].to_owned(),
            0..=6 if !negative => {
                let name =
                    format!("{}{}", ["x", "y", "z"][choices.below(3)], scope.bound.len() + fresh.len());
                fresh.push((name.clone(), *ty));
                name
            }
            7 if matches!(ty, Ty::Int | Ty::Str | Ty::Float | Ty::Bool) && choices.chance(50) => {
                constant(*ty, choices).unwrap_or_else(|| "_".into())
            }
            _ => "_".into(),
        };
        terms.push(term);
    }
    scope.bound.extend(fresh);
    format!("{}({})", source.name, terms.join(", "))
}

fn condition(choices: &mut Choices<'_>, scope: &Scope) -> Option<String> {
    let ints = scope.of(Ty::Int);
    let texts = scope.of(Ty::Str);
    let floats = scope.of(Ty::Float);
    let times = scope.of(Ty::Time);
    if !times.is_empty() && choices.chance(50) {
        let t = choices.pick(&times)?;
        return Some(
            [format!("{t} < now()"), format!("{t} == now()"), format!("now() >= {t}")][choices.below(3)]
                .clone(),
        );
    }
    if !texts.is_empty() && choices.chance(30) {
        let s = choices.pick(&texts)?;
        return Some(
            [format!("{s} < \"b\""), format!("len({s}) > 0"), format!("{s} + \"a\" != \"ba\"")]
                [choices.below(3)]
            .clone(),
        );
    }
    if !floats.is_empty() && choices.chance(50) {
        let x = choices.pick(&floats)?;
        return Some(
            [format!("{x} < 1.0"), format!("{x} * 2.0 >= {x}"), format!("{x} == {x}")][choices.below(3)]
                .clone(),
        );
    }
    let (x, y) = (choices.pick(&ints)?, choices.pick(&ints)?);
    Some(match choices.below(9) {
        0 => format!("{x} != {y}"),
        1 => format!("{x} < {y} + 1"),
        2 => format!("{x} <= 2"),
        // These have no value for some rows: the error reports must agree too.
        3 => format!("2 / {x} >= {y}"),
        4 => format!("{x} == 0 or 3 % {x} == {y}"),
        5 => format!("(if {x} > 1 then {y} else {x}) < 2"),
        6 => format!("{x} > {y} and not ({x} == 3)"),
        7 => format!("random({x}) % 2 == 0"),
        _ => format!("random() % 3 != {x}"),
    })
}

fn head_text(
    schema: &Schema,
    head: &Collection,
    role: usize,
    op: &str,
    aggregate: bool,
    choices: &mut Choices<'_>,
    scope: &Scope,
) -> Option<String> {
    let int_columns: Vec<usize> =
        head.columns.iter().enumerate().filter(|(_, ty)| **ty == Ty::Int).map(|(i, _)| i).collect();
    let aggregated = if aggregate { int_columns.last().copied() } else { None };
    let mut terms = Vec::new();
    for (i, ty) in head.columns.iter().enumerate() {
        let known = scope.of(ty.carrier());
        if aggregated == Some(i) {
            let x = choices.pick(&known).copied();
            terms.push(match (choices.below(7), x) {
                (1, Some(x)) => format!("sum({x})"),
                (2, Some(x)) => format!("min({x})"),
                (3, Some(x)) => format!("max({x})"),
                (4, Some(x)) => format!("count({x})"),
                (5, Some(x)) => format!("arg_max({x}, {})", choices.pick(&known).copied().unwrap_or(x)),
                (6, Some(x)) => format!("any({x})"),
                _ => "count()".into(),
            });
            continue;
        }
        if op == "<-" && head.key.is_some_and(|key| i >= key) && choices.chance(60) {
            terms.push("_".into());
            continue;
        }
        let term = match (choices.below(8), choices.pick(&known)) {
            (0..=5, Some(x)) => (*x).to_owned(),
            (6, Some(x)) if *ty == Ty::Int => format!("({x} + 1) % 4"),
            (7, Some(x)) if *ty == Ty::Str => format!("if {x} == \"a\" then \"b\" else {x}"),
            (_, known) => match constant(*ty, choices) {
                Some(text) => text,
                None => (*known?).to_owned(),
            },
        };
        terms.push(term);
    }
    let place =
        if head.kind == Kind::Channel { place(schema, head, role, choices, scope) } else { String::new() };
    Some(format!("{}{place}({})", head.name, terms.join(", ")))
}

fn place(
    schema: &Schema,
    head: &Collection,
    role: usize,
    choices: &mut Choices<'_>,
    scope: &Scope,
) -> String {
    let Some(name) = schema.roles.get(head.role) else { return String::new() };
    let nodes = scope.of(Ty::Node(head.role));
    let ints = scope.of(Ty::Int);
    if let Some(node) = choices.pick(&nodes) {
        return format!("@{node}");
    }
    match choices.pick(&ints) {
        Some(x) if choices.chance(70) => format!("@{name}[{x}]"),
        _ if head.role == role && choices.chance(30) => "@self".into(),
        _ => format!("@{name}[0]"),
    }
}
