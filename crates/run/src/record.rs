//! What a run has found: the contents of `run.json`.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use spindle_interactions::{
    bootstrap::Estimate,
    decompose::RangeBounds,
    phase::{LossGap, Onset, Phases},
    similarity::Ceilings,
    strength::StrengthByOrder,
    theory::Tilt,
};

use crate::{Error, Experiment, experiment::Schedule};

/// Version of the run format that this crate writes, and the newest that it reads.
///
/// 2: players are words or clusters as well, `classes` has names. 3: answers are canonical and have ranges; the published SGD's rate falls. What older versions hold
/// is read as it was. 4: phases are tested, the loss gap is that of right labels, similarity has ceilings.
/// 5: the experiment is in groups.
pub const SCHEMA: u32 = 5;

/// The first version whose published SGD has a schedule. Before, its rate was constant.
const SCHEDULED: u32 = 3;

/// The first version whose phases are tested. Before, the boundary was the smallest mean order, whatever came of chance.
const TESTED: u32 = 4;

/// What is said of a run whose phases were not tested.
const UNTESTED: &str = "phases and loss gap were read off by an earlier version, without a test, and are left out; spindle analyze finds them again";

/// The contents of `run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Version of the format.
    pub schema: u32,
    /// What was asked for.
    pub experiment: Experiment,
    /// What it ran on.
    pub provenance: Provenance,
    /// Name of every class; empty in files of version 1, where classes are digits.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Samples measured, in the order of every file's sample axis.
    pub samples: Vec<SampleRecord>,
    /// Loss after every epoch (epoch 0: before training).
    pub losses: Vec<LossRecord>,
    /// Measured checkpoints, by step.
    pub checkpoints: Vec<CheckpointRecord>,
    /// What is read off all checkpoints together; absent until analysed.
    pub dynamics: Option<Dynamics>,
    /// Warnings that the run gave, in order.
    pub warnings: Vec<String>,
}

impl RunRecord {
    /// A run in which nothing was measured yet.
    #[must_use]
    pub fn new(
        experiment: Experiment,
        provenance: Provenance,
        classes: Vec<String>,
        samples: Vec<SampleRecord>,
    ) -> Self {
        Self {
            schema: SCHEMA,
            experiment,
            provenance,
            classes,
            samples,
            losses: Vec::new(),
            checkpoints: Vec::new(),
            dynamics: None,
            warnings: Vec::new(),
        }
    }

    /// Positions of the first checkpoint, of the one where the first statistic is smallest (the boundary, where there are two phases) and of
    /// the last one; each once.
    #[must_use]
    pub fn turning_points(&self) -> Vec<usize> {
        let Some(last) = self.checkpoints.len().checked_sub(1) else {
            return Vec::new();
        };
        let lowest = self.dynamics.as_ref().and_then(|d| d.first()?.lowest);
        let mut positions = vec![0, lowest.map_or(0, |lowest| lowest.index.min(last)), last];
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    /// As it was before there were schedules.
    fn keep_the_rate_constant(&mut self) {
        self.experiment.decomposition.sgd_schedule = Schedule::Constant;
        let analyses = self
            .checkpoints
            .iter_mut()
            .filter_map(|c| c.analysis.as_mut());
        for published in analyses.filter_map(|analysis| analysis.published_sgd.as_mut()) {
            published.schedule = Schedule::Constant;
        }
    }

    /// What earlier versions said of phases and of the loss gap does not hold by the rules of this one.
    fn leave_out_untested_phases(&mut self) {
        if self.dynamics.take().is_some() {
            self.warnings.push(UNTESTED.to_owned());
        }
    }

    /// Whether what was measured is by the rules of this version.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.schema == SCHEMA
    }

    /// For whoever has measured all of it again.
    pub fn make_current(&mut self) {
        self.schema = SCHEMA;
        self.warnings.retain(|warning| warning != UNTESTED);
    }

    /// Whether the training loss of right labels is known: where none was reset, it is that of all.
    #[must_use]
    pub fn knows_right_labels(&self) -> bool {
        let last = self.checkpoints.last();
        self.provenance.mislabelled == 0
            || last.is_some_and(|checkpoint| checkpoint.losses.right_train_loss.is_some())
    }

    /// Puts losses where their step belongs, over those of the same step: steps done again give the same numbers.
    pub fn put_losses(&mut self, losses: LossRecord) {
        put(&mut self.losses, losses, |losses| losses.step);
    }

    /// Puts a checkpoint where its step belongs, over one of the same step.
    pub fn put_checkpoint(&mut self, checkpoint: CheckpointRecord) {
        put(&mut self.checkpoints, checkpoint, |checkpoint| {
            checkpoint.losses.step
        });
    }

    /// The contents of `run.json`.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when a number that must be finite is not: JSON would not hold it. [`Error::Field`] for an
    /// experiment out of range.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        self.readable(json)
    }

    /// As [`RunRecord::to_json`], without spaces and lines for readers: a third of the size.
    pub(crate) fn to_compact_json(&self) -> Result<Vec<u8>, Error> {
        self.readable(serde_json::to_vec(self)?)
    }

    /// What cannot be read again is not written: it would cost the run.
    fn readable(&self, json: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.experiment.check_fields()?;
        serde_json::from_slice::<Self>(&json).map_err(Error::Unreadable)?;
        Ok(json)
    }

    /// Reads the contents of a `run.json`.
    ///
    /// # Errors
    /// [`Error::Newer`] for a newer format, [`Error::Field`] for an experiment out of range, [`Error::Json`] with line and
    /// column for anything else.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        // The version first: a newer format may have fields that this program cannot know.
        let probe: Probe = serde_json::from_slice(json)?;
        check_schema(probe.schema, &probe.provenance.version)?;
        let mut record: Self = serde_json::from_slice(json)?;
        if probe.schema < SCHEDULED {
            record.keep_the_rate_constant();
        }
        if probe.schema < TESTED {
            record.leave_out_untested_phases();
        }
        record.experiment.check_fields()?;
        Ok(record)
    }
}

fn put<T>(items: &mut Vec<T>, item: T, step: impl Fn(&T) -> usize) {
    match items.binary_search_by_key(&step(&item), &step) {
        Ok(index) => items[index] = item,
        Err(index) => items.insert(index, item),
    }
}

/// What every version of `run.json` has.
#[derive(Deserialize)]
struct Probe {
    schema: u32,
    #[serde(default)]
    provenance: Writer,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Writer {
    version: String,
}

/// [`Error::Newer`] for a format that this program does not know.
pub(crate) fn check_schema(found: u32, writer: &str) -> Result<(), Error> {
    if found <= SCHEMA {
        return Ok(());
    }
    let writer = if writer.is_empty() {
        "of its time"
    } else {
        writer
    }
    .to_owned();
    Err(Error::Newer {
        found,
        known: SCHEMA,
        writer,
        this: env!("CARGO_PKG_VERSION"),
    })
}

/// What is needed to repeat a run, and what it ran on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Provenance {
    /// Version of Spindle.
    pub version: String,
    /// Engine and its device, e.g. `flex (AVX2), 2 threads`.
    pub engine: String,
    /// Data source in words: embedded subset, or the original files.
    pub data: String,
    /// SHA-256 of pixels and labels as loaded, hexadecimal.
    pub data_digest: String,
    /// Training samples in use.
    pub train_size: usize,
    /// Of these, samples whose label was reset.
    pub mislabelled: usize,
    /// Test samples behind test loss and accuracy.
    pub test_size: usize,
    /// Loss of the best answer that does not look at its input: the entropy of the test labels, in nats. None in files of version 3 and before.
    #[serde(default)]
    pub chance_loss: Option<f64>,
    /// Wall time of training so far, in seconds.
    pub train_seconds: f64,
    /// Wall time of extraction so far, in seconds.
    pub extract_seconds: f64,
    /// Wall time of decomposition so far, in seconds.
    pub decompose_seconds: f64,
}

/// Which samples a statistic is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Group {
    /// Test samples.
    Test,
    /// Training samples with their own label.
    Train,
    /// Training samples whose label was reset.
    Mislabelled,
}

impl Group {
    /// Its name in `run.json` and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Group::Test => "test",
            Group::Train => "train",
            Group::Mislabelled => "mislabelled",
        }
    }
}

/// One measured sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SampleRecord {
    /// Which samples it stands for.
    pub group: Group,
    /// Position in the test set, or in the training set, as the data set's files have it.
    pub position: usize,
    /// Label in use: the class whose log-odds are v.
    pub label: usize,
    /// Label of the data set; differs where it was reset.
    pub true_label: usize,
    /// Where its players are, player 0 first.
    pub players: Players,
}

/// The input variables of a sample, player 0 first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Players {
    /// Patches of a feature map as [row, column] on the 8x8 grid.
    Patches(Vec<[usize; 2]>),
    /// Words of a text.
    Words {
        /// Their numbers among the text's words.
        words: Vec<usize>,
    },
    /// Clusters of a cloud's points.
    Clusters {
        /// Their numbers.
        clusters: Vec<usize>,
    },
}

/// Without serde's buffer for untagged enums: what it takes is a tenth of the page's viewer.
impl<'de> Deserialize<'de> for Players {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlayersVisitor)
    }
}

struct PlayersVisitor;

impl<'de> Visitor<'de> for PlayersVisitor {
    type Value = Players;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of patches, {\"words\": [..]} or {\"clusters\": [..]}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Players, A::Error> {
        let mut patches = Vec::new();
        while let Some(patch) = seq.next_element()? {
            patches.push(patch);
        }
        Ok(Players::Patches(patches))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Players, A::Error> {
        let Some(kind) = map.next_key::<String>()? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        let numbers = map.next_value()?;
        match kind.as_str() {
            "words" => Ok(Players::Words { words: numbers }),
            "clusters" => Ok(Players::Clusters { clusters: numbers }),
            _ => Err(de::Error::unknown_field(&kind, &["words", "clusters"])),
        }
    }
}

impl Players {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Patches(patches) => patches.len(),
            Self::Words { words: players } | Self::Clusters { clusters: players } => players.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A word for each: `r1c5` for a patch, `w3` for a word, `c17` for a cluster.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let numbered = |letter: char, numbers: &[usize]| {
            let numbers = numbers.iter();
            numbers.map(|number| format!("{letter}{number}")).collect()
        };
        match self {
            Self::Patches(patches) => patches
                .iter()
                .map(|[row, column]| format!("r{row}c{column}"))
                .collect(),
            Self::Words { words } => numbered('w', words),
            Self::Clusters { clusters } => numbered('c', clusters),
        }
    }
}

/// Losses and accuracies after an epoch. Of a training that diverged they are NaN, null in `run.json`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LossRecord {
    /// Training steps done.
    pub step: usize,
    /// Epochs done, with fractions.
    pub epoch: f64,
    /// Mean cross-entropy over the training set, with reset labels, in nats.
    #[serde(deserialize_with = "number_or_nan")]
    pub train_loss: f64,
    /// The same without the samples whose label was reset. None in files of version 3 and before.
    #[serde(default)]
    pub right_train_loss: Option<f64>,
    /// Mean cross-entropy over the test set, in nats.
    #[serde(deserialize_with = "number_or_nan")]
    pub test_loss: f64,
    /// Share of training samples classified as their label in use.
    #[serde(deserialize_with = "number_or_nan")]
    pub train_accuracy: f64,
    /// Share of test samples classified as their label.
    #[serde(deserialize_with = "number_or_nan")]
    pub test_accuracy: f64,
}

/// A checkpoint and what was measured there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointRecord {
    /// Losses and accuracies there; `losses.step` names the checkpoint's files.
    pub losses: LossRecord,
    /// Interactions; absent until analysed.
    pub analysis: Option<Analysis>,
}

/// Interactions of all samples at one checkpoint, summed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Salience threshold tau_s in units of v (log-odds, nats), from the test samples.
    pub threshold: f64,
    /// Strength by order of salient interactions, per group that has samples.
    pub strengths: Vec<GroupStrength>,
    /// Strength by order of all interactions of the test samples, no threshold.
    pub unthresholded: StrengthByOrder,
    /// Statistics of all interactions of the test samples, with the ranges of all near-optimal decompositions.
    #[serde(default)]
    pub all_effects: AllEffects,
    /// The same at other noise bounds, where that was asked.
    #[serde(default)]
    pub by_noise: Vec<AtNoise>,
    /// Mean number of salient interactions per test sample.
    pub salient_per_sample: f64,
    /// Mean over test samples of |v(N) - v(empty)|, in nats.
    pub mean_output_change: f64,
    /// Rounding noise of f32 outputs at this checkpoint (standard deviation of v, in nats).
    pub noise_floor: f64,
    /// One certificate per sample, in the order of `RunRecord::samples`.
    pub certificates: Vec<SampleCertificate>,
    /// Similarity of training and test interactions per order, index order - 1; `None` where undefined.
    pub similarity: Option<Vec<Option<Estimate>>>,
    /// The same at equal numbers, beside what two halves of one split give; orders as in `similarity`.
    #[serde(default)]
    pub ceilings: Option<Vec<Option<Ceilings>>>,
    /// How far groups of samples differ, for every pair of groups that have samples.
    #[serde(default)]
    pub group_differences: Vec<GroupDifference>,
    /// The published SGD on the same outputs, where it was run for comparison.
    pub published_sgd: Option<PublishedSgd>,
}

impl Analysis {
    /// Strength by order of salient interactions over a group; `None` where it has no samples.
    #[must_use]
    pub fn of(&self, group: Group) -> Option<&GroupStrength> {
        self.strengths
            .iter()
            .find(|strength| strength.group == group)
    }
}

impl SampleCertificate {
    /// Relative gap of the smallest norm found, which is what the tolerance is about; of what is shown in runs before there were
    /// canonical answers.
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

/// A statistic of all interactions: its value with the interval of sampling, and the range of all decompositions that are nearly as
/// sparse as the sparsest, of these samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RangedEstimate {
    /// The canonical answer's value.
    pub value: f64,
    /// Lower end of the 95 % bootstrap interval over samples.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The lowest value of all near-optimal decompositions, certified; none where ranges were not asked for.
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

/// How much larger statistics are of one group's samples than of another's; `None` where one of them has no effects.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct GroupDifference {
    /// The group whose statistic is taken.
    pub group: Group,
    /// The group whose statistic is taken away.
    pub than: Group,
    /// Of the mean order of all effects.
    pub mean_order: Option<Estimate>,
    /// Of the share of strength of orders 3 and above, of all effects.
    pub share_of_order_3_and_more: Option<Estimate>,
    /// Of the mean order of salient effects, salient by each group's own outputs.
    pub salient_mean_order: Option<Estimate>,
}

/// All interactions of the test samples at another noise bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AtNoise {
    /// Noise bound in units of the experiment's noise scale.
    pub noise_ratio: f64,
    /// Mean L1 norm of the decompositions, in nats.
    pub norm: f64,
    /// Strength by order, no threshold.
    pub strength: StrengthByOrder,
    /// Strength by order of salient interactions.
    #[serde(default)]
    pub salient: Option<StrengthByOrder>,
    /// Share of strength of orders 3 and above; `None` where there are no effects.
    pub share_of_order_3_and_more: Option<Estimate>,
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
    /// The smallest L1 norm found of any decomposition, in nats; none in runs whose answers are not canonical.
    #[serde(default)]
    pub smallest_norm: Option<f64>,
    /// What the ranges follow from: the norm up to which decompositions count, and four lower bounds, in nats.
    #[serde(default)]
    pub ranges: Option<RangeBounds>,
}

/// The published SGD on the outputs of the test samples of one checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedSgd {
    /// First learning rate.
    pub learning_rate: f64,
    /// How it goes on.
    #[serde(default)]
    pub schedule: Schedule,
    /// Steps.
    pub steps: usize,
    /// Strength by order of what it ended at, salient by the same threshold.
    pub strength: StrengthByOrder,
    /// Strength by order of what it ended at, no threshold.
    pub unthresholded: StrengthByOrder,
    /// Median over samples of its objective over the smallest norm found.
    pub objective_ratio: f64,
    /// Median over samples of the objective at its start, g = q = 0, over the smallest norm found.
    #[serde(default)]
    pub start_ratio: Option<f64>,
    /// The same in nats.
    #[serde(default)]
    pub norms: Option<Norms>,
    /// What other rates give, where that was asked.
    #[serde(default)]
    pub sweep: Vec<AtRate>,
}

/// L1 norms, means over the test samples, in nats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Norms {
    /// The smallest found.
    pub smallest: f64,
    /// Where the published SGD starts.
    pub start: f64,
    /// Where it ends.
    pub end: f64,
}

/// What the rate of the published SGD is in units of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum RateScale {
    /// Nats, as published.
    Absolute,
    /// |v(N) - v(empty)| of each sample.
    Change,
}

/// The published SGD with another rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AtRate {
    /// First learning rate, in units of `scale`.
    pub learning_rate: f64,
    /// What it is in units of.
    pub scale: RateScale,
    /// Mean L1 norm at its end, in nats.
    pub norm: f64,
    /// Median over samples of that over the smallest norm found.
    pub objective_ratio: f64,
    /// Mean order of all effects; `None` where there are none.
    pub mean_order: Option<f64>,
    /// Share of strength of orders 3 and above.
    pub share_of_order_3_and_more: Option<f64>,
    /// Strength by order of salient interactions.
    #[serde(default)]
    pub salient: Option<StrengthByOrder>,
}

/// What is read off all checkpoints together. Indices are positions in `RunRecord::checkpoints`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dynamics {
    /// Whether there are two phases, by each statistic of all effects of the test samples; first the one that decides.
    pub phases: Vec<Phases>,
    /// Boundary of the two phases: where the first statistic is smallest. None where phases are not distinguishable.
    pub boundary: Option<Onset>,
    /// The gap between test loss and training loss, of samples whose label is right.
    pub loss_gap: Option<LossGap>,
    /// From the boundary to the onset of the loss gap, in epochs.
    pub lag: Option<Estimate>,
    /// Theory of the second phase, per checkpoint from the boundary on, without the last one, where it is true by construction.
    pub theory: Vec<TheoryFit>,
}

impl Dynamics {
    /// The phases by the statistic that decides.
    #[must_use]
    pub fn first(&self) -> Option<&Phases> {
        self.phases.first()
    }

    /// Where the loss gap opens.
    #[must_use]
    pub fn gap_onset(&self) -> Option<Onset> {
        self.loss_gap?.onset
    }
}

/// The theory's curve at one checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TheoryFit {
    /// Position in `RunRecord::checkpoints`.
    pub checkpoint: usize,
    /// Fitted noise sigma^2.
    pub sigma2: f64,
    /// Its 95 % bootstrap interval over the samples.
    #[serde(default)]
    pub low: f64,
    /// Upper end.
    #[serde(default)]
    pub high: f64,
    /// Whether it is the smallest or the largest value tried, and so only a bound.
    #[serde(default)]
    pub at_edge: bool,
    /// Predicted share per order, index order - 1.
    pub share: Vec<f64>,
    /// Root mean square over the orders of its difference from the measured share.
    #[serde(default)]
    pub residual: f64,
    /// What a curve with as many parameters and no theory gives: the last checkpoint's share, times exp(-rate order), normalised.
    #[serde(default)]
    pub tilt: Option<Tilt>,
}

/// JSON has no NaN and no infinity, they are written as null. A training that diverges must leave a run that opens.
fn number_or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn players_of_every_kind_come_back_and_others_are_named() -> Result<(), Error> {
        for players in [
            Players::Patches(vec![[1, 2], [3, 4]]),
            Players::Words { words: vec![0, 7] },
            Players::Clusters { clusters: vec![29] },
        ] {
            let json = serde_json::to_vec(&players)?;
            assert_eq!(serde_json::from_slice::<Players>(&json)?, players);
        }
        for wrong in ["{}", r#"{"tones": [1]}"#, "3", "[[1]]"] {
            assert!(serde_json::from_str::<Players>(wrong).is_err(), "{wrong}");
        }
        Ok(())
    }
}
