//! BERT by the fused CPU kernels.

use std::future::ready;

use spindle_kernels::{BertKernels, Sgd};
use spindle_run::{input::Tokens, modality::Texts, player::WordMasks};

use crate::{
    Error,
    network::{Answer, Evaluator, Snapshot, Trainer},
    networks::cpu_kernels_in_words,
};

/// Texts per pass of an evaluation, which the kernels divide further.
const CHUNK: usize = 512;

impl Trainer<Texts> for BertKernels {
    fn describe(&self) -> String {
        cpu_kernels_in_words()
    }

    fn step(&mut self, tokens: &Tokens, labels: &[usize], sgd: Sgd) -> Result<(), Error> {
        Ok(self.step(tokens, labels, sgd)?)
    }

    fn take_losses(&mut self) -> Answer<'_, Vec<f32>> {
        Box::pin(ready(Ok(self.take_losses())))
    }

    fn snapshot(&self) -> Answer<'_, Snapshot> {
        Box::pin(ready(Ok(Snapshot {
            weights: self.weights(),
            momentum: self.momentum(),
        })))
    }

    fn evaluator(&self) -> &dyn Evaluator<Texts> {
        self
    }
}

impl Evaluator<Texts> for BertKernels {
    fn describe(&self) -> String {
        Trainer::describe(self)
    }

    fn chunk(&self) -> usize {
        CHUNK
    }

    fn logits<'a>(&'a self, tokens: &'a Tokens) -> Answer<'a, Vec<f32>> {
        Box::pin(ready(self.logits(tokens).map_err(Error::from)))
    }

    fn masked_logits<'a>(&'a self, text: &'a Tokens, masks: &'a WordMasks) -> Answer<'a, Vec<f32>> {
        Box::pin(ready(self.masked_logits(text, masks).map_err(Error::from)))
    }
}
