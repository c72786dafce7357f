//! Figures of a sweep: settings side by side, each the mean over its seeds.

use spindle_interactions::bootstrap::Estimate;

use super::{
    CellRecord, Domain, OverSeeds, Sweep,
    matched::{AtLoss, matched},
    seeds::{mean_over_seeds, settings},
};
use crate::{
    figure::{
        Axis, BarPanel, BarPanels, Curve, Curves, Drawn, Figure, FigureKind, ORDER, SHARE, Series,
        Tone, caption, orders,
    },
    record::CheckpointRecord,
};

/// Settings that a figure takes: more are not told apart by colour.
const MOST_SETTINGS: usize = 8;
/// What every interval here is.
const INTERVALS: &str = "Means over seeds with 95 % intervals by Student's t, cut where the quantity ends (no share is below 0), which hold data and all other settings fixed; without an interval where a setting has one seed.";

/// All figures that the runs have the data for.
#[must_use]
pub fn figures(sweep: &Sweep, runs: &[CellRecord<'_>]) -> Vec<Figure> {
    let groups = settings(runs);
    let shown = match groups.len() > MOST_SETTINGS {
        true => format!(
            " Shown: the first {MOST_SETTINGS} of {} settings.",
            groups.len()
        ),
        false => String::new(),
    };
    let fields: Vec<String> = OverSeeds::fields(sweep)
        .iter()
        .map(|field| field.replace('_', " "))
        .collect();
    let named: Vec<Named<'_>> = groups
        .into_iter()
        .take(MOST_SETTINGS)
        .map(|(setting, runs)| (name(&fields, setting, runs.len()), runs))
        .collect();
    let curves = COURSES
        .iter()
        .filter_map(|course| over_training(course, &named));
    let matched = at_matched_loss(&matched(runs), &named);
    let mut figures: Vec<Figure> = curves.chain(matched).collect();
    for figure in &mut figures {
        figure.caption.push_str(&shown);
    }
    figures
}

/// A setting's name, and its runs.
type Named<'a> = (String, Vec<&'a CellRecord<'a>>);

fn name(fields: &[String], setting: &[String], runs: usize) -> String {
    let parts = fields.iter().zip(setting);
    let parts: Vec<String> = parts
        .map(|(field, value)| format!("{field} {value}"))
        .collect();
    match parts.is_empty() {
        true => format!("all ({runs})"),
        false => format!("{} ({runs})", parts.join(", ")),
    }
}

/// A value over training.
struct Course {
    name: &'static str,
    title: &'static str,
    y: Axis,
    domain: Domain,
    value: fn(&CheckpointRecord) -> Option<f64>,
}

const COURSES: [Course; 3] = [
    Course {
        name: "share-of-high-orders",
        title: "Share of orders of 3 and more",
        y: SHARE,
        domain: Domain::SHARE,
        value: high_orders,
    },
    Course {
        name: "loss-gap",
        title: "Test loss less training loss of right labels",
        y: Axis {
            label: "loss gap",
            unit: "nats",
        },
        domain: Domain::ANY,
        value: |at| Some(at.losses.gap()),
    },
    Course {
        name: "test-loss",
        title: "Test loss",
        y: Axis {
            label: "test loss",
            unit: "nats",
        },
        domain: Domain::POSITIVE,
        value: |at| Some(at.losses.test_loss),
    },
];

fn high_orders(at: &CheckpointRecord) -> Option<f64> {
    let found = at.summary.as_ref()?.all_effects.share_of_order_3_and_more?;
    Some(found.value)
}

/// A curve a setting.
fn over_training(course: &Course, settings: &[Named<'_>]) -> Option<Figure> {
    let runs = settings.iter().flat_map(|(_, runs)| runs);
    let mut epochs: Vec<f64> = runs
        .flat_map(|run| run.record.checkpoints.iter().map(|at| at.losses.epoch))
        .collect();
    epochs.sort_by(f64::total_cmp);
    epochs.dedup();
    let curve = |(place, (name, runs)): (usize, &Named<'_>)| Curve {
        name: name.clone(),
        tone: Tone::Series(place),
        drawn: Drawn::Line,
        unscaled: None,
        values: epochs
            .iter()
            .map(|&epoch| over_runs(course, runs, epoch))
            .collect(),
    };
    let curves: Vec<Curve> = settings.iter().enumerate().map(curve).collect();
    if curves
        .iter()
        .all(|curve| curve.values.iter().flatten().count() < 2)
    {
        return None;
    }
    Some(Figure {
        name: course.name,
        title: format!("{} over training", course.title),
        caption: format!("{INTERVALS} In parentheses: how many runs."),
        kind: FigureKind::Curves(Curves {
            y: course.y,
            has_zero: true,
            epochs,
            curves,
            marks: Vec::new(),
        }),
    })
}

fn over_runs(course: &Course, runs: &[&CellRecord<'_>], epoch: f64) -> Option<Estimate> {
    let at = |run: &&CellRecord<'_>| {
        let mut checkpoints = run.record.checkpoints.iter();
        let value = (course.value)(checkpoints.find(|at| at.losses.epoch == epoch)?)?;
        Some((run.seed(), value))
    };
    mean(course.domain, runs.iter().filter_map(at))
}

/// Mean over seeds with its interval; of one seed without one.
pub(super) fn mean(
    domain: Domain,
    drawn: impl IntoIterator<Item = (u64, f64)>,
) -> Option<Estimate> {
    let (value, interval) = mean_over_seeds(domain, drawn)?;
    let [low, high] = interval.unwrap_or([value; 2]);
    Some(Estimate { value, low, high })
}

/// Shares of strength by order where runs have the same training loss.
fn at_matched_loss(found: &[AtLoss<'_>], settings: &[Named<'_>]) -> Option<Figure> {
    let panels: Vec<BarPanel> = found
        .iter()
        .map(|at| BarPanel {
            title: format!("training loss {}", caption::number(at.loss)),
            note: String::new(),
            bars: at
                .profiles
                .iter()
                .take(settings.len())
                .map(|(_, profile)| profile.clone())
                .collect(),
            overlay: None,
        })
        .collect();
    let count = panels.iter().flat_map(|panel| panel.bars.iter().flatten());
    let count = count.map(Vec::len).max()?;
    let series = settings.iter().enumerate();
    let series = series.map(|(place, (name, _))| Series {
        name: name.clone(),
        tone: Tone::Series(place),
    });
    Some(Figure {
        name: "orders-at-matched-loss",
        title: "Shares of strength by order at the same training loss".into(),
        caption: format!(
            "Shares of all effects of the test samples, between the two checkpoints around the first fall of the training loss below that of the panel. {INTERVALS}"
        ),
        kind: FigureKind::Bars(BarPanels {
            x: ORDER,
            y: SHARE,
            categories: orders(count),
            series: series.collect(),
            overlay: None,
            panels,
        }),
    })
}
