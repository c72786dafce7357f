//! What every analysis builds on: the interactions of all samples at one checkpoint, summed up.

use serde::{Deserialize, Serialize};
use spindle_interactions::{decompose::RangeBounds, strength::StrengthByOrder};

use super::Group;

/// Interactions of all samples at one checkpoint, summed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// By which rules it was made: [`Summary::VERSION`], or less in runs of earlier versions.
    pub version: u32,
    /// Salience threshold tau_s in units of v (log-odds, nats), from the test samples.
    pub threshold: f64,
    /// Strength by order of salient interactions, per group that has samples.
    pub strengths: Vec<GroupStrength>,
    /// Strength by order of all interactions of the test samples, no threshold.
    pub unthresholded: StrengthByOrder,
    /// Statistics of all interactions of the test samples, with the ranges of all near-optimal
    /// decompositions.
    #[serde(default)]
    pub all_effects: AllEffects,
    /// Mean number of salient interactions per test sample.
    pub salient_per_sample: f64,
    /// Mean over test samples of |v(N) - v(empty)|, in nats.
    pub mean_output_change: f64,
    /// Rounding noise of f32 outputs at this checkpoint (standard deviation of v, in nats).
    pub noise_floor: f64,
    /// One certificate per sample, in the order of `RunRecord::samples`.
    pub certificates: Vec<SampleCertificate>,
}

impl Summary {
    /// The rules of this version. Summaries of others cannot be compared with its own.
    pub const VERSION: u32 = 1;

    /// Strength by order of salient interactions over a group; `None` where it has no samples.
    #[must_use]
    pub fn of(&self, group: Group) -> Option<&GroupStrength> {
        self.strengths
            .iter()
            .find(|strength| strength.group == group)
    }
}

impl SampleCertificate {
    /// Relative gap of the smallest norm found, which is what the tolerance is about; of what is
    /// shown in runs before there were canonical answers.
    #[must_use]
    pub fn smallest_gap(&self) -> f64 {
        match self.smallest_norm {
            Some(norm) if norm > 0.0 && self.gap.is_finite() => {
                ((norm - self.dual) / norm).max(0.0)
            }
            _ => self.gap,
        }
    }
}

/// A statistic of all interactions: its value with the interval of sampling, and the range of all
/// decompositions that are nearly as sparse as the sparsest, of these samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RangedEstimate {
    /// The canonical answer's value.
    pub value: f64,
    /// Lower end of the 95 % bootstrap interval over samples.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The lowest value of all near-optimal decompositions, certified; none where ranges were not
    /// asked for.
    pub lowest: Option<f64>,
    /// The highest one.
    pub highest: Option<f64>,
}

/// Statistics of all interactions, no threshold; `None` where there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AllEffects {
    /// Their mean order, by strength.
    pub mean_order: Option<RangedEstimate>,
    /// The share of strength of orders 3 and above.
    pub share_of_order_3_and_more: Option<RangedEstimate>,
}

/// Strength by order over one group of samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupStrength {
    /// Which samples.
    pub group: Group,
    /// How many.
    pub samples: usize,
    /// Their strength by order.
    pub strength: StrengthByOrder,
}

/// How far from the optimum one sample's decomposition provably is at most.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleCertificate {
    /// L1 norm found (upper bound), in nats.
    pub primal: f64,
    /// Lower bound on every decomposition's L1 norm, in nats.
    pub dual: f64,
    /// (primal - dual) / primal.
    pub gap: f64,
    /// Iterations of the solver.
    pub iterations: usize,
    /// Bound tau of the noise term, in nats.
    pub noise_bound: f64,
    /// Largest |v - reconstruction| over all masks, in nats; at most `noise_bound`, up to rounding.
    pub residual: f64,
    /// The smallest L1 norm found of any decomposition, in nats; none in runs whose answers are not
    /// canonical.
    #[serde(default)]
    pub smallest_norm: Option<f64>,
    /// What the ranges follow from: the norm up to which decompositions count, and four lower
    /// bounds, in nats.
    #[serde(default)]
    pub ranges: Option<RangeBounds>,
}
