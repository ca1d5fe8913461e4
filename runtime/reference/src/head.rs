//! The values of a head.

use floret_ir::{Address, Head, HeadTerm, NoValue, Row, Site, Value, VarId, evaluate};

use crate::body::Bindings;

/// A head with values for its expressions.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct HeadRow {
    /// The addressed node, if the head names one.
    pub(crate) place: Option<Address>,
    /// Per column its value; `None` for `_`. Before aggregation, an aggregate has its argument's value here, or the pair
    /// (what is compared, argument).
    pub(crate) columns: Vec<Option<Value>>,
}

impl HeadRow {
    /// The row of a head without `_` (the compiler allows `_` only in `<-`).
    pub(crate) fn into_row(self) -> Option<Row> {
        self.columns.into_iter().collect()
    }
}

/// Evaluates a head.
pub(crate) fn head_row(head: &Head, bindings: &Bindings, site: &Site) -> Result<HeadRow, NoValue> {
    let value = |expr| evaluate(expr, &|v: &VarId| bindings[*v].as_ref(), site);
    let place = match &head.place {
        None => None,
        Some(expr) => match value(expr)? {
            Value::Address(address) => Some(address),
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::Time(_)
            | Value::Duration(_)
            | Value::Tuple(_)
            | Value::List(_)
            | Value::Set(_)
            | Value::Map(_)
            | Value::Variant(..) => return Err(NoValue::Mistyped),
        },
    };
    let columns = head
        .terms
        .iter()
        .map(|term| match term {
            HeadTerm::Expr(expr) => value(expr).map(Some),
            HeadTerm::Aggregate { argument: Some(argument), by: Some(by), .. } => {
                Ok(Some(Value::tuple([value(by)?, value(argument)?])))
            }
            HeadTerm::Aggregate { argument, .. } => argument.as_ref().map(value).transpose(),
            HeadTerm::Any => Ok(None),
        })
        .collect::<Result<_, _>>()?;
    Ok(HeadRow { place, columns })
}
