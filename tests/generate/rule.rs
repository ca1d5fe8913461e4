//! One random rule or fact.

use super::Choices;
use super::expr::{self, Scope, constant};
use super::head;
use super::schema::{Collection, Kind, Schema, Ty};

/// A statement of a generated program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    pub text: String,
    /// Whether it stands in the module.
    pub inside: bool,
}

impl Statement {
    /// The name of the collection that it fills.
    pub fn head(&self) -> &str {
        head_of(&self.text)
    }
    /// Whether its body reads a collection.
    pub fn reads(&self, name: &str) -> bool {
        reads(&self.text, name)
    }
}

fn head_of(text: &str) -> &str {
    text.split(['(', '@']).next().unwrap_or_default()
}

fn reads(text: &str, name: &str) -> bool {
    // A head's first `<` is its operator's.
    let body = text.split_once('<').map_or("", |(_, body)| body);
    let starts = |at: usize| !body[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    let ends = |at: usize| body[at + name.len()..].starts_with(['(', '@']);
    body.match_indices(name).any(|(at, _)| starts(at) && ends(at))
}

/// The statements that a seedling stands for: those of its bytes, then for what they read and nothing fills, whole rules
/// that fill it.
pub fn statements(schema: &Schema, seedling: &super::Seedling) -> Vec<Statement> {
    let mut statements: Vec<Statement> =
        seedling.rules.iter().filter_map(|bytes| statement(schema, bytes)).collect();
    let module = schema.module.as_ref().map(|(module, _)| (&module.inside, true));
    for _ in 0..3 {
        for (schema, inside) in [Some((schema, false)), module].into_iter().flatten() {
            for collection in schema.collections.iter().filter(|c| c.kind.takes_rules()) {
                let here = || statements.iter().filter(|statement| statement.inside == inside);
                let missing = here().any(|s| s.reads(collection.name))
                    && !here().any(|s| s.head() == collection.name && !s.reads(collection.name));
                let fillers: Vec<&str> = schema
                    .scaffolds
                    .iter()
                    .copied()
                    .filter(|rule| {
                        head_of(rule) == collection.name
                            && !rule.contains(" <- ")
                            && !reads(rule, collection.name)
                    })
                    .collect();
                if missing && !fillers.is_empty() {
                    let chosen = fillers[statements.len() % fillers.len()];
                    statements.push(Statement { text: chosen.to_owned(), inside });
                }
            }
        }
    }
    // What is sealed by nobody is never complete.
    for collection in schema.collections.iter().filter(|c| c.clause.contains("sealed by")) {
        let start = format!("seal {}@", collection.name);
        let seals: Vec<&str> =
            schema.scaffolds.iter().copied().filter(|rule| rule.starts_with(&start)).collect();
        let used = statements.iter().any(|s| s.head() == collection.name);
        let missing = used && !statements.iter().any(|s| s.text.starts_with(&start));
        if missing && !seals.is_empty() {
            let chosen = seals[statements.len() % seals.len()];
            statements.push(Statement { text: chosen.to_owned(), inside: false });
        }
    }
    statements
}

/// The statement that the bytes choose; `None` if the choice can't be completed.
fn statement(schema: &Schema, bytes: &[u8]) -> Option<Statement> {
    let choices = &mut Choices::new(bytes);
    let module = if choices.chance(12) { schema.module.as_ref() } else { None };
    let inside = module.is_some();
    let schema = module.map_or(schema, |(module, _)| &module.inside);
    let text = if choices.chance(17) {
        // A rule that reads its own head: the first thing to get wrong.
        let recursive: Vec<&str> = schema
            .scaffolds
            .iter()
            .copied()
            .filter(|rule| reads(rule, head_of(rule)) && rule.contains("<="))
            .collect();
        choices.pick(&recursive).map(|rule| (*rule).to_owned())
    } else if choices.chance(30) {
        choices.pick(schema.scaffolds).map(|rule| (*rule).to_owned())
    } else if choices.chance(4) {
        fact(schema, choices)
    } else {
        rule(schema, choices)
    }?;
    Some(Statement { text, inside })
}

fn fact(schema: &Schema, choices: &mut Choices<'_>) -> Option<String> {
    let places: Vec<&Collection> =
        schema.collections.iter().filter(|c| matches!(c.kind, Kind::Table | Kind::Event)).collect();
    let into = choices.pick(&places)?;
    let scope = Scope::default();
    let values: Option<Vec<String>> = into
        .columns
        .iter()
        .map(|ty| match ty {
            Ty::Node(role) => Some(format!("{}[0]", schema.roles.get(*role)?)),
            ty if choices.chance(70) => constant(*ty, choices),
            ty => expr::expr(schema, &scope, ty.carrier(), 2, choices),
        })
        .collect();
    Some(format!("{}({});", into.name, values?.join(", ")))
}

const LET_TYPES: [Ty; 9] =
    [Ty::Int, Ty::Int, Ty::Str, Ty::Pair, Ty::Set, Ty::Bool, Ty::Point, Ty::Vote, Ty::Float];

/// What a rule under construction may read.
struct Reads<'s> {
    schema: &'s Schema,
    head: &'s Collection,
    op: &'static str,
    aggregate: bool,
    role: usize,
    /// A message of stored rows, that may read nothing else.
    stored: bool,
}

impl Reads<'_> {
    fn all(&self, negative: bool) -> Vec<&Collection> {
        let strict = negative || self.aggregate || self.head.key.is_some();
        let level = self.head.level;
        let deep = |c: &Collection| self.op != "<=" || c.level < level || (!strict && c.level == level);
        let here = |c: &&Collection| c.role == self.role && deep(c) && c.kind != Kind::InstanceInput;
        self.schema.collections.iter().filter(here).filter(|c| !self.stored || c.kind.is_stored()).collect()
    }
}

fn rule(schema: &Schema, choices: &mut Choices<'_>) -> Option<String> {
    let role = choices.below(schema.roles.len());
    let heads: Vec<&Collection> = schema
        .collections
        .iter()
        .filter(|c| c.kind.takes_rules() && (c.role == role || c.kind == Kind::Channel))
        // What is sent there at random hardly ever comes before its seal.
        .filter(|c| c.clause.is_empty())
        .collect();
    let head = *choices.pick(&heads)?;
    let op = operator(head, choices)?;
    let lattice = head.columns.iter().skip(head.key.unwrap_or(usize::MAX)).any(|ty| ty.is_lattice());
    let recursive = op == "<=" && (head.key.is_none() || lattice) && choices.chance(30);
    let aggregate = op != "<-" && !recursive && choices.chance(22);
    let stored = op == "<~" && choices.chance(40);
    let reads = Reads { schema, head, op, aggregate, role, stored };
    let readable = reads.all(false);
    let arriving: Vec<&Collection> = readable.iter().copied().filter(|c| c.kind.arrives()).collect();

    let mut scope = Scope::default();
    let mut body: Vec<String> = Vec::new();
    let mut channels = 0;
    let atoms = 1 + choices.below(7) / 3 + usize::from(recursive);
    for position in 0..atoms {
        // A message needs an arriving atom, or only stored ones.
        let source = match position {
            0 if recursive => head,
            0 if op == "<~" && !stored => *choices.pick(&arriving)?,
            _ => *choices.pick(&readable)?,
        };
        channels += usize::from(source.kind == Kind::Channel);
        body.push(atom(schema, source, "", choices, &mut scope, false));
    }
    scope.sender = channels == 1;
    if choices.chance(15) && !schema.roles.is_empty() {
        let member_role = choices.below(schema.roles.len());
        let name = scope.bind("n", Ty::Node(member_role));
        body.push(format!("{}({name})", schema.roles[member_role]));
    }
    if op == "<~" && !stored && !aggregate && choices.chance(25) {
        body.extend(elsewhere(schema, role, choices, &mut scope));
    }
    if choices.chance(20) {
        body.extend(unnesting(schema, choices, &mut scope));
    }
    if choices.chance(18) {
        let ty = *choices.pick(&LET_TYPES)?;
        if let Some(value) = expr::expr(schema, &scope, ty, 2, choices) {
            let name = scope.bind("q", ty);
            body.push(format!("let {name} = {value}"));
        }
    }
    for chance in [33, 8] {
        if choices.chance(chance)
            && let Some(source) = choices.pick(&reads.all(true))
        {
            body.push(format!("!{}", atom(schema, source, "", choices, &mut scope, true)));
        }
    }
    if choices.chance(28) {
        body.extend(condition(schema, choices, &scope));
    }
    if scope.sender && choices.chance(30) {
        body.push(["sender == self", "sender != self"][choices.below(2)].into());
    }
    let head_text = head::text(schema, head, role, op, aggregate, choices, &scope)?;
    Some(format!("{head_text} {op} {};", body.join(", ")))
}

fn operator(head: &Collection, choices: &mut Choices<'_>) -> Option<&'static str> {
    Some(match head.kind {
        Kind::View | Kind::Inferred | Kind::InstanceInput => "<=",
        Kind::Event => ["<=", "<+"][choices.below(2)],
        Kind::Channel => "<~",
        Kind::Table | Kind::MutableTable if head.key.is_some() => {
            ["<=", "<+-", "<+", "<-", "<+-"][choices.below(5)]
        }
        Kind::Table | Kind::MutableTable => ["<=", "<+", "<-", "<="][choices.below(4)],
        Kind::InputTable | Kind::StaticTable | Kind::InputEvent | Kind::Timer => return None,
        Kind::Report | Kind::InstanceOutput => return None,
    })
}

/// An atom; `place` is empty or starts with `@`.
fn atom(
    schema: &Schema,
    source: &Collection,
    place: &str,
    choices: &mut Choices<'_>,
    scope: &mut Scope,
    negative: bool,
) -> String {
    let by_name = source.numbered && choices.chance(10);
    let mut terms = Vec::new();
    // What the atom itself binds may not stand in its own terms.
    let mut fresh = Vec::new();
    for (number, ty) in source.columns.iter().enumerate() {
        let ty = ty.carrier();
        let choice = choices.below(12);
        let known = scope.of(ty);
        let term = match choice {
            0..=3 if !known.is_empty() => known[choices.below(known.len())].to_owned(),
            0..=7 if !negative => {
                let letter = ["x", "y", "z"][choices.below(3)];
                let name = format!("{letter}{}", scope.bound.len() + fresh.len());
                fresh.push((name.clone(), ty));
                name
            }
            8 if ty != Ty::Time => constant(ty, choices).unwrap_or_else(|| "_".into()),
            9 => expr::expr(schema, scope, ty, 1, choices).unwrap_or_else(|| "_".into()),
            _ => "_".into(),
        };
        if !by_name {
            terms.push(term);
        } else if term != "_" {
            terms.push(format!("c{number}: {term}"));
        }
    }
    // `r()` of a collection with columns would not compile.
    if by_name && terms.is_empty() {
        terms = vec!["_".to_owned(); source.columns.len()];
    }
    scope.bound.extend(fresh);
    format!("{}{place}({})", source.name, terms.join(", "))
}

/// An atom at a place that is known by now.
fn elsewhere(schema: &Schema, role: usize, choices: &mut Choices<'_>, scope: &mut Scope) -> Option<String> {
    let other = (role + 1) % schema.roles.len().max(1);
    let sources: Vec<&Collection> = schema.collections.iter().filter(|c| c.role == other).collect();
    let source = *choices.pick(&sources)?;
    let place = head::place(schema, other, role, choices, scope);
    let negative = choices.chance(20);
    let text = atom(schema, source, &place, choices, scope, negative);
    (!place.is_empty()).then(|| format!("{}{text}", if negative { "!" } else { "" }))
}

fn unnesting(schema: &Schema, choices: &mut Choices<'_>, scope: &mut Scope) -> Option<String> {
    let kinds = [
        (Ty::List, Ty::Int),
        (Ty::Set, Ty::Int),
        (Ty::Map, Ty::Pair),
        (Ty::Opt, Ty::Str),
        (Ty::OptInt, Ty::Int),
        (Ty::Strs, Ty::Str),
        (Ty::Pairs, Ty::Pair),
    ];
    // What is there already says more than what is made here.
    let (known, made): (Vec<_>, Vec<_>) = kinds.into_iter().partition(|(ty, _)| !scope.of(*ty).is_empty());
    let pool = if !known.is_empty() && choices.chance(70) { known } else { made };
    let (ty, element) = *choices.pick(&pool)?;
    let from = match choices.pick(&scope.of(ty)) {
        Some(variable) => (*variable).to_owned(),
        None => expr::expr(schema, scope, ty, 2, choices)?,
    };
    // Now and then the element is one that is bound already.
    let name = match choices.pick(&scope.of(element)) {
        Some(variable) if choices.chance(20) => (*variable).to_owned(),
        _ => scope.bind("e", element),
    };
    Some(format!("{name} in {from}"))
}

fn condition(schema: &Schema, choices: &mut Choices<'_>, scope: &Scope) -> Option<String> {
    let ints = scope.of(Ty::Int);
    if choices.chance(45) {
        return expr::expr(schema, scope, Ty::Bool, 3, choices);
    }
    if let Some(t) = choices.pick(&scope.of(Ty::Time)) {
        let forms = [format!("{t} < now()"), format!("{t} == now()"), format!("now() >= {t}")];
        return choices.pick(&forms).cloned();
    }
    let (x, y) = (choices.pick(&ints)?, choices.pick(&ints)?);
    let forms = [
        format!("{x} != {y}"),
        format!("{x} < {y} + 1"),
        format!("{x} <= 2"),
        format!("{x} >= 2"),
        // These have no value for some rows: the error reports must agree too.
        format!("2 / {x} >= {y}"),
        format!("{x} == 0 or 3 % {x} == {y}"),
        format!("(if {x} > 1 then {y} else {x}) < 2"),
        format!("{x} > {y} and not ({x} == 3)"),
        format!("random({x}) % 2 == 0"),
    ];
    choices.pick(&forms).cloned()
}
