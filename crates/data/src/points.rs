//! Clouds of as many points as an experiment uses, out of those that there are.

use rand::seq::SliceRandom;
use spindle_run::Experiment;

use super::clouds::normalise;
use spindle_run::{player::CLUSTERS, random::Stream};

/// Draws the experiment's points of a cloud, moves their mean to 0 and scales them into the unit
/// ball; `index` tells the cloud from all others of the data set.
///
/// # Errors
/// In words: fewer points than are used or than there are clusters, and coordinates that are no
/// numbers.
pub(super) fn drawn(
    mut points: Vec<[f32; 3]>,
    experiment: &Experiment,
    index: usize,
) -> Result<Vec<[f32; 3]>, String> {
    let needed = experiment.training.points.max(CLUSTERS);
    if points.len() < needed {
        return Err(format!(
            "it has {} points and {needed} are used; fewer can be asked for with --points, and --skip-broken leaves such clouds out",
            points.len()
        ));
    }
    let finite = |point: &[f32; 3]| point.iter().all(|value| value.is_finite());
    if let Some(position) = points.iter().position(|point| !finite(point)) {
        return Err(format!(
            "point {} is {:?}, which are not three finite numbers",
            position + 1,
            points[position]
        ));
    }
    let mut rng = Stream::Points.rng(experiment.training.seed, index as u64);
    let (chosen, _) = points.partial_shuffle(&mut rng, experiment.training.points);
    let mut chosen = chosen.to_vec();
    normalise(&mut chosen);
    Ok(chosen)
}
