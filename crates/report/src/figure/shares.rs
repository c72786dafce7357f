//! Shares by order of several decompositions, side by side.

use spindle_interactions::bootstrap::Estimate;

use super::strength;
use crate::draw::{Ink, Panel, Rect, Stroke, Svg};

/// Bars of shares in groups of one bar per row, with whiskers.
pub(super) fn bars(svg: &mut Svg, panel: &Panel, rows: &[(&[Estimate], Ink)]) {
    let width = 0.8 / rows.len().max(1) as f64;
    for (i, (share, ink)) in rows.iter().enumerate() {
        for (order, estimate) in (1..).zip(*share) {
            let left = f64::from(order) - 0.4 + width * i as f64;
            let rect = Rect {
                left: panel.x.at(left),
                right: panel.x.at(left + width) - 0.3,
                top: panel.y.at(estimate.value),
                bottom: panel.y.at(0.0),
            };
            if estimate.value > 0.0 {
                svg.rect(rect, *ink, 1.0);
                panel.whisker(svg, rect.middle(), estimate.low, estimate.high, Ink::Text);
            }
        }
    }
}

/// Axes of shares by order.
pub(super) fn axes(svg: &mut Svg, panel: &Panel, orders: usize, first: bool, y_title: &str) {
    panel.y_axis(svg, 4, first);
    if first {
        panel.y_title(svg, y_title, 25.0);
    }
    let Rect {
        left,
        right,
        bottom,
        ..
    } = panel.frame;
    svg.line(
        (left, bottom),
        (right, bottom),
        Stroke::solid(Ink::Axis, 0.6),
    );
    strength::order_axis(svg, panel, orders);
}

/// Largest end of a whisker.
pub(super) fn highest<'a>(shares: impl Iterator<Item = &'a [Estimate]>) -> f64 {
    shares
        .flatten()
        .flat_map(|e| [e.value, e.high])
        .filter(|x| x.is_finite())
        .fold(0.0, f64::max)
}

/// Names of bars in a row, each behind a square of its ink.
pub(super) fn key(svg: &mut Svg, at: (f64, f64), names: &[(&str, Ink)]) {
    use crate::draw::{Text, font, panel::MEDIUM};
    let mut x = at.0;
    for (name, ink) in names {
        svg.rect(Rect::new(x, at.1 - 5.6, 6.4, 6.4), *ink, 1.0);
        svg.text((x + 9.6, at.1), name, Text::new(MEDIUM, Ink::Text));
        x += 9.6 + MEDIUM * font::width_ems(name) * 1.08 + 14.0;
    }
}
