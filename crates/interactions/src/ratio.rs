//! Ratios of sums over samples, and simultaneous intervals of their differences (ours).

use crate::bootstrap::{Estimate, Resamples, quantile};

/// A ratio of sums over samples: the numerator and the denominator of each.
#[derive(Clone, Debug)]
pub(crate) struct Ratio {
    terms: Vec<[f64; 2]>,
}

impl FromIterator<[f64; 2]> for Ratio {
    fn from_iter<I: IntoIterator<Item = [f64; 2]>>(terms: I) -> Self {
        Self {
            terms: terms.into_iter().collect(),
        }
    }
}

impl Ratio {
    pub(crate) fn samples(&self) -> usize {
        self.terms.len()
    }

    /// The ratio over the drawn samples; `None` where the denominators are all 0.
    pub(crate) fn of(&self, draw: &[usize]) -> Option<f64> {
        let [numerator, denominator] = self.sums(draw);
        (denominator > 0.0).then(|| numerator / denominator)
    }

    fn sums(&self, draw: &[usize]) -> [f64; 2] {
        draw.iter().fold([0.0; 2], |[a, b], &sample| {
            let [numerator, denominator] = self.terms[sample];
            [a + numerator, b + denominator]
        })
    }

    /// The ratio over the drawn samples and its standard error.
    fn with_error(&self, draw: &[usize]) -> Option<(f64, f64)> {
        let mut influence = Vec::new();
        let ratio = self.linearized(draw, &mut influence)?;
        let squares: f64 = influence.iter().map(|x| x * x).sum();
        let samples = draw.len() as f64;
        (draw.len() > 1).then(|| (ratio, (squares / (samples * (samples - 1.0))).sqrt()))
    }

    fn drawn(&self, resamples: &Resamples) -> Vec<Option<(f64, f64)>> {
        let mut drawn = Vec::with_capacity(resamples.count);
        resamples.for_each(self.samples(), |draw| drawn.push(self.with_error(draw)));
        drawn
    }

    /// The ratio over the drawn samples and, in `influence`, what each of them moves it by (the
    /// first order of its change by weight).
    fn linearized(&self, draw: &[usize], influence: &mut Vec<f64>) -> Option<f64> {
        let [numerator, denominator] = self.sums(draw);
        if denominator <= 0.0 {
            return None;
        }
        let ratio = numerator / denominator;
        let scale = draw.len() as f64 / denominator;
        influence.clear();
        influence.extend(draw.iter().map(|&sample| {
            let [numerator, denominator] = self.terms[sample];
            (numerator - ratio * denominator) * scale
        }));
        Some(ratio)
    }
}

/// A difference and its standard error.
#[derive(Clone, Copy)]
struct Difference {
    value: f64,
    error: f64,
}

/// Room for the influences of one ratio and of those that it is compared with.
#[derive(Default)]
struct Room {
    from: Vec<f64>,
    other: Vec<f64>,
}

/// `from` - each of the others over the drawn samples, paired.
fn differences(
    from: &Ratio,
    others: &[&Ratio],
    draw: &[usize],
    room: &mut Room,
) -> Option<Vec<Difference>> {
    let start = from.linearized(draw, &mut room.from)?;
    let mut found = Vec::with_capacity(others.len());
    for other in others {
        let end = other.linearized(draw, &mut room.other)?;
        let squares = room
            .from
            .iter()
            .zip(&room.other)
            .map(|(a, b)| (a - b) * (a - b));
        let samples = draw.len() as f64;
        found.push(Difference {
            value: start - end,
            error: (squares.sum::<f64>() / (samples * (samples - 1.0))).sqrt(),
        });
    }
    Some(found)
}

/// `a` - `b` over samples that have nothing to do with each other, with a 95 % interval by
/// bootstrap-t. `None` where a denominator is 0, or one of them has fewer than two samples.
pub(crate) fn unpaired(a: &Ratio, b: &Ratio, resamples: &Resamples) -> Option<Estimate> {
    let (first, second) = (a.drawn(resamples), b.drawn(&resamples.other()));
    let all = |ratio: &Ratio| ratio.with_error(&(0..ratio.samples()).collect::<Vec<_>>());
    let subtract = |(a, a_error): (f64, f64), (b, b_error): (f64, f64)| Difference {
        value: a - b,
        error: a_error.hypot(b_error),
    };
    let found = subtract(all(a)?, all(b)?);
    let drawn = first.into_iter().zip(second);
    let mut errors: Vec<f64> = drawn
        .filter_map(|(a, b)| {
            let drawn = subtract(a?, b?);
            (drawn.error > 0.0).then(|| (drawn.value - found.value) / drawn.error)
        })
        .collect();
    let errors = Estimate::new(0.0, &mut errors);
    Some(Estimate {
        value: found.value,
        low: found.value - errors.high * found.error,
        high: found.value - errors.low * found.error,
    })
}

/// `from` - each of the others, with intervals that hold for all of them at once.
///
/// Bootstrap-t: in every draw the largest and the smallest of the studentised errors over all
/// differences, whose 97.5 % and 2.5 % quantiles are the intervals' lengths in standard errors
/// (Efron and Tibshirani, 1993, chapter 12). So which of the others one looks at may depend on what
/// was found. `None` where a denominator is 0.
pub(crate) fn simultaneous(
    from: &Ratio,
    others: &[&Ratio],
    resamples: &Resamples,
) -> Option<Vec<Estimate>> {
    let samples = from.samples();
    let mut room = Room::default();
    let all: Vec<usize> = (0..samples).collect();
    let found = differences(from, others, &all, &mut room)?;
    let (mut largest, mut smallest) = (Vec::new(), Vec::new());
    resamples.for_each(samples, |draw| {
        let Some(drawn) = differences(from, others, draw, &mut room) else {
            return;
        };
        let pairs = drawn
            .iter()
            .zip(&found)
            .filter(|(drawn, _)| drawn.error > 0.0);
        let errors = pairs.map(|(drawn, found)| (drawn.value - found.value) / drawn.error);
        let (low, high) = errors.fold((0.0_f64, 0.0_f64), |(low, high), error| {
            (low.min(error), high.max(error))
        });
        smallest.push(low);
        largest.push(high);
    });
    let at = |draws: &mut Vec<f64>, level| {
        draws.sort_unstable_by(f64::total_cmp);
        quantile(draws, level).unwrap_or(0.0)
    };
    let (below, above) = (at(&mut largest, 0.975), at(&mut smallest, 0.025));
    let interval = |found: &Difference| Estimate {
        value: found.value,
        low: found.value - below * found.error,
        high: found.value - above * found.error,
    };
    Some(found.iter().map(interval).collect())
}
