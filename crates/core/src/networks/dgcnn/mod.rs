//! DGCNN for classification (Wang et al. 2019, "Dynamic Graph CNN for Learning on Point Clouds"),
//! under the names of its authors' code.
//!
//! Four edge convolutions over the 20 nearest neighbours in the features at hand, a layer over all
//! of their outputs, the largest and the mean value of each of its channels, and three dense
//! layers. Dropout is left out (ours). Players are clusters: the points of absent ones are at their
//! mean.

#[cfg(feature = "burn")]
mod burn;
mod cpu;
mod reference;

use std::sync::Arc;

#[cfg(feature = "burn")]
use ::burn::tensor::Device as BurnDevice;
use spindle_run::{
    event::Tensors,
    input::CloudShape,
    modality::{Clouds, NetworkShape},
};

use self::{cpu::CpuDgcnn, reference::ExactDgcnn};
use crate::{
    Error,
    network::{self, Abilities, Evaluator, Exact, Network, Parameter, Snapshot, Trainer},
};

/// Neighbours of a point, itself among them.
const NEIGHBOURS: usize = 20;
/// Channels of the four edge convolutions, and of the layer behind them.
const CHANNELS: [usize; 4] = [64, 64, 128, 256];
const EMBEDDING: usize = 1024;
/// Values behind the dense layers before the last one.
const HIDDEN: [usize; 2] = [512, 256];

/// A DGCNN.
struct Dgcnn {
    title: &'static str,
    shape: CloudShape,
    classes: usize,
}

/// DGCNN for clouds of at least as many points as a point has neighbours.
pub(super) fn network(
    title: &'static str,
    shape: CloudShape,
    classes: usize,
) -> Result<Arc<dyn Network<Clouds>>, Error> {
    if shape.points < NEIGHBOURS {
        return Err(Error::Experiment {
            field: "points",
            value: shape.points.to_string(),
            allowed: format!("at least {NEIGHBOURS}, the neighbours that {title} takes of a point"),
        });
    }
    Ok(Arc::new(Dgcnn {
        title,
        shape,
        classes,
    }))
}

/// A batch normalisation.
fn norm(number: usize, channels: usize) -> [Parameter; 4] {
    let named = |kind: &str| format!("bn{number}.{kind}");
    let shape = &[channels];
    [
        Parameter::constant(named("weight"), shape, 1.0),
        Parameter::constant(named("bias"), shape, 0.0),
        Parameter::statistic(named("running_mean"), shape, 0.0),
        Parameter::statistic(named("running_var"), shape, 1.0),
    ]
}

impl Network<Clouds> for Dgcnn {
    fn title(&self) -> &'static str {
        self.title
    }

    fn classes(&self) -> usize {
        self.classes
    }

    fn parameters(&self) -> Vec<Parameter> {
        let [a, b, c, d] = CHANNELS;
        let edges = [(3, a), (a, b), (b, c), (c, d)].into_iter().zip(1..);
        let mut parameters: Vec<Parameter> = edges
            .map(|((inputs, outputs), number)| {
                let name = format!("conv{number}.0.weight");
                Parameter::uniform(name, &[outputs, 2 * inputs, 1, 1], 2 * inputs)
            })
            .collect();
        let all = CHANNELS.iter().sum();
        parameters.push(Parameter::uniform(
            "conv5.0.weight",
            &[EMBEDDING, all, 1],
            all,
        ));
        let [first, second] = HIDDEN;
        let normalised = [a, b, c, d, EMBEDDING, first, second];
        for (channels, number) in normalised.into_iter().zip(1..) {
            parameters.extend(norm(number, channels));
        }
        let pooled = 2 * EMBEDDING;
        parameters.push(Parameter::uniform(
            "linear1.weight",
            &[first, pooled],
            pooled,
        ));
        for (name, inputs, outputs) in [
            ("linear2", first, second),
            ("linear3", second, self.classes),
        ] {
            let weight = [outputs, inputs];
            parameters.push(Parameter::uniform(
                format!("{name}.weight"),
                &weight,
                inputs,
            ));
            parameters.push(Parameter::uniform(
                format!("{name}.bias"),
                &[outputs],
                inputs,
            ));
        }
        parameters
    }

    fn is_redundant(&self, name: &str) -> bool {
        // The normalisations appear a second time within their convolutions' blocks.
        name.ends_with("num_batches_tracked") || (name.starts_with("conv") && name.contains(".1."))
    }

    fn shape(&self) -> NetworkShape<Clouds> {
        NetworkShape {
            input: self.shape,
            masked: (),
        }
    }

    fn exact(&self, weights: &Tensors) -> Result<Box<dyn Exact<Clouds>>, Error> {
        network::check(self, weights)?;
        Ok(Box::new(ExactDgcnn::new(weights)))
    }

    fn cpu_kernels(&self) -> Abilities {
        Abilities::EVALUATION
    }

    fn cpu_trainer(&self, _from: &Snapshot) -> Result<Box<dyn Trainer<Clouds>>, Error> {
        Err(Error::no_kernels(self.title))
    }

    fn cpu_evaluator(&self, weights: &Tensors) -> Result<Box<dyn Evaluator<Clouds>>, Error> {
        network::check(self, weights)?;
        Ok(Box::new(CpuDgcnn::new(weights)?))
    }

    #[cfg(feature = "burn")]
    fn burn_trainer(
        &self,
        device: &BurnDevice,
        from: &Snapshot,
    ) -> Result<Box<dyn Trainer<Clouds>>, Error> {
        burn::trainer(self, device, from)
    }

    #[cfg(feature = "burn")]
    fn burn_evaluator(
        &self,
        device: &BurnDevice,
        weights: &Tensors,
    ) -> Result<Box<dyn Evaluator<Clouds>>, Error> {
        burn::evaluator(self, device, weights)
    }
}
