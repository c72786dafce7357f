//! Random starts, for checking that an answer does not depend on where its iterates begin.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Splitting, precision::Precision};

impl<T: Precision> Splitting<'_, T> {
    /// Moves the iterates to a random place and the steps to random sizes.
    pub(in crate::decompose) fn start_from(&mut self, seed: u64) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        // Nearly normal: the sum of four uniform draws, of variance 1.
        let mut normal = || {
            let sum: f64 = (0..4).map(|_| random.random::<f64>() - 0.5).sum();
            3.0_f64.sqrt() * sum
        };
        let masks = self.masks;
        for z in [&mut self.z_and, &mut self.z_or, &mut self.z_noise] {
            for z in &mut z[..masks] {
                *z = T::from_f64(normal());
            }
        }
        // OR effects of the empty mask and of single players are no variables.
        let full = masks - 1;
        self.z_or[full] = T::default();
        for player in 0..self.projection.players() {
            self.z_or[full ^ 1 << player] = T::default();
        }
        let mut scaled = |step: &mut f64| *step *= 3.0_f64.powf(normal().clamp(-1.0, 1.0));
        self.steps.and.iter_mut().for_each(&mut scaled);
        self.steps.or.iter_mut().for_each(&mut scaled);
        scaled(&mut self.steps.noise);
        self.inverse = self.inverse(&self.steps).unwrap_or_default();
    }
}
