//! `--param NAME=VALUE`: what a deployment sets.

use floret_data::value_of_text;
use floret_ir::{Program, Value, closest, print};

use crate::exit::Exit;

/// The values of all parameters, in the program's order.
///
/// # Errors
/// Exit code 2: an unknown or repeated name, a text that is no such value, a parameter without a value.
pub fn values(specs: &[String], program: &Program) -> Result<Vec<Value>, Exit> {
    let mut given: Vec<Option<Value>> = vec![None; program.params.len()];
    for spec in specs {
        let usage = |why: String| Exit::Usage(format!("--param {spec}: {why}"));
        let (name, text) =
            spec.split_once('=').ok_or_else(|| usage("write NAME=VALUE, for example replicas=3".into()))?;
        let Some(at) = program.params.iter().position(|param| param.name == name) else {
            let names: Vec<&str> = program.params.iter().map(|param| param.name.as_str()).collect();
            let meant = closest(name, names.iter().copied())
                .map_or(String::new(), |meant| format!(" (did you mean `{meant}`?)"));
            return Err(usage(match names.as_slice() {
                [] => "the program has no parameters".into(),
                _ => format!("there is no parameter `{name}`{meant}; there are {}", names.join(", ")),
            }));
        };
        let (Some(param), Some(slot)) = (program.params.get(at), given.get_mut(at)) else { continue };
        if slot.is_some() {
            return Err(usage("it is given twice".into()));
        }
        *slot = Some(value_of_text(text, param.ty, program).map_err(usage)?);
    }
    let value = |(param, given): (&floret_ir::Param, Option<Value>)| {
        given.or_else(|| param.default.clone()).ok_or_else(|| {
            let ty = print::ty(param.ty, program);
            Exit::Usage(format!(
                "the parameter `{}` has no value; give it one: --param {0}=({ty})",
                param.name
            ))
        })
    };
    program.params.iter().zip(given).map(value).collect()
}
