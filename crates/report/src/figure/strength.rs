//! Bars by order, positive effects up and negative effects down (arXiv 2405.10262, figure 3).

use spindle_interactions::bootstrap::Estimate;
use spindle_run::figure::{self, Bars};

use crate::{
    draw::{
        Anchor, Ink, Panel, Rect, Scale, Stroke, Svg, Text, font, label,
        panel::{Cells, SMALL},
    },
    reading,
};

/// How the bars are drawn, for captions.
pub(super) const READING: &str = "Positive effects up (blue), negative effects down (vermilion), each divided by the total strength of its \
                                  checkpoint (printed above the panel), so that all panels share one scale; whiskers: intervals of the \
                                  effects, the total held fixed.";

/// Half the width of a bar, in orders.
const HALF: f64 = 0.36;
/// Distance of the lines of a category's name, in points.
const LINE: f64 = 7.8;

/// Panels of strength by order on one scale; with letters where other panels point at them.
pub(super) fn panels(
    svg: &mut Svg,
    shown: &[Bars],
    cells: &Cells,
    lettered: bool,
    extent: [f64; 2],
) {
    let orders = highest_order(shown);
    for (i, bars) in shown.iter().enumerate() {
        let frame = cells.cell(i);
        let x = order_scale(orders, frame.across());
        let panel = Panel {
            frame,
            x,
            y: Scale::linear(extent, frame.upwards()),
        };
        panel.y_axis(svg, 7, cells.is_first(i));
        if cells.is_first(i) {
            panel.y_title(svg, "Part of total strength", 25.0);
        }
        let total = reading::total(bars);
        let (when, note) = reading::heading(&bars.title);
        let words = [
            note.to_owned(),
            format!("{} nats", label::significant(total, 3)),
        ]
        .into_iter();
        let detail: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        panel.heading(svg, &when, &detail.join(", "));
        if lettered {
            let letter = letters().nth(i).map(String::from).unwrap_or_default();
            let text = Text::new(9.4, Ink::Text).bold().anchor(Anchor::End);
            svg.text((frame.left - 4.0, frame.top - 13.5), &letter, text);
        }
        if total > 0.0 {
            self::bars(svg, &panel, bars, total);
            mean_order(svg, &panel, bars);
        } else {
            let text = Text::new(SMALL, Ink::Muted).anchor(Anchor::Middle);
            svg.text(
                (frame.middle(), f64::midpoint(frame.top, frame.bottom)),
                "nothing salient",
                text,
            );
        }
        order_axis(svg, &panel, orders);
        panel.order_title(svg);
    }
}

/// Lower and upper end that all whiskers need, as parts of totals.
pub(super) fn extent<'a>(shown: impl Iterator<Item = &'a Bars>) -> [f64; 2] {
    let ends = shown.flat_map(|bars| {
        let total = reading::total(bars);
        reading::ends(bars.positive.iter().chain(&bars.negative)).map(move |end| end / total)
    });
    let [low, high] = reading::extent(ends.chain([0.0])).unwrap_or([0.0, 0.0]);
    if low < high { [low, high] } else { [-0.5, 0.5] }
}

/// The highest order of all.
pub(super) fn highest_order(shown: &[Bars]) -> usize {
    shown
        .iter()
        .map(|bars| bars.positive.len())
        .max()
        .unwrap_or(0)
}

/// Letters of panels.
pub(super) fn letters() -> impl Iterator<Item = char> {
    'a'..='z'
}

/// Bars of a panel whose scale is in parts of `total`.
pub(super) fn bars(svg: &mut Svg, panel: &Panel, bars: &Bars, total: f64) {
    for (side, ink) in [
        (&bars.positive, Ink::Positive),
        (&bars.negative, Ink::Negative),
    ] {
        for (order, Estimate { value, low, high }) in (1..)
            .zip(side)
            .filter(|(_, estimate)| estimate.value != 0.0)
        {
            let order = f64::from(order);
            let (left, right) = (panel.x.at(order - HALF), panel.x.at(order + HALF));
            let (top, bottom) = (panel.y.at(value / total), panel.y.at(0.0));
            svg.rect(
                Rect {
                    left,
                    top,
                    right,
                    bottom,
                },
                ink,
                1.0,
            );
            panel.whisker(svg, panel.x.at(order), low / total, high / total, Ink::Text);
        }
    }
    let zero = panel.y.at(0.0);
    svg.line(
        (panel.frame.left, zero),
        (panel.frame.right, zero),
        Stroke::solid(Ink::Axis, 0.6),
    );
}

/// Mean order in a panel's upper right corner, where bars are low.
fn mean_order(svg: &mut Svg, panel: &Panel, bars: &Bars) {
    if let Some(mean) = bars.mean_order {
        let text = Text::new(SMALL, Ink::Muted).anchor(Anchor::End).rim();
        let (x, y) = (panel.frame.right - 1.0, panel.frame.top + 8.0);
        svg.text((x, y), "mean order", text);
        svg.text(
            (x, y + 8.6),
            &label::fixed(mean.value, 2),
            Text {
                ink: Ink::Text,
                bold: true,
                ..text
            },
        );
    }
}

/// Orders 1 to n, each with a place of its own.
pub(super) fn order_scale(orders: usize, range: [f64; 2]) -> Scale {
    Scale::linear([0.4, orders.max(1) as f64 + 0.6], range)
}

/// Labels of the orders below a frame: all of them where there is room, else every second or fifth.
pub(super) fn order_axis(svg: &mut Svg, panel: &Panel, orders: usize) {
    category_axis(svg, panel, &figure::orders(orders));
}

/// Names of categories below a frame: all of them, in lines if need be; where that leaves no room,
/// every second or fifth.
pub(super) fn category_axis(svg: &mut Svg, panel: &Panel, names: &[String]) {
    let room = panel.frame.width() / names.len().max(1) as f64;
    let text = Text::new(SMALL, Ink::Muted).anchor(Anchor::Middle);
    if let Some(lines) = in_lines(names, room) {
        for (place, name) in (1..).zip(&lines) {
            for (line, words) in name.iter().enumerate() {
                let below = 8.6 + LINE * line as f64;
                let at = (panel.x.at(f64::from(place)), panel.frame.bottom + below);
                svg.text(at, words, text);
            }
        }
        return;
    }
    let longest = names.iter().map(|name| width(name)).fold(0.0, f64::max);
    let every = [1, 2, 5]
        .into_iter()
        .find(|&every| room * every as f64 >= longest)
        .unwrap_or(10);
    let first = if every < 5 { 1 } else { every };
    for place in (first..=names.len()).step_by(every) {
        let at = (panel.x.at(place as f64), panel.frame.bottom + 8.6);
        svg.text(at, &names[place - 1], text);
    }
}

/// How much lower than one line of names reach, where each has this room.
pub(super) fn further_lines(names: &[String], room: f64) -> f64 {
    let lines = in_lines(names, room).unwrap_or_default();
    let most = lines.iter().map(Vec::len).max().unwrap_or(1);
    LINE * most.saturating_sub(1) as f64
}

/// Every name in lines that fit its room, broken between words; `None` where a word is too wide.
fn in_lines(names: &[String], room: f64) -> Option<Vec<Vec<String>>> {
    let of_name = |name: &String| {
        let mut lines: Vec<String> = Vec::new();
        for word in name.split(' ') {
            match lines.last_mut() {
                Some(line) if width(&format!("{line} {word}")) <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
            .iter()
            .all(|line| width(line) <= room)
            .then_some(lines)
    };
    names.iter().map(of_name).collect()
}

/// What a name needs, with a gap to the next one; numbers at least what two digits need.
fn width(name: &str) -> f64 {
    if name.chars().count() > 2 {
        SMALL * font::width_ems(name) + 2.0
    } else {
        7.4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(of: &[&str]) -> Vec<String> {
        of.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn names_of_words_have_lines_where_one_is_too_long() {
        let rules = names(&["high orders", "patience", "never"]);
        assert_eq!(further_lines(&rules, 90.0), 0.0);
        let lines = in_lines(&rules, 33.0).unwrap();
        assert_eq!(
            lines,
            [vec!["high", "orders"], vec!["patience"], vec!["never"]]
        );
        assert_eq!(further_lines(&rules, 33.0), LINE);
        assert_eq!(in_lines(&rules, 10.0), None);
    }
}
