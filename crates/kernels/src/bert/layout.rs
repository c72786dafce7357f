//! Where the parameters of a BERT lie: all in one array of rows, as products want them.

use std::ops::Range;

use spindle_run::event::{Tensor, Tensors};

use super::{Size, attention::Heads};
use crate::panels::{Row, WIDTH, ZERO, panels};

/// Longest text in word pieces, as the published weights have it.
pub(super) const MOST_TOKENS: usize = 512;
/// Kinds of pieces: of the first or the second text of a pair.
pub(super) const TYPES: usize = 2;

/// A parameter.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// In PyTorch.
    pub(super) shape: Vec<usize>,
    order: Order,
    pub(super) rows: Range<usize>,
}

/// How a parameter's values are ordered.
#[derive(Clone, Copy, Debug)]
enum Order {
    /// A matrix `[out][in]` as `[panel of out][in][lane]`.
    Matrix,
    /// A vector as `[panel][lane]`.
    Vector,
    /// A table `[entry][width]` as `[entry][panel][lane]`.
    Table,
}

/// A dense layer.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) weight: Range<usize>,
    pub(super) bias: Range<usize>,
    /// Where its weight lies among the transposed ones.
    pub(super) transposed: Range<usize>,
}

/// A normalisation.
#[derive(Clone, Debug)]
pub(super) struct Norm {
    pub(super) weight: Range<usize>,
    pub(super) bias: Range<usize>,
}

/// One layer of the encoder.
#[derive(Clone, Debug)]
pub(super) struct Encoder {
    pub(super) heads: Heads,
    pub(super) query: Dense,
    pub(super) key: Dense,
    pub(super) value: Dense,
    pub(super) attention: Dense,
    pub(super) attention_norm: Norm,
    pub(super) intermediate: Dense,
    pub(super) output: Dense,
    pub(super) output_norm: Norm,
}

/// All parameters of a BERT.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) classes: usize,
    pub(super) positions: Range<usize>,
    pub(super) types: Range<usize>,
    pub(super) norm: Norm,
    pub(super) encoders: Vec<Encoder>,
    pub(super) pooler: Dense,
    pub(super) classifier: Dense,
    /// The table of word pieces: the last one.
    pub(super) words: Range<usize>,
    pub(super) parameters: Vec<Parameter>,
    /// Rows of all transposed weights.
    pub(super) transposed: usize,
}

/// A layout as far as it is made.
#[derive(Default)]
struct Builder {
    parameters: Vec<Parameter>,
    rows: usize,
    transposed: usize,
}

impl Builder {
    fn parameter(&mut self, name: String, shape: Vec<usize>, order: Order) -> Range<usize> {
        let len = match order {
            Order::Matrix => panels(shape[0]) * shape[1],
            Order::Vector => panels(shape[0]),
            Order::Table => shape[0] * panels(shape[1]),
        };
        let rows = self.rows..self.rows + len;
        self.rows = rows.end;
        self.parameters.push(Parameter {
            name,
            shape,
            order,
            rows: rows.clone(),
        });
        rows
    }

    fn table(&mut self, name: &str, entries: usize, width: usize) -> Range<usize> {
        let name = format!("bert.embeddings.{name}_embeddings.weight");
        self.parameter(name, vec![entries, width], Order::Table)
    }

    fn dense(&mut self, name: &str, inputs: usize, outputs: usize) -> Dense {
        let weight = vec![outputs, inputs];
        let transposed = self.transposed..self.transposed + panels(inputs) * outputs;
        self.transposed = transposed.end;
        Dense {
            inputs,
            outputs,
            weight: self.parameter(format!("{name}.weight"), weight, Order::Matrix),
            bias: self.parameter(format!("{name}.bias"), vec![outputs], Order::Vector),
            transposed,
        }
    }

    fn norm(&mut self, name: &str, width: usize) -> Norm {
        let mut parameter = |kind: &str| {
            let name = format!("{name}.LayerNorm.{kind}");
            self.parameter(name, vec![width], Order::Vector)
        };
        Norm {
            weight: parameter("weight"),
            bias: parameter("bias"),
        }
    }

    fn encoder(&mut self, index: usize, width: usize, heads: Heads) -> Encoder {
        let name = |part: &str| format!("bert.encoder.layer.{index}.{part}");
        Encoder {
            heads,
            query: self.dense(&name("attention.self.query"), width, width),
            key: self.dense(&name("attention.self.key"), width, width),
            value: self.dense(&name("attention.self.value"), width, width),
            attention: self.dense(&name("attention.output.dense"), width, width),
            attention_norm: self.norm(&name("attention.output"), width),
            intermediate: self.dense(&name("intermediate.dense"), width, 4 * width),
            output: self.dense(&name("output.dense"), 4 * width, width),
            output_norm: self.norm(&name("output"), width),
        }
    }
}

impl Layout {
    /// Of a size that can be.
    pub(super) fn new(size: Size) -> Self {
        let Size {
            layers,
            width,
            heads,
            vocabulary,
            classes,
        } = size;
        let heads = Heads {
            count: heads,
            len: width / heads,
        };
        let mut builder = Builder::default();
        let positions = builder.table("position", MOST_TOKENS, width);
        let types = builder.table("token_type", TYPES, width);
        let norm = builder.norm("bert.embeddings", width);
        let encoders = (0..layers)
            .map(|index| builder.encoder(index, width, heads))
            .collect();
        let pooler = builder.dense("bert.pooler.dense", width, width);
        let classifier = builder.dense("classifier", width, classes);
        let words = builder.table("word", vocabulary, width);
        Self {
            width,
            classes,
            positions,
            types,
            norm,
            encoders,
            pooler,
            classifier,
            words,
            parameters: builder.parameters,
            transposed: builder.transposed,
        }
    }

    /// Dense layers that a backward pass goes through.
    pub(super) fn dense(&self) -> impl Iterator<Item = &Dense> {
        let of_encoders = self.encoders.iter().flat_map(|encoder| {
            [
                &encoder.query,
                &encoder.key,
                &encoder.value,
                &encoder.attention,
                &encoder.intermediate,
                &encoder.output,
            ]
        });
        of_encoders.chain([&self.pooler, &self.classifier])
    }

    /// All parameters as rows, from tensors that are all there.
    pub(super) fn pack(&self, tensors: &Tensors) -> Vec<Row> {
        let mut rows = vec![ZERO; self.words.end];
        for parameter in &self.parameters {
            let values = &tensors[&parameter.name].data;
            let rows = &mut rows[parameter.rows.clone()];
            for (index, value) in values.iter().enumerate() {
                let Place { row, lane } = parameter.place(index);
                rows[row][lane] = *value;
            }
        }
        rows
    }

    /// The tensors of all parameters.
    pub(super) fn unpack(&self, rows: &[Row]) -> Tensors {
        let tensor = |parameter: &Parameter| {
            let rows = &rows[parameter.rows.clone()];
            let count = parameter.shape.iter().product();
            let values = (0..count).map(|index| {
                let Place { row, lane } = parameter.place(index);
                rows[row][lane]
            });
            let tensor = Tensor {
                shape: parameter.shape.clone(),
                data: values.collect(),
            };
            (parameter.name.clone(), tensor)
        };
        self.parameters.iter().map(tensor).collect()
    }
}

/// Where a value lies among a parameter's rows.
struct Place {
    row: usize,
    lane: usize,
}

impl Parameter {
    /// Row and lane of a value, given its place in PyTorch's order.
    fn place(&self, index: usize) -> Place {
        let columns = self.shape[self.shape.len() - 1];
        let (row, column) = (index / columns, index % columns);
        match self.order {
            Order::Matrix => Place {
                row: row / WIDTH * columns + column,
                lane: row % WIDTH,
            },
            Order::Vector => Place {
                row: index / WIDTH,
                lane: index % WIDTH,
            },
            Order::Table => Place {
                row: row * panels(columns) + column / WIDTH,
                lane: column % WIDTH,
            },
        }
    }
}
