//! Training and test loss, and their gap, over epochs.

use spindle_run::{
    figure::{self, Losses},
    record::RunRecord,
};

use super::mark;
use crate::{
    draw::{Ink, Panel, Rect, Scale, Stroke, Svg},
    reading,
};

/// Title of every epoch axis.
pub(super) const EPOCH_TITLE: &str = "Epoch (log scale; 0 is before training)";

/// Height that axis labels take below a frame.
pub(super) const BELOW: f64 = 24.0;

/// Whether a run has losses to draw.
pub(super) fn present(run: &RunRecord) -> bool {
    let Losses { train, test, .. } = figure::losses(run);
    let drawable = |losses: &[f64]| {
        losses
            .iter()
            .filter(|loss| loss.is_finite() && **loss > 0.0)
            .count()
            > 1
    };
    drawable(&train) && drawable(&test)
}

/// Draws both losses on a log scale into a frame.
pub(super) fn draw_losses(svg: &mut Svg, run: &RunRecord, frame: Rect) {
    let losses = figure::losses(run);
    let values = losses.train.iter().chain(&losses.test).copied();
    let Some([low, high]) = reading::extent(values.filter(|value| *value > 0.0)) else {
        return;
    };
    let y = Scale::log([low / 1.3, high * 1.15], frame.upwards());
    let panel = Panel {
        frame,
        x: reading::epoch_scale([run], frame.across()),
        y,
    };
    axes(svg, &panel, "Loss (nats)");
    mark::draw(svg, &panel, run);
    let curves = [
        (&losses.train, "train", Ink::Train),
        (&losses.test, "test", Ink::Test),
    ];
    if losses.train_with_reset != losses.train {
        let curve: Vec<_> = losses
            .epochs
            .iter()
            .copied()
            .zip(losses.train_with_reset)
            .collect();
        panel.curve(svg, &curve, Stroke::dotted(Ink::Train, 1.0));
    }
    let mut labels = Vec::new();
    for (values, name, ink) in curves {
        let curve: Vec<_> = losses
            .epochs
            .iter()
            .copied()
            .zip(values.iter().copied())
            .collect();
        let stroke = if ink == Ink::Train {
            Stroke::dashed(ink, 1.3)
        } else {
            Stroke::solid(ink, 1.3)
        };
        panel.curve(svg, &curve, stroke);
        let last = values
            .iter()
            .rev()
            .find(|value| value.is_finite() && **value > 0.0);
        labels.extend(last.map(|last| (*last, name.to_owned(), ink)));
    }
    panel.end_labels(svg, &labels);
}

/// Draws test loss minus training loss into a frame.
pub(super) fn draw_gap(svg: &mut Svg, run: &RunRecord, frame: Rect) {
    let losses = figure::losses(run);
    let Some([low, high]) = reading::extent(losses.gap.iter().copied()) else {
        return;
    };
    let y = Scale::nice([low.min(0.0), high.max(0.0)], frame.upwards(), 4);
    let panel = Panel {
        frame,
        x: reading::epoch_scale([run], frame.across()),
        y,
    };
    axes(svg, &panel, "Loss gap, test − train (nats)");
    mark::draw(svg, &panel, run);
    let zero = panel.y.at(0.0);
    svg.line(
        (frame.left, zero),
        (frame.right, zero),
        Stroke::solid(Ink::Axis, 0.5),
    );
    let curve: Vec<_> = losses.epochs.iter().copied().zip(losses.gap).collect();
    panel.curve(svg, &curve, Stroke::solid(Ink::Gap, 1.3));
}

fn axes(svg: &mut Svg, panel: &Panel, title: &str) {
    panel.y_axis(svg, 4, true);
    panel.y_title(svg, title, 27.0);
    panel.x_axis(svg, 5);
    panel.x_title(svg, EPOCH_TITLE);
}
