//! Weights by name.

use std::collections::HashSet;

use spindle_run::event::Tensors;

use crate::Error;

/// Whether named tensors are those that a network has, besides some that files may have.
///
/// # Errors
/// All tensors that are missing, extra or misshapen, in one error.
pub fn check_tensors<'a>(
    network: &'static str,
    expected: impl Iterator<Item = (&'a str, &'a [usize])>,
    tensors: &Tensors,
    may_be_extra: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut known = HashSet::new();
    for (name, shape) in expected {
        known.insert(name);
        match tensors.get(name) {
            None => problems.push(format!("{name} {shape:?} is missing")),
            Some(found) if found.shape != shape => {
                problems.push(format!("{name} is {:?}, expected {shape:?}", found.shape));
            }
            Some(_) => {}
        }
    }
    let extra = tensors
        .iter()
        .filter(|(name, _)| !known.contains(name.as_str()) && !may_be_extra(name));
    problems
        .extend(extra.map(|(name, tensor)| format!("{name} {:?} is not part of it", tensor.shape)));
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Error::Weights { network, problems }),
    }
}
