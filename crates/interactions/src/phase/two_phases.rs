//! Whether orders fall and then rise again (ours).

use super::Onset;
use crate::{
    bootstrap::{Estimate, Resamples},
    decompose::{HIGH_ORDER, RANGE_WEIGHT, RangeBounds, Statistic},
    ratio::{self, Ratio},
    strength::{self, SampleStrength},
};

/// Samples below which nothing is claimed: their spread is not known well enough. With 10,
/// [`two_phases`] finds half of the planted phases that it finds with 50.
pub const SMALLEST_SAMPLE: usize = 10;
/// Where the share of high orders lies above this at all checkpoints, it has no room to rise, and
/// the mean order says more.
const SATURATED: f64 = 0.75;

/// What is measured at one checkpoint: all effects, no threshold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Of every sample, the same ones in the same order at all checkpoints.
    pub strengths: Vec<SampleStrength>,
    /// What the ranges of every sample follow from (0 for a sample without effects); `None` where
    /// they were not asked for.
    pub ranges: Option<Vec<RangeBounds>>,
}

/// What the checkpoints say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Verdict {
    /// A fall and a rise, both beyond their intervals: in every near-optimal answer, where ranges
    /// are there.
    TwoPhases,
    /// The same in the canonical answer, but not in every near-optimal one.
    InOurAnswerOnly,
    /// A fall, and no rise beyond its interval.
    OnlyAFall,
    /// A rise, and no fall beyond its interval.
    OnlyARise,
    /// Neither.
    Neither,
    /// Fewer than three checkpoints, or fewer than [`SMALLEST_SAMPLE`] samples, or nothing to
    /// measure.
    TooFew,
}

/// A change between two checkpoints, with a 95 % interval over the samples that holds for all
/// checkpoints at once.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Change {
    /// Of the canonical answers.
    pub answer: Estimate,
    /// The least that it may be: the lowest value of all near-optimal answers at the one
    /// checkpoint, the highest at the other.
    pub least: Option<Estimate>,
}

impl Change {
    fn is_in_our_answer(&self) -> bool {
        self.answer.low > 0.0
    }

    fn is_in_every_answer(&self) -> bool {
        self.is_in_our_answer() && self.least.is_none_or(|least| least.low > 0.0)
    }
}

/// A statistic over the checkpoints: where it is smallest, how far it falls before and rises after,
/// and what that amounts to.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Phases {
    /// What was looked at.
    pub statistic: Statistic,
    /// Where it is smallest, looked for anew in every draw; `None` where there is nothing to
    /// measure.
    pub lowest: Option<Onset>,
    /// From the first checkpoint to that one.
    pub fall: Option<Change>,
    /// From that one to the last checkpoint.
    pub rise: Option<Change>,
    /// What follows.
    pub verdict: Verdict,
}

impl Phases {
    /// The boundary of the phases: where the statistic is smallest, if there are two phases.
    #[must_use]
    pub fn boundary(&self) -> Option<Onset> {
        self.lowest.filter(|_| self.verdict == Verdict::TwoPhases)
    }

    const fn none(statistic: Statistic) -> Self {
        Self {
            statistic,
            lowest: None,
            fall: None,
            rise: None,
            verdict: Verdict::TooFew,
        }
    }
}

/// A statistic at one checkpoint: of the canonical answers, and the ends of its range.
struct Course {
    value: Ratio,
    range: Option<[Ratio; 2]>,
}

impl Course {
    fn new(statistic: Statistic, measured: &Measured) -> Self {
        let players = measured.strengths.first().map_or(0, |s| s.positive.len());
        let range = measured.ranges.as_ref().map(|ranges| {
            let end = |of: fn(Statistic, &RangeBounds, usize) -> f64| {
                let terms = ranges.iter();
                terms
                    .map(|bounds| [of(statistic, bounds, players), bounds.limit])
                    .collect()
            };
            [end(lowest_sum), end(highest_sum)]
        });
        Self {
            value: strength::ratio(statistic, &measured.strengths),
            range,
        }
    }
}

/// The least that sum f |x| can be, and in [`highest_sum`] the most; the limit of the norm is what
/// both are relative to.
fn lowest_sum(statistic: Statistic, bounds: &RangeBounds, _players: usize) -> f64 {
    (bounds.of(statistic)[0] - bounds.limit) / RANGE_WEIGHT
}

fn highest_sum(statistic: Statistic, bounds: &RangeBounds, players: usize) -> f64 {
    statistic.most(players) * bounds.limit - (bounds.of(statistic)[1] - bounds.limit) / RANGE_WEIGHT
}

/// The statistic that is looked at first: the share of the orders [`HIGH_ORDER`] and above, which
/// nearly all answers agree on; the mean order where there are no such orders, or where they have
/// nearly all the strength at every checkpoint.
#[must_use]
pub fn first_statistic(checkpoints: &[Measured]) -> Statistic {
    let players = checkpoints
        .iter()
        .flat_map(|c| &c.strengths)
        .map(|s| s.positive.len());
    let shares = checkpoints.iter().filter_map(|checkpoint| {
        let all: Vec<usize> = (0..checkpoint.strengths.len()).collect();
        Course::new(Statistic::ShareOfHighOrders, checkpoint)
            .value
            .of(&all)
    });
    let least = shares.fold(f64::INFINITY, f64::min);
    if players.max().unwrap_or(0) < HIGH_ORDER || (least.is_finite() && least > SATURATED) {
        Statistic::MeanOrder
    } else {
        Statistic::ShareOfHighOrders
    }
}

/// Whether a statistic falls from the first checkpoint to where it is smallest and rises from there
/// to the last, each beyond its interval and, where ranges are there, in the worst case over all
/// near-optimal answers. The second value is the smallest checkpoint of every draw.
///
/// Intervals are simultaneous over the checkpoints, since the smallest one is chosen by the data,
/// and each end takes 2.5 %: where there is no fall or no rise, phases are claimed in at most 5 %.
#[must_use]
pub fn two_phases(
    statistic: Statistic,
    checkpoints: &[Measured],
    resamples: &Resamples,
) -> (Phases, Vec<usize>) {
    let courses: Vec<Course> = checkpoints
        .iter()
        .map(|c| Course::new(statistic, c))
        .collect();
    let samples = courses.iter().map(|c| c.value.samples()).min().unwrap_or(0);
    let all: Vec<usize> = (0..samples).collect();
    let smallest = |draw: &[usize]| last_minimum(courses.iter().map(|c| c.value.of(draw)));
    let Some(index) = smallest(&all) else {
        return (Phases::none(statistic), Vec::new());
    };
    let mut draws = Vec::with_capacity(resamples.count);
    resamples.for_each(samples, |draw| draws.extend(smallest(draw)));
    let enough = courses.len() >= 3 && samples >= SMALLEST_SAMPLE;
    let [fall, rise] = [courses.first(), courses.last()].map(|from| {
        from.filter(|_| enough)
            .and_then(|from| change(from, &courses, index, resamples))
    });
    let phases = Phases {
        statistic,
        lowest: Some(Onset::new(index, &draws)),
        fall,
        rise,
        verdict: verdict(fall.as_ref(), rise.as_ref()),
    };
    (phases, draws)
}

fn change(
    from: &Course,
    courses: &[Course],
    index: usize,
    resamples: &Resamples,
) -> Option<Change> {
    let values: Vec<&Ratio> = courses.iter().map(|c| &c.value).collect();
    let answer = *ratio::simultaneous(&from.value, &values, resamples)?.get(index)?;
    let highest: Option<Vec<&Ratio>> = courses
        .iter()
        .map(|course| course.range.as_ref().map(|[_, highest]| highest))
        .collect();
    let least = from
        .range
        .as_ref()
        .zip(highest)
        .and_then(|([lowest, _], highest)| {
            ratio::simultaneous(lowest, &highest, resamples)?
                .get(index)
                .copied()
        });
    Some(Change { answer, least })
}

fn verdict(fall: Option<&Change>, rise: Option<&Change>) -> Verdict {
    let (Some(fall), Some(rise)) = (fall, rise) else {
        return Verdict::TooFew;
    };
    match (fall.is_in_our_answer(), rise.is_in_our_answer()) {
        (true, true) if fall.is_in_every_answer() && rise.is_in_every_answer() => {
            Verdict::TwoPhases
        }
        (true, true) => Verdict::InOurAnswerOnly,
        (true, false) => Verdict::OnlyAFall,
        (false, true) => Verdict::OnlyARise,
        (false, false) => Verdict::Neither,
    }
}

/// Index of the smallest value, the last of equal ones.
fn last_minimum(values: impl Iterator<Item = Option<f64>>) -> Option<usize> {
    let mut smallest: Option<(usize, f64)> = None;
    for (index, value) in values.enumerate() {
        let Some(value) = value else { continue };
        if smallest.is_none_or(|(_, least)| value <= least) {
            smallest = Some((index, value));
        }
    }
    smallest.map(|(index, _)| index)
}
