//! Benchmarks: the mathematics, the engines and a whole run, with PyTorch beside them on request.

use serde_json::Value;

use crate::{
    process::{cargo, output, output_of_cargo},
    python,
};

/// Rounds in which ours and PyTorch take turns.
const ROUNDS: usize = 3;

/// Runs all benchmarks.
pub(crate) fn bench(peers: bool) -> anyhow::Result<()> {
    cargo("bench --package spindle-interactions --bench decompose")?;
    cargo("bench --package spindle-core --bench engine")?;
    if peers {
        beside_pytorch()?;
    }
    whole_run()
}

/// Training and masked outputs of LeNet beside PyTorch's, as ratios of medians.
fn beside_pytorch() -> anyhow::Result<()> {
    let python = python::environment("peers")?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let line =
            output_of_cargo("bench --quiet --package spindle-core --bench engine -- --json")?;
        ours.push(serde_json::from_str::<Value>(&line)?);
        let line = output(&python, &["tests/peers/lenet.py"])?;
        theirs.push(serde_json::from_str::<Value>(&line)?);
    }
    let about = theirs[0]["about"].as_str().unwrap_or_default();
    println!(
        "\nLeNet 32x32, batch 128                fused kernels       PyTorch   ratio   ({about})"
    );
    let steps = [&ours, &theirs].map(|rounds| median(rounds, "steps_per_second"));
    row("training, steps/s", steps, steps[0] / steps[1]);
    let masked = [&ours, &theirs].map(|rounds| median(rounds, "masked_milliseconds"));
    row("1,024 masked outputs, ms", masked, masked[1] / masked[0]);
    Ok(())
}

fn row(name: &str, [ours, theirs]: [f64; 2], ratio: f64) {
    println!("  {name:<35} {ours:>13.1} {theirs:>13.1} {ratio:>7.2}");
}

fn median(rounds: &[Value], field: &str) -> f64 {
    let mut values: Vec<f64> = rounds.iter().filter_map(|r| r[field].as_f64()).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The demo with 50 samples: what extraction and decomposition at 12 checkpoints take in all.
fn whole_run() -> anyhow::Result<()> {
    let folder = std::path::Path::new("target/bench-run");
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    let document = output_of_cargo(&format!(
        "run --release --quiet -- run --json --quiet --train-samples 0 --out {}",
        folder.display()
    ))?;
    let run: Value = serde_json::from_str(&document)?;
    let [train, extract, decompose] = ["train_seconds", "extract_seconds", "decompose_seconds"]
        .map(|field| run[field].as_f64().unwrap_or(f64::NAN));
    println!("\n50 samples at 12 checkpoints, n = 10, all cores");
    println!("  training, 128 epochs of 6,000 digits {train:>11.1} s");
    println!("  extraction                           {extract:>11.1} s");
    println!("  decomposition                        {decompose:>11.1} s");
    println!(
        "  extraction and decomposition         {:>11.1} s   at most 90 s",
        extract + decompose
    );
    Ok(())
}
