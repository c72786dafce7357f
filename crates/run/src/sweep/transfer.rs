//! Whether networks of a sweep have the same interactions on the same samples: the share gamma of
//! salient interactions that another network has too, and how far effects are apart, by order.

use std::collections::HashMap;

use spindle_interactions::{
    bootstrap::Estimate,
    decompose::{Decomposition, Effects},
    fate::{self, Side, quotient, summed},
};

use super::{CellRecord, Sweep, gather::as_numbers, seeds::settings};
use crate::{
    analysis::samples::of,
    figure::{
        Axis, BarPanel, BarPanels, Figure, FigureKind, ORDER, Overlay, Series, Tone, caption,
        orders,
    },
    record::{Group, RunRecord, SampleRecord},
    table::{Column, Table},
};

/// Panels of the figure.
const MOST_PANELS: usize = 4;
/// Interactions of an order, over all pairs, below which its share is left out of a fit.
const ENOUGH: f64 = 20.0;

/// Effects of a run's test samples at a checkpoint, and from which on they are salient.
#[derive(Clone, Debug)]
pub struct TestEffects {
    threshold: f64,
    effects: Vec<Effects>,
}

impl TestEffects {
    /// `found`: a decomposition a sample, at the checkpoint of this position.
    #[must_use]
    pub fn new(record: &RunRecord, checkpoint: usize, found: &[Decomposition]) -> Self {
        let summary = record.checkpoints.get(checkpoint);
        let summary = summary.and_then(|at| at.summary.as_ref());
        let test = of(&record.samples, found, Group::Test);
        Self {
            threshold: summary.map_or(0.0, |summary| summary.threshold),
            effects: test
                .map(|(_, found)| Effects {
                    and: found.and.clone(),
                    or: found.or.clone(),
                })
                .collect(),
        }
    }

    pub(super) fn sides(&self) -> impl Iterator<Item = Side<'_>> + Clone {
        self.effects.iter().map(|found| Side {
            and: &found.and,
            or: &found.or,
            threshold: self.threshold,
        })
    }
}

/// A network: its run, and its effects.
type Network<'a> = (&'a CellRecord<'a>, &'a TestEffects);

/// What networks of one setting have in common with those of another, or of the same one but other
/// seeds; on the same test samples and players.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    /// Values of the varied fields that are no seeds.
    pub from: Vec<String>,
    /// The same of the other networks.
    pub to: Vec<String>,
    /// Ordered pairs of networks.
    pub pairs: usize,
    /// By order, index order - 1.
    pub by_order: Vec<OfOrder>,
    /// gamma as a falling exponential of the order.
    pub fit: Option<Exponential>,
}

/// What of one order is in common.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OfOrder {
    /// Salient interactions of all pairs' first networks and samples.
    pub count: f64,
    /// Share of them that are salient with the same sign in the other network: over all, and the
    /// smallest and the largest of a pair. `None` without any.
    pub gamma: Option<[f64; 3]>,
    /// The same share in the other network's interactions on another sample: what is in common by
    /// chance, or whatever the sample.
    pub by_chance: Option<f64>,
    /// Mean of |dI| / (|I| + |I'|) over interactions that are salient in either.
    pub instability: Option<f64>,
}

/// gamma(k) = at_order_1 exp(-rate (k - 1)), fitted to logarithms by least squares with the numbers
/// of interactions as weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    /// gamma of order 1.
    pub at_order_1: f64,
    /// By how much its logarithm falls with an order.
    pub rate: f64,
    /// Root mean square of gamma less the fit, over the orders fitted.
    pub residual: f64,
}

/// Sums of one pair by order.
struct Pair {
    transferred: Vec<[f64; 2]>,
    by_chance: Vec<[f64; 2]>,
    instability: Vec<[f64; 2]>,
}

/// All settings against each other and themselves; only of runs that measure the same samples with
/// the same players. `effects`: one a run.
#[must_use]
pub fn transfers(runs: &[CellRecord<'_>], effects: &[&TestEffects]) -> Vec<Transfer> {
    let places: HashMap<&str, &TestEffects> = runs
        .iter()
        .map(|run| run.name)
        .zip(effects.iter().copied())
        .collect();
    let groups: Vec<(&[String], Vec<Network<'_>>)> = settings(runs)
        .into_iter()
        .map(|(setting, cells)| {
            let networks = cells.into_iter();
            let networks = networks.filter_map(|cell| Some((cell, *places.get(cell.name)?)));
            (setting, networks.collect())
        })
        .collect();
    let both = groups
        .iter()
        .flat_map(|from| groups.iter().map(move |to| (from, to)));
    both.filter_map(|((from, some), (to, others))| {
        let pairs = some
            .iter()
            .flat_map(|a| others.iter().map(move |b| (*a, *b)));
        let pairs: Vec<Pair> = pairs
            .filter(|(a, b)| a.0.name != b.0.name && tests(a.0.record).eq(tests(b.0.record)))
            .map(|(a, b)| pair(a.1, b.1))
            .collect();
        transfer(from, to, &pairs)
    })
    .collect()
}

pub(super) fn tests(record: &RunRecord) -> impl Iterator<Item = &SampleRecord> {
    let samples = record.samples.iter();
    samples.filter(|sample| sample.group == Group::Test)
}

fn pair(from: &TestEffects, to: &TestEffects) -> Pair {
    let same = || from.sides().zip(to.sides());
    // Of one sample there is no other.
    let others = to.sides().cycle().skip(1).take(match to.effects.len() {
        0 | 1 => 0,
        count => count,
    });
    Pair {
        transferred: summed(same().map(|(a, b)| fate::transferred(a, b))),
        by_chance: summed(
            from.sides()
                .zip(others)
                .map(|(a, b)| fate::transferred(a, b)),
        ),
        instability: summed(same().map(|(a, b)| fate::instability(a, b))),
    }
}

fn transfer(from: &[String], to: &[String], pairs: &[Pair]) -> Option<Transfer> {
    let players = pairs.iter().map(|pair| pair.transferred.len()).max()?;
    let over =
        |value: fn(&Pair) -> &Vec<[f64; 2]>| summed(pairs.iter().map(|pair| value(pair).clone()));
    let gammas = over(|pair| &pair.transferred);
    let chances = over(|pair| &pair.by_chance);
    let instabilities = over(|pair| &pair.instability);
    let of_order = |order: usize| {
        let of_pairs = pairs
            .iter()
            .filter_map(|pair| quotient(*pair.transferred.get(order)?));
        let gamma = quotient(gammas[order]).map(|gamma| {
            of_pairs.fold([gamma; 3], |[all, low, high], x| {
                [all, low.min(x), high.max(x)]
            })
        });
        OfOrder {
            count: gammas[order][1],
            gamma,
            by_chance: chances.get(order).copied().and_then(quotient),
            instability: instabilities.get(order).copied().and_then(quotient),
        }
    };
    let by_order: Vec<OfOrder> = (0..players).map(of_order).collect();
    Some(Transfer {
        from: from.to_vec(),
        to: to.to_vec(),
        pairs: pairs.len(),
        fit: Exponential::fit(&by_order),
        by_order,
    })
}

impl Exponential {
    /// Of orders with enough interactions and something in common, whose logarithm there is; `None`
    /// with fewer than three.
    fn fit(by_order: &[OfOrder]) -> Option<Self> {
        let points: Vec<(f64, f64, f64)> = (0..)
            .zip(by_order)
            .filter(|(_, found)| found.count >= ENOUGH)
            .filter_map(|(place, found)| Some((f64::from(place), found.gamma?[0], found.count)))
            .filter(|(_, gamma, _)| *gamma > 0.0)
            .collect();
        if points.len() < 3 {
            return None;
        }
        let weight: f64 = points.iter().map(|(_, _, w)| w).sum();
        let mean = |value: fn(&(f64, f64, f64)) -> f64| {
            points
                .iter()
                .map(|point| point.2 * value(point))
                .sum::<f64>()
                / weight
        };
        let (x, y) = (mean(|point| point.0), mean(|point| point.1.ln()));
        let products = points
            .iter()
            .map(|(k, gamma, w)| w * (k - x) * (gamma.ln() - y));
        let squares = points.iter().map(|(k, _, w)| w * (k - x).powi(2));
        let rate = -products.sum::<f64>() / squares.sum::<f64>();
        let found = Self {
            at_order_1: (y + rate * x).exp(),
            rate,
            residual: 0.0,
        };
        let squares = points
            .iter()
            .map(|(k, gamma, _)| (gamma - found.at(*k)).powi(2));
        Some(Self {
            residual: (squares.sum::<f64>() / points.len() as f64).sqrt(),
            ..found
        })
    }

    /// At an order, from 0 for order 1.
    fn at(&self, place: f64) -> f64 {
        self.at_order_1 * (-self.rate * place).exp()
    }
}

/// One side of a pair, and its settings.
type Networks = (&'static str, fn(&Transfer) -> &Vec<String>);

/// A row a pair of settings and order.
#[must_use]
pub(super) fn table(sweep: &Sweep, found: &[Transfer]) -> Table {
    let rows: Vec<(&Transfer, usize, &OfOrder)> = found
        .iter()
        .flat_map(|found| {
            (1..)
                .zip(&found.by_order)
                .map(move |(order, of)| (found, order, of))
        })
        .collect();
    let mut table = Table::new("transfer");
    let fields = super::OverSeeds::fields(sweep);
    let sides: [Networks; 2] = [("from", |found| &found.from), ("to", |found| &found.to)];
    for (side, values) in sides {
        for (place, field) in fields.iter().enumerate() {
            let values = rows.iter().map(|row| values(row.0)[place].clone());
            table.columns.push(Column {
                name: format!("{side}_{field}"),
                values: as_numbers(values.collect()),
            });
        }
    }
    table
        .integer("pairs", rows.iter().map(|row| row.0.pairs))
        .integer("order", rows.iter().map(|row| row.1))
        .integer("interactions", rows.iter().map(|row| row.2.count as usize))
        .real("gamma", rows.iter().map(|row| Some(row.2.gamma?[0])))
        .real(
            "gamma_smallest_pair",
            rows.iter().map(|row| Some(row.2.gamma?[1])),
        )
        .real(
            "gamma_largest_pair",
            rows.iter().map(|row| Some(row.2.gamma?[2])),
        )
        .real(
            "gamma_of_another_sample",
            rows.iter().map(|row| row.2.by_chance),
        )
        .real("instability", rows.iter().map(|row| row.2.instability))
        .real(
            "fit_at_order_1",
            rows.iter().map(|row| Some(row.0.fit?.at_order_1)),
        )
        .real("fit_rate", rows.iter().map(|row| Some(row.0.fit?.rate)))
        .real(
            "fit_residual",
            rows.iter().map(|row| Some(row.0.fit?.residual)),
        )
}

/// gamma by order between seeds of one setting.
#[must_use]
pub fn figure(sweep: &Sweep, found: &[Transfer]) -> Option<Figure> {
    let mut own: Vec<&Transfer> = found
        .iter()
        .filter(|found| found.from == found.to)
        .collect();
    let all = own.len();
    own.truncate(MOST_PANELS);
    let count = own.iter().map(|found| found.by_order.len()).max()?;
    let fields = super::OverSeeds::fields(sweep);
    let bars = |values: Vec<Option<[f64; 3]>>| {
        let bar = |value: Option<[f64; 3]>| {
            let [value, low, high] = value.unwrap_or_default();
            Estimate { value, low, high }
        };
        Some(values.into_iter().map(bar).collect::<Vec<_>>())
    };
    let panels = own.iter().map(|found| {
        let setting = fields.iter().zip(&found.from);
        let setting: Vec<String> = setting
            .map(|(field, value)| format!("{} {value}", field.replace('_', " ")))
            .collect();
        let fit = found
            .fit
            .map(|fit| (0..count).map(|place| fit.at(place as f64)).collect());
        BarPanel {
            title: setting.join(", "),
            note: found.fit.map_or_else(String::new, |fit| {
                format!(
                    "{} e^(−{} (k−1))",
                    caption::number(fit.at_order_1),
                    caption::number(fit.rate)
                )
            }),
            bars: vec![
                bars(found.by_order.iter().map(|of| of.gamma).collect()),
                bars(
                    found
                        .by_order
                        .iter()
                        .map(|of| Some([of.by_chance?; 3]))
                        .collect(),
                ),
            ],
            overlay: fit,
        }
    });
    let panels: Vec<BarPanel> = panels.collect();
    Some(Figure {
        name: "transfer",
        title: "Share of salient interactions that a network of another seed has as well, by order"
            .into(),
        caption: format!(
            "Same test samples, same players, last checkpoint; whiskers: the smallest and the largest of {} ordered pairs of seeds. Beside it the same share on another sample, which is what networks have in common whatever the sample. Curve: an exponential in the order, fitted to orders with at least {ENOUGH} interactions over all pairs and something in common. What is not in common may be the choice among near-optimal answers as well.{}",
            own.iter().map(|found| found.pairs).max().unwrap_or(0),
            match all > own.len() {
                true => format!(" Shown: the first {} of {all} settings.", own.len()),
                false => String::new(),
            }
        ),
        kind: FigureKind::Bars(BarPanels {
            x: ORDER,
            y: Axis {
                label: "share γ",
                unit: "",
            },
            categories: orders(count),
            series: vec![
                Series {
                    name: "same sample".into(),
                    tone: Tone::Certified,
                },
                Series {
                    name: "another sample".into(),
                    tone: Tone::Behind,
                },
            ],
            overlay: panels
                .iter()
                .any(|panel| panel.overlay.is_some())
                .then(|| Overlay {
                    name: "exponential".into(),
                    tone: Tone::Theory,
                    is_dotted: false,
                }),
            panels,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_exponential_is_fitted_and_few_interactions_do_not_count() {
        let of = |place: i32, count: f64| OfOrder {
            count,
            gamma: Some([0.8 * (-0.5 * f64::from(place)).exp(); 3]),
            ..OfOrder::default()
        };
        let mut orders: Vec<OfOrder> = (0..5)
            .map(|place| of(place, 100.0 - f64::from(place)))
            .collect();
        orders.push(OfOrder {
            count: 3.0,
            gamma: Some([0.9; 3]),
            ..OfOrder::default()
        });
        let fit = Exponential::fit(&orders).unwrap();
        assert!((fit.at_order_1 - 0.8).abs() < 1e-12 && (fit.rate - 0.5).abs() < 1e-12);
        assert!(fit.residual < 1e-12);
        assert_eq!(Exponential::fit(&orders[..2]), None);
    }
}
