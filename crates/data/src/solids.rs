//! Clouds on the surfaces of solids of 16 classes, made from the seed: a data set of point clouds
//! that needs no download (ours).
//!
//! Every solid is a mesh of random proportions, of which points are drawn uniformly by area, with a
//! little noise; turned at random around the vertical axis and tilted a little, moved to its mean
//! and scaled into the unit ball.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};

use spindle_run::{
    Experiment,
    modality::Clouds,
    parallel,
    random::{Stream, normal},
};

use crate::{
    Data, Error, Split,
    clouds::{CloudSet, normalise},
};

/// Clouds of a class: 1,600 + 400 in all.
const TRAIN: usize = 100;
const TEST: usize = 25;
/// Standard deviation of the noise on coordinates, before scaling.
const NOISE: f32 = 0.02;
/// Largest tilt, in radians.
const TILT: f32 = 0.3;
/// Segments of what is round.
const ROUND: usize = 48;

type Point = [f32; 3];

/// A surface of triangles.
#[derive(Default)]
struct Mesh {
    triangles: Vec<[Point; 3]>,
}

/// Makes a solid of random proportions.
type Maker = fn(&mut dyn Proportions) -> Mesh;

/// Name and maker of every class.
const CLASSES: [(&str, Maker); 16] = [
    ("sphere", |_| revolve(&arc(1.0, 1.0, -1.0, 1.0), ROUND)),
    ("spheroid", |p| {
        let height = p.between(1.6, 2.4);
        revolve(&arc(1.0, height, -1.0, 1.0), ROUND)
    }),
    ("hemisphere", |p| {
        let height = p.between(0.9, 1.1);
        let mut profile = arc(1.0, height, 0.0, 1.0);
        profile.insert(0, [0.0, 0.0]);
        revolve(&profile, ROUND)
    }),
    ("cylinder", |p| {
        let height = p.between(1.2, 2.6);
        revolve(
            &[[0.0, 0.0], [1.0, 0.0], [1.0, height], [0.0, height]],
            ROUND,
        )
    }),
    ("cone", |p| {
        revolve(&[[0.0, 0.0], [1.0, 0.0], [0.0, p.between(1.4, 2.6)]], ROUND)
    }),
    ("frustum", |p| {
        let (top, height) = (p.between(0.4, 0.65), p.between(1.2, 2.2));
        revolve(
            &[[0.0, 0.0], [1.0, 0.0], [top, height], [0.0, height]],
            ROUND,
        )
    }),
    ("hourglass", |p| {
        let (waist, height) = (p.between(0.15, 0.4), p.between(1.0, 1.6));
        let profile = [
            [0.0, 0.0],
            [1.0, 0.0],
            [waist, height],
            [1.0, 2.0 * height],
            [0.0, 2.0 * height],
        ];
        revolve(&profile, ROUND)
    }),
    ("capsule", |p| {
        let height = p.between(1.0, 2.0);
        let mut profile = arc(1.0, 1.0, -1.0, 0.0);
        profile.extend(
            arc(1.0, 1.0, 0.0, 1.0)
                .into_iter()
                .map(|[r, z]| [r, z + height]),
        );
        revolve(&profile, ROUND)
    }),
    ("torus", |p| {
        let thin = p.between(0.25, 0.45);
        let ring = (0..=ROUND).map(|i| {
            let angle = TAU * i as f32 / ROUND as f32;
            [1.0 + thin * angle.cos(), thin * angle.sin()]
        });
        revolve(&ring.collect::<Vec<_>>(), ROUND)
    }),
    ("tube", |p| {
        let (inner, height) = (p.between(0.6, 0.8), p.between(1.2, 2.4));
        let profile = [
            [inner, 0.0],
            [1.0, 0.0],
            [1.0, height],
            [inner, height],
            [inner, 0.0],
        ];
        revolve(&profile, ROUND)
    }),
    ("box", |p| {
        let (half, height) = (p.between(0.6, 1.0), p.between(1.0, 2.2));
        extrude(
            &[[-1.0, -half], [1.0, -half], [1.0, half], [-1.0, half]],
            height,
        )
    }),
    ("prism", |p| extrude(&star(3, 1.0), p.between(1.2, 2.6))),
    ("star", |p| {
        let inner = p.between(0.4, 0.55);
        extrude(&star(5, inner), p.between(0.5, 1.0))
    }),
    ("beam", |p| {
        let (thick, height) = (p.between(0.25, 0.45), p.between(1.6, 3.0));
        let profile = [
            [0.0, 0.0],
            [1.4, 0.0],
            [1.4, thick],
            [thick, thick],
            [thick, 1.4],
            [0.0, 1.4],
        ];
        extrude(&profile, height)
    }),
    ("pyramid", |p| {
        revolve(&[[0.0, 0.0], [1.0, 0.0], [0.0, p.between(1.0, 2.0)]], 4)
    }),
    ("helix", |p| {
        helix(
            p.between(2.0, 3.0),
            p.between(0.6, 0.9),
            p.between(0.12, 0.2),
        )
    }),
];

/// Random proportions of a solid.
trait Proportions {
    /// Uniform between two values.
    fn between(&mut self, low: f32, high: f32) -> f32;
}

impl<R: Rng> Proportions for R {
    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.random::<f32>()
    }
}

/// The data set: 1,600 training and 400 test clouds of `points` points, as many of every class, the
/// same for the same seed.
///
/// # Errors
/// None that numbers can cause: there is a label for every cloud.
pub fn generate(points: usize, seed: u64) -> Result<Data<Clouds>, Error> {
    Ok(Data {
        train: split(points, seed, 0, TRAIN)?,
        test: split(points, seed, CLASSES.len() * TRAIN, TEST)?,
        classes: CLASSES.iter().map(|(name, _)| (*name).to_owned()).collect(),
        source: format!("solids of 16 classes, made by Spindle from seed {seed}"),
        warnings: Vec::new(),
    })
}

/// The experiment's.
pub(super) fn load(experiment: &Experiment) -> Result<Data<Clouds>, Error> {
    generate(experiment.training.points, experiment.training.seed)
}

/// Clouds `first..` of the seed's, the classes in turn.
fn split(points: usize, seed: u64, first: usize, per_class: usize) -> Result<Split<Clouds>, Error> {
    let count = CLASSES.len() * per_class;
    let clouds = parallel::map(count, |index| {
        let mut rng = Stream::Points.rng(seed, (first + index) as u64);
        cloud(index % CLASSES.len(), points, &mut rng)
    });
    let labels = (0..count).map(|index| (index % CLASSES.len()) as u16);
    Split::new(labels.collect(), CloudSet::new(clouds.concat(), points))
}

fn cloud(class: usize, points: usize, rng: &mut impl Rng) -> Vec<Point> {
    let mesh = CLASSES[class].1(rng);
    let mut cloud = mesh.draw(points, rng);
    let (turn, tilt) = (rng.between(0.0, TAU), rng.between(-TILT, TILT));
    for point in &mut cloud {
        *point = rotated(rotated(*point, [0, 1], turn), [1, 2], tilt);
        for value in point.iter_mut() {
            *value += NOISE * normal(rng) as f32;
        }
    }
    normalise(&mut cloud);
    cloud
}

/// A point turned in the plane of two axes.
fn rotated(mut point: Point, [a, b]: [usize; 2], angle: f32) -> Point {
    let (sin, cos) = angle.sin_cos();
    (point[a], point[b]) = (
        cos * point[a] - sin * point[b],
        sin * point[a] + cos * point[b],
    );
    point
}

/// The right half of an ellipse between two sines of the latitude, as (radius, height) from below.
fn arc(radius: f32, height: f32, low: f32, high: f32) -> Vec<[f32; 2]> {
    let (low, high) = (low.asin(), high.asin());
    (0..=ROUND / 2)
        .map(|i| {
            let latitude = low + (high - low) * i as f32 / (ROUND / 2) as f32;
            [radius * latitude.cos(), height * latitude.sin()]
        })
        .collect()
}

/// A star of so many points with the given inner radius; with an inner radius of 1 a polygon.
fn star(corners: usize, inner: f32) -> Vec<[f32; 2]> {
    let count = if inner < 1.0 { 2 * corners } else { corners };
    (0..count)
        .map(|i| {
            let radius = if inner < 1.0 && i % 2 == 1 {
                inner
            } else {
                1.0
            };
            let angle = TAU * i as f32 / count as f32;
            [radius * angle.cos(), radius * angle.sin()]
        })
        .collect()
}

/// The surface of a profile (radius, height) turned around the vertical axis.
fn revolve(profile: &[[f32; 2]], segments: usize) -> Mesh {
    let at = |[radius, height]: [f32; 2], segment: usize| {
        let angle = TAU * segment as f32 / segments as f32;
        [radius * angle.cos(), radius * angle.sin(), height]
    };
    let mut mesh = Mesh::default();
    for pair in profile.windows(2) {
        for segment in 0..segments {
            mesh.quad([
                at(pair[0], segment),
                at(pair[0], segment + 1),
                at(pair[1], segment + 1),
                at(pair[1], segment),
            ]);
        }
    }
    mesh
}

/// A polygon around its first corner's neighbourhood, drawn upwards: its walls, floor and lid.
fn extrude(polygon: &[[f32; 2]], height: f32) -> Mesh {
    let at = |[x, y]: [f32; 2], z| [x, y, z];
    let mut mesh = Mesh::default();
    // Stars are convex as seen from their middle, and an L as seen from its inner corner.
    let middle = middle(polygon);
    for (index, &from) in polygon.iter().enumerate() {
        let to = polygon[(index + 1) % polygon.len()];
        mesh.quad([at(from, 0.0), at(to, 0.0), at(to, height), at(from, height)]);
        for z in [0.0, height] {
            mesh.triangles.push([at(middle, z), at(from, z), at(to, z)]);
        }
    }
    mesh
}

/// A point from which all corners are seen: the inner corner, if there is one and it is the only
/// one, or the mean.
fn middle(polygon: &[[f32; 2]]) -> [f32; 2] {
    let count = polygon.len();
    let turn = |i: usize| {
        let [a, b, c] = [i + count - 1, i, i + 1].map(|i| polygon[i % count]);
        (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    };
    let inner: Vec<usize> = (0..count).filter(|&i| turn(i) < 0.0).collect();
    if let [only] = inner[..] {
        return polygon[only];
    }
    let sum = |axis: usize| polygon.iter().map(|corner| corner[axis]).sum::<f32>();
    [sum(0) / count as f32, sum(1) / count as f32]
}

/// A tube along a screw line of so many turns, rise of a turn and thickness.
fn helix(turns: f32, rise: f32, thickness: f32) -> Mesh {
    let steps = (ROUND as f32 * turns) as usize;
    let sides = ROUND / 4;
    let at = |step: usize, side: usize| {
        let along = TAU * turns * step as f32 / steps as f32;
        let around = TAU * side as f32 / sides as f32;
        let radius = 1.0 + thickness * around.cos();
        [
            radius * along.cos(),
            radius * along.sin(),
            rise * along / TAU + thickness * around.sin(),
        ]
    };
    let mut mesh = Mesh::default();
    for step in 0..steps {
        for side in 0..sides {
            mesh.quad([
                at(step, side),
                at(step + 1, side),
                at(step + 1, side + 1),
                at(step, side + 1),
            ]);
        }
    }
    mesh
}

impl Mesh {
    fn quad(&mut self, [a, b, c, d]: [Point; 4]) {
        self.triangles.push([a, b, c]);
        self.triangles.push([a, c, d]);
    }

    /// Points drawn uniformly by area.
    fn draw(&self, count: usize, rng: &mut impl Rng) -> Vec<Point> {
        let mut sum = 0.0;
        let areas: Vec<f64> = self
            .triangles
            .iter()
            .map(|triangle| {
                sum += area(triangle);
                sum
            })
            .collect();
        (0..count)
            .map(|_| {
                let drawn = rng.random::<f64>() * sum;
                let index = areas.partition_point(|&area| area <= drawn);
                let [a, b, c] = self.triangles[index.min(areas.len() - 1)];
                let (mut u, mut v) = (rng.random::<f32>(), rng.random::<f32>());
                if u + v > 1.0 {
                    (u, v) = (1.0 - u, 1.0 - v);
                }
                std::array::from_fn(|i| a[i] + u * (b[i] - a[i]) + v * (c[i] - a[i]))
            })
            .collect()
    }
}

fn area([a, b, c]: &[Point; 3]) -> f64 {
    let side = |to: &Point| -> [f64; 3] { std::array::from_fn(|i| f64::from(to[i] - a[i])) };
    let (u, v) = (side(b), side(c));
    let cross = [
        u[1] * v[2] - u[2] * v[1],
        u[2] * v[0] - u[0] * v[2],
        u[0] * v[1] - u[1] * v[0],
    ];
    cross.iter().map(|x| x * x).sum::<f64>().sqrt() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Labelled;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn meshes_have_the_areas_of_their_solids() {
        let total = |mesh: Mesh| mesh.triangles.iter().map(area).sum::<f64>();
        let sphere = total(revolve(&arc(1.0, 1.0, -1.0, 1.0), ROUND));
        assert!((sphere / (4.0 * std::f64::consts::PI) - 1.0).abs() < 0.01);
        let cube = total(extrude(
            &[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]],
            1.0,
        ));
        assert!((cube - 6.0).abs() < 1e-5);
        // An L of two squares' width less one: floor and lid of 3, eight unit walls.
        let l = [
            [0.0, 0.0],
            [2.0, 0.0],
            [2.0, 1.0],
            [1.0, 1.0],
            [1.0, 2.0],
            [0.0, 2.0],
        ];
        assert!((total(extrude(&l, 1.0)) - 14.0).abs() < 1e-5);
    }

    #[test]
    fn clouds_fill_the_unit_ball_and_repeat() -> Result<(), Error> {
        let all = |seed| generate(64, seed);
        let (data, again, other) = (all(3)?, all(3)?, all(4)?);
        assert_eq!(
            (data.train.len(), data.test.len(), data.classes.len()),
            (1600, 400, 16)
        );
        assert_eq!(data.digest(), again.digest());
        assert_ne!(data.digest(), other.digest());
        for class in 0..CLASSES.len() {
            let cloud = cloud(class, 500, &mut ChaCha8Rng::seed_from_u64(class as u64));
            let radii = cloud
                .iter()
                .map(|p| p.iter().map(|x| x * x).sum::<f32>().sqrt());
            let largest = radii.fold(0.0, f32::max);
            assert!(
                (largest - 1.0).abs() < 1e-4,
                "{} {largest}",
                CLASSES[class].0
            );
            let mean: f32 = cloud.iter().map(|p| p[2]).sum::<f32>() / 500.0;
            assert!(mean.abs() < 1e-3);
        }
        Ok(())
    }
}
