//! Several runs in one figure.

use spindle_interactions::decompose::Statistic;
use spindle_run::{
    analysis,
    figure::{self, Bars, Mark},
    record::RunRecord,
};

use super::{
    Drawing, Width,
    course::{axes, of_all, values},
    losses, strength,
};
use crate::{
    Error,
    draw::{
        Ink, Rect, Stroke, Svg, Text, label,
        panel::{Cells, SMALL},
    },
    reading,
};

/// As many runs as there are inks.
pub(crate) const MOST_RUNS: usize = 6;

/// Longest name in a figure, in characters.
const NAME: usize = 22;

const DASHES: [Option<[f64; 2]>; 3] = [None, Some([5.0, 2.0]), Some([1.6, 1.6])];

pub(crate) type Named = (String, RunRecord);

/// A figure of several runs, where they have what it shows.
pub(crate) type OfRuns = fn(&[Named], Width) -> Option<Drawing>;

/// All figures of several runs.
pub(crate) const ALL: [OfRuns; 2] = [mean_orders, strengths];

/// # Errors
/// [`Error::Runs`] for more or fewer runs than one figure can show.
pub(crate) fn check(runs: &[Named]) -> Result<(), Error> {
    if (2..=MOST_RUNS).contains(&runs.len()) {
        Ok(())
    } else {
        Err(Error::Runs(runs.len()))
    }
}

/// A name with its end: that is what tells runs apart.
fn short(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME {
        return name.to_owned();
    }
    format!(
        "…{}",
        name.chars().skip(length - NAME + 1).collect::<String>()
    )
}

fn stroke(run: usize) -> Stroke {
    Stroke {
        dash: DASHES[run % DASHES.len()],
        ..Stroke::solid(Ink::Series(run), 1.5)
    }
}

fn boundary(run: &RunRecord) -> Option<Mark> {
    figure::boundary(run)
}

/// Mean order over epochs, one curve per run.
fn mean_orders(runs: &[Named], width: Width) -> Option<Drawing> {
    let data: Vec<_> = runs
        .iter()
        .map(|(_, run)| analysis::course(run, Statistic::MeanOrder))
        .collect();
    let curves: Vec<_> = data
        .iter()
        .map(|data| data.as_ref().map_or_else(Vec::new, of_all))
        .collect();
    if curves.iter().all(|curve| curve.len() < 2) {
        return None;
    }
    let extent = reading::extent(reading::ends(curves.iter().flatten().map(|(_, e)| e)))?;
    // In a narrow figure the names stand above the frame.
    let (top, right) = width.choose((8.0, 112.0), (12.0 + 10.0 * runs.len() as f64, 4.0));
    let frame = Rect::new(
        34.0,
        top,
        width.points() - 34.0 - right,
        width.choose(160.0, 130.0),
    );
    let mut svg = Svg::new(width.points(), frame.bottom + losses::BELOW);
    let panel = axes(
        &mut svg,
        runs.iter().map(|(_, run)| run),
        frame,
        extent,
        "Mean order (players)",
    );
    for (i, curve) in curves.iter().enumerate() {
        let band: Vec<_> = curve.iter().map(|(x, e)| (*x, e.low, e.high)).collect();
        panel.band(&mut svg, &band, Ink::Series(i));
    }
    let mut labels = Vec::new();
    for (i, (curve, (name, run))) in curves.iter().zip(runs).enumerate() {
        let (ink, points) = (Ink::Series(i), values(curve));
        panel.curve(&mut svg, &points, stroke(i));
        let turn = boundary(run).map(|mark| mark.epoch);
        for &(epoch, value) in &points {
            if turn == Some(epoch) {
                svg.ring(panel.at(epoch, value), 4.0, ink);
            }
            svg.disc(panel.at(epoch, value), 1.7, ink);
        }
        labels.extend(curve.last().map(|(_, e)| (e.value, short(name), ink)));
    }
    match width {
        Width::Double => panel.end_labels(&mut svg, &labels),
        Width::Single => key(&mut svg, runs),
    }
    let boundaries = runs.iter().map(|(name, run)| match boundary(run) {
        Some(Mark {
            epoch, low, high, ..
        }) => {
            let [epoch, low, high] = [epoch, low, high].map(label::epoch);
            format!("{name}: epoch {epoch} [{low}, {high}]")
        }
        None => format!("{name}: not distinguishable"),
    });
    let caption = format!(
        "Mean order of all interactions over training, a curve per run. Rings: boundary of the phases ({}). \
         Bands: 95 % bootstrap intervals over the samples.",
        boundaries.collect::<Vec<_>>().join("; ")
    );
    let title = "Mean order of interactions over training, several runs".into();
    Some(Drawing {
        name: "compare-mean-order".into(),
        title,
        caption,
        svg,
    })
}

/// Names of the runs, one below the other, each behind a piece of its line.
fn key(svg: &mut Svg, runs: &[Named]) {
    for (i, (name, _)) in runs.iter().enumerate() {
        let y = 8.0 + 10.0 * i as f64;
        svg.line((34.0, y - 2.4), (48.0, y - 2.4), stroke(i));
        svg.text((52.0, y), &short(name), Text::new(SMALL, Ink::Series(i)));
    }
}

/// Strength by order before training, where orders are lowest and at the end, a row per run.
fn strengths(runs: &[Named], width: Width) -> Option<Drawing> {
    let rows: Vec<Vec<Bars>> = runs.iter().map(|(_, run)| turning_points(run)).collect();
    let columns = rows
        .iter()
        .map(Vec::len)
        .max()
        .filter(|columns| *columns > 0)?;
    let extent = strength::extent(rows.iter().flatten());
    let height = width.choose(78.0, 64.0);
    let pitch = height + 68.0;
    let mut svg = Svg::new(width.points(), pitch * runs.len() as f64 - 4.0);
    for (i, ((name, _), row)) in runs.iter().zip(&rows).enumerate() {
        let top = pitch * i as f64;
        svg.text(
            (34.0, top + 10.0),
            &short(name),
            Text::new(9.4, Ink::Series(i)).bold(),
        );
        let cells = Cells::new(
            columns,
            [34.0, top + 38.0],
            width.points() - 38.0,
            40.0,
            height,
            [12.0, 0.0],
        );
        strength::panels(&mut svg, row, &cells, false, extent);
    }
    let caption = format!(
        "Strength of salient interactions by order, a row per run: before training, where orders are lowest and at \
         the end. {} Intervals: 95 % bootstrap over the samples.",
        strength::READING
    );
    Some(Drawing {
        name: "compare-strength".into(),
        title: "Strength by order, several runs".into(),
        caption,
        svg,
    })
}

/// Before training, where orders are lowest, at the end.
fn turning_points(run: &RunRecord) -> Vec<Bars> {
    let turning = run.turning_points();
    let panels = analysis::two_phases(run).map_or_else(Vec::new, |data| data.panels);
    let shown = panels
        .into_iter()
        .filter(|bars| turning.contains(&bars.checkpoint));
    shown.collect()
}
