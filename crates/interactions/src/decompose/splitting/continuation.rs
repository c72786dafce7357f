//! From one precision to another in the middle of a game.

use super::{Splitting, precision::Precision, sums::Sums, vector::Weights};

impl Splitting<'_, f64> {
    /// Goes on where another precision is. Iterates that are no numbers are begun again.
    pub(crate) fn continue_from<T: Precision>(&mut self, other: &Splitting<'_, T>) {
        self.v.copy_from_slice(&other.v);
        self.bounds.copy_from_slice(&other.bounds);
        self.unit = other.unit;
        (self.objective, self.tolerance) = (other.objective, other.tolerance);
        self.largest = other.largest;
        self.weights = Weights::new(&self.objective, self.projection.players());
        (self.pace, self.balance, self.estimate) = (other.pace, other.balance, other.estimate);
        (self.rounds, self.next_adaptation, self.next_restart) =
            (other.rounds, other.next_adaptation, other.next_restart);
        self.best.clone_from(&other.best);
        self.steps = other.steps;
        self.inverse = other.inverse.clone();
        copy_effects(&mut self.z_and, &other.z_and);
        copy_effects(&mut self.z_or, &other.z_or);
        copy_outputs::<T>(&mut self.z_noise, &other.z_noise);
        copy_outputs::<T>(&mut self.inner_bounds, &other.inner_bounds);
        copy_outputs::<T>(&mut self.multiplier, &other.multiplier);
        self.recent.copy(&other.recent);
        self.older.copy(&other.older);
        let iterates = self.z_and.iter().chain(self.z_or.iter());
        let sum: f64 = iterates.chain(self.z_noise.iter()).sum();
        if !sum.is_finite() {
            for z in [&mut self.z_and, &mut self.z_or, &mut self.z_noise] {
                z.fill(0.0);
            }
            self.recent.restart();
            self.older.restart();
        }
    }
}

/// Numbers by effect, of another precision.
fn copy_effects<T: Precision>(to: &mut [f64], from: &[T]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = from.to_f64();
    }
}

/// Numbers by output, whose players may be exchanged in one precision and not in the other.
fn copy_outputs<T: Precision>(to: &mut [f64], from: &[T]) {
    copy_effects(to, from);
    T::exchange(to);
}

impl Sums<f64> {
    fn copy<T: Precision>(&mut self, other: &Sums<T>) {
        self.count = other.count;
        copy_outputs::<T>(&mut self.multiplier, &other.multiplier);
        copy_effects(&mut self.and, &other.and);
        copy_effects(&mut self.or, &other.or);
    }
}
