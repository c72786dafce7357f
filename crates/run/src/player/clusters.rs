//! Clusters of a cloud's points as players.

use rand::{Rng, RngExt, seq::SliceRandom};

/// Clusters of a cloud.
pub const CLUSTERS: usize = 30;
/// Most rounds of k-means; it settles in far fewer.
const MOST_ROUNDS: usize = 100;

/// Draws `count` distinct clusters, ascending.
pub fn draw_clusters(count: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut clusters: Vec<usize> = (0..CLUSTERS).collect();
    clusters.shuffle(rng);
    clusters.truncate(count);
    clusters.sort_unstable();
    clusters
}

/// Number of every point's cluster, by k-means with k-means++ seeds (Lloyd 1982; Arthur and
/// Vassilvitskii 2007).
///
/// Every cluster has a point as long as there are as many distinct points as clusters.
#[must_use]
pub fn cluster(points: &[[f32; 3]], rng: &mut impl Rng) -> Vec<u8> {
    let mut centres = first_centres(points, rng);
    let mut clusters = vec![0; points.len()];
    for _ in 0..MOST_ROUNDS {
        let next: Vec<u8> = points
            .iter()
            .map(|point| nearest(point, &centres).0 as u8)
            .collect();
        let settled = next == clusters;
        clusters = next;
        if settled {
            break;
        }
        for (number, centre) in centres.iter_mut().enumerate() {
            // A centre that lost all of its points stays: its seed may win some back.
            if let Some(mean) = mean(points, &clusters, number) {
                *centre = mean;
            }
        }
    }
    clusters
}

/// Points far from each other: each is drawn with a probability proportional to its squared
/// distance from those before.
fn first_centres(points: &[[f32; 3]], rng: &mut impl Rng) -> Vec<[f32; 3]> {
    let mut centres: Vec<[f32; 3]> = Vec::with_capacity(CLUSTERS);
    while centres.len() < CLUSTERS.min(points.len()) {
        let weights: Vec<f64> = points
            .iter()
            .map(|point| match centres.is_empty() {
                true => 1.0,
                false => f64::from(nearest(point, &centres).1),
            })
            .collect();
        let mut left = rng.random::<f64>() * weights.iter().sum::<f64>();
        let drawn = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        centres.push(points[drawn.unwrap_or(points.len() - 1)]);
    }
    centres
}

/// The nearest centre and its squared distance.
fn nearest(point: &[f32; 3], centres: &[[f32; 3]]) -> (usize, f32) {
    let distances = centres.iter().map(|centre| {
        let squares = point.iter().zip(centre).map(|(a, b)| (a - b).powi(2));
        squares.sum::<f32>()
    });
    let closer = |a: (usize, f32), b: (usize, f32)| if b.1 < a.1 { b } else { a };
    distances.enumerate().fold((0, f32::INFINITY), closer)
}

/// The mean of a cluster's points; `None` where it has none.
fn mean(points: &[[f32; 3]], clusters: &[u8], number: usize) -> Option<[f32; 3]> {
    let (mut sums, mut count) = ([0f64; 3], 0.0);
    for (point, &cluster) in points.iter().zip(clusters) {
        if usize::from(cluster) == number {
            for (sum, value) in sums.iter_mut().zip(point) {
                *sum += f64::from(*value);
            }
            count += 1.0;
        }
    }
    (count > 0.0).then(|| sums.map(|sum| (sum / count) as f32))
}

/// Points of a cloud, of which some may lie where others do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DistinctPoints {
    /// Where they are.
    pub points: Vec<[f32; 3]>,
    /// How many points each one stands for.
    pub counts: Vec<u32>,
}

/// All 2^n masks of a cloud's clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterMasks {
    /// For every point, the bit of the player it belongs to, or 0.
    owners: Vec<u32>,
    /// Every player's mean.
    means: Vec<[f32; 3]>,
}

impl ClusterMasks {
    /// Masks of the clusters numbered `players` of a cloud whose points belong to `clusters`.
    #[must_use]
    pub fn new(players: &[usize], points: &[[f32; 3]], clusters: &[u8]) -> Self {
        let owner = |cluster: &u8| {
            let player = players.iter().position(|&p| p == usize::from(*cluster));
            player.map_or(0, |player| 1 << player)
        };
        let mean = |&player: &usize| mean(points, clusters, player).unwrap_or_default();
        Self {
            owners: clusters.iter().map(owner).collect(),
            means: players.iter().map(mean).collect(),
        }
    }

    /// Number of masks, 2^n.
    #[must_use]
    pub fn count(&self) -> usize {
        1 << self.means.len()
    }

    /// A cloud `[points, 3]` under some masks, `[masks, points, 3]`: the points of absent clusters
    /// are at their mean.
    #[must_use]
    pub fn apply(&self, points: &[f32], masks: std::ops::Range<usize>) -> Vec<f32> {
        let mut masked = Vec::with_capacity(masks.len() * points.len());
        for mask in masks {
            let absent = !(mask as u32);
            for (point, owner) in points.as_chunks::<3>().0.iter().zip(&self.owners) {
                masked.extend(match owner & absent {
                    0 => point,
                    _ => &self.means[owner.trailing_zeros() as usize],
                });
            }
        }
        masked
    }

    /// The distinct points of a cloud `[points, 3]` under one mask: those of an absent cluster are
    /// one point.
    pub fn distinct(&self, points: &[f32], mask: usize) -> DistinctPoints {
        let absent = !(mask as u32);
        let mut found = DistinctPoints::default();
        let mut places = vec![None; self.means.len()];
        for (point, owner) in points.as_chunks::<3>().0.iter().zip(&self.owners) {
            let player = (owner & absent != 0).then(|| owner.trailing_zeros() as usize);
            if let Some(place) = player.and_then(|player| places[player]) {
                found.counts[place] += 1;
                continue;
            }
            if let Some(player) = player {
                places[player] = Some(found.points.len());
            }
            found
                .points
                .push(player.map_or(*point, |player| self.means[player]));
            found.counts.push(1);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn cloud(seed: u64, points: usize) -> Vec<[f32; 3]> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..points)
            .map(|_| [(); 3].map(|()| rng.random::<f32>()))
            .collect()
    }

    proptest! {
        #[test]
        fn points_belong_to_the_nearest_mean_and_every_cluster_has_some(seed in 0u64..1000) {
            let points = cloud(seed, 300);
            let clusters = cluster(&points, &mut ChaCha8Rng::seed_from_u64(seed));
            let means: Option<Vec<_>> =
                (0..CLUSTERS).map(|number| mean(&points, &clusters, number)).collect();
            let Some(means) = means else {
                return Err(TestCaseError::fail("a cluster is empty"));
            };
            for (point, &cluster) in points.iter().zip(&clusters) {
                let own: f32 = point.iter().zip(&means[usize::from(cluster)])
                    .map(|(a, b)| (a - b).powi(2)).sum();
                prop_assert!(own <= nearest(point, &means).1 + 1e-5);
            }
        }
    }

    #[test]
    fn absent_clusters_shrink_to_their_mean() {
        let points = cloud(1, 60);
        let clusters: Vec<u8> = (0..60).map(|i| i / 2).collect();
        let masks = ClusterMasks::new(&[4, 9], &points, &clusters);
        let flat: Vec<f32> = points.as_flattened().to_vec();
        let masked = masks.apply(&flat, 0..4);
        let at = |mask: usize, point: usize| &masked[mask * 180 + point * 3..][..3];
        assert_eq!(masked[3 * 180..], flat);
        assert_eq!(at(2, 8), at(2, 9));
        assert_eq!(at(2, 18), &points[18]);
        assert!((at(2, 8)[0] - (points[8][0] + points[9][0]) / 2.0).abs() < 1e-6);
    }

    #[test]
    fn fewer_distinct_points_than_clusters_do_no_harm() {
        let points = vec![[0.5; 3]; 40];
        let clusters = cluster(&points, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(clusters.len(), 40);
    }
}
