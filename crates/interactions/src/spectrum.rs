//! Functions of masks as polynomials: the Walsh-Fourier transform, and energy by degree.
//!
//! With every player present or not by even chances, v(T) = sum over S of w(S) prod over i in S of s_i(T),
//! s_i = 1 where player i is there and -1 where it is not. An AND or OR effect of order k has degrees
//! up to k. Unlike orders, degrees are orthogonal, so that a kernel on masks has a mean eigenvalue on
//! each (Yang and Salman, arXiv 1907.10599, look at networks on the Boolean cube so).

use crate::{Error, mask};

/// Mean over masks of the square of each degree's part, index degree, 0 to n, of values `[2^n]`. They
/// sum to the mean square of the values.
///
/// # Errors
/// [`Error::Players`], [`Error::Length`].
pub fn energy_by_degree(values: &[f64]) -> Result<Vec<f64>, Error> {
    let players = mask::player_count(values.len())?;
    let mut coefficients = values.to_vec();
    for player in 0..players {
        for pair in coefficients.chunks_exact_mut(2 << player) {
            let (absent, present) = pair.split_at_mut(1 << player);
            for (absent, present) in absent.iter_mut().zip(present) {
                let (a, b) = (*absent, *present);
                (*absent, *present) = (0.5 * (b + a), 0.5 * (b - a));
            }
        }
    }
    let mut energy = vec![0.0; players + 1];
    for (s, coefficient) in (0..).zip(coefficients) {
        energy[mask::order(s)] += coefficient * coefficient;
    }
    Ok(energy)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// The product of s_i over the players of `of`.
    fn character(of: usize) -> Vec<f64> {
        let sign = |mask: usize| {
            if (of & !mask).count_ones().is_multiple_of(2) {
                1.0
            } else {
                -1.0
            }
        };
        (0..16).map(sign).collect()
    }

    #[test]
    fn a_product_of_signs_has_one_degree() {
        for of in 0..16_usize {
            let mut expected = [0.0; 5];
            expected[of.count_ones() as usize] = 1.0;
            assert_eq!(energy_by_degree(&character(of)).unwrap(), expected);
        }
        assert!(energy_by_degree(&[0.0; 5]).is_err());
    }

    #[test]
    fn an_and_of_two_players_has_degrees_up_to_two() {
        // (1 + s_0) (1 + s_1) / 4.
        let and: Vec<f64> = (0..8).map(|t| f64::from(u8::from(t & 3 == 3))).collect();
        assert_eq!(
            energy_by_degree(&and).unwrap(),
            [0.0625, 0.125, 0.0625, 0.0]
        );
    }

    proptest! {
        #[test]
        fn energies_sum_to_the_mean_square(values in vec(-10.0..10.0_f64, 32)) {
            let energy: f64 = energy_by_degree(&values).unwrap().iter().sum();
            let square = values.iter().map(|x| x * x).sum::<f64>() / 32.0;
            prop_assert!((energy - square).abs() < 1e-9 * square.max(1.0));
        }
    }
}
