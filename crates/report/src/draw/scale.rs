//! From values to positions, and where the ticks are.

use super::label;

/// How values spread over an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Linear {
        /// Distance of the ticks, where the ends lie on ticks.
        step: Option<f64>,
    },
    Log,
    /// log(1 + value/unit): logarithmic, but for zero and what is below `unit`.
    Symlog {
        unit: f64,
    },
}

/// From values to positions in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

/// A tick: where, and what is written there (nothing at a minor tick).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
}

impl Tick {
    fn new(value: f64, label: String) -> Self {
        Self { value, label }
    }
}

impl Scale {
    /// `low..=high` evenly on `from..=to`. An empty domain is widened.
    pub(crate) fn linear([low, high]: [f64; 2], [from, to]: [f64; 2]) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self {
            kind: Kind::Linear { step: None },
            low,
            high,
            from,
            to,
        }
    }

    /// A linear scale whose ends are ticks, about `ticks` steps apart.
    pub(crate) fn nice([low, high]: [f64; 2], range: [f64; 2], ticks: usize) -> Self {
        let plain = Self::linear([low, high], range);
        let step = plain.step(ticks);
        let ends = [
            (plain.low / step).floor() * step,
            (plain.high / step).ceil() * step,
        ];
        Self {
            kind: Kind::Linear { step: Some(step) },
            ..Self::linear(ends, range)
        }
    }

    /// `low..=high`, both above 0, by their logarithm.
    pub(crate) fn log([low, high]: [f64; 2], [from, to]: [f64; 2]) -> Self {
        let low = if low > 0.0 { low } else { f64::MIN_POSITIVE };
        let high = if high > low { high } else { low * 10.0 };
        Self {
            kind: Kind::Log,
            low,
            high,
            from,
            to,
        }
    }

    /// `0..=high` by log(1 + value/unit).
    pub(crate) fn symlog(unit: f64, high: f64, [from, to]: [f64; 2]) -> Self {
        let unit = if unit > 0.0 { unit } else { 1.0 };
        let high = if high > 0.0 { high } else { unit };
        Self {
            kind: Kind::Symlog { unit },
            low: 0.0,
            high,
            from,
            to,
        }
    }

    /// Position of a value; not finite where the scale has none for it.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let warp = |x: f64| match self.kind {
            Kind::Linear { .. } => x,
            Kind::Log => x.ln(),
            Kind::Symlog { unit } => (x / unit).ln_1p(),
        };
        let (low, high) = (warp(self.low), warp(self.high));
        self.from + (warp(value) - low) / (high - low) * (self.to - self.from)
    }

    /// Smallest and largest value.
    #[cfg(test)]
    fn domain(&self) -> [f64; 2] {
        [self.low, self.high]
    }

    fn contains(&self, value: f64) -> bool {
        let slack = 1e-9 * (self.high - self.low);
        (self.low - slack..=self.high + slack).contains(&value)
    }

    fn step(&self, ticks: usize) -> f64 {
        let rough = (self.high - self.low) / ticks.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|m| m * power);
        steps
            .into_iter()
            .find(|step| *step >= rough * 0.999)
            .unwrap_or(10.0 * power)
    }

    /// About `count` ticks on a linear scale; on the others powers of ten, with minor ticks between
    /// them.
    pub(crate) fn ticks(&self, count: usize) -> Vec<Tick> {
        match self.kind {
            Kind::Linear { step } => self.linear_ticks(step.unwrap_or_else(|| self.step(count))),
            Kind::Log => self.log_ticks(),
            Kind::Symlog { unit } => {
                let mut ticks = vec![Tick::new(0.0, "0".into())];
                ticks.extend(self.decades(unit));
                ticks
            }
        }
    }

    fn linear_ticks(&self, step: f64) -> Vec<Tick> {
        let decimals = usize::try_from(-(step * 1.001).log10().floor() as i32).unwrap_or(0);
        let first = (self.low / step - 1e-9).ceil() as i64;
        let values = (0..200)
            .map(|i| (first + i) as f64 * step)
            .take_while(|&value| self.contains(value));
        let values: Vec<f64> = values.collect();
        if decimals <= 4 && self.low.abs().max(self.high.abs()) < 1e6 {
            distinct(&values, decimals, label::fixed)
        } else {
            distinct(&values, 2, label::significant)
        }
    }

    fn log_ticks(&self) -> Vec<Tick> {
        let mut ticks = self.decades(0.0);
        if ticks.iter().filter(|tick| !tick.label.is_empty()).count() < 2 {
            for tick in &mut ticks {
                let leading = tick.value / 10_f64.powf((tick.value * 1.0001).log10().floor());
                if [2.0, 5.0].iter().any(|m| (leading - m).abs() < 1e-6) {
                    tick.label = decade_label(tick.value);
                }
            }
        }
        ticks
    }

    /// Powers of ten from `least` on and their multiples, as far as they lie on the scale.
    fn decades(&self, least: f64) -> Vec<Tick> {
        let least = least.max(self.low).max(1e-300);
        let exponents = (least.log10() - 1e-9).floor() as i32..=self.high.log10().ceil() as i32;
        let decades = (self.high / least).log10();
        // Every second or third power where they would crowd.
        let every = (decades / 6.0).ceil().max(1.0) as i32;
        let multiples = |exponent: i32| {
            (1..10).map(move |m| {
                let value = f64::from(m) * 10_f64.powi(exponent);
                let labelled = m == 1 && exponent % every == 0;
                Tick::new(
                    value,
                    if labelled {
                        decade_label(value)
                    } else {
                        String::new()
                    },
                )
            })
        };
        exponents
            .flat_map(multiples)
            .filter(|tick| tick.value >= least * 0.999 && self.contains(tick.value))
            .collect()
    }
}

/// Ticks at values that are written with `least` digits, or with as many more as tell them apart.
fn distinct(values: &[f64], least: usize, write: fn(f64, usize) -> String) -> Vec<Tick> {
    /// No number has more.
    const MOST: usize = 17;
    let written = |digits: usize| -> Vec<String> {
        values.iter().map(|&value| write(value, digits)).collect()
    };
    let labels = (least..MOST)
        .map(written)
        .find(|labels| labels.windows(2).all(|pair| pair[0] != pair[1]))
        .unwrap_or_else(|| written(MOST));
    let ticks = values.iter().zip(labels);
    ticks
        .map(|(&value, label)| Tick::new(value, label))
        .collect()
}

fn decade_label(value: f64) -> String {
    let exponent = (value * 1.0001).log10().floor() as i32;
    match exponent {
        -3..0 => format!("{value:.*}", exponent.unsigned_abs() as usize),
        0..5 => format!("{value:.0}"),
        _ if (value / 10_f64.powi(exponent) - 1.0).abs() < 1e-6 => label::power_of_ten(exponent),
        _ => label::significant(value, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale, count: usize) -> Vec<String> {
        scale
            .ticks(count)
            .into_iter()
            .map(|tick| tick.label)
            .filter(|label| !label.is_empty())
            .collect()
    }

    #[test]
    fn ends_of_the_domain_lie_at_the_ends_of_the_range() {
        let range = [10.0, 110.0];
        for scale in [
            Scale::linear([-2.0, 3.0], range),
            Scale::log([0.01, 2.0], range),
            Scale::symlog(0.0625, 128.0, range),
        ] {
            let [low, high] = scale.domain();
            assert!(
                (scale.at(low) - 10.0).abs() < 1e-9 && (scale.at(high) - 110.0).abs() < 1e-9,
                "{scale:?}"
            );
        }
    }

    #[test]
    fn ticks_are_round_numbers() {
        let range = [0.0, 100.0];
        assert_eq!(
            labels(&Scale::linear([-0.3, 0.52], range), 4),
            ["0.0", "0.5"]
        );
        assert_eq!(
            labels(&Scale::nice([1.9, 3.7], range, 4), 4),
            ["1.5", "2.0", "2.5", "3.0", "3.5", "4.0"]
        );
        assert_eq!(
            labels(&Scale::log([0.004, 2.3], range), 4),
            ["0.01", "0.1", "1"]
        );
        assert_eq!(labels(&Scale::log([0.15, 0.8], range), 4), ["0.2", "0.5"]);
        assert_eq!(
            labels(&Scale::symlog(0.0625, 128.0, range), 4),
            ["0", "0.1", "1", "10", "100"]
        );
    }

    #[test]
    fn no_two_ticks_say_the_same() {
        let range = [0.0, 100.0];
        for domain in [
            [0.00012, 0.000_125],
            [1e6, 1.000_04e6],
            [-2e-5, 3e-5],
            [0.1, 0.102],
        ] {
            let found = labels(&Scale::nice(domain, range, 5), 5);
            let mut apart = found.clone();
            apart.dedup();
            assert_eq!(found, apart);
            assert!(found.len() > 2, "{found:?}");
        }
    }

    #[test]
    fn an_epoch_axis_shows_zero_and_spreads_the_first_epoch() {
        let scale = Scale::symlog(0.0625, 128.0, [0.0, 100.0]);
        assert_eq!(scale.at(0.0), 0.0);
        assert!(
            scale.at(1.0) > 30.0 && scale.at(1.0) < 45.0,
            "{}",
            scale.at(1.0)
        );
    }

    #[test]
    fn degenerate_domains_give_finite_positions() {
        for scale in [
            Scale::linear([1.0, 1.0], [0.0, 9.0]),
            Scale::log([0.0, 0.0], [0.0, 9.0]),
            Scale::symlog(0.0, 0.0, [0.0, 9.0]),
        ] {
            let [low, _] = scale.domain();
            assert!(scale.at(low).is_finite(), "{scale:?}");
            assert!(scale.ticks(4).len() < 3000, "{scale:?}");
        }
    }
}
