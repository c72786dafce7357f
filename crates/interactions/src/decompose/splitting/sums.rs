//! Means of iterates.

use crate::{arch::Aligned, float::Float};

/// Sums over iterations, for their mean.
#[derive(Debug)]
pub(super) struct Sums<T> {
    pub(super) count: f64,
    pub(super) multiplier: Aligned<T>,
    pub(super) and: Aligned<T>,
    pub(super) or: Aligned<T>,
}

impl<T: Float> Sums<T> {
    pub(super) fn new(len: usize) -> Self {
        let zeros = || Aligned::zeros(len);
        Self {
            count: 0.0,
            multiplier: zeros(),
            and: zeros(),
            or: zeros(),
        }
    }

    fn each_mut(&mut self) -> [&mut [T]; 3] {
        [&mut self.multiplier, &mut self.and, &mut self.or]
    }

    pub(super) fn restart(&mut self) {
        self.count = 0.0;
        for sums in self.each_mut() {
            sums.fill(T::default());
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        let others = [&other.multiplier, &other.and, &other.or];
        for (sums, others) in self.each_mut().into_iter().zip(others) {
            for (sum, other) in sums.iter_mut().zip(others.iter()) {
                *sum += *other;
            }
        }
    }
}
