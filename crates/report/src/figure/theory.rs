//! The theory of the second phase over what was measured.

use spindle_run::{figure, record::RunRecord};

use super::{Drawing, Width, shares, strength};
use crate::{
    draw::{Ink, Panel, Scale, Stroke, Svg, label, panel::Cells},
    reading,
};

/// Most panels: more of the same curve would not show more.
const PANELS: usize = 8;

/// Measured and predicted shares by order at checkpoints of the second phase.
pub(crate) fn draw(run: &RunRecord, width: Width) -> Option<Drawing> {
    let data = figure::theory(run)?;
    let shown: Vec<_> = evenly(data.panels.len(), PANELS)
        .filter_map(|i| data.panels.get(i))
        .collect();
    let across = width.points() - 38.0;
    let height = width.choose(78.0, 70.0);
    let cells = Cells::new(
        shown.len(),
        [34.0, 26.0],
        across,
        width.choose(92.0, 66.0),
        height,
        [12.0, 50.0],
    );
    let mut svg = Svg::new(width.points(), cells.bottom() + 24.0);
    let measured_top = shares::highest(shown.iter().filter_map(|panel| panel.measured.as_deref()));
    let predicted = reading::extent(
        shown
            .iter()
            .flat_map(|panel| panel.predicted.iter().copied()),
    );
    let top = predicted
        .map_or(0.1, |[_, high]| high)
        .max(measured_top)
        .max(0.1);
    for (i, data) in shown.iter().enumerate() {
        let frame = cells.cell(i);
        let x = strength::order_scale(data.predicted.len(), frame.across());
        let panel = Panel {
            frame,
            x,
            y: Scale::linear([0.0, top], frame.upwards()),
        };
        let (when, note) = reading::heading(&data.title);
        let bound = match (data.at_edge, data.sigma2.value > 0.0) {
            (false, _) => "=",
            (true, true) => "≥",
            (true, false) => "=",
        };
        let sigma = format!("σ² {bound} {}", label::significant(data.sigma2.value, 2));
        panel.heading(
            &mut svg,
            &when,
            &if note.is_empty() {
                sigma
            } else {
                format!("{note}, {sigma}")
            },
        );
        shares::axes(
            &mut svg,
            &panel,
            data.predicted.len(),
            cells.is_first(i),
            "Share of strength",
        );
        shares::bars(
            &mut svg,
            &panel,
            &[(data.measured.as_deref().unwrap_or_default(), Ink::Pale)],
        );
        let curve: Vec<_> = (1..)
            .zip(&data.predicted)
            .map(|(order, share)| (f64::from(order), *share))
            .collect();
        panel.curve(&mut svg, &curve, Stroke::solid(Ink::Gap, 1.3));
        for &(order, share) in &curve {
            svg.dot(panel.at(order, share), 1.9, Ink::Gap);
        }
        panel.order_title(&mut svg);
    }
    let caption = format!(
        "{} Bars: measured shares of strength by order, with intervals. Line: what the theory of arXiv 2407.19198 predicts from the \
         interactions of the last checkpoint; its one free number, the noise σ², is fitted to each checkpoint by least squares (ours).",
        data.caption.replace("sigma^2", "σ²")
    );
    let title = format!(
        "Theory of the second phase over the measured shares, {}",
        reading::subject(run)
    );
    Some(Drawing {
        name: "theory",
        title,
        caption,
        svg,
    })
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
