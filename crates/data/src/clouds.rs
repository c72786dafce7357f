//! Clouds of points as samples.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};
use spindle_run::{
    content::Cloud,
    each::Each,
    experiment::Placement,
    input::{CloudShape, Points},
    modality::Clouds,
    player::{CLUSTERS, ClusterMasks, cluster, draw_clusters},
    random::Stream,
    record::Players,
};

use crate::{
    AnyData, AnyEncoded, Choices, Data, DataKind, Description, Error, Parts,
    bytes::{packed, unpacked},
    error::{no_sample, numbered},
    kind::Digested,
};

/// Clouds of one number of points.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudSet {
    /// Coordinates of all points, cloud by cloud, within the unit ball around 0.
    coordinates: Vec<[f32; 3]>,
    /// Points of a cloud.
    points: usize,
}

impl CloudSet {
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

    /// Number of clouds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.coordinates.len().checked_div(self.points).unwrap_or(0)
    }

    /// Whether there is no cloud.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cloud at `position`.
    ///
    /// # Errors
    /// A position beyond the clouds.
    pub fn cloud(&self, position: usize) -> Result<&[[f32; 3]], Error> {
        let range = position * self.points..(position + 1) * self.points;
        let cloud = self.coordinates.get(range);
        cloud.ok_or_else(|| no_sample("cloud", position, self.len()))
    }
}

/// What clouds are, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "clouds")]
pub struct CloudDescription {
    /// Points of a cloud.
    pub points: usize,
}

impl Display for CloudDescription {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "clouds of {} points", self.points)
    }
}

/// A cloud in a message; what a network takes in are its points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodedCloud {
    /// Coordinates x, y, z of every point, f32.
    pub points: ByteBuf,
    /// Number of every point's cluster, u8.
    pub clusters: ByteBuf,
}

/// A batch of one cloud.
fn input(points: &[[f32; 3]]) -> Points {
    Points {
        values: points.as_flattened().to_vec(),
        points: points.len(),
    }
}

impl DataKind for Clouds {
    type Samples = CloudSet;
    /// Numbers of clusters.
    type Players = Vec<usize>;
    /// Every point is of the cluster that the content says.
    type Alignment = ();
    type Encoded = EncodedCloud;

    const PLAYERS: &'static str = "clouds have clusters";

    fn count(samples: &CloudSet) -> usize {
        samples.len()
    }

    fn size(samples: &CloudSet) -> CloudShape {
        CloudShape {
            points: samples.points,
        }
    }

    fn describe(samples: &CloudSet) -> Description {
        Description(Each::Clouds(CloudDescription {
            points: samples.points,
        }))
    }

    fn digest(samples: &CloudSet, hash: &mut Sha256, _: Digested) {
        hash.update((samples.points as u64).to_le_bytes());
        for value in samples.coordinates.as_flattened() {
            hash.update(value.to_le_bytes());
        }
    }

    fn batch(samples: &CloudSet, positions: &[usize], shape: CloudShape) -> Result<Points, Error> {
        if shape.points != samples.points {
            return Err(Error::Data(format!(
                "clouds of {} points do not go into a network for {}",
                samples.points, shape.points
            )));
        }
        let mut values = Vec::with_capacity(positions.len() * samples.points * 3);
        for &position in positions {
            values.extend(samples.cloud(position)?.as_flattened());
        }
        Ok(Points {
            values,
            points: samples.points,
        })
    }

    fn content(
        samples: &CloudSet,
        position: usize,
        (): (),
        choices: Choices,
    ) -> Result<(Cloud, ()), Error> {
        let points = samples.cloud(position)?.to_vec();
        let clusters = cluster(&points, &mut choices.of_its_own(Stream::Clusters));
        Ok((Cloud { points, clusters }, ()))
    }

    fn has_players(samples: &CloudSet, position: usize, players: usize) -> bool {
        position < samples.len() && players <= CLUSTERS
    }

    fn unmeasured(_: &CloudSet, _: usize) -> Option<String> {
        None
    }

    fn draw_players(
        _: &CloudSet,
        _: usize,
        players: usize,
        _: Placement,
        choices: Choices,
    ) -> Result<Vec<usize>, Error> {
        let mut rng = choices.of_its_own(Stream::Players);
        Ok(draw_clusters(players, &mut rng))
    }

    fn any_players(clusters: Vec<usize>) -> Players {
        Players::Clusters { clusters }
    }

    fn players(players: &Players) -> Option<Vec<usize>> {
        match players {
            Players::Clusters { clusters } => Some(clusters.clone()),
            _ => None,
        }
    }

    fn check_players(
        position: usize,
        clusters: &Vec<usize>,
        _: &Cloud,
        (): &(),
    ) -> Result<(), Error> {
        numbered(position, "clusters", clusters, CLUSTERS)
    }

    fn masks(clusters: &Vec<usize>, cloud: &Cloud, (): &(), (): ()) -> ClusterMasks {
        ClusterMasks::new(clusters, &cloud.points, &cloud.clusters)
    }

    fn encode(cloud: &Cloud, points: &Points, (): &()) -> Result<EncodedCloud, Error> {
        if *points != input(&cloud.points) {
            let what = "what a network takes in of a cloud are not its points";
            return Err(Error::Data(what.to_owned()));
        }
        let coordinates = cloud.points.as_flattened().iter();
        Ok(EncodedCloud {
            points: packed(coordinates.map(|x| x.to_le_bytes())),
            clusters: ByteBuf::from(cloud.clusters.clone()),
        })
    }

    fn decode(encoded: EncodedCloud, shape: CloudShape) -> Result<Parts<Self>, Error> {
        let coordinates = unpacked("a cloud", &encoded.points, f32::from_le_bytes)?;
        let clusters = encoded.clusters.into_vec();
        let (points, rest) = coordinates.as_chunks::<3>();
        let sizes = [points.len(), clusters.len()];
        if sizes != [shape.points; 2] || !rest.is_empty() {
            return Err(Error::Data(format!(
                "a cloud of {} coordinates and {} clusters came for a network that takes {} points",
                coordinates.len(),
                clusters.len(),
                shape.points
            )));
        }
        if !coordinates.iter().all(|x| x.is_finite()) {
            let what = "a cloud came with coordinates that are no numbers";
            return Err(Error::Data(what.to_owned()));
        }
        let points = points.to_vec();
        let input = input(&points);
        Ok((Cloud { points, clusters }, input, ()))
    }

    fn any_encoded(encoded: EncodedCloud) -> AnyEncoded {
        Each::Clouds(encoded)
    }

    fn encoded(encoded: AnyEncoded) -> Option<EncodedCloud> {
        match encoded {
            Each::Clouds(encoded) => Some(encoded),
            _ => None,
        }
    }

    fn any_data(data: Data<Self>) -> AnyData {
        Each::Clouds(data)
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
