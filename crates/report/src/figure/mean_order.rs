//! The mean order of interactions over time, and the boundary that is read off it.

use spindle_interactions::bootstrap::Estimate;
use spindle_run::{figure, record::RunRecord};

use super::{Drawing, Width, losses, mark};
use crate::{
    draw::{Ink, Panel, Rect, Scale, Stroke, Svg},
    reading,
};

/// Mean order with its interval over epochs.
pub(crate) fn draw(run: &RunRecord, width: Width) -> Option<Drawing> {
    let data = figure::mean_order(run)?;
    let salient = over(&data.epochs, &data.salient);
    let all = over(&data.epochs, &data.all);
    let sgd = over(&data.epochs, &data.published_sgd);
    if salient.len() < 2 {
        return None;
    }
    let extent = reading::extent(reading::ends(
        [&salient, &all, &sgd].into_iter().flatten().map(|(_, e)| e),
    ))?;
    let top = mark::rise(run) + 8.0;
    let frame = Rect::new(
        34.0,
        top,
        width.points() - 34.0 - width.choose(92.0, 46.0),
        width.choose(150.0, 130.0),
    );
    let mut svg = Svg::new(width.points(), frame.bottom + losses::BELOW);
    let panel = axes(&mut svg, [run], frame, extent, "Mean order (players)");
    mark::draw(&mut svg, &panel, run);

    let band: Vec<_> = salient
        .iter()
        .map(|(epoch, e)| (*epoch, e.low, e.high))
        .collect();
    panel.band(&mut svg, &band, Ink::Text);
    panel.curve(&mut svg, &values(&all), Stroke::dashed(Ink::Train, 1.0));
    panel.curve(&mut svg, &values(&salient), Stroke::solid(Ink::Text, 1.5));
    for (epoch, value) in values(&salient) {
        svg.dot(panel.at(epoch, value), 2.3, Ink::Text);
    }
    // Not joined by a line: it was run at these checkpoints only.
    for (epoch, e) in &sgd {
        let (x, y) = panel.at(*epoch, e.value);
        panel.whisker(&mut svg, x, e.low, e.high, Ink::Published);
        svg.disc((x, y), 2.3, Ink::Published);
    }
    let names = width.choose(
        ["salient interactions", "all interactions", "published SGD"],
        ["salient", "all", "SGD"],
    );
    let rows = [
        (&salient, Ink::Text),
        (&all, Ink::Train),
        (&sgd, Ink::Published),
    ]
    .into_iter()
    .zip(names);
    let labels =
        rows.filter_map(|((curve, ink), name)| Some((curve.last()?.1.value, name.to_owned(), ink)));
    panel.end_labels(&mut svg, &labels.collect::<Vec<_>>());

    let dots = if sgd.is_empty() {
        ""
    } else {
        "; orange: salient interactions of the published SGD"
    };
    let caption = format!(
        "{} Solid line and band: salient interactions; dashed: all interactions, however weak{dots}.",
        data.caption
    );
    let title = format!(
        "Mean order of interactions over training, {}",
        reading::subject(run)
    );
    Some(Drawing {
        name: "mean-order",
        title,
        caption,
        svg,
    })
}

/// Axes of mean orders over the epochs of one or more runs.
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
pub(super) fn over(epochs: &[f64], estimates: &[Option<Estimate>]) -> Vec<(f64, Estimate)> {
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
