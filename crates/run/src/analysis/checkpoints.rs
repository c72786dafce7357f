//! Strength by order at every checkpoint.

use super::{Analysis, Measured, Shown};
use crate::{
    figure::{Bars, Figure, FigureKind},
    record::RunRecord,
};

/// Shows what the summary of every checkpoint has.
pub(super) struct Checkpoints;

impl Shown for Checkpoints {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        let panels: Vec<Bars> = Measured::all(record)
            .map(|at| Bars::new(record, at))
            .collect();
        if panels.is_empty() {
            return Vec::new();
        }
        vec![Figure {
            name: "strength-all-checkpoints",
            title: "Strength by order at every checkpoint".into(),
            caption: format!("All {} measured checkpoints.", panels.len()),
            kind: FigureKind::Checkpoints { panels },
        }]
    }
}

impl Analysis for Checkpoints {
    fn name(&self) -> &'static str {
        "checkpoints"
    }
}
