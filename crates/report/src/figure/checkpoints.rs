//! Strength by order at every checkpoint.

use spindle_run::{analysis, figure::Bars, record::RunRecord};

use super::{Width, strength};
use crate::draw::{Svg, panel::Cells};

/// Small multiples of all measured checkpoints; only where there are more than figure 3 shows.
pub(super) fn draw(checkpoints: &[Bars], run: &RunRecord, width: Width) -> Option<(Svg, String)> {
    if checkpoints.len() <= analysis::two_phases(run)?.panels.len() {
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
        checkpoints,
        &cells,
        false,
        strength::extent(checkpoints.iter()),
    );
    Some((svg, strength::READING.to_owned()))
}
