//! Functions of the library: of several with one name the first argument's type tells which is meant.

use floret_ir::{Function, Pattern, Span, Type};

use super::Inference;
use super::cells::{Cell, Head, Seen};
use super::context::{Context, Takes};
use super::delayed::Operand;
use crate::front::findings::{Evidence, NotFor};

/// What the variables of a signature stand for.
type Bindings = [Option<Cell>; 2];

impl Inference<'_, '_> {
    /// The result's type; `None`: it isn't known yet which function is meant.
    pub(super) fn overload(
        &mut self,
        function: Function,
        args: &[Operand],
        span: Span,
        last: bool,
    ) -> Option<Cell> {
        let named: Vec<Function> = Function::by_name(function.name())
            .filter(|candidate| candidate.signature().params.len() == args.len())
            .collect();
        if let [only] = named.as_slice() {
            return Some(self.instance(*only, args, span));
        }
        let Some(first) = args.first() else { return Some(self.cells.broken()) };
        match self.cells.see(first.cell) {
            Seen::Open if last => return Some(self.cells.open()),
            Seen::Open => return None,
            Seen::Broken => return Some(self.cells.broken()),
            Seen::Known(head, _) => {
                let fits = |candidate: &&Function| {
                    candidate.signature().params.first().is_some_and(|param| takes_head(param, head))
                };
                if let Some(found) = named.iter().find(fits) {
                    return Some(self.instance(*found, args, span));
                }
            }
        }
        let mut takes: Vec<String> = named
            .iter()
            .filter_map(|candidate| candidate.signature().params.first().map(ToString::to_string))
            .collect();
        takes.dedup();
        let because = self.cells.evidence(first.cell);
        self.sink.push(NotFor {
            operator: function.name().to_owned(),
            takes: in_words(&takes),
            found: self.cells.text(first.cell, &self.resolved.roles),
            span: first.span,
            found_because: because.unwrap_or(Evidence { span: first.span, text: String::new() }),
        });
        Some(self.cells.broken())
    }

    fn instance(&mut self, function: Function, args: &[Operand], span: Span) -> Cell {
        let signature = function.signature();
        let name = if function == Function::Element { "[...]" } else { function.name() };
        let context = Context::Function(name.to_owned());
        let mut bindings = Bindings::default();
        let mut fits = true;
        for (arg, param) in args.iter().zip(signature.params) {
            if matches!(param, Pattern::Any) {
                if function == Function::ToString {
                    self.demand(arg.cell, function.name(), Takes::Printable, arg.span);
                }
                continue;
            }
            let because = Evidence { span: arg.span, text: format!("`{param}` is needed here") };
            let wanted = self.pattern_cell(param, &mut bindings, &because);
            fits &= self.unify(wanted, arg.cell, arg.span, arg.subject.clone(), &context);
        }
        // A function of one result has it whatever its arguments are.
        let is_generic = matches!(
            signature.result,
            Pattern::Var(_) | Pattern::List(_) | Pattern::Set(_) | Pattern::Map(..) | Pattern::Option(_)
        );
        if !fits && is_generic {
            return self.cells.broken();
        }
        let text = match signature.result {
            Pattern::Int | Pattern::Float | Pattern::Bool | Pattern::String => {
                format!("`{name}` gives `{}`", signature.result)
            }
            _ => format!("`{name}` gives this"),
        };
        self.pattern_cell(&signature.result, &mut bindings, &Evidence { span, text })
    }

    fn pattern_cell(&mut self, pattern: &Pattern, bindings: &mut Bindings, because: &Evidence) -> Cell {
        let (head, parts): (Head, Vec<&Pattern>) = match pattern {
            Pattern::Any => return self.cells.open(),
            Pattern::Var(number) => {
                let fresh = self.cells.open();
                return match bindings.get_mut(usize::from(*number)) {
                    Some(bound) => *bound.get_or_insert(fresh),
                    None => fresh,
                };
            }
            Pattern::Int => (Head::Plain(Type::Int), Vec::new()),
            Pattern::Float => (Head::Plain(Type::Float), Vec::new()),
            Pattern::Bool => (Head::Plain(Type::Bool), Vec::new()),
            Pattern::String => (Head::Plain(Type::String), Vec::new()),
            Pattern::Bytes => (Head::Plain(Type::Bytes), Vec::new()),
            Pattern::Time => (Head::Plain(Type::Time), Vec::new()),
            Pattern::Duration => (Head::Plain(Type::Duration), Vec::new()),
            Pattern::Pair(a, b) => (Head::Tuple, vec![a, b]),
            Pattern::List(of) => (Head::List, vec![of]),
            Pattern::Set(of) => (Head::Set, vec![of]),
            Pattern::Option(of) => (Head::Option, vec![of]),
            Pattern::Map(key, of) => (Head::Map, vec![key, of]),
        };
        let parts = parts.into_iter().map(|part| self.pattern_cell(part, bindings, because)).collect();
        self.cells.made(head, parts, because.clone())
    }
}

fn takes_head(pattern: &Pattern, head: Head) -> bool {
    match (pattern, head) {
        (Pattern::Any | Pattern::Var(_), _)
        | (Pattern::Int, Head::Plain(Type::Int))
        | (Pattern::Float, Head::Plain(Type::Float))
        | (Pattern::Bool, Head::Plain(Type::Bool))
        | (Pattern::String, Head::Plain(Type::String))
        | (Pattern::Bytes, Head::Plain(Type::Bytes))
        | (Pattern::Time, Head::Plain(Type::Time))
        | (Pattern::Duration, Head::Plain(Type::Duration))
        | (Pattern::Pair(..), Head::Tuple)
        | (Pattern::List(_), Head::List)
        | (Pattern::Set(_), Head::Set)
        | (Pattern::Map(..), Head::Map)
        | (Pattern::Option(_), Head::Option) => true,
        (
            Pattern::Int
            | Pattern::Float
            | Pattern::Bool
            | Pattern::String
            | Pattern::Bytes
            | Pattern::Time
            | Pattern::Duration
            | Pattern::Pair(..)
            | Pattern::List(_)
            | Pattern::Set(_)
            | Pattern::Map(..)
            | Pattern::Option(_),
            _,
        ) => false,
    }
}

/// `a, b and c`
fn in_words(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
