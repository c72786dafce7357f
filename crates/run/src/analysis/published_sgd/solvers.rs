//! The certified optimum beside the published SGD on the same outputs.

use spindle_interactions::theory;

use super::PublishedSgd;
use crate::{
    figure::{
        BarPanel, BarPanels, Figure, FigureKind, Measured, ORDER, Overlay, SHARE, Series, Tone,
        caption::{self, number},
        numbers::significant,
        orders,
    },
    record::RunRecord,
};

type Compared<'a> = (Measured<'a>, PublishedSgd);

/// Both at up to three checkpoints, no threshold; `None` where the published SGD was not run.
pub(super) fn figure(record: &RunRecord) -> Option<Figure> {
    let compared = Measured::turning_points::<PublishedSgd>(record);
    let mut caption = told(&compared)?;
    let panels: Vec<BarPanel> = compared.iter().map(|at| panel(record, at)).collect();
    if panels.iter().any(|panel| panel.overlay.is_some()) {
        caption.push_str(" Dotted: shares that independent masked outputs would give.");
    }
    let shares = panels.iter().flat_map(|panel| panel.bars.iter().flatten());
    let count = shares.map(Vec::len).max().unwrap_or(0);
    let series = |name: &str, tone| Series {
        name: name.into(),
        tone,
    };
    let data = BarPanels {
        x: ORDER,
        y: SHARE,
        categories: orders(count),
        series: vec![
            series("canonical answer", Tone::Certified),
            series("published SGD", Tone::Published),
        ],
        overlay: Some(Overlay {
            name: "independent outputs".into(),
            tone: Tone::Series(0),
            is_dotted: true,
        }),
        panels,
    };
    Some(Figure {
        name: "certified-against-sgd",
        title: "Certified optimum against the published SGD".into(),
        caption,
        kind: FigureKind::Bars(data),
    })
}

fn panel(record: &RunRecord, (at, sgd): &Compared<'_>) -> BarPanel {
    let certified = at.summary.unthresholded.share.clone();
    let published = sgd.unthresholded.share.clone();
    let count = certified
        .as_ref()
        .or(published.as_ref())
        .map_or(0, Vec::len);
    BarPanel {
        title: at.title(record),
        note: format!(
            "SGD's L1 norm: {} × the optimum",
            significant(sgd.objective_ratio, 2)
        ),
        bars: vec![certified, published],
        overlay: (at.epoch == 0.0).then(|| spindle(count)).flatten(),
    }
}

/// Shares if masked outputs were independent: C(n,k) 2^(k/2), normalised (ours).
fn spindle(count: usize) -> Option<Vec<f64>> {
    let curve = theory::spindle_curve(count).ok()?;
    let total: f64 = curve.iter().sum();
    Some(curve.iter().map(|strength| strength / total).collect())
}

/// How far the procedure comes.
pub(super) fn in_words(record: &RunRecord) -> Option<String> {
    told(&Measured::turning_points(record))
}

fn told(compared: &[Compared<'_>]) -> Option<String> {
    let (_, sgd) = compared.first()?;
    let list = |ratio: fn(&PublishedSgd) -> Option<f64>| -> Option<String> {
        let words = compared.iter().map(|(at, sgd)| {
            let when = caption::when(at.epoch);
            Some(format!("{} ({when})", number(ratio(sgd)?)))
        });
        Some(words.collect::<Option<Vec<_>>>()?.join(", "))
    };
    let ends = list(|sgd| Some(sgd.objective_ratio)).unwrap_or_default();
    let starts = list(|sgd| sgd.start_ratio)
        .map(|starts| format!(" Its start, where no step was done, stands at {starts}."))
        .unwrap_or_default();
    let nats = in_nats(compared).unwrap_or_default();
    Some(format!(
        "The published SGD ({} steps, learning rate {}, {}) ends at these multiples of the smallest L1 norm, median over samples: {ends}.{starts}{nats} \
         Shares of all interactions by order, no threshold; the certified ones are those of the canonical answer.",
        sgd.steps,
        number(sgd.learning_rate),
        sgd.schedule.in_words(),
    ))
}

fn in_nats(compared: &[Compared<'_>]) -> Option<String> {
    let norms = compared.iter().map(|(at, sgd)| {
        let norms = sgd.norms?;
        let [smallest, start, end] = [norms.smallest, norms.start, norms.end].map(number);
        let when = caption::when(at.epoch);
        Some(format!("{smallest}, {start}, {end} ({when})"))
    });
    let norms = norms.collect::<Option<Vec<_>>>()?;
    Some(format!(
        " In nats, means of the optimum, the start and the end: {}.",
        norms.join("; ")
    ))
}
