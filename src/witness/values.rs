//! Few and small values of any type, so that rows meet; and the program's own constants, so that limits are reached.

use std::collections::BTreeSet;

use floret_ir::{Deployment, Expr, HeadTerm, Literal, Program, Term, Type, Value};
use floret_sim::Random;

const SECOND: i64 = 1_000_000_000;
/// How deep composite values go.
const DEEPEST: usize = 6;

/// The values that a program's rules speak of, and their neighbours.
pub(super) struct Values {
    constants: Vec<Value>,
}

impl Values {
    pub fn of(program: &Program) -> Self {
        let mut found = BTreeSet::new();
        for rule in program.rules.iter() {
            rule.head.place.iter().for_each(|place| constants(place, &mut found));
            for term in &rule.head.terms {
                match term {
                    HeadTerm::Expr(expr) => constants(expr, &mut found),
                    HeadTerm::Aggregate { argument, by, .. } => {
                        argument.iter().chain(by).for_each(|expr| constants(expr, &mut found));
                    }
                    HeadTerm::Any => {}
                }
            }
            for literal in &rule.body {
                match literal {
                    Literal::Atom(atom) | Literal::Negation(atom) => {
                        found.extend(atom.terms.iter().filter_map(|term| match term {
                            Term::Const(value) => Some(value.clone()),
                            Term::Var(_) | Term::Any => None,
                        }));
                    }
                    Literal::Condition { expr: value, .. }
                    | Literal::Let { value, .. }
                    | Literal::Unnest { value, .. } => constants(value, &mut found),
                }
            }
        }
        for fact in &program.facts {
            fact.values.iter().for_each(|value| constants(value, &mut found));
        }
        let near = |value: Value| match value {
            Value::Int(n) => {
                vec![Value::Int(n), Value::Int(n.saturating_add(1)), Value::Int(n.saturating_sub(1))]
            }
            other => vec![other],
        };
        Values { constants: found.into_iter().flat_map(near).collect() }
    }

    /// A value of the type, of so many different ones (of a part; or one that the program speaks of).
    pub fn value(&self, ty: Type, deployment: &Deployment, different: usize, random: &mut Random) -> Value {
        self.deep(ty, deployment, (different, DEEPEST), random)
    }

    fn deep(
        &self,
        ty: Type,
        deployment: &Deployment,
        (different, depth): (usize, usize),
        random: &mut Random,
    ) -> Value {
        let own: Vec<&Value> = self.constants.iter().filter(|value| value.is_of(ty)).collect();
        if random.below(3) == 0
            && let Some(value) = own.get(random.below(own.len()))
        {
            return (*value).clone();
        }
        let part = |ty: Type, random: &mut Random| {
            self.deep(ty, deployment, (different, depth.saturating_sub(1)), random)
        };
        let length = if depth == 0 { 0 } else { random.below(3) };
        match ty {
            // Among many there is a negative one.
            Type::Int => Value::Int(random.below(different) as i64 - i64::from(different > 2)),
            Type::Float => Value::float(random.below(different) as f64),
            Type::Bool => Value::Bool(random.below(2) == 0),
            Type::String => {
                Value::string(["a", "b", "c"].get(random.below(different)).copied().unwrap_or("a"))
            }
            Type::Bytes => Value::Bytes([random.below(2) as u8].into()),
            Type::Time => Value::Time(random.below(3) as i64 * SECOND),
            Type::Duration => Value::Duration(random.below(3) as i64 * SECOND),
            Type::Address(role) => Value::Address(deployment.member(role, random.below(4) as i64)),
            Type::Node => {
                let nodes: Vec<_> = deployment.nodes().collect();
                let node = nodes.get(random.below(nodes.len())).copied();
                node.map_or_else(Value::none, Value::Address)
            }
            Type::Tuple(parts) => Value::tuple(parts.iter().map(|ty| part(*ty, random)).collect::<Vec<_>>()),
            Type::Struct(of) => {
                Value::tuple(of.fields.iter().map(|(_, ty)| part(*ty, random)).collect::<Vec<_>>())
            }
            Type::List(of) => Value::list((0..length).map(|_| part(*of, random)).collect::<Vec<_>>()),
            Type::Set(of) => Value::set((0..length).map(|_| part(*of, random)).collect::<Vec<_>>()),
            Type::Map(key, value) => {
                let pairs = (0..length).map(|_| (part(*key, random), part(*value, random)));
                Value::map(pairs.collect::<Vec<_>>())
            }
            Type::Option(of) => {
                if length == 0 {
                    Value::none()
                } else {
                    Value::some(part(*of, random))
                }
            }
            Type::Enum(of) => {
                let number = random.below(of.variants.len());
                let types = of.variants.get(number).map_or(&[][..], |(_, types)| types);
                let parts: Vec<Value> = types.iter().map(|ty| part(*ty, random)).collect();
                Value::Variant(number as u32, parts.into())
            }
        }
    }
}

fn constants<V>(expr: &Expr<V>, found: &mut BTreeSet<Value>) {
    match expr {
        Expr::Const(value) => {
            found.insert(value.clone());
        }
        Expr::Param { .. } | Expr::Var(_) | Expr::SelfAddress(_) => {}
        Expr::Member { index: value, .. } | Expr::Unary { value, .. } | Expr::Project { value, .. } => {
            constants(value, found);
        }
        Expr::Binary { left, right, .. } => {
            constants(left, found);
            constants(right, found);
        }
        Expr::If { condition, then, otherwise } => {
            constants(condition, found);
            constants(then, found);
            constants(otherwise, found);
        }
        Expr::Call { args, .. } | Expr::Construct { parts: args, .. } => {
            args.iter().for_each(|arg| constants(arg, found));
        }
    }
}
