//! Every architecture against PyTorch: names and shapes of its weights, their number, and its
//! logits.
//!
//! Weights and inputs come from a hash of their places, as `tests/peers/parity.py` describes it, so
//! that no file of weights is needed.

mod support;

use pollster::block_on;
use serde::Deserialize;
use spindle_core::{Error, backend, network::initial_weights, networks::AnyNetwork};
use spindle_run::{
    device::Place,
    each,
    each::Each,
    event::{Tensor, Tensors},
    experiment::{Kind, Model},
    input::{CloudShape, PictureSize, Points, TextShape, Tokens},
    modality::Inputs,
};

#[derive(Deserialize)]
struct Fixture {
    hash: Vec<[u64; 3]>,
    configurations: Vec<Configuration>,
}

#[derive(Deserialize)]
struct Configuration {
    name: String,
    #[serde(default)]
    channels: usize,
    #[serde(default)]
    side: usize,
    #[serde(default)]
    points: usize,
    #[serde(default)]
    vocabulary: usize,
    classes: usize,
    parameters: usize,
    entries: Vec<(String, Vec<usize>)>,
    logits: Vec<Vec<f64>>,
    /// Numbers of the inputs, where they are not 0, 1, ...
    inputs: Option<Vec<u64>>,
    tokens: Option<Vec<Vec<u32>>>,
    kept: Option<Vec<Vec<u32>>>,
    types: Option<Vec<Vec<u8>>>,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("fixtures/parity.json")).unwrap()
}

/// 24 bits of element `i` of tensor `p`.
fn hash(p: u64, i: u64) -> u64 {
    let z = (p << 40 | i).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ z >> 31) >> 40
}

fn unit(p: u64, i: u64) -> f64 {
    hash(p, i) as f64 / f64::from(1 << 24)
}

/// The weight at u of a tensor.
fn weight(name: &str, shape: &[usize], u: f64) -> f64 {
    match name {
        _ if name.ends_with("running_var") => 1.0 + 0.5 * u.abs(),
        _ if shape.len() >= 2 && name.contains("embeddings") => 0.05 * u,
        _ if shape.len() >= 2 => (3.0 / shape[1..].iter().product::<usize>() as f64).sqrt() * u,
        _ if name.ends_with("weight") => 1.0 + 0.1 * u,
        _ => 0.1 * u,
    }
}

/// The model of a configuration, whose name may have its size behind it.
fn model(name: &str) -> Model {
    let known = Model::ALL.iter().copied().filter(|model| {
        let title = model.title().to_lowercase();
        name.starts_with(&title) || name.starts_with(&title.replace('-', ""))
    });
    // `mlp-deep` begins as `mlp` does.
    known.max_by_key(|model| model.title().len()).unwrap()
}

impl Configuration {
    fn network(&self) -> AnyNetwork {
        let model = model(&self.name);
        let size = match model.kind() {
            Kind::Pictures => Each::Pictures(PictureSize {
                channels: self.channels,
                side: Some(self.side),
            }),
            Kind::Texts => Each::Texts(TextShape {
                vocabulary: self.vocabulary,
            }),
            Kind::Clouds => Each::Clouds(CloudShape {
                points: self.points,
            }),
        };
        support::network(model, size, self.classes)
    }

    fn weights(&self) -> Tensors {
        let entries = (0u64..).zip(&self.entries);
        let tensor = |(p, (name, shape)): (u64, &(String, Vec<usize>))| {
            let count = shape.iter().product::<usize>() as u64;
            let values = (0..count).map(|i| weight(name, shape, 2.0 * unit(p, i) - 1.0) as f32);
            let tensor = Tensor {
                shape: shape.clone(),
                data: values.collect(),
            };
            (name.clone(), tensor)
        };
        entries.map(tensor).collect()
    }

    fn input(&self, index: usize) -> Inputs {
        let number = self.inputs.as_ref().map_or(index as u64, |all| all[index]);
        let p = (1 << 20) + number;
        if let (Some(tokens), Some(kept), Some(types)) = (&self.tokens, &self.kept, &self.types) {
            let length = kept[index].iter().sum::<u32>() as usize;
            // Padding to the common length is part of what is tested.
            let mut tokens = Tokens::new([(&tokens[index][..], &types[index][..])].into_iter());
            tokens.lengths = vec![length];
            Inputs::Texts(tokens)
        } else if self.points > 0 {
            let points = self.points as u64;
            let value = |point, axis| (2.0 * unit(p, axis * points + point) - 1.0) as f32;
            Inputs::Clouds(Points {
                values: (0..points)
                    .flat_map(|point| (0..3).map(move |axis| value(point, axis)))
                    .collect(),
                points: self.points,
            })
        } else {
            let count = (self.channels * self.side * self.side) as u64;
            Inputs::Pictures((0..count).map(|i| unit(p, i) as f32).collect())
        }
    }

    /// Largest difference of a logit from PyTorch's.
    fn largest_difference(&self, place: Place) -> Result<f64, Error> {
        let mut largest: f64 = 0.0;
        for (index, expected) in self.logits.iter().enumerate() {
            let both = self.network().zip("the input", self.input(index))?;
            let found = each!(both, (network, input) => {
                let evaluator = backend::evaluator(&*network, place, &self.weights())?;
                block_on(evaluator.logits(&input))?
            });
            assert_eq!(found.len(), expected.len(), "{}", self.name);
            for (found, expected) in found.iter().zip(expected) {
                largest = largest.max((f64::from(*found) - expected).abs());
            }
        }
        Ok(largest)
    }
}

#[test]
fn the_hash_is_that_of_the_maker_of_the_fixture() {
    for [p, i, expected] in fixture().hash {
        assert_eq!(hash(p, i), expected);
    }
}

#[test]
fn every_family_of_the_table_has_a_configuration() {
    let family = |model: Model| std::mem::discriminant(&model.family());
    let configurations = fixture().configurations;
    let found: Vec<_> = configurations
        .iter()
        .map(|c| family(model(&c.name)))
        .collect();
    for model in Model::ALL {
        assert!(found.contains(&family(model)), "{}", model.title());
    }
}

#[test]
fn weights_have_the_names_shapes_and_number_of_pytorch() {
    for configuration in fixture().configurations {
        let weights = each!(configuration.network(), network => initial_weights(&*network, 0));
        let found = weights.iter().map(|(n, t)| (n.clone(), t.shape.clone()));
        let found: Vec<(String, Vec<usize>)> = found.collect();
        assert_eq!(found, configuration.entries, "{}", configuration.name);
        let trained = weights.iter().filter(|(name, _)| !name.contains("running"));
        let count: usize = trained.map(|(_, tensor)| tensor.data.len()).sum();
        assert_eq!(count, configuration.parameters, "{}", configuration.name);
    }
}

#[test]
fn logits_are_those_of_pytorch() -> Result<(), Error> {
    for configuration in fixture().configurations {
        let difference = configuration.largest_difference(Place::CPU)?;
        assert!(difference < 5e-6, "{}: {difference}", configuration.name);
    }
    Ok(())
}

#[test]
fn burn_has_the_same_logits_as_the_kernels() -> Result<(), Error> {
    let small = |c: &Configuration| (1..=32).contains(&c.side);
    for configuration in fixture().configurations.into_iter().filter(small) {
        let difference = configuration.largest_difference(Place::BURN_ON_CPU)?;
        assert!(difference < 5e-6, "{}: {difference}", configuration.name);
    }
    Ok(())
}
