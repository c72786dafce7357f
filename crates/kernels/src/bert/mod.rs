//! BERT for classification (Devlin et al. 2019) on the CPU: training and evaluation.
//!
//! Texts are computed without their padding, in groups of whole texts whose values stay in cache.
//! Behind the last layer's attention only the first piece of a text is computed, since nothing else
//! is read. A batch's groups are dealt to a fixed number of shards whose gradients are added in
//! order, so that the numbers do not depend on how many cores there are. Rows of the table of word
//! pieces change only along the gradients of pieces that occur, which are never laid out as a
//! table.

mod activation;
mod attention;
mod check;
mod layer;
mod layout;
mod norm;
mod pass;
#[cfg(test)]
mod tests;

use spindle_run::event::Tensors;

use self::{
    layer::Weights,
    layout::Layout,
    pass::{Shard, WordGradient, groups},
};
use crate::{
    Error, Sgd,
    loss::check_labels,
    panels::{Row, WIDTH, ZERO, add_all, transpose},
    simd::with_simd,
    tensors::check_tensors,
};
use spindle_run::{input::Tokens, parallel, player::WordMasks};

/// What is a free choice in the kernels of BERT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BertTuning {
    /// Shards that a batch's groups are dealt to. With `group_rows` it decides in which order
    /// gradients are added, and so the last bits of every training; the others change speed alone.
    pub shards: usize,
    /// Rows, each of one word piece, from which on a group of texts is full.
    pub group_rows: usize,
    /// Groups that go through a network one after the other with the same arrays, in evaluation.
    pub groups: usize,
    /// Masks whose texts are laid out at a time.
    pub masks: usize,
    /// Rows of parameters that one core moves at a time.
    pub updated: usize,
}

impl Default for BertTuning {
    fn default() -> Self {
        Self {
            shards: 4,
            group_rows: 128,
            groups: 16,
            masks: 1024,
            updated: 512,
        }
    }
}

/// Layers, values and heads of a BERT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Transformer layers.
    pub layers: usize,
    /// Values of a piece of text in every layer.
    pub width: usize,
    /// Heads of attention, each of as many values, which are a multiple of 32.
    pub heads: usize,
    /// Word pieces there are.
    pub vocabulary: usize,
    /// Number of classes.
    pub classes: usize,
}

/// Whether files may have a tensor of this name that says nothing of its own.
#[must_use]
pub fn is_redundant(name: &str) -> bool {
    name == "bert.embeddings.position_ids"
}

/// A BERT with its weights, on all cores.
pub struct BertKernels {
    /// In errors.
    name: &'static str,
    size: Size,
    tuning: BertTuning,
    layout: Layout,
    parameters: Vec<Row>,
    /// Momentum buffer of every parameter; absent before the first step.
    momentum: Option<Vec<Row>>,
    /// Losses of steps since they were last taken.
    losses: Vec<f32>,
    shards: Vec<Shard>,
    transposed: Vec<Row>,
}

impl BertKernels {
    /// With weights and momentum buffers under PyTorch's names; no buffers before the first step.
    ///
    /// # Errors
    /// A size that cannot be; all tensors that are missing, extra or misshapen.
    pub fn new(
        name: &'static str,
        size: Size,
        weights: &Tensors,
        momentum: &Tensors,
    ) -> Result<Self, Error> {
        Self::with_tuning(name, size, weights, momentum, BertTuning::default())
    }

    /// The same with a tuning of one's own.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_tuning(
        name: &'static str,
        size: Size,
        weights: &Tensors,
        momentum: &Tensors,
        tuning: BertTuning,
    ) -> Result<Self, Error> {
        size.check(name)?;
        let layout = Layout::new(size);
        let pack = |tensors| {
            let expected = layout.parameters.iter();
            let expected = expected.map(|parameter| (&parameter.name[..], &parameter.shape[..]));
            check_tensors(name, expected, tensors, is_redundant)?;
            Ok::<_, Error>(layout.pack(tensors))
        };
        Ok(Self {
            name,
            size,
            tuning,
            parameters: pack(weights)?,
            momentum: match momentum.is_empty() {
                true => None,
                false => Some(pack(momentum)?),
            },
            losses: Vec::new(),
            shards: Vec::new(),
            transposed: Vec::new(),
            layout,
        })
    }

    /// Layers and values.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// Weights under PyTorch's names.
    #[must_use]
    pub fn weights(&self) -> Tensors {
        self.layout.unpack(&self.parameters)
    }

    /// Momentum buffers under the weights' names; empty before the first step.
    #[must_use]
    pub fn momentum(&self) -> Tensors {
        let momentum = self.momentum.as_ref();
        momentum.map_or_else(Tensors::new, |rows| self.layout.unpack(rows))
    }

    /// Mean losses of the steps since they were last taken, in order.
    pub fn take_losses(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.losses)
    }

    /// Logits `[count, classes]` of texts.
    ///
    /// # Errors
    /// Texts without pieces or with more than 512, or pieces that are not among the network's.
    pub fn logits(&self, tokens: &Tokens) -> Result<Vec<f32>, Error> {
        self.size.check_texts(self.name, tokens)?;
        let groups = groups(tokens, self.tuning.group_rows);
        let parts: Vec<_> = groups.chunks(self.tuning.groups).collect();
        let parts = parallel::map(parts.len(), |part| {
            let mut shard = Shard::default();
            let weights = Weights {
                parameters: &self.parameters,
                transposed: &[],
            };
            let logits = parts[part].iter().flat_map(|group| {
                with_simd(pass::Forward {
                    layout: &self.layout,
                    weights,
                    group,
                    shard: &mut shard,
                });
                shard.logits(&self.layout, group)
            });
            logits.collect::<Vec<f32>>()
        });
        Ok(parts.concat())
    }

    /// Logits `[2^n, classes]` of one text under all masks of its words.
    ///
    /// # Errors
    /// As [`Self::logits`]; several texts, or a network without the piece `[MASK]`.
    pub fn masked_logits(&self, text: &Tokens, masks: &WordMasks) -> Result<Vec<f32>, Error> {
        if text.lengths.len() != 1 {
            return Err(self.misfit(format!("{} texts where it masks one", text.lengths.len())));
        }
        let (count, most) = (masks.count(), self.tuning.masks);
        let parts = (0..count).step_by(most).map(|first| {
            let range = first..count.min(first + most);
            self.logits(&masks.apply(text, range))
        });
        Ok(parts.collect::<Result<Vec<_>, Error>>()?.concat())
    }

    fn misfit(&self, reason: String) -> Error {
        Error::Input {
            network: self.name,
            reason,
        }
    }

    /// One step of SGD on the mean cross-entropy over texts; no texts make no step.
    ///
    /// # Errors
    /// As [`Self::logits`]; not as many labels as texts, or one that is no class.
    pub fn step(&mut self, tokens: &Tokens, labels: &[usize], sgd: Sgd) -> Result<(), Error> {
        self.size.check_texts(self.name, tokens)?;
        if tokens.lengths.len() != labels.len() {
            let (texts, labels) = (tokens.lengths.len(), labels.len());
            return Err(self.misfit(format!("{texts} texts with {labels} labels")));
        }
        check_labels(self.name, labels, self.size.classes)?;
        if labels.is_empty() {
            return Ok(());
        }
        let groups = groups(tokens, self.tuning.group_rows);
        self.transpose();
        let mut shards = std::mem::take(&mut self.shards);
        shards.resize_with(self.tuning.shards.min(groups.len()), Shard::default);
        let count = shards.len();
        parallel::for_each(&mut shards, |index, shard| {
            shard.begin(&self.layout);
            for group in groups.iter().skip(index).step_by(count) {
                with_simd(pass::Learn {
                    layout: &self.layout,
                    weights: Weights {
                        parameters: &self.parameters,
                        transposed: &self.transposed,
                    },
                    group,
                    labels,
                    shard,
                });
            }
        });
        let losses = shards.iter().map(|shard| shard.loss);
        self.losses.push(losses.sum());
        self.shards = shards;
        self.update(sgd);
        Ok(())
    }

    /// Transposes the weights of all dense layers.
    fn transpose(&mut self) {
        self.transposed.resize(self.layout.transposed, ZERO);
        for dense in self.layout.dense() {
            let matrix = &self.parameters[dense.weight.clone()];
            let transposed = &mut self.transposed[dense.transposed.clone()];
            let mut parts: Vec<&mut [Row]> = transposed.chunks_mut(dense.outputs).collect();
            parallel::for_each(&mut parts, |panel, rows| {
                let inputs = panel * WIDTH..dense.inputs.min((panel + 1) * WIDTH);
                let blocks = rows.chunks_mut(WIDTH).zip(matrix.chunks(dense.inputs));
                for (rows, matrix) in blocks {
                    transpose(&matrix[inputs.clone()], rows);
                }
            });
        }
    }

    /// Moves all parameters along the gradients of the shards.
    fn update(&mut self, sgd: Sgd) {
        let Self {
            layout,
            parameters,
            momentum,
            shards,
            ..
        } = self;
        let rows = parameters.len();
        let velocity = momentum.get_or_insert_with(|| vec![ZERO; rows]);
        let (dense, table) = parameters.split_at_mut(layout.words.start);
        let (dense_velocity, table_velocity) = velocity.split_at_mut(layout.words.start);
        let len = self.tuning.updated;
        update_rows(sgd, len, dense, dense_velocity, |first, velocity| {
            for shard in &*shards {
                let gradients = &shard.sums[first..][..velocity.len()];
                add_all(velocity, gradients);
            }
        });
        let panels = layout.width / WIDTH;
        let shards = shards.iter();
        let mut of_words: Vec<WordGradient<'_>> =
            shards.flat_map(|shard| shard.of_words(panels)).collect();
        of_words.sort_by_key(|own| own.word);
        update_rows(
            sgd,
            len * panels,
            table,
            table_velocity,
            |first, velocity| {
                let (first, last) = (first / panels, (first + velocity.len()) / panels);
                let from = of_words.partition_point(|own| own.word < first);
                let own = of_words[from..].iter().take_while(|own| own.word < last);
                for WordGradient { word, gradient } in own {
                    add_all(&mut velocity[(word - first) * panels..], gradient);
                }
            },
        );
    }
}

/// SGD on some rows of parameters, `len` at a time: `add_gradient` adds the gradient of the rows
/// from its first argument on to its second.
fn update_rows(
    sgd: Sgd,
    len: usize,
    weights: &mut [Row],
    velocity: &mut [Row],
    add_gradient: impl Fn(usize, &mut [Row]) + Sync + Send,
) {
    sgd.update(
        len * WIDTH,
        weights.as_flattened_mut(),
        velocity.as_flattened_mut(),
        |first, velocity| add_gradient(first / WIDTH, velocity.as_chunks_mut().0),
    );
}
