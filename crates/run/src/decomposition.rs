//! From outputs to interactions, by the solver that an experiment names.

use std::ops::ControlFlow;

use spindle_interactions::{
    Error as MathError,
    decompose::{self, Decomposition, Progress},
    reference,
};

use crate::{Error, Experiment, event::Outputs, experiment::Solver};

/// What a decomposition of all samples gave.
pub struct Decomposed {
    /// One decomposition a sample; where the tolerance was not reached, the best one found.
    pub decompositions: Vec<Decomposition>,
    /// In words, the samples that did not reach the tolerance.
    pub warnings: Vec<String>,
}

/// Decomposes all samples' outputs by the experiment's solver, natively on all cores.
///
/// # Errors
/// An output that is not finite, or [`MathError::Stopped`] when `progress` breaks.
pub fn decompose_outputs(
    experiment: &Experiment,
    outputs: &Outputs,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Decomposed, Error> {
    let results = match experiment.decomposition.solver {
        Solver::Certified => {
            let params = experiment.decomposition.params();
            decompose::decompose_batch(&outputs.values, outputs.players, &params, progress)?
        }
        Solver::Sgd => {
            let params = experiment.decomposition.published_sgd();
            reference::decompose_batch(&outputs.values, outputs.players, &params, progress)?
        }
    };
    let mut decompositions = Vec::with_capacity(results.len());
    let mut warnings = Vec::new();
    for (sample, result) in results.into_iter().enumerate() {
        match result {
            Ok(decomposition) => decompositions.push(decomposition),
            Err(MathError::NotConverged {
                smallest_gap,
                tolerance,
                has_settled,
                iterations,
                decomposition,
                ..
            }) => {
                let settled = if has_settled {
                    ""
                } else {
                    ", and the answer has not settled"
                };
                warnings.push(format!(
                    "sample {sample} at step {}: gap {smallest_gap:.1e} of the smallest norm after {iterations} iterations, where {tolerance:.0e} is asked for{settled}; its best decomposition is kept",
                    outputs.step
                ));
                decompositions.push(*decomposition);
            }
            Err(error) => return Err(error.into()),
        }
    }
    warnings.extend(noise_warning(outputs, &decompositions));
    Ok(Decomposed {
        decompositions,
        warnings,
    })
}

/// Noise floors that a noise bound should be above: below, rounding is explained as if it were the
/// network.
pub const NOISE_FLOORS: f64 = 3.0;

/// In words of no door: not everybody who reads it has the tool's flags.
fn noise_warning(outputs: &Outputs, decompositions: &[Decomposition]) -> Option<String> {
    let least = NOISE_FLOORS * outputs.noise_floor;
    let bounds = decompositions.iter().map(|d| d.certificate.noise_bound);
    let count = bounds.filter(|&bound| bound > 0.0 && bound < least).count();
    (count > 0).then(|| {
        format!(
            "at step {} the noise bound of {count} of {} samples is below {NOISE_FLOORS} times the rounding noise of their outputs ({:.1e} nats): \
             a part of what is decomposed there is rounding. A larger noise ratio, or 0 to say so, is clearer",
            outputs.step,
            decompositions.len(),
            outputs.noise_floor
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noise_bound_below_rounding_is_told_in_words_of_no_door() -> Result<(), Error> {
        let outputs = Outputs {
            step: 20,
            players: 2,
            classes: 2,
            logits: vec![0.0; 8],
            values: vec![0.0, 1.0, 2.0, 4.0],
            noise_floor: 1.0,
        };
        let never_stop = |_| ControlFlow::Continue(());
        let found = decompose_outputs(&Experiment::default(), &outputs, &never_stop)?;
        let [warning] = found.warnings.as_slice() else {
            panic!("{:?}", found.warnings);
        };
        assert!(warning.starts_with("at step 20 the noise bound of 1 of 1 samples"));
        assert!(!warning.contains("--"), "{warning}");
        Ok(())
    }
}
