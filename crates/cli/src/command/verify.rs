//! `spindle verify`: every certificate again, in exact arithmetic.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use rayon::prelude::*;
use serde::Serialize;
use spindle_interactions::{
    decompose::{Decomposition, NEAR_OPTIMAL, RangeBounds, Ranges, Statistic, weights},
    exact,
    strength::{SampleStrength, StrengthByOrder},
};
use spindle_run::{
    RunFolder, encoding,
    export::Export,
    record::{Group, RangedEstimate, RunRecord, Summary},
};

use crate::{
    arguments::Verify,
    interrupt::{self, Interrupted},
    terminal::Terminal,
};

/// How far a number that is stored may be from the exact one: rounding of sums over masks, relative
/// to the largest number in them.
const ROUNDING: f64 = 1e-10;
/// The same for what an export keeps in 32 bits.
const SINGLE_ROUNDING: f64 = 1e-5;

/// What a ZIP archive begins with, such as a .spindle file whatever it is called.
const ZIP: &[u8] = b"PK";

/// What was checked and what was wrong.
#[derive(Default, Serialize)]
struct Report {
    /// Decompositions.
    games: usize,
    /// Dual points: one a game, and four where there are ranges.
    dual_points: usize,
    /// The largest relative gap between norm and lower bound.
    largest_gap: f64,
    /// By how much, relative to the largest output, a reconstruction exceeds its noise bound at
    /// most.
    largest_excess: f64,
    /// A sentence for everything that does not hold.
    faults: Vec<String>,
}

impl Report {
    fn add(mut self, other: Self) -> Self {
        self.games += other.games;
        self.dual_points += other.dual_points;
        self.largest_gap = self.largest_gap.max(other.largest_gap);
        self.largest_excess = self.largest_excess.max(other.largest_excess);
        self.faults.extend(other.faults);
        self
    }

    /// A fault unless a stored number is the exact one up to rounding.
    fn compare(&mut self, what: &str, stored: f64, exact: f64, size: f64) {
        self.compare_within(ROUNDING, what, stored, exact, size);
    }

    fn compare_within(&mut self, rounding: f64, what: &str, stored: f64, exact: f64, size: f64) {
        let differs = (stored - exact).abs() > rounding * size.max(exact.abs());
        if differs || stored.is_nan() {
            self.faults
                .push(format!("{what} is stored as {stored:e} and is {exact:e}"));
        }
    }
}

/// Runs the command.
pub(crate) fn verify(arguments: &Verify, terminal: &Terminal) -> anyhow::Result<()> {
    let path = &arguments.path;
    let report = if path.is_dir() {
        of_run(path, terminal)?
    } else {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        match bytes.starts_with(ZIP) {
            true => of_export(path, &bytes)?,
            false => of_file(path, &bytes)?,
        }
    };
    terminal.say(&summary(&report));
    terminal.document(&report)?;
    match report.faults.as_slice() {
        [] => {
            terminal.say("all of it holds");
            Ok(())
        }
        [first, rest @ ..] => {
            for fault in rest.iter().take(20) {
                terminal.warn(fault);
            }
            bail!(
                "{} of {} do not hold: {first}",
                path.display(),
                report.faults.len()
            )
        }
    }
}

fn summary(report: &Report) -> String {
    if report.games == 0 {
        return "An export has no dual points in it: its digests were checked, and that its first numbers follow from its strengths and bounds.\n\
            Verify the run's folder for the rest."
            .into();
    }
    format!(
        "decompositions   {}\ndual points      {}, in exact arithmetic\nlargest gap      {:.2e}\nlargest excess   {:.1e} of the largest output",
        report.games, report.dual_points, report.largest_gap, report.largest_excess
    )
}

/// All checkpoints of a run, and its record against them.
fn of_run(path: &Path, terminal: &Terminal) -> anyhow::Result<Report> {
    let (folder, record) = RunFolder::open(path)?;
    let analysed: Vec<(usize, &Summary)> = record
        .checkpoints
        .iter()
        .filter_map(|c| Some((c.losses.step, c.summary.as_ref()?)))
        .collect();
    if analysed.is_empty() {
        bail!(
            "{} has no decomposition yet; run: spindle analyze {0}",
            path.display()
        );
    }
    let bar = terminal.bar("verify", "checkpoints", 0, analysed.len());
    let mut report = Report::default();
    for (step, summary) in analysed {
        let outputs = folder.outputs(&record, step)?;
        let found = folder.interactions(&record, step)?;
        let at = format!("step {step}, ");
        let mut here = of_games(&outputs.values, &found, &at)?;
        let damaged = folder.damaged(&record, step).into_iter();
        here.faults.extend(damaged.map(|error| error.to_string()));
        if summary.certificates.len() != found.len() {
            here.faults.push(format!(
                "{at}run.json has {} certificates of {} decompositions",
                summary.certificates.len(),
                found.len()
            ));
        }
        for (sample, (stored, d)) in summary.certificates.iter().zip(&found).enumerate() {
            let c = &d.certificate;
            let same = [stored.primal, stored.dual, stored.gap] == [c.primal, c.dual, c.gap]
                && stored.ranges == d.ranges.as_ref().map(Ranges::bounds);
            if !same {
                here.faults.push(format!(
                    "{at}sample {sample}: run.json's certificate is not that of the interactions"
                ));
            }
        }
        let headline = Headline {
            sizes: sizes(&summary.unthresholded),
            rounding: ROUNDING,
        };
        headline.check(&record, summary, &at, &mut here);
        report = report.add(here);
        bar.inc(1);
        interrupt::check(Interrupted::Reading)?;
    }
    bar.finish_and_clear();
    Ok(report)
}

/// A file that `spindle decompose` wrote.
fn of_file(path: &Path, bytes: &[u8]) -> anyhow::Result<Report> {
    let named = || format!("cannot verify {}", path.display());
    let found = encoding::decode_decompositions(bytes).with_context(named)?;
    let Some(values) = encoding::decode_decomposed_outputs(bytes).with_context(named)? else {
        bail!(
            "{} has no outputs in it, which certificates are about: decompose again with this version, or verify the run's folder",
            path.display()
        );
    };
    of_games(&values, &found, "")
}

/// An export: reading it checks the digests of its parts.
fn of_export(path: &Path, bytes: &[u8]) -> anyhow::Result<Report> {
    let export =
        Export::unpack(bytes).with_context(|| format!("cannot verify {}", path.display()))?;
    let mut report = Report::default();
    let analysed = export
        .record
        .checkpoints
        .iter()
        .filter_map(|c| Some((c, c.summary.as_ref()?)));
    for (position, (checkpoint, summary)) in analysed.enumerate() {
        let at = format!("step {}, ", checkpoint.losses.step);
        let headline = match &export.strengths {
            Some(strengths) => Headline {
                sizes: sums(&strengths.of(&export.record, position, Group::Test)),
                rounding: SINGLE_ROUNDING,
            },
            None => Headline {
                sizes: sizes(&summary.unthresholded),
                rounding: ROUNDING,
            },
        };
        headline.check(&export.record, summary, &at, &mut report);
    }
    Ok(report)
}

/// Strength by order, signs taken together.
fn sizes(strength: &StrengthByOrder) -> Vec<f64> {
    let both = strength.positive.iter().zip(&strength.negative);
    both.map(|(positive, negative)| positive.value - negative.value)
        .collect()
}

/// The same of samples together.
fn sums(samples: &[SampleStrength]) -> Vec<f64> {
    let orders = samples.first().map_or(0, |sample| sample.positive.len());
    let of_order = |order: usize| {
        samples
            .iter()
            .map(|sample| sample.positive[order] - sample.negative[order])
            .sum()
    };
    (0..orders).map(of_order).collect()
}

fn of_games(values: &[f64], found: &[Decomposition], at: &str) -> anyhow::Result<Report> {
    let masks = found.first().map_or(1, |d| d.and.len());
    let games: Vec<(usize, (&[f64], &Decomposition))> =
        values.chunks_exact(masks).zip(found).enumerate().collect();
    let reports = games
        .into_par_iter()
        .map(|(sample, (v, d))| of_game(v, d, &format!("{at}sample {sample}")))
        .collect::<anyhow::Result<Vec<Report>>>()?;
    Ok(reports.into_iter().fold(Report::default(), Report::add))
}

fn of_game(v: &[f64], d: &Decomposition, name: &str) -> anyhow::Result<Report> {
    let mut report = Report {
        games: 1,
        dual_points: 1,
        ..Report::default()
    };
    let (c, players) = (&d.certificate, d.players());
    let effects = exact::effects(v, c.noise_bound, d.baseline, &d.and, &d.or)
        .with_context(|| format!("{name} cannot be verified"))?;
    let largest = v.iter().fold(0.0_f64, |most, x| most.max((x - v[0]).abs()));
    report.compare(&format!("{name}: the norm"), c.primal, effects.norm, 0.0);
    if effects.excess > ROUNDING * largest {
        report.faults.push(format!(
            "{name}: the effects miss the outputs by {:e} more than the noise bound",
            effects.excess
        ));
    }
    report.largest_excess = if largest > 0.0 {
        effects.excess / largest
    } else {
        0.0
    };
    let plain = exact::bound(v, c.noise_bound, &d.dual, &vec![1.0; players + 1])?;
    if !plain.is_feasible {
        report
            .faults
            .push(format!("{name}: the dual point exceeds a constraint"));
    }
    report.compare(
        &format!("{name}: the lower bound"),
        c.dual,
        plain.bound.max(0.0),
        effects.norm,
    );
    let gap = if effects.norm > 0.0 {
        (effects.norm - plain.bound) / effects.norm
    } else {
        0.0
    };
    report.largest_gap = gap;
    report.compare(&format!("{name}: the gap"), c.gap, gap.max(0.0), 1.0);
    let Some(ranges) = &d.ranges else {
        return Ok(report);
    };
    let allowed = ((1.0 + NEAR_OPTIMAL) * c.smallest_norm).max(c.primal);
    report.compare(
        &format!("{name}: the limit of the ranges"),
        ranges.limit,
        allowed,
        0.0,
    );
    for (proof, weights) in ranges.proofs.iter().zip(weights(players)) {
        report.dual_points += 1;
        let dual: Vec<f64> = proof.dual.iter().map(|y| f64::from(*y)).collect();
        let exact = exact::bound(v, c.noise_bound, &dual, &weights)?;
        if !exact.is_feasible {
            report.faults.push(format!(
                "{name}: a dual point of the ranges exceeds a constraint"
            ));
        }
        report.compare(
            &format!("{name}: a bound of the ranges"),
            proof.bound,
            exact.bound.max(0.0),
            effects.norm,
        );
    }
    Ok(report)
}

/// What the first numbers of a checkpoint follow from, beside the bounds of its samples.
struct Headline {
    /// Strength by order over the test samples.
    sizes: Vec<f64>,
    /// How exact all of it is.
    rounding: f64,
}

impl Headline {
    /// Whether they follow.
    fn check(&self, record: &RunRecord, summary: &Summary, at: &str, report: &mut Report) {
        let total: f64 = self.sizes.iter().sum();
        let test = || {
            let samples = record.samples.iter().zip(&summary.certificates);
            samples.filter(|(sample, c)| sample.group == Group::Test && c.primal > 0.0)
        };
        let bounds: Option<Vec<RangeBounds>> = test().map(|(_, c)| c.ranges).collect();
        let pooled = RangeBounds::pooled(&bounds.unwrap_or_default());
        let all = &summary.all_effects;
        for (statistic, name, stored) in [
            (Statistic::MeanOrder, "mean order", all.mean_order),
            (
                Statistic::ShareOfHighOrders,
                "share of orders of 3 and more",
                all.share_of_order_3_and_more,
            ),
        ] {
            let Some(RangedEstimate {
                value,
                lowest,
                highest,
                ..
            }) = stored
            else {
                continue;
            };
            let weighted = (1..)
                .zip(&self.sizes)
                .map(|(order, size)| statistic.from_below(order) * size);
            report.compare_within(
                self.rounding,
                &format!("{at}the {name}"),
                value,
                weighted.sum::<f64>() / total,
                1.0,
            );
            let range = pooled.range(statistic, record.experiment.measurement.players);
            for (end, stored, exact) in [
                ("lowest", lowest, range.map(|r| r.0)),
                ("highest", highest, range.map(|r| r.1)),
            ] {
                match (stored, exact) {
                    (Some(stored), Some(exact)) => {
                        report.compare_within(
                            self.rounding,
                            &format!("{at}the {end} {name}"),
                            stored,
                            exact,
                            1.0,
                        );
                    }
                    (None, None) => {}
                    _ => report.faults.push(format!(
                        "{at}the {end} {name} does not follow from its samples' bounds"
                    )),
                }
            }
        }
    }
}
