//! Normal against mislabelled samples: the latter have the heavier tail.

use spindle_run::record::{Group, RunRecord};

use super::{Drawing, Width, shares, strength};
use crate::{
    draw::{Ink, Panel, Rect, Scale, Svg, Text, label, panel::MEDIUM},
    reading,
};

const GROUPS: [(Group, &str, Ink); 3] = [
    (Group::Test, "test", Ink::Series(0)),
    (Group::Train, "training, own label", Ink::Series(2)),
    (Group::Mislabelled, "training, reset label", Ink::Series(1)),
];

/// Shares by order at the last checkpoint, per group; only where mislabelled samples were measured.
pub(crate) fn draw(run: &RunRecord, width: Width) -> Option<Drawing> {
    let (epoch, last) = run
        .checkpoints
        .iter()
        .rev()
        .find_map(|c| Some((c.losses.epoch, c.analysis.as_ref()?)))?;
    last.of(Group::Mislabelled)?;
    let present: Vec<_> = GROUPS
        .iter()
        .filter_map(|(group, name, ink)| Some((last.of(*group)?, *name, *ink)))
        .collect();
    let rows: Vec<_> = present
        .iter()
        .filter_map(|(g, _, ink)| Some((g.strength.share.as_deref()?, *ink)))
        .collect();
    let orders = rows.iter().map(|(share, _)| share.len()).max()?;
    let frame = Rect::new(
        34.0,
        14.0,
        width.points() - 38.0,
        width.choose(120.0, 110.0),
    );
    let mut svg = Svg::new(width.points(), frame.bottom + 24.0);
    let x = strength::order_scale(orders, frame.across());
    let top = shares::highest(rows.iter().map(|(share, _)| *share)).max(0.1);
    let panel = Panel {
        frame,
        x,
        y: Scale::linear([0.0, top], frame.upwards()),
    };
    shares::axes(&mut svg, &panel, orders, true, "Share of strength");
    panel.order_title(&mut svg);
    shares::bars(&mut svg, &panel, &rows);
    for (line, (group, name, ink)) in present.iter().enumerate() {
        let y = frame.top + 8.0 + 10.6 * line as f64;
        let x = frame.left + frame.width() * width.choose(0.56, 0.4);
        svg.rect(Rect::new(x, y - 5.6, 6.4, 6.4), *ink, 1.0);
        let mean = group
            .strength
            .mean_order
            .map(|e| format!(", mean order {}", label::fixed(e.value, 2)));
        let text = format!("{name} ({}){}", group.samples, mean.unwrap_or_default());
        let short = width.choose(text.as_str(), *name);
        svg.text((x + 9.6, y), short, Text::new(MEDIUM, Ink::Text).rim());
    }
    let caption = format!(
        "Shares of strength by order of samples with their own label and of training samples whose label was reset, at epoch {}. \
         Salient interactions; whiskers: 95 % bootstrap intervals over the samples of each group.",
        label::epoch(epoch)
    );
    let title = format!("Normal and mislabelled samples, {}", reading::subject(run));
    Some(Drawing {
        name: "mislabelled",
        title,
        caption,
        svg,
    })
}
