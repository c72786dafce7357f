//! Curves over two logarithmic axes, in panels side by side: how one quantity grows with another.

use super::Width;
use crate::{
    draw::{
        Ink, Panel, Rect, Scale, Stroke, Svg, Text,
        panel::{Cells, SMALL},
    },
    reading,
};

/// A panel of curves over logarithmic axes.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLog {
    /// What it shows, in a few words.
    pub title: String,
    /// Title of the horizontal axis.
    pub x: String,
    /// Title of the vertical axis.
    pub y: String,
    /// Each curve's name and its points; points that are not finite and above 0 are left out.
    pub curves: Vec<(String, Vec<[f64; 2]>)>,
}

const LEFT: f64 = 34.0;
const TOP: f64 = 26.0;
const HEIGHT: f64 = 120.0;
/// Room below a frame for its axis and the key of its curves.
const BELOW: f64 = 24.0;
const KEY_LINE: f64 = 9.0;

/// Draws all panels in one row.
pub(crate) fn draw(panels: &[LogLog]) -> Svg {
    let width = Width::Double.points();
    let keys = panels
        .iter()
        .map(|panel| panel.curves.len())
        .max()
        .unwrap_or(0);
    let height = TOP + HEIGHT + BELOW + KEY_LINE * keys as f64 + 4.0;
    let mut svg = Svg::new(width, height);
    let gap = [LEFT + 10.0, 0.0];
    let cells = Cells::new(
        panels.len(),
        [LEFT, TOP],
        width - LEFT - 8.0,
        60.0,
        HEIGHT,
        gap,
    );
    for (index, panel) in panels.iter().enumerate() {
        draw_panel(&mut svg, panel, cells.cell(index));
    }
    svg
}

fn draw_panel(svg: &mut Svg, data: &LogLog, frame: Rect) {
    let drawable = |[x, y]: &[f64; 2]| x.is_finite() && y.is_finite() && *x > 0.0 && *y > 0.0;
    let points = || {
        data.curves
            .iter()
            .flat_map(|(_, points)| points)
            .filter(|point| drawable(point))
    };
    let extents = [0, 1].map(|axis| reading::extent(points().map(|point| point[axis])));
    let [Some([left, right]), Some([low, high])] = extents else {
        return;
    };
    let panel = Panel {
        frame,
        x: Scale::log([left / 1.2, right * 1.2], frame.across()),
        y: Scale::log([low / 1.5, high * 1.5], frame.upwards()),
    };
    panel.y_axis(svg, 5, true);
    panel.y_title(svg, &data.y, 25.0);
    panel.x_axis(svg, 5);
    panel.x_title(svg, &data.x);
    panel.heading(svg, &data.title, "");
    for (index, (name, points)) in data.curves.iter().enumerate() {
        let points: Vec<_> = points
            .iter()
            .filter(|p| drawable(p))
            .map(|p| (p[0], p[1]))
            .collect();
        panel.curve(svg, &points, Stroke::solid(Ink::Series(index), 1.2));
        for (x, y) in points {
            svg.dot(panel.at(x, y), 2.0, Ink::Series(index));
        }
        key(svg, frame, index, name);
    }
}

/// One curve's line of the key below a frame.
fn key(svg: &mut Svg, frame: Rect, index: usize, name: &str) {
    let y = frame.bottom + BELOW + KEY_LINE * (index as f64 + 0.5);
    let ink = Ink::Series(index);
    svg.line(
        (frame.left, y),
        (frame.left + 12.0, y),
        Stroke::solid(ink, 1.2),
    );
    let text = Text::new(SMALL, Ink::Text);
    svg.text((frame.left + 16.0, y + 2.4), name, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_above_zero_is_left_out() {
        let panel = LogLog {
            title: "Time".to_owned(),
            x: "Masks".to_owned(),
            y: "Seconds".to_owned(),
            curves: vec![(
                "ours".to_owned(),
                vec![
                    [256.0, 0.1],
                    [1024.0, f64::NAN],
                    [4096.0, 0.0],
                    [16_384.0, 9.0],
                ],
            )],
        };
        let svg = draw(&[panel]).finish("growth", "", "");
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
