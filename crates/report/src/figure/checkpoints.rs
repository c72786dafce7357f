//! Strength by order at every checkpoint.

use spindle_run::{figure, record::RunRecord};

use super::{Drawing, Width, strength};
use crate::{
    draw::{Svg, panel::Cells},
    reading,
};

/// Small multiples of all measured checkpoints; only where there are more than figure 3 shows.
pub(crate) fn draw(run: &RunRecord, width: Width) -> Option<Drawing> {
    let figure::Figures {
        two_phases,
        checkpoints,
        ..
    } = figure::figures(run);
    if checkpoints.len() <= two_phases?.panels.len() {
        return None;
    }
    let across = width.points() - 38.0;
    let least = width.choose(84.0, 62.0);
    let cells = Cells::new(
        checkpoints.len(),
        [34.0, 26.0],
        across,
        least,
        width.choose(82.0, 70.0),
        [10.0, 50.0],
    );
    let mut svg = Svg::new(width.points(), cells.bottom() + 24.0);
    strength::panels(
        &mut svg,
        &checkpoints,
        &cells,
        false,
        strength::extent(checkpoints.iter()),
    );
    let caption = format!(
        "All {} measured checkpoints. {}",
        checkpoints.len(),
        strength::READING
    );
    let title = format!(
        "Strength by order at every checkpoint, {}",
        reading::subject(run)
    );
    Some(Drawing {
        name: "strength-all-checkpoints",
        title,
        caption,
        svg,
    })
}
