//! What the page's controls are made from.

use serde::Serialize;
use spindle_core::networks::Networks as _;
use spindle_data::drawing;
use spindle_run::{
    Experiment,
    experiment::{Model, Range, ranges},
    input::PictureSize,
    modality::Pictures,
};

/// Parameters of the largest network that the page offers: a browser keeps the weights of every
/// checkpoint, and trains on one core.
const MOST_PARAMETERS: usize = 1_000_000;
/// Classes of the digits that come with the page.
const DIGITS: usize = 10;

/// What the page's controls are made from.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Controls {
    /// The experiment that the page starts with.
    pub defaults: Experiment,
    /// What its numbers may be.
    pub ranges: Vec<Range>,
    /// Networks to choose from.
    pub models: Vec<Trainable>,
}

/// A network that the page can train on the digits that come with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Trainable {
    /// Its name in experiments.
    pub name: Model,
    /// Its name as the papers write it.
    pub title: &'static str,
    /// Whether there are kernels on WebGPU that train it; on WebAssembly there are.
    pub webgpu: bool,
    /// Whether it can be trained with a penalty on interactions.
    pub penalties: bool,
}

impl Default for Controls {
    fn default() -> Self {
        Self {
            defaults: Experiment::default(),
            ranges: ranges().copied().collect(),
            models: Model::ALL.into_iter().filter_map(trainable).collect(),
        }
    }
}

/// The model, where the CPU's kernels train it on grey digits and it is small enough for a browser.
fn trainable(name: Model) -> Option<Trainable> {
    let size = PictureSize {
        channels: 1,
        side: Some(drawing::SIDE),
    };
    let network = Pictures::network(name, size, DIGITS).ok()?;
    let parameters = network.parameters();
    let numbers = parameters.iter().map(|p| p.shape.iter().product::<usize>());
    let on_cpu = network.cpu_kernels();
    (on_cpu.trains && numbers.sum::<usize>() <= MOST_PARAMETERS).then(|| Trainable {
        name,
        title: name.title(),
        webgpu: network.gpu_kernels().trains,
        penalties: on_cpu.penalises,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_networks_for_pictures_are_offered() {
        let models = Controls::default().models;
        let names: Vec<Model> = models.iter().map(|model| model.name).collect();
        assert!(names.contains(&Model::Lenet));
        assert!(names.contains(&Model::Vgg11Narrow));
        for other in [Model::Vgg11, Model::AlexNet, Model::BertTiny, Model::Dgcnn] {
            assert!(!names.contains(&other), "{other:?}");
        }
    }

    #[test]
    fn what_each_of_them_can_do_is_told() {
        let models = Controls::default().models;
        let can = |name| {
            let model = models.iter().find(|model| model.name == name).unwrap();
            (model.webgpu, model.penalties)
        };
        assert_eq!(can(Model::Lenet), (true, true));
        assert_eq!(can(Model::MlpTanh), (false, true));
        assert_eq!(can(Model::Vgg11Narrow), (false, false));
    }
}
