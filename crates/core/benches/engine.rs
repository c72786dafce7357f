//! Rates of the engines on LeNet 32x32: training steps, and 1,024 masked outputs of one picture; medians of 7 rounds
//! taken in turn, and the ratio of the fused kernels to Burn's flex in the same run.
#![allow(clippy::print_stdout, missing_docs)]

use std::time::Instant;

use spindle_core::{dataset::ImageData, engine::Engine, player::PatchMasks, train::Trainer};
use spindle_run::{Experiment, experiment::Device};

const ROUNDS: usize = 7;
const STEPS: usize = 20;

fn main() -> Result<(), spindle_core::Error> {
    let data = ImageData::embedded_mnist()?;
    let mut trainers = Vec::new();
    for device in [Device::Cpu, Device::Flex] {
        let experiment = Experiment {
            device,
            ..Experiment::default()
        };
        trainers.push(Trainer::new(experiment, &data)?);
    }
    let players: Vec<[usize; 2]> = (0..10).map(|i| [1 + i / 6 * 3, 1 + i % 6]).collect();
    let masks = PatchMasks::new(&players, 28);
    let picture: Vec<f32> = (0..1024).map(|i| ((i * 37) % 101) as f32 / 100.0).collect();
    let mut steps = vec![Vec::new(); trainers.len()];
    let mut outputs = vec![Vec::new(); trainers.len()];
    for _ in 0..=ROUNDS {
        for (index, trainer) in trainers.iter_mut().enumerate() {
            let start = Instant::now();
            pollster::block_on(trainer.advance(&data, STEPS))?;
            steps[index].push(start.elapsed().as_secs_f64() / STEPS as f64);
            let engine: &Engine = trainer.engine();
            let start = Instant::now();
            pollster::block_on(engine.masked_logits(&picture, &masks))?;
            outputs[index].push(start.elapsed().as_secs_f64());
        }
    }
    let steps: Vec<f64> = steps.into_iter().map(median).collect();
    let outputs: Vec<f64> = outputs.into_iter().map(median).collect();
    println!("LeNet 32x32, batch 128                fused kernels     Burn flex   ratio");
    println!(
        "  training, steps/s                   {:>13.1} {:>13.1} {:>7.2}",
        1.0 / steps[0],
        1.0 / steps[1],
        steps[1] / steps[0]
    );
    println!(
        "  1,024 masked outputs, ms            {:>13.1} {:>13.1} {:>7.2}",
        1e3 * outputs[0],
        1e3 * outputs[1],
        outputs[1] / outputs[0]
    );
    Ok(())
}

/// The median without the first round, which warms up.
fn median(mut times: Vec<f64>) -> f64 {
    times.remove(0);
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}
