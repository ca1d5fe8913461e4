//! Random expressions of a wanted type, as text: variables, constants, what the language writes, and the library's functions
//! by their signatures.

use floret_ir::{Function, Pattern};

use super::Choices;
use super::schema::{Schema, Ty};
use Ty::{
    Bool, Bytes, Float, Int, Length, List, Map, Opt, OptInt, Pair, Pairs, Point, Set, Str, Strs, Time, Vote,
};

/// First letters of variables that unnestings and `let`s bind.
pub const COMPUTED: [char; 2] = ['e', 'q'];

/// Variables bound so far, with their types.
#[derive(Default)]
pub struct Scope {
    pub bound: Vec<(String, Ty)>,
    /// Whether the body has exactly one channel atom, so that there is a sender.
    pub sender: bool,
}

impl Scope {
    /// The variables of a type.
    pub fn of(&self, ty: Ty) -> Vec<&str> {
        self.bound.iter().filter(|(_, t)| *t == ty).map(|(name, _)| name.as_str()).collect()
    }
    /// Binds a new variable.
    pub fn bind(&mut self, letter: &str, ty: Ty) -> String {
        let name = format!("{letter}{}", self.bound.len());
        self.bound.push((name.clone(), ty));
        name
    }
}

/// A constant; byte 0 gives the simplest.
pub fn constant(ty: Ty, choices: &mut Choices<'_>) -> Option<String> {
    let n = choices.below(4);
    Some(match ty {
        Int | Ty::Max | Ty::Min | Ty::High => n.to_string(),
        Str | Ty::Lww => ["\"b\"", "\"a\"", "\"\"", "\"ä\""][n].into(),
        Float => ["0.0", "0.5", "2.5", "1.0"][n].into(),
        Bool | Ty::Any | Ty::All => ["false", "true"][n % 2].into(),
        Time => "now()".into(),
        Length => ["0s", "1ns", "2s", "500ms"][n].into(),
        Bytes => ["to_bytes(\"\")", "to_bytes(\"a\")", "parse_hex(\"00ff\")", "to_bytes(\"ä\")"][n].into(),
        List => ["[0]", "[1]", "[2, 1]", "[0, 0]"][n].into(),
        Strs => ["[\"a\"]", "[\"b\", \"a\"]", "[\"\"]", "split(\"a b\", \" \")"][n].into(),
        Opt => ["none", "some(\"a\")", "some(\"\")", "none"][n].into(),
        OptInt => ["none", "some(1)", "some(0)", "none"][n].into(),
        Pair | Ty::Both => ["(0, 0)", "(1, 2)", "(2, 1)", "(0, 3)"][n].into(),
        Pairs => ["[(0, 0)]", "[(1, 2), (0, 1)]", "[(2, 1)]", "[(0, 3)]"][n].into(),
        Point => format!("Point {{ x: {n}, y: {} }}", 3 - n),
        Vote => ["Yes", "No(\"a\")", "Both(1, none)", "Both(2, some(0))"][n].into(),
        Set => ["set([0])", "set([1])", "set([2, 1])", "set([0, 2])"][n].into(),
        Map | Ty::MapMax => {
            ["map([(0, 0)])", "map([(1, 2)])", "map([(0, 2), (1, 0)])", "map([(2, 1)])"][n].into()
        }
        Ty::Node(_) => return None,
    })
}

/// Types that an expression may have anywhere.
const ANY: [Ty; 12] = [Int, Str, Float, Bool, List, Pair, Vote, Point, Opt, Set, Map, Time];

/// An expression; `depth` operators at most lie in one another. `None` if the choice can't be completed.
pub fn expr(
    schema: &Schema,
    scope: &Scope,
    ty: Ty,
    depth: usize,
    choices: &mut Choices<'_>,
) -> Option<String> {
    let known = scope.of(ty);
    let how = if depth == 0 { choices.below(4) } else { choices.below(10) };
    match how {
        0..=3 => match choices.pick(&known) {
            Some(variable) if how < 3 => Some((*variable).to_owned()),
            _ => constant(ty, choices),
        },
        4..=6 => call(schema, scope, ty, depth, choices),
        _ => written(schema, scope, ty, depth, choices),
    }
}

/// A call of a library function with such a result.
fn call(schema: &Schema, scope: &Scope, ty: Ty, depth: usize, choices: &mut Choices<'_>) -> Option<String> {
    let fitting: Vec<(Function, [Option<Ty>; 2])> = Function::ALL
        .iter()
        .filter_map(|function| {
            let mut bindings = [None; 2];
            takes(&function.signature().result, ty, &mut bindings).then_some((*function, bindings))
        })
        .collect();
    let (function, mut bindings) = *choices.pick(&fitting)?;
    let mut args = Vec::new();
    for param in function.signature().params {
        let wanted = wanted(param, &mut bindings, choices)?;
        let arg = expr(schema, scope, wanted, depth - 1, choices)?;
        // Else a row could be very large.
        let bounded = matches!(function, Function::Range | Function::Repeat) && wanted == Int;
        args.push(if bounded { format!("modulo({arg}, 4)") } else { arg });
    }
    Some(format!("{}({})", function.name(), args.join(", ")))
}

/// The parts of a pattern, if it has the shape.
type Split = fn(&Pattern) -> Option<Vec<&Pattern>>;

/// The types that a type is made of, as signatures see it.
fn parts(ty: Ty) -> Option<(Split, Vec<Ty>)> {
    let list: Split = |pattern| match pattern {
        Pattern::List(of) => Some(vec![of]),
        _ => None,
    };
    let option: Split = |pattern| match pattern {
        Pattern::Option(of) => Some(vec![of]),
        _ => None,
    };
    Some(match ty {
        List => (list, vec![Int]),
        Strs => (list, vec![Str]),
        Pairs => (list, vec![Pair]),
        Opt => (option, vec![Str]),
        OptInt => (option, vec![Int]),
        Set => (
            |pattern| match pattern {
                Pattern::Set(of) => Some(vec![of]),
                _ => None,
            },
            vec![Int],
        ),
        Map => (
            |pattern| match pattern {
                Pattern::Map(key, value) => Some(vec![key, value]),
                _ => None,
            },
            vec![Int, Int],
        ),
        Pair => (
            |pattern| match pattern {
                Pattern::Pair(left, right) => Some(vec![left, right]),
                _ => None,
            },
            vec![Int, Int],
        ),
        _ => return None,
    })
}

/// Whether a result of this pattern may have the type; binds the pattern's variables.
fn takes(pattern: &Pattern, ty: Ty, bindings: &mut [Option<Ty>; 2]) -> bool {
    match pattern {
        Pattern::Var(number) => {
            let bound = bindings[usize::from(*number)].get_or_insert(ty);
            *bound == ty
        }
        Pattern::Int => ty == Int,
        Pattern::Float => ty == Float,
        Pattern::Bool => ty == Bool,
        Pattern::String => ty == Str,
        Pattern::Bytes => ty == Bytes,
        Pattern::Time => ty == Time,
        Pattern::Duration => ty == Length,
        Pattern::Any => false,
        Pattern::Pair(..) | Pattern::List(_) | Pattern::Set(_) | Pattern::Map(..) | Pattern::Option(_) => {
            let Some((split, types)) = parts(ty) else { return false };
            split(pattern).is_some_and(|patterns| {
                patterns.into_iter().zip(types).all(|(pattern, ty)| takes(pattern, ty, bindings))
            })
        }
    }
}

/// A type for a parameter of this pattern.
fn wanted(pattern: &Pattern, bindings: &mut [Option<Ty>; 2], choices: &mut Choices<'_>) -> Option<Ty> {
    match pattern {
        Pattern::Any => choices.pick(&ANY).copied(),
        Pattern::Var(number) => {
            Some(*bindings[usize::from(*number)].get_or_insert(*choices.pick(&[Int, Int, Str])?))
        }
        other => {
            let candidates =
                [Int, Float, Bool, Str, Bytes, Time, Length, List, Strs, Pairs, Opt, OptInt, Set, Map, Pair];
            let fitting: Vec<Ty> =
                candidates.into_iter().filter(|ty| takes(other, *ty, &mut bindings.clone())).collect();
            let ty = *choices.pick(&fitting)?;
            takes(other, ty, bindings).then_some(ty)
        }
    }
}

/// What the language itself writes: each `#` is an expression of the next type.
fn written(
    schema: &Schema,
    scope: &Scope,
    ty: Ty,
    depth: usize,
    choices: &mut Choices<'_>,
) -> Option<String> {
    let any = *choices.pick(&ANY)?;
    let forms: Vec<(&str, Vec<Ty>)> = match ty {
        Int => ints(),
        Bool => bools(any),
        Str => vec![
            ("(# + #)", vec![Str, Str]),
            ("(if # then # else #)", vec![Bool, Str, Str]),
            ("(match # { \"a\" => \"b\", \"b\" => #, s => s })", vec![Str, Str]),
            ("(match # { Yes => \"y\", No(s) => s, Both(n, _) => to_string(n) })", vec![Vote]),
            ("(match # { some(s) => s, none => # })", vec![Opt, Str]),
            ("flipped(#, #)", vec![Str, Bool]),
            ("(#).2", vec![Ty::Lww]),
        ],
        Float => vec![
            ("(# + #)", vec![Float, Float]),
            ("(# * #)", vec![Float, Float]),
            ("(# - #)", vec![Float, Float]),
            ("(# / #)", vec![Float, Float]),
            ("(if # then # else #)", vec![Bool, Float, Float]),
        ],
        Time => vec![
            ("(# + #)", vec![Time, Length]),
            ("(# - #)", vec![Time, Length]),
            ("(if # then # else now())", vec![Bool, Time]),
        ],
        Length => vec![
            ("(# - #)", vec![Time, Time]),
            ("(# + #)", vec![Length, Length]),
            ("(# * #)", vec![Length, Int]),
            ("(# / #)", vec![Length, Int]),
        ],
        List => vec![("[#, #]", vec![Int, Int]), ("[#]", vec![Int])],
        Strs => vec![("[#, #]", vec![Str, Str])],
        Pairs => vec![("[(#, #)]", vec![Int, Int]), ("[#, #]", vec![Pair, Pair])],
        Opt => vec![("some(#)", vec![Str]), ("(if # then # else none)", vec![Bool, Opt])],
        OptInt => vec![("some(#)", vec![Int])],
        Pair => {
            vec![("(#, #)", vec![Int, Int]), ("(match # { (x, y) => (y, x) })", vec![Pair])]
        }
        Point => vec![
            ("Point { x: #, y: # }", vec![Int, Int]),
            ("mirrored(#)", vec![Point]),
            ("(match # { Point { x: 0, y: b } => Point { y: 0, x: b }, p => p })", vec![Point]),
        ],
        Vote => vec![
            ("No(#)", vec![Str]),
            ("Both(#, #)", vec![Int, OptInt]),
            ("(match # { Yes => No(\"a\"), v => v })", vec![Vote]),
        ],
        Set => vec![("set([#, #])", vec![Int, Int])],
        Map => vec![("map([(#, #)])", vec![Int, Int])],
        _ => return None,
    };
    let (form, types) = choices.pick(&forms)?.clone();
    let mut text = String::new();
    let mut types = types.into_iter();
    for (number, piece) in form.split('#').enumerate() {
        if number > 0 {
            text.push_str(&expr(schema, scope, types.next()?, depth - 1, choices)?);
        }
        text.push_str(piece);
    }
    Some(text)
}

fn ints() -> Vec<(&'static str, Vec<Ty>)> {
    vec![
        ("(# + #)", vec![Int, Int]),
        ("(# - #)", vec![Int, Int]),
        ("(# * #)", vec![Int, Int]),
        ("(# / #)", vec![Int, Int]),
        ("(# % #)", vec![Int, Int]),
        ("(-#)", vec![Int]),
        ("(if # then # else #)", vec![Bool, Int, Int]),
        ("(match # { 0 => 1, 1 => #, n => n })", vec![Int, Int]),
        ("(match # { (0, x) => x, (y, _) => # + y })", vec![Pair, Int]),
        (
            "(match # { Yes => 0, No(s) => len(s), Both(n, none) => n, Both(n, some(m)) => n + m })",
            vec![Vote],
        ),
        ("(match # { Point { x: a, y: 0 } => a, Point { x: _, y: b } => b - # })", vec![Point, Int]),
        ("(match # { true => #, false => # })", vec![Bool, Int, Int]),
        ("(match # { none => #, some(n) => n })", vec![OptInt, Int]),
        ("(#).y", vec![Point]),
        ("(#).1", vec![Pair]),
        ("(#)[#]", vec![List, Int]),
        ("twice(#)", vec![Int]),
        ("LIMIT", vec![]),
        ("scale", vec![]),
        ("random()", vec![]),
        ("random(#)", vec![Int]),
    ]
}

fn bools(any: Ty) -> Vec<(&'static str, Vec<Ty>)> {
    vec![
        ("(# == #)", vec![any, any]),
        ("(# != #)", vec![any, any]),
        ("(# < #)", vec![any, any]),
        ("(# >= #)", vec![any, any]),
        ("(# <= #)", vec![Int, Int]),
        ("(# > #)", vec![Int, Int]),
        ("(# and #)", vec![Bool, Bool]),
        ("(# or #)", vec![Bool, Bool]),
        ("(not #)", vec![Bool]),
        ("(if # then # else #)", vec![Bool, Bool, Bool]),
        ("(match # { Yes => true, No(_) => #, Both(_, n) => is_none(n) })", vec![Vote, Bool]),
    ]
}

/// An expression for a plain head column, kept so small that recursion can't make more and more values.
pub fn bounded(text: String, ty: Ty) -> String {
    match ty {
        Int => format!("modulo({text}, 4)"),
        Str => format!("substring({text}, 0, 2)"),
        Float => format!("(if abs({text}) < 4.0 then 0.5 else 1.5)"),
        List | Strs | Pairs => format!("slice({text}, 0, 2)"),
        Set => format!("intersection({text}, set([0, 1, 2]))"),
        Length => format!("(if {text} < 3s then 1s else 2s)"),
        Opt => format!("(match {text} {{ some(s) => some(substring(s, 0, 2)), none => none }})"),
        OptInt => format!("(match {text} {{ some(n) => some(modulo(n, 4)), none => none }})"),
        Vote => format!("(match {text} {{ No(s) => No(substring(s, 0, 2)), v => v }})"),
        Pair => format!("(match {text} {{ (x, y) => (modulo(x, 4), modulo(y, 4)) }})"),
        Point => format!(
            "(match {text} {{ Point {{ x: a, y: b }} => Point {{ x: modulo(a, 4), y: modulo(b, 4) }} }})"
        ),
        _ => text,
    }
}

/// A variable for a plain head column: those that the body computed are kept small, too.
pub fn small(variable: &str, ty: Ty) -> String {
    let computed = variable.starts_with(COMPUTED);
    if computed { bounded(variable.to_owned(), ty) } else { variable.to_owned() }
}
