//! Benchmarks beside their peers, each of which is a section of docs/benchmarks.md.
//!
//! Ours are bench binaries and the command line tool, the peers are scripts in `tests/peers`; all
//! tell their numbers as JSON, and here they are put side by side.

mod decomposition;
mod deep;
mod gpu;
mod growth;
mod machine;
mod masked;
mod ours;
mod page;
mod peers;
mod quantity;
mod run;
mod section;
mod target;
mod training;
mod transforms;
mod turns;
mod web;

use std::path::Path;

use clap::ValueEnum;

use page::Page;
use section::Section;

/// A benchmark; its order here is that of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Name {
    /// Certified decompositions beside the published procedure.
    Decomposition,
    /// Masked outputs beside PyTorch and Burn.
    Masked,
    /// Training beside PyTorch and Burn.
    Training,
    /// Deep networks beside PyTorch: training and masked outputs.
    Deep,
    /// Möbius transforms beside shapiq and NumPy.
    Transforms,
    /// Time and memory by players, samples, checkpoints and cores.
    Growth,
    /// Extraction and decomposition of a whole run.
    Run,
    /// Networks on a graphics card beside PyTorch, by a build with wgpu; only when it is named.
    Gpu,
    /// The page's engines beside TensorFlow.js and jax-js, and what a reader waits for.
    Web,
}

impl Name {
    fn measure(self, results: Option<&Path>) -> anyhow::Result<Section> {
        match self {
            Self::Decomposition => decomposition::measure(),
            Self::Masked => masked::measure(),
            Self::Training => training::measure(),
            Self::Deep => deep::measure(),
            Self::Transforms => transforms::measure(),
            Self::Growth => growth::measure(),
            Self::Run => run::measure(),
            Self::Gpu => gpu::measure(results),
            Self::Web => web::measure(),
        }
    }
}

/// What needs no hardware that most machines lack.
fn everywhere() -> Vec<Name> {
    let names = Name::value_variants().iter().copied();
    names.filter(|name| *name != Name::Gpu).collect()
}

/// Runs one benchmark and prints its section, into the page as well where `write` says so; or runs
/// all and writes the page.
///
/// `results`: of `gpu`, what tests/peers/gpu.py measured on another machine.
pub(crate) fn bench(name: Option<Name>, write: bool, results: Option<&Path>) -> anyhow::Result<()> {
    let (names, write) = match name {
        Some(name) => (vec![name], write),
        None => (everywhere(), true),
    };
    for name in names {
        let section = name.measure(results)?;
        println!("{section}");
        if write {
            // After every section: what is broken off keeps what was measured.
            section.keep_figures()?;
            Page::read()?.with(&section).write()?;
        }
    }
    Ok(())
}
