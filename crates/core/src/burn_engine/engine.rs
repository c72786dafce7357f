//! Training and evaluation of a Burn network on any of Burn's devices.

use std::cell::Cell;

use burn::{
    optim::GradientsParams,
    tensor::{DType, Device, Tensor, activation::log_softmax},
};
use spindle_kernels::Sgd;
use spindle_run::{event::Tensors, modality::Modality};

use super::{
    module::{Batch, BurnNetwork, Numbers},
    sgd::{Momentum, Track},
    weights::{load_weights, read, read_weights},
};
use crate::{
    Error, device,
    network::{Answer, Evaluator, Snapshot, Trainer},
};

/// Masked inputs that a device gets at once, in units of what the CPU gets: its threads are many,
/// and what its memory does not hold comes back as an error.
const ON_DEVICES: usize = 8;

/// Masked inputs of the first pass.
fn first_pass<N: BurnNetwork>(device: &Device) -> usize {
    match *device == Device::flex() {
        true => N::CHUNK,
        false => ON_DEVICES * N::CHUNK,
    }
}

/// A Burn network in training.
pub(crate) struct BurnEngine<N: BurnNetwork> {
    network: N,
    momentum: Momentum,
    device: Device,
    /// Losses of steps since they were last taken, still on the device.
    losses: Vec<Tensor<1>>,
    /// Masked inputs per pass: fewer once a pass did not fit the device's memory.
    masks_per_pass: Cell<usize>,
}

impl<N: BurnNetwork> BurnEngine<N> {
    /// A network on `device` that goes on from a snapshot.
    ///
    /// # Errors
    /// All tensors that are missing, extra or misshapen.
    pub(crate) fn new(blank: N, device: &Device, from: &Snapshot) -> Result<Self, Error> {
        let network = load_weights(blank, &from.weights)?.map(&mut Track);
        let momentum = Momentum::load(&network, &from.momentum)?;
        Ok(Self {
            network,
            momentum,
            device: device.clone(),
            losses: Vec::new(),
            masks_per_pass: Cell::new(first_pass::<N>(device)),
        })
    }

    /// A network on `device` with fixed weights.
    ///
    /// # Errors
    /// All tensors that are missing, extra or misshapen.
    pub(crate) fn of_weights(blank: N, device: &Device, weights: &Tensors) -> Result<Self, Error> {
        Ok(Self {
            network: load_weights(blank, weights)?.map(&mut Track),
            momentum: Momentum::default(),
            device: device.clone(),
            losses: Vec::new(),
            masks_per_pass: Cell::new(first_pass::<N>(device)),
        })
    }

    fn words(&self) -> String {
        let words = format!("Burn on {}", device::words(&self.device));
        match self.masks_per_pass.get() {
            masks if masks == first_pass::<N>(&self.device) => words,
            masks => format!("{words}, whose memory holds {masks} masked inputs at a time"),
        }
    }

    fn numbers(&self) -> Numbers {
        Numbers {
            device: self.device.clone(),
            dtype: DType::F32,
        }
    }
}

impl<N: BurnNetwork> Trainer<N::Kind> for BurnEngine<N> {
    fn describe(&self) -> String {
        self.words()
    }

    fn step(&mut self, inputs: &Batch<N>, labels: &[usize], sgd: Sgd) -> Result<(), Error> {
        let numbers = Numbers {
            device: self.device.clone().autodiff(),
            dtype: DType::F32,
        };
        let classes: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
        let classes = numbers.integers(classes, [labels.len(), 1]);
        let log_probabilities = log_softmax(self.network.forward(inputs, &numbers), 1);
        let loss = -log_probabilities.gather(1, classes).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        self.losses.push(loss.inner());
        self.network = self.momentum.step(self.network.clone(), gradients, sgd);
        Ok(())
    }

    fn take_losses(&mut self) -> Answer<'_, Vec<f32>> {
        let losses = std::mem::take(&mut self.losses);
        Box::pin(async {
            match losses.is_empty() {
                true => Ok(Vec::new()),
                false => read(Tensor::cat(losses, 0)).await,
            }
        })
    }

    fn snapshot(&self) -> Answer<'_, Snapshot> {
        Box::pin(async {
            Ok(Snapshot {
                // Only so are running statistics those of the last step: they lag by one otherwise.
                weights: read_weights(&self.network.valid()).await?,
                momentum: self.momentum.read(&self.network).await?,
            })
        })
    }

    fn evaluator(&self) -> &dyn Evaluator<N::Kind> {
        self
    }
}

impl<N: BurnNetwork> Evaluator<N::Kind> for BurnEngine<N> {
    fn describe(&self) -> String {
        self.words()
    }

    fn chunk(&self) -> usize {
        N::CHUNK
    }

    fn logits<'a>(&'a self, inputs: &'a Batch<N>) -> Answer<'a, Vec<f32>> {
        Box::pin(read(self.network.valid().forward(inputs, &self.numbers())))
    }

    fn masked_logits<'a>(
        &'a self,
        input: &'a Batch<N>,
        masks: &'a <N::Kind as Modality>::Masks,
    ) -> Answer<'a, Vec<f32>> {
        Box::pin(async move {
            let (network, numbers) = (self.network.valid(), self.numbers());
            let stem = network.stem(input, &numbers);
            let count = N::Kind::mask_count(masks);
            let (mut logits, mut first) = (Vec::new(), 0);
            while first < count {
                let chunk = self.masks_per_pass.get();
                let range = first..count.min(first + chunk);
                let end = range.end;
                let rows = network.masked(&stem, masks, range, &numbers);
                match read::<f32, _>(rows).await {
                    Ok(rows) => {
                        logits.extend(rows);
                        first = end;
                    }
                    // It may be the memory; what else is wrong with the device is so with one, too.
                    Err(_) if chunk > 1 => self.masks_per_pass.set(chunk / 2),
                    Err(error) => return Err(error),
                }
            }
            Ok(logits)
        })
    }
}
