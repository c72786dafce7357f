//! Weights of any network as named tensors in PyTorch's names and shapes.
//!
//! Names are the module path (`conv1.weight`); the one difference in shape is that PyTorch stores a
//! linear layer's weight as `[out, in]`, Burn as `[in, out]`.

use std::marker::PhantomData;

use burn::{
    module::{ModuleMapper, ModuleVisitor, Param},
    tensor::{Element, Tensor, TensorData},
};
use spindle_run::event::{self, Tensors};

use super::Network;
use crate::Error;

/// The container type that Burn reports for a linear layer's fields.
const LINEAR: &str = "Struct:Linear";

/// Where a traversal of a network's parameters stands.
#[derive(Default)]
struct Path {
    names: Vec<String>,
    containers: Vec<String>,
}

impl Path {
    fn enter(&mut self, name: &str, container: &str) {
        self.names.push(name.to_owned());
        self.containers.push(container.to_owned());
    }

    fn exit(&mut self) {
        self.names.pop();
        self.containers.pop();
    }

    /// PyTorch's name of the parameter here.
    fn name<N: Network>(&self) -> String {
        N::torch_name(&self.names.join("."))
    }

    /// Whether PyTorch stores the parameter here transposed.
    fn is_linear_weight(&self) -> bool {
        self.containers.last().is_some_and(|c| c == LINEAR)
            && self.names.last().is_some_and(|n| n == "weight")
    }

    fn torch_shape<const D: usize>(&self, shape: [usize; D]) -> Vec<usize> {
        let mut shape = shape.to_vec();
        if self.is_linear_weight() {
            shape.reverse();
        }
        shape
    }
}

/// A parameter still on its device, flattened in PyTorch's layout.
struct Unread {
    name: String,
    shape: Vec<usize>,
    values: Tensor<1>,
}

struct Collector<N> {
    path: Path,
    parameters: Vec<Unread>,
    network: PhantomData<N>,
}

impl<N: Network> Collector<N> {
    fn parameters_of(network: &N) -> Vec<Unread> {
        let mut collector = Self {
            path: Path::default(),
            parameters: Vec::new(),
            network: PhantomData,
        };
        network.visit(&mut collector);
        collector.parameters
    }
}

impl<N: Network> ModuleVisitor for Collector<N> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let shape = self.path.torch_shape(tensor.dims());
        let tensor = if self.path.is_linear_weight() {
            tensor.transpose()
        } else {
            tensor
        };
        self.parameters.push(Unread {
            name: self.path.name::<N>(),
            shape,
            values: tensor.flatten(0, D - 1),
        });
    }
}

/// Reads the network's weights off its device.
///
/// # Errors
/// The device failed.
pub(super) async fn read_weights<N: Network>(network: &N) -> Result<Tensors, Error> {
    let mut tensors = Tensors::new();
    for Unread {
        name,
        shape,
        values,
    } in Collector::parameters_of(network)
    {
        let data = read(values).await?;
        tensors.insert(name, event::Tensor { shape, data });
    }
    Ok(tensors)
}

struct Loader<'a, N> {
    path: Path,
    network: PhantomData<N>,
    tensors: &'a Tensors,
    problems: Vec<String>,
}

impl<N: Network> ModuleMapper for Loader<'_, N> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name::<N>();
        let expected = self.path.torch_shape(param.dims());
        let Some(found) = self.tensors.get(&name) else {
            self.problems
                .push(format!("{name} {expected:?} is missing"));
            return param;
        };
        if found.shape != expected {
            self.problems.push(format!(
                "{name} is {:?}, expected {expected:?}",
                found.shape
            ));
            return param;
        }
        let device = param.device();
        let transposed = self.path.is_linear_weight();
        let data = TensorData::new(found.data.clone(), found.shape.clone());
        param.map(|_| {
            let tensor = Tensor::<D>::from_data(data, &device);
            if transposed {
                tensor.transpose()
            } else {
                tensor
            }
        })
    }
}

/// The network with `tensors` as its weights, on the device it is on, which is one without autodiff.
///
/// # Errors
/// All tensors that are missing, extra or misshapen, in one error.
pub(super) fn load_weights<N: Network>(network: N, tensors: &Tensors) -> Result<N, Error> {
    let names: Vec<String> = shapes(&network).into_iter().map(|(name, _)| name).collect();
    let name = network.name();
    let mut loader = Loader::<N> {
        path: Path::default(),
        network: PhantomData,
        tensors,
        problems: Vec::new(),
    };
    let network = network.map(&mut loader);
    let mut problems = loader.problems;
    problems.extend(
        tensors
            .iter()
            .filter(|(name, _)| !names.contains(name) && !N::is_redundant(name))
            .map(|(name, tensor)| format!("{name} {:?} is not part of it", tensor.shape)),
    );
    if problems.is_empty() {
        Ok(network)
    } else {
        Err(Error::Weights {
            network: name,
            problems,
        })
    }
}

/// Names and shapes of the network's parameters, in PyTorch's terms, in the network's order.
pub(super) fn shapes<N: Network>(network: &N) -> Vec<(String, Vec<usize>)> {
    Collector::parameters_of(network)
        .into_iter()
        .map(|parameter| (parameter.name, parameter.shape))
        .collect()
}

/// Reads a tensor's values without blocking the thread.
pub(super) async fn read<E: Element, const D: usize>(tensor: Tensor<D>) -> Result<Vec<E>, Error> {
    let failed = |reason: String| Error::Device { reason };
    tensor
        .into_data_async()
        .await
        .map_err(|error| failed(error.to_string()))?
        .convert::<E>()
        .try_into_vec()
        .map_err(|error| failed(format!("{error:?}")))
}
