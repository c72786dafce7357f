//! DGCNN as a Burn module: what trains it, and the reference for the fused kernels.
//!
//! An edge convolution of (x_j - x_i, x_i) is linear before its normalisation: W1 (x_j - x_i) + W2
//! x_i = W1 x_j + (W2 - W1) x_i, so both products are taken once a point and not once an edge, 20
//! times less, and what neighbours contribute is gathered (ours; the same numbers up to rounding).

use std::ops::Range;

use burn::{
    module::{Module, RunningState},
    nn::{
        BatchNorm, BatchNormConfig, Linear, LinearConfig,
        conv::{Conv1d, Conv1dConfig, Conv2d, Conv2dConfig},
    },
    tensor::{Device, IndexingUpdateOp, Int, Tensor, activation::leaky_relu},
};
use spindle_run::{event::Tensors, input::Points, modality::Clouds, player::ClusterMasks};

use super::{CHANNELS, EMBEDDING, HIDDEN, NEIGHBOURS};
use crate::{
    Error,
    burn_engine::{BurnEngine, BurnNetwork, Numbers},
    network::{Evaluator, Snapshot, Trainer},
};

/// Slope of the leaky ReLU.
const SLOPE: f64 = 0.2;
/// What normalisations add to variances.
const EPSILON: f64 = 1e-5;

/// In training on a device.
pub(super) fn trainer(
    dgcnn: &super::Dgcnn,
    device: &Device,
    from: &Snapshot,
) -> Result<Box<dyn Trainer<Clouds>>, Error> {
    let blank = Dgcnn::new(dgcnn, device);
    Ok(Box::new(BurnEngine::new(blank, device, from)?))
}

/// Evaluated on a device.
pub(super) fn evaluator(
    dgcnn: &super::Dgcnn,
    device: &Device,
    weights: &Tensors,
) -> Result<Box<dyn Evaluator<Clouds>>, Error> {
    let blank = Dgcnn::new(dgcnn, device);
    Ok(Box::new(BurnEngine::of_weights(blank, device, weights)?))
}

/// All of a DGCNN.
#[derive(Module, Debug)]
struct Dgcnn {
    conv1: Conv2d,
    conv2: Conv2d,
    conv3: Conv2d,
    conv4: Conv2d,
    conv5: Conv1d,
    bn1: BatchNorm,
    bn2: BatchNorm,
    bn3: BatchNorm,
    bn4: BatchNorm,
    bn5: BatchNorm,
    bn6: BatchNorm,
    bn7: BatchNorm,
    linear1: Linear,
    linear2: Linear,
    linear3: Linear,
    #[module(skip)]
    title: &'static str,
}

impl Dgcnn {
    /// A DGCNN on `device` whose weights are yet to be loaded.
    fn new(dgcnn: &super::Dgcnn, device: &Device) -> Self {
        let [wide, narrow] = HIDDEN;
        let [first, second, third, fourth] = CHANNELS;
        let edges = |inputs: usize, outputs| {
            Conv2dConfig::new([2 * inputs, outputs], [1, 1])
                .with_bias(false)
                .init(device)
        };
        let norm = |channels| {
            BatchNormConfig::new(channels)
                .with_epsilon(EPSILON)
                .init(device)
        };
        let all = CHANNELS.iter().sum();
        Self {
            conv1: edges(3, first),
            conv2: edges(first, second),
            conv3: edges(second, third),
            conv4: edges(third, fourth),
            conv5: Conv1dConfig::new(all, EMBEDDING, 1)
                .with_bias(false)
                .init(device),
            bn1: norm(first),
            bn2: norm(second),
            bn3: norm(third),
            bn4: norm(fourth),
            bn5: norm(EMBEDDING),
            bn6: norm(wide),
            bn7: norm(narrow),
            linear1: LinearConfig::new(2 * EMBEDDING, wide)
                .with_bias(false)
                .init(device),
            linear2: LinearConfig::new(wide, narrow).init(device),
            linear3: LinearConfig::new(narrow, dgcnn.classes).init(device),
            title: dgcnn.title,
        }
    }

    /// Logits of clouds `[count, points, 3]`.
    fn logits(&self, clouds: Tensor<3>) -> Tensor<2> {
        let [count, points, _] = clouds.dims();
        let edges = [
            (&self.conv1, &self.bn1),
            (&self.conv2, &self.bn2),
            (&self.conv3, &self.bn3),
            (&self.conv4, &self.bn4),
        ];
        let mut features = Vec::with_capacity(edges.len());
        let mut x = clouds;
        for (convolution, norm) in edges {
            x = edge_convolution(convolution, norm, x);
            features.push(x.clone());
        }
        let x = Tensor::cat(features, 2).reshape([count * points, CHANNELS.iter().sum()]);
        let [outputs, inputs, _] = self.conv5.weight.dims();
        let weight = self.conv5.weight.val().reshape([outputs, inputs]);
        let x = self.bn5.forward(x.matmul(weight.transpose()));
        let x = leaky_relu(x, SLOPE).reshape([count, points, EMBEDDING]);
        let pooled = [x.clone().max_dim(1), x.mean_dim(1)];
        let x = Tensor::cat(pooled.to_vec(), 2).reshape([count, 2 * EMBEDDING]);
        let x = leaky_relu(self.bn6.forward(self.linear1.forward(x)), SLOPE);
        let x = leaky_relu(self.bn7.forward(self.linear2.forward(x)), SLOPE);
        self.linear3.forward(x)
    }
}

/// From features `[count, points, channels]` to `[count, points, outputs]`.
fn edge_convolution(convolution: &Conv2d, norm: &BatchNorm, x: Tensor<3>) -> Tensor<3> {
    let [count, points, channels] = x.dims();
    let [outputs, ..] = convolution.weight.dims();
    let neighbours = neighbours(x.clone().detach());
    let rows = x.reshape([count * points, channels]);
    let weight = convolution.weight.val().reshape([outputs, 2 * channels]);
    let of_difference = weight.clone().slice([0..outputs, 0..channels]);
    let of_point = weight.slice([0..outputs, channels..2 * channels]);
    let there = rows.clone().matmul(of_difference.clone().transpose());
    let here = rows.matmul((of_point - of_difference).transpose());
    let edges = Edges::new(there, here, neighbours);
    let (mean, variance) = if edges.here.device().is_autodiff() {
        edges.statistics(norm)
    } else {
        let row = |state: Tensor<1>| state.reshape([1, outputs]);
        (
            row(norm.running_mean.value()),
            row(norm.running_var.value()),
        )
    };
    edges
        .normalised_largest(norm, mean, variance)
        .reshape([count, points, outputs])
}

/// Values of edges, each the sum of what its neighbour and what its point contribute, without
/// laying the sums out: a normalisation and a leaky ReLU are monotone in every channel, so that the
/// largest of the normalised values is the normalised largest (or smallest, where a channel is
/// multiplied by a negative number).
struct Edges {
    /// Contributions of points to the edges that they are the neighbour of, `[points, channels]`.
    there: Tensor<2>,
    /// Those of the neighbours of each point, `[points, 20, channels]`.
    gathered: Tensor<3>,
    /// Contributions of points to their own edges, `[points, channels]`.
    here: Tensor<2>,
    /// Within each cloud, `[count, points * 20]`.
    neighbours: Tensor<2, Int>,
}

impl Edges {
    fn new(there: Tensor<2>, here: Tensor<2>, neighbours: Tensor<2, Int>) -> Self {
        Self {
            gathered: gathered(there.clone(), neighbours.clone()),
            there,
            here,
            neighbours,
        }
    }

    /// Mean and variance of each channel over all edges, `[1, channels]`; the running ones of
    /// `norm` are moved towards them.
    fn statistics(&self, norm: &BatchNorm) -> (Tensor<2>, Tensor<2>) {
        let [points, channels] = self.here.dims();
        let edges = (points * NEIGHBOURS) as f64;
        // A point counts as often as it is a neighbour.
        let device = self.here.device();
        let [clouds, within] = self.neighbours.dims();
        let ones = Tensor::<2>::ones([clouds, within], &device);
        let counts = Tensor::<2>::zeros([clouds, points / clouds], &device)
            .scatter(1, self.neighbours.clone(), ones, IndexingUpdateOp::Add)
            .reshape([points, 1]);
        let mean_there = (self.there.clone() * counts.clone()).sum_dim(0) / edges;
        let mean_here = self.here.clone().mean_dim(0);
        let there = self.there.clone() - mean_there.clone();
        let here = self.here.clone() - mean_here.clone();
        let neighbours = self
            .gathered
            .clone()
            .mean_dim(1)
            .reshape([points, channels]);
        let cross = (here.clone() * (neighbours - mean_there.clone())).mean_dim(0);
        let variance = (there.powi_scalar(2) * counts).sum_dim(0) / edges
            + cross * 2.0
            + here.powi_scalar(2).mean_dim(0);
        let mean = mean_there + mean_here;
        let unbiased = variance.clone() * (edges / (edges - 1.0));
        move_towards(&norm.running_mean, &mean, norm.momentum);
        move_towards(&norm.running_var, &unbiased, norm.momentum);
        (mean, variance)
    }

    /// The largest value of each point's edges behind normalisation and leaky ReLU, `[points,
    /// channels]`.
    fn normalised_largest(
        self,
        norm: &BatchNorm,
        mean: Tensor<2>,
        variance: Tensor<2>,
    ) -> Tensor<2> {
        let [points, channels] = self.here.dims();
        let row = |values: Tensor<1>| values.reshape([1, channels]);
        let scale = row(norm.gamma.val()) / (variance + norm.epsilon).sqrt();
        let shift = row(norm.beta.val());
        let flat = |extreme: Tensor<3>| extreme.reshape([points, channels]);
        let largest = flat(self.gathered.clone().max_dim(1)) + self.here.clone() - mean.clone();
        let smallest = flat(self.gathered.min_dim(1)) + self.here - mean;
        let values = largest * scale.clone().clamp_min(0.0) + smallest * scale.clamp_max(0.0);
        leaky_relu(values + shift, SLOPE)
    }
}

/// Moves a running statistic towards one `[1, channels]`.
fn move_towards(running: &RunningState<Tensor<1>>, statistic: &Tensor<2>, momentum: f64) {
    let statistic = statistic.clone().detach().flatten(0, 1);
    let before = running.value_sync().to_device(&statistic.device());
    running.update((before * (1.0 - momentum) + statistic * momentum).detach());
}

/// The rows of every point's neighbours, `[points, 20, channels]`.
fn gathered(rows: Tensor<2>, neighbours: Tensor<2, Int>) -> Tensor<3> {
    let [points, channels] = rows.dims();
    let [count, edges] = neighbours.dims();
    let device = rows.device();
    let gathered = if device.clone().inner() == Device::flex() {
        // The CPU copies whole rows.
        let first = Tensor::<1, Int>::arange(0..count as i64, &device) * (points / count) as i64;
        let positions = neighbours + first.reshape([count, 1]);
        rows.select(0, positions.flatten(0, 1))
    } else {
        // On graphics cards backward of a selection of rows walks all edges of all clouds, one
        // after the other; that of a gather within clouds does those of each cloud and channel
        // apart, or all at once where it can add atomically.
        let index = neighbours.unsqueeze_dim::<3>(2);
        rows.reshape([count, points / count, channels])
            .gather(1, index.expand([count, edges, channels]))
            .reshape([count * edges, channels])
    };
    gathered.reshape([points, NEIGHBOURS, channels])
}

/// Every point's nearest neighbours among the points of its cloud, `[count, points * 20]`, given
/// features `[count, points, channels]`.
fn neighbours(x: Tensor<3>) -> Tensor<2, Int> {
    let squares = x.clone().powi_scalar(2).sum_dim(2);
    // Nearer is larger: 2 x_i x_j - |x_j|^2; |x_i|^2 is the same for all neighbours of i.
    let closeness = x.clone().matmul(x.transpose()) * 2.0 - squares.transpose();
    let (_, nearest) = closeness.topk_with_indices(NEIGHBOURS, 2);
    nearest.flatten(1, 2)
}

impl BurnNetwork for Dgcnn {
    type Kind = Clouds;

    type Stem = Vec<f32>;

    const CHUNK: usize = 32;

    fn title(&self) -> &'static str {
        self.title
    }

    fn forward(&self, clouds: &Points, numbers: &Numbers) -> Tensor<2> {
        let Points { values, points } = clouds;
        let count = values.len() / (3 * points);
        self.logits(numbers.floats(values.clone(), [count, *points, 3]))
    }

    fn stem(&self, cloud: &Points, _numbers: &Numbers) -> Vec<f32> {
        cloud.values.clone()
    }

    fn masked(
        &self,
        cloud: &Vec<f32>,
        masks: &ClusterMasks,
        range: Range<usize>,
        numbers: &Numbers,
    ) -> Tensor<2> {
        let count = range.len();
        let clouds = masks.apply(cloud, range);
        self.logits(numbers.floats(clouds, [count, cloud.len() / 3, 3]))
    }

    fn torch_name(&self, path: &str) -> String {
        let path = path.replace("gamma", "weight").replace("beta", "bias");
        match path.split_once('.') {
            Some((layer, rest)) if layer.starts_with("conv") => format!("{layer}.0.{rest}"),
            _ => path,
        }
    }

    fn is_redundant(&self, name: &str) -> bool {
        // The normalisations appear a second time within their convolutions' blocks.
        name.ends_with("num_batches_tracked") || (name.starts_with("conv") && name.contains(".1."))
    }
}
