//! The certified decomposition against the published SGD on the same outputs.

use spindle_interactions::theory;
use spindle_run::{
    figure::{self, SolverPanel},
    record::RunRecord,
};

use super::{Drawing, Width, shares, strength};
use crate::{
    draw::{
        Anchor, Ink, Panel, Scale, Stroke, Svg, Text, label,
        panel::{Cells, SMALL},
    },
    reading,
};

/// Shares by order from both, before training, where orders are lowest and at the end.
pub(crate) fn draw(run: &RunRecord, width: Width) -> Option<Drawing> {
    let data = figure::solvers(run)?;
    let (left, height) = (34.0, width.choose(108.0, 84.0));
    // A column per checkpoint where there is room, else one below the other.
    let least = width.choose(100.0, 200.0);
    let across = width.points() - left - 4.0;
    let cells = Cells::new(
        data.panels.len(),
        [left, 44.0],
        across,
        least,
        height,
        [16.0, 52.0],
    );
    let mut svg = Svg::new(width.points(), cells.bottom() + 24.0);
    shares::key(
        &mut svg,
        (left, 10.0),
        &[
            ("canonical answer", Ink::Certified),
            ("published SGD", Ink::Published),
        ],
    );
    let both = data
        .panels
        .iter()
        .flat_map(|panel| [&panel.certified, &panel.published_sgd]);
    let top = shares::highest(both.filter_map(Option::as_deref)).max(0.1);
    for (i, panel) in data.panels.iter().enumerate() {
        draw_panel(&mut svg, &cells, i, top, panel);
    }
    let mut caption = data.caption;
    if data.panels.iter().any(|panel| panel.epoch == 0.0) {
        caption.push_str(" Dotted: shares that independent masked outputs would give.");
    }
    let title = format!(
        "Certified optimum against the published SGD, {}",
        reading::subject(run)
    );
    Some(Drawing {
        name: "certified-against-sgd",
        title,
        caption,
        svg,
    })
}

fn draw_panel(svg: &mut Svg, cells: &Cells, index: usize, top: f64, data: &SolverPanel) {
    let frame = cells.cell(index);
    let rows = [
        (data.certified.as_deref(), Ink::Certified, "certified"),
        (data.published_sgd.as_deref(), Ink::Published, "SGD"),
    ];
    let orders = rows
        .iter()
        .filter_map(|(share, ..)| Some((*share)?.len()))
        .max()
        .unwrap_or(0);
    let x = strength::order_scale(orders, frame.across());
    let panel = Panel {
        frame,
        x,
        y: Scale::linear([0.0, top], frame.upwards()),
    };
    let (when, note) = reading::heading(&data.title);
    let name = if note.is_empty() {
        when
    } else {
        format!("{when}, {note}")
    };
    let ratio = label::significant(data.objective_ratio, 2);
    panel.heading(svg, &name, &format!("SGD's L1 norm: {ratio} × the optimum"));
    shares::axes(
        svg,
        &panel,
        orders,
        cells.is_first(index),
        "Share of strength",
    );
    let shown: Vec<_> = rows
        .iter()
        .filter_map(|(share, ink, _)| Some(((*share)?, *ink)))
        .collect();
    shares::bars(svg, &panel, &shown);
    if data.epoch == 0.0 {
        spindle(svg, &panel, orders);
    }
    for (line, (_, ink, who)) in rows
        .iter()
        .filter(|(share, ..)| share.is_none())
        .enumerate()
    {
        let text = Text::new(SMALL, *ink).anchor(Anchor::End);
        let at = (frame.right, frame.top + 18.0 + 8.6 * line as f64);
        svg.text(at, &format!("{who}: all effects are 0"), text);
    }
    panel.order_title(svg);
}

/// Shares if masked outputs were independent: C(n,k) 2^(k/2), normalised (ours).
fn spindle(svg: &mut Svg, panel: &Panel, orders: usize) {
    let Ok(curve) = theory::spindle_curve(orders) else {
        return;
    };
    let total: f64 = curve.iter().sum();
    let points: Vec<_> = (1..)
        .zip(&curve)
        .map(|(order, s)| (f64::from(order), s / total))
        .collect();
    panel.curve(svg, &points, Stroke::dotted(Ink::Text, 1.2));
    let at = (panel.frame.right, panel.frame.top + 8.0);
    svg.text(
        at,
        "dotted: independent outputs",
        Text::new(SMALL, Ink::Muted).anchor(Anchor::End).rim(),
    );
}
