//! One sample's interactions: sorted, added up again, told term by term.

use std::cell::OnceCell;

use spindle_interactions::{
    Error as MathError,
    decompose::{self, Certificate, Decomposition, Statistic},
    mask::{self, Mask},
    reference, salience, strength, transform,
};
use spindle_run::content::Content;
use spindle_run::{
    Experiment,
    export::{History, Kind},
    record::Players,
};
use web_time::Instant;

use crate::{
    Error,
    content::content_view,
    protocol::{
        Explanation, Interaction, Matching, SampleRange, SampleRanges, SampleSolver, SampleView,
    },
};

/// Effects below this share of the largest one are rounding.
const ROUNDING: f64 = 1e-9;

/// A sample that is looked at.
pub struct Sample {
    players: usize,
    /// How its outputs are decomposed.
    params: decompose::Params,
    /// v on all masks, nats.
    outputs: Option<Vec<f64>>,
    /// v of the empty mask as the interactions have it, nats.
    baseline: f64,
    /// Kind, players and effect of all interactions that are not 0, strongest first.
    effects: Vec<(Kind, Mask, f64)>,
    certificate: Option<Certificate>,
    is_canonical: bool,
    seconds: f64,
    /// How far others may lie, once it was asked for: that is solved for apart.
    ranges: OnceCell<SampleRanges>,
}

impl Sample {
    /// Decomposes outputs on all masks.
    ///
    /// # Errors
    /// Outputs that are not finite or whose number is no power of two, parameters out of range.
    pub fn decomposed(
        experiment: &Experiment,
        outputs: Vec<f64>,
        solver: SampleSolver,
    ) -> Result<Self, Error> {
        let start = Instant::now();
        // Ranges come after the answer, when they are asked for.
        let params = decompose::Params {
            ranges: false,
            ..experiment.decomposition.params()
        };
        let found = match solver {
            SampleSolver::Certified => certified(&params, &outputs),
            SampleSolver::PublishedSgd {
                learning_rate,
                steps,
            } => published(experiment, &outputs, learning_rate, steps),
        }?;
        Ok(Self {
            params,
            is_canonical: solver == SampleSolver::Certified,
            seconds: start.elapsed().as_secs_f64(),
            ..Self::of(found, outputs)
        })
    }

    fn of(found: Decomposition, outputs: Vec<f64>) -> Self {
        // The AND effect of the empty set acts on every mask: a constant, like the baseline.
        let constant = found.and.first().copied().unwrap_or(0.0);
        let mut effects: Vec<_> = [(Kind::And, &found.and), (Kind::Or, &found.or)]
            .into_iter()
            .flat_map(|(kind, effects)| {
                let effects = (0..).zip(effects.iter().copied()).skip(1);
                effects.map(move |(mask, effect)| (kind, mask, effect))
            })
            .collect();
        // What is left of a 0 by rounding is no interaction.
        let largest = effects
            .iter()
            .fold(0.0, |most: f64, effect| most.max(effect.2.abs()));
        effects.retain(|effect| effect.2.abs() > ROUNDING * largest);
        effects.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
        Self {
            players: found.players(),
            params: decompose::Params::default(),
            outputs: Some(outputs),
            baseline: found.baseline + constant,
            effects,
            certificate: Some(found.certificate),
            is_canonical: false,
            seconds: 0.0,
            ranges: OnceCell::new(),
        }
    }

    /// A sample whose outputs the file does not have: its interactions that are salient at some
    /// checkpoint.
    #[must_use]
    pub fn salient(
        players: usize,
        history: &History,
        checkpoint: usize,
        sample: usize,
    ) -> Option<Self> {
        let effects = history.effects(checkpoint, sample).into_iter();
        Some(Self {
            players,
            params: decompose::Params::default(),
            outputs: None,
            baseline: history.baseline(checkpoint, sample)?,
            effects: effects
                .filter(|effect| effect.effect != 0.0)
                .map(|effect| (effect.kind, effect.mask, f64::from(effect.effect)))
                .collect(),
            certificate: None,
            is_canonical: false,
            seconds: 0.0,
            ranges: OnceCell::new(),
        })
    }

    /// What the page shows of it; `threshold` is that of salience, in nats.
    #[must_use]
    pub fn view(
        &self,
        content: Content,
        label: usize,
        players: &Players,
        threshold: f64,
    ) -> SampleView {
        let (content, players) = content_view(content, players);
        let (and, or) = self.arrays(self.effects.len());
        let strength = strength::of_effects(&[&and, &or], threshold);
        SampleView {
            content,
            players,
            label,
            outputs: self.outputs.clone(),
            baseline: self.baseline,
            interactions: self
                .effects
                .iter()
                .map(|&effect| interaction(effect, threshold))
                .collect(),
            threshold,
            positive: strength.positive,
            negative: strength.negative,
            certificate: self.certificate.clone(),
            is_canonical: self.is_canonical,
            seconds: self.seconds,
        }
    }

    /// AND and OR effects over masks of the `strongest` interactions.
    fn arrays(&self, strongest: usize) -> (Vec<f64>, Vec<f64>) {
        let masks = 1 << self.players;
        let (mut and, mut or) = (vec![0.0; masks], vec![0.0; masks]);
        for &(kind, mask, effect) in self.effects.iter().take(strongest) {
            let effects = match kind {
                Kind::And => &mut and,
                Kind::Or => &mut or,
            };
            if let Some(slot) = effects.get_mut(mask as usize) {
                *slot = effect;
            }
        }
        (and, or)
    }

    fn outputs(&self) -> Result<&[f64], Error> {
        let outputs = self.outputs.as_deref();
        outputs.ok_or_else(|| Error::missing("output on all masks of this sample"))
    }

    /// How well the `strongest` interactions explain the outputs.
    ///
    /// # Errors
    /// The outputs are not known.
    pub fn matching(&self, strongest: usize) -> Result<Matching, Error> {
        let outputs = self.outputs()?;
        let (mut and, mut or) = self.arrays(strongest);
        transform::zeta(&mut and, 1)?;
        transform::or_synthesis(&mut or, 1)?;
        let explained: Vec<f64> = and
            .iter()
            .zip(&or)
            .map(|(and, or)| self.baseline + and + or)
            .collect();
        let errors = outputs.iter().zip(&explained).map(|(v, sum)| v - sum);
        let count = outputs.len() as f64;
        let mean = outputs.iter().sum::<f64>() / count;
        let variance = outputs.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
        let mean_square = errors.clone().map(|error| error * error).sum::<f64>() / count;
        Ok(Matching {
            strongest: strongest.min(self.effects.len()),
            rms_error: mean_square.sqrt(),
            largest_error: errors.map(f64::abs).fold(0.0, f64::max),
            explained_variance: if variance > 0.0 {
                1.0 - mean_square / variance
            } else {
                1.0
            },
            explained,
        })
    }

    /// How far other decompositions may lie that are nearly as sparse as the sparsest.
    ///
    /// # Errors
    /// The outputs are not known.
    pub fn ranges(&self) -> Result<SampleRanges, Error> {
        if let Some(&known) = self.ranges.get() {
            return Ok(known);
        }
        let found = self.found_ranges()?;
        Ok(*self.ranges.get_or_init(|| found))
    }

    fn found_ranges(&self) -> Result<SampleRanges, Error> {
        let params = decompose::Params {
            ranges: true,
            ..self.params.clone()
        };
        let found = certified(&params, self.outputs()?)?;
        let bounds = found.ranges.as_ref().map(decompose::Ranges::bounds);
        let range = |statistic| {
            let (lowest, highest) = bounds?.range(statistic, self.players)?;
            Some(SampleRange {
                value: decompose::value(statistic, &found.and, &found.or)?,
                lowest,
                highest,
            })
        };
        Ok(SampleRanges {
            mean_order: range(Statistic::MeanOrder),
            share_of_order_3_and_more: range(Statistic::ShareOfHighOrders),
        })
    }

    /// One output, term by term.
    ///
    /// # Errors
    /// The outputs are not known, or the mask is not one of them.
    pub fn explain(&self, of: Mask) -> Result<Explanation, Error> {
        let output = *self
            .outputs()?
            .get(of as usize)
            .ok_or_else(|| Error::missing(format!("mask {of:#b}")))?;
        let acts = |kind, mask| match kind {
            Kind::And => mask & !of == 0,
            Kind::Or => mask & of != 0,
        };
        let terms: Vec<Interaction> = self
            .effects
            .iter()
            .filter(|&&(kind, mask, _)| acts(kind, mask))
            .map(|&effect| interaction(effect, 0.0))
            .collect();
        let sum = self.baseline + terms.iter().map(|term| term.effect).sum::<f64>();
        Ok(Explanation {
            mask: of,
            output,
            baseline: self.baseline,
            sum,
            terms,
        })
    }
}

fn certified(params: &decompose::Params, outputs: &[f64]) -> Result<Decomposition, MathError> {
    match decompose::decompose(outputs, params) {
        // The best one found is shown with the gap it has.
        Err(MathError::NotConverged { decomposition, .. }) => Ok(*decomposition),
        found => found,
    }
}

fn published(
    experiment: &Experiment,
    outputs: &[f64],
    learning_rate: f64,
    steps: usize,
) -> Result<Decomposition, MathError> {
    // Falling, as published, whatever the run's own comparison was.
    let params = reference::Params {
        learning_rate,
        steps,
        schedule: reference::Schedule::Falling,
        ..experiment.decomposition.published_sgd()
    };
    let players = mask::player_count(outputs.len())?;
    let never_stop = |_| std::ops::ControlFlow::Continue(());
    let found = reference::decompose_batch(outputs, players, &params, &never_stop)?;
    found.into_iter().next().unwrap_or(Err(MathError::Stopped))
}

fn interaction((kind, mask, effect): (Kind, Mask, f64), threshold: f64) -> Interaction {
    Interaction {
        kind,
        mask,
        order: mask::order(mask),
        effect,
        salient: salience::is_salient(effect, threshold),
    }
}

#[cfg(test)]
mod tests {
    use spindle_run::{
        content::Text,
        experiment::{Measurement, Solving},
    };

    use super::*;

    /// v = 1 + 2 [0 and 1] - 3 [any of 1, 2], as outputs on 8 masks.
    fn planted() -> Vec<f64> {
        (0..8u32)
            .map(|mask| {
                let and = if mask & 0b011 == 0b011 { 2.0 } else { 0.0 };
                let or = if mask & 0b110 == 0 { 0.0 } else { -3.0 };
                1.0 + and + or
            })
            .collect()
    }

    fn exact() -> Result<Sample, Error> {
        let experiment = Experiment {
            measurement: Measurement {
                players: 3,
                ..Measurement::default()
            },
            decomposition: Solving {
                noise_ratio: 0.0,
                tolerance: 1e-6,
                ..Solving::default()
            },
            ..Default::default()
        };
        Sample::decomposed(&experiment, planted(), SampleSolver::Certified)
    }

    #[test]
    fn the_strongest_interactions_are_those_that_were_planted() -> Result<(), Error> {
        let text = Text {
            text: "a b c".into(),
            words: vec![[0, 1], [2, 3], [4, 5]],
        };
        let players = Players::Words {
            words: vec![0, 1, 2],
        };
        let view = exact()?.view(Content::Texts(text), 1, &players, 0.1);
        let strongest: Vec<_> = view
            .interactions
            .iter()
            .filter(|found| found.salient)
            .map(|found| (found.kind, found.mask, found.order, found.effect.round()))
            .collect();
        assert_eq!(
            strongest,
            [(Kind::Or, 0b110, 2, -3.0), (Kind::And, 0b011, 2, 2.0)]
        );
        assert_eq!(
            (view.positive[1].round(), view.negative[1].round()),
            (2.0, -3.0)
        );
        Ok(())
    }

    #[test]
    fn all_interactions_explain_all_outputs_and_none_explain_the_baseline() -> Result<(), Error> {
        let sample = exact()?;
        let all = sample.matching(usize::MAX)?;
        assert!(all.largest_error < 1e-4 && all.explained_variance > 0.999_99);
        let none = sample.matching(0)?;
        assert!(none.explained.iter().all(|v| (v - 1.0).abs() < 1e-4));
        Ok(())
    }

    #[test]
    fn ranges_come_after_the_answer_and_hold_it() -> Result<(), Error> {
        let ranges = exact()?.ranges()?;
        for range in [ranges.mean_order, ranges.share_of_order_3_and_more]
            .into_iter()
            .flatten()
        {
            assert!(range.lowest <= range.value && range.value <= range.highest);
        }
        // An AND and an OR of two players each; what is single may be either.
        assert!(
            ranges
                .mean_order
                .is_some_and(|order| order.lowest >= 1.0 && order.highest < 2.1)
        );
        Ok(())
    }

    #[test]
    fn every_output_is_the_sum_of_its_terms() -> Result<(), Error> {
        let sample = exact()?;
        for (mask, output) in (0..).zip(planted()) {
            let explanation = sample.explain(mask)?;
            assert_eq!(explanation.output, output);
            assert!((explanation.sum - output).abs() < 1e-4, "mask {mask:#b}");
        }
        assert!(sample.explain(8).is_err());
        Ok(())
    }

    #[test]
    fn the_published_sgd_stays_above_the_optimum() -> Result<(), Error> {
        let experiment = Experiment::default();
        let solver = SampleSolver::PublishedSgd {
            learning_rate: 1e-2,
            steps: 100,
        };
        let primal = |solver| {
            let sample = Sample::decomposed(&experiment, planted(), solver)?;
            Ok::<_, Error>(sample.certificate.map_or(0.0, |c| c.primal))
        };
        assert!(primal(solver)? > primal(SampleSolver::Certified)?);
        Ok(())
    }
}
