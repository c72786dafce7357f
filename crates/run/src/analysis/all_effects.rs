//! Statistics of all interactions, however weak, over training.

use spindle_interactions::{
    bootstrap::Estimate,
    decompose::{HIGH_ORDER, Statistic},
};

use super::{Analysis, Behind, Finding, PublishedSgd, Shown, checkpoints, phases};
use crate::{
    figure::{Axis, Course, EPOCH, Figure, FigureKind, Measured, marks},
    record::{RangedEstimate, RunRecord},
};

/// Shows what the summary of every checkpoint has.
pub(super) struct AllEffects;

impl Shown for AllEffects {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        [Statistic::ShareOfHighOrders, Statistic::MeanOrder]
            .into_iter()
            .filter_map(|statistic| figure(record, statistic))
            .collect()
    }
}

impl Analysis for AllEffects {
    fn name(&self) -> &'static str {
        "all-effects"
    }

    fn behind(&self, figure: &Figure, record: &RunRecord) -> Vec<Behind> {
        if figure.name != MEAN_ORDER {
            return Vec::new();
        }
        vec![Behind::new(
            "Checkpoints as a table",
            checkpoints::table(record),
        )]
    }

    /// Both statistics at the turning points.
    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let statistics = phases::statistics(record).into_iter();
        let numbers: Vec<String> = statistics
            .filter_map(|statistic| phases::numbers(record, statistic))
            .collect();
        if numbers.is_empty() {
            return Vec::new();
        }
        vec![Finding {
            about: "All effects, all answers",
            text: format!("{} {}", numbers.join(" "), phases::RANGES),
        }]
    }
}

const MEAN_ORDER: &str = "mean-order";

fn figure(record: &RunRecord, statistic: Statistic) -> Option<Figure> {
    let data = course(record, statistic)?;
    let (name, title) = match statistic {
        Statistic::MeanOrder => (MEAN_ORDER, "Mean order of all interactions over training"),
        Statistic::ShareOfHighOrders => (
            "share-of-high-orders",
            "Share of orders of 3 and more over training",
        ),
    };
    let sentences = [
        phases::numbers(record, statistic),
        phases::verdict(record),
        Some(phases::RANGES.to_owned()),
    ];
    Some(Figure {
        name,
        title: title.into(),
        caption: sentences
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        kind: FigureKind::Course(data),
    })
}

const fn axis(statistic: Statistic) -> Axis {
    match statistic {
        Statistic::MeanOrder => Axis {
            label: "mean order",
            unit: "players",
        },
        Statistic::ShareOfHighOrders => Axis {
            label: "share of orders of 3 and more",
            unit: "",
        },
    }
}

/// A statistic over training; `None` before anything was analysed.
#[must_use]
pub fn course(record: &RunRecord, statistic: Statistic) -> Option<Course> {
    let measured: Vec<_> = Measured::all(record).collect();
    measured.first()?;
    let of_salient = |at: &Measured<'_>| match statistic {
        Statistic::MeanOrder => at.test.mean_order,
        Statistic::ShareOfHighOrders => None,
    };
    let of_sgd = |at: &Measured<'_>| {
        let sgd: PublishedSgd = at.part()?;
        match statistic {
            Statistic::MeanOrder => sgd.unthresholded.mean_order,
            Statistic::ShareOfHighOrders => share_of_high_orders(sgd.unthresholded.share.as_ref()?),
        }
    };
    Some(Course {
        statistic,
        decides: phases::statistics(record).first() == Some(&statistic),
        x: EPOCH,
        y: axis(statistic),
        epochs: measured.iter().map(|at| at.epoch).collect(),
        all: measured.iter().map(|at| of_all(at, statistic)).collect(),
        salient: measured.iter().map(of_salient).collect(),
        published_sgd: measured.iter().map(of_sgd).collect(),
        marks: marks(record),
    })
}

/// Runs of earlier versions have the mean order without ranges.
fn of_all(at: &Measured<'_>, statistic: Statistic) -> Option<RangedEstimate> {
    let unranged = || {
        let found = at.summary.unthresholded.mean_order?;
        Some(RangedEstimate {
            value: found.value,
            low: found.low,
            high: found.high,
            lowest: None,
            highest: None,
        })
    };
    phases::of_all(&at.summary.all_effects, statistic)
        .or_else(|| (statistic == Statistic::MeanOrder).then(unranged).flatten())
}

/// Without an interval: shares of single orders do not give that of their sum.
pub(super) fn share_of_high_orders(share: &[Estimate]) -> Option<Estimate> {
    let value = share
        .iter()
        .skip(HIGH_ORDER - 1)
        .map(|share| share.value)
        .sum();
    Some(Estimate::exact(value))
}
