//! What a case writes as calls and expressions, as rows and values of the program's types.

use floret_ir::{Address, Function, Program, RelationId, Row, Type, UnaryOp, Value};
use floret_lang::tree::{Call, Expr, ExprKind, Path};

/// The value that a constant expression stands for at a type.
pub fn value(expr: &Expr, ty: Type, program: &Program) -> Result<Value, String> {
    let wrong =
        || format!("{:?} is not written as a value of type {}", expr.kind, floret_ir::print::ty(ty, program));
    let all = |exprs: &[Expr], ty: Type| -> Result<Vec<Value>, String> {
        exprs.iter().map(|expr| value(expr, ty, program)).collect()
    };
    match (&expr.kind, ty) {
        (ExprKind::Unary(UnaryOp::Negate, operand), Type::Int | Type::Float | Type::Duration) => {
            negated(operand, ty, program)
        }
        (ExprKind::Int(Some(number)), Type::Int) => {
            i64::try_from(*number).map(Value::Int).map_err(|_| wrong())
        }
        (ExprKind::Float(number), Type::Float) => Ok(Value::float(*number)),
        // A case's own words: programs have none for these.
        (ExprKind::Path(path), Type::Float) => match name(path).as_str() {
            "NaN" => Ok(Value::float(f64::NAN)),
            "inf" => Ok(Value::float(f64::INFINITY)),
            _ => Err(wrong()),
        },
        (ExprKind::Bool(truth), Type::Bool) => Ok(Value::Bool(*truth)),
        (ExprKind::String(text), Type::String) => Ok(Value::string(text)),
        (ExprKind::Bytes(bytes), Type::Bytes) => Ok(Value::Bytes(bytes.as_slice().into())),
        (ExprKind::String(text), Type::Time) => {
            Function::ParseTime.apply(&[Value::string(text)], &[Type::String]).map_err(|_| wrong())
        }
        (ExprKind::Duration(text), Type::Duration) => {
            Function::ParseDuration.apply(&[Value::string(text)], &[Type::String]).map_err(|_| wrong())
        }
        (_, Type::Address(role)) => {
            let node = address(expr, program)?;
            if node.role == role { Ok(Value::Address(node)) } else { Err(wrong()) }
        }
        (_, Type::Node) => address(expr, program).map(Value::Address),
        (ExprKind::Tuple(parts), Type::Tuple(types)) if parts.len() == types.len() => {
            let parts = parts.iter().zip(types.iter()).map(|(part, ty)| value(part, *ty, program));
            Ok(Value::tuple(parts.collect::<Result<Vec<_>, _>>()?))
        }
        (ExprKind::List(elements), Type::List(of)) => Ok(Value::list(all(elements, *of)?)),
        (ExprKind::Call(call), Type::Set(of)) if name(&call.path) == "set" => match list_of(call) {
            Some(elements) => Ok(Value::set(all(elements, *of)?)),
            None => Err(wrong()),
        },
        (ExprKind::Call(call), Type::Map(key, of)) if name(&call.path) == "map" => {
            let pairs = all(list_of(call).ok_or_else(wrong)?, Type::tuple(vec![*key, *of]))?;
            let pair = |pair| match pair {
                Value::Tuple(parts) => Some((parts.first()?.clone(), parts.get(1)?.clone())),
                _ => None,
            };
            Ok(Value::map(pairs.into_iter().filter_map(pair)))
        }
        (ExprKind::Struct(path, fields), Type::Struct(of)) if name(path) == of.name => {
            let field = |(name, ty): &(String, Type)| {
                let mut given = fields.iter().filter(|(given, _)| given.text == *name);
                let (_, expr) = given.next().ok_or_else(wrong)?;
                value(expr, *ty, program)
            };
            if fields.len() != of.fields.len() {
                return Err(wrong());
            }
            Ok(Value::tuple(of.fields.iter().map(field).collect::<Result<Vec<_>, String>>()?))
        }
        (ExprKind::Path(path), Type::Option(_) | Type::Enum(_)) => variant(&name(path), &[], ty, program),
        (ExprKind::Call(call), Type::Option(_) | Type::Enum(_)) => {
            let args: Vec<Expr> = call.args.iter().map(|arg| arg.value.clone()).collect();
            variant(&name(&call.path), &args, ty, program)
        }
        _ => Err(wrong()),
    }
}

fn name(path: &Path) -> String {
    path.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::")
}

/// A number after a minus.
fn negated(operand: &Expr, ty: Type, program: &Program) -> Result<Value, String> {
    // The magnitude of the least int is no int itself.
    if let (ExprKind::Int(Some(number)), Type::Int) = (&operand.kind, ty) {
        return i64::try_from(-number).map(Value::Int).map_err(|_| "the int is too small".to_owned());
    }
    match value(operand, ty, program)? {
        Value::Float(number) => Ok(Value::float(-number.get())),
        Value::Duration(span) => Ok(Value::Duration(-span)),
        other => Err(format!("{other:?} has no negative")),
    }
}

/// The elements of `f([...])`.
fn list_of(call: &Call) -> Option<&[Expr]> {
    match call.args.as_slice() {
        [arg] => match &arg.value.kind {
            ExprKind::List(elements) => Some(elements),
            _ => None,
        },
        _ => None,
    }
}

/// A constructor of an enum or option with its arguments.
fn variant(name: &str, args: &[Expr], ty: Type, program: &Program) -> Result<Value, String> {
    let names: Vec<String> = match ty {
        Type::Enum(of) => of.variants.iter().map(|(name, _)| name.clone()).collect(),
        _ => vec!["none".into(), "some".into()],
    };
    let wrong = || format!("`{name}` is no constructor of {}", floret_ir::print::ty(ty, program));
    let index = names.iter().position(|known| known == name).ok_or_else(wrong)?;
    let index = u32::try_from(index).map_err(|_| wrong())?;
    let types = ty.variant(index).ok_or_else(wrong)?;
    if types.len() != args.len() {
        return Err(format!("`{name}` takes {} values", types.len()));
    }
    let args = args.iter().zip(&types).map(|(arg, ty)| value(arg, *ty, program));
    Ok(Value::Variant(index, args.collect::<Result<Vec<_>, _>>()?.into()))
}

/// `Server[1]`, which must be written with a number.
pub fn address(expr: &Expr, program: &Program) -> Result<Address, String> {
    let wrong = || "a node is written `Role[0]`".to_owned();
    let ExprKind::Index(role, index) = &expr.kind else { return Err(wrong()) };
    let (ExprKind::Path(path), ExprKind::Int(Some(index))) = (&role.kind, &index.kind) else {
        return Err(wrong());
    };
    let name = name(path);
    let role = program.role_named(&name).ok_or_else(|| format!("there is no role `{name}`"))?;
    Ok(Address { role, index: u32::try_from(*index).map_err(|_| wrong())? })
}

/// The collection that a call names.
pub fn relation(call: &Call, program: &Program) -> Result<RelationId, String> {
    let name = name(&call.path);
    program.relation_named(&name).ok_or_else(|| format!("there is no collection `{name}`"))
}

/// The call's arguments as values of these types.
pub fn values(call: &Call, types: &[Type], program: &Program) -> Result<Row, String> {
    if call.args.len() != types.len() {
        return Err(format!(
            "{} values are written where there are {} columns",
            call.args.len(),
            types.len()
        ));
    }
    if call.args.iter().any(|arg| arg.name.is_some()) {
        return Err("values of rows have no names".into());
    }
    call.args.iter().zip(types).map(|(arg, ty)| value(&arg.value, *ty, program)).collect()
}

/// The call's arguments as a row of a collection.
pub fn row(call: &Call, relation: RelationId, program: &Program) -> Result<Row, String> {
    let relation = &program.relations[relation];
    let types: Vec<Type> = relation.types().collect();
    values(call, &types, program).map_err(|why| format!("`{}`: {why}", relation.name))
}

/// The call's arguments as a message of a channel: a row without its `sender`.
pub fn message(call: &Call, relation: RelationId, program: &Program) -> Result<Row, String> {
    let relation = &program.relations[relation];
    let types: Vec<Type> = relation.types().take(relation.sent_arity()).collect();
    values(call, &types, program).map_err(|why| format!("`{}`: {why}", relation.name))
}

/// A row of a collection as a case writes it.
pub fn text(row: &Row, relation: RelationId, program: &Program) -> String {
    typed_text(row, program.relations[relation].types(), program)
}

/// A row of values of these types.
pub fn typed_text(row: &Row, types: impl IntoIterator<Item = Type>, program: &Program) -> String {
    format!("({})", floret_ir::print::row(row, types, program))
}
