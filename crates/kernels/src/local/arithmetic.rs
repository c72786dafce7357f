//! What evaluation on all masks takes, layer by layer.

use std::{borrow::Cow, iter::Sum, ops::Add};

use spindle_run::player::PatchMasks;

use super::{
    LocalPlan, LocalTuning, Problem,
    choice::{layouts, plain_products},
    convolution::ConvolutionPlan,
    layout::Layout,
};
use crate::{SequentialTuning, sequential::Sequential};

/// Operations on floats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arithmetic {
    /// Products, each with an addition.
    pub products: usize,
    /// Other additions.
    pub additions: usize,
}

impl Arithmetic {
    pub(super) fn of_products(products: usize) -> Self {
        Self {
            products,
            additions: 0,
        }
    }

    /// Products and additions.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.products + self.additions
    }
}

impl Add for Arithmetic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            products: self.products + other.products,
            additions: self.additions + other.additions,
        }
    }
}

impl Sum for Arithmetic {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// What one layer takes on all masks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerArithmetic {
    /// The layer's name.
    pub name: Cow<'static, str>,
    /// As it is evaluated.
    pub by_patterns: Arithmetic,
    /// By a plain pass for every mask.
    pub mask_by_mask: Arithmetic,
}

impl LocalPlan {
    /// What each layer behind what is masked takes on all masks.
    fn arithmetic(&self) -> Vec<Arithmetic> {
        let rounds = self.masks.count() / self.patterns();
        let mut layers: Vec<Arithmetic> = self
            .convolutions
            .iter()
            .map(ConvolutionPlan::arithmetic)
            .collect();
        match &self.head {
            Some(head) => layers.extend(head.arithmetic()),
            None => layers.extend(
                plain_products(self.plain_convolutions(), &self.network)
                    .map(|products| Arithmetic::of_products(self.patterns() * products)),
            ),
        }
        for layer in &mut layers {
            layer.products *= rounds;
            layer.additions *= rounds;
        }
        layers
    }
}

impl Sequential {
    /// What the layers behind what is masked take on all masks.
    #[must_use]
    pub fn masked_arithmetic(&self, masks: &PatchMasks) -> Vec<LayerArithmetic> {
        let convolutions = &self.convolutions[self.first_behind()..];
        let names = convolutions.iter().map(|layer| &layer.name);
        let names = names.chain(self.dense.iter().map(|layer| &layer.name));
        let plain = plain_products(convolutions, self)
            .map(|products| Arithmetic::of_products(masks.count() * products));
        let plan = LocalPlan::new(Problem {
            network: self,
            masks,
            is_wide: !self.is_narrow(&SequentialTuning::default()),
            tuning: &LocalTuning::default(),
        });
        names
            .zip(plan.arithmetic())
            .zip(plain)
            .map(|((name, by_patterns), mask_by_mask)| LayerArithmetic {
                name: name.clone(),
                by_patterns,
                mask_by_mask,
            })
            .collect()
    }

    /// The players, as bits of a mask, that each position of a feature map sees: for what is masked
    /// and the maps behind it, in order, each behind its pooling and row by row.
    #[must_use]
    pub fn receptive_players(&self, masks: &PatchMasks) -> Vec<Vec<u32>> {
        let all = masks.count() as u32 - 1;
        let players = |layout: Layout| layout.places.iter().map(|place| place.players).collect();
        layouts(self, masks, all).into_iter().map(players).collect()
    }
}
