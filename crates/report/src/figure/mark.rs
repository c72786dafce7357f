//! The phase boundary and the onset of the loss gap, as a line with the band of its interval.

use spindle_run::{
    figure::{self, Mark, MarkKind},
    record::RunRecord,
};

use crate::draw::{Anchor, Ink, Panel, Rect, Stroke, Svg, Text, font, label, panel::SMALL};

const ROW: f64 = 9.0;

/// Draws a run's marks over an epoch axis: bands, lines and names above the frame. To be called
/// before the curves.
pub(super) fn draw(svg: &mut Svg, panel: &Panel, run: &RunRecord) {
    draw_all(svg, panel, &figure::marks(run));
}

/// As [`draw`], of marks from elsewhere.
pub(super) fn draw_all(svg: &mut Svg, panel: &Panel, marks: &[Mark]) {
    let mut marks = marks.to_vec();
    marks.retain(|mark| {
        [mark.epoch, mark.low, mark.high]
            .iter()
            .all(|epoch| epoch.is_finite())
    });
    marks.sort_by(|a, b| a.epoch.total_cmp(&b.epoch));
    for mark in &marks {
        let [low, high] = [mark.low, mark.high].map(|epoch| panel.x.at(epoch));
        svg.rect(
            Rect {
                left: low,
                right: high,
                ..panel.frame
            },
            ink(mark),
            0.12,
        );
    }
    let places = places(panel, &marks);
    for (mark, place) in marks.iter().zip(&places) {
        let x = panel.x.at(mark.epoch);
        svg.line(
            (x, panel.frame.bottom),
            (x, place.baseline - 5.0),
            Stroke::solid(ink(mark), 1.0),
        );
    }
    for (mark, place) in marks.iter().zip(&places) {
        let shift = if place.anchor == Anchor::Start {
            3.0
        } else {
            -3.0
        };
        let text = Text::new(SMALL, ink(mark)).anchor(place.anchor).rim();
        svg.text(
            (panel.x.at(mark.epoch) + shift, place.baseline),
            &place.text,
            text,
        );
    }
}

/// What a name says and where it stands.
struct Place {
    text: String,
    anchor: Anchor,
    baseline: f64,
}

/// Names point outwards where there is room, so that they do not meet: in full, or all of them
/// shorter. Where there is none, they stand in rows of their own.
fn places(panel: &Panel, marks: &[Mark]) -> Vec<Place> {
    let last = marks.len().saturating_sub(1);
    let outwards = |i: usize| {
        if i == last {
            Anchor::Start
        } else {
            Anchor::End
        }
    };
    let [full, short] =
        ["at epoch ", ""].map(|at| marks.iter().map(|mark| words(mark, at)).collect::<Vec<_>>());
    let all_fit = marks
        .iter()
        .enumerate()
        .all(|(i, mark)| fits(panel, mark, &full[i], outwards(i)));
    let mut row = 0.0;
    let place = |(i, (mark, text)): (usize, (&Mark, String))| {
        let pointing_outwards = fits(panel, mark, &text, outwards(i));
        let anchor = match (outwards(i), pointing_outwards) {
            (anchor, true) => anchor,
            (Anchor::Start, false) => Anchor::End,
            (_, false) => Anchor::Start,
        };
        if !pointing_outwards && last > 0 {
            row += 1.0;
        }
        let rise = if pointing_outwards { 0.0 } else { ROW * row };
        Place {
            text,
            anchor,
            baseline: panel.frame.top - 3.0 - rise,
        }
    };
    marks
        .iter()
        .zip(if all_fit { full } else { short })
        .enumerate()
        .map(place)
        .collect()
}

/// Whether a name at a mark stays between what is left and right of the frame.
fn fits(panel: &Panel, mark: &Mark, text: &str, anchor: Anchor) -> bool {
    let x = panel.x.at(mark.epoch);
    let width = SMALL * font::width_ems(text) * 1.05 + 3.0;
    match anchor {
        Anchor::Start => x + width <= panel.frame.right + 2.0,
        _ => x - width >= panel.frame.left - 20.0,
    }
}

/// Height of the marks' names above a frame.
pub(super) fn rise(run: &RunRecord) -> f64 {
    rise_of(&figure::marks(run))
}

/// As [`rise`], of marks from elsewhere.
pub(super) fn rise_of(marks: &[Mark]) -> f64 {
    ROW * marks.len() as f64 + 3.0
}

fn ink(mark: &Mark) -> Ink {
    match mark.kind {
        MarkKind::Boundary => Ink::Boundary,
        MarkKind::GapOnset => Ink::Gap,
    }
}

/// Name, epoch and interval.
fn words(mark: &Mark, at: &str) -> String {
    let name = mark.short;
    let [epoch, low, high] = [mark.epoch, mark.low, mark.high].map(label::epoch);
    if low == high {
        format!("{name} {at}{epoch}")
    } else {
        format!("{name} {at}{epoch} [{low}, {high}]")
    }
}
