//! The theory of the second phase (arXiv 2407.19198): noise on the weights that shrinks.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{
    decompose::Decomposition,
    salience,
    strength::SampleStrength,
    theory::{self, Tilt},
};

use super::{
    Analysis, Behind, OfRun, Scope, Shown, phases,
    samples::{of, resamples},
};
use crate::{
    Error,
    figure::{
        BarPanel, BarPanels, Figure, FigureKind, Measured, ORDER, Overlay, SHARE, Series, Tone,
        caption::{self, number},
        numbers::significant,
        orders,
    },
    record::{Group, Recorded, RunRecord, Summary, recorded},
    table::{Table, at_checkpoints},
};

/// The theory's curve per checkpoint from the boundary on, without the last one, where it is true
/// by construction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Theory(pub Vec<TheoryFit>);

impl Recorded for Theory {
    const NAME: &'static str = "theory";
    const VERSION: u32 = 1;
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
    /// What a curve with as many parameters and no theory gives: the last checkpoint's share, times
    /// exp(-rate order), normalised.
    #[serde(default)]
    pub tilt: Option<Tilt>,
}

/// The analysis.
pub(super) struct SecondPhase;

impl Shown for SecondPhase {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        figure(record).into_iter().collect()
    }
}

impl Analysis for SecondPhase {
    fn name(&self) -> &'static str {
        Theory::NAME
    }

    fn version(&self) -> u32 {
        Theory::VERSION
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Run]
    }

    fn of_run(&self, run: &OfRun<'_>) -> Result<Value, Error> {
        let fits = match phases::find(run).0.boundary {
            Some(boundary) => fits(run, boundary.index)?,
            None => Vec::new(),
        };
        recorded(&Some(Theory(fits)))
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        vec![table(record)]
    }

    fn behind(&self, _: &Figure, record: &RunRecord) -> Vec<Behind> {
        vec![Behind::new("Predicted shares as a table", table(record))]
    }
}

/// The theory's curve fitted to every checkpoint from the boundary on, but the last one, whose
/// interactions it starts from.
fn fits(run: &OfRun<'_>, boundary: usize) -> Result<Vec<TheoryFit>, Error> {
    let record = run.record;
    let last = record.checkpoints.last();
    let Some(end) = last.and_then(|last| last.summary.as_ref()) else {
        return Ok(Vec::new());
    };
    let overlay = overlay(record, end, run.last)?;
    let fitted = boundary..run.strengths.len().saturating_sub(1);
    let strengths = run.strengths.get(fitted.clone()).unwrap_or_default();
    let measured: Vec<Vec<SampleStrength>> = strengths
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

/// The salient interactions of the test samples at the last checkpoint, ready to be shrunk by
/// noise.
fn overlay(
    record: &RunRecord,
    end: &Summary,
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

/// How it is drawn.
const READING: &str = "Bars: measured shares of strength by order, with intervals. Line: what the theory of arXiv 2407.19198 predicts from the \
     interactions of the last checkpoint; its one free number, the noise σ², is fitted to each checkpoint by least squares (ours).";

/// The theory's curve over the measured shares; `None` where it was not fitted.
fn figure(record: &RunRecord) -> Option<Figure> {
    let Theory(found) = record.analyses.get()?;
    let fits: Vec<(Measured<'_>, TheoryFit)> = found
        .into_iter()
        .filter_map(|fit| {
            let at = Measured::all(record).find(|at| at.checkpoint == fit.checkpoint)?;
            Some((at, fit))
        })
        .collect();
    let caption = in_words(&fits)?;
    let count = fits.iter().map(|(_, fit)| fit.share.len()).max()?;
    let data = BarPanels {
        x: ORDER,
        y: SHARE,
        categories: orders(count),
        series: vec![Series {
            name: "measured".into(),
            tone: Tone::Behind,
        }],
        overlay: Some(Overlay {
            name: "theory".into(),
            tone: Tone::Theory,
            is_dotted: false,
        }),
        panels: fits
            .iter()
            .map(|(at, fit)| panel(record, *at, fit))
            .collect(),
    };
    Some(Figure {
        name: "theory",
        title: "Theory of the second phase over the measured shares".into(),
        caption,
        kind: FigureKind::Bars(data),
    })
}

fn panel(record: &RunRecord, at: Measured<'_>, fit: &TheoryFit) -> BarPanel {
    let bound = if fit.at_edge && fit.sigma2 > 0.0 {
        "≥"
    } else {
        "="
    };
    BarPanel {
        title: at.title(record),
        note: format!("σ² {bound} {}", significant(fit.sigma2, 2)),
        bars: vec![at.test.share.clone()],
        overlay: Some(fit.share.clone()),
    }
}

fn in_words(fits: &[(Measured<'_>, TheoryFit)]) -> Option<String> {
    let (first, last) = (fits.first()?, fits.last()?);
    let fitted = |(at, fit): &(Measured<'_>, TheoryFit)| {
        let [value, low, high] = [fit.sigma2, fit.low, fit.high].map(number);
        format!("{value} [{low}, {high}] ({})", caption::when(at.epoch))
    };
    let falls = fits
        .windows(2)
        .filter(|pair| pair[1].1.sigma2 < pair[0].1.sigma2);
    let edges = fits.iter().filter(|(_, fit)| fit.at_edge).count();
    let tilt = |fit: &TheoryFit| Some(fit.tilt.as_ref()?.residual);
    let better = fits
        .iter()
        .filter(|(_, fit)| tilt(fit).is_some_and(|tilt| fit.residual < tilt));
    let mean = |value: &dyn Fn(&TheoryFit) -> f64| {
        number(fits.iter().map(|(_, fit)| value(fit)).sum::<f64>() / fits.len() as f64)
    };
    Some(format!(
        "Fitted σ²: {} to {}, falling in {} of {} steps, where the theory has it fall in all; {edges} of {} fits are at an end of what was tried. \
         The mean residual is {} in shares, that of an exponential tilt of the last share, which has one parameter as well, {}: the theory is nearer at {} of {} checkpoints. \
         The last checkpoint is left out, where the curve is true by construction. {READING}",
        fitted(first),
        fitted(last),
        falls.count(),
        fits.len() - 1,
        fits.len(),
        mean(&|fit| fit.residual),
        mean(&|fit| tilt(fit).unwrap_or(f64::NAN)),
        better.count(),
        fits.len()
    ))
}

/// The theory's curve: a row per checkpoint from the boundary on and order.
fn table(record: &RunRecord) -> Table {
    let found: Option<Theory> = record.analyses.get();
    let rows: Vec<_> = found
        .iter()
        .flat_map(|Theory(fits)| fits)
        .filter(|fit| fit.checkpoint < record.checkpoints.len())
        .flat_map(|fit| {
            (1..)
                .zip(&fit.share)
                .map(move |(order, share)| (fit, order, *share))
        })
        .collect();
    at_checkpoints(
        Table::new("theory"),
        record,
        rows.iter().map(|row| row.0.checkpoint),
    )
    .integer("order", rows.iter().map(|row| row.1))
    .real("sigma2", rows.iter().map(|row| row.0.sigma2))
    .real("sigma2_low", rows.iter().map(|row| row.0.low))
    .real("sigma2_high", rows.iter().map(|row| row.0.high))
    .real("share", rows.iter().map(|row| row.2))
    .real("residual", rows.iter().map(|row| row.0.residual))
    .real(
        "tilt_share",
        rows.iter().map(|row| {
            let tilt = row.0.tilt.as_ref()?;
            tilt.share.get(row.1 - 1).copied()
        }),
    )
    .real(
        "tilt_residual",
        rows.iter()
            .map(|row| row.0.tilt.as_ref().map(|tilt| tilt.residual)),
    )
}
