//! `cargo xtask <serve|web|test|accept|bench|fuzz|claims|golden>`: every chore of the project, in Rust.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod accept;
mod apt;
mod bench;
mod chromium;
mod claims;
mod cuda_tests;
mod fuzz;
mod golden;
mod gpu_tests;
mod node;
mod page_tests;
mod process;
mod python;
mod test;
mod toolchain;
mod universality;
mod web;

use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Builds the web page and serves it on this machine: opens with the viewer, the engines follow
    /// as they are built.
    Serve {
        /// Port; the next one that is free where it is taken.
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Opens the browser.
        #[arg(long)]
        open: bool,
        /// Without the GPU engine.
        #[arg(long)]
        no_gpu: bool,
    },
    /// Builds the web page with all engines into web/dist, a folder for any web server.
    Web {
        /// Without the GPU engine.
        #[arg(long)]
        no_gpu: bool,
    },
    /// Sees that a compiler for WebAssembly is there; the page's builds do so by themselves.
    WasmTarget {
        /// From Debian's packages, even where rustup can.
        #[arg(long)]
        debian: bool,
    },
    /// Format, lints, all tests, docs, a run read from Python, the page in a browser: what has to
    /// pass before a change lands.
    Test {
        /// Then what needs PyTorch, 4 GB: docs/your-own-model.md as it stands, and weights that
        /// PyTorch has saved.
        #[arg(long)]
        torch: bool,
        /// Only what needs a graphics adapter, on Mesa's lavapipe, which it installs where it is
        /// missing: networks and the tool built with wgpu, in a target folder of their own.
        #[arg(long, conflicts_with = "torch")]
        gpu: bool,
        /// Only whether all kernels for NVIDIA's cards compile, with NVRTC and ptxas from Python's
        /// packages (0.5 GB) and a driver that launches nothing.
        #[arg(long, conflicts_with_all = ["torch", "gpu"])]
        cuda: bool,
        /// Only a sweep on a Ray cluster of two nodes on this machine, of which a worker and then a
        /// node is killed; installs Ray in target/ray.
        #[arg(long, conflicts_with_all = ["torch", "gpu", "cuda"])]
        ray: bool,
        /// Only runs in an object store on this machine: copies that are broken off, workers of which
        /// one is killed, slow answers; builds the client of S3, installs the store in target/stores.
        #[arg(long, conflicts_with_all = ["torch", "gpu", "cuda", "ray"])]
        stores: bool,
    },
    /// Whether answers are unique: 40 games of LeNet from 20 random starts each, in both
    /// precisions, with players relabelled, at tolerances of 1e-2 to 1e-6; and answers and ranges
    /// against exact ones. Part of it is in `test`; all of it takes a minute.
    Accept,
    /// Benchmarks beside their peers: all of them, written to docs/benchmarks.md, or one of them.
    Bench {
        /// The one to run; its section of the page is printed.
        name: Option<bench::Name>,
        /// Puts the section into the page as well.
        #[arg(long, requires = "name")]
        write: bool,
        /// Of gpu: what tests/peers/gpu.py measured on another machine, instead of measuring here.
        #[arg(long, value_name = "FILE", requires = "name")]
        results: Option<PathBuf>,
    },
    /// Damaged files for all that reads files from strangers.
    Fuzz {
        /// One format: npy, torch, export, ...; all of them without.
        target: Option<String>,
        /// For all of them together.
        #[arg(long, default_value_t = 20.0)]
        minutes: f64,
        /// Of the damage by chance: other files are tried with another one.
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// By libFuzzer instead of by chance; needs a compiler for C++.
        #[arg(long)]
        libfuzzer: bool,
    },
    /// Numbers of results in README, docs and the page, from the runs that come with the page:
    /// writes those that have changed.
    Claims {
        /// Writes nothing, and fails where a number is not what the runs say.
        #[arg(long)]
        check: bool,
        /// Every claim's name and value, and where it is used.
        #[arg(long, conflicts_with = "check")]
        list: bool,
    },
    /// Whether two builds of `spindle` find the same to the last bit on this machine: small
    /// experiments of every network and every kind of data, their exports, and a run that is killed
    /// and continued. Before and after a change that is to change nothing.
    Golden {
        /// The build as it was; a path from the workspace.
        old: PathBuf,
        /// The build as it is.
        new: PathBuf,
        /// Only experiments with this in their names.
        #[arg(long, default_value = "", hide_default_value = true)]
        only: String,
    },
}

fn main() -> anyhow::Result<()> {
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    std::env::set_current_dir(workspace)
        .with_context(|| format!("cannot go to the workspace, {workspace}"))?;
    match Arguments::parse().chore {
        Chore::Serve { port, open, no_gpu } => web::serve(web::Options {
            port,
            open,
            gpu: !no_gpu,
        }),
        Chore::Web { no_gpu } => web::build(if no_gpu { &web::ALL[..2] } else { &web::ALL }),
        Chore::WasmTarget { debian } => toolchain::prepare(debian),
        Chore::Accept => accept::accept(),
        Chore::Test { gpu: true, .. } => gpu_tests::test(),
        Chore::Test { cuda: true, .. } => cuda_tests::test(),
        Chore::Test { ray: true, .. } => test::on_ray(),
        Chore::Test { stores: true, .. } => test::in_stores(),
        Chore::Test { torch, .. } => test::test(torch),
        Chore::Bench {
            name,
            write,
            results,
        } => bench::bench(name, write, results.as_deref()),
        Chore::Fuzz {
            target,
            minutes,
            seed,
            libfuzzer,
        } => fuzz::fuzz(target.as_deref(), minutes, seed, libfuzzer),
        Chore::Claims { check, list } => claims::claims(check, list),
        Chore::Golden { old, new, only } => golden::golden(&old, &new, &only),
    }
}
