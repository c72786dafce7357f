//! Clouds of points as people see them.

use super::Stack;
use crate::{
    Error,
    archive::{Description, Reader, Writer},
};

/// A cloud of points and which cluster each belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Cloud {
    /// Coordinates x, y, z of every point, within the unit ball around 0.
    pub points: Vec<[f32; 3]>,
    /// Number of every point's cluster; players are numbers of clusters.
    pub clusters: Vec<u8>,
}

/// Clouds of one number of points.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudStack {
    points: usize,
    /// `[clouds, points]`.
    coordinates: Vec<[f32; 3]>,
    /// `[clouds, points]`.
    clusters: Vec<u8>,
}

impl CloudStack {
    /// Points of a cloud.
    #[must_use]
    pub fn points(&self) -> usize {
        self.points
    }

    /// Coordinates of all points, `[clouds, points]`.
    #[must_use]
    pub fn coordinates(&self) -> &[[f32; 3]] {
        &self.coordinates
    }

    /// Every point's cluster, `[clouds, points]`.
    #[must_use]
    pub fn clusters(&self) -> &[u8] {
        &self.clusters
    }
}

impl Stack for CloudStack {
    type Item = Cloud;
    const PART: &str = "clouds.safetensors";

    fn beginning(first: &Cloud) -> Self {
        Self {
            points: first.points.len(),
            coordinates: Vec::new(),
            clusters: Vec::new(),
        }
    }

    fn push(&mut self, cloud: &Cloud) -> Result<(), Error> {
        if [cloud.points.len(), cloud.clusters.len()] != [self.points; 2] {
            return Err(super::other_size());
        }
        self.coordinates.extend(&cloud.points);
        self.clusters.extend(&cloud.clusters);
        Ok(())
    }

    fn len(&self) -> usize {
        self.clusters.len().checked_div(self.points).unwrap_or(0)
    }

    fn get(&self, sample: usize) -> Option<Cloud> {
        let range = sample * self.points..(sample + 1) * self.points;
        (sample < self.len()).then(|| Cloud {
            points: self.coordinates[range.clone()].to_vec(),
            clusters: self.clusters[range].to_vec(),
        })
    }

    fn encode(&self) -> Result<Vec<u8>, Error> {
        let [samples, points] = [self.len(), self.points];
        let coordinates = self.coordinates.as_flattened().iter().copied();
        let clusters = self.clusters.iter().copied();
        let writer = Writer::new()
            .array("points", &[samples, points, 3], coordinates)?
            .array("cluster", &[samples, points], clusters)?;
        writer.finish(Description::new("clouds"))
    }

    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let reader = Reader::of_kind(bytes, "clouds")?;
        let shape = reader.shape("points")?;
        let [samples, points, 3] = shape[..] else {
            return Err(Error::Array {
                array: "points".into(),
                found: format!("{shape:?}"),
                expected: "[samples, points, 3]".into(),
            });
        };
        let coordinates: Vec<f32> = reader.values("points")?;
        Ok(Self {
            points,
            coordinates: coordinates.as_chunks().0.to_vec(),
            clusters: reader.shaped("cluster", &[samples, points])?,
        })
    }
}
