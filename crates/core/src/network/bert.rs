//! BERT for classification (Devlin et al. 2019), in the sizes of Turc et al. 2019, under the names of HuggingFace's
//! `BertForSequenceClassification`.

use spindle_run::modality::{Inputs, Masks};
use std::ops::Range;

use burn::{
    module::Module,
    nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig},
    tensor::{
        Device, Int, Tensor,
        activation::{gelu, softmax},
    },
};
use spindle_run::experiment::{Family, Model};

use super::{Network, Place};
use spindle_kernels::{BertSize, bert_is_redundant};
use spindle_run::{input::Tokens, random::Distribution};

/// Values of a head.
const HEAD: usize = 64;
/// Most pieces of a text, and kinds of parts.
const MOST_TOKENS: usize = 512;
const TYPES: usize = 2;
/// What normalisations add to variances.
const EPSILON: f64 = 1e-12_f32 as f64;
/// Standard deviation of initial embeddings.
const DEVIATION: f64 = 0.02;
/// What is added to the scores of pieces that are padding.
const FAR: f32 = -1e9;

/// BERT with a linear classifier on the pooled first piece. Dropout is left out (ours): training is then the same on every machine.
///
/// BERT-Tiny has 2 layers of 128 values, BERT-Medium 8 of 512; heads of 64 values, inner layers four times as wide, GELU. Players are
/// words: the pieces of absent ones are `[MASK]`.
#[derive(Module, Debug)]
pub struct Bert {
    bert: Encoder,
    classifier: Linear,
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
    fn new(width: usize, device: &Device) -> Self {
        let square = || LinearConfig::new(width, width).init(device);
        Self {
            attention: Attention {
                own: SelfAttention {
                    query: square(),
                    key: square(),
                    value: square(),
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
        let heads = |x: Tensor<3>| {
            x.reshape([texts, length, width / HEAD, HEAD])
                .swap_dims(1, 2)
        };
        let query = heads(self.query.forward(x.clone()));
        let key = heads(self.key.forward(x.clone()));
        let value = heads(self.value.forward(x));
        let scores = query.matmul(key.transpose()) / (HEAD as f64).sqrt();
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

/// Layers and values of a model.
pub(crate) fn size(model: Model, vocabulary: usize, classes: usize) -> BertSize {
    let (layers, width) = match model.family() {
        Family::Bert { layers, width } => (layers, width),
        _ => (2, 128),
    };
    BertSize {
        layers,
        width,
        vocabulary,
        classes,
    }
}

impl Bert {
    /// A BERT on `device` whose weights are yet to be loaded.
    #[must_use]
    pub fn new(model: Model, vocabulary: usize, classes: usize, device: &Device) -> Self {
        Self::of_size(size(model, vocabulary, classes), device)
    }

    /// The same, given its layers and values.
    pub(crate) fn of_size(size: BertSize, device: &Device) -> Self {
        let BertSize {
            layers,
            width,
            vocabulary,
            classes,
        } = size;
        let table = |rows| EmbeddingConfig::new(rows, width).init(device);
        Self {
            bert: Encoder {
                embeddings: Embeddings {
                    word_embeddings: table(vocabulary),
                    position_embeddings: table(MOST_TOKENS),
                    token_type_embeddings: table(TYPES),
                    layer_norm: norm(width, device),
                },
                encoder: Layers {
                    layer: (0..layers).map(|_| Layer::new(width, device)).collect(),
                },
                pooler: Pooler {
                    dense: LinearConfig::new(width, width).init(device),
                },
            },
            classifier: LinearConfig::new(width, classes).init(device),
        }
    }

    fn logits(&self, tokens: &Tokens, place: &Place) -> Tensor<2> {
        let x = self.bert.embeddings.forward(tokens, place);
        let padding = padding(tokens, place);
        let layers = self.bert.encoder.layer.iter();
        let x = layers.fold(x, |x, layer| layer.forward(x, padding.as_ref()));
        let [texts, _, width] = x.dims();
        let first = x.slice([0..texts, 0..1]).reshape([texts, width]);
        self.classifier
            .forward(self.bert.pooler.dense.forward(first).tanh())
    }
}

impl Embeddings {
    fn forward(&self, tokens: &Tokens, place: &Place) -> Tensor<3> {
        let shape = [tokens.lengths.len(), tokens.length];
        let ids = tokens.ids.iter().map(|&id| id as i32).collect();
        let types = tokens.types.iter().map(|&kind| i32::from(kind)).collect();
        let ids = place.integers(ids, shape);
        let types: Tensor<2, Int> = place.integers(types, shape);
        let positions = place.integers((0..tokens.length as i32).collect(), [1, tokens.length]);
        let x = self.word_embeddings.forward(ids)
            + self.position_embeddings.forward(positions)
            + self.token_type_embeddings.forward(types);
        self.layer_norm.forward(x)
    }
}

/// What is added to the scores of all pieces, `[texts, 1, 1, length]`; `None` where no text is filled up.
fn padding(tokens: &Tokens, place: &Place) -> Option<Tensor<4>> {
    let (texts, length) = (tokens.lengths.len(), tokens.length);
    if tokens.lengths.iter().all(|own| *own == length) {
        return None;
    }
    let scores = tokens
        .lengths
        .iter()
        .flat_map(|&own| (0..length).map(move |piece| if piece < own { 0.0 } else { FAR }));
    Some(place.floats(scores.collect(), [texts, 1, 1, length]))
}

impl Network for Bert {
    type Stem = Tokens;

    const CHUNK: usize = 64;

    fn name(&self) -> &'static str {
        match self.bert.encoder.layer.len() {
            2 => Model::BertTiny.title(),
            _ => Model::BertMedium.title(),
        }
    }

    fn forward(&self, inputs: &Inputs, place: &Place) -> Tensor<2> {
        self.logits(inputs.tokens().unwrap_or(&Tokens::default()), place)
    }

    fn stem(&self, input: &Inputs, _place: &Place) -> Tokens {
        input.tokens().cloned().unwrap_or_default()
    }

    fn masked(
        &self,
        text: &Tokens,
        masks: &Masks,
        range: Range<usize>,
        place: &Place,
    ) -> Tensor<2> {
        match masks {
            Masks::Texts(words) => self.logits(&words.apply(text, range), place),
            // Players of another kind are no part of a text: every mask leaves it as it is.
            Masks::Pictures(_) | Masks::Clouds(_) => {
                let logits = self.logits(text, place);
                logits.repeat_dim(0, range.len())
            }
        }
    }

    fn torch_name(&self, path: &str) -> String {
        path.replace(".own.", ".self.")
            .replace("layer_norm.gamma", "LayerNorm.weight")
            .replace("layer_norm.beta", "LayerNorm.bias")
    }

    fn is_redundant(name: &str) -> bool {
        bert_is_redundant(name)
    }

    fn initial(name: &str, shape: &[usize]) -> Distribution {
        match name {
            name if name.ends_with("LayerNorm.weight") => Distribution::Constant(1.0),
            name if name.ends_with("bias") => Distribution::Constant(0.0),
            name if name.contains("embeddings") => Distribution::Normal(DEVIATION),
            // BERT's own deviation of 0.02 is made for Adam: by SGD a word's share in the logits grows too slowly to be seen (ours).
            _ => Distribution::of_fan_in(shape[1..].iter().product()),
        }
    }
}
