//! Groups of texts through the whole network, forward and backward.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{
    attention::Span,
    layer::{Flow, Gradients, Setting, Tape, Weights},
    layout::Layout,
    norm::Normalised,
};
use crate::{
    loss::CrossEntropy,
    panels::{Row, WIDTH, add, add_all, from_panels, room, to_panels, zeros},
};
use spindle_run::input::Tokens;

/// A word piece of a text.
#[derive(Clone, Copy, Debug)]
struct Piece {
    word: usize,
    /// Of the first or the second text of a pair.
    kind: usize,
    position: usize,
}

/// Texts that are computed together, without their padding.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// The piece of every row.
    pieces: Vec<Piece>,
    /// Rows of every text, all of which attend.
    spans: Vec<Span>,
    /// The same where only the first row of a text attends: it becomes the only one.
    last: Vec<Span>,
    /// The texts' numbers in their batch.
    texts: Range<usize>,
}

/// Texts in groups, which are full from so many rows on.
pub(super) fn groups(tokens: &Tokens, full: usize) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (text, &length) in tokens.lengths.iter().enumerate() {
        if groups.last().is_none_or(|group| group.pieces.len() >= full) {
            groups.push(Group {
                texts: text..text,
                ..Group::default()
            });
        }
        let Some(group) = groups.last_mut() else {
            continue;
        };
        let first = group.pieces.len();
        let keys = first..first + length;
        let number = group.spans.len();
        group.pieces.extend((0..length).map(|position| {
            let place = text * tokens.length + position;
            Piece {
                word: tokens.ids[place] as usize,
                kind: usize::from(tokens.types[place]),
                position,
            }
        }));
        group.spans.push(Span {
            queries: keys.clone(),
            keys: keys.clone(),
        });
        group.last.push(Span {
            queries: number..number + 1,
            keys,
        });
        group.texts.end = text + 1;
    }
    groups
}

impl Group {
    /// Who attends in a layer.
    fn spans(&self, is_last: bool) -> &[Span] {
        if is_last { &self.last } else { &self.spans }
    }
}

/// The gradient with respect to a row of the table of word pieces.
#[derive(Clone, Copy)]
pub(super) struct WordGradient<'a> {
    pub(super) word: usize,
    /// `[panel]`.
    pub(super) gradient: &'a [Row],
}

/// Arrays of one core, or of one shard of a batch.
#[derive(Default)]
pub(super) struct Shard {
    sum: Vec<Row>,
    norm: Normalised,
    tapes: Vec<Tape>,
    /// First rows of the texts behind the last layer, and what the dense layers behind it make of
    /// them.
    first: Vec<Row>,
    pooled: Vec<Row>,
    logits: Vec<Row>,
    gradients: Gradients,
    pooled_gradient: Vec<Row>,
    first_gradient: Vec<Row>,
    /// Gradients with respect to all parameters but the table of word pieces, added up.
    pub(super) sums: Vec<Row>,
    /// Word pieces, and the gradients with respect to what the table says of each,
    /// `[piece][panel]`.
    words: Vec<usize>,
    word_gradients: Vec<Row>,
    /// Cross-entropies, added up and divided by the texts of the batch.
    pub(super) loss: f32,
}

impl Shard {
    /// Nothing is added up yet.
    pub(super) fn begin(&mut self, layout: &Layout) {
        zeros(&mut self.sums, layout.words.start);
        self.words.clear();
        self.word_gradients.clear();
        self.loss = 0.0;
    }

    /// Gradients with respect to the table of word pieces, in the order of their pieces.
    pub(super) fn of_words(&self, panels: usize) -> impl Iterator<Item = WordGradient<'_>> {
        let gradients = self.word_gradients.chunks(panels);
        let words = self.words.iter().zip(gradients);
        words.map(|(&word, gradient)| WordGradient { word, gradient })
    }

    /// Logits `[text][class]` of the last pass.
    pub(super) fn logits(&self, layout: &Layout, group: &Group) -> Vec<f32> {
        from_panels(&self.logits, group.spans.len(), layout.classes)
    }

    /// A pass forward.
    #[inline(always)]
    fn forward<S: Simd>(&mut self, simd: S, layout: &Layout, weights: Weights<'_>, group: &Group) {
        let count = layout.encoders.len();
        self.tapes.resize_with(count, Tape::default);
        self.embed(layout, weights, group);
        for (index, encoder) in layout.encoders.iter().enumerate() {
            let spans = group.spans(index + 1 == count);
            let (tape, behind) = self.tapes[index..].split_at_mut(1);
            let out = match behind.first_mut() {
                Some(next) => &mut next.input,
                None => &mut self.first,
            };
            let setting = Setting {
                layer: encoder,
                weights,
                spans,
            };
            tape[0].forward(simd, setting, out);
        }
        layout
            .pooler
            .forward(simd, weights, &self.first, &mut self.pooled);
        for value in self.pooled.as_flattened_mut() {
            *value = value.tanh();
        }
        layout
            .classifier
            .forward(simd, weights, &self.pooled, &mut self.logits);
    }

    /// Sums of what the tables say of piece, position and kind, normalised.
    #[inline(always)]
    fn embed(&mut self, layout: &Layout, weights: Weights<'_>, group: &Group) {
        let (rows, panels) = (group.pieces.len(), layout.width / WIDTH);
        let sum = room(&mut self.sum, rows * panels);
        for (row, piece) in group.pieces.iter().enumerate() {
            let entries = [
                (&layout.words, piece.word),
                (&layout.types, piece.kind),
                (&layout.positions, piece.position),
            ];
            let entries = entries.map(|(table, entry)| {
                &weights.parameters[table.clone()][entry * panels..][..panels]
            });
            for panel in 0..panels {
                let out = &mut sum[panel * rows + row];
                out.fill(0.0);
                for entry in entries {
                    add(out, &entry[panel]);
                }
            }
        }
        let out = &mut self.tapes[0].input;
        layout.norm.forward(weights, &self.sum, &mut self.norm, out);
    }

    /// The gradient with respect to the logits becomes what they were; losses are added.
    fn logit_gradient(&mut self, layout: &Layout, group: &Group, labels: &[usize]) {
        let classes = layout.classes;
        let mut logits = self.logits(layout, group);
        let mut exponentials = vec![0.0; classes];
        for (logits, text) in logits.chunks_mut(classes).zip(group.texts.clone()) {
            let entropy = CrossEntropy::new(logits, labels[text], &mut exponentials);
            entropy.gradient(labels.len(), &mut exponentials);
            self.loss += entropy.loss / labels.len() as f32;
            logits.copy_from_slice(&exponentials);
        }
        self.logits.clear();
        self.logits.extend(to_panels(&logits, classes, classes));
    }

    /// The backward pass from the logits' gradient.
    #[inline(always)]
    fn backward<S: Simd>(&mut self, simd: S, layout: &Layout, weights: Weights<'_>, group: &Group) {
        let Self {
            tapes,
            first,
            pooled,
            logits,
            gradients,
            pooled_gradient,
            first_gradient,
            sums,
            ..
        } = self;
        let pooled_gradient = zeros(pooled_gradient, pooled.len());
        let flow = Flow {
            input: pooled,
            out_gradient: logits,
            input_gradient: pooled_gradient,
        };
        layout.classifier.backward(simd, weights, flow, sums);
        let tanh = pooled.as_flattened().iter();
        for (gradient, tanh) in pooled_gradient.as_flattened_mut().iter_mut().zip(tanh) {
            *gradient *= 1.0 - tanh * tanh;
        }
        let first_gradient = zeros(first_gradient, first.len());
        let flow = Flow {
            input: first,
            out_gradient: pooled_gradient,
            input_gradient: first_gradient,
        };
        layout.pooler.backward(simd, weights, flow, sums);
        let count = tapes.len();
        let mut out_gradient = std::mem::take(&mut self.first_gradient);
        for (index, (tape, encoder)) in tapes.iter_mut().zip(&layout.encoders).enumerate().rev() {
            let spans = group.spans(index + 1 == count);
            let setting = Setting {
                layer: encoder,
                weights,
                spans,
            };
            tape.backward(simd, setting, &mut out_gradient, sums, gradients);
            out_gradient.clear();
            out_gradient.extend_from_slice(&gradients.input);
        }
        layout
            .norm
            .backward(weights, &self.norm, sums, &mut out_gradient);
        self.embed_backward(layout, group, &out_gradient);
        self.first_gradient = out_gradient;
    }

    /// Hands the gradient with respect to the sums `[panel][row]` to the tables.
    fn embed_backward(&mut self, layout: &Layout, group: &Group, gradient: &[Row]) {
        let (rows, panels) = (group.pieces.len(), layout.width / WIDTH);
        for (row, piece) in group.pieces.iter().enumerate() {
            self.words.push(piece.word);
            let first = self.word_gradients.len();
            let own = (0..panels).map(|panel| gradient[panel * rows + row]);
            self.word_gradients.extend(own);
            let own = &self.word_gradients[first..];
            let entries = [
                (&layout.types, piece.kind),
                (&layout.positions, piece.position),
            ];
            for (table, entry) in entries {
                add_all(&mut self.sums[table.start + entry * panels..], own);
            }
        }
    }
}

/// A pass forward on one core.
pub(super) struct Forward<'a> {
    pub(super) layout: &'a Layout,
    pub(super) weights: Weights<'a>,
    pub(super) group: &'a Group,
    pub(super) shard: &'a mut Shard,
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.shard
            .forward(simd, self.layout, self.weights, self.group);
    }
}

/// A forward and a backward pass on one core: gradients are added to the shard's.
pub(super) struct Learn<'a> {
    pub(super) layout: &'a Layout,
    pub(super) weights: Weights<'a>,
    pub(super) group: &'a Group,
    /// Of all texts of the batch.
    pub(super) labels: &'a [usize],
    pub(super) shard: &'a mut Shard,
}

impl WithSimd for Learn<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            layout,
            weights,
            group,
            labels,
            shard,
        } = self;
        shard.forward(simd, layout, weights, group);
        shard.logit_gradient(layout, group, labels);
        shard.backward(simd, layout, weights, group);
    }
}
