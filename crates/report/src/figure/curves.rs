//! Values over training: lines with bands, or dots with whiskers.

use spindle_interactions::bootstrap::Estimate;
use spindle_run::figure::{Curve, Curves, Drawn};

use super::{Width, ink, losses, mark};
use crate::{
    draw::{Ink, Panel, Rect, Scale, Stroke, Svg},
    reading,
};

/// Distance of dots of one epoch, in points.
const APART: f64 = 2.4;

/// Where a value is undefined, a curve is broken.
const UNDEFINED: Estimate = Estimate {
    value: f64::NAN,
    low: f64::NAN,
    high: f64::NAN,
};

/// All curves on one scale; `None` where there is no value.
pub(super) fn draw(data: &Curves, width: Width) -> Option<Svg> {
    let values = data.curves.iter().flat_map(|curve| curve.values.iter());
    let zero = data.has_zero.then_some(0.0);
    let [low, high] = reading::extent(reading::ends(values.flatten()).chain(zero))?;
    let top = mark::rise_of(&data.marks) + 8.0;
    let frame = Rect::new(
        34.0,
        top,
        width.points() - 34.0 - width.choose(92.0, 62.0),
        width.choose(130.0, 110.0),
    );
    let mut svg = Svg::new(width.points(), frame.bottom + losses::BELOW);
    let panel = Panel {
        frame,
        x: reading::scale_of(&data.epochs, frame.across()),
        y: Scale::nice([low, high], frame.upwards(), 5),
    };
    panel.y_axis(&mut svg, 6, true);
    panel.y_title(&mut svg, &data.y.title(), 25.0);
    panel.x_axis(&mut svg, 5);
    panel.x_title(&mut svg, losses::EPOCH_TITLE);
    mark::draw_all(&mut svg, &panel, &data.marks);
    if data.has_zero {
        let zero = panel.y.at(0.0);
        let ends = [(frame.left, zero), (frame.right, zero)];
        svg.line(ends[0], ends[1], Stroke::solid(Ink::Axis, 0.6));
    }
    draw_curves(&mut svg, &panel, data);
    Some(svg)
}

fn draw_curves(svg: &mut Svg, panel: &Panel, data: &Curves) {
    let middle = data.curves.len().saturating_sub(1) as f64 / 2.0;
    let mut labels = Vec::new();
    for (place, curve) in data.curves.iter().enumerate() {
        let points: Vec<(f64, Estimate)> = data
            .epochs
            .iter()
            .zip(&curve.values)
            .map(|(epoch, e)| (*epoch, e.unwrap_or(UNDEFINED)))
            .collect();
        match curve.drawn {
            Drawn::Line => joined(svg, panel, curve, &points),
            Drawn::Dots => apart(svg, panel, curve, &points, APART * (place as f64 - middle)),
            Drawn::Dotted => dotted(svg, panel, curve, &points),
        }
        let last = curve.values.iter().rev().flatten().next();
        labels.extend(last.map(|last| (last.value, curve.name.clone(), ink(curve.tone))));
    }
    panel.end_labels(svg, &labels);
}

fn joined(svg: &mut Svg, panel: &Panel, curve: &Curve, points: &[(f64, Estimate)]) {
    let ink = ink(curve.tone);
    let band: Vec<_> = points.iter().map(|(x, e)| (*x, e.low, e.high)).collect();
    panel.band(svg, &band, ink);
    let values: Vec<_> = points.iter().map(|(x, e)| (*x, e.value)).collect();
    panel.curve(svg, &values, Stroke::solid(ink, 1.4));
    for &(epoch, value) in &values {
        svg.dot(panel.at(epoch, value), 1.8, ink);
    }
}

fn apart(svg: &mut Svg, panel: &Panel, curve: &Curve, points: &[(f64, Estimate)], shift: f64) {
    let ink = ink(curve.tone);
    for (epoch, e) in points.iter().filter(|(_, e)| e.value.is_finite()) {
        let (x, y) = panel.at(*epoch, e.value);
        panel.whisker(svg, x + shift, e.low, e.high, ink);
        svg.disc((x + shift, y), 1.8, ink);
    }
}

fn dotted(svg: &mut Svg, panel: &Panel, curve: &Curve, points: &[(f64, Estimate)]) {
    let ink = ink(curve.tone);
    let defined = points.iter().filter(|(_, e)| e.value.is_finite());
    let values: Vec<_> = defined.map(|(x, e)| (*x, e.value)).collect();
    panel.curve(svg, &values, Stroke::dotted(ink, 1.2));
    for &(epoch, value) in &values {
        svg.disc(panel.at(epoch, value), 1.8, ink);
    }
}
