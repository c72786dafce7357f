//! What is left to compute of a record, and doing it.

use serde_json::Value;

use super::{ANALYSES, Analysis, AtCheckpoint, OfRun, Scope, Watch};
use crate::{
    Error,
    record::{Part, Place, RunRecord},
};

/// An analysis that has not looked at a place yet.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// Which one.
    pub analysis: &'a dyn Analysis,
    /// Where.
    pub place: Place,
}

/// What can be computed of a record now: what is not there, or is of another version. First at all
/// checkpoints; when that is there, of the run; then, since that tells where they are, at the
/// turning points. Whoever wants all of it asks again until nothing is left.
#[must_use]
pub fn missing<'a>(analyses: &[&'a dyn Analysis], record: &RunRecord) -> Vec<Work<'a>> {
    let checkpoints = &record.checkpoints;
    let is_summed_up = |at: &usize| checkpoints[*at].summary.is_some();
    let all: Vec<usize> = (0..checkpoints.len()).filter(is_summed_up).collect();
    let turning = || record.turning_points().into_iter().filter(is_summed_up);
    let at = |scope, places: Vec<Place>| wanting(analyses, record, scope, &places);
    let mut first = at(
        Scope::EveryCheckpoint,
        all.iter().copied().map(Place::Checkpoint).collect(),
    );
    // Checkpoint by checkpoint: what is read there serves all of them.
    first.sort_by_key(|work| work.place);
    if !first.is_empty() || all.is_empty() || all.len() < checkpoints.len() {
        return first;
    }
    let of_run = at(Scope::Run, vec![Place::Run]);
    if !of_run.is_empty() {
        return of_run;
    }
    at(
        Scope::TurningPoints,
        turning().map(Place::Checkpoint).collect(),
    )
}

/// Whether nothing is left to do of a run: trained to its end, and decomposed and analysed by this
/// version. Its record says so; parts that are gone since then it does not know.
#[must_use]
pub fn is_complete(record: &RunRecord) -> bool {
    let last = record.checkpoints.last();
    let epochs = record.experiment.training.epochs as f64;
    let is_trained = last.is_some_and(|last| last.losses.epoch >= epochs);
    let mut checkpoints = record.checkpoints.iter();
    let is_decomposed = record.is_current() && checkpoints.all(|at| at.summary.is_some());
    is_trained && is_decomposed && missing(ANALYSES, record).is_empty()
}

/// Analyses of a scope that are wanting at some of these places.
fn wanting<'a>(
    analyses: &[&'a dyn Analysis],
    record: &RunRecord,
    scope: Scope,
    places: &[Place],
) -> Vec<Work<'a>> {
    let asked = analyses.iter().filter(|analysis| {
        analysis.scopes().contains(&scope) && analysis.applies(&record.experiment)
    });
    let at_places = asked.flat_map(|&analysis| {
        let places = places.iter().filter(move |&&place| {
            let parts = record.parts(place);
            !parts.is_some_and(|parts| parts.has(analysis.name(), analysis.version()))
        });
        places.map(move |&place| Work { analysis, place })
    });
    at_places.collect()
}

impl Work<'static> {
    /// The analysis of this name, of the whole run; `None` where there is none.
    #[must_use]
    pub fn of_run_by_name(name: &str) -> Option<Self> {
        let mut analyses = ANALYSES.iter().copied();
        let analysis = analyses.find(|analysis| analysis.name() == name)?;
        Some(Self {
            analysis,
            place: Place::Run,
        })
    }
}

impl Work<'_> {
    /// Does it at a checkpoint, which must be the one of its place.
    ///
    /// # Errors
    /// As [`Analysis::at_checkpoint`].
    pub fn at_checkpoint(&self, at: &AtCheckpoint<'_>, watch: Watch<'_>) -> Result<Value, Error> {
        self.analysis.at_checkpoint(at, watch)
    }

    /// Does it for the run.
    ///
    /// # Errors
    /// As [`Analysis::of_run`].
    pub fn of_run(&self, run: &OfRun<'_>) -> Result<Value, Error> {
        self.analysis.of_run(run)
    }

    /// Puts what was found where it belongs.
    pub fn put(&self, record: &mut RunRecord, found: Value) {
        let part = Part {
            version: self.analysis.version(),
            value: found,
        };
        record.put_part(self.place, self.analysis.name(), part);
    }
}
