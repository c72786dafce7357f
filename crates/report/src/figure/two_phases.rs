//! Figure 3 of arXiv 2405.10262 for a run: five checkpoints, and the losses beneath them.

use spindle_run::{
    figure::{Bars, TwoPhases},
    record::RunRecord,
};

use super::{Width, losses, mark, strength};
use crate::{
    draw::{
        Anchor, Ink, Rect, Stroke, Svg, Text, label,
        panel::{Cells, SMALL},
    },
    reading,
};

const MARGIN: f64 = 36.0;

/// Strength by order at five checkpoints, with training loss, test loss and their gap.
pub(super) fn draw(data: &TwoPhases, run: &RunRecord, width: Width) -> (Svg, String) {
    let across = width.points() - MARGIN - 4.0;
    let gap = width.choose([12.0, 0.0], [13.0, 50.0]);
    let cells = Cells::new(
        data.panels.len(),
        [MARGIN, 26.0],
        across,
        64.0,
        width.choose(112.0, 84.0),
        gap,
    );
    let (plots, height) = loss_frames(run, width, cells.bottom() + 26.0);
    let mut svg = Svg::new(width.points(), height);
    strength::panels(
        &mut svg,
        &data.panels,
        &cells,
        true,
        strength::extent(data.panels.iter()),
    );
    let mut reading = strength::READING.to_owned();
    if let [loss, gap] = plots[..] {
        losses::draw_losses(&mut svg, run, loss);
        losses::draw_gap(&mut svg, run, gap);
        pins(&mut svg, run, &data.panels, loss);
        reading.push_str(
            " Below: training loss of right labels (dashed; dotted: with reset labels), test loss and their gap; letters are the checkpoints above, lines and bands the boundary and \
             the onset of the gap with their intervals.",
        );
    }
    (svg, reading)
}

/// Frames of loss and gap, side by side or one below the other, and the height of the whole.
fn loss_frames(run: &RunRecord, width: Width, top: f64) -> (Vec<Rect>, f64) {
    if !losses::present(run) {
        return (Vec::new(), top - 2.0);
    }
    let rise = mark::rise(run) + 12.0;
    let (tall, full) = (100.0, width.points() - MARGIN - 4.0);
    let frames = match width {
        Width::Double => {
            let half = (full - 70.0) / 2.0;
            let frame = |left| Rect::new(left, top + rise, half, tall);
            vec![frame(MARGIN), frame(MARGIN + half + 70.0)]
        }
        Width::Single => {
            let frame = |top| Rect::new(MARGIN, top + rise, full - 24.0, tall);
            vec![frame(top), frame(top + tall + rise + losses::BELOW + 8.0)]
        }
    };
    let height = frames.iter().map(|frame| frame.bottom).fold(0.0, f64::max) + losses::BELOW;
    (frames, height)
}

/// Letters of the panels where their checkpoints lie on the epoch axis.
fn pins(svg: &mut Svg, run: &RunRecord, panels: &[Bars], frame: Rect) {
    let x = reading::epoch_scale([run], frame.across());
    let wanted: Vec<_> = panels.iter().map(|bars| x.at(bars.epoch)).collect();
    let places = label::apart(&wanted, 6.0, frame.left, frame.right);
    for ((letter, at), place) in strength::letters().zip(&wanted).zip(places) {
        svg.line(
            (*at, frame.bottom),
            (*at, frame.bottom - 3.5),
            Stroke::solid(Ink::Text, 1.2),
        );
        let text = Text::new(SMALL, Ink::Text)
            .bold()
            .anchor(Anchor::Middle)
            .rim();
        svg.text((place, frame.bottom - 5.5), &letter.to_string(), text);
    }
}
