//! A penalty on interactions of some order and above, added to the loss of a step (ours; the paper
//! asks what becomes of a network that is trained against them).
//!
//! Of a sample with log-odds v of its label, a set T of k players and a context S of others, the
//! difference
//!
//! ```text
//! D(T, S) = sum over L in T of (-1)^(k - |L|) v(L u S)
//! ```
//!
//! is what all AND interactions of T with any part of S add up to. It is 0 for all T of k players and
//! all S exactly where no interaction, AND or OR, joins k players or more. The penalty is a weight
//! times the mean of D^2 over draws of T and S.

use std::iter;

use spindle_run::player::PatchMasks;

use crate::{Error, loss, reference::Mask, sequential::Sequential};

/// A penalty on some samples.
#[derive(Clone, Copy, Debug)]
pub struct Penalty<'a> {
    /// A picture a draw, `[draws, channels, side, side]`.
    pub pictures: &'a [f32],
    /// Their labels.
    pub labels: &'a [usize],
    /// What is compared of each.
    pub draws: &'a [Draw<PatchMasks>],
    /// What the mean square is multiplied by, in 1/nats.
    pub weight: f64,
}

/// One difference of outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw<Masks> {
    /// Masks of the sample's players.
    pub masks: Masks,
    /// T, a bit a player.
    pub set: u32,
    /// S, without any player of T.
    pub context: u32,
}

/// A draw with its picture and label.
#[derive(Clone, Copy)]
pub(crate) struct Drawn<'a> {
    pub(crate) picture: &'a [f32],
    pub(crate) label: usize,
    pub(crate) draw: &'a Draw<PatchMasks>,
}

impl Draw<PatchMasks> {
    /// Masked pictures that it takes, 2^k.
    pub(crate) fn count(&self) -> usize {
        1 << self.set.count_ones()
    }

    /// The masks L u S, L from nothing to T.
    pub(crate) fn masks(&self) -> impl Iterator<Item = Mask<'_>> {
        let parts = iter::successors(Some(0_u32), |part| {
            let next = part.wrapping_sub(self.set) & self.set;
            (next != 0).then_some(next)
        });
        parts.map(|part| Mask {
            masks: &self.masks,
            mask: (part | self.context) as usize,
        })
    }

    /// Writes the gradient of `factor` D^2 with respect to the logits, given those of all its
    /// masks; returns `factor` D^2. Rows of logits and gradients are `stride` values apart.
    pub(crate) fn gradient(
        &self,
        label: usize,
        factor: f64,
        [classes, stride]: [usize; 2],
        logits: &[f32],
        gradients: &mut [f32],
    ) -> f64 {
        let rows = || logits.chunks(stride).zip(self.signs());
        let difference: f64 = rows()
            .zip(gradients.chunks_mut(stride))
            .map(|((logits, sign), gradient)| {
                sign * loss::log_odds(&logits[..classes], label, &mut gradient[..classes])
            })
            .sum();
        for (gradient, sign) in gradients.chunks_mut(stride).zip(self.signs()) {
            let slope = (2.0 * factor * difference * sign) as f32;
            for value in &mut gradient[..classes] {
                *value *= slope;
            }
        }
        factor * difference * difference
    }

    /// (-1)^(k - |L|), in the order of the masks.
    fn signs(&self) -> impl Iterator<Item = f64> {
        let k = self.set.count_ones();
        (0..self.count() as u32).map(move |part| match (k - part.count_ones()) % 2 {
            0 => 1.0,
            _ => -1.0,
        })
    }
}

impl<'a> Penalty<'a> {
    /// Each draw with its picture and label.
    pub(crate) fn drawn(self, network: &Sequential) -> Vec<Drawn<'a>> {
        let pictures = self.pictures.chunks_exact(network.input_len());
        let each = pictures.zip(self.labels).zip(self.draws);
        each.map(|((picture, &label), draw)| Drawn {
            picture,
            label,
            draw,
        })
        .collect()
    }

    /// Whether pictures, labels and draws are as many, and masks lie over what players are patches
    /// of.
    pub(crate) fn check(self, network: &Sequential) -> Result<(), Error> {
        network.check_batch(self.pictures, self.labels)?;
        let (pictures, draws) = (self.labels.len(), self.draws.len());
        if pictures != draws {
            return Err(network.misfit(format!("{pictures} pictures with {draws} draws")));
        }
        for draw in self.draws {
            network.check_masks(&draw.masks)?;
            if draw.set == 0 || draw.set & draw.context != 0 {
                return Err(network.misfit("a draw of no player, or of one twice".to_owned()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
