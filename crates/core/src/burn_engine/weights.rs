//! Weights of any network as named tensors in PyTorch's names and shapes.
//!
//! Names are the module path (`conv1.weight`); the one difference in shape is that PyTorch stores a
//! linear layer's weight as `[out, in]`, Burn as `[in, out]`.

use std::collections::{HashMap, HashSet};

use burn::{
    module::{ModuleMapper, ModuleVisitor, Param},
    tensor::{Element, Tensor, TensorData},
};
use spindle_run::event::{self, Tensors};

use super::module::BurnNetwork;
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

    fn path(&self) -> String {
        self.names.join(".")
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
    path: String,
    shape: Vec<usize>,
    values: Tensor<1>,
}

struct Collector<'a, N> {
    path: Path,
    parameters: Vec<Unread>,
    network: &'a N,
}

impl<'a, N: BurnNetwork> Collector<'a, N> {
    fn parameters_of(network: &'a N) -> Vec<Unread> {
        let mut collector = Self {
            path: Path::default(),
            parameters: Vec::new(),
            network,
        };
        network.visit(&mut collector);
        collector.parameters
    }
}

impl<N: BurnNetwork> ModuleVisitor for Collector<'_, N> {
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
            name: self.network.torch_name(&self.path.path()),
            path: self.path.path(),
            shape,
            values: tensor.flatten(0, D - 1),
        });
    }
}

/// Reads the network's weights off its device.
///
/// # Errors
/// The device failed.
pub(super) async fn read_weights<N: BurnNetwork>(network: &N) -> Result<Tensors, Error> {
    let mut tensors = Tensors::new();
    for Unread {
        name,
        shape,
        values,
        ..
    } in Collector::parameters_of(network)
    {
        let data = read(values).await?;
        tensors.insert(name, event::Tensor { shape, data });
    }
    Ok(tensors)
}

struct Loader<'a> {
    path: Path,
    /// PyTorch's names of parameters by their paths.
    names: HashMap<String, String>,
    tensors: &'a Tensors,
    problems: Vec<String>,
}

impl ModuleMapper for Loader<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.path();
        let name = self.names.get(&path).cloned().unwrap_or(path);
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

/// The network with `tensors` as its weights, on the device it is on, which is one without
/// autodiff.
///
/// # Errors
/// All tensors that are missing, extra or misshapen, in one error.
pub(super) fn load_weights<N: BurnNetwork>(network: N, tensors: &Tensors) -> Result<N, Error> {
    let parameters = Collector::parameters_of(&network).into_iter();
    let names: HashMap<String, String> = parameters.map(|p| (p.path, p.name)).collect();
    let known: HashSet<String> = names.values().cloned().collect();
    let name = network.title();
    let mut loader = Loader {
        path: Path::default(),
        names,
        tensors,
        problems: Vec::new(),
    };
    let network = network.map(&mut loader);
    let mut problems = loader.problems;
    problems.extend(
        tensors
            .iter()
            .filter(|(name, _)| !known.contains(*name) && !network.is_redundant(name))
            .map(|(name, tensor)| format!("{name} {:?} is not part of it", tensor.shape)),
    );
    if problems.is_empty() {
        Ok(network)
    } else {
        Err(Error::Kernels(spindle_kernels::Error::Weights {
            network: name,
            problems,
        }))
    }
}

/// Reads a tensor's values without blocking the thread.
pub(super) async fn read<E: Element, const D: usize>(tensor: Tensor<D>) -> Result<Vec<E>, Error> {
    let failed = |reason: String| Error::Device {
        reason: in_short(&reason),
    };
    tensor
        .into_data_async()
        .await
        .map_err(|error| failed(error.to_string()))?
        .convert::<E>()
        .try_into_vec()
        .map_err(|error| failed(format!("{error:?}")))
}

/// What a runtime says of a failure over many lines: that there is one, and its last cause.
fn in_short(report: &str) -> String {
    let is_telling = |line: &&str| {
        let frame = ["Caused by", "No backtrace", "Asked at"];
        !line.is_empty() && !frame.iter().any(|frame| line.starts_with(frame))
    };
    let lines: Vec<&str> = report.lines().map(str::trim).filter(is_telling).collect();
    match lines[..] {
        [] => "it does not say why".to_owned(),
        [only] => only.to_owned(),
        [first, .., last] => format!("{first}: {last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_of_failures_are_told_in_short() {
        let report = "An error happened\nCaused by:\n  An IO error happened\nCaused by:\n  can't allocate\nNo backtrace available\nAsked at:\nNo backtrace available\n";
        assert_eq!(in_short(report), "An error happened: can't allocate");
        assert_eq!(in_short("lost"), "lost");
    }
}
