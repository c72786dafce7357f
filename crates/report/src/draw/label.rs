//! Labels that do not lie on each other, and their numbers as captions write them.

pub(crate) use spindle_run::figure::numbers::{epoch, fixed, power_of_ten, significant};

/// Positions moved apart by at least `distance` within `low..=high`, each as near to where it was
/// as the order allows. Returned in the order given.
pub(crate) fn apart(wanted: &[f64], distance: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let mut placed = wanted.to_vec();
    let mut least = low;
    for &i in &order {
        placed[i] = placed[i].max(least);
        least = placed[i] + distance;
    }
    let mut most = high;
    for &i in order.iter().rev() {
        placed[i] = placed[i].min(most);
        most = placed[i] - distance;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_moved_apart_and_keep_their_order() {
        assert_eq!(apart(&[5.0, 5.0, 1.0], 2.0, 0.0, 10.0), [5.0, 7.0, 1.0]);
        assert_eq!(apart(&[9.5, 9.9], 2.0, 0.0, 10.0), [8.0, 10.0]);
    }
}
