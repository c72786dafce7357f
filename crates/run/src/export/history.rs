//! Interactions of every sample over training, as flat arrays.

use serde::{Deserialize, Serialize};
use spindle_interactions::{decompose::Decomposition, mask::Mask, salience};

use crate::{
    Error,
    archive::{Description, Reader, Writer},
    encoding,
    record::RunRecord,
};

const KIND: &str = "interaction history";

/// AND or OR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Kind {
    /// All players together.
    And,
    /// Any of the players.
    Or,
}

/// The effect of one interaction at one checkpoint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// AND or OR.
    pub kind: Kind,
    /// Its players; bit i = player i.
    pub mask: Mask,
    /// Its effect, nats.
    pub effect: f32,
}

/// Of every sample, the interactions that are salient at some checkpoint, with their effects at all
/// of them: a history has no holes.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Steps of the analysed checkpoints: the checkpoint axis of this file.
    pub steps: Vec<usize>,
    /// Interactions of sample s are those from `offsets[s]` to `offsets[s + 1]`.
    offsets: Vec<usize>,
    kinds: Vec<Kind>,
    masks: Vec<Mask>,
    /// [checkpoints, interactions].
    effects: Vec<f32>,
    /// v of the empty mask, [checkpoints, samples].
    baselines: Vec<f64>,
    players: usize,
}

/// Bytes that an interaction takes beside its effects: its mask and its kind.
const BYTES: usize = 5;

impl History {
    pub(super) fn new(
        record: &RunRecord,
        budget: usize,
        decompositions: &mut dyn FnMut(usize) -> Result<Vec<Decomposition>, Error>,
    ) -> Result<Self, Error> {
        let (samples, players) = (record.samples.len(), record.experiment.measurement.players);
        let steps = analysed_steps(record);
        let mut prominence = vec![Vec::new(); samples];
        for &(step, threshold) in &steps {
            for (prominence, decomposition) in prominence.iter_mut().zip(decompositions(step)?) {
                raise(prominence, &decomposition, threshold);
            }
        }
        let most = budget / (samples * (BYTES + size_of::<f32>() * steps.len())).max(1);
        let mut history = Self {
            steps: steps.iter().map(|step| step.0).collect(),
            offsets: vec![0],
            kinds: Vec::new(),
            masks: Vec::new(),
            effects: Vec::new(),
            baselines: Vec::new(),
            players,
        };
        for prominence in &prominence {
            for (kind, mask) in most_prominent(prominence, most) {
                history.kinds.push(kind);
                history.masks.push(mask);
            }
            history.offsets.push(history.masks.len());
        }
        for &(step, _) in &steps {
            for (sample, decomposition) in decompositions(step)?.iter().enumerate() {
                history.baselines.push(decomposition.baseline);
                for at in history.range(sample) {
                    let effects = match history.kinds[at] {
                        Kind::And => &decomposition.and,
                        Kind::Or => &decomposition.or,
                    };
                    history.effects.push(
                        effects
                            .get(history.masks[at] as usize)
                            .copied()
                            .unwrap_or(0.0) as f32,
                    );
                }
            }
        }
        Ok(history)
    }

    /// Effects of a sample at a checkpoint (a position in `steps`), the strongest first; empty for
    /// positions that there are not.
    #[must_use]
    pub fn effects(&self, checkpoint: usize, sample: usize) -> Vec<Effect> {
        let start = checkpoint * self.masks.len();
        let mut effects: Vec<_> = self
            .range(sample)
            .filter_map(|at| {
                let effect = *self.effects.get(start + at)?;
                Some(Effect {
                    kind: self.kinds[at],
                    mask: self.masks[at],
                    effect,
                })
            })
            .collect();
        effects.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
        effects
    }

    /// Effects of one interaction of a sample over the checkpoints; `None` where it is salient at
    /// none.
    #[must_use]
    pub fn over_training(&self, sample: usize, kind: Kind, mask: Mask) -> Option<Vec<f32>> {
        let at = self
            .range(sample)
            .find(|&at| (self.kinds[at], self.masks[at]) == (kind, mask))?;
        Some(
            self.effects
                .iter()
                .skip(at)
                .step_by(self.masks.len())
                .copied()
                .collect(),
        )
    }

    /// v of the empty mask, to which the effects add up; nats.
    #[must_use]
    pub fn baseline(&self, checkpoint: usize, sample: usize) -> Option<f64> {
        let samples = self.offsets.len() - 1;
        if sample < samples {
            self.baselines.get(checkpoint * samples + sample).copied()
        } else {
            None
        }
    }

    /// Number of interactions kept, of all samples.
    #[must_use]
    pub fn interactions(&self) -> usize {
        self.masks.len()
    }

    fn range(&self, sample: usize) -> std::ops::Range<usize> {
        match (self.offsets.get(sample), self.offsets.get(sample + 1)) {
            (Some(&start), Some(&end)) => start..end,
            _ => 0..0,
        }
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, Error> {
        let (checkpoints, samples, interactions) =
            (self.steps.len(), self.offsets.len() - 1, self.masks.len());
        Writer::new()
            .array(
                "step",
                &[checkpoints],
                self.steps.iter().map(|&step| step as i64),
            )?
            .array(
                "offset",
                &[samples + 1],
                self.offsets.iter().map(|&offset| offset as i64),
            )?
            .array(
                "is_or",
                &[interactions],
                self.kinds.iter().map(|&kind| u8::from(kind == Kind::Or)),
            )?
            .array(
                "mask",
                &[interactions],
                self.masks.iter().map(|&mask| mask as i32),
            )?
            .array(
                "effect",
                &[checkpoints, interactions],
                self.effects.iter().copied(),
            )?
            .array(
                "baseline",
                &[checkpoints, samples],
                self.baselines.iter().copied(),
            )?
            .finish(Description::new(KIND).with_masks(self.players))
    }

    pub(super) fn decode(bytes: &[u8], record: &RunRecord) -> Result<Self, Error> {
        let reader = Reader::of_kind(bytes, KIND)?;
        let players = record.experiment.measurement.players;
        encoding::check_players(&reader, players)?;
        let (steps, samples) = (whole(&reader.values("step")?)?, record.samples.len());
        let offsets = whole(&reader.shaped("offset", &[samples + 1])?)?;
        let interactions = offsets.last().copied().unwrap_or(0);
        if offsets[0] != 0 || offsets.windows(2).any(|pair| pair[0] > pair[1]) {
            let expected = "increasing from 0".into();
            return Err(Error::Array {
                array: "offset".into(),
                found: "out of order".into(),
                expected,
            });
        }
        let masks: Vec<i32> = reader.shaped("mask", &[interactions])?;
        let kinds: Vec<u8> = reader.shaped("is_or", &[interactions])?;
        if let Some(mask) = masks
            .iter()
            .find(|&&mask| mask < 0 || mask as usize >= 1 << players)
        {
            let expected = format!("masks of {players} players");
            return Err(Error::Array {
                array: "mask".into(),
                found: mask.to_string(),
                expected,
            });
        }
        Ok(Self {
            effects: reader.shaped("effect", &[steps.len(), interactions])?,
            baselines: reader.shaped("baseline", &[steps.len(), samples])?,
            kinds: kinds
                .into_iter()
                .map(|is_or| if is_or == 0 { Kind::And } else { Kind::Or })
                .collect(),
            masks: masks.into_iter().map(|mask| mask as Mask).collect(),
            steps,
            offsets,
            players,
        })
    }
}

/// Steps and salience thresholds of the analysed checkpoints.
pub(super) fn analysed_steps(record: &RunRecord) -> Vec<(usize, f64)> {
    let checkpoints = record.checkpoints.iter();
    checkpoints
        .filter_map(|at| Some((at.losses.step, at.summary.as_ref()?.threshold)))
        .collect()
}

/// Raises an interaction's prominence to its effect over the threshold: the AND effects first, then
/// the OR effects. 0 until it is salient.
fn raise(prominence: &mut Vec<f32>, decomposition: &Decomposition, threshold: f64) {
    prominence.resize(decomposition.and.len() + decomposition.or.len(), 0.0);
    for (prominence, &effect) in prominence
        .iter_mut()
        .zip(decomposition.and.iter().chain(&decomposition.or))
    {
        if salience::is_salient(effect, threshold) {
            *prominence = prominence.max((effect.abs() / threshold) as f32);
        }
    }
}

/// The interactions that were salient, at most `most` and then the most prominent ones, ordered by
/// kind and mask.
fn most_prominent(prominence: &[f32], most: usize) -> Vec<(Kind, Mask)> {
    let masks = prominence.len() / 2;
    let mut salient: Vec<usize> = (0..prominence.len())
        .filter(|&at| prominence[at] > 0.0 && at % masks.max(1) != 0)
        .collect();
    salient.sort_by(|&a, &b| prominence[b].total_cmp(&prominence[a]));
    salient.truncate(most);
    salient.sort_unstable();
    let named = |at: usize| {
        if at < masks {
            (Kind::And, at as Mask)
        } else {
            (Kind::Or, (at - masks) as Mask)
        }
    };
    salient.into_iter().map(named).collect()
}

pub(super) fn whole(values: &[i64]) -> Result<Vec<usize>, Error> {
    let negative = |value: i64| Error::Mismatch {
        what: "a position",
        found: value.to_string(),
        expected: "0 or above".into(),
    };
    values
        .iter()
        .map(|&value| usize::try_from(value).map_err(|_| negative(value)))
        .collect()
}
