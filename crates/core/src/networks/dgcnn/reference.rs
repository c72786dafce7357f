//! DGCNN in f64, by the definition of each layer, but for one thing: an edge convolution is linear,
//! so that W (x_j - x_i, x_i) = A x_j + (B - A) x_i, and both products are taken once a point.

use spindle_run::{event::Tensors, input::Points, modality::Clouds, player::ClusterMasks};

use super::super::dense::{Dense, wide};
use crate::{Error, network::Exact};

/// Nearest points, itself among them, that a point has edges to.
const NEAREST: usize = 20;
/// What a negative value is multiplied by.
const LEAK: f64 = 0.2;
/// What normalisations add to variances.
const EPSILON: f64 = 1e-5;

/// A DGCNN in f64.
pub(super) struct ExactDgcnn {
    edges: Vec<EdgeConvolution>,
    embedding: Block,
    hidden: [Block; 2],
    last: Dense,
}

/// A layer without or with bias, a batch normalisation with its running statistics, and a leaky
/// ReLU.
struct Block {
    dense: Dense,
    scale: Vec<f64>,
    shift: Vec<f64>,
}

impl Block {
    fn new(weights: &Tensors, dense: &str, norm: &str) -> Self {
        let of = |kind: &str| {
            let tensor = weights.get(&format!("{norm}.{kind}"));
            tensor.map_or_else(Vec::new, |tensor| wide(&tensor.data))
        };
        let variances = of("running_var").into_iter().zip(of("weight"));
        let scale: Vec<f64> = variances
            .map(|(variance, weight)| weight / (variance + EPSILON).sqrt())
            .collect();
        let means = of("running_mean").into_iter().zip(of("bias"));
        let shift = means.zip(&scale);
        Self {
            shift: shift
                .map(|((mean, bias), scale)| bias - mean * scale)
                .collect(),
            dense: Dense::new(weights, dense),
            scale,
        }
    }

    fn apply(&self, input: &[f64]) -> Vec<f64> {
        self.normalise(self.dense.apply(input))
    }

    fn normalise(&self, values: Vec<f64>) -> Vec<f64> {
        let norm = self.scale.iter().zip(&self.shift);
        let each = values.into_iter().zip(norm);
        each.map(|(value, (scale, shift))| leaky(value * scale + shift))
            .collect()
    }
}

/// A block over the edges from every point to its nearest ones.
struct EdgeConvolution {
    /// A and B - A of the weights (A, B) of an edge.
    of_other: Dense,
    of_own: Dense,
    block: Block,
}

impl EdgeConvolution {
    fn new(weights: &Tensors, dense: &str, norm: &str) -> Self {
        let block = Block::new(weights, dense, norm);
        let [of_other, of_both] = block.dense.halves();
        Self {
            of_own: of_both.minus(&of_other),
            of_other,
            block,
        }
    }

    /// The largest value of each channel over every point's edges.
    fn apply(&self, x: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let others: Vec<Vec<f64>> = x.iter().map(|x| self.of_other.apply(x)).collect();
        let point = |point: usize| {
            let own = self.of_own.apply(&x[point]);
            let edges = nearest(x, point).into_iter().map(|other| {
                let sums = others[other].iter().zip(&own).map(|(a, b)| a + b);
                self.block.normalise(sums.collect())
            });
            largest(edges)
        };
        (0..x.len()).map(point).collect()
    }
}

fn leaky(value: f64) -> f64 {
    if value > 0.0 { value } else { LEAK * value }
}

/// The largest value of each channel.
fn largest(rows: impl Iterator<Item = Vec<f64>>) -> Vec<f64> {
    let larger = |a: Vec<f64>, b: Vec<f64>| a.into_iter().zip(b).map(|(a, b)| a.max(b)).collect();
    rows.reduce(larger).unwrap_or_default()
}

/// The points nearest to one, which is one of them.
fn nearest(x: &[Vec<f64>], point: usize) -> Vec<usize> {
    let distance = |other: &Vec<f64>| -> f64 {
        let pairs = other.iter().zip(&x[point]);
        pairs.map(|(a, b)| (a - b).powi(2)).sum()
    };
    let mut ranked: Vec<(f64, usize)> = x.iter().map(distance).zip(0..).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    ranked
        .into_iter()
        .take(NEAREST)
        .map(|(_, other)| other)
        .collect()
}

impl ExactDgcnn {
    /// From weights under PyTorch's names, all of which are there.
    pub(super) fn new(weights: &Tensors) -> Self {
        let block = |dense: &str, norm: &str| Block::new(weights, dense, norm);
        Self {
            edges: (1..=4)
                .map(|number| {
                    let (dense, norm) = (format!("conv{number}.0"), format!("bn{number}"));
                    EdgeConvolution::new(weights, &dense, &norm)
                })
                .collect(),
            embedding: block("conv5.0", "bn5"),
            hidden: [block("linear1", "bn6"), block("linear2", "bn7")],
            last: Dense::new(weights, "linear3"),
        }
    }

    /// Logits of one cloud.
    fn logits(&self, cloud: &[f32]) -> Vec<f64> {
        let mut x: Vec<Vec<f64>> = cloud.chunks_exact(3).map(wide).collect();
        let mut features = vec![Vec::new(); x.len()];
        for convolution in &self.edges {
            x = convolution.apply(&x);
            for (features, x) in features.iter_mut().zip(&x) {
                features.extend(x);
            }
        }
        let embedded: Vec<Vec<f64>> = features.iter().map(|x| self.embedding.apply(x)).collect();
        let mut pooled = largest(embedded.iter().cloned());
        pooled.extend(mean(&embedded));
        let hidden = self.hidden.iter().fold(pooled, |x, block| block.apply(&x));
        self.last.apply(&hidden)
    }
}

/// The mean of each channel over all points.
fn mean(rows: &[Vec<f64>]) -> Vec<f64> {
    let channels = rows.first().map_or(0, Vec::len);
    let of_channel = |channel: usize| rows.iter().map(|row| row[channel]).sum::<f64>();
    (0..channels)
        .map(|channel| of_channel(channel) / rows.len() as f64)
        .collect()
}

impl Exact<Clouds> for ExactDgcnn {
    fn masked_logits(
        &self,
        cloud: &Points,
        masks: &ClusterMasks,
        mask: usize,
    ) -> Result<Vec<f64>, Error> {
        Ok(self.logits(&masks.apply(&cloud.values, mask..mask + 1)))
    }
}
