//! What computes a network: fused kernels on the CPU or the GPU, or Burn on one of its devices.

use spindle_run::input::TextShape;
use spindle_run::modality::{InputShape, Inputs, Masks};
#[cfg(feature = "burn")]
use std::borrow::Cow;

#[cfg(feature = "burn")]
use spindle_run::experiment::Kind;
use spindle_run::{event::Tensors, experiment};

#[cfg(feature = "burn")]
use crate::network::{self, Bert, BurnEngine, Dgcnn, StackNetwork, with_network};
use crate::{Error, architecture::Architecture};
#[cfg(feature = "burn")]
use spindle_kernels::BertKernels;
use spindle_kernels::SequentialKernels;
pub use spindle_kernels::Sgd;
#[cfg(feature = "webgpu")]
use spindle_kernels::gpu::GpuSequentialKernels;
#[cfg(feature = "burn")]
use spindle_run::input::Tokens;
use spindle_run::{parallel, player::PatchMasks};

/// A network on what computes it.
pub enum Engine {
    /// The fused CPU kernels.
    Kernels(Box<SequentialKernels>),
    /// The fused GPU kernels.
    #[cfg(feature = "webgpu")]
    GpuKernels(Box<GpuSequentialKernels>),
    /// A stack on Burn.
    #[cfg(feature = "burn")]
    Burn(Box<BurnEngine<StackNetwork>>),
    /// A BERT by the fused CPU kernels.
    #[cfg(feature = "burn")]
    BertKernels(Box<BertKernels>),
    /// A BERT on Burn.
    #[cfg(feature = "burn")]
    Bert(Box<BurnEngine<Bert>>),
    /// A DGCNN on Burn, which fused CPU kernels may evaluate.
    #[cfg(feature = "burn")]
    Dgcnn(Box<BurnEngine<Dgcnn>>),
}

#[cfg(feature = "burn")]
impl From<BurnEngine<Bert>> for Engine {
    fn from(engine: BurnEngine<Bert>) -> Self {
        Self::Bert(Box::new(engine))
    }
}

#[cfg(feature = "burn")]
impl From<BurnEngine<Dgcnn>> for Engine {
    fn from(engine: BurnEngine<Dgcnn>) -> Self {
        Self::Dgcnn(Box::new(engine))
    }
}

/// Inputs per pass of an evaluation by the kernels, which divide them further.
const CHUNK: usize = 512;

impl Engine {
    /// A network with weights and momentum buffers under PyTorch's names.
    ///
    /// On the CPU, stacks and BERTs are computed by the fused kernels; DGCNN is trained by Burn and evaluated by kernels.
    ///
    /// # Errors
    /// All tensors that are missing, extra or misshapen; a network that the device has no code for.
    pub fn new(
        architecture: &Architecture,
        device: experiment::Device,
        weights: &Tensors,
        momentum: &Tensors,
    ) -> Result<Self, Error> {
        match (device, architecture.stack()) {
            (experiment::Device::Cpu, Some(stack)) => Ok(Self::Kernels(Box::new(
                SequentialKernels::new(stack, weights, momentum)?,
            ))),
            #[cfg(feature = "webgpu")]
            (experiment::Device::Webgpu, Some(stack)) => {
                let gpu = spindle_kernels::gpu::opened()
                    .ok_or_else(|| Error::no_device(experiment::Device::Webgpu))?;
                GpuSequentialKernels::new(&gpu.device, &gpu.queue, stack, weights, momentum)
                    .map(|engine| Self::GpuKernels(Box::new(engine)))
                    .map_err(Into::into)
            }
            #[cfg(feature = "burn")]
            (device, Some(stack)) => {
                let device = network::device(device)?;
                let blank = StackNetwork::new(stack, &device);
                let engine = BurnEngine::new(blank, &device, weights, momentum)?;
                Ok(Self::Burn(Box::new(engine)))
            }
            #[cfg(feature = "burn")]
            (experiment::Device::Cpu, None) if architecture.input.kind() == Kind::Texts => {
                bert_kernels(architecture, weights, momentum)
            }
            #[cfg(feature = "burn")]
            (device, None) => Self::no_stack(architecture, device, weights, momentum),
            #[cfg(not(feature = "burn"))]
            (device, Some(_)) => Err(Error::no_device(device)),
            #[cfg(not(feature = "burn"))]
            (_, None) => Err(architecture.missing()),
        }
    }

    #[cfg(feature = "burn")]
    fn no_stack(
        architecture: &Architecture,
        device: experiment::Device,
        weights: &Tensors,
        momentum: &Tensors,
    ) -> Result<Self, Error> {
        let on = network::device(device)?;
        with_network!(
            architecture,
            &on,
            blank => {
                let engine = BurnEngine::new(blank, &on, weights, momentum)?;
                Ok(match device {
                    experiment::Device::Cpu => engine.with_kernels(),
                    _ => engine,
                }.into())
            },
            Err(architecture.missing())
        )
    }

    /// What computes, in words, for a run's provenance.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Kernels(_) => format!("fused CPU kernels, {}", parallel::description()),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => engine.describe(),
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.describe(),
            #[cfg(feature = "burn")]
            Self::BertKernels(_) => format!("fused CPU kernels, {}", parallel::description()),
            #[cfg(feature = "burn")]
            Self::Bert(engine) => engine.describe(),
            #[cfg(feature = "burn")]
            Self::Dgcnn(engine) => engine.describe(),
        }
    }

    /// One step of SGD on the mean cross-entropy over `inputs`.
    ///
    /// # Errors
    /// Inputs or labels that do not fit the network.
    pub fn step(&mut self, inputs: &Inputs, labels: &[usize], sgd: Sgd) -> Result<(), Error> {
        match self {
            Self::Kernels(engine) => engine.step(inputs.pictures(), labels, sgd)?,
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => engine.step(inputs.pictures(), labels, sgd)?,
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.step(inputs, labels, sgd),
            #[cfg(feature = "burn")]
            Self::BertKernels(engine) => engine.step(&texts(inputs), labels, sgd)?,
            #[cfg(feature = "burn")]
            Self::Bert(engine) => engine.step(inputs, labels, sgd),
            #[cfg(feature = "burn")]
            Self::Dgcnn(engine) => engine.step(inputs, labels, sgd),
        }
        Ok(())
    }

    /// Mean losses of the steps since they were last taken, in order.
    ///
    /// # Errors
    /// The device failed.
    pub async fn take_losses(&mut self) -> Result<Vec<f32>, Error> {
        match self {
            Self::Kernels(engine) => Ok(engine.take_losses()),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => Ok(engine.take_losses().await?),
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.take_losses().await,
            #[cfg(feature = "burn")]
            Self::BertKernels(engine) => Ok(engine.take_losses()),
            #[cfg(feature = "burn")]
            Self::Bert(engine) => engine.take_losses().await,
            #[cfg(feature = "burn")]
            Self::Dgcnn(engine) => engine.take_losses().await,
        }
    }

    /// Logits `[count, classes]` of `inputs`.
    ///
    /// # Errors
    /// The device failed.
    pub async fn logits(&self, inputs: &Inputs) -> Result<Vec<f32>, Error> {
        match self {
            Self::Kernels(engine) => Ok(engine.logits(inputs.pictures())?),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => Ok(engine.logits(inputs.pictures()).await?),
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.logits(inputs).await,
            #[cfg(feature = "burn")]
            Self::BertKernels(engine) => Ok(engine.logits(&texts(inputs))?),
            #[cfg(feature = "burn")]
            Self::Bert(engine) => engine.logits(inputs).await,
            #[cfg(feature = "burn")]
            Self::Dgcnn(engine) => engine.logits(inputs).await,
        }
    }

    /// Inputs per pass forward that fit well into memory.
    #[must_use]
    pub fn chunk(&self) -> usize {
        match self {
            #[cfg(feature = "burn")]
            Self::Bert(engine) => engine.chunk(),
            #[cfg(feature = "burn")]
            Self::Dgcnn(engine) => engine.chunk(),
            _ => CHUNK,
        }
    }

    /// Logits `[2^n, classes]` of one input under all masks of its players.
    ///
    /// # Errors
    /// The device failed, or the players are of another kind than the network's.
    pub async fn masked_logits(&self, input: &Inputs, masks: &Masks) -> Result<Vec<f32>, Error> {
        match self {
            Self::Kernels(engine) => Ok(engine.masked_logits(input.pictures(), patches(masks)?)?),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => Ok(engine
                .masked_logits(input.pictures(), patches(masks)?)
                .await?),
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.masked_logits(input, masks).await,
            #[cfg(feature = "burn")]
            Self::BertKernels(engine) => match masks {
                Masks::Texts(words) => Ok(engine.masked_logits(&texts(input), words)?),
                Masks::Pictures(_) | Masks::Clouds(_) => {
                    Err(other_players("players of texts are words"))
                }
            },
            #[cfg(feature = "burn")]
            Self::Bert(engine) => engine.masked_logits(input, masks).await,
            #[cfg(feature = "burn")]
            Self::Dgcnn(engine) => engine.masked_logits(input, masks).await,
        }
    }

    /// Logits `[classes]` of one input under each of some masks, in f64: what [`Self::masked_logits`] rounds.
    ///
    /// # Errors
    /// The device failed, or the players are of another kind than the network's.
    pub async fn exact_masked_logits(
        &self,
        input: &Inputs,
        masks: &Masks,
        of: &[usize],
    ) -> Result<Vec<Vec<f64>>, Error> {
        match self {
            Self::Kernels(engine) => exact(engine, input, masks, of),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => {
                let weights = engine.weights().await?;
                let engine =
                    SequentialKernels::new(engine.network().clone(), &weights, &Tensors::new())?;
                exact(&engine, input, masks, of)
            }
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.exact_masked_logits(input, masks, of).await,
            #[cfg(feature = "burn")]
            Self::BertKernels(engine) => {
                let burn = network::device(experiment::Device::Flex)?;
                let size = engine.size();
                let blank = Bert::of_size(size, &burn);
                let reference = BurnEngine::new(blank, &burn, &engine.weights(), &Tensors::new())?;
                reference.exact_masked_logits(input, masks, of).await
            }
            #[cfg(feature = "burn")]
            Self::Bert(engine) => engine.exact_masked_logits(input, masks, of).await,
            #[cfg(feature = "burn")]
            Self::Dgcnn(engine) => engine.exact_masked_logits(input, masks, of).await,
        }
    }

    /// Weights under PyTorch's names.
    ///
    /// # Errors
    /// The device failed.
    pub async fn weights(&self) -> Result<Tensors, Error> {
        match self {
            Self::Kernels(engine) => Ok(engine.weights()),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => Ok(engine.weights().await?),
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.weights().await,
            #[cfg(feature = "burn")]
            Self::BertKernels(engine) => Ok(engine.weights()),
            #[cfg(feature = "burn")]
            Self::Bert(engine) => engine.weights().await,
            #[cfg(feature = "burn")]
            Self::Dgcnn(engine) => engine.weights().await,
        }
    }

    /// Momentum buffers under the weights' names; empty before the first step.
    ///
    /// # Errors
    /// The device failed.
    pub async fn momentum(&self) -> Result<Tensors, Error> {
        match self {
            Self::Kernels(engine) => Ok(engine.momentum()),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => Ok(engine.momentum().await?),
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.momentum().await,
            #[cfg(feature = "burn")]
            Self::BertKernels(engine) => Ok(engine.momentum()),
            #[cfg(feature = "burn")]
            Self::Bert(engine) => engine.momentum().await,
            #[cfg(feature = "burn")]
            Self::Dgcnn(engine) => engine.momentum().await,
        }
    }
}

/// The masks as the kernels of stacks take them.
fn patches(masks: &Masks) -> Result<&PatchMasks, Error> {
    match masks {
        Masks::Pictures(patches) => Ok(patches),
        Masks::Texts(_) | Masks::Clouds(_) => Err(other_players("players of pictures are patches")),
    }
}

fn other_players(allowed: &str) -> Error {
    Error::Experiment {
        field: "players",
        value: "players of another kind of samples".into(),
        allowed: allowed.into(),
    }
}

/// The texts; none where it is another kind of inputs.
#[cfg(feature = "burn")]
fn texts(inputs: &Inputs) -> Cow<'_, Tokens> {
    inputs.tokens().map_or_else(Cow::default, Cow::Borrowed)
}

#[cfg(feature = "burn")]
fn bert_kernels(
    architecture: &Architecture,
    weights: &Tensors,
    momentum: &Tensors,
) -> Result<Engine, Error> {
    let InputShape::Texts(TextShape { vocabulary }) = architecture.input else {
        return Err(architecture.missing());
    };
    let size = network::bert_size(architecture.model, vocabulary, architecture.classes);
    let name = architecture.model.title();
    let kernels = BertKernels::new(name, size, weights, momentum)?;
    Ok(Engine::BertKernels(Box::new(kernels)))
}

fn exact(
    engine: &SequentialKernels,
    input: &Inputs,
    masks: &Masks,
    of: &[usize],
) -> Result<Vec<Vec<f64>>, Error> {
    let patches = patches(masks)?;
    let logits = parallel::map(of.len(), |index| {
        engine.exact_masked_logits(input.pictures(), patches, of[index])
    });
    Ok(logits.into_iter().collect::<Result<_, _>>()?)
}
