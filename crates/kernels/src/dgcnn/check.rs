//! What a DGCNN is made from, and what it takes.

use super::NEIGHBOURS;
use crate::Error;

/// Its name in errors.
pub(super) const NAME: &str = "DGCNN";
/// Channels of the edge convolutions, of the embedding, and of the dense layers behind its pooling.
const EDGES: [usize; 4] = [64, 64, 128, 256];
const EMBEDDING: usize = 1024;
const DENSE: [usize; 2] = [512, 256];

/// What a network is made from.
pub(super) struct Parameter {
    pub(super) name: String,
    /// In PyTorch.
    pub(super) shape: Vec<usize>,
}

/// All that a network is made from.
pub(super) fn parameters(classes: usize) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    let mut add = |name: String, shape: &[usize]| {
        let shape = shape.to_vec();
        parameters.push(Parameter { name, shape });
    };
    let mut inputs = 3;
    for (number, outputs) in (1..).zip(EDGES) {
        add(
            format!("conv{number}.0.weight"),
            &[outputs, 2 * inputs, 1, 1],
        );
        inputs = outputs;
    }
    let all_edges = EDGES.iter().sum();
    add("conv5.0.weight".to_owned(), &[EMBEDDING, all_edges, 1]);
    let norms = EDGES.into_iter().chain([EMBEDDING]).chain(DENSE);
    for (number, channels) in (1..).zip(norms) {
        for kind in ["weight", "bias", "running_mean", "running_var"] {
            add(format!("bn{number}.{kind}"), &[channels]);
        }
    }
    let [first, second] = DENSE;
    add("linear1.weight".to_owned(), &[first, 2 * EMBEDDING]);
    add("linear2.weight".to_owned(), &[second, first]);
    add("linear2.bias".to_owned(), &[second]);
    add("linear3.weight".to_owned(), &[classes, second]);
    add("linear3.bias".to_owned(), &[classes]);
    parameters
}

/// Whether files may have a tensor of this name that says nothing of its own: the normalisations
/// appear a second time within their convolutions' blocks.
pub(super) fn is_redundant(name: &str) -> bool {
    name.ends_with("num_batches_tracked") || (name.starts_with("conv") && name.contains(".1."))
}

pub(super) fn misfit(reason: String) -> Error {
    Error::Input {
        network: NAME,
        reason,
    }
}

pub(super) fn check_cloud(points: usize) -> Result<(), Error> {
    match points >= NEIGHBOURS {
        true => Ok(()),
        false => Err(misfit(format!(
            "a cloud of {points} points; each has {NEIGHBOURS} neighbours"
        ))),
    }
}
