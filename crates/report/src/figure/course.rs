//! A statistic of all interactions over training, with sampling and with the range of all
//! near-optimal answers.

use spindle_interactions::bootstrap::Estimate;
use spindle_run::{
    figure::Course,
    record::{RangedEstimate, RunRecord},
};

use super::{Width, losses, mark};
use crate::{
    draw::{Ink, Panel, Rect, Scale, Stroke, Svg},
    reading,
};

/// Lines, whiskers and bands; `None` for less than two checkpoints.
pub(super) fn draw(data: &Course, run: &RunRecord, width: Width) -> Option<(Svg, String)> {
    let all = ranged(data);
    let salient = over(&data.epochs, &data.salient);
    let sgd = over(&data.epochs, &data.published_sgd);
    if all.len() < 2 {
        return None;
    }
    let ranges = all
        .iter()
        .flat_map(|(_, e)| [e.lowest, e.highest])
        .flatten();
    let sampled = of_all(data);
    let others = [&sampled, &salient, &sgd];
    let extent =
        reading::extent(reading::ends(others.into_iter().flatten().map(|(_, e)| e)).chain(ranges))?;
    let top = mark::rise(run) + 8.0;
    let frame = Rect::new(
        34.0,
        top,
        width.points() - 34.0 - width.choose(92.0, 46.0),
        width.choose(150.0, 130.0),
    );
    let mut svg = Svg::new(width.points(), frame.bottom + losses::BELOW);
    let panel = axes(&mut svg, [run], frame, extent, &data.y.title());
    mark::draw(&mut svg, &panel, run);
    let band: Vec<_> = all
        .iter()
        .map(|(epoch, e)| {
            (
                *epoch,
                e.lowest.unwrap_or(f64::NAN),
                e.highest.unwrap_or(f64::NAN),
            )
        })
        .collect();
    panel.band(&mut svg, &band, Ink::Train);
    panel.curve(&mut svg, &values(&salient), Stroke::dashed(Ink::Train, 1.0));
    panel.curve(&mut svg, &values(&sampled), Stroke::solid(Ink::Text, 1.5));
    whiskers(&mut svg, &panel, &sampled, Ink::Text);
    // Not joined by a line: it was run at these checkpoints only.
    whiskers(&mut svg, &panel, &sgd, Ink::Published);
    let names = width.choose(
        ["all interactions", "salient ones", "published SGD"],
        ["all", "salient", "SGD"],
    );
    let rows = [
        (&sampled, Ink::Text),
        (&salient, Ink::Train),
        (&sgd, Ink::Published),
    ]
    .into_iter()
    .zip(names);
    let labels =
        rows.filter_map(|((curve, ink), name)| Some((curve.last()?.1.value, name.to_owned(), ink)));
    panel.end_labels(&mut svg, &labels.collect::<Vec<_>>());
    Some((svg, reading(!salient.is_empty(), !sgd.is_empty())))
}

/// What is what.
fn reading(salient: bool, sgd: bool) -> String {
    let salient = if salient {
        "; dashed: salient interactions only, as in the papers"
    } else {
        ""
    };
    let sgd = if sgd {
        "; orange: the published SGD"
    } else {
        ""
    };
    format!(
        "Line: the canonical answers; whiskers: sampling; band: all near-optimal answers{salient}{sgd}."
    )
}

fn whiskers(svg: &mut Svg, panel: &Panel, curve: &[(f64, Estimate)], ink: Ink) {
    for (epoch, e) in curve {
        let (x, y) = panel.at(*epoch, e.value);
        panel.whisker(svg, x, e.low, e.high, ink);
        svg.disc((x, y), 2.3, ink);
    }
}

fn ranged(data: &Course) -> Vec<(f64, RangedEstimate)> {
    let points = data.epochs.iter().zip(&data.all);
    points
        .filter_map(|(epoch, e)| Some((*epoch, (*e)?)))
        .collect()
}

/// Estimates of all interactions, with their epochs.
pub(super) fn of_all(data: &Course) -> Vec<(f64, Estimate)> {
    let points = ranged(data).into_iter();
    points.map(|(epoch, e)| (epoch, sampling(&e))).collect()
}

fn sampling(found: &RangedEstimate) -> Estimate {
    Estimate {
        value: found.value,
        low: found.low,
        high: found.high,
    }
}

/// Axes of a statistic over the epochs of one or more runs.
pub(super) fn axes<'a>(
    svg: &mut Svg,
    runs: impl IntoIterator<Item = &'a RunRecord>,
    frame: Rect,
    extent: [f64; 2],
    title: &str,
) -> Panel {
    let x = reading::epoch_scale(runs, frame.across());
    let panel = Panel {
        frame,
        x,
        y: Scale::nice(extent, frame.upwards(), 6),
    };
    panel.y_axis(svg, 7, true);
    panel.y_title(svg, title, 25.0);
    panel.x_axis(svg, 5);
    panel.x_title(svg, losses::EPOCH_TITLE);
    panel
}

/// Estimates that are there, with their epochs.
fn over(epochs: &[f64], estimates: &[Option<Estimate>]) -> Vec<(f64, Estimate)> {
    epochs
        .iter()
        .zip(estimates)
        .filter_map(|(epoch, e)| Some((*epoch, (*e)?)))
        .collect()
}

/// Their values.
pub(super) fn values(curve: &[(f64, Estimate)]) -> Vec<(f64, f64)> {
    curve.iter().map(|(epoch, e)| (*epoch, e.value)).collect()
}
