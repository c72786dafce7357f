//! LeNet on 32x32 digits: rates of the engines, and certified decompositions of its games on one core.
//!
//! `cargo bench -p spindle-core --bench engine [-- --json | -- --decompositions]`. Engines take turns; numbers are medians. With
//! `--json` one document with the engines' rates alone, for a comparison with a peer in the same run.
#![allow(clippy::print_stdout, missing_docs)]

use std::{ops::ControlFlow, time::Instant};

use spindle_core::{
    Error,
    dataset::{ImageData, measured_samples},
    engine::Engine,
    extract::Extraction,
    player::PatchMasks,
    train::Trainer,
};
use spindle_interactions::decompose::{Params, decompose_with};
use spindle_run::{Experiment, experiment::Device};

const ROUNDS: usize = 7;
const STEPS: usize = 20;

fn main() -> Result<(), Error> {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    let data = ImageData::embedded_mnist()?;
    if has("--json") {
        println!("{}", engine_rates(&data)?.json());
        return Ok(());
    }
    if !has("--decompositions") {
        engine_rates(&data)?.print();
    }
    decompositions(&data)
}

/// What the kernels and Burn's flex reach, in this order.
struct Rates {
    steps_per_second: [f64; 2],
    masked_milliseconds: [f64; 2],
}

impl Rates {
    fn json(&self) -> String {
        format!(
            "{{\"steps_per_second\": {}, \"masked_milliseconds\": {}}}",
            self.steps_per_second[0], self.masked_milliseconds[0]
        )
    }

    fn print(&self) {
        let [steps, masked] = [self.steps_per_second, self.masked_milliseconds];
        println!("LeNet 32x32, batch 128                fused kernels     Burn flex   ratio");
        println!(
            "  training, steps/s                   {:>13.1} {:>13.1} {:>7.2}",
            steps[0],
            steps[1],
            steps[0] / steps[1]
        );
        println!(
            "  1,024 masked outputs, ms            {:>13.1} {:>13.1} {:>7.2}",
            masked[0],
            masked[1],
            masked[1] / masked[0]
        );
    }
}

fn engine_rates(data: &ImageData) -> Result<Rates, Error> {
    let mut trainers = Vec::new();
    for device in [Device::Cpu, Device::Flex] {
        let experiment = Experiment {
            device,
            ..Experiment::default()
        };
        trainers.push(Trainer::new(experiment, data)?);
    }
    let players: Vec<[usize; 2]> = (0..10).map(|i| [1 + i / 6 * 3, 1 + i % 6]).collect();
    let masks = PatchMasks::new(&players, 28);
    let picture: Vec<f32> = (0..1024).map(|i| ((i * 37) % 101) as f32 / 100.0).collect();
    let mut steps = [Vec::new(), Vec::new()];
    let mut outputs = [Vec::new(), Vec::new()];
    // The first round warms up.
    for round in 0..=ROUNDS {
        for (index, trainer) in trainers.iter_mut().enumerate() {
            let start = Instant::now();
            pollster::block_on(trainer.advance(data, STEPS))?;
            let step = start.elapsed().as_secs_f64() / STEPS as f64;
            let engine: &Engine = trainer.engine();
            let start = Instant::now();
            pollster::block_on(engine.masked_logits(&picture, &masks))?;
            if round > 0 {
                steps[index].push(step);
                outputs[index].push(start.elapsed().as_secs_f64());
            }
        }
    }
    Ok(Rates {
        steps_per_second: steps.map(|times| 1.0 / median(times)),
        masked_milliseconds: outputs.map(|times| 1e3 * median(times)),
    })
}

/// (players, samples at each stage of training, target in milliseconds)
const CASES: [(usize, usize, f64); 3] = [(10, 16, 15.0), (14, 3, 1_500.0), (16, 1, 8_000.0)];
/// Stages of training at which games are taken, in epochs.
const STAGES: [usize; 3] = [0, 1, 16];

/// Time, iterations and memory of certified decompositions to a gap of 1e-3, one game at a time on one core.
fn decompositions(data: &ImageData) -> Result<(), Error> {
    println!("\nLeNet's games, certified to 1e-3, one core, median of all games (the slowest)");
    for (players, samples, target) in CASES {
        let (mut times, mut iterations, mut peak) = (Vec::new(), Vec::new(), None);
        for game in games(data, players, samples)? {
            reset_peak_memory();
            let before = memory("VmRSS:");
            let start = Instant::now();
            let found = decompose_alone(&game)?;
            times.push(1e3 * start.elapsed().as_secs_f64());
            iterations.push(found as f64);
            peak = memory("VmHWM:")
                .zip(before)
                .map(|(peak, before)| peak - before)
                .max(peak);
        }
        let slowest = times.iter().copied().fold(0.0, f64::max);
        let memory = peak.map_or("memory not known".to_owned(), |kilobytes| {
            format!("{:.0} MB", kilobytes as f64 / 1e3)
        });
        println!(
            "  n = {players}  {:>9.2} ms ({slowest:>8.2})   at most {target} ms   {:>5.0} iterations   {memory}",
            median(times),
            median(iterations),
        );
    }
    Ok(())
}

/// Outputs on all masks of `samples` test samples at every stage of a training on the embedded digits.
fn games(data: &ImageData, players: usize, samples: usize) -> Result<Vec<Vec<f64>>, Error> {
    let experiment = Experiment {
        players,
        samples,
        train_samples: 0,
        ..Experiment::default()
    };
    let mut trainer = Trainer::new(experiment.clone(), data)?;
    let samples = measured_samples(&experiment, data, trainer.set())?;
    let mut games = Vec::new();
    for epoch in STAGES {
        let left = epoch * trainer.steps_per_epoch() - trainer.step();
        if left > 0 {
            pollster::block_on(trainer.advance(data, left))?;
        }
        let engine = trainer.engine();
        let outputs = pollster::block_on(async {
            let mut extraction =
                Extraction::new(engine, experiment.model, &samples, players, 0).await?;
            while !extraction.is_done() {
                extraction.advance(engine).await?;
            }
            Ok::<_, Error>(extraction.into_outputs())
        })?;
        games.extend(
            outputs
                .values
                .chunks_exact(1 << players)
                .map(<[f64]>::to_vec),
        );
    }
    Ok(games)
}

/// Decomposes one game on this thread; returns the iterations.
fn decompose_alone(game: &[f64]) -> Result<usize, Error> {
    let tau = spindle_interactions::decompose::NoiseBound::Ratio;
    let found = decompose_with(game, &Params::default(), tau, &mut |_| {
        ControlFlow::Continue(())
    })?;
    Ok(found.certificate.iterations)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A figure of this process's memory in kilobytes, where the system tells it.
fn memory(name: &str) -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Has Linux count the peak from here on; elsewhere it stays unknown.
fn reset_peak_memory() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
