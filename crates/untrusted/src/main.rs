//! Damages files for minutes and gives them to what reads them: `cargo xtask fuzz`.
#![allow(clippy::print_stdout)]

use std::{
    fs::{self, File},
    io::{self, Seek, Write},
    panic::catch_unwind,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Parser;
use spindle_untrusted::{TARGETS, Target, accepted, damaged, generator, memory};

#[derive(Parser)]
struct Arguments {
    /// Only this format.
    target: Option<String>,
    /// For all of them together.
    #[arg(long, default_value_t = 20.0)]
    minutes: f64,
    /// Seed of the damage.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where files go that something did not hold for, and the one that is read.
    #[arg(long, default_value = "target/fuzz-findings")]
    findings: PathBuf,
    /// Only writes the whole files there, into a folder a format, for another fuzzer to begin with.
    #[arg(long)]
    seeds: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(folder) = &arguments.seeds {
        return write_seeds(folder);
    }
    fs::create_dir_all(&arguments.findings)
        .with_context(|| format!("cannot make {}", arguments.findings.display()))?;
    let wanted = arguments.target.as_deref();
    let targets: Vec<_> = TARGETS
        .iter()
        .filter(|target| wanted.is_none_or(|wanted| wanted == target.name))
        .collect();
    if targets.is_empty() {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        bail!("no such target; there are {}", names.join(", "));
    }
    let each = Duration::from_secs_f64(60.0 * arguments.minutes / targets.len() as f64);
    let found = targets
        .into_iter()
        .map(|target| run(target, each, &arguments))
        .sum::<anyhow::Result<usize>>()?;
    if found > 0 {
        bail!("{found} findings, see {}", arguments.findings.display());
    }
    Ok(())
}

fn write_seeds(folder: &Path) -> anyhow::Result<()> {
    for target in TARGETS {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(folder.join(format!("whole-{number}")), seed)?;
        }
    }
    Ok(())
}

/// Puts bytes in the place of what is in a file, without emptying it: the disk would wait for that.
fn keep(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)
}

/// Damages and reads for a time; how many kinds of findings there were.
fn run(target: &Target, time: Duration, arguments: &Arguments) -> anyhow::Result<usize> {
    let seeds = (target.seeds)();
    let start = Instant::now();
    let (mut executions, mut found) = (0_u64, 0);
    // What ends the process, as a stack that overflows, leaves its file here.
    let last = arguments.findings.join(format!("{}-last", target.name));
    let mut kept = File::create(&last)?;
    accepted();
    memory::share();
    while start.elapsed() < time && found < 3 {
        let bytes = damaged(&seeds, &mut generator(arguments.seed + executions));
        keep(&mut kept, &bytes)?;
        if catch_unwind(|| (target.body)(&bytes)).is_err() {
            let file = format!("{}-{executions}", target.name);
            fs::write(arguments.findings.join(file), &bytes)?;
            found += 1;
        }
        executions += 1;
    }
    fs::remove_file(last)?;
    println!(
        "{:>14}: {executions} executions in {:.0} s, {} read, {:.1} % of the memory allowed, {found} findings",
        target.name,
        start.elapsed().as_secs_f64(),
        accepted(),
        memory::share() as f64 / 10.0
    );
    Ok(found)
}
