//! The nearest neighbours of every point.

use pulp::{Simd, WithSimd};

use super::NEIGHBOURS;
use crate::{
    linear::{self, Left},
    panels::{Row, WIDTH, ZERO, panels, transpose},
    product::Start,
};

/// The nearest neighbours of the points of one cloud.
#[derive(Default)]
pub(super) struct Neighbours {
    /// Neighbours of all points, one after the other.
    all: Vec<u32>,
    /// Where those of each point end.
    ends: Vec<usize>,
    /// Twice the features, `[panel of points][channel][lane]`.
    doubled: Vec<Row>,
    /// Negative squared norms of the points, `[panel of points][lane]`.
    norms: Vec<Row>,
    /// Closeness to every point, `[panel of points][point][lane]`.
    closeness: Vec<Row>,
    /// Closeness of one point to all points, as whole numbers in the same order.
    keys: Vec<i32>,
}

impl Neighbours {
    /// The neighbours of a point.
    pub(super) fn of(&self, point: usize) -> &[u32] {
        let first = point.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.all[first..self.ends[point]]
    }

    /// Finds the nearest neighbours of all points by features `[panel][point]` of some channels;
    /// they stand for 20 points at least, given how many points each one stands for. Of several
    /// that are equally near the first ones are taken.
    #[inline(always)]
    pub(super) fn find<S: Simd>(
        &mut self,
        simd: S,
        features: &[Row],
        channels: usize,
        counts: &[u32],
    ) {
        let points = counts.len();
        self.transpose(&features[..panels(channels) * points], channels, points);
        self.measure(simd, features, channels, points);
        self.all.clear();
        self.ends.clear();
        for point in 0..points {
            self.keys.clear();
            for panel in 0..panels(points) {
                let row = &self.closeness[panel * points + point];
                let lanes = WIDTH.min(points - panel * WIDTH);
                self.keys
                    .extend(row[..lanes].iter().map(|&value| key(value)));
            }
            simd.vectorize(Nearest {
                keys: &self.keys,
                counts,
                found: &mut self.all,
            });
            self.ends.push(self.all.len());
        }
    }

    /// Features with points as columns, doubled, and their negative squared norms.
    fn transpose(&mut self, features: &[Row], channels: usize, points: usize) {
        let columns = panels(points);
        self.doubled.clear();
        self.doubled.resize(columns * channels, ZERO);
        self.norms.clear();
        self.norms.resize(columns, ZERO);
        for (panel, rows) in features.chunks(points).enumerate() {
            let lanes = WIDTH.min(channels - panel * WIDTH);
            for (column, rows) in rows.chunks(WIDTH).enumerate() {
                let first = column * channels + panel * WIDTH;
                transpose(rows, &mut self.doubled[first..][..lanes]);
                for (norm, row) in self.norms[column].iter_mut().zip(rows) {
                    let squares = row[..lanes].iter().map(|value| value * value);
                    *norm -= squares.fold(0.0, |sum, square| sum + square);
                }
            }
        }
        for value in self.doubled.as_flattened_mut() {
            *value *= 2.0;
        }
    }

    /// Closeness: 2 x_i x_j - |x_j|^2, larger where nearer; |x_i|^2 is the same for all neighbours
    /// of i.
    #[inline(always)]
    fn measure<S: Simd>(&mut self, simd: S, features: &[Row], channels: usize, points: usize) {
        let columns = panels(points);
        self.closeness.resize(columns * points, ZERO);
        let left = Left {
            rows: features,
            stride: points,
            first: 0,
            columns: channels,
        };
        for (column, out) in self.closeness.chunks_mut(points).enumerate() {
            let right = &self.doubled[column * channels..][..channels];
            linear::product(simd, left, right, Start::Bias(&self.norms[column]), out);
        }
    }
}

/// A whole number that is larger where the value is.
#[inline(always)]
fn key(value: f32) -> i32 {
    let bits = value.to_bits() as i32;
    bits ^ (((bits >> 31) as u32) >> 1) as i32
}

/// The points of the largest keys, as many as it takes to count to 20.
struct Nearest<'a> {
    keys: &'a [i32],
    counts: &'a [u32],
    found: &'a mut Vec<u32>,
}

impl WithSimd for Nearest<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let Least {
            key: least,
            is_exact,
        } = self.least();
        let taken = |&(_, key): &(usize, &i32)| match is_exact {
            true => *key >= least,
            false => *key > least,
        };
        let all = self.keys.iter().enumerate();
        let first = self.found.len();
        self.found
            .extend(all.filter(taken).map(|(index, _)| index as u32));
        if is_exact {
            return;
        }
        // Ties: one after the other until there are enough.
        let mut count: u32 = self.found[first..]
            .iter()
            .map(|&point| self.counts[point as usize])
            .sum();
        for (point, _) in self
            .keys
            .iter()
            .enumerate()
            .filter(|(_, key)| **key == least)
        {
            if count >= NEIGHBOURS as u32 {
                break;
            }
            self.found.push(point as u32);
            count += self.counts[point];
        }
    }
}

/// The largest key such that those no less count to 20 or more.
struct Least {
    key: i32,
    /// Whether it is one between keys, at and above which they count to 20 exactly.
    is_exact: bool,
}

impl Nearest<'_> {
    /// By halving.
    #[inline(always)]
    fn least(&self) -> Least {
        let (mut low, mut high) = (i32::MAX, i32::MIN);
        for &key in self.keys {
            low = low.min(key);
            high = high.max(key);
        }
        // Keys no less than low count to enough, those above high to too little.
        while low < high {
            let middle = (i64::from(low) + i64::from(high) + 1).div_euclid(2) as i32;
            match self.count(middle).cmp(&(NEIGHBOURS as u32)) {
                std::cmp::Ordering::Equal => {
                    return Least {
                        key: middle,
                        is_exact: true,
                    };
                }
                std::cmp::Ordering::Greater => low = middle,
                std::cmp::Ordering::Less => high = middle - 1,
            }
        }
        Least {
            key: low,
            is_exact: false,
        }
    }

    #[inline(always)]
    fn count(&self, least: i32) -> u32 {
        let pairs = self.keys.iter().zip(self.counts);
        pairs
            .map(|(&key, &count)| if key >= least { count } else { 0 })
            .sum()
    }
}
