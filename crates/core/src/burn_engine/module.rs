//! What a Burn module says of itself to be trained and evaluated here.

use std::ops::Range;

use burn::{
    module::Module,
    tensor::{DType, Device as BurnDevice, Int, Tensor, TensorData},
};
use spindle_run::modality::Modality;

/// A network as a Burn module.
pub(crate) trait BurnNetwork: Module + Sync {
    /// What it takes in.
    type Kind: Modality;

    /// What is computed once per sample, whatever the mask.
    type Stem: Send;

    /// Inputs per pass of an evaluation.
    const CHUNK: usize;

    /// Its name in errors.
    fn title(&self) -> &'static str;

    /// From inputs to logits `[count, classes]`.
    fn forward(&self, inputs: &Batch<Self>, numbers: &Numbers) -> Tensor<2>;

    /// The part before the masks, for one input.
    fn stem(&self, input: &Batch<Self>, numbers: &Numbers) -> Self::Stem;

    /// Logits `[masks, classes]` under some masks.
    fn masked(
        &self,
        stem: &Self::Stem,
        masks: &<Self::Kind as Modality>::Masks,
        range: Range<usize>,
        numbers: &Numbers,
    ) -> Tensor<2>;

    /// PyTorch's name of the parameter at a path of modules.
    #[must_use]
    fn torch_name(&self, path: &str) -> String {
        path.to_owned()
    }

    /// Whether files may have a tensor of this name that says nothing of its own.
    #[must_use]
    fn is_redundant(&self, _name: &str) -> bool {
        false
    }
}

pub(super) type Batch<N> = <<N as BurnNetwork>::Kind as Modality>::Batch;

/// Where tensors are made, and of which numbers.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    /// The device.
    pub(crate) device: BurnDevice,
    /// f32, or f64 in tests against exact outputs.
    pub(crate) dtype: DType,
}

impl Numbers {
    pub(crate) fn floats<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        let data = TensorData::new(values, shape).convert_dtype(self.dtype);
        Tensor::from_data(data, (&self.device, self.dtype))
    }

    pub(crate) fn integers<const D: usize>(
        &self,
        values: Vec<i32>,
        shape: [usize; D],
    ) -> Tensor<D, Int> {
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }
}
