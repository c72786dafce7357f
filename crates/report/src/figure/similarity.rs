//! Generalisation power: how alike interactions on training and on test samples are, by order.

use spindle_interactions::bootstrap::Estimate;
use spindle_run::{
    figure::{Ceiling, SimilarityFigure},
    record::RunRecord,
};

use super::{Width, losses, mark, strength};
use crate::{
    draw::{Anchor, Ink, Panel, Rect, Scale, Stroke, Svg, Text, panel::SMALL},
    reading,
};

/// Where is what.
const READING: &str = "First panel: all orders at the last checkpoint, halves of both splits; second panel: the five lowest orders over training, all samples. Mean over \
     classes of the similarity of mean interactions (arXiv 2405.10262, section 4); orders at which no class has an interaction are left out.";

/// Similarity by order at the last checkpoint, and over epochs for the low orders.
pub(super) fn draw(
    data: &SimilarityFigure,
    run: &RunRecord,
    width: Width,
) -> Option<(Svg, String)> {
    let ends = reading::extent(reading::ends(
        data.orders
            .iter()
            .flat_map(|curve| curve.values.iter().flatten()),
    ));
    let top = ends.map(|[_, high]| (high * 1.05).clamp(0.1, 1.0))?;
    let (left, tall, rise) = (34.0, width.choose(140.0, 120.0), mark::rise(run) + 8.0);
    let full = width.points();
    let [by_order, over_time] = match width {
        Width::Double => {
            let first = Rect::new(left, rise, 168.0, tall);
            [
                first,
                Rect::new(
                    first.right + 34.0,
                    rise,
                    full - first.right - 34.0 - 40.0,
                    tall,
                ),
            ]
        }
        Width::Single => {
            let first = Rect::new(left, 8.0, full - left - 4.0, tall);
            [
                first,
                Rect::new(left, first.bottom + rise + 28.0, full - left - 40.0, tall),
            ]
        }
    };
    let mut svg = Svg::new(full, over_time.bottom + losses::BELOW);
    draw_orders(&mut svg, data, by_order, top);
    draw_epochs(&mut svg, run, data, over_time, top);
    Some((svg, READING.to_owned()))
}

/// Dots with whiskers by order at the last checkpoint: training and test, and what two halves of
/// one split give.
fn draw_orders(svg: &mut Svg, data: &SimilarityFigure, frame: Rect, top: f64) {
    type Of = fn(&Ceiling) -> Estimate;
    let series: [(&str, Ink, Of); 3] = [
        ("training and test", Ink::Series(0), |ceiling| {
            ceiling.train_test
        }),
        ("halves of training", Ink::Series(2), |ceiling| {
            ceiling.train_train
        }),
        ("halves of test", Ink::Series(5), |ceiling| {
            ceiling.test_test
        }),
    ];
    let orders = data
        .ceilings
        .iter()
        .map(|ceiling| ceiling.order)
        .max()
        .unwrap_or(1);
    let panel = Panel {
        frame,
        x: strength::order_scale(orders, frame.across()),
        y: Scale::linear([0.0, top], frame.upwards()),
    };
    panel.y_axis(svg, 6, true);
    panel.y_title(svg, "Similarity, equal numbers", 25.0);
    svg.line(
        (frame.left, frame.bottom),
        (frame.right, frame.bottom),
        Stroke::solid(Ink::Axis, 0.6),
    );
    strength::order_axis(svg, &panel, orders);
    panel.order_title(svg);
    for (place, (name, ink, value)) in series.into_iter().enumerate() {
        let shift = 0.26 * (place as f64 - 1.0);
        for ceiling in &data.ceilings {
            let e = value(ceiling);
            let x = panel.x.at(ceiling.order as f64 + shift);
            panel.whisker(svg, x, e.low, e.high.min(top), ink);
            svg.disc((x, panel.y.at(e.value.min(top))), 2.0, ink);
        }
        let (x, y) = (frame.right - 9.0, frame.top + 8.0 + 9.4 * place as f64);
        svg.text(
            (x, y),
            name,
            Text::new(SMALL, ink).anchor(Anchor::End).rim(),
        );
        svg.disc((frame.right - 3.5, y - 2.4), 2.0, ink);
    }
}

/// Curves over epochs, one per low order.
fn draw_epochs(svg: &mut Svg, run: &RunRecord, data: &SimilarityFigure, frame: Rect, top: f64) {
    let x = reading::epoch_scale([run], frame.across());
    let panel = Panel {
        frame,
        x,
        y: Scale::linear([0.0, top], frame.upwards()),
    };
    panel.y_axis(svg, 6, true);
    panel.x_axis(svg, 5);
    panel.x_title(svg, losses::EPOCH_TITLE);
    mark::draw(svg, &panel, run);
    let low_orders: Vec<_> = data
        .orders
        .iter()
        .filter(|curve| curve.order <= data.highest_drawn)
        .collect();
    // Where it is undefined, a curve is broken.
    let undefined = Estimate {
        value: f64::NAN,
        low: f64::NAN,
        high: f64::NAN,
    };
    let points = |values: &[Option<Estimate>]| -> Vec<(f64, Estimate)> {
        data.epochs
            .iter()
            .zip(values)
            .map(|(epoch, e)| (*epoch, e.unwrap_or(undefined)))
            .collect()
    };
    for curve in &low_orders {
        let band: Vec<_> = points(&curve.values)
            .into_iter()
            .map(|(epoch, e)| (epoch, e.low, e.high))
            .collect();
        panel.band(svg, &band, Ink::Ramp(curve.order - 1));
    }
    let mut labels = Vec::new();
    for curve in &low_orders {
        let ink = Ink::Ramp(curve.order - 1);
        let values: Vec<_> = points(&curve.values)
            .into_iter()
            .map(|(epoch, e)| (epoch, e.value))
            .collect();
        panel.curve(svg, &values, Stroke::solid(ink, 1.4));
        for &(epoch, value) in &values {
            svg.dot(panel.at(epoch, value), 1.8, ink);
        }
        let last = values.iter().rev().find(|(_, value)| value.is_finite());
        labels.extend(last.map(|(_, value)| (*value, format!("order {}", curve.order), ink)));
    }
    panel.end_labels(svg, &labels);
}
