//! Weights from files as people have them: safetensors, or what `torch.save` has written, under the
//! names of a network or with what trainers put before them.

use std::{collections::BTreeSet, path::Path};

use spindle_run::{
    encoding,
    event::{Tensor, Tensors},
    foreign::{instead, packed},
};

use crate::{Error, pytorch};

/// Keys under which checkpoints of trainers keep the weights, those that tell most first.
const CONTAINERS: [&str; 4] = ["model_state_dict.", "state_dict.", "model.", "module."];
/// What wrappers put before a network's names: data parallelism, compilation, Lightning.
const WRAPPERS: [&str; 3] = ["module.", "_orig_mod.", "model."];
/// Bytes before the header of a safetensors file: its length.
const LENGTH: usize = 8;

/// Weights by their names in the network, whatever the file is called.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// The weights.
    pub tensors: Tensors,
    /// In words, what lies beside the weights of a checkpoint and is not used.
    pub aside: Option<String>,
}

/// Reads a file of weights, whose bytes these are.
///
/// # Errors
/// [`Error::Brought`] for a file that is no weights, with what it is instead; a tensor that is not
/// of floats or has numbers that are not finite; two tensors of one name.
pub fn decode(path: &Path, bytes: &[u8]) -> Result<Weights, Error> {
    weights(path, bytes).map_err(Error::Brought)
}

fn weights(path: &Path, bytes: &[u8]) -> Result<Weights, String> {
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    if let Some(what) = instead(bytes).or_else(|| packed(bytes)) {
        return Err(format!("it is {what}"));
    }
    let found = match is_safetensors(bytes) || has_ending(path, "safetensors") {
        true => encoding::decode_weights(bytes).map_err(|error| error.to_string())?,
        false => pytorch::tensors(path, bytes, container)?,
    };
    let aside = left_aside(&found);
    let tensors = named(in_container(found))?;
    check_finite(&tensors)?;
    Ok(Weights { tensors, aside })
}

fn has_ending(path: &Path, wanted: &str) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case(wanted))
}

/// Whether a file begins as safetensors do: the length of a header, which is JSON.
fn is_safetensors(bytes: &[u8]) -> bool {
    let length = bytes
        .first_chunk::<LENGTH>()
        .map(|&length| u64::from_le_bytes(length));
    bytes.get(LENGTH) == Some(&b'{')
        && length.is_some_and(|length| length <= (bytes.len() - LENGTH) as u64)
}

/// The key, with a dot, under which a checkpoint keeps the weights, if it keeps them under one.
fn container(tensors: &Tensors) -> Option<&'static str> {
    let mut containers = CONTAINERS.into_iter();
    containers.find(|key| tensors.keys().any(|name| name.starts_with(key)))
}

/// The weights of a checkpoint, without what lies beside them: states of optimisers, averages.
fn in_container(tensors: Tensors) -> Tensors {
    let Some(key) = container(&tensors) else {
        return tensors;
    };
    let inner = tensors.into_iter();
    inner
        .filter_map(|(name, tensor)| Some((name.strip_prefix(key)?.to_owned(), tensor)))
        .collect()
}

/// In words, what lies beside the weights of a checkpoint and is not used.
fn left_aside(tensors: &Tensors) -> Option<String> {
    let key = container(tensors)?;
    let others = tensors.keys().filter(|name| !name.starts_with(key));
    let others: BTreeSet<&str> = others.filter_map(|name| name.split('.').next()).collect();
    let others: Vec<&str> = others.into_iter().collect();
    (!others.is_empty()).then(|| {
        format!(
            "the weights are those under {}, without {}",
            key.trim_end_matches('.'),
            others.join(", ")
        )
    })
}

/// Weights under the network's names.
fn named(tensors: Tensors) -> Result<Tensors, String> {
    let count = tensors.len();
    let renamed: Vec<(String, Tensor)> = tensors
        .into_iter()
        .map(|(name, tensor)| (in_network(&name), tensor))
        .collect();
    let mut seen = BTreeSet::new();
    if let Some((twice, _)) = renamed.iter().find(|(name, _)| !seen.insert(name.clone())) {
        return Err(format!(
            "two of its {count} tensors are called {twice} without what wrappers put before it"
        ));
    }
    Ok(renamed.into_iter().collect())
}

/// A name without what wrappers put before it, with PyTorch's names for the parts of a normalisation.
fn in_network(name: &str) -> String {
    let mut name = name;
    while let Some(rest) = WRAPPERS
        .iter()
        .find_map(|wrapper| name.strip_prefix(wrapper))
    {
        name = rest;
    }
    let name = name.replace("._orig_mod.", ".");
    for (older, today) in [
        ("LayerNorm.gamma", "LayerNorm.weight"),
        ("LayerNorm.beta", "LayerNorm.bias"),
    ] {
        if let Some(layer) = name.strip_suffix(older) {
            return format!("{layer}{today}");
        }
    }
    name
}

/// An error that names the first tensor with numbers that are not finite.
fn check_finite(tensors: &Tensors) -> Result<(), String> {
    for (name, tensor) in tensors {
        let wrong = tensor
            .data
            .iter()
            .filter(|value| !value.is_finite())
            .count();
        if let Some(first) = tensor.data.iter().position(|value| !value.is_finite()) {
            return Err(format!(
                "{name} has {wrong} numbers of {} that are not finite, {} at place {first}",
                tensor.data.len(),
                tensor.data[first]
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Tensors {
        let tensor = |data| Tensor {
            shape: vec![1],
            data,
        };
        let names = names.iter().zip(0..);
        names
            .map(|(name, at)| ((*name).to_owned(), tensor(vec![at as f32])))
            .collect()
    }

    fn names(found: &[&str]) -> Vec<String> {
        named(in_container(of(found)))
            .unwrap()
            .into_keys()
            .collect()
    }

    #[test]
    fn names_are_those_of_the_network_whatever_stands_before_them() {
        let expected = ["conv1.bias", "conv1.weight"];
        for before in [
            "",
            "module.",
            "_orig_mod.",
            "model.",
            "state_dict.",
            "state_dict.model.",
            "model_state_dict.module._orig_mod.",
            "model.module.",
        ] {
            let found = expected.map(|name| format!("{before}{name}"));
            assert_eq!(
                names(&found.each_ref().map(String::as_str)),
                expected,
                "{before}"
            );
        }
        let found = [
            "bert.embeddings.LayerNorm.gamma",
            "bert.encoder._orig_mod.layer.0.output.LayerNorm.beta",
        ];
        let expected = [
            "bert.embeddings.LayerNorm.weight",
            "bert.encoder.layer.0.output.LayerNorm.bias",
        ];
        assert_eq!(names(&found), expected);
    }

    #[test]
    fn what_lies_beside_the_weights_of_a_checkpoint_is_left() {
        let found = [
            "model.fc.weight",
            "optimizer.state.0.exp_avg",
            "ema.fc.weight",
        ];
        assert_eq!(names(&found), ["fc.weight"]);
        let aside = left_aside(&of(&found));
        assert_eq!(
            aside.unwrap(),
            "the weights are those under model, without ema, optimizer"
        );
        let found = ["state_dict.fc.weight", "optimizer_states.0.state.0.exp_avg"];
        assert_eq!(names(&found), ["fc.weight"]);
        let twice = named(of(&["module.fc.weight", "fc.weight"]))
            .unwrap_err()
            .to_string();
        assert!(twice.contains("called fc.weight"), "{twice}");
    }

    #[test]
    fn a_tensor_that_is_not_finite_is_named() {
        let mut tensors = of(&["fc3.bias", "fc3.weight"]);
        assert!(check_finite(&tensors).is_ok());
        tensors.insert(
            "fc3.bias".to_owned(),
            Tensor {
                shape: vec![3],
                data: vec![0.0, f32::NAN, 1.0],
            },
        );
        let said = check_finite(&tensors).unwrap_err();
        assert_eq!(
            said,
            "fc3.bias has 1 numbers of 3 that are not finite, NaN at place 1"
        );
    }
}
