//! The nearest neighbours of every point.

use pulp::{Simd, WithSimd};

use super::NEIGHBOURS;
use crate::{
    linear::{self, Left},
    product::{Row, Start, WIDTH},
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

    /// Finds the nearest neighbours of all points by features `[panel][point]` of some channels; they stand for 20 points at least, given how
    /// many points each one stands for. Of several that are equally near the first ones are taken.
    #[inline(always)]
    pub(super) fn find<S: Simd>(
        &mut self,
        simd: S,
        features: &[Row],
        channels: usize,
        counts: &[u32],
    ) {
        let points = counts.len();
        let panels = channels.div_ceil(WIDTH);
        self.turn(&features[..panels * points], channels, points);
        self.measure(simd, features, channels, points);
        self.all.clear();
        self.ends.clear();
        for point in 0..points {
            self.keys.clear();
            for panel in 0..points.div_ceil(WIDTH) {
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
    fn turn(&mut self, features: &[Row], channels: usize, points: usize) {
        let columns = points.div_ceil(WIDTH);
        self.doubled.clear();
        self.doubled.resize(columns * channels, [0.0; WIDTH]);
        self.norms.clear();
        self.norms.resize(columns, [0.0; WIDTH]);
        for (panel, rows) in features.chunks(points).enumerate() {
            let lanes = WIDTH.min(channels - panel * WIDTH);
            for (point, row) in rows.iter().enumerate() {
                let (column, place) = (point / WIDTH, point % WIDTH);
                let turned = &mut self.doubled[column * channels + panel * WIDTH..][..lanes];
                let mut square = 0.0;
                for (turned, value) in turned.iter_mut().zip(row) {
                    turned[place] = 2.0 * value;
                    square += value * value;
                }
                self.norms[column][place] -= square;
            }
        }
    }

    /// Closeness: 2 x_i x_j - |x_j|^2, larger where nearer; |x_i|^2 is the same for all neighbours of i.
    #[inline(always)]
    fn measure<S: Simd>(&mut self, simd: S, features: &[Row], channels: usize, points: usize) {
        let columns = points.div_ceil(WIDTH);
        self.closeness.resize(columns * points, [0.0; WIDTH]);
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
        let (least, exact) = self.least();
        let taken = |&(_, key): &(usize, &i32)| match exact {
            true => *key >= least,
            false => *key > least,
        };
        let all = self.keys.iter().enumerate();
        let first = self.found.len();
        self.found
            .extend(all.filter(taken).map(|(index, _)| index as u32));
        if exact {
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

impl Nearest<'_> {
    /// The largest key such that those no less count to 20 or more, by halving; and whether it is one between keys, at and above
    /// which they count to 20 exactly.
    #[inline(always)]
    fn least(&self) -> (i32, bool) {
        let (mut low, mut high) = (i32::MAX, i32::MIN);
        for &key in self.keys {
            low = low.min(key);
            high = high.max(key);
        }
        // Keys no less than low count to enough, those above high to too little.
        while low < high {
            let middle = (i64::from(low) + i64::from(high) + 1).div_euclid(2) as i32;
            match self.count(middle).cmp(&(NEIGHBOURS as u32)) {
                std::cmp::Ordering::Equal => return (middle, true),
                std::cmp::Ordering::Greater => low = middle,
                std::cmp::Ordering::Less => high = middle - 1,
            }
        }
        (low, false)
    }

    #[inline(always)]
    fn count(&self, least: i32) -> u32 {
        let pairs = self.keys.iter().zip(self.counts);
        pairs
            .map(|(&key, &count)| if key >= least { count } else { 0 })
            .sum()
    }
}
