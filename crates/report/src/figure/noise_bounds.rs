//! All interactions at several noise bounds: what depends on that choice.

use spindle_run::{
    figure::{self, NoisePanel},
    record::RunRecord,
};

use super::{Drawing, Width, shares, strength};
use crate::{
    draw::{Ink, Panel, Scale, Svg, label, panel::Cells},
    reading,
};

/// Shares by order at each noise bound, before training, where orders are lowest and at the end.
pub(crate) fn draw(run: &RunRecord, width: Width) -> Option<Drawing> {
    let data = figure::noise_bounds(run)?;
    let (left, height) = (34.0, width.choose(108.0, 84.0));
    let cells = Cells::new(
        data.panels.len(),
        [left, 44.0],
        width.points() - left - 4.0,
        width.choose(100.0, 200.0),
        height,
        [16.0, 52.0],
    );
    let mut svg = Svg::new(width.points(), cells.bottom() + 24.0);
    let names: Vec<String> = data.panels[0]
        .rows
        .iter()
        .map(|row| format!("τ = {}", label::setting(row.noise_ratio)))
        .collect();
    let inks = (0..).map(Ink::Ramp);
    let key: Vec<(&str, Ink)> = names.iter().map(String::as_str).zip(inks).collect();
    shares::key(&mut svg, (left, 10.0), &key);
    let all = data.panels.iter().flat_map(|panel| &panel.rows);
    let top = shares::highest(all.filter_map(|row| row.share.as_deref())).max(0.1);
    for (i, panel) in data.panels.iter().enumerate() {
        draw_panel(&mut svg, &cells, i, top, panel);
    }
    Some(Drawing {
        name: "noise-bounds",
        title: format!(
            "All interactions at several noise bounds, {}",
            reading::subject(run)
        ),
        caption: data.caption,
        svg,
    })
}

fn draw_panel(svg: &mut Svg, cells: &Cells, index: usize, top: f64, data: &NoisePanel) {
    let frame = cells.cell(index);
    let shown: Vec<_> = data
        .rows
        .iter()
        .zip((0..).map(Ink::Ramp))
        .filter_map(|(row, ink)| Some((row.share.as_deref()?, ink)))
        .collect();
    let orders = shown
        .iter()
        .map(|(share, _)| share.len())
        .max()
        .unwrap_or(0);
    let panel = Panel {
        frame,
        x: strength::order_scale(orders, frame.across()),
        y: Scale::linear([0.0, top], frame.upwards()),
    };
    let means = data.rows.iter().filter_map(|row| row.mean_order);
    let means: Vec<String> = means.map(|order| label::fixed(order.value, 1)).collect();
    panel.heading(
        svg,
        &data.title,
        &format!("mean order {}", means.join(", ")),
    );
    shares::axes(
        svg,
        &panel,
        orders,
        cells.is_first(index),
        "Share of strength",
    );
    shares::bars(svg, &panel, &shown);
    panel.order_title(svg);
}
