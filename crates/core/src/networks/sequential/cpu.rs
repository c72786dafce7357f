//! A sequential network by the fused CPU kernels.

use std::future::ready;

use spindle_kernels::{SequentialKernels, Sgd};
use spindle_run::{modality::Pictures, player::PatchMasks};

use crate::{
    Error,
    network::{Answer, Evaluator, Penalty, Snapshot, Trainer},
    networks::cpu_kernels_in_words,
};

/// Pictures per pass of an evaluation, which the kernels divide further.
const CHUNK: usize = 512;

impl Trainer<Pictures> for SequentialKernels {
    fn describe(&self) -> String {
        cpu_kernels_in_words()
    }

    fn step(&mut self, pictures: &Vec<f32>, labels: &[usize], sgd: Sgd) -> Result<(), Error> {
        Ok(self.step(pictures, labels, sgd)?)
    }

    fn penalises(&self) -> bool {
        self.penalises()
    }

    fn step_penalised(
        &mut self,
        pictures: &Vec<f32>,
        labels: &[usize],
        penalty: &Penalty<Pictures>,
        sgd: Sgd,
    ) -> Result<(), Error> {
        let penalty = spindle_kernels::Penalty {
            pictures: &penalty.inputs,
            labels: &penalty.labels,
            draws: &penalty.draws,
            weight: penalty.weight,
        };
        Ok(self.step_penalised(pictures, labels, penalty, sgd)?)
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

    fn evaluator(&self) -> &dyn Evaluator<Pictures> {
        self
    }
}

impl Evaluator<Pictures> for SequentialKernels {
    fn describe(&self) -> String {
        Trainer::describe(self)
    }

    fn chunk(&self) -> usize {
        CHUNK
    }

    fn logits<'a>(&'a self, pictures: &'a Vec<f32>) -> Answer<'a, Vec<f32>> {
        Box::pin(ready(self.logits(pictures).map_err(Error::from)))
    }

    fn masked_logits<'a>(
        &'a self,
        picture: &'a Vec<f32>,
        masks: &'a PatchMasks,
    ) -> Answer<'a, Vec<f32>> {
        Box::pin(ready(
            self.masked_logits(picture, masks).map_err(Error::from),
        ))
    }
}
