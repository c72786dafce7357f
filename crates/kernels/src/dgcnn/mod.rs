//! Outputs of DGCNN (Wang et al. 2019) on the CPU: what a network's evaluation knows beforehand,
//! its normalisations are folded into its weights, points that coincide are computed once, and an
//! edge convolution is two products a point and a maximum over its neighbours.

mod check;
mod layer;
mod neighbours;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use pulp::{Simd, WithSimd};
use spindle_run::event::Tensors;

use self::{
    check::{NAME, check_cloud, is_redundant, misfit, parameters},
    layer::{Layer, leaky_relu},
    neighbours::Neighbours,
};
use crate::{
    Error,
    panels::{Row, WIDTH, ZERO, from_panels},
    simd::with_simd,
    tensors::check_tensors,
};
use spindle_run::{
    parallel,
    player::{ClusterMasks, DistinctPoints},
};

/// Neighbours of a point, itself among them.
const NEIGHBOURS: usize = 20;
/// Slope of the leaky ReLU.
const SLOPE: f64 = 0.2;
/// What normalisations add to variances.
const EPSILON: f64 = 1e-5;

/// What is a free choice in the kernels of DGCNN: it changes speed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DgcnnTuning {
    /// Clouds that go through the dense layers together, whose weights do not fit into a core's
    /// cache.
    pub clouds: usize,
}

impl Default for DgcnnTuning {
    fn default() -> Self {
        Self { clouds: 32 }
    }
}

/// A DGCNN ready to be evaluated.
pub struct DgcnnKernels {
    tuning: DgcnnTuning,
    edges: Vec<EdgeConvolution>,
    embedding: Layer,
    dense: Vec<Layer>,
    classes: usize,
}

/// The convolution of (x_j - x_i, x_i) over the edges from points i to their neighbours j:
/// W1 (x_j - x_i) + W2 x_i = W1 x_j + (W2 - W1) x_i.
struct EdgeConvolution {
    /// W1.
    there: Layer,
    /// W2 - W1, and all that is added.
    here: Layer,
}

impl DgcnnKernels {
    /// From weights under PyTorch's names.
    ///
    /// # Errors
    /// All tensors that are missing, extra or misshapen.
    pub fn new(weights: &Tensors) -> Result<Self, Error> {
        Self::with_tuning(weights, DgcnnTuning::default())
    }

    /// The same with a tuning of one's own.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_tuning(weights: &Tensors, tuning: DgcnnTuning) -> Result<Self, Error> {
        let classes = weights.get("linear3.bias");
        let expected = parameters(classes.map_or(0, |bias| bias.data.len()));
        let expected = expected
            .iter()
            .map(|parameter| (&parameter.name[..], &parameter.shape[..]));
        check_tensors(NAME, expected, weights, is_redundant)?;
        let embedding = Layer::normalised(weights, "conv5.0", "bn5");
        let last = Layer::plain(weights, "linear3");
        Ok(Self {
            tuning,
            edges: (1..=4)
                .map(|number| {
                    let (convolution, norm) = (format!("conv{number}.0"), format!("bn{number}"));
                    Layer::of_edges(weights, &convolution, &norm)
                })
                .collect(),
            embedding,
            classes: last.outputs,
            dense: vec![
                Layer::normalised(weights, "linear1", "bn6"),
                Layer::normalised(weights, "linear2", "bn7"),
                last,
            ],
        })
    }

    /// Logits `[count, classes]` of clouds `[count, points, 3]`.
    ///
    /// # Errors
    /// No whole number of clouds, or fewer points than a point has neighbours.
    pub fn clouds(&self, clouds: &[f32], points: usize) -> Result<Vec<f32>, Error> {
        check_cloud(points)?;
        if !clouds.len().is_multiple_of(3 * points) {
            let count = clouds.len();
            return Err(misfit(format!(
                "{count} values as clouds of {points} points"
            )));
        }
        Ok(
            self.all(clouds.len() / (3 * points), |index| DistinctPoints {
                points: clouds.as_chunks::<3>().0[index * points..][..points].to_vec(),
                counts: vec![1; points],
            }),
        )
    }

    /// Logits `[2^n, classes]` of a cloud `[points, 3]` under all masks of its clusters.
    ///
    /// # Errors
    /// Fewer points than a point has neighbours, or masks of another number of points.
    pub fn masked(&self, cloud: &[f32], masks: &ClusterMasks) -> Result<Vec<f32>, Error> {
        let points = cloud.len() / 3;
        check_cloud(points)?;
        let whole = masks.distinct(cloud, masks.count() - 1).counts;
        if cloud.len() != 3 * points || whole.iter().sum::<u32>() as usize != points {
            return Err(misfit(format!(
                "masks of other clouds than one of {points} points"
            )));
        }
        Ok(self.all(masks.count(), |mask| masks.distinct(cloud, mask)))
    }

    fn all(&self, count: usize, cloud: impl Fn(usize) -> DistinctPoints + Sync + Send) -> Vec<f32> {
        let most = self.tuning.clouds;
        let parts = parallel::map(count.div_ceil(most), |part| {
            let first = part * most;
            let clouds = (first..count.min(first + most)).map(&cloud);
            with_simd(Pass {
                network: self,
                clouds: clouds.collect(),
            })
        });
        parts.concat()
    }
}

/// Arrays of a pass, `[panel][row]` as products want them.
#[derive(Default)]
struct Workspace {
    /// What comes into the first edge convolution.
    cloud: Vec<Row>,
    /// What comes out of all edge convolutions.
    features: Vec<Row>,
    /// What comes out of a product, one panel of it.
    panel: Vec<Row>,
    neighbours: Neighbours,
}

thread_local! {
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

/// Some clouds through the whole network on one core.
struct Pass<'a> {
    network: &'a DgcnnKernels,
    clouds: Vec<DistinctPoints>,
}

impl WithSimd for Pass<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        // Not within a closure, which would be compiled without vectors.
        let mut workspace = WORKSPACE.take();
        let count = self.clouds.len();
        let pooled = 2 * self.network.embedding.out_panels();
        let mut rows = vec![ZERO; pooled * count];
        for (index, cloud) in self.clouds.iter().enumerate() {
            let out = Pooled {
                rows: &mut rows,
                index,
                count,
            };
            self.network.pool(simd, cloud, &mut workspace, out);
        }
        WORKSPACE.set(workspace);
        self.network.classify(simd, rows, count)
    }
}

impl DgcnnKernels {
    /// One cloud up to the largest and mean values of its embedding.
    #[inline(always)]
    fn pool<S: Simd>(
        &self,
        simd: S,
        cloud: &DistinctPoints,
        workspace: &mut Workspace,
        out: Pooled<'_>,
    ) {
        let points = cloud.points.len();
        let Workspace {
            cloud: input,
            features,
            panel,
            neighbours,
        } = workspace;
        let row = |[x, y, z]: &[f32; 3]| {
            let mut row = ZERO;
            row[..3].copy_from_slice(&[*x, *y, *z]);
            row
        };
        input.clear();
        input.extend(cloud.points.iter().map(row));
        features.resize(self.embedding.in_panels() * points, ZERO);
        panel.resize(points, ZERO);
        let mut before: &mut [Row] = input;
        let mut rest: &mut [Row] = features;
        for convolution in &self.edges {
            let (after, behind) = rest.split_at_mut(convolution.here.out_panels() * points);
            neighbours.find(simd, before, convolution.here.inputs, &cloud.counts);
            convolution.apply(simd, before, neighbours, panel, after);
            (before, rest) = (after, behind);
        }
        let channels = self.embedding.out_panels();
        let total = cloud.counts.iter().sum::<u32>() as f32;
        for channel in 0..channels {
            self.embedding.product(simd, features, channel, panel);
            let Extremes { largest, sum } = pool_panel(simd, panel, &cloud.counts);
            out.rows[channel * out.count + out.index] = largest;
            out.rows[(channels + channel) * out.count + out.index] = sum.map(|sum| sum / total);
        }
    }

    /// The dense layers for `count` clouds.
    #[inline(always)]
    fn classify<S: Simd>(&self, simd: S, mut rows: Vec<Row>, count: usize) -> Vec<f32> {
        for (index, layer) in self.dense.iter().enumerate() {
            let mut out = vec![ZERO; layer.out_panels() * count];
            for (panel, out) in out.chunks_mut(count).enumerate() {
                layer.product(simd, &rows, panel, out);
                if index + 1 < self.dense.len() {
                    leaky_relu(simd, out);
                }
            }
            rows = out;
        }
        from_panels(&rows, count, self.classes)
    }
}

impl EdgeConvolution {
    /// `out` <- leaky ReLU of the largest value of each point's edges, with `panel` to work in.
    #[inline(always)]
    fn apply<S: Simd>(
        &self,
        simd: S,
        input: &[Row],
        neighbours: &Neighbours,
        panel: &mut [Row],
        out: &mut [Row],
    ) {
        for (index, out) in out.chunks_mut(panel.len()).enumerate() {
            self.there.product(simd, input, index, panel);
            self.here.product(simd, input, index, out);
            for (point, out) in out.iter_mut().enumerate() {
                add_largest(simd, panel, neighbours.of(point), out);
            }
            leaky_relu(simd, out);
        }
    }
}

/// Vectors of a row that are held in registers together: a whole panel of AVX-512's, which is the
/// fewest vectors a panel has.
const VECTORS: usize = 2;

/// `out` <- `out` + the largest of some of `rows`, lane by lane.
#[inline(always)]
fn add_largest<S: Simd>(simd: S, rows: &[Row], of: &[u32], out: &mut Row) {
    let (groups, _) = S::as_mut_simd_f32s(out).0.as_chunks_mut::<VECTORS>();
    for (group, out) in groups.iter_mut().enumerate() {
        let mut largest = [simd.splat_f32s(f32::NEG_INFINITY); VECTORS];
        for &row in of {
            let row = S::as_simd_f32s(&rows[row as usize]).0;
            let values = &row[group * VECTORS..][..VECTORS];
            for (largest, value) in largest.iter_mut().zip(values) {
                *largest = simd.max_f32s(*largest, *value);
            }
        }
        for (out, largest) in out.iter_mut().zip(largest) {
            *out = simd.add_f32s(*out, largest);
        }
    }
}

/// Where the pooled embedding of a cloud goes: row `index` of `count` in each panel.
struct Pooled<'a> {
    rows: &'a mut [Row],
    index: usize,
    count: usize,
}

/// Lane by lane.
struct Extremes {
    largest: Row,
    sum: Row,
}

/// Largest value of each channel behind the leaky ReLU, and the sum over points, each as often as
/// it counts.
#[inline(always)]
fn pool_panel<S: Simd>(simd: S, rows: &mut [Row], counts: &[u32]) -> Extremes {
    leaky_relu(simd, rows);
    let (mut largest, mut sum) = ([f32::NEG_INFINITY; WIDTH], ZERO);
    let (top, total) = (
        S::as_mut_simd_f32s(&mut largest).0,
        S::as_mut_simd_f32s(&mut sum).0,
    );
    for (row, &count) in rows.iter().zip(counts) {
        let count = simd.splat_f32s(count as f32);
        let values = S::as_simd_f32s(row).0;
        for ((top, total), value) in top.iter_mut().zip(&mut *total).zip(values) {
            *top = simd.max_f32s(*top, *value);
            *total = simd.mul_add_e_f32s(*value, count, *total);
        }
    }
    Extremes { largest, sum }
}
