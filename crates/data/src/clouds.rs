//! Clouds of points as samples.

use sha2::{Digest, Sha256};

/// Clouds of one number of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Clouds {
    /// Coordinates of all points, cloud by cloud, within the unit ball around 0.
    coordinates: Vec<[f32; 3]>,
    /// Points of a cloud.
    points: usize,
}

impl Clouds {
    /// Clouds of `points` points each, one behind another.
    #[must_use]
    pub fn new(coordinates: Vec<[f32; 3]>, points: usize) -> Self {
        Self {
            coordinates,
            points,
        }
    }

    /// Points of a cloud.
    #[must_use]
    pub fn points(&self) -> usize {
        self.points
    }

    /// The cloud at `position`.
    #[must_use]
    pub fn cloud(&self, position: usize) -> &[[f32; 3]] {
        &self.coordinates[position * self.points..(position + 1) * self.points]
    }

    /// The clouds at `positions`, `[positions, points, 3]`.
    #[must_use]
    pub fn values(&self, positions: &[usize]) -> Vec<f32> {
        let clouds = positions.iter().map(|&position| self.cloud(position));
        clouds.flatten().flatten().copied().collect()
    }

    pub(super) fn update(&self, hash: &mut Sha256) {
        hash.update((self.points as u64).to_le_bytes());
        for value in self.coordinates.as_flattened() {
            hash.update(value.to_le_bytes());
        }
    }
}

/// Moves a cloud's mean to 0 and scales it into the unit ball.
pub(super) fn normalise(points: &mut [[f32; 3]]) {
    let count = points.len().max(1) as f64;
    let mut mean = [0f64; 3];
    for point in points.iter() {
        for (mean, value) in mean.iter_mut().zip(point) {
            *mean += f64::from(*value) / count;
        }
    }
    let mut largest = 0f32;
    for point in points.iter_mut() {
        for (value, mean) in point.iter_mut().zip(mean) {
            *value -= mean as f32;
        }
        largest = largest.max(point.iter().map(|value| value * value).sum());
    }
    let scale = if largest > 0.0 {
        1.0 / largest.sqrt()
    } else {
        1.0
    };
    points
        .as_flattened_mut()
        .iter_mut()
        .for_each(|value| *value *= scale);
}
