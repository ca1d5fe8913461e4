//! What a case writes as calls and expressions, as rows and values of the program's types.

use floret_ir::{Address, Program, RelationId, Row, Type, UnaryOp, Value};
use floret_lang::tree::{Call, Expr, ExprKind};

/// The value that a constant expression stands for at a type.
pub fn value(expr: &Expr, ty: Type, program: &Program) -> Result<Value, String> {
    let wrong =
        || format!("{:?} is not written as a value of type {}", expr.kind, floret_ir::print::ty(ty, program));
    match (&expr.kind, ty) {
        (ExprKind::Int(Some(number)), Type::Int) => {
            i64::try_from(*number).map(Value::Int).map_err(|_| wrong())
        }
        (ExprKind::Float(number), Type::Float) => Ok(Value::float(*number)),
        (ExprKind::Unary(UnaryOp::Negate, operand), Type::Int) => match &operand.kind {
            ExprKind::Int(Some(number)) => i64::try_from(-number).map(Value::Int).map_err(|_| wrong()),
            _ => Err(wrong()),
        },
        (ExprKind::Unary(UnaryOp::Negate, operand), Type::Float) => match value(operand, ty, program)? {
            Value::Float(number) => Ok(Value::float(-number.get())),
            _ => Err(wrong()),
        },
        // A case's own words: programs have none for these.
        (ExprKind::Path(path), Type::Float) => match path.parts.as_slice() {
            [name] if name.text == "NaN" => Ok(Value::float(f64::NAN)),
            [name] if name.text == "inf" => Ok(Value::float(f64::INFINITY)),
            _ => Err(wrong()),
        },
        (ExprKind::Bool(truth), Type::Bool) => Ok(Value::Bool(*truth)),
        (ExprKind::String(text), Type::String) => Ok(Value::string(text)),
        (_, Type::Address(role)) => {
            let node = address(expr, program)?;
            if node.role == role { Ok(Value::Address(node)) } else { Err(wrong()) }
        }
        _ => Err(wrong()),
    }
}

/// `Server[1]`, which must be written with a number.
pub fn address(expr: &Expr, program: &Program) -> Result<Address, String> {
    let wrong = || "a node is written `Role[0]`".to_owned();
    let ExprKind::Index(role, index) = &expr.kind else { return Err(wrong()) };
    let (ExprKind::Path(path), ExprKind::Int(Some(index))) = (&role.kind, &index.kind) else {
        return Err(wrong());
    };
    let name = path.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::");
    let role = program.role_named(&name).ok_or_else(|| format!("there is no role `{name}`"))?;
    Ok(Address { role, index: u32::try_from(*index).map_err(|_| wrong())? })
}

/// The collection that a call names.
pub fn relation(call: &Call, program: &Program) -> Result<RelationId, String> {
    let name = call.path.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::");
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
    let types: Vec<Type> = program.relations[relation].columns.iter().map(|column| column.ty).collect();
    values(call, &types, program).map_err(|why| format!("`{}`: {why}", program.relations[relation].name))
}

/// A row of a collection as a case writes it.
pub fn text(row: &Row, relation: RelationId, program: &Program) -> String {
    typed_text(row, program.relations[relation].types(), program)
}

/// A row of values of these types.
pub fn typed_text(row: &Row, types: impl IntoIterator<Item = Type>, program: &Program) -> String {
    format!("({})", floret_ir::print::row(row, types, program))
}
