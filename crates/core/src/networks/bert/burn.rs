//! BERT as a Burn module: the reference for the fused kernels.

use std::ops::Range;

use burn::{
    module::Module,
    nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig},
    tensor::{
        Device, Int, Tensor,
        activation::{gelu, softmax},
    },
};
use spindle_run::{event::Tensors, input::Tokens, modality::Texts, player::WordMasks};

use crate::{
    Error,
    burn_engine::{BurnEngine, BurnNetwork, Numbers},
    network::{Evaluator, Snapshot, Trainer},
};

/// Most pieces of a text, and parts of a pair.
const MOST_PIECES: usize = 512;
const MOST_PARTS: usize = 2;
/// What normalisations add to variances.
const EPSILON: f64 = 1e-12;
/// What is added to the scores of pieces that are padding.
const FAR: f32 = -1e9;

/// In training on a device.
pub(super) fn trainer(
    bert: &super::Bert,
    device: &Device,
    from: &Snapshot,
) -> Result<Box<dyn Trainer<Texts>>, Error> {
    let blank = Bert::new(bert, device);
    Ok(Box::new(BurnEngine::new(blank, device, from)?))
}

/// Evaluated on a device.
pub(super) fn evaluator(
    bert: &super::Bert,
    device: &Device,
    weights: &Tensors,
) -> Result<Box<dyn Evaluator<Texts>>, Error> {
    let blank = Bert::new(bert, device);
    Ok(Box::new(BurnEngine::of_weights(blank, device, weights)?))
}

/// All of a BERT.
#[derive(Module, Debug)]
struct Bert {
    bert: Encoder,
    classifier: Linear,
    #[module(skip)]
    title: &'static str,
}

#[derive(Module, Debug)]
struct Encoder {
    embeddings: Embeddings,
    encoder: Layers,
    pooler: Pooler,
}

#[derive(Module, Debug)]
struct Embeddings {
    word_embeddings: Embedding,
    position_embeddings: Embedding,
    token_type_embeddings: Embedding,
    layer_norm: LayerNorm,
}

#[derive(Module, Debug)]
struct Layers {
    layer: Vec<Layer>,
}

#[derive(Module, Debug)]
struct Pooler {
    dense: Linear,
}

#[derive(Module, Debug)]
struct Layer {
    attention: Attention,
    intermediate: Intermediate,
    output: Output,
}

#[derive(Module, Debug)]
struct Attention {
    /// `self` in PyTorch, which Rust keeps for itself.
    own: SelfAttention,
    output: Output,
}

#[derive(Module, Debug)]
struct SelfAttention {
    query: Linear,
    key: Linear,
    value: Linear,
    #[module(skip)]
    heads: usize,
}

#[derive(Module, Debug)]
struct Intermediate {
    dense: Linear,
}

/// A dense layer whose result is added to what it began with, and normalised.
#[derive(Module, Debug)]
struct Output {
    dense: Linear,
    layer_norm: LayerNorm,
}

impl Output {
    fn new(inputs: usize, width: usize, device: &Device) -> Self {
        Self {
            dense: LinearConfig::new(inputs, width).init(device),
            layer_norm: norm(width, device),
        }
    }

    fn forward(&self, x: Tensor<3>, residual: Tensor<3>) -> Tensor<3> {
        self.layer_norm.forward(self.dense.forward(x) + residual)
    }
}

fn norm(width: usize, device: &Device) -> LayerNorm {
    LayerNormConfig::new(width)
        .with_epsilon(EPSILON)
        .init(device)
}

impl Layer {
    fn new(width: usize, heads: usize, device: &Device) -> Self {
        let square = || LinearConfig::new(width, width).init(device);
        Self {
            attention: Attention {
                own: SelfAttention {
                    query: square(),
                    key: square(),
                    value: square(),
                    heads,
                },
                output: Output::new(width, width, device),
            },
            intermediate: Intermediate {
                dense: LinearConfig::new(width, 4 * width).init(device),
            },
            output: Output::new(4 * width, width, device),
        }
    }

    /// From and to `[texts, length, width]`; `padding` `[texts, 1, 1, length]` is added to scores.
    fn forward(&self, x: Tensor<3>, padding: Option<&Tensor<4>>) -> Tensor<3> {
        let attended = self.attention.own.forward(x.clone(), padding);
        let x = self.attention.output.forward(attended, x);
        let inner = gelu(self.intermediate.dense.forward(x.clone()));
        self.output.forward(inner, x)
    }
}

impl SelfAttention {
    fn forward(&self, x: Tensor<3>, padding: Option<&Tensor<4>>) -> Tensor<3> {
        let [texts, length, width] = x.dims();
        let len = width / self.heads;
        let by_head = |x: Tensor<3>| x.reshape([texts, length, self.heads, len]).swap_dims(1, 2);
        let query = by_head(self.query.forward(x.clone()));
        let key = by_head(self.key.forward(x.clone()));
        let value = by_head(self.value.forward(x));
        let scores = query.matmul(key.transpose()) / (len as f64).sqrt();
        let scores = match padding {
            Some(padding) => scores + padding.clone(),
            None => scores,
        };
        softmax(scores, 3)
            .matmul(value)
            .swap_dims(1, 2)
            .reshape([texts, length, width])
    }
}

impl Bert {
    /// A BERT on `device` whose weights are yet to be loaded.
    fn new(bert: &super::Bert, device: &Device) -> Self {
        let super::Bert {
            title,
            layers,
            width,
            heads,
            shape,
            classes,
        } = *bert;
        let table = |rows| EmbeddingConfig::new(rows, width).init(device);
        Self {
            bert: Encoder {
                embeddings: Embeddings {
                    word_embeddings: table(shape.vocabulary),
                    position_embeddings: table(MOST_PIECES),
                    token_type_embeddings: table(MOST_PARTS),
                    layer_norm: norm(width, device),
                },
                encoder: Layers {
                    layer: (0..layers)
                        .map(|_| Layer::new(width, heads, device))
                        .collect(),
                },
                pooler: Pooler {
                    dense: LinearConfig::new(width, width).init(device),
                },
            },
            classifier: LinearConfig::new(width, classes).init(device),
            title,
        }
    }

    fn logits(&self, tokens: &Tokens, numbers: &Numbers) -> Tensor<2> {
        let x = self.bert.embeddings.forward(tokens, numbers);
        let padding = padding(tokens, numbers);
        let layers = self.bert.encoder.layer.iter();
        let x = layers.fold(x, |x, layer| layer.forward(x, padding.as_ref()));
        let [texts, _, width] = x.dims();
        let first = x.slice([0..texts, 0..1]).reshape([texts, width]);
        self.classifier
            .forward(self.bert.pooler.dense.forward(first).tanh())
    }
}

impl Embeddings {
    fn forward(&self, tokens: &Tokens, numbers: &Numbers) -> Tensor<3> {
        let shape = [tokens.lengths.len(), tokens.length];
        let ids = tokens.ids.iter().map(|&id| id as i32).collect();
        let types = tokens.types.iter().map(|&kind| i32::from(kind)).collect();
        let ids = numbers.integers(ids, shape);
        let types: Tensor<2, Int> = numbers.integers(types, shape);
        let positions = numbers.integers((0..tokens.length as i32).collect(), [1, tokens.length]);
        let x = self.word_embeddings.forward(ids)
            + self.position_embeddings.forward(positions)
            + self.token_type_embeddings.forward(types);
        self.layer_norm.forward(x)
    }
}

/// What is added to the scores of all pieces, `[texts, 1, 1, length]`; `None` where no text is
/// filled up.
fn padding(tokens: &Tokens, numbers: &Numbers) -> Option<Tensor<4>> {
    let (texts, length) = (tokens.lengths.len(), tokens.length);
    if tokens.lengths.iter().all(|own| *own == length) {
        return None;
    }
    let scores = tokens
        .lengths
        .iter()
        .flat_map(|&own| (0..length).map(move |piece| if piece < own { 0.0 } else { FAR }));
    Some(numbers.floats(scores.collect(), [texts, 1, 1, length]))
}

impl BurnNetwork for Bert {
    type Kind = Texts;

    type Stem = Tokens;

    const CHUNK: usize = 64;

    fn title(&self) -> &'static str {
        self.title
    }

    fn forward(&self, tokens: &Tokens, numbers: &Numbers) -> Tensor<2> {
        self.logits(tokens, numbers)
    }

    fn stem(&self, text: &Tokens, _numbers: &Numbers) -> Tokens {
        text.clone()
    }

    fn masked(
        &self,
        text: &Tokens,
        masks: &WordMasks,
        range: Range<usize>,
        numbers: &Numbers,
    ) -> Tensor<2> {
        self.logits(&masks.apply(text, range), numbers)
    }

    fn torch_name(&self, path: &str) -> String {
        path.replace(".own.", ".self.")
            .replace("layer_norm.gamma", "LayerNorm.weight")
            .replace("layer_norm.beta", "LayerNorm.bias")
    }

    fn is_redundant(&self, name: &str) -> bool {
        name == "bert.embeddings.position_ids"
    }
}
