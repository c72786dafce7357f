//! The samples that the loss is taken of, ready for a network.

use spindle_data::{Data, DataKind, Split, TrainingSet};
use spindle_run::analysis::landscape::Quantiles;

use crate::{Error, log_odds::log_sum_exp};

/// Some samples of a split, in batches of one size.
pub(crate) struct Sampled<M: DataKind> {
    batches: Vec<Batch<M>>,
}

/// Inputs with their labels.
pub(crate) struct Batch<M: DataKind> {
    pub(crate) inputs: M::Batch,
    pub(crate) labels: Vec<usize>,
}

impl<M: DataKind> Sampled<M> {
    /// About `wanted` training samples with their labels as trained, and as many test samples.
    ///
    /// # Errors
    /// As [`Self::evenly`].
    pub(crate) fn of_both(
        data: &Data<M>,
        set: &TrainingSet,
        wanted: usize,
        batch: usize,
        shape: M::Shape,
    ) -> Result<[Self; 2], Error> {
        let train: Vec<(usize, usize)> = (0..set.len())
            .map(|index| (set.position(index), set.label(index)))
            .collect();
        let test: Vec<(usize, usize)> = data.test.labels().iter().enumerate().collect();
        Ok([
            Self::evenly(&data.train, &train, wanted, batch, shape)?,
            Self::evenly(&data.test, &test, wanted, batch, shape)?,
        ])
    }

    /// About `wanted` of these (position, label), evenly among them: as many whole batches as they
    /// fill, at least one.
    ///
    /// # Errors
    /// No sample at all, or one that cannot be read by now.
    fn evenly(
        split: &Split<M>,
        all: &[(usize, usize)],
        wanted: usize,
        batch: usize,
        shape: M::Shape,
    ) -> Result<Self, Error> {
        if all.is_empty() {
            return Err(Error::Data("there is no sample to look at".to_owned()));
        }
        let wanted = wanted.clamp(1, all.len());
        let batch = batch.min(wanted);
        let count = wanted / batch * batch;
        let chosen: Vec<(usize, usize)> = (0..count)
            .map(|index| all[index * all.len() / count])
            .collect();
        let batches = chosen.chunks(batch).map(|chunk| {
            let positions: Vec<usize> = chunk.iter().map(|(position, _)| *position).collect();
            Ok(Batch {
                inputs: split.batch(&positions, shape)?,
                labels: chunk.iter().map(|(_, label)| *label).collect(),
            })
        });
        Ok(Self {
            batches: batches.collect::<Result<_, Error>>()?,
        })
    }

    pub(crate) fn batches(&self) -> &[Batch<M>] {
        &self.batches
    }

    /// How many samples there are.
    pub(crate) fn len(&self) -> usize {
        self.batches.iter().map(|batch| batch.labels.len()).sum()
    }

    /// What logits `[len, classes]` say of these samples.
    pub(crate) fn answers<'a>(&'a self, logits: &'a [f32]) -> Answers<'a> {
        let labels = self
            .batches
            .iter()
            .flat_map(|batch| batch.labels.iter().copied());
        Answers {
            logits,
            labels: labels.collect(),
        }
    }
}

/// Logits of samples, with their labels.
pub(crate) struct Answers<'a> {
    logits: &'a [f32],
    labels: Vec<usize>,
}

impl Answers<'_> {
    fn rows(&self) -> impl Iterator<Item = (&[f32], usize)> {
        let classes = self.logits.len() / self.labels.len();
        self.logits
            .chunks_exact(classes)
            .zip(self.labels.iter().copied())
    }

    fn mean(&self, of: impl Fn(&[f32], usize) -> f64) -> f64 {
        let sum: f64 = self.rows().map(|(row, label)| of(row, label)).sum();
        sum / self.labels.len() as f64
    }

    /// Mean cross-entropy, nats.
    pub(crate) fn loss(&self) -> f64 {
        self.mean(|row, label| log_sum_exp(row.iter().copied()) - f64::from(row[label]))
    }

    /// Share that another class has a larger logit for.
    pub(crate) fn error(&self) -> f64 {
        self.mean(|row, label| f64::from(u8::from(margin(row, label) < 0.0)))
    }

    /// Logit of the label less the largest other one.
    pub(crate) fn margins(&self) -> Option<Quantiles> {
        Quantiles::of(self.rows().map(|(row, label)| margin(row, label)).collect())
    }
}

fn margin(row: &[f32], label: usize) -> f64 {
    let others = row.iter().enumerate().filter(|(class, _)| *class != label);
    let largest = others.map(|(_, &z)| z).fold(f32::NEG_INFINITY, f32::max);
    f64::from(row[label]) - f64::from(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_errors_and_losses_are_those_of_the_label() {
        let answers = Answers {
            logits: &[2.0, 0.0, 1.0, 0.0, 0.0, 3.0],
            labels: vec![0, 1],
        };
        assert_eq!(answers.error(), 0.5);
        let margins = answers.margins().expect("two samples");
        assert_eq!((margins.median, margins.tenth), (-1.0, -2.6));
        let loss = |z: [f64; 3], label: usize| z.map(f64::exp).iter().sum::<f64>().ln() - z[label];
        let expected = 0.5 * (loss([2.0, 0.0, 1.0], 0) + loss([0.0, 0.0, 3.0], 1));
        assert!((answers.loss() - expected).abs() < 1e-12);
    }
}
