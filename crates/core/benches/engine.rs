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
use spindle_interactions::decompose::{NoiseBound, Params, decompose_with};
use spindle_run::{Experiment, experiment::Device};

const ROUNDS: usize = 7;
const STEPS: usize = 20;

fn main() -> Result<(), Error> {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    if has("--memory") {
        return print_memory();
    }
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

/// Time and iterations of certified decompositions to a gap of 1e-3, one game at a time on one core; memory of a process of its own.
fn decompositions(data: &ImageData) -> Result<(), Error> {
    println!("\nLeNet's games, certified to 1e-3, one core, median of all games (the slowest)");
    for (players, samples, target) in CASES {
        let (mut times, mut iterations) = (Vec::new(), Vec::new());
        for game in games(data, players, samples)? {
            let start = Instant::now();
            let found = decompose_alone(&game, &Params::default())?;
            times.push(1e3 * start.elapsed().as_secs_f64());
            iterations.push(found as f64);
        }
        let slowest = times.iter().copied().fold(0.0, f64::max);
        println!(
            "  n = {players}  {:>9.2} ms ({slowest:>8.2})   at most {target} ms   {:>5.0} iterations",
            median(times),
            median(iterations),
        );
    }
    let memory = std::env::current_exe().ok().and_then(|program| {
        let child = std::process::Command::new(program).arg("--memory").output();
        String::from_utf8(child.ok()?.stdout).ok()
    });
    println!(
        "  n = 16  {:>9} MB beside the outputs   at most 64 MB",
        memory.as_deref().map_or("?", str::trim)
    );
    Ok(())
}

/// Prints by how many MB the peak of this process's memory grows while it decomposes a game of 16 players.
fn print_memory() -> Result<(), Error> {
    let game: Vec<f64> = (0..1_u32 << 16)
        .map(|mask| f64::from(mask.wrapping_mul(2_654_435_761) >> 20))
        .collect();
    let before = peak_kilobytes();
    let few = Params {
        max_iterations: 100,
        ..Params::default()
    };
    // It need not end well: all memory is in use from the first iteration on.
    let _ = decompose_alone(&game, &few);
    let grown = peak_kilobytes()
        .zip(before)
        .map(|(after, before)| after - before);
    println!(
        "{}",
        grown.map_or("?".to_owned(), |kb| format!("{:.0}", kb / 1e3))
    );
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
fn decompose_alone(game: &[f64], params: &Params) -> Result<usize, Error> {
    let found = decompose_with(game, params, NoiseBound::Ratio, &mut |_| {
        ControlFlow::Continue(())
    });
    match found {
        Ok(found) => Ok(found.certificate.iterations),
        // The error carries the whole decomposition, too much to print.
        Err(error) => Err(Error::Data(error.to_string())),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The peak of this process's memory, where the system tells it.
fn peak_kilobytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
