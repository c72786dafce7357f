//! What computes networks: what trains one and what evaluates one, made by a registry from network
//! and place.
//!
//! A backend is a module that says what it can do ([`Backend`]); the registry ([`backends`]) has a
//! line for each. Where a backend cannot run a network it says nothing, and the next one is asked.

#[cfg(feature = "burn")]
mod burn;
mod cpu;
#[cfg(feature = "webgpu")]
mod gpu;

use spindle_run::{
    device::{Backend as Name, Device, Place},
    event::Tensors,
    modality::Modality,
};

use crate::{
    Error,
    network::{Abilities, Evaluator, Network, Snapshot, Trainer},
};

/// A way to compute networks on one device.
pub trait Backend<M: Modality>: Sync {
    /// Its name.
    fn name(&self) -> Name;

    /// The device that it computes on.
    fn device(&self) -> Device;

    /// Whether it trains and whether it evaluates a network.
    fn abilities(&self, network: &dyn Network<M>) -> Abilities;

    /// A network in training.
    ///
    /// # Errors
    /// Tensors that are missing, extra or misshapen; a device that is not there.
    fn trainer(
        &self,
        network: &dyn Network<M>,
        from: &Snapshot,
    ) -> Result<Box<dyn Trainer<M>>, Error>;

    /// A network of fixed weights.
    ///
    /// # Errors
    /// Tensors that are missing, extra or misshapen; a device that is not there.
    fn evaluator(
        &self,
        network: &dyn Network<M>,
        weights: &Tensors,
    ) -> Result<Box<dyn Evaluator<M>>, Error>;
}

/// All backends of this build, the preferred one of a device first.
#[must_use]
pub fn backends<M: Modality>() -> Vec<&'static dyn Backend<M>> {
    vec![
        &cpu::CpuKernels,
        #[cfg(feature = "webgpu")]
        &gpu::GpuKernels,
        #[cfg(feature = "burn")]
        &burn::ON_CPU,
        #[cfg(feature = "burn-wgpu")]
        &burn::ON_GPU,
        #[cfg(feature = "burn-cuda")]
        &burn::ON_CUDA,
    ]
}

/// What trains a network at a place, and what evaluates it there.
pub struct Choice<M: Modality> {
    /// What trains it.
    pub trainer: &'static dyn Backend<M>,
    /// What evaluates it.
    pub evaluator: &'static dyn Backend<M>,
}

impl<M: Modality> Choice<M> {
    /// The first backends that can: those of the place's device, or the one that it names.
    ///
    /// # Errors
    /// [`Error::Place`] where no backend of this build can.
    pub fn new(network: &dyn Network<M>, place: Place) -> Result<Self, Error> {
        Ok(Self {
            trainer: first(network, place, "trained", |abilities| abilities.trains)?,
            evaluator: evaluator_backend(network, place)?,
        })
    }

    /// Whether what trains evaluates as well.
    #[must_use]
    pub fn is_one(&self) -> bool {
        self.trainer.name() == self.evaluator.name()
    }

    /// Where it is evaluated.
    #[must_use]
    pub fn evaluation(&self) -> Place {
        Place {
            device: self.evaluator.device(),
            backend: Some(self.evaluator.name()),
        }
    }
}

fn evaluator_backend<M: Modality>(
    network: &dyn Network<M>,
    place: Place,
) -> Result<&'static dyn Backend<M>, Error> {
    first(network, place, "evaluated", |abilities| abilities.evaluates)
}

fn first<M: Modality>(
    network: &dyn Network<M>,
    place: Place,
    what: &'static str,
    can: fn(Abilities) -> bool,
) -> Result<&'static dyn Backend<M>, Error> {
    let here = |backend: &&dyn Backend<M>| {
        backend.device() == place.device && place.backend.is_none_or(|name| name == backend.name())
    };
    let mut found = backends::<M>().into_iter().filter(here);
    let found = found.find(|backend| can(backend.abilities(network)));
    found.ok_or_else(|| refusal(network, place, what, can))
}

/// Why nothing can. Burn can do every network on the CPU, where it is in the build.
fn refusal<M: Modality>(
    network: &dyn Network<M>,
    place: Place,
    what: &'static str,
    can: fn(Abilities) -> bool,
) -> Error {
    let known = places(network, can);
    let is_on_cpu = place.device == Device::Cpu;
    if !cfg!(feature = "burn") && is_on_cpu && place.backend == Some(Name::Burn) {
        return Error::WithoutBurn {
            what: "--backend burn",
        };
    }
    if !cfg!(feature = "burn") && known.is_empty() {
        return Error::WithoutBurn {
            what: network.title(),
        };
    }
    Error::Place {
        network: network.title(),
        what,
        place: place.to_string(),
        known,
    }
}

/// The places where a network can be trained or evaluated, in words.
fn places<M: Modality>(network: &dyn Network<M>, can: fn(Abilities) -> bool) -> String {
    let able = backends::<M>()
        .into_iter()
        .filter(|backend| can(backend.abilities(network)));
    let names = able.map(|backend| {
        let (device, backend) = (backend.device(), Some(backend.name()));
        Place { device, backend }.to_string()
    });
    names.collect::<Vec<_>>().join(", ")
}

/// A network of fixed weights at a place.
///
/// # Errors
/// As [`Choice::new`] and [`Backend::evaluator`].
pub fn evaluator<M: Modality>(
    network: &dyn Network<M>,
    place: Place,
    weights: &Tensors,
) -> Result<Box<dyn Evaluator<M>>, Error> {
    evaluator_backend(network, place)?.evaluator(network, weights)
}

/// A network in training at a place.
///
/// # Errors
/// As [`Choice::new`] and [`Backend::trainer`].
pub fn trainer<M: Modality>(
    network: &dyn Network<M>,
    place: Place,
    from: &Snapshot,
) -> Result<Box<dyn Trainer<M>>, Error> {
    Choice::new(network, place)?.trainer.trainer(network, from)
}
