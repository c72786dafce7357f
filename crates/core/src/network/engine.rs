//! Training and evaluation of a Burn network on any of Burn's devices.

use burn::{
    optim::GradientsParams,
    tensor::{Device, Int, Tensor, TensorData, activation::log_softmax},
};
use spindle_run::event::Tensors;

use super::{
    Network,
    sgd::{Momentum, Track},
    weights::{load_weights, read, read_weights},
};
use crate::{Error, engine::Sgd, player::PatchMasks};

/// Pictures or masks per pass forward.
const CHUNK: usize = 256;

/// A Burn network in training.
pub struct BurnEngine<N: Network> {
    network: N,
    momentum: Momentum,
    device: Device,
    /// Losses of steps since they were last taken, still on the device.
    losses: Vec<Tensor<1>>,
}

impl<N: Network> BurnEngine<N> {
    /// A network on `device` with weights and momentum buffers under PyTorch's names.
    ///
    /// # Errors
    /// All tensors that are missing, extra or misshapen.
    pub fn new(
        blank: N,
        device: &Device,
        weights: &Tensors,
        momentum: &Tensors,
    ) -> Result<Self, Error> {
        let network = load_weights(blank, weights)?.map(&mut Track);
        let momentum = Momentum::load(&network, momentum)?;
        Ok(Self {
            network,
            momentum,
            device: device.clone(),
            losses: Vec::new(),
        })
    }

    /// What computes, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("Burn on {:?}", self.device)
    }

    /// Weights under PyTorch's names.
    ///
    /// # Errors
    /// The device failed.
    pub async fn weights(&self) -> Result<Tensors, Error> {
        read_weights(&self.network).await
    }

    /// Momentum buffers under the weights' names; empty before the first step.
    ///
    /// # Errors
    /// The device failed.
    pub async fn momentum(&self) -> Result<Tensors, Error> {
        self.momentum.read(&self.network).await
    }

    /// One step of SGD on the mean cross-entropy over `pictures` `[count, 1, side, side]`; the device may still be
    /// at it when this returns.
    pub fn step(&mut self, pictures: &[f32], labels: &[usize], sgd: Sgd) {
        let device = self.device.clone().autodiff();
        let pictures = self.tensor(pictures, &device);
        let classes: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
        let classes = TensorData::new(classes, [labels.len(), 1]);
        let classes = Tensor::<2, Int>::from_data(classes, &device);
        let log_probabilities = log_softmax(self.network.forward(pictures), 1);
        let loss = -log_probabilities.gather(1, classes).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        self.losses.push(loss.inner());
        self.network = self.momentum.step(self.network.clone(), gradients, sgd);
    }

    /// Mean losses of the steps since they were last taken, in order.
    ///
    /// # Errors
    /// The device failed.
    pub async fn take_losses(&mut self) -> Result<Vec<f32>, Error> {
        if self.losses.is_empty() {
            return Ok(Vec::new());
        }
        read(Tensor::cat(std::mem::take(&mut self.losses), 0)).await
    }

    /// Logits `[count, classes]` of `pictures` `[count, 1, side, side]`.
    ///
    /// # Errors
    /// The device failed.
    pub async fn logits(&self, pictures: &[f32]) -> Result<Vec<f32>, Error> {
        let network = self.network.valid();
        let mut logits = Vec::new();
        for chunk in pictures.chunks(CHUNK * N::SIDE * N::SIDE) {
            logits.extend(read(network.forward(self.tensor(chunk, &self.device))).await?);
        }
        Ok(logits)
    }

    /// Logits `[2^n, classes]` of one picture under all masks of its players.
    ///
    /// # Errors
    /// The device failed.
    pub async fn masked_logits(
        &self,
        picture: &[f32],
        masks: &PatchMasks,
    ) -> Result<Vec<f32>, Error> {
        let network = self.network.valid();
        let map = network.stem(self.tensor(picture, &self.device));
        let pixels = masks.owners().len();
        let mut logits = Vec::new();
        for first in (0..masks.count()).step_by(CHUNK) {
            let count = CHUNK.min(masks.count() - first);
            let chunk = (first..first + count).flat_map(|mask| {
                (0..pixels).map(move |pixel| f32::from(u8::from(masks.keeps(mask as u32, pixel))))
            });
            let factors: Vec<f32> = chunk.collect();
            let factors = TensorData::new(factors, [count, 1, masks.side(), masks.side()]);
            let masked = map.clone() * Tensor::<4>::from_data(factors, &self.device);
            logits.extend(read(network.tail(masked)).await?);
        }
        Ok(logits)
    }

    fn tensor(&self, pictures: &[f32], device: &Device) -> Tensor<4> {
        let count = pictures.len() / (N::SIDE * N::SIDE);
        let data = TensorData::new(pictures.to_vec(), [count, 1, N::SIDE, N::SIDE]);
        Tensor::from_data(data, device)
    }
}
