//! Groups of texts through the whole network and back.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{
    attention::Span,
    layer::{Gradients, Tape, Weights, add_all, room, zeros},
    layout::Layout,
    norm::{Normalised, add},
};
use crate::product::{Row, WIDTH};
use spindle_run::input::Tokens;

/// Rows from which on a group is full.
const ROWS: usize = 128;

/// Texts that are computed together, without their padding.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Word piece, kind and position of every row.
    pieces: Vec<[usize; 3]>,
    /// Rows of every text, all of which attend.
    spans: Vec<Span>,
    /// The same where only the first row of a text attends: it becomes the only one.
    last: Vec<Span>,
    /// The texts' numbers in their batch.
    texts: Range<usize>,
}

/// Texts in groups.
pub(super) fn groups(tokens: &Tokens) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (text, &length) in tokens.lengths.iter().enumerate() {
        if groups.last().is_none_or(|group| group.pieces.len() >= ROWS) {
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
            let kind = usize::from(tokens.types[place]);
            [tokens.ids[place] as usize, kind, position]
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

/// Arrays of one core, or of one part of a batch.
#[derive(Default)]
pub(super) struct Lane {
    sum: Vec<Row>,
    norm: Normalised,
    tapes: Vec<Tape>,
    /// First rows of the texts behind the last layer, and what the dense layers behind it make of them.
    first: Vec<Row>,
    pooled: Vec<Row>,
    logits: Vec<Row>,
    gradients: Gradients,
    by_pooled: Vec<Row>,
    by_first: Vec<Row>,
    /// Gradients by all parameters but the table of word pieces, added up.
    pub(super) sums: Vec<Row>,
    /// Word pieces, and the gradients by what the table says of each, `[piece][panel]`.
    words: Vec<usize>,
    by_word: Vec<Row>,
    /// Cross-entropies, added up and divided by the texts of the batch.
    pub(super) loss: f32,
}

impl Lane {
    /// Nothing is added up yet.
    pub(super) fn begin(&mut self, layout: &Layout) {
        zeros(&mut self.sums, layout.words.start);
        self.words.clear();
        self.by_word.clear();
        self.loss = 0.0;
    }

    /// Gradients `[panel]` by the table of word pieces.
    pub(super) fn of_words(&self, panels: usize) -> impl Iterator<Item = (usize, &[Row])> {
        self.words.iter().copied().zip(self.by_word.chunks(panels))
    }

    /// Logits `[text][class]` of the last pass.
    pub(super) fn logits(&self, layout: &Layout, group: &Group) -> Vec<f32> {
        let texts = group.spans.len();
        let value = |place: usize| {
            let (text, class) = (place / layout.classes, place % layout.classes);
            self.logits[class / WIDTH * texts + text][class % WIDTH]
        };
        (0..texts * layout.classes).map(value).collect()
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
            tape[0].forward(simd, encoder, weights, spans, out);
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
        for (row, places) in group.pieces.iter().enumerate() {
            let tables = [&layout.words, &layout.types, &layout.positions];
            let entries = tables.map(|table| &weights.parameters[table.clone()]);
            for panel in 0..panels {
                let out = &mut sum[panel * rows + row];
                out.fill(0.0);
                for (table, place) in entries.iter().zip(places) {
                    add(out, &table[place * panels + panel]);
                }
            }
        }
        let out = &mut self.tapes[0].input;
        layout.norm.forward(weights, &self.sum, &mut self.norm, out);
    }

    /// Softmax minus one-hot, over `batch`, becomes what the logits were; losses are added.
    fn logit_gradients(&mut self, layout: &Layout, group: &Group, labels: &[usize]) {
        let (texts, batch) = (group.spans.len(), labels.len() as f32);
        let logits = self.logits(layout, group);
        zeros(&mut self.logits, texts * layout.classifier.out_panels());
        let of_texts = logits.chunks(layout.classes).zip(group.texts.clone());
        for (index, (logits, text)) in of_texts.enumerate() {
            let label = labels[text];
            let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f32 = logits.iter().map(|logit| (logit - largest).exp()).sum();
            self.loss += (sum.ln() + largest - logits[label]) / batch;
            for (class, logit) in logits.iter().enumerate() {
                let there = if class == label { 1.0 } else { 0.0 };
                self.logits[class / WIDTH * texts + index][class % WIDTH] =
                    ((logit - largest).exp() / sum - there) / batch;
            }
        }
    }

    /// The way back from the logits' gradients.
    #[inline(always)]
    fn back<S: Simd>(&mut self, simd: S, layout: &Layout, weights: Weights<'_>, group: &Group) {
        let Self {
            tapes,
            first,
            pooled,
            logits,
            gradients,
            by_pooled,
            by_first,
            sums,
            ..
        } = self;
        let by_pooled = zeros(by_pooled, pooled.len());
        layout
            .classifier
            .back(simd, weights, pooled, logits, sums, by_pooled);
        let tanh = pooled.as_flattened().iter();
        for (gradient, tanh) in by_pooled.as_flattened_mut().iter_mut().zip(tanh) {
            *gradient *= 1.0 - tanh * tanh;
        }
        let by_first = zeros(by_first, first.len());
        layout
            .pooler
            .back(simd, weights, first, by_pooled, sums, by_first);
        let count = tapes.len();
        let mut by_out = std::mem::take(&mut self.by_first);
        for (index, (tape, encoder)) in tapes.iter_mut().zip(&layout.encoders).enumerate().rev() {
            let spans = group.spans(index + 1 == count);
            tape.back(
                simd,
                (encoder, weights),
                spans,
                &mut by_out,
                sums,
                gradients,
            );
            by_out.clear();
            by_out.extend_from_slice(&gradients.input);
        }
        layout.norm.back(weights, &self.norm, sums, &mut by_out);
        self.embed_back(layout, group, &by_out);
        self.by_first = by_out;
    }

    /// Hands the gradient by the sums `[panel][row]` to the tables.
    fn embed_back(&mut self, layout: &Layout, group: &Group, gradient: &[Row]) {
        let (rows, panels) = (group.pieces.len(), layout.width / WIDTH);
        for (row, &[word, kind, position]) in group.pieces.iter().enumerate() {
            self.words.push(word);
            let first = self.by_word.len();
            let own = (0..panels).map(|panel| gradient[panel * rows + row]);
            self.by_word.extend(own);
            let own = &self.by_word[first..];
            for (table, place) in [(&layout.types, kind), (&layout.positions, position)] {
                add_all(&mut self.sums[table.start + place * panels..], own);
            }
        }
    }
}

/// A pass forward on one core.
pub(super) struct Forward<'a> {
    pub(super) layout: &'a Layout,
    pub(super) weights: Weights<'a>,
    pub(super) group: &'a Group,
    pub(super) lane: &'a mut Lane,
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.lane
            .forward(simd, self.layout, self.weights, self.group);
    }
}

/// A pass forward and back on one core: gradients are added to the lane's.
pub(super) struct Learn<'a> {
    pub(super) layout: &'a Layout,
    pub(super) weights: Weights<'a>,
    pub(super) group: &'a Group,
    /// Of all texts of the batch.
    pub(super) labels: &'a [usize],
    pub(super) lane: &'a mut Lane,
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
            lane,
        } = self;
        lane.forward(simd, layout, weights, group);
        lane.logit_gradients(layout, group, labels);
        lane.back(simd, layout, weights, group);
    }
}
