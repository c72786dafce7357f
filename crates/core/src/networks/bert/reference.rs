//! BERT in f64, by the definition of each layer.

use spindle_run::{event::Tensors, input::Tokens, modality::Texts, player::WordMasks};

use super::super::dense::{Dense, dot, wide};
use crate::{Error, network::Exact};

/// What normalisations add to variances.
const EPSILON: f64 = 1e-12;

/// A BERT in f64.
pub(super) struct ExactBert {
    words: Vec<f64>,
    positions: Vec<f64>,
    parts: Vec<f64>,
    norm: Norm,
    layers: Vec<Layer>,
    pooler: Dense,
    classifier: Dense,
    width: usize,
    heads: usize,
}

struct Layer {
    query: Dense,
    key: Dense,
    value: Dense,
    attended: Dense,
    attended_norm: Norm,
    intermediate: Dense,
    output: Dense,
    output_norm: Norm,
}

/// A layer normalisation.
struct Norm {
    weight: Vec<f64>,
    bias: Vec<f64>,
}

impl Norm {
    fn new(weights: &Tensors, name: &str) -> Self {
        let values = |kind: &str| values(weights, &format!("{name}.{kind}"));
        Self {
            weight: values("weight"),
            bias: values("bias"),
        }
    }

    fn apply(&self, input: &[f64]) -> Vec<f64> {
        let count = input.len() as f64;
        let mean = input.iter().sum::<f64>() / count;
        let squares = input.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        let deviation = (squares / count + EPSILON).sqrt();
        let parameters = self.weight.iter().zip(&self.bias);
        let each = input.iter().zip(parameters);
        each.map(|(x, (weight, bias))| (x - mean) / deviation * weight + bias)
            .collect()
    }
}

fn values(weights: &Tensors, name: &str) -> Vec<f64> {
    weights
        .get(name)
        .map_or_else(Vec::new, |tensor| wide(&tensor.data))
}

impl ExactBert {
    /// From weights under PyTorch's names, all of which are there.
    pub(super) fn new(layers: usize, heads: usize, weights: &Tensors) -> Self {
        let table = |name: &str| {
            values(
                weights,
                &format!("bert.embeddings.{name}_embeddings.weight"),
            )
        };
        let norm = Norm::new(weights, "bert.embeddings.LayerNorm");
        Self {
            words: table("word"),
            positions: table("position"),
            parts: table("token_type"),
            width: norm.weight.len(),
            heads,
            norm,
            layers: (0..layers)
                .map(|index| Layer::new(weights, index))
                .collect(),
            pooler: Dense::new(weights, "bert.pooler.dense"),
            classifier: Dense::new(weights, "classifier"),
        }
    }

    /// Logits of the first text of a batch.
    fn logits(&self, text: &Tokens) -> Vec<f64> {
        let length = text.lengths.first().copied().unwrap_or(0);
        let pieces = text.ids.iter().zip(&text.types).take(length);
        let embedded = pieces.enumerate().map(|(position, (&id, &part))| {
            self.norm
                .apply(&self.embedding(id as usize, position, usize::from(part)))
        });
        let x = self
            .layers
            .iter()
            .fold(embedded.collect(), |x, layer| layer.apply(x, self.heads));
        let pooled = self.pooler.apply(&x[0]).into_iter().map(f64::tanh);
        self.classifier.apply(&pooled.collect::<Vec<_>>())
    }

    fn embedding(&self, id: usize, position: usize, part: usize) -> Vec<f64> {
        let row = |table: &[f64], row: usize| table[row * self.width..][..self.width].to_vec();
        let word = row(&self.words, id);
        let place = row(&self.positions, position);
        let part = row(&self.parts, part);
        let others = place.into_iter().zip(part);
        let all = word.into_iter().zip(others);
        all.map(|(word, (place, part))| word + place + part)
            .collect()
    }
}

impl Layer {
    fn new(weights: &Tensors, index: usize) -> Self {
        let name = |part: &str| format!("bert.encoder.layer.{index}.{part}");
        let dense = |part: &str| Dense::new(weights, &name(part));
        let norm = |part: &str| Norm::new(weights, &name(part));
        Self {
            query: dense("attention.self.query"),
            key: dense("attention.self.key"),
            value: dense("attention.self.value"),
            attended: dense("attention.output.dense"),
            attended_norm: norm("attention.output.LayerNorm"),
            intermediate: dense("intermediate.dense"),
            output: dense("output.dense"),
            output_norm: norm("output.LayerNorm"),
        }
    }

    /// From and to the values of every piece.
    fn apply(&self, x: Vec<Vec<f64>>, heads: usize) -> Vec<Vec<f64>> {
        let attention = self.attention(&x, heads);
        let each = x.iter().zip(attention);
        each.map(|(x, attention)| {
            let x = self
                .attended_norm
                .apply(&sum(&self.attended.apply(&attention), x));
            let inner = self.intermediate.apply(&x).into_iter().map(gelu);
            let inner = self.output.apply(&inner.collect::<Vec<_>>());
            self.output_norm.apply(&sum(&inner, &x))
        })
        .collect()
    }

    /// What every piece attends to, all heads side by side.
    fn attention(&self, x: &[Vec<f64>], heads: usize) -> Vec<Vec<f64>> {
        let of = |dense: &Dense| -> Vec<Vec<f64>> { x.iter().map(|x| dense.apply(x)).collect() };
        let (query, key, value) = (of(&self.query), of(&self.key), of(&self.value));
        let width = x[0].len();
        let len = width / heads;
        let piece = |query: &Vec<f64>| {
            let mut attended = vec![0.0; width];
            for first in (0..width).step_by(len) {
                let head = first..first + len;
                let scores = key
                    .iter()
                    .map(|key| dot(&query[head.clone()], &key[head.clone()]) / (len as f64).sqrt());
                let weights = softmax(scores.collect());
                for (weight, value) in weights.iter().zip(&value) {
                    let to = attended[head.clone()].iter_mut();
                    for (to, value) in to.zip(&value[head.clone()]) {
                        *to += weight * value;
                    }
                }
            }
            attended
        };
        query.iter().map(piece).collect()
    }
}

fn sum(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn softmax(scores: Vec<f64>) -> Vec<f64> {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// x times the probability that a standard normal number is below x.
fn gelu(x: f64) -> f64 {
    x * 0.5 * (1.0 + libm::erf(x / std::f64::consts::SQRT_2))
}

impl Exact<Texts> for ExactBert {
    fn masked_logits(
        &self,
        text: &Tokens,
        masks: &WordMasks,
        mask: usize,
    ) -> Result<Vec<f64>, Error> {
        Ok(self.logits(&masks.apply(text, mask..mask + 1)))
    }
}
