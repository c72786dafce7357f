//! Figure 3 of arXiv 2405.10262 as the published procedure gives it, over the certified answers to
//! the same outputs.

use spindle_run::figure::{Bars, StrengthRows};

use super::{Width, strength};
use crate::{
    draw::{Ink, Panel, Rect, Scale, Svg, Text, label, panel::MEDIUM},
    reading,
};

/// Room left of a panel for its own scale.
const SCALE: f64 = 34.0;

/// A row per way of decomposing, a column per checkpoint, in nats.
pub(super) fn draw(data: &StrengthRows, width: Width) -> Option<Svg> {
    let columns = data.rows.first()?.panels.len();
    let across = (width.points() - 4.0) / columns as f64;
    let (height, above, below) = (width.choose(78.0, 60.0), 40.0, 26.0);
    let tall = above + height + below;
    let mut svg = Svg::new(width.points(), tall * data.rows.len() as f64);
    for (line, row) in data.rows.iter().enumerate() {
        let top = tall * line as f64;
        svg.text(
            (2.0, top + 9.0),
            &row.name,
            Text::new(MEDIUM, Ink::Text).bold(),
        );
        for (column, bars) in row.panels.iter().enumerate() {
            let left = across * column as f64 + SCALE;
            panel(
                &mut svg,
                Rect::new(left, top + above, across - SCALE - 6.0, height),
                bars,
            );
        }
    }
    Some(svg)
}

fn panel(svg: &mut Svg, frame: Rect, bars: &Bars) {
    let ends = reading::ends(bars.positive.iter().chain(&bars.negative));
    let extent = match reading::extent(ends.chain([0.0])) {
        Some([low, high]) if low < high => [low, high],
        _ => [-1.0, 1.0],
    };
    let orders = bars.positive.len();
    let panel = Panel {
        frame,
        x: strength::order_scale(orders, frame.across()),
        y: Scale::nice(extent, frame.upwards(), 4),
    };
    panel.y_axis(svg, 4, true);
    let (when, _) = reading::heading(&bars.title);
    let total = reading::total(bars);
    panel.heading(
        svg,
        &when,
        &format!("{} nats", label::significant(total, 3)),
    );
    strength::bars(svg, &panel, bars, 1.0);
    strength::order_axis(svg, &panel, orders);
    panel.order_title(svg);
}
