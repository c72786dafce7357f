//! `cargo xtask <test|bench>`: every chore of the project, in Rust.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod process;
mod python;
mod test;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Format, lints, all tests, docs, a run read from Python: what has to pass before a change lands.
    Test,
    /// Benchmarks, with ratios and medians.
    Bench {
        /// PyTorch beside ours, in turn; the first time it is installed under target/peers (3 GB).
        #[arg(long)]
        peers: bool,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().chore {
        Chore::Test => test::test(),
        Chore::Bench { peers } => bench::bench(peers),
    }
}
