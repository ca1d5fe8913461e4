//! Expressions, calls, literals and types as text, with every operator in parentheses.

use std::fmt::{Display, Formatter, Result};

use floret_ir::UnaryOp;

use crate::tree::{Arg, Call, Expr, ExprKind, Literal, Name, Path, TypeExpr};

/// Items between commas.
pub struct Commas<'a, T>(pub &'a [T]);

impl<T: Display> Display for Commas<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (at, item) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

/// `name SEPARATOR value`
pub struct Pair<'a, T>(pub &'a Name, pub &'static str, pub &'a T);

impl<T: Display> Display for Pair<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}{}{}", self.0, self.1, self.2)
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.text)
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (at, part) in self.parts.iter().enumerate() {
            write!(f, "{}{part}", if at > 0 { "::" } else { "" })?;
        }
        Ok(())
    }
}

impl Display for TypeExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            TypeExpr::Named { path, args, span: _ } if args.is_empty() => path.fmt(f),
            TypeExpr::Named { path, args, span: _ } => write!(f, "{path}<{}>", Commas(args)),
            TypeExpr::Tuple(types, _) => write!(f, "({})", Commas(types)),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Literal::Expr(expr) => expr.fmt(f),
            Literal::Negation(call, _) => write!(f, "!{call}"),
            Literal::Let(name, value, _) => write!(f, "let {name} = {value}"),
            Literal::In(name, value, _) => write!(f, "{name} in {value}"),
        }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.path.fmt(f)?;
        if let Some(place) = &self.place {
            let plain = matches!(place.kind, ExprKind::Path(_) | ExprKind::SelfNode | ExprKind::Index(..));
            if plain { write!(f, "@{place}")? } else { write!(f, "@({place})")? }
        }
        write!(f, "({})", Commas(&self.args))
    }
}

impl Display for Arg {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.name {
            Some(name) => write!(f, "{name}: {}", self.value),
            None => self.value.fmt(f),
        }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            ExprKind::Int(Some(value)) => value.fmt(f),
            ExprKind::Int(None) => f.write_str("<int out of range>"),
            ExprKind::Float(value) => write!(f, "{value:?}"),
            ExprKind::String(text) => write!(f, "{text:?}"),
            ExprKind::Bool(value) => value.fmt(f),
            ExprKind::Duration(text) => f.write_str(text),
            ExprKind::Bytes(bytes) => write!(f, "b\"{}\"", bytes.escape_ascii()),
            ExprKind::Path(path) => path.fmt(f),
            ExprKind::Wildcard => f.write_str("_"),
            ExprKind::SelfNode => f.write_str("self"),
            ExprKind::Call(call) => call.fmt(f),
            ExprKind::Index(value, index) => write!(f, "{value}[{index}]"),
            ExprKind::Field(value, name) => write!(f, "{value}.{name}"),
            ExprKind::Unary(UnaryOp::Negate, value) => write!(f, "(-{value})"),
            ExprKind::Unary(UnaryOp::Not, value) => write!(f, "(not {value})"),
            ExprKind::Binary(op, left, right) => write!(f, "({left} {} {right})", op.symbol()),
            ExprKind::If(condition, then, otherwise) => {
                write!(f, "(if {condition} then {then} else {otherwise})")
            }
            ExprKind::Match(value, arms) => {
                write!(f, "match {value} {{ ")?;
                for (pattern, result) in arms {
                    write!(f, "{pattern} => {result}, ")?;
                }
                f.write_str("}")
            }
            ExprKind::Tuple(values) => {
                write!(f, "({}{})", Commas(values), if values.len() == 1 { "," } else { "" })
            }
            ExprKind::List(values) => write!(f, "[{}]", Commas(values)),
            ExprKind::Struct(path, fields) => {
                let fields: Vec<_> = fields.iter().map(|(name, value)| Pair(name, ": ", value)).collect();
                write!(f, "{path} {{ {} }}", Commas(&fields))
            }
            ExprKind::Missing => f.write_str("<missing>"),
        }
    }
}
