//! What all checkpoints together show: phases, the loss gap, theory.

use spindle_interactions::{
    decompose::{Decomposition, Statistic},
    phase::{self, Measured, Phases, SplitLosses},
    salience,
    strength::{self, SampleStrength},
    theory,
};
use spindle_run::{
    event::SampleLosses,
    record::{Analysis, CheckpointRecord, Dynamics, Group, RunRecord, SampleRecord, TheoryFit},
};

use super::{of, resamples};
use crate::Error;

/// Strengths by order of the test samples at one checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct TestStrengths {
    /// Of all effects.
    pub all: Vec<SampleStrength>,
    /// Of salient ones.
    pub salient: Vec<SampleStrength>,
}

impl TestStrengths {
    /// `threshold`: that of the checkpoint's analysis.
    #[must_use]
    pub fn new(samples: &[SampleRecord], decompositions: &[Decomposition], threshold: f64) -> Self {
        let at = |threshold| {
            let test = of(samples, decompositions, Group::Test);
            test.map(|(_, found)| strength::of_sample(found, threshold))
                .collect()
        };
        Self {
            all: at(0.0),
            salient: at(threshold),
        }
    }
}

/// What all checkpoints of `record` together show.
///
/// `strengths` and `losses` are those of every checkpoint, `last` the decompositions of all samples at the last one.
///
/// # Errors
/// Decompositions that do not fit the experiment.
pub fn dynamics(
    record: &RunRecord,
    strengths: &[TestStrengths],
    losses: &[SampleLosses],
    last: &[Decomposition],
) -> Result<Dynamics, Error> {
    let resamples = resamples(&record.experiment);
    let (phases, boundaries) = phases(record, strengths);
    let boundary = phases.first().and_then(Phases::boundary);
    let (loss_gap, onsets) =
        phase::loss_gap(&split(losses), chance_loss(record), &resamples.other());
    let epochs: Vec<f64> = record.checkpoints.iter().map(|c| c.losses.epoch).collect();
    let lag = boundary.zip(loss_gap.onset).and_then(|(boundary, onset)| {
        phase::lag(
            &epochs,
            (boundary.index, &boundaries),
            (onset.index, &onsets),
        )
    });
    let theory = match boundary {
        Some(boundary) => theory_fits(record, strengths, boundary.index, last)?,
        None => Vec::new(),
    };
    Ok(Dynamics {
        phases,
        boundary,
        loss_gap: Some(loss_gap),
        lag,
        theory,
    })
}

/// The phases by both statistics, first the one that decides, and the smallest checkpoint of that one in every draw.
fn phases(record: &RunRecord, strengths: &[TestStrengths]) -> (Vec<Phases>, Vec<usize>) {
    let checkpoints = record.checkpoints.iter().zip(strengths);
    let checkpoints: Vec<Measured> = checkpoints
        .map(|(checkpoint, strengths)| Measured {
            strengths: strengths.all.clone(),
            ranges: test_ranges(&record.samples, checkpoint),
        })
        .collect();
    let first = phase::first_statistic(&checkpoints);
    let resamples = resamples(&record.experiment);
    let (phases, draws) = phase::two_phases(first, &checkpoints, &resamples);
    let others = Statistic::ALL
        .into_iter()
        .filter(|&statistic| statistic != first);
    let others = others.map(|statistic| phase::two_phases(statistic, &checkpoints, &resamples).0);
    (std::iter::once(phases).chain(others).collect(), draws)
}

/// What the ranges of the test samples follow from; `None` where a sample with effects has none.
fn test_ranges(
    samples: &[SampleRecord],
    checkpoint: &CheckpointRecord,
) -> Option<Vec<spindle_interactions::decompose::RangeBounds>> {
    let certificates = &checkpoint.analysis.as_ref()?.certificates;
    let test = samples
        .iter()
        .zip(certificates)
        .filter(|(sample, _)| sample.group == Group::Test);
    test.map(|(_, certificate)| {
        if certificate.primal > 0.0 {
            certificate.ranges
        } else {
            Some(Default::default())
        }
    })
    .collect()
}

fn split(losses: &[SampleLosses]) -> SplitLosses {
    SplitLosses {
        train: losses
            .iter()
            .map(|l| l.rightly_labelled().collect())
            .collect(),
        test: losses.iter().map(|l| l.test.clone()).collect(),
    }
}

/// Where it is not known, that of classes of one size.
fn chance_loss(record: &RunRecord) -> f64 {
    let even = || (record.classes.len().max(2) as f64).ln();
    record.provenance.chance_loss.unwrap_or_else(even)
}

/// Whether the second phase has begun: the same rule as for a run that has ended.
#[must_use]
pub fn second_phase_has_begun(record: &RunRecord) -> bool {
    record
        .dynamics
        .as_ref()
        .is_some_and(|dynamics| dynamics.boundary.is_some())
}

/// The theory's curve fitted to every checkpoint from the boundary on, but the last one, whose interactions it starts from.
fn theory_fits(
    record: &RunRecord,
    strengths: &[TestStrengths],
    boundary: usize,
    last: &[Decomposition],
) -> Result<Vec<TheoryFit>, Error> {
    let Some(end) = record.checkpoints.last().and_then(|c| c.analysis.as_ref()) else {
        return Ok(Vec::new());
    };
    let overlay = overlay(record, end, last)?;
    let fitted = boundary..strengths.len().saturating_sub(1);
    let measured: Vec<Vec<SampleStrength>> = strengths[fitted.clone()]
        .iter()
        .map(|strengths| strengths.salient.clone())
        .collect();
    let fits = overlay.fit(
        &measured,
        &theory::sigma2_grid(),
        &resamples(&record.experiment),
    )?;
    let named = fitted.zip(fits).filter_map(|(checkpoint, fit)| {
        let fit = fit?;
        Some(TheoryFit {
            checkpoint,
            sigma2: fit.sigma2,
            low: fit.low,
            high: fit.high,
            at_edge: fit.at_edge,
            share: fit.share,
            residual: fit.residual,
            tilt: Some(fit.tilt),
        })
    });
    Ok(named.collect())
}

/// The salient interactions of the test samples at the last checkpoint, ready to be shrunk by noise.
fn overlay(
    record: &RunRecord,
    end: &Analysis,
    last: &[Decomposition],
) -> Result<theory::Overlay, Error> {
    let experiment = &record.experiment;
    let salient: Vec<[Vec<f64>; 2]> = of(&record.samples, last, Group::Test)
        .map(|(_, d)| [&d.and, &d.or].map(|effects| salient_only(effects, end.threshold)))
        .collect();
    let arrays: Vec<[&[f64]; 2]> = salient
        .iter()
        .map(|sample| sample.each_ref().map(Vec::as_slice))
        .collect();
    Ok(theory::Overlay::new(
        experiment.measurement.players,
        &arrays,
        experiment.decomposition.salience,
    )?)
}

/// Effects below the threshold, and that of the empty set, set to 0.
fn salient_only(effects: &[f64], threshold: f64) -> Vec<f64> {
    let kept = |(mask, &effect): (usize, &f64)| {
        if mask > 0 && salience::is_salient(effect, threshold) {
            effect
        } else {
            0.0
        }
    };
    effects.iter().enumerate().map(kept).collect()
}
