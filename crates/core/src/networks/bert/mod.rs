//! BERT for classification (Devlin et al. 2019), in the sizes of Turc et al. 2019, under the names
//! of HuggingFace's `BertForSequenceClassification`.
//!
//! A linear classifier on the pooled first piece; dropout is left out (ours): training is then the
//! same on every machine. Inner layers are four times as wide, GELU. Players
//! are words: the pieces of absent ones are `[MASK]`.

#[cfg(feature = "burn")]
mod burn;
mod cpu;
mod reference;

use std::sync::Arc;

#[cfg(feature = "burn")]
use ::burn::tensor::Device as BurnDevice;
use spindle_kernels::{BertKernels, BertSize};
use spindle_run::{
    event::Tensors,
    input::TextShape,
    modality::{NetworkShape, Texts},
    random::Distribution,
};

use self::reference::ExactBert;
use crate::{
    Error,
    network::{self, Abilities, Evaluator, Exact, Network, Parameter, Snapshot, Trainer},
};

/// Standard deviation of initial embeddings.
const DEVIATION: f64 = 0.02;
/// Word pieces of the longest text, and parts of a pair.
const POSITIONS: usize = 512;
const PARTS: usize = 2;

/// A BERT of some layers, values and heads.
struct Bert {
    title: &'static str,
    layers: usize,
    width: usize,
    heads: usize,
    shape: TextShape,
    classes: usize,
}

/// A BERT with so many layers of so many values in so many heads.
pub(super) fn network(
    title: &'static str,
    layers: usize,
    width: usize,
    heads: usize,
    shape: TextShape,
    classes: usize,
) -> Result<Arc<dyn Network<Texts>>, Error> {
    Ok(Arc::new(Bert {
        title,
        layers,
        width,
        heads,
        shape,
        classes,
    }))
}

impl Bert {
    fn size(&self) -> BertSize {
        BertSize {
            layers: self.layers,
            width: self.width,
            heads: self.heads,
            vocabulary: self.shape.vocabulary,
            classes: self.classes,
        }
    }

    fn kernels(&self, weights: &Tensors, momentum: &Tensors) -> Result<BertKernels, Error> {
        let size = self.size();
        Ok(BertKernels::new(self.title, size, weights, momentum)?)
    }

    fn encoder_layer(&self, index: usize) -> Vec<Parameter> {
        let (width, inner) = (self.width, 4 * self.width);
        let name = |part: &str| format!("bert.encoder.layer.{index}.{part}");
        let mut parameters = Vec::new();
        for part in ["query", "key", "value"] {
            parameters.extend(dense(name(&format!("attention.self.{part}")), width, width));
        }
        parameters.extend(dense(name("attention.output.dense"), width, width));
        parameters.extend(norm(name("attention.output.LayerNorm"), width));
        parameters.extend(dense(name("intermediate.dense"), width, inner));
        parameters.extend(dense(name("output.dense"), inner, width));
        parameters.extend(norm(name("output.LayerNorm"), width));
        parameters
    }
}

/// BERT's own deviation of 0.02 is made for Adam: by SGD a word's share in the logits grows too
/// slowly to be seen, so weights are drawn by fan-in (ours).
fn dense(name: String, inputs: usize, outputs: usize) -> [Parameter; 2] {
    [
        Parameter::uniform(format!("{name}.weight"), &[outputs, inputs], inputs),
        Parameter::constant(format!("{name}.bias"), &[outputs], 0.0),
    ]
}

fn norm(name: String, width: usize) -> [Parameter; 2] {
    [
        Parameter::constant(format!("{name}.weight"), &[width], 1.0),
        Parameter::constant(format!("{name}.bias"), &[width], 0.0),
    ]
}

impl Network<Texts> for Bert {
    fn title(&self) -> &'static str {
        self.title
    }

    fn classes(&self) -> usize {
        self.classes
    }

    fn parameters(&self) -> Vec<Parameter> {
        let width = self.width;
        let tables = [
            ("word", self.shape.vocabulary),
            ("position", POSITIONS),
            ("token_type", PARTS),
        ];
        let tables = tables.map(|(table, rows)| {
            let name = format!("bert.embeddings.{table}_embeddings.weight");
            Parameter::new(name, &[rows, width], Distribution::Normal(DEVIATION))
        });
        let mut parameters = tables.to_vec();
        parameters.extend(norm("bert.embeddings.LayerNorm".into(), width));
        for index in 0..self.layers {
            parameters.extend(self.encoder_layer(index));
        }
        parameters.extend(dense("bert.pooler.dense".into(), width, width));
        parameters.extend(dense("classifier".into(), width, self.classes));
        parameters
    }

    fn is_redundant(&self, name: &str) -> bool {
        name == "bert.embeddings.position_ids"
    }

    fn shape(&self) -> NetworkShape<Texts> {
        NetworkShape {
            input: self.shape,
            masked: (),
        }
    }

    fn exact(&self, weights: &Tensors) -> Result<Box<dyn Exact<Texts>>, Error> {
        network::check(self, weights)?;
        Ok(Box::new(ExactBert::new(self.layers, self.heads, weights)))
    }

    fn cpu_kernels(&self) -> Abilities {
        Abilities::TRAINING
    }

    fn cpu_trainer(&self, from: &Snapshot) -> Result<Box<dyn Trainer<Texts>>, Error> {
        Ok(Box::new(self.kernels(&from.weights, &from.momentum)?))
    }

    fn cpu_evaluator(&self, weights: &Tensors) -> Result<Box<dyn Evaluator<Texts>>, Error> {
        Ok(Box::new(self.kernels(weights, &Tensors::new())?))
    }

    #[cfg(feature = "burn")]
    fn burn_trainer(
        &self,
        device: &BurnDevice,
        from: &Snapshot,
    ) -> Result<Box<dyn Trainer<Texts>>, Error> {
        burn::trainer(self, device, from)
    }

    #[cfg(feature = "burn")]
    fn burn_evaluator(
        &self,
        device: &BurnDevice,
        weights: &Tensors,
    ) -> Result<Box<dyn Evaluator<Texts>>, Error> {
        burn::evaluator(self, device, weights)
    }
}
