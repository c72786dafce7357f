//! Bars by category in panels on one scale: several series side by side, with whiskers, and a curve
//! over them.

use spindle_interactions::bootstrap::Estimate;
use spindle_run::figure::{BarPanel, BarPanels};

use super::{Width, ink, strength};
use crate::{
    draw::{
        Anchor, Ink, Panel, Rect, Scale, Stroke, Svg, Text, font,
        panel::{Cells, MEDIUM, SMALL},
    },
    reading,
};

/// Most panels: more of the same would not show more.
const PANELS: usize = 8;
/// Up to so many are large.
const LARGE: usize = 3;
/// Width from which a panel's title has room for a note, in points.
const ROOMY: f64 = 120.0;
/// Left of the first panel.
const LEFT: f64 = 34.0;
/// Height of a row of the key.
const ROW: f64 = 12.0;

/// All panels, or as many of them evenly spread as are worth it, below the key.
pub(super) fn draw(data: &BarPanels, width: Width) -> Svg {
    let shown: Vec<&BarPanel> = evenly(data.panels.len(), PANELS)
        .filter_map(|i| data.panels.get(i))
        .collect();
    let keys = key(data, width.points() - LEFT);
    // Names in several lines make rows higher, and no column wider.
    let across = cells(&shown, keys.len(), width, 0.0).cell(0).width();
    let room = across / data.categories.len().max(1) as f64;
    let lines = strength::further_lines(&data.categories, room);
    let cells = cells(&shown, keys.len(), width, lines);
    let mut svg = Svg::new(width.points(), cells.bottom() + 24.0 + lines);
    for (row, names) in keys.iter().enumerate() {
        let y = 10.0 + ROW * row as f64;
        for (x, name, ink) in names {
            svg.rect(Rect::new(LEFT + x, y - 5.6, 6.4, 6.4), *ink, 1.0);
            let text = Text::new(MEDIUM, Ink::Text);
            svg.text((LEFT + x + 9.6, y), name, text);
        }
    }
    let extent = extent(&shown);
    for (i, panel) in shown.into_iter().enumerate() {
        let frame = cells.cell(i);
        let panel_of = Panel {
            frame,
            x: strength::order_scale(data.categories.len(), frame.across()),
            y: Scale::linear(extent, frame.upwards()),
        };
        draw_panel(&mut svg, &panel_of, data, panel, cells.is_first(i));
        panel_of.category_title(&mut svg, &data.x.title(), lines);
    }
    svg
}

/// A name of the key, where it stands from the left, and its ink.
type Name<'a> = (f64, &'a str, Ink);

/// Names of the series in rows; one series needs none.
fn key(data: &BarPanels, room: f64) -> Vec<Vec<Name<'_>>> {
    if data.series.len() < 2 {
        return Vec::new();
    }
    let mut rows = vec![Vec::new()];
    let mut x = 0.0;
    for series in &data.series {
        let width = 9.6 + MEDIUM * font::width_ems(&series.name) * 1.08;
        if x > 0.0 && x + width > room {
            rows.push(Vec::new());
            x = 0.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push((x, series.name.as_str(), ink(series.tone)));
        }
        x += width + 14.0;
    }
    rows
}

/// A column a panel where there is room, else one below the other; `lines` is how much lower names
/// reach than one line of them.
fn cells(shown: &[&BarPanel], keys: usize, width: Width, lines: f64) -> Cells {
    let top = match keys {
        0 => 26.0,
        rows => 44.0 + ROW * (rows - 1) as f64,
    };
    let (least, height, gap) = if shown.len() > LARGE {
        (
            width.choose(92.0, 66.0),
            width.choose(78.0, 70.0),
            [12.0, 50.0 + lines],
        )
    } else {
        (
            width.choose(100.0, 200.0),
            width.choose(108.0, 84.0),
            [16.0, 52.0 + lines],
        )
    };
    let across = width.points() - LEFT - 4.0;
    Cells::new(shown.len(), [LEFT, top], across, least, height, gap)
}

/// From 0, or the lowest whisker below it, to the highest one.
fn extent(shown: &[&BarPanel]) -> [f64; 2] {
    let bars = shown.iter().flat_map(|panel| panel.bars.iter().flatten());
    let ends = reading::ends(bars.flatten());
    let overlays = shown
        .iter()
        .flat_map(|panel| panel.overlay.iter().flatten());
    let extent = reading::extent(ends.chain(overlays.copied()).chain([0.0]));
    match extent {
        Some([low, high]) if low < high => [low, high],
        _ => [0.0, 0.1],
    }
}

fn draw_panel(svg: &mut Svg, panel: &Panel, data: &BarPanels, shown: &BarPanel, is_first: bool) {
    heading(svg, panel, shown);
    panel.y_axis(svg, 4, is_first);
    if is_first {
        panel.y_title(svg, &data.y.title(), 25.0);
    }
    let Rect { left, right, .. } = panel.frame;
    let zero = panel.y.at(0.0);
    svg.line((left, zero), (right, zero), Stroke::solid(Ink::Axis, 0.6));
    strength::category_axis(svg, panel, &data.categories);
    bars(svg, panel, data, shown);
    overlay(svg, panel, data, shown);
    absent(svg, panel, data, shown);
}

/// In small panels a note to the title stands in the line below it.
fn heading(svg: &mut Svg, panel: &Panel, shown: &BarPanel) {
    let (when, note) = reading::heading(&shown.title);
    if note.is_empty() {
        panel.heading(svg, &when, &shown.note);
    } else if panel.frame.width() < ROOMY {
        panel.heading(svg, &when, &format!("{note}, {}", shown.note));
    } else {
        panel.heading(svg, &format!("{when}, {note}"), &shown.note);
    }
}

/// Groups of one bar a series, with whiskers. What is 0 has no bar.
fn bars(svg: &mut Svg, panel: &Panel, data: &BarPanels, shown: &BarPanel) {
    let present = data.series.iter().zip(&shown.bars);
    let present: Vec<(&[Estimate], Ink)> = present
        .filter_map(|(series, bars)| Some((bars.as_deref()?, ink(series.tone))))
        .collect();
    let width = 0.8 / present.len().max(1) as f64;
    for (i, (values, ink)) in present.iter().enumerate() {
        for (place, estimate) in (1..).zip(*values) {
            let left = f64::from(place) - 0.4 + width * i as f64;
            let ends = [estimate.value, 0.0].map(|value| panel.y.at(value));
            let rect = Rect {
                left: panel.x.at(left),
                right: panel.x.at(left + width) - 0.3,
                top: ends[0].min(ends[1]),
                bottom: ends[0].max(ends[1]),
            };
            if estimate.value.is_finite() && estimate.value != 0.0 {
                svg.rect(rect, *ink, 1.0);
                panel.whisker(svg, rect.middle(), estimate.low, estimate.high, Ink::Text);
            }
        }
    }
}

/// A curve over the bars: a result with dots on it, a reference dotted and named.
fn overlay(svg: &mut Svg, panel: &Panel, data: &BarPanels, shown: &BarPanel) {
    let (Some(overlay), Some(values)) = (&data.overlay, &shown.overlay) else {
        return;
    };
    let curve: Vec<_> = (1..)
        .zip(values)
        .map(|(place, value)| (f64::from(place), *value))
        .collect();
    if overlay.is_dotted {
        panel.curve(svg, &curve, Stroke::dotted(Ink::Text, 1.2));
        let text = Text::new(SMALL, Ink::Muted).anchor(Anchor::End).rim();
        let at = (panel.frame.right, panel.frame.top + 8.0);
        svg.text(at, &format!("dotted: {}", overlay.name), text);
        return;
    }
    let ink = ink(overlay.tone);
    panel.curve(svg, &curve, Stroke::solid(ink, 1.3));
    for &(place, value) in &curve {
        svg.dot(panel.at(place, value), 1.9, ink);
    }
}

/// Series that have nothing in this panel, by name: a place without bars does not say whether they
/// are 0.
fn absent(svg: &mut Svg, panel: &Panel, data: &BarPanels, shown: &BarPanel) {
    let absent = data.series.iter().zip(&shown.bars);
    let absent = absent.filter(|(_, bars)| bars.is_none());
    for (line, (series, _)) in absent.enumerate() {
        let text = Text::new(SMALL, ink(series.tone)).anchor(Anchor::End);
        let at = (
            panel.frame.right,
            panel.frame.top + 18.0 + 8.6 * line as f64,
        );
        svg.text(at, &format!("{}: not known", series.name), text);
    }
}

/// At most `most` of `count` positions, with both ends.
fn evenly(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let shown = count.min(most);
    (0..shown).map(move |i| i * (count - 1) / (shown.max(2) - 1))
}

#[cfg(test)]
mod tests {
    use super::evenly;

    #[test]
    fn both_ends_are_among_the_panels() {
        assert_eq!(evenly(11, 6).collect::<Vec<_>>(), [0, 2, 4, 6, 8, 10]);
        assert_eq!(evenly(1, 6).collect::<Vec<_>>(), [0]);
        assert_eq!(evenly(0, 6).count(), 0);
    }
}
