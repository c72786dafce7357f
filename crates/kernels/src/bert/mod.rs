//! BERT for classification (Devlin et al. 2019) on the CPU: training and evaluation.
//!
//! Texts are computed without their padding, in groups of whole texts whose values stay in cache. Behind the last layer's attention only the
//! first piece of a text is computed, since nothing else is read. A batch's groups are dealt to a fixed number of lanes whose gradients are added in
//! order, so that the numbers do not depend on how many cores there are. Rows of the table of word pieces change only along the gradients of pieces
//! that occur, which are never laid out as a table.

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
    layer::{Weights, add_all},
    layout::Layout,
    pass::{Lane, groups},
};
use super::{
    product::{Row, WIDTH},
    rows::with_simd,
};
use crate::{Error, Sgd};
use spindle_run::{input::Tokens, parallel, player::WordMasks};

/// Lanes that a batch's groups are dealt to.
const LANES: usize = 4;
/// Groups that go through a network together with one lane's arrays, in evaluation.
const TOGETHER: usize = 16;
/// Masks whose texts are laid out at a time.
const MASKS: usize = 1024;
/// Rows of parameters that are moved at a time.
const UPDATED: usize = 512;

/// Layers and values of a BERT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Transformer layers.
    pub layers: usize,
    /// A multiple of the 64 values of a head.
    pub width: usize,
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
    layout: Layout,
    parameters: Vec<Row>,
    /// Momentum buffer of every parameter; absent before the first step.
    momentum: Option<Vec<Row>>,
    /// Losses of steps since they were last taken.
    losses: Vec<f32>,
    lanes: Vec<Lane>,
    turned: Vec<Row>,
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
        size.check(name)?;
        let layout = Layout::new(size.layers, size.width, size.vocabulary, size.classes);
        let pack = |tensors| {
            let expected = layout.parameters.iter();
            let expected = expected.map(|parameter| (&parameter.name[..], &parameter.shape[..]));
            super::check_tensors(name, expected, tensors, is_redundant)?;
            Ok::<_, Error>(layout.pack(tensors))
        };
        Ok(Self {
            name,
            size,
            parameters: pack(weights)?,
            momentum: match momentum.is_empty() {
                true => None,
                false => Some(pack(momentum)?),
            },
            losses: Vec::new(),
            lanes: Vec::new(),
            turned: Vec::new(),
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
        let groups = groups(tokens);
        let parts = parallel::map(groups.len().div_ceil(TOGETHER), |part| {
            let first = part * TOGETHER;
            let groups = &groups[first..groups.len().min(first + TOGETHER)];
            let mut lane = Lane::default();
            let weights = Weights {
                parameters: &self.parameters,
                turned: &[],
            };
            let logits = groups.iter().flat_map(|group| {
                with_simd(pass::Forward {
                    layout: &self.layout,
                    weights,
                    group,
                    lane: &mut lane,
                });
                lane.logits(&self.layout, group)
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
        let count = masks.count();
        let parts = (0..count).step_by(MASKS).map(|first| {
            let range = first..count.min(first + MASKS);
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
        super::check_labels(self.name, labels, self.size.classes)?;
        if labels.is_empty() {
            return Ok(());
        }
        let groups = groups(tokens);
        self.turn();
        let mut lanes = std::mem::take(&mut self.lanes);
        lanes.resize_with(LANES.min(groups.len()), Lane::default);
        let count = lanes.len();
        parallel::for_each(&mut lanes, |index, lane| {
            lane.begin(&self.layout);
            for group in groups.iter().skip(index).step_by(count) {
                with_simd(pass::Learn {
                    layout: &self.layout,
                    weights: Weights {
                        parameters: &self.parameters,
                        turned: &self.turned,
                    },
                    group,
                    labels,
                    lane,
                });
            }
        });
        self.losses.push(lanes.iter().map(|lane| lane.loss).sum());
        self.lanes = lanes;
        self.update(sgd);
        Ok(())
    }

    /// Turns the weights of all dense layers.
    fn turn(&mut self) {
        self.turned.resize(self.layout.turned, [0.0; WIDTH]);
        for dense in self.layout.dense() {
            let matrix = &self.parameters[dense.weight.clone()];
            let turned = &mut self.turned[dense.turned.clone()];
            let mut parts: Vec<&mut [Row]> = turned.chunks_mut(dense.outputs).collect();
            parallel::for_each(&mut parts, |panel, rows| {
                for (output, row) in rows.iter_mut().enumerate() {
                    let (of, lane) = (output / WIDTH, output % WIDTH);
                    let inputs = &matrix[of * dense.inputs + panel * WIDTH..];
                    for (to, from) in row.iter_mut().zip(inputs) {
                        *to = from[lane];
                    }
                }
            });
        }
    }

    /// Moves all parameters along the gradients of the lanes.
    fn update(&mut self, sgd: Sgd) {
        let Self {
            layout,
            parameters,
            momentum,
            lanes,
            ..
        } = self;
        let rows = parameters.len();
        let velocity = momentum.get_or_insert_with(|| vec![[0.0; WIDTH]; rows]);
        let (dense, table) = parameters.split_at_mut(layout.words.start);
        let (dense_velocity, table_velocity) = velocity.split_at_mut(layout.words.start);
        move_parts(sgd, UPDATED, dense, dense_velocity, |first, velocity| {
            for lane in &*lanes {
                let gradients = &lane.sums[first..][..velocity.len()];
                add_all(velocity, gradients);
            }
        });
        let panels = layout.width / WIDTH;
        let mut of_words: Vec<(usize, &[Row])> = lanes
            .iter()
            .flat_map(|lane| lane.of_words(panels))
            .collect();
        of_words.sort_by_key(|(word, _)| *word);
        let len = UPDATED * panels;
        move_parts(sgd, len, table, table_velocity, |first, velocity| {
            let (first, last) = (first / panels, (first + velocity.len()) / panels);
            let from = of_words.partition_point(|(word, _)| *word < first);
            let own = of_words[from..].iter().take_while(|(word, _)| *word < last);
            for (word, gradient) in own {
                add_all(&mut velocity[(word - first) * panels..], gradient);
            }
        });
    }
}

/// SGD on some parameters, `len` rows at a time: `gradients` adds those of the rows from its first argument on to its second.
fn move_parts(
    sgd: Sgd,
    len: usize,
    weights: &mut [Row],
    velocity: &mut [Row],
    gradients: impl Fn(usize, &mut [Row]) + Sync + Send,
) {
    let (learning_rate, momentum) = (sgd.learning_rate as f32, sgd.momentum as f32);
    let mut parts: Vec<_> = weights
        .chunks_mut(len)
        .zip(velocity.chunks_mut(len))
        .collect();
    parallel::for_each(&mut parts, |index, (weights, velocity)| {
        for value in velocity.as_flattened_mut() {
            *value *= momentum;
        }
        gradients(index * len, velocity);
        let weights = weights.as_flattened_mut().iter_mut();
        for (weight, velocity) in weights.zip(velocity.as_flattened()) {
            *weight -= learning_rate * velocity;
        }
    });
}
